"""What is known of one call while it runs, and how a caller can look at it from outside."""

import enum
import itertools
from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from typing import Generic, ParamSpec, TypeVar

import attrs

from mijnklantportaal_async.calling.wire import Answer

T = TypeVar("T")
P = ParamSpec("P")


class State(enum.IntEnum):
    """How far a call is, in the order in which it goes on."""

    IDLE = 0
    """No call is under way."""
    WAITING = 1
    """Nothing is under way: it waits for its turn, a permit, a pause, or looks."""
    SENDING = 2
    """A request is being made; nothing of it has left."""
    LEFT = 3
    """The request may have left, and nobody knows yet what becomes of it."""


class Doubt(enum.IntEnum):
    """Whether an attempt that has ended may have had an effect that nobody knows of."""

    NONE = 0
    CLEARED = 1
    """One may have had: somebody looked, and it has not."""
    OPEN = 2


_NUMBERS = itertools.count(1)


def new_number() -> int:
    """A number that no other call of the process has."""
    return next(_NUMBERS)


class CallRecord:
    """The running account of one call.

    Attributes:
        number: Of the call; no other call of the process has it.
        state: How far it is.
        doubt: What is known of the attempts that have ended.
        started: When it began.
        first_sent: When its first request left.
        first_sent_wall: The same by the calendar clock.
        last_sent: When its latest request left.
        queued: Seconds spent waiting for permits: they do not count against `Timeouts.call`.
        moving: Seconds in which the bytes of a file moved: neither do they.
        doubted_at: When the latest attempt ended of which nobody knows what it did.
        attempts: Requests sent, or tried to be.
        failures: Attempts that failed, refusals by the rate limit not counted.
        is_valid: Of the permit of the request under way: asked in the moment in which it leaves.
        answer: The last one.
        elapsed: Seconds from beginning to end.
        was_begun: Whether any call came as far as to write into it.
    """

    __slots__ = (
        "answer",
        "attempts",
        "doubt",
        "doubted_at",
        "elapsed",
        "failures",
        "first_sent",
        "first_sent_wall",
        "is_valid",
        "last_sent",
        "moving",
        "number",
        "queued",
        "started",
        "state",
        "was_begun",
    )

    def __init__(self) -> None:
        self.begin(0.0)
        self.state = State.IDLE
        self.was_begun = False

    def begin(self, now: float) -> None:
        """Begins anew."""
        self.number = new_number()
        self.state = State.WAITING
        self.was_begun = True
        self.doubt = Doubt.NONE
        self.started = now
        self.queued = self.moving = self.first_sent = self.first_sent_wall = self.last_sent = self.elapsed = 0.0
        self.doubted_at = 0.0
        self.attempts = self.failures = 0
        self.answer: Answer | None = None
        self.is_valid: Callable[[], bool] | None = None

    @property
    def has_left(self) -> bool:
        """Whether the request under way may have left."""
        return self.state is State.LEFT

    @property
    def is_sending(self) -> bool:
        """Whether a request is under way."""
        return self.state >= State.SENDING

    @property
    def may_have_happened(self) -> bool:
        """What a caller who goes away has to reckon with."""
        return self.has_left or self.doubt is Doubt.OPEN


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
