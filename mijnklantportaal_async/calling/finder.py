"""Which record is the one that a lost answer would have named: the only place that says so.

An answer of a look shows the record (found), something that may be it (unsure), or nothing that could be it (absent).
Only absence, once the service had its time to commit, lets a call be sent again.
"""

from collections.abc import Callable, Collection, Hashable, Iterable, Mapping
from datetime import datetime
from functools import partial
from typing import Any, Generic, NamedTuple, Protocol, TypeVar
from zoneinfo import ZoneInfo

from mijnklantportaal_async.calling.body import Body
from mijnklantportaal_async.calling.pages import R, page_request, request_after
from mijnklantportaal_async.calling.wire import Answer, Look, Operation, Request, Reread, path_with, python_name
from mijnklantportaal_async.values.likeness import Match, compare, compare_fields, is_shown, key_of, shown_by
from mijnklantportaal_async.values.serde import read, read_list

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Sight(NamedTuple, Generic[T_co]):
    """What one answer of a look shows."""

    found: T_co | None = None
    """The record."""
    doubt: str = ""
    """Why something in it may be the record, though nobody can tell; empty when nothing in it could be."""


class CannotTellError(Exception):
    """A look brought records that may or may not be the one; its text says why."""


class Finder(Protocol[T]):
    """How to find out what became of a call that must not be made twice."""

    @property
    def key(self) -> Hashable:
        """Equal for calls that could not be told apart by what they leave behind."""
        ...

    def request(self) -> Request:
        """The reading request that would show it; of a paged list, that of its first page."""
        ...

    def following(self, request: Request, answer: Answer) -> Request | None:
        """The request for the page after this answer; None when there is nothing more to look through.

        Raises:
            PaginationError: The pages lead nowhere.
            UnreadableError: The answer does not say whether there is another.
        """
        ...

    def pick(self, answer: Answer, *, since: datetime | None, claimed: frozenset[str]) -> Sight[T]:
        """What an answer shows, of records that are new since then and nobody else's.

        Raises:
            UnreadableError: The answer could not be understood.
        """
        ...

    def identifier(self, record: T) -> str:
        """The id of the record."""
        ...


class ListFinder(Generic[R]):
    """Finds in a list the record that a request made: it is as it was asked for, is new, and is nobody else's.

    It reads the whole list: in which order lists come is not documented, so no page is the last that matters.

    Args:
        first: Makes the reading request that would show the record; of a paged list, that of its first page.
        kind: The model of the records.
        key: Equal for calls whose records could not be told apart.
        compare: How like the wanted record another is, whoever made it and when.
        shown: What a look-alike has in common with the wanted one, for the error.
        made: The field that says when a record was made; None where the portal does not tell.
        worse: Which of several to take last.
        is_paged: Whether the list comes in pages.
    """

    __slots__ = ("_first", "_is_paged", "_kind", "_made", "_shown", "_worse", "compare", "key")

    def __init__(
        self,
        first: Callable[[], Request],
        kind: type[R],
        *,
        key: Hashable,
        compare: Callable[[R], Match],
        shown: str,
        made: str | None = "created_at",
        worse: Callable[[R], bool] = lambda record: False,
        is_paged: bool = True,
    ) -> None:
        self.key = key
        self.compare = compare
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

    def pick(self, answer: Answer, *, since: datetime | None, claimed: frozenset[str]) -> Sight[R]:
        """What an answer shows, of records that were made since then and belong to no other call.

        Raises:
            UnreadableError: The answer could not be understood.
        """
        alike: list[R] = []
        nearly: list[R] = []
        ageless: list[R] = []
        for record in read_list(answer.body, self._kind):
            match = Match.OTHER if record.id in claimed else self.compare(record)
            if match is Match.OTHER:
                continue
            made = self._made_at(record)
            if made is None or since is None:
                ageless.append(record)
            elif made >= since:
                (alike if match is Match.ALIKE else nearly).append(record)
        if alike:
            return Sight(self._first_made(alike))
        if ageless:
            why = "the answer carries no Date header" if since is None else "the portal does not say when it was made"
            return Sight(doubt=f"{self._seen(ageless)}, but {why}, to tell whether it is new")
        if nearly:
            why = "nobody can tell whether it is the one that was asked for"
            return Sight(doubt=f"{self._seen(nearly)}, or nearly so; {why}")
        return Sight()

    def pick_of(self, records: Iterable[R], taken: Collection[str]) -> R | None:
        """The record among those of a whole list, whose age is known by what is `taken`.

        Raises:
            CannotTellError: Something among them may be it.
        """
        free = [record for record in records if record.id not in taken]
        matches = [(self.compare(record), record) for record in free]
        if alike := [record for match, record in matches if match is Match.ALIKE]:
            return self._first_made(alike)
        if nearly := [record for match, record in matches if match is Match.NEARLY]:
            raise CannotTellError(f"{self._seen(nearly)}, or nearly so")
        return None

    def is_alike(self, record: R) -> bool:
        """Whether a record is as the wanted one would be, whoever made it and when."""
        return self.compare(record) is Match.ALIKE

    def identifier(self, record: R) -> str:
        """Its id."""
        return record.id

    def _seen(self, records: Iterable[R]) -> str:
        return f"the portal has {', '.join(record.id for record in records)} with the same {self._shown}"

    def _made_at(self, record: R) -> datetime | None:
        return None if self._made is None else getattr(record, self._made)

    def _first_made(self, records: Iterable[R]) -> R:
        return min(records, key=lambda record: (self._worse(record), self._made_at(record)))


