"""Every exception that a call can raise, and what is known of its effect on the portal.

Plain data: they pickle (one positional message, everything else with a default and in `__dict__`), hold no live
response, and never the key. Misuse is a builtin (`TypeError`, `ValueError`,
`RuntimeError`), raised before anything is sent.
"""

import enum
import math
from collections.abc import Mapping
from typing import Any, ClassVar

EXCERPT_LENGTH = 500
"""How much of a body an error keeps for reading."""

LONGEST_TEXT = 1000
"""Characters of what an error says of what went wrong."""


def one_line(text: str, most: int = LONGEST_TEXT) -> str:
    """A text of somebody else's on one line, cut to a length, without anything that a terminal would obey."""
    if not text.isprintable():
        # What joins letters and emoji is harmless, and does not count as printable.
        text = "".join(sign if sign.isprintable() or sign in "\u200c\u200d" else " " for sign in text[: 4 * most])
    text = " ".join(text.split())
    return text if len(text) <= most else f"{text[: most - 1]}\u2026"


class Outcome(enum.Enum):
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
        what = f"{self.operation}: " if self.operation else ""
        attempts = f" after {self.attempts} attempts" if self.attempts > 1 else ""
        parts = [f"{what}{one_line(self._headline())}{attempts}. Effect: {self.outcome.value}."]
        if advice := self._advice():
            parts.append(one_line(advice))
        return " ".join(parts)

    def _headline(self) -> str:
        return self.message.rstrip(".")

    def _advice(self) -> str:
        return self.advice


# --- The way to the portal ---------------------------------------------------------------------------------------


class TransportError(MijnKlantportaalError):
    """No complete answer came."""


class ConnectError(TransportError):
    """No connection could be made, so nothing was sent: refused, no such host, TLS, or too slow.

    Attributes:
        is_permanent: Trying again does not help: the certificate was not accepted, or the session was closed.
    """

    advice = "Nothing was sent. Check the network, base_url and proxy, then call again."

    def __init__(self, message: str, *, is_permanent: bool = False, **context: Any) -> None:
        super().__init__(message, **context)
        self.is_permanent = is_permanent

    def _advice(self) -> str:
        if self.is_permanent:
            return "Nothing was sent. Trying again without a change will not help."
        return self.advice


class ConnectionLostError(TransportError):
    """The connection broke after the request had left, or may have."""

    default_outcome = Outcome.UNKNOWN
    advice = "Look whether it happened before you call again."


class CallTimeoutError(TransportError, TimeoutError):
    """A clock ran out.

    Attributes:
        clock: Which one of `Timeouts`: `queue`, `attempt` or `call`.
        seconds: How long it was.
    """

    def __init__(self, message: str, *, clock: str = "attempt", seconds: float | None = None, **context: Any) -> None:
        super().__init__(message, **context)
        self.clock = clock
        self.seconds = seconds

    def _advice(self) -> str:
        if self.outcome is Outcome.UNKNOWN:
            return f"Look whether it happened before you call again, or give Timeouts({self.clock}=...) more seconds."
        return f"Call again, or give Timeouts({self.clock}=...) more seconds."


# --- The portal said no ------------------------------------------------------------------------------------------


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
            return "Look whether it happened before you call again."
        return self.advice


class BadRequestError(APIStatusError):
    """400: the portal could not read the request."""

    advice = "If the arguments look right to you, report it with the body above."


class AuthenticationError(APIStatusError):
    """401: the key or token is missing, wrong or expired."""

    advice = "Check the key (Settings > API Keys in the portal); it is never shown here."


class PermissionDeniedError(APIStatusError):
    """403: the key may not do this.

    Attributes:
        scope: The scope it probably needs. The documentation does not say which operation needs which scope.
    """

    def __init__(self, message: str, *, scope: str | None = None, **context: Any) -> None:
        super().__init__(message, **context)
        self.scope = scope

    def _advice(self) -> str:
        needed = f"It probably needs the scope {self.scope}. " if self.scope else ""
        return f"{needed}Give the key the scope under Settings > API Keys in the portal."


class NotFoundError(APIStatusError):
    """404: no record has that id, or there is no such path."""

    advice = "Check the id, and that the key belongs to the portal that has the record."


class ConflictError(APIStatusError):
    """409: the record is in a state that forbids it, such as an appointment that was canceled before."""

    advice = "Fetch the record to see its state."


class ValidationError(APIStatusError):
    """422: the portal read the request and does not accept it.

    Attributes:
        errors: Messages by argument name where the service sends them; otherwise empty.
    """

    advice = "Correct the arguments and call again."

    def __init__(self, message: str, *, errors: Mapping[str, list[str]] | None = None, **context: Any) -> None:
        super().__init__(message, **context)
        self.errors = {field: list(messages) for field, messages in (errors or {}).items()}

    def _headline(self) -> str:
        if not self.errors:
            return super()._headline()
        details = "; ".join(f"{field}: {' '.join(messages)}" for field, messages in self.errors.items())
        return f"{super()._headline()} ({details.rstrip('.')})"


class LicenceError(APIStatusError):
    """426: the portal's licence does not have the feature."""

    advice = "The owner of the portal can extend the licence."


class ServerError(APIStatusError):
    """5xx: the portal, or something in front of it, failed."""

    advice = "Wait a moment and call again."

    def _advice(self) -> str:
        if self.outcome is not Outcome.UNKNOWN and self.retry_after:
            return _wait_advice(self.retry_after)
        return super()._advice()


# --- The rate limit ----------------------------------------------------------------------------------------------


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
        return f"{_wait_advice(self.retry_after)} Or give Timeouts(queue=...) more seconds."


def _wait_advice(retry_after: float | None) -> str:
    # Less than a second is no advice: it has been waited longer than that by then.
    return (
        f"Call again in {math.ceil(retry_after)} s." if retry_after and retry_after >= 1 else "Call again in a minute."
    )


# --- What happened? ----------------------------------------------------------------------------------------------


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
        return f"Do not simply call again: it could happen twice. {self.how_to_check}".rstrip()


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
        details = f" ({'; '.join(self.problems)})" if self.problems else ""
        return f"{super()._headline()}{details}"

    def _advice(self) -> str:
        if self.records:
            return "The others are in `.records`."
        if self.outcome is Outcome.UNKNOWN:
            return "Look whether it happened before you call again. The raw answer is in `.body`."
        which = f" The record's id is {self.identifier}." if self.identifier else ""
        return f"Do not call again.{which} The raw answer is in `.body`."


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
        return (
            "Reading changes nothing, and the records before it are good. If calling again brings the same, report it."
        )


class TokenRefreshError(MijnKlantportaalError):
    """A new access token could not be had."""

    advice = "Ask the portal's owner to authorise the application again."


class PortalTimeWarning(UserWarning):
    """The portal answered with another moment than the one asked for; is its `timezone` the right one?"""
