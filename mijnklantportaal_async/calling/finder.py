"""Which record is the one that a lost answer would have named: the only place that says so.

An answer of a look shows the record (found), something that may be it (unsure), or nothing that could be it (absent).
Only absence, once the service had its time to commit, lets a call be sent again.
"""

from collections.abc import Collection, Hashable, Iterable, Mapping
from datetime import datetime
from typing import Any, Generic, NamedTuple, Protocol, TypeVar
from zoneinfo import ZoneInfo

from mijnklantportaal_async.calling.body import Body
from mijnklantportaal_async.calling.claims import Place
from mijnklantportaal_async.calling.evidence import Age, Evidence, Horizon
from mijnklantportaal_async.calling.pages import R, page_request, request_after
from mijnklantportaal_async.calling.wire import Answer, Look, Operation, Request, Reread, path_with, python_name
from mijnklantportaal_async.values.likeness import Match, compare, compare_fields, is_shown, key_of, shown_by
from mijnklantportaal_async.values.local_time import read_moment
from mijnklantportaal_async.values.readings import Readings
from mijnklantportaal_async.values.records import ListReader, UnreadableRecord
from mijnklantportaal_async.values.serde import json_name, read

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


class Grounds(NamedTuple):
    """What an answer of a look is judged by."""

    horizon: Horizon
    """Since when the record must have been made."""
    claimed: frozenset[str]
    """Ids of records that belong to other calls."""
    moments: Readings
    """How the service writes moments that were asked for."""


class Finder(Protocol[T]):
    """How to find out what became of a call that must not be made twice."""

    zone: ZoneInfo
    """The portal's."""
    makes_records: bool
    """Whether what is found is a record that the call made, and belongs to it alone."""

    @property
    def places(self) -> tuple[Place, ...]:
        """What calls share that could not be told apart by what they leave behind."""
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

    def pick(self, answer: Answer, grounds: Grounds) -> Sight[T]:
        """What an answer shows, of records that are new and nobody else's.

        Raises:
            UnreadableError: The answer could not be understood.
        """
        ...

    def is_plainly_its(self, record: T) -> bool:
        """Whether nothing in a record speaks against its being the answer to the request; a quick look."""
        ...

    def contradiction(self, record: T, grounds: Grounds | None) -> str:
        """Why a record cannot be the answer to the request, if it is the answer to another; empty where it can."""
        ...

    def learn(self, record: T, evidence: Evidence, answer: Answer) -> None:
        """Learns from the answer to the request how the service writes moments."""
        ...

    def identifier(self, record: T) -> str:
        """The id of the record."""
        ...