class RecordFinder(Generic[R]):
    """Reads the record that a call was to change once: as asked, untouched, or neither.

    Args:
        reread: What tells.
        kind: The model of the record.
        path: The path of the record.
        fields: The body of the request, under the names on the wire.
        zone: The portal's.
    """

    __slots__ = ("_fields", "_kind", "_reread", "_zone", "key")

    def __init__(self, reread: Reread, kind: type[R], path: str, fields: Mapping[str, Any], zone: ZoneInfo) -> None:
        self.key = path
        self._reread = reread
        self._kind = kind
        self._fields = fields
        self._zone = zone

    def request(self) -> Request:
        """The record."""
        return Request(self._reread.reading, self.key)

    def following(self, request: Request, answer: Answer) -> Request | None:
        """There is nothing more to look through."""
        return None

    def pick(self, answer: Answer, *, since: datetime | None, claimed: frozenset[str]) -> Sight[R]:
        """The record, if it stands as asked.

        Raises:
            UnreadableError: The answer could not be understood.
        """
        record = read(answer.body, self._kind)
        asked = {python_name(name): value for name, value in self._fields.items()}
        now = {name: getattr(record, name) for name in self._reread.fields}
        if not any(now.values()):
            return Sight()
        is_shown_all = all(now[name] is not None for name in now if name in asked)
        if is_shown_all and compare_fields(asked, record, self._zone) is Match.ALIKE:
            return Sight(record)
        stands = ", ".join(f"{name}={value!s}" for name, value in now.items())
        return Sight(doubt=f"{record.id} has {stands}, which is neither as it was nor as it was asked for")

    def identifier(self, record: R) -> str:
        """Its id."""
        return record.id


def finder_for(
    operation: Operation, kind: type[Any], body: Body, identifiers: Mapping[str, str], zone: ZoneInfo
) -> Finder[Any] | None:
    """How to look for what a request does; None where nothing would tell.

    Args:
        operation: What is done.
        kind: The model of the records that are looked at.
        body: What is said.
        identifiers: The ids that stand in the path.
        zone: The portal's.
    """
    look = operation.look
    if look is None:
        return None
    if isinstance(look, Reread):
        return RecordFinder(look, kind, path_with(look.reading, identifiers), body.fields, zone)
    path = path_with(look.listing, identifiers) if identifiers else look.listing.path
    try:
        told = [body.fields[name] for name in look.on_the_wire]
    except KeyError:
        # Nothing to compare with is no look.
        return None
    return ListFinder(
        lambda: page_request(look.listing, 1, path),
        kind,
        key=(path, *map(key_of, told)),
        compare=partial(_compare_record, look, body, zone),
        shown=look.likeness,
        made=look.made,
    )


def _compare_record(look: Look, body: Body, zone: ZoneInfo, record: Any) -> Match:
    """Every field that was sent and that the record shows, and what was left out where that means something."""
    asked = {python_name(name): value for name, value in body.fields.items()}
    match = compare_fields(asked, record, zone, look.told)
    for name in look.fields:
        if not is_shown(shown_by(record, look.told.get(name, name))):
            match = min(match, Match.NEARLY)
    for name in body.left_out:
        shown = shown_by(record, look.told.get(name, name))
        if not is_shown(shown):
            continue
        if name in look.left_out:
            match = min(match, compare(look.left_out[name], shown, zone))
        elif shown and not isinstance(shown, bool):
            # The portal may have filled it in, or somebody else may have made it.
            match = min(match, Match.NEARLY)
    return match if look.is_proof else min(match, Match.NEARLY)
