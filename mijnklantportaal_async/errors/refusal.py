"""The portal said no, or the rate limit did."""

import math
from collections.abc import Mapping
from typing import Any

from mijnklantportaal_async.errors.base import EXCERPT_LENGTH, MijnKlantportaalError, Outcome
from mijnklantportaal_async.texts.words import phrase, sentences, words


class APIStatusError(MijnKlantportaalError):
    """The portal answered with a status outside 2xx.

    Attributes:
        status: The HTTP status code.
        service_message: The `message` of the body, if it has one.
        headers: The response's headers, names in lower case.
        body: The first 500 characters of the body.
        retry_after: Seconds until it makes sense to call again, where the answer says so; an hour at the most.
    """

    default_outcome = Outcome.REJECTED

    def __init__(
        self,
        message: str,
        *,
        status: int = 0,
        service_message: str | None = None,
        headers: Mapping[str, str] | None = None,
        body: str = "",
        retry_after: float | None = None,
        **context: Any,
    ) -> None:
        super().__init__(message, **context)
        self.status = status
        self.service_message = service_message
        self.headers = dict(headers or {})
        self.body = body[:EXCERPT_LENGTH]
        self.retry_after = retry_after

    def _advice(self) -> str:
        if self.outcome is Outcome.UNKNOWN:
            return words("Look whether it happened before you call again.")
        return self.advice


class BadRequestError(APIStatusError):
    """400: the portal could not read the request."""

    advice = words("If the arguments look right to you, report it with the body above.")


class AuthenticationError(APIStatusError):
    """401: the key or token is missing, wrong or expired."""

    advice = words("Check the key (Settings > API Keys in the portal); it is never shown here.")


class PermissionDeniedError(APIStatusError):
    """403: the key may not do this.

    Attributes:
        scope: The scope it probably needs. The documentation does not say which operation needs which scope.
    """

    def __init__(self, message: str, *, scope: str | None = None, **context: Any) -> None:
        super().__init__(message, **context)
        self.scope = scope

    def _advice(self) -> str:
        return sentences(
            words("It probably needs the scope {scope}.", scope=self.scope) if self.scope else None,
            words("Give the key the scope under Settings > API Keys in the portal."),
        )


class NotFoundError(APIStatusError):
    """404: no record has that id, or there is no such path."""

    advice = words("Check the id, and that the key belongs to the portal that has the record.")


class ConflictError(APIStatusError):
    """409: the record is in a state that forbids it, such as an appointment that was canceled before."""

    advice = words("Fetch the record to see its state.")


class ValidationError(APIStatusError):
    """422: the portal read the request and does not accept it.

    Attributes:
        errors: Messages by argument name where the service sends them; otherwise empty.
    """

    advice = words("Correct the arguments and call again.")

    def __init__(self, message: str, *, errors: Mapping[str, list[str]] | None = None, **context: Any) -> None:
        super().__init__(message, **context)
        self.errors = {field: list(messages) for field, messages in (errors or {}).items()}

    def _headline(self) -> str:
        if not self.errors:
            return super()._headline()
        details = "; ".join(f"{field}: {' '.join(messages)}" for field, messages in self.errors.items())
        return words("{headline} ({details})", headline=phrase(super()._headline()), details=details.rstrip("."))


class LicenceError(APIStatusError):
    """426: the portal's licence does not have the feature."""

    advice = words("The owner of the portal can extend the licence.")


class ServerError(APIStatusError):
    """5xx: the portal, or something in front of it, failed."""

    advice = words("Wait a moment and call again.")

    def _advice(self) -> str:
        if self.outcome is not Outcome.UNKNOWN and self.retry_after:
            return _wait_advice(self.retry_after)
        return super()._advice()


class RateLimitError(MijnKlantportaalError):
    """The calls that the key may make are used up.

    Attributes:
        retry_after: Seconds until it makes sense to call again, if known.
    """

    retry_after: float | None


class RateLimitedError(APIStatusError, RateLimitError):
    """429: the portal refused, and did nothing."""

    def _advice(self) -> str:
        return _wait_advice(self.retry_after)


class RateLimitWaitError(RateLimitError):
    """Our own limiter refused: no call was free within `Timeouts.queue`, so nothing was sent."""

    def __init__(self, message: str, *, retry_after: float | None = None, **context: Any) -> None:
        super().__init__(message, **context)
        self.retry_after = retry_after

    def _advice(self) -> str:
        return sentences(_wait_advice(self.retry_after), words("Or give Timeouts(queue=...) more seconds."))


def _wait_advice(retry_after: float | None) -> str:
    # Less than a second is no advice: it has been waited longer than that by then.
    return (
        words("Call again in {retry_after} s.", retry_after=math.ceil(retry_after))
        if retry_after and retry_after >= 1
        else words("Call again in a minute.")
    )


class TokenRefreshError(MijnKlantportaalError):
    """A new access token could not be had."""

    advice = words("Ask the portal's owner to authorise the application again.")
