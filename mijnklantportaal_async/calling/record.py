"""What is known of one call while it runs, and how a caller can look at it from outside."""

from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from typing import Generic, ParamSpec, TypeVar

import attrs

from mijnklantportaal_async.calling.wire import Answer

T = TypeVar("T")
P = ParamSpec("P")


class CallRecord:
    """The running account of one call.

    Attributes:
        started: When it began.
        first_sent: When its first request left.
        queued: Seconds spent waiting for permits: they do not count against `Timeouts.call`.
        attempts: Requests sent, or tried to be.
        failures: Attempts that failed, refusals by the rate limit not counted.
        is_active: Whether a call writes into it now.
        sending: Whether a request is under way.
        begun: Whether the request under way may have left.
        is_valid: Of its permit.
        in_doubt: Whether an attempt may have had an effect that nobody knows of yet.
        was_in_doubt: Whether that was so at any time.
        answer: The last one.
        elapsed: Seconds from beginning to end.
    """

    __slots__ = (
        "answer",
        "attempts",
        "begun",
        "elapsed",
        "failures",
        "first_sent",
        "in_doubt",
        "is_active",
        "is_valid",
        "queued",
        "sending",
        "started",
        "was_in_doubt",
    )

    def __init__(self, started: float = 0.0, queued: float = 0.0) -> None:
        self.clear()
        self.started = started
        self.queued = queued

    def clear(self) -> None:
        """Begins anew."""
        self.started = self.queued = 0.0
        self.first_sent = self.elapsed = 0.0
        self.attempts = self.failures = 0
        self.is_active = self.sending = self.begun = self.in_doubt = self.was_in_doubt = False
        self.answer: Answer | None = None
        self.is_valid: Callable[[], bool] | None = None

    @property
    def may_have_happened(self) -> bool:
        """What a caller who cancels has to reckon with."""
        return self.begun or self.in_doubt


@attrs.frozen(kw_only=True)
class Response(Generic[T]):
    """What a coroutine returned, with the HTTP response behind it."""

    data: T
    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    attempts: int
    """Requests sent for it, or tried to be."""
    elapsed: float
    """Seconds from beginning to end, waiting included."""


WATCHED: ContextVar[CallRecord | None] = ContextVar("mijnklantportaal_async.watched", default=None)
"""The record that the next call of this context writes into."""


async def with_response(function: Callable[P, Awaitable[T]], *args: P.args, **kwargs: P.kwargs) -> Response[T]:
    """Awaits a coroutine of a session and returns its result together with the HTTP response.

    Args:
        function: Any coroutine function of a `PortalSession`, such as `portal.get_appointment`.
        args: Its arguments.
        kwargs: Its keyword arguments.

    Returns:
        The result, and status, headers, attempts and elapsed time of the call. If the coroutine makes several calls,
        those of its last.

    Raises:
        MijnKlantportaalError: Whatever the coroutine raises.
        RuntimeError: The coroutine made no call.
    """
    record = CallRecord()
    token = WATCHED.set(record)
    try:
        data = await function(*args, **kwargs)
    finally:
        WATCHED.reset(token)
    answer = record.answer
    if answer is None:
        raise RuntimeError(f"{getattr(function, '__qualname__', function)!s} made no call, so there is no response")
    headers = {name.lower(): value for name, value in answer.headers.items()}
    return Response(data=data, status=answer.status, headers=headers, attempts=record.attempts, elapsed=record.elapsed)
