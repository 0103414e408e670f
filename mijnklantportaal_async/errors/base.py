"""What every exception of this package has: a message, its place, and what is known of the effect."""

from typing import ClassVar

from mijnklantportaal_async.texts.words import Named, phrase, sentences, words

EXCERPT_LENGTH = 500
"""How much of a body an error keeps for reading."""

LONGEST_TEXT = 1000
"""Characters of what an error says of what went wrong."""


def one_line(text: str, most: int = LONGEST_TEXT) -> str:
    """A text of somebody else's on one line, cut to a length, without anything that a terminal would obey."""
    if not text.isprintable():
        # What joins letters and emoji is harmless, and does not count as printable.
        text = "".join(sign if sign.isprintable() or sign in "\u200c\u200d" else " " for sign in text[: 4 * most])
    if " ".join(text.split()) != text:
        text = " ".join(text.split())
    return text if len(text) <= most else f"{text[: most - 1]}\u2026"


class Outcome(Named):
    """What is known of the effect of a call that failed."""

    NOT_SENT = "not sent"
    """Nothing reached the portal. Calling again is safe."""
    REJECTED = "rejected"
    """The portal answered that it did not do it."""
    APPLIED = "applied"
    """The portal did it; what is missing is a readable answer. Never call again."""
    UNKNOWN = "unknown"
    """It may have been done or not. Look before calling again."""


class MijnKlantportaalError(Exception):
    """The parent of all errors of this package.

    Attributes:
        operation: The coroutine's name, such as `schedule_appointment`.
        method: The HTTP method.
        path: The path below the base URL, such as `/appointments`.
        attempts: How many times a request was sent, or tried to be.
        outcome: What is known of the effect.
        request_id: The service's id of the request, where a response header names one.
    """

    default_outcome: ClassVar[Outcome] = Outcome.NOT_SENT
    advice: ClassVar[str] = ""

    def __init__(
        self,
        message: str,
        *,
        operation: str = "",
        method: str = "",
        path: str = "",
        attempts: int = 0,
        outcome: Outcome | None = None,
        request_id: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.operation = operation
        self.method = method
        self.path = path
        self.attempts = attempts
        self.outcome = outcome or self.default_outcome
        self.request_id = request_id

    def __str__(self) -> str:
        return self.in_words()

    def in_words(self, *, with_operation: bool = True) -> str:
        """What is known, in a text that can be said in other languages too.

        Args:
            with_operation: Whether it begins with the coroutine's name.
        """
        headline = phrase(one_line(self._headline()))
        if self.attempts > 1:
            headline = words("{headline} after {attempts} attempts", headline=headline, attempts=self.attempts)
        said = words("{headline}. Effect: {outcome}.", headline=headline, outcome=self.outcome.words)
        if with_operation and self.operation:
            said = words("{operation}: {said}", operation=self.operation, said=said)
        return sentences(said, one_line(self._advice()))

    def _headline(self) -> str:
        return self.message

    def _advice(self) -> str:
        return self.advice
