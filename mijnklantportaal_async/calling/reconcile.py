"""Did it happen? Looks for the effect of a call whose answer was lost, before anything is sent again."""

import random
from collections.abc import Awaitable, Callable, Hashable, Mapping
from datetime import datetime
from functools import cache
from typing import Any, Generic, Protocol, TypeVar

import attrs

from mijnklantportaal_async import errors
from mijnklantportaal_async.calling.pages import R, page_request, request_after
from mijnklantportaal_async.calling.wire import Answer, Look, Request
from mijnklantportaal_async.values.clock import Clock
from mijnklantportaal_async.values.serde import json_name, read_list

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


def comparable(value: Any, field: str = "") -> Any:
    """A value as it may come back: the service could trim or fold a text, or space a postal code."""
    if not isinstance(value, str):
        return value
    return ("" if field == "zip_code" else " ").join(value.split()).casefold()


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


class ListFinder(Generic[R]):
    """Finds in a list the record that a request made: it looks as it was asked for, is new, and is nobody else's.

    It reads the whole list: in which order lists come is not documented, so no page is the last that matters.

    Args:
        first: Makes the reading request that would show the record; of a paged list, that of its first page.
        kind: The model of the records.
        key: Equal for calls whose records could not be told apart.
        is_alike: Whether a record looks as the wanted one would, whoever made it and when.
        shown: What a list with a look-alike shows, for the error: "the calendar has {ids} at that time".
        made: The field that says when a record was made; None where the portal does not tell.
        worse: Which of several to take last.
        is_paged: Whether the list comes in pages.
    """

    __slots__ = ("_first", "_is_paged", "_kind", "_made", "_shown", "_worse", "is_alike", "key")

    def __init__(
        self,
        first: Callable[[], Request],
        kind: type[R],
        *,
        key: Hashable,
        is_alike: Callable[[R], bool],
        shown: str,
        made: str | None = "created_at",
        worse: Callable[[R], bool] = lambda record: False,
        is_paged: bool = True,
    ) -> None:
        self.key = key
        self.is_alike = is_alike
        self._first = first
        self._kind = kind
        self._made = made
        self._shown = shown
        self._worse = worse
        self._is_paged = is_paged

    def request(self) -> Request:
        """The first page."""
        return self._first()

    def following(self, request: Request, answer: Answer) -> Request | None:
        """The page after this one.

        Raises:
            PaginationError: The pages lead nowhere.
            UnreadableError: The answer does not say whether there is another.
        """
        return request_after(request, answer.body, self._kind) if self._is_paged else None

    def pick(self, answer: Answer, *, since: datetime | None, claimed: frozenset[str]) -> R | None:
        """The record, if the answer shows one that was made since then and belongs to no other call.

        Raises:
            CannotTellError: There is one that may be it, and nothing to judge its age by.
            UnreadableError: The answer could not be understood.
        """
        shown = read_list(answer.body, self._kind)
        alike = [record for record in shown if record.id not in claimed and self.is_alike(record)]
        if alike and (since is None or self._made is None):
            why = "the answer carries no Date header" if since is None else "the portal does not say when it was made"
            ids = ", ".join(record.id for record in alike)
            raise CannotTellError(f"{self._shown.format(ids=ids)}, but {why}, to tell whether it is new")
        new = [record for record in alike if self._made_at(record) >= since]
        return min(new, key=lambda record: (self._worse(record), self._made_at(record)), default=None)

    def identifier(self, record: R) -> str:
        """Its id."""
        return record.id

    def _made_at(self, record: R) -> Any:
        return getattr(record, self._made or "")


def finder_in(look: Look, kind: type[R], fields: Mapping[str, Any], path: str) -> ListFinder[R]:
    """Finds the record of a request that was made of fields, in the list where it would stand.

    Args:
        look: Which list, and which of the fields tell the record.
        kind: The model of the records.
        fields: The body of the request, under the names on the wire.
        path: The path of the list with the ids in it.
    """
    wanted = {told: comparable(fields[sent], told) for sent, told in _pairs(look.fields) if sent in fields}

    def is_alike(record: R) -> bool:
        return all(comparable(getattr(record, name), name) == value for name, value in wanted.items())

    return ListFinder(
        lambda: page_request(look.listing, 1, path),
        kind,
        key=(path, *wanted.values()),
        is_alike=is_alike,
        shown=f"the portal has {{ids}} with the same {look.likeness}",
        made=look.made,
    )


@cache
def _pairs(fields: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """What a request calls its fields on the wire, and what the model of a record calls them."""
    parts = (field.partition("=") for field in fields)
    return tuple((json_name(sent), told or sent) for sent, _, told in parts)


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
