"""Did it happen? Looks for the effect of a call whose answer was lost, before anything is sent again."""

import random
from collections.abc import Awaitable, Callable
from typing import TypeVar

import attrs

from mijnklantportaal_async import errors
from mijnklantportaal_async.calling.finder import CannotTellError, Sight
from mijnklantportaal_async.calling.wire import Request
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
        if self.settle < 0 or self.tolerance < 0:
            raise ValueError(f"ReconcilePolicy(settle={self.settle}, tolerance={self.tolerance}) must not be negative")
        if not self.looks or list(self.looks) != sorted(self.looks) or self.looks[0] < 0 or self.looks[-1] < 1:
            raise ValueError(f"ReconcilePolicy(looks={self.looks}) must grow, from 0 or more to 1 or more")


async def look_until_settled(
    first: Request,
    look: Callable[[Request], Awaitable[tuple[Sight[T], Request | None]]],
    policy: ReconcilePolicy,
    *,
    clock: Clock,
    time_left: Callable[[], float | None],
    failures_allowed: int,
) -> tuple[T | None, int]:
    """Looks, again and again with growing pauses, until the record is found or the settle time is over.

    Args:
        first: What a look begins with.
        look: Makes one request of a look: what it shows, and the request that the look goes on with.
        policy: When.
        clock: Where time comes from.
        time_left: Seconds that the call may still take; None for no end.
        failures_allowed: How many requests in a row may fail before this gives up.

    Returns:
        The record, or None when it was not there at the end; and how many requests it took.

    Raises:
        MijnKlantportaalError: Looks failed too often, or in a way that trying again does not mend.
        CannotTellError: A look brought something that may be it.
        LookedTooBrieflyError: The call's time ended before the settle time.
    """
    ended = clock.monotonic()
    looks = failed = 0
    for part in policy.looks:
        wait = ended + part * policy.settle - clock.monotonic()
        asked: Request | None = first
        doubt = ""
        while asked is not None:
            left = time_left()
            if left is not None and max(0.0, wait) >= left:
                raise LookedTooBrieflyError(looks, clock.monotonic() - ended)
            if wait > 0:
                await clock.sleep(wait)
            looks += 1
            try:
                sight, asked = await look(asked)
            except (errors.TransportError, errors.ServerError, errors.RateLimitedError, errors.DecodeError) as error:
                failed += 1
                if failed >= failures_allowed or (isinstance(error, errors.ConnectError) and error.is_permanent):
                    raise
                # The page that failed is asked for again, not the whole list.
                wait = random.uniform(0, min(0.5 * 2.0**failed, 20.0))
            else:
                wait = failed = 0
                if sight.found is not None:
                    return sight.found, looks
                doubt = doubt or sight.doubt
        if doubt:
            raise CannotTellError(doubt)
    return None, looks


class LookedTooBrieflyError(Exception):
    """The call's time ended before the settle time did."""

    def __init__(self, looks: int, seconds: float) -> None:
        super().__init__(
            f"Timeouts.call ended after {looks} looks in {seconds:.1f} s, before ReconcilePolicy.settle had passed "
            "and everything was looked through"
        )
