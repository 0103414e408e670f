"""Did it happen? Looks for the effect of a call whose answer was lost, before anything is sent again."""

import random
from collections.abc import Awaitable, Callable, Hashable, Sequence
from datetime import datetime
from typing import Protocol, TypeVar

import attrs

from mijnklantportaal_async import errors
from mijnklantportaal_async.calling.wire import Answer, Request
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


class CannotTellError(Exception):
    """A look brought records that may or may not be the one; its text says why."""


class Dated(Protocol):
    """A record that says which it is and when it was made."""

    @property
    def id(self) -> str:
        """Its id."""
        ...

    @property
    def created_at(self) -> datetime:
        """When it was made, by the service's clock."""
        ...


D = TypeVar("D", bound=Dated)


def made_since(alike: Sequence[D], since: datetime | None, where: str) -> list[D]:
    """Those of the look-alikes that are new.

    Args:
        alike: Records that look as the wanted one would.
        since: The moment of the first attempt by the service's clock; None when the answer does not tell its time.
        where: What the answer shows, for the error: "the calendar has {ids} at that time".

    Raises:
        CannotTellError: There are some, and no clock to judge their age by.
    """
    if since is None:
        if alike:
            shown = where.format(ids=", ".join(item.id for item in alike))
            raise CannotTellError(f"{shown}, but the answer carries no Date header to tell whether it is new")
        return []
    return [item for item in alike if item.created_at >= since]


def plain(text: str | None) -> str:
    """A text as it may come back: the service could trim or fold it."""
    return " ".join((text or "").split()).casefold()


class Finder(Protocol[T]):
    """How to find the record that a creating call would have made."""

    @property
    def key(self) -> Hashable:
        """Equal for calls whose records could not be told apart."""
        ...

    def request(self) -> Request:
        """The reading request that would show the record; of a paged list, that of its first page."""
        ...

    def following(self, request: Request, answer: Answer) -> Request | None:
        """The request for the page after this answer; None when there is nothing more to look through.

        Raises:
            PaginationError: The pages lead nowhere.
            UnreadableError: The answer does not say whether there is another.
        """
        ...

    def pick(self, answer: Answer, *, since: datetime | None, claimed: frozenset[str]) -> T | None:
        """The record, if the answer shows one that is new since then and nobody else's.

        Raises:
            CannotTellError: There is one that may be it.
            UnreadableError: The answer could not be understood.
        """
        ...

    def identifier(self, record: T) -> str:
        """The id of the record."""
        ...


async def look_until_settled(
    first: Request,
    look: Callable[[Request], Awaitable[tuple[T | None, Request | None]]],
    policy: ReconcilePolicy,
    *,
    clock: Clock,
    time_left: Callable[[], float | None],
    failures_allowed: int,
) -> tuple[T | None, int]:
    """Looks, again and again with growing pauses, until the record is found or the settle time is over.

    Args:
        first: What a look begins with.
        look: Makes one request of a look: the record if it is there, otherwise the request that this look goes on with.
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
        while asked is not None:
            left = time_left()
            if left is not None and max(0.0, wait) >= left:
                raise LookedTooBrieflyError(looks, clock.monotonic() - ended)
            if wait > 0:
                await clock.sleep(wait)
            looks += 1
            try:
                found, asked = await look(asked)
            except (errors.TransportError, errors.ServerError, errors.RateLimitedError, errors.DecodeError) as error:
                failed += 1
                if failed >= failures_allowed or (isinstance(error, errors.ConnectError) and error.is_permanent):
                    raise
                # The page that failed is asked for again, not the whole list.
                wait = random.uniform(0, min(0.5 * 2.0**failed, 20.0))
            else:
                wait = failed = 0
                if found is not None:
                    return found, looks
    return None, looks


class LookedTooBrieflyError(Exception):
    """The call's time ended before the settle time did."""

    def __init__(self, looks: int, seconds: float) -> None:
        super().__init__(
            f"Timeouts.call ended after {looks} looks in {seconds:.1f} s, before ReconcilePolicy.settle had passed "
            "and everything was looked through"
        )
