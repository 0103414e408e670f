"""Did it happen? Looks for the effect of a call whose answer was lost, before anything is sent again."""

import random
from collections.abc import Awaitable, Callable
from typing import TypeVar

import attrs

from mijnklantportaal_async import errors
from mijnklantportaal_async.calling.closing import Closing
from mijnklantportaal_async.calling.finder import Sight
from mijnklantportaal_async.calling.wire import Request
from mijnklantportaal_async.values.checks import check_seconds
from mijnklantportaal_async.values.clock import Clock

T = TypeVar("T")


@attrs.frozen(kw_only=True)
class ReconcilePolicy:
    """How to find out what became of a call.

    Args:
        settle: Seconds after the end of an attempt in which the service may still commit it. Only a look that comes
            later can say that nothing happened. Exactly once holds as long as the service is not slower than this.
        looks: When to look, as parts of `settle`, growing; the last is 1 or more. A look through a paged list reads
            every page.
        tolerance: Seconds by which a record's time of creation and the `Date` header may disagree.
    """

    settle: float = 10.0
    looks: tuple[float, ...] = (0.0, 0.3, 1.0)
    tolerance: float = 3.0

    def __attrs_post_init__(self) -> None:
        check_seconds(self.settle, "ReconcilePolicy(settle=...)", may_be_zero=True)
        check_seconds(self.tolerance, "ReconcilePolicy(tolerance=...)", may_be_zero=True)
        if not self.looks or list(self.looks) != sorted(self.looks) or self.looks[0] < 0 or self.looks[-1] < 1:
            raise ValueError(f"ReconcilePolicy(looks={self.looks}) must grow, from 0 or more to 1 or more")


LONGEST_PAUSE = 15.0
"""Seconds between two looks at the most."""

TIMER_SLACK = 0.001
"""Seconds by which a timer may go off before its time."""

LONGEST_LOOKING = 600.0
"""Seconds of looking where `Timeouts.call` sets no end."""


class UnsettledError(Exception):
    """The call's time ended before anything was certain.

    Attributes:
        look_error: Why the last look failed, where it did.
        doubt: What was seen that may be the record; empty where no look showed such a thing.
    """

    def __init__(self, text: str, look_error: errors.MijnKlantportaalError | None = None, doubt: str = "") -> None:
        super().__init__(text)
        self.look_error = look_error
        self.doubt = doubt


async def look_until_settled(
    first: Request,
    look: Callable[[Request], Awaitable[tuple[Sight[T], Request | None]]],
    policy: ReconcilePolicy,
    *,
    clock: Clock,
    closing: Closing,
    time_left: Callable[[], float | None],
) -> tuple[T | None, int]:
    """Looks, again and again with growing pauses, until the record is found or is certain not to be there.

    Only a look through the whole list that was begun after the settle time, and showed nothing that could be the
    record, says that it is not there. Whatever else a look shows, and whatever becomes of it, there is another.

    Args:
        first: What a look begins with.
        look: Makes one request of a look: what it shows, and the request that the look goes on with.
        policy: When.
        clock: Where time comes from.
        closing: Ends the waits when the session is closed.
        time_left: Seconds that the call may still take; None for no end.

    Returns:
        The record, or None when it is not there; and how many requests it took.

    Raises:
        UnsettledError: The call's time ended before that.
        MijnKlantportaalError: A look failed in a way that trying again does not mend.
    """
    ended = clock.monotonic()
    looks = tries = 0
    doubt = ""
    failure: errors.MijnKlantportaalError | None = None

    def left() -> float:
        given = time_left()
        return ended + LONGEST_LOOKING - clock.monotonic() if given is None else given

    def unsettled() -> UnsettledError:
        return UnsettledError(_when_over(looks, clock.monotonic() - ended, doubt, failure), failure, doubt)

    planned = [part * policy.settle for part in policy.looks]
    while True:
        wait = ended + planned.pop(0) - clock.monotonic() if planned else _pause(tries)
        if max(0.0, wait) >= left():
            raise unsettled()
        if wait > 0:
            await closing.sleep(wait)
        # A timer may go off a little early.
        may_be_last = clock.monotonic() - ended >= policy.settle - TIMER_SLACK
        asked: Request | None = first
        seen = ""
        while asked is not None:
            # A list can be longer than the call.
            if left() <= TIMER_SLACK:
                raise unsettled()
            looks += 1
            try:
                sight, asked = await look(asked)
            except errors.MijnKlantportaalError as error:
                if not _may_pass(error):
                    raise
                tries += 1
                failure = error
                # The page that failed is asked for again, not the whole list; and not before the service says.
                asked_for = error.retry_after if isinstance(error, errors.APIStatusError) else None
                await closing.sleep(max(0.0, min(max(asked_for or 0.0, _pause(tries)), left())))
                continue
            failure = None
            if sight.found is not None:
                return sight.found, looks
            seen = seen or sight.doubt
        doubt = seen or doubt
        if seen and not planned:
            tries += 1
        elif not seen and may_be_last:
            return None, looks


def _pause(tries: int) -> float:
    """Seconds, at random, longer and longer."""
    return random.uniform(0.5, 1.0) * min(2.0 ** min(tries - 1, 10), LONGEST_PAUSE)


def _may_pass(error: errors.MijnKlantportaalError) -> bool:
    """Whether looking again may help after a look that failed: not where the key may not look, or the session ended."""
    match error:
        case errors.ConnectError():
            return not error.is_permanent
        case errors.RateLimitedError():
            return True
        case errors.APIStatusError():
            return error.outcome is errors.Outcome.UNKNOWN
        case _:
            return isinstance(error, errors.TransportError | errors.DecodeError | errors.PaginationError)


def _when_over(looks: int, seconds: float, doubt: str, failure: errors.MijnKlantportaalError | None) -> str:
    over = f"Timeouts.call ended after {looks} looks in {seconds:.1f} s"
    if not doubt and failure is None:
        return f"{over}, before ReconcilePolicy.settle had passed"
    failed = f", the last of which failed: {failure.operation}: {failure.message}" if failure is not None else ""
    return f"{over}{failed}{f': {doubt}' if doubt else ''}"