class ListFinder(Generic[R]):
    """Finds in a list the record that a request made: it is as it was asked for, is new, and is nobody else's.

    It reads the whole list: in which order lists come is not documented, so no page is the last that matters.

    Attributes:
        places: What calls share whose records could not be told apart.
        zone: The portal's.
        kind: The model of the records.
        made: The field that says when a record was made; None where the portal does not tell.
        likeness: What a look-alike has in common with the wanted one, for the error.
        is_paged: Whether the list is documented to come in pages.
        shows_what_was_sent: Whether a record shows so much of it that another's answer can be told from ours.
    """

    __slots__ = ("places", "zone")

    kind: type[R]
    made: str | None
    likeness: str
    is_paged: bool
    makes_records = True
    shows_what_was_sent = False

    def __init__(self, places: tuple[Place, ...], zone: ZoneInfo) -> None:
        self.places = places
        self.zone = zone

    # --- what those that know the record say ---------------------------------------------------------------------

    def first_page(self) -> Request:
        """The reading request that would show the record; of a paged list, that of its first page."""
        raise NotImplementedError

    def compare(self, record: R, readings: Readings) -> Match:
        """How like the wanted record another is, whoever made it and when, by how the service writes moments."""
        raise NotImplementedError

    def comes_last(self, record: R) -> bool:
        """Whether another is to be taken before it, of several that are alike."""
        return False

    def is_plainly_its(self, record: R) -> bool:
        """Whether nothing in a record speaks against its being the answer to the request; a quick look.

        What a portal shows in another way than it was sent is no contradiction.
        """
        return True

    def says_otherwise(self, record: R) -> str:
        """Why a record cannot be the answer to the request; empty where it can."""
        return ""

    def learn_moments(self, record: R, readings: Readings) -> None:
        """Learns from the answer to the request how the service writes moments that it was told."""

    # --- what follows from it ------------------------------------------------------------------------------------

    @property
    def key(self) -> Hashable:
        """Equal for requests whose records could not be told apart."""
        return self.places[0].key

    def request(self) -> Request:
        """The first page, as it is now."""
        first = self.first_page()
        return Request(first.operation, first.path, is_look=True)

    def following(self, request: Request, answer: Answer) -> Request | None:
        """The page after this one.

        Raises:
            PaginationError: The pages lead nowhere.
            UnreadableError: The answer does not say whether there is another.
        """
        return request_after(request, answer.body, is_paged=self.is_paged)

    def pick(self, answer: Answer, grounds: Grounds) -> Sight[R]:
        """What an answer shows, of records that were made since the call began and belong to no other.

        Raises:
            UnreadableError: The answer could not be understood.
        """
        alike: list[R] = []
        nearly: list[R] = []
        ageless: list[R] = []
        reader = ListReader(answer.body, self.kind).read_all()
        for record in reader.records:
            if record.id in grounds.claimed:
                continue
            match = self.compare(record, grounds.moments)
            if match is Match.OTHER:
                continue
            age = grounds.horizon.age(self._made_at(record))
            if age is Age.UNCLEAR:
                ageless.append(record)
            elif age is Age.NEW:
                (alike if match is Match.ALIKE else nearly).append(record)
        if alike:
            return Sight(self._first_made(alike))
        if ageless:
            return Sight(doubt=f"{self._seen(ageless)}, but {self._why_ageless(grounds)}, to tell whether it is new")
        if nearly:
            return Sight(doubt=f"{self._seen(nearly)}, or nearly so; nobody can tell whether it is the one asked for")
        for bad in reader.unreadable:
            if self._may_be(bad, grounds):
                return Sight(doubt=f"a record of the list cannot be read, and may be the one ({bad})")
        return Sight()

    def pick_of(self, records: Iterable[R], taken: Collection[str]) -> R | None:
        """The record among those of a whole list, whose age is known by what is `taken`.

        Raises:
            CannotTellError: Something among them may be it.
        """
        readings = Readings()
        matches = [(self.compare(record, readings), record) for record in records if record.id not in taken]
        if alike := [record for match, record in matches if match is Match.ALIKE]:
            return self._first_made(alike)
        if nearly := [record for match, record in matches if match is Match.NEARLY]:
            raise CannotTellError(f"{self._seen(nearly)}, or nearly so")
        return None

    def is_alike(self, record: R) -> bool:
        """Whether a record is as the wanted one would be, whoever made it and when."""
        return self.compare(record, Readings()) is Match.ALIKE

    def contradiction(self, record: R, grounds: Grounds | None) -> str:
        """Why a record cannot be the answer to the request; empty where it can.

        Args:
            record: What was answered.
            grounds: What it is judged by, where another call was answered with it before.
        """
        if grounds is not None and self.shows_what_was_sent:
            is_other = self.compare(record, grounds.moments) is Match.OTHER
            if is_other or grounds.horizon.age(self._made_at(record)) is Age.OLD:
                return f"it names {record.id}, which was the answer to another"
        return self.says_otherwise(record)

    def learn(self, record: R, evidence: Evidence, answer: Answer) -> None:
        """Learns how the service writes moments that it was told, and when a record was made."""
        self.learn_moments(record, evidence.moments)
        evidence.learn_age(self._made_at(record), answer.headers, self.zone)

    def identifier(self, record: R) -> str:
        """Its id."""
        return record.id

    def _may_be(self, bad: UnreadableRecord, grounds: Grounds) -> bool:
        """Whether a record that cannot be read may be the one: not if it is another call's, or older than this."""
        if bad.identifier in grounds.claimed:
            return False
        made = bad.field(json_name(self.made)) if self.made is not None else None
        try:
            return not isinstance(made, str) or grounds.horizon.age(read_moment(made)) is not Age.OLD
        except ValueError:
            return True

    def _seen(self, records: Iterable[R]) -> str:
        return f"the portal has {', '.join(record.id for record in records)} with the same {self.likeness}"

    def _why_ageless(self, grounds: Grounds) -> str:
        if not grounds.horizon.is_known:
            return "the answer carries no Date header"
        if self.made is None:
            return "the portal does not say when it was made"
        return "it can be read as made before and since"

    def _made_at(self, record: R) -> datetime | None:
        return None if self.made is None else getattr(record, self.made)

    def _first_made(self, records: Iterable[R]) -> R:
        return min(records, key=lambda record: (self.comes_last(record), self._made_at(record)))


