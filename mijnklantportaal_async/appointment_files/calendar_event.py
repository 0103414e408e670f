"""One event of an iCalendar file, taken apart: its properties, its attendees, and what cannot be read of it."""

from collections.abc import Mapping
from urllib.parse import unquote

import attrs

from mijnklantportaal_async.appointment_files.calendar_lines import Component
from mijnklantportaal_async.appointment_files.calendar_values import Property, property_of
from mijnklantportaal_async.appointment_files.columns import Field
from mijnklantportaal_async.tables.printable import printable, shown_value
from mijnklantportaal_async.tables.records import Record

PROPERTIES: Mapping[Field, str] = {
    Field.NAME: "SUMMARY",
    Field.STARTS_AT: "DTSTART",
    Field.ENDS_AT: "DTEND",
    Field.DURATION: "DURATION",
    Field.CUSTOMER_ID: "X-MIJNKLANTPORTAAL-CUSTOMER-ID",
    Field.ATTENDEE_NAME: "CN of ATTENDEE",
    Field.ATTENDEE_EMAIL: "ATTENDEE",
    Field.PORTAL: "X-MIJNKLANTPORTAAL-PORTAL",
}
"""Which property of an event is which field."""

_ATTENDEE = PROPERTIES[Field.ATTENDEE_EMAIL]
_REPEATING = {"RRULE", "RDATE", "EXRULE"}
_SINGLE = {*PROPERTIES.values(), "UID", "STATUS", "ORGANIZER"} - {_ATTENDEE}
_READ = _SINGLE | _REPEATING | {_ATTENDEE}

# A room that was booked is listed as an attendee, too.
_THINGS = {"ROOM", "RESOURCE"}
_LONGEST_UID = 120


@attrs.frozen(kw_only=True)
class Event:
    """What an event says."""

    line: int
    """Of its BEGIN."""
    number: int
    """Its place in the file, from 1."""
    properties: Mapping[str, Property]
    """By name; of one that stands there twice the first."""
    people: tuple[Property, ...]
    """The attendees without the organizer and without rooms."""
    is_repeated: bool
    complaints: tuple[str, ...]
    """What cannot be read, or is said twice."""

    @property
    def is_cancelled(self) -> bool:
        """Whether it was crossed out."""
        return self.value("STATUS").strip().upper() == "CANCELLED"

    @property
    def title(self) -> str:
        """Its title; empty when it has none."""
        return self.value(PROPERTIES[Field.NAME]).strip()

    @property
    def is_floating(self) -> bool:
        """Whether its start names no time zone."""
        start = self.properties.get(PROPERTIES[Field.STARTS_AT])
        return start is not None and "TZID" not in start.parameters and not start.value.endswith("Z")

    def value(self, name: str) -> str:
        """The value of a property; empty when it has none."""
        return self.properties[name].value if name in self.properties else ""

    def as_record(self) -> Record:
        """Its texts, as cells of a table would hold them."""
        cells = {name: self.value(name) for name in PROPERTIES.values()}
        if self.people:
            cells[PROPERTIES[Field.ATTENDEE_NAME]] = self.people[0].parameters.get("CN", "")
            cells[_ATTENDEE] = _address(self.people[0])
        return Record(line=self.line, cells=cells, event=self._in_words())

    def _in_words(self) -> str:
        words = [f"event {self.number}"]
        if uid := self.value("UID").strip():
            words.append(f"UID {printable(uid, _LONGEST_UID)}")
        if self.title:
            words.append(repr(shown_value(self.title)))
        return ", ".join(words)


def event_of(component: Component, number: int) -> Event:
    """Takes an event apart.

    Args:
        component: The event.
        number: Its place in the file, from 1.
    """
    found: dict[str, list[Property]] = {}
    complaints: list[str] = []
    for line in component.lines:
        # Of a property that is not used nothing needs to be understood.
        if line.name and line.name not in _READ:
            continue
        try:
            one = property_of(line)
        except ValueError as error:
            complaints.append(str(error))
        else:
            found.setdefault(one.name, []).append(one)
    complaints.extend(
        f"{name} stands in the event {len(found[name])} times; once is meant"
        for name in sorted(_SINGLE & found.keys())
        if len(found[name]) > 1
    )
    return Event(
        line=component.line,
        number=number,
        properties={name: found[name][0] for name in _SINGLE & found.keys()},
        people=_people(found.get(_ATTENDEE, []), found.get("ORGANIZER", [])),
        is_repeated=not _REPEATING.isdisjoint(found),
        complaints=tuple(complaints),
    )


def _people(attendees: list[Property], organizers: list[Property]) -> tuple[Property, ...]:
    """Who the appointment is with: not who made it, and no room."""
    hosts = {_address(one).casefold() for one in organizers}
    return tuple(
        one
        for one in attendees
        if one.parameters.get("CUTYPE", "").upper() not in _THINGS and _address(one).casefold() not in hosts - {""}
    )


def _address(person: Property) -> str:
    scheme, colon, address = person.value.partition(":")
    if colon and scheme.strip().lower() == "mailto":
        return unquote(address).strip()
    return person.parameters.get("EMAIL", "").strip()
