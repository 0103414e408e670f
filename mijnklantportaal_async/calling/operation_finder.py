"""How to look for what a request of an operation did, from what the operation says of its look."""

from collections.abc import Mapping
from typing import Any, Generic
from zoneinfo import ZoneInfo

from mijnklantportaal_async.calling.body import Body
from mijnklantportaal_async.calling.claims import Place
from mijnklantportaal_async.calling.evidence import Evidence
from mijnklantportaal_async.calling.finder import Finder, Grounds, Sight
from mijnklantportaal_async.calling.list_finder import ListFinder
from mijnklantportaal_async.calling.pages import R, page_request
from mijnklantportaal_async.calling.wire import Answer, Look, Operation, Request, Reread, path_with, python_name
from mijnklantportaal_async.texts.words import words
from mijnklantportaal_async.values.likeness import Match, compare, compare_fields, is_shown, key_of, shown_by
from mijnklantportaal_async.values.readings import Readings
from mijnklantportaal_async.values.serde import read


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
        return Sight(
            doubt=words(
                "{id} has {stands}, which is neither as it was nor as it was asked for", id=record.id, stands=stands
            )
        )

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
