"""Reads an iCalendar file (.ics): its events as appointments, what is none of them, and what has to be asked."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

import attrs

from mijnklantportaal_async.files.appointments.standing import ALL_DAY
from mijnklantportaal_async.files.appointments.vocabulary import Field
from mijnklantportaal_async.files.calendars.event import PROPERTIES, Event, event_of
from mijnklantportaal_async.files.calendars.lines import HOW_TO_EXPORT, Component, read_calendars
from mijnklantportaal_async.files.calendars.moments import Zones, is_day_alone
from mijnklantportaal_async.files.calendars.people import Guests, Person, guests_of, invited_by_others, likely_owners
from mijnklantportaal_async.files.calendars.properties import property_of
from mijnklantportaal_async.files.calendars.repeats import RepeatError, occurrences_of
from mijnklantportaal_async.files.calendars.rows import read_event
from mijnklantportaal_async.files.calendars.versions import left_out_for, sort_out
from mijnklantportaal_async.files.choices import Choices
from mijnklantportaal_async.files.headers import plain
from mijnklantportaal_async.files.notes import lines_in_words
from mijnklantportaal_async.files.printable import printable, shown_value
from mijnklantportaal_async.files.questions import About, Answer, Question
from mijnklantportaal_async.files.records import LeftOut, Problem, Row, RowFile, RowFileError
from mijnklantportaal_async.models.appointments import NewAppointment

_OPTIONAL = (Field.CUSTOMER_ID, Field.PORTAL)
_SETTINGS = {"VERSION", "METHOD", "X-WR-TIMEZONE", "X-WR-CALNAME"}
_NOT_WORTH_A_NOTE = {"VTIMEZONE", "VALARM"}
_MOST_ANSWERS = 4
_EACH, _FIRST, _NONE = "each", "first", "leave-out"


def read_calendar(
    text: str, *, path: Path, encoding: str, zone: ZoneInfo, choices: Choices, notes: Sequence[str] = ()
) -> RowFile[NewAppointment]:
    """The events of a file as appointments.

    Args:
        text: The file.
        path: What it is called.
        encoding: What it was decoded from.
        zone: The portal's zone, in which times without a zone are meant.
        choices: What a person said. Of columns only properties of ours (`X-MIJNKLANTPORTAAL-...`) can be ignored.
        notes: What is to be said of the file already.

    Raises:
        RowFileError: It is no calendar, or one that was cut off.
    """
    reader = _Reader(zone, choices)
    for calendar in read_calendars(text):
        reader.add(calendar)
    if not reader.count:
        raise RowFileError(f"The calendar has no events (VEVENT). {HOW_TO_EXPORT}")
    reader.read()
    return RowFile(
        path=path,
        rows=tuple(sorted(reader.rows, key=lambda row: row.line)),
        problems=tuple(sorted(reader.problems, key=lambda problem: problem.line)),
        left_out=tuple(sorted(reader.left_out, key=lambda one: one.line)),
        questions=reader.questions(),
        notes=(*notes, *reader.notes()),
        columns=(),
        encoding=encoding,
    )


@attrs.frozen(kw_only=True)
class _Around:
    """What the calendar of an event says."""

    zones: Zones
    zone_shown: str


class _Reader:
    """Takes the events of a file one by one, and keeps account of what became of each."""

    def __init__(self, zone: ZoneInfo, choices: Choices) -> None:
        self.rows: list[Row[NewAppointment]] = []
        self.problems: list[Problem] = []
        self.left_out: list[LeftOut] = []
        self.count = 0
        self._zone = zone
        self._choices = choices
        self._headers = _without(choices.get("ignored", ()))
        self._owners = {address.strip().casefold() for address in choices.get("me", ())}
        self._group = choices.get("group")
        self._events: list[tuple[Event, str]] = []
        self._around: dict[int, _Around] = {}
        self._ownerless: list[tuple[Event, tuple[Person, ...]]] = []
        self._groups: list[tuple[Event, tuple[Person, ...]]] = []
        self._endless: list[Event] = []
        self._floating: dict[str, list[int]] = {}

    def add(self, calendar: Component) -> None:
        """Takes the events of one calendar."""
        settings = _settings(calendar)
        zones = Zones([part for part in calendar.parts if part.name == "VTIMEZONE"], self._zone)
        around = _Around(zones=zones, zone_shown=settings.get("X-WR-TIMEZONE") or self._zone.key)
        name = settings.get("X-WR-CALNAME", "").casefold()
        if "@" in name:
            self._owners.add(name)
        for part in calendar.parts:
            if part.name == "VEVENT":
                self.count += 1
                event = event_of(part, self.count)
                # Some calendars have the name of their owner, and some that of a practice.
                self._owners.update(one.key for one in event.attendees if one.key and one.name.casefold() == name)
                self._around[event.line] = around
                self._events.append((event, settings.get("METHOD", "").upper()))
            elif part.name not in _NOT_WORTH_A_NOTE:
                self.left_out.append(LeftOut(line=part.line, title="", reason=f"no event ({shown_value(part.name)})"))

    def read(self) -> None:
        """Makes rows of them."""
        found = sort_out(self._events)
        self.left_out.extend(found.left_out)
        for event, line in found.unclear:
            other = "another line" if line == event.line else f"line {line}"
            self._refuse(event, f"has the UID of {other}, and nothing says which of the two is newer; remove one")
        changed: dict[str, list[Event]] = {}
        for event in (*found.events, *found.called_off):
            if event.value("RECURRENCE-ID"):
                changed.setdefault(event.uid, []).append(event)
        canceled = {event.line for event in found.called_off}
        perhaps_me = invited_by_others((event.attendees, event.organizer) for event in found.events)
        for event in found.events:
            moved = event.properties.get("RECURRENCE-ID")
            if moved is not None and moved.parameters.get("RANGE"):
                self._refuse(event, "stands for all occurrences from one on; make single events of them")
            elif event.is_repeated and not event.value("RECURRENCE-ID"):
                self._series(event, changed.get(event.uid, []), canceled, perhaps_me)
            else:
                self._take(event, perhaps_me)

    def questions(self) -> tuple[Question, ...]:
        """What a person can say so that more events can be read."""
        asked = (self._who_is_me(), self._what_of_groups(), self._how_far())
        return tuple(question for question in asked if question is not None)

    def notes(self) -> list[str]:
        """What a careful person would want to know."""
        return [
            *(
                f"Times without a zone, taken for {self._zone.key} although the calendar is shown in "
                f"{shown_value(shown)}: lines {lines_in_words(lines)}."
                for shown, lines in self._floating.items()
            ),
        ]

    # --- one event ---------------------------------------------------------------------------------------------

    def _series(self, event: Event, changed: Iterable[Event], canceled: set[int], perhaps_me: Collection[str]) -> None:
        if event.is_all_day or is_day_alone(event.properties.get("DTSTART")):
            self.left_out.append(left_out_for(event, ALL_DAY))
            return
        kept = [one for one in changed if one.line not in canceled]
        gone = [one for one in changed if one.line in canceled]
        try:
            found = occurrences_of(
                event,
                kept,
                gone,
                self._around[event.line].zones,
                since=self._choices.get("since"),
                until=self._choices.get("until"),
            )
        except RepeatError as error:
            self._refuse(event, str(error))
            return
        if found.waits_for_end:
            self._endless.append(event)
            self._refuse(event, "repeats without an end; say --until with the last day on which it should be made")
            return
        if found.before:
            self.left_out.append(left_out_for(event, f"{found.before} of its occurrences lie before the first day"))
        for occurrence in found.events:
            self._take(occurrence, perhaps_me)

    def _take(self, event: Event, perhaps_me: Collection[str]) -> None:
        around = self._around[event.line]
        if event.is_all_day or (is_day_alone(event.properties.get("DTSTART")) and not event.complaints):
            self.left_out.append(left_out_for(event, ALL_DAY))
            return
        if self._headers.get(Field.CUSTOMER_ID) and event.text(PROPERTIES[Field.CUSTOMER_ID]).strip():
            self._keep(event, None, around)
            return
        guests = guests_of(event.attendees, event.organizer, self._owners)
        if guests.why_nobody and not event.complaints:
            self.left_out.append(left_out_for(event, guests.why_nobody))
            return
        is_doubtful = not self._owners and any(one.key in perhaps_me for one in guests.possible)
        if len(guests.possible) < 2 and not is_doubtful and not any(one.is_group for one in guests.possible):
            self._keep(event, guests.possible[0] if guests.possible else None, around)
        elif is_doubtful or not guests.knows_owner:
            self._ownerless.append((event, _with_host(guests, event)))
            self._refuse(
                event,
                f"is with {_in_words(guests.possible)}, and nobody knows which of them owns the calendar; say --me "
                "with the owner's address",
            )
        else:
            self._with_group(event, guests, around)

    def _with_group(self, event: Event, guests: Guests, around: _Around) -> None:
        match self._group:
            case "first":
                self._keep(event, guests.possible[0], around)
            case "each":
                for person in guests.possible:
                    self._keep(event, person, around)
            case "leave-out":
                self.left_out.append(left_out_for(event, "with several people"))
            case _:
                self._groups.append((event, guests.possible))
                self._refuse(
                    event,
                    f"is with several people ({_in_words(guests.possible)}), and an appointment of the portal with "
                    "one; say --group first, each or leave-out",
                )

    def _keep(self, event: Event, person: Person | None, around: _Around) -> None:
        found = read_event(event, person, self._headers, around.zones)
        if isinstance(found, Row):
            self.rows.append(found)
            if event.is_floating and around.zone_shown != self._zone.key:
                self._floating.setdefault(around.zone_shown, []).append(event.line)
        else:
            self.problems.extend(found)

    def _refuse(self, event: Event, message: str) -> None:
        self.problems.append(Problem(line=event.line, message=printable(message), event=event.in_words))

    # --- questions ---------------------------------------------------------------------------------------------

    def _who_is_me(self) -> Question | None:
        if not self._ownerless:
            return None
        total = len(self._ownerless)
        event, people = self._ownerless[0]
        answers = [
            Answer(value=person.address, meaning=printable(f"{person.name}, in {count} of {total} such events"))
            for person, count in likely_owners(people for _, people in self._ownerless)[:_MOST_ANSWERS]
        ]
        return Question(
            about=About.ME,
            text=f"The owner of the calendar is among the attendees of {_number(total, 'event')}, and nothing says who "
            f"that is; {shown_value(event.title)!r} on line {event.line}, for example, is with {_in_words(people)}.",
            answers=tuple(answers),
            open=True,
            lines=tuple(event.line for event, _ in self._ownerless),
        )

    def _what_of_groups(self) -> Question | None:
        if not self._groups:
            return None
        event, people = self._groups[0]
        total = sum(len(people) for _, people in self._groups)
        return Question(
            about=About.GROUP,
            text=f"{_number(len(self._groups), 'event')} with several people, such as {shown_value(event.title)!r} on "
            f"line {event.line} with {_in_words(people)}; an appointment of the portal is with one.",
            answers=(
                Answer(value=_EACH, meaning=f"{total} appointments, one with each of them"),
                Answer(value=_FIRST, meaning=f"{len(self._groups)}, with the first of each"),
                Answer(value=_NONE, meaning="none"),
            ),
            lines=tuple(event.line for event, _ in self._groups),
        )

    def _how_far(self) -> Question | None:
        if not self._endless:
            return None
        event = self._endless[0]
        return Question(
            about=About.UNTIL,
            text=f"{_number(len(self._endless), 'event')} without an end that repeat, such as "
            f"{shown_value(event.title)!r} on line {event.line}: up to which day should they be made?",
            answers=(),
            open=True,
            lines=tuple(event.line for event in self._endless),
        )


def _with_host(guests: Guests, event: Event) -> tuple[Person, ...]:
    return (
        guests.possible if event.organizer is None or len(guests.possible) > 1 else (*guests.possible, event.organizer)
    )


def _in_words(people: Sequence[Person]) -> str:
    shown = [printable(person.in_words, 60) for person in people[:3]]
    more = len(people) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more > 0 else "")


def _number(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _without(ignored: Collection[str]) -> Mapping[Field, str]:
    names = {plain(PROPERTIES[field]): field for field in _OPTIONAL}
    fields = {names.get(plain(name)) for name in ignored}
    if None in fields:
        optional = " and ".join(PROPERTIES[field] for field in _OPTIONAL)
        raise RowFileError(f"Of a calendar only {optional} can be ignored.")
    return {field: name for field, name in PROPERTIES.items() if field not in fields}


def _settings(calendar: Component) -> dict[str, str]:
    """What a calendar says of itself, by name."""
    settings: dict[str, str] = {}
    was_setting = True
    for line in calendar.lines:
        if line.name in _SETTINGS:
            was_setting = True
            try:
                settings.setdefault(line.name, property_of(line).text.strip())
            except ValueError as error:
                raise RowFileError(f"The calendar cannot be read: {error}. {HOW_TO_EXPORT}") from error
        elif line.name:
            was_setting = False
        elif was_setting:
            raise RowFileError(f"Line {line.number}: {shown_value(line.text)!r} is no iCalendar. {HOW_TO_EXPORT}")
    if settings.get("VERSION") == "1.0":
        raise RowFileError(
            "This is a vCalendar of version 1.0, which is another format. Export it as iCalendar (.ics)."
        )
    return settings
