"""One event of an iCalendar file, taken apart: what it says, which version of itself it is, what cannot be read."""

from collections.abc import Mapping
from functools import lru_cache

import attrs

from mijnklantportaal_async.files.appointments.vocabulary import Field
from mijnklantportaal_async.files.calendars.lines import Component
from mijnklantportaal_async.files.calendars.people import Person, person_of
from mijnklantportaal_async.files.calendars.properties import Property, needed_properties, one_line
from mijnklantportaal_async.files.meaning import is_off_by_title
from mijnklantportaal_async.files.printable import printable, shown_value
from mijnklantportaal_async.files.records import Record
from mijnklantportaal_async.files.words import truth_of

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
_REPEATING = ("RRULE", "RDATE", "EXRULE")
_OF_SERIES = (*_REPEATING, "EXDATE")
_VERSION = ("SEQUENCE", "DTSTAMP", "LAST-MODIFIED")
_SINGLE = frozenset({*PROPERTIES.values(), "UID", "STATUS", "ORGANIZER", "RECURRENCE-ID", *_VERSION} - {_ATTENDEE})
_ONCE = _SINGLE - set(_VERSION)
_NEEDED = _SINGLE | {*_OF_SERIES, _ATTENDEE}
_OFF = frozenset({"CANCELLED", "CANCELED", "CANCEL", "DELETED", "DECLINED", "REJECTED", "GEANNULEERD"})
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
    attendees: tuple[Person, ...]
    organizer: Person | None
    series: Mapping[str, tuple[Property, ...]]
    """What makes it repeat, and leaves out of that."""
    is_all_day: bool
    """Whether a program says so that gives it times all the same."""
    complaints: tuple[str, ...]
    """What cannot be read, or is said twice."""
    is_marked_off: bool = False
    """Whether a property of some program says that it is off: `X-CANCELLED`, `X-...-STATUS`."""
    day: str = ""
    """The day of one occurrence of a series, in words."""

    @property
    def uid(self) -> str:
        """What all versions of it share; empty when it has none."""
        return self.value("UID").strip()

    @property
    def version(self) -> tuple[int, str, str]:
        """Greater for a newer version of the same event."""
        sequence = self.value("SEQUENCE").strip()
        return (int(sequence) if sequence.isdecimal() else 0, self.value("DTSTAMP"), self.value("LAST-MODIFIED"))

    @property
    def is_off(self) -> bool:
        """Whether it was called off: by its status, or by what a program wrote before its title."""
        return self.is_marked_off or self.value("STATUS").strip().upper() in _OFF or is_off_by_title(self.title)

    @property
    def is_repeated(self) -> bool:
        """Whether it stands for several."""
        return any(name in self.series for name in _REPEATING)

    @property
    def title(self) -> str:
        """Its title on one line; empty when it has none."""
        return one_line(self.text(PROPERTIES[Field.NAME]))

    @property
    def is_floating(self) -> bool:
        """Whether its start names no time zone."""
        start = self.properties.get(PROPERTIES[Field.STARTS_AT])
        return start is not None and "TZID" not in start.parameters and not start.value.endswith("Z")

    def value(self, name: str) -> str:
        """The value of a property; empty when it has none."""
        return self.properties[name].value if name in self.properties else ""

    def text(self, name: str) -> str:
        """The value of a property as a text; empty when it has none."""
        return self.properties[name].text if name in self.properties else ""

    def as_record(self, person: Person | None) -> Record:
        """Its texts, as cells of a table would hold them.

        Args:
            person: Who it is with.
        """
        cells = {name: self.text(name) for name in PROPERTIES.values()}
        cells[PROPERTIES[Field.NAME]] = self.title
        if person is not None:
            cells[PROPERTIES[Field.ATTENDEE_NAME]] = person.name
            cells[_ATTENDEE] = person.address
        return Record(line=self.line, cells=cells, event=self.in_words)

    @property
    def in_words(self) -> str:
        """Its place, UID, title, and the day where it has several."""
        words = [f"event {self.number}"]
        if self.uid:
            words.append(f"UID {printable(self.uid, _LONGEST_UID)}")
        if self.title:
            words.append(repr(shown_value(self.title)))
        if self.day:
            words.append(self.day)
        return ", ".join(words)


def event_of(component: Component, number: int) -> Event:
    """Takes an event apart.

    Args:
        component: The event.
        number: Its place in the file, from 1.
    """
    properties, complaints = needed_properties(component.lines, _is_needed)
    found: dict[str, list[Property]] = {}
    for one in properties:
        found.setdefault(one.name, []).append(one)
    complaints.extend(
        f"{name} stands in the event {len(found[name])} times; once is meant"
        for name in sorted(_ONCE & found.keys())
        if len({(one.value, *one.parameters.items()) for one in found[name]}) > 1
    )
    organizers = found.get("ORGANIZER", ())
    return Event(
        line=component.line,
        number=number,
        properties={name: found[name][0] for name in found if name in _SINGLE},
        attendees=tuple(map(person_of, found.get(_ATTENDEE, ()))),
        organizer=person_of(organizers[0]) if organizers else None,
        series={
            name: tuple(one for one in found[name] if one.value.strip())
            for name in _OF_SERIES
            if any(one.value.strip() for one in found.get(name, ()))
        },
        is_all_day=any(_speaks_of(name, "ALLDAY") and truth_of(one.value) for name in found for one in found[name]),
        is_marked_off=any(
            one.value.strip().upper() in _OFF or (_speaks_of(name, "CANCEL") and truth_of(one.value))
            for name in found
            if name.startswith("X-")
            for one in found[name]
        ),
        complaints=tuple(complaints),
    )


def _speaks_of(name: str, word: str) -> bool:
    return word in name.replace("-", "")


@lru_cache(maxsize=1024)
def _is_needed(name: str) -> bool:
    """Whether a property matters: by its name, or because it may say that the event is all day or off."""
    if name in _NEEDED or _speaks_of(name, "ALLDAY"):
        return True
    return name.startswith("X-") and (_speaks_of(name, "CANCEL") or name.endswith("STATUS"))