class RecordFinder(Generic[R]):
    """Reads the record that a call was to change once: as asked, untouched, or neither.

    Args:
        reread: What tells.
        kind: The model of the record.
        path: The path of the record.
        fields: The body of the request, under the names on the wire.
        zone: The portal's.
    """

    makes_records = False
    __slots__ = ("_fields", "_kind", "_path", "_reread", "places", "zone")

    def __init__(self, reread: Reread, kind: type[R], path: str, fields: Mapping[str, Any], zone: ZoneInfo) -> None:
        self.places = (Place(path),)
        self.zone = zone
        self._path = path
        self._reread = reread
        self._kind = kind
        self._fields = fields

    def request(self) -> Request:
        """The record."""
        return Request(self._reread.reading, self._path, is_look=True)

    def following(self, request: Request, answer: Answer) -> Request | None:
        """There is nothing more to look through."""
        return None

    def pick(self, answer: Answer, grounds: Grounds) -> Sight[R]:
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
        if is_shown_all and compare_fields(asked, record, self.zone) is Match.ALIKE:
            return Sight(record)
        stands = ", ".join(f"{name}={value!s}" for name, value in now.items())
        return Sight(doubt=f"{record.id} has {stands}, which is neither as it was nor as it was asked for")

    def is_plainly_its(self, record: R) -> bool:
        """A record with the id that was asked about is the one."""
        return True

    def contradiction(self, record: R, grounds: Grounds | None) -> str:
        """None."""
        return ""

    def learn(self, record: R, evidence: Evidence, answer: Answer) -> None:
        """Nothing: nobody asks when it was made."""

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
    return _LookFinder(look, body, path, kind, (Place((path, *map(key_of, told))),), zone)


class _LookFinder(ListFinder[Any]):
    """By every field that was sent and that the record shows, and what was left out where that means something."""

    __slots__ = ("_body", "_look", "_path", "kind")

    is_paged = True

    def __init__(
        self, look: Look, body: Body, path: str, kind: type[Any], places: tuple[Place, ...], zone: ZoneInfo
    ) -> None:
        super().__init__(places, zone)
        self._look = look
        self._body = body
        self._path = path
        self.kind = kind

    @property
    def made(self) -> str | None:  # type: ignore[override]
        """As the look says."""
        return self._look.made

    @property
    def likeness(self) -> str:  # type: ignore[override]
        """As the look says."""
        return self._look.likeness

    def first_page(self) -> Request:
        """Of the list that the look names."""
        return page_request(self._look.listing, 1, self._path)

    def compare(self, record: Any, readings: Readings) -> Match:
        """Every field counts."""
        return _compare_record(self._look, self._body, self.zone, record)


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
