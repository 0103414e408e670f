"""What happened? An answer was lost, or says something that cannot be so."""

from typing import Any

from mijnklantportaal_async.errors.base import MijnKlantportaalError, Outcome
from mijnklantportaal_async.texts.words import Sentences, phrase, sentences, words


class OutcomeUnknownError(MijnKlantportaalError):
    """It may have been done or not, and looking did not settle it.

    `__cause__` is what went wrong with the call itself.

    Attributes:
        look_error: Why looking did not help; None when there was no way to look.
        how_to_check: What to search for in the portal.
    """

    default_outcome = Outcome.UNKNOWN

    def __init__(
        self,
        message: str,
        *,
        look_error: MijnKlantportaalError | None = None,
        how_to_check: str = "",
        **context: Any,
    ) -> None:
        super().__init__(message, **context)
        self.look_error = look_error
        self.how_to_check = how_to_check

    def _advice(self) -> str:
        return sentences(words("Do not simply call again: it could happen twice."), self.how_to_check)


class DecodeError(MijnKlantportaalError):
    """The portal did it, and answered something that could not be understood.

    Attributes:
        problems: What was not understood, each with its place, such as `$.startsAt: missing`.
        body: The raw body as far as it came.
        status: The HTTP status code.
        identifier: The id of the record, where it could be read all the same.
        records: Of a list, the records that could be understood.
    """

    default_outcome = Outcome.APPLIED

    def __init__(
        self,
        message: str,
        *,
        problems: tuple[str, ...] = (),
        body: bytes = b"",
        status: int = 0,
        identifier: str | None = None,
        records: tuple[Any, ...] = (),
        **context: Any,
    ) -> None:
        super().__init__(message, **context)
        self.problems = problems
        self.body = body
        self.status = status
        self.identifier = identifier
        self.records = records

    def _headline(self) -> str:
        headline = super()._headline()
        if not self.problems:
            return headline
        return words("{headline} ({problems})", headline=phrase(headline), problems=Sentences(self.problems, "; "))

    def _advice(self) -> str:
        if self.records:
            return words("The others are in `.records`.")
        if self.outcome is Outcome.UNKNOWN:
            return words("Look whether it happened before you call again. The raw answer is in `.body`.")
        return sentences(
            words("Do not call again."),
            words("The record's id is {identifier}.", identifier=self.identifier) if self.identifier else None,
            words("The raw answer is in `.body`."),
        )


class PaginationError(MijnKlantportaalError):
    """The pages of a list lead nowhere: back to an earlier one, on without end, or not to the one asked for.

    Attributes:
        page: The page at which it showed.
    """

    default_outcome = Outcome.APPLIED

    def __init__(self, message: str, *, page: int = 0, **context: Any) -> None:
        super().__init__(message, **context)
        self.page = page

    def _advice(self) -> str:
        return words(
            "Reading changes nothing, and the records before it are good. If calling again brings the same, report it."
        )


class PortalTimeWarning(UserWarning):
    """The portal answered with another moment than the one asked for; is its `timezone` the right one?"""
