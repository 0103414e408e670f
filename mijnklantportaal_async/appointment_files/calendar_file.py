"""Reads an iCalendar file (.ics): its events as appointments, and notes on what was left out of it."""

from collections.abc import Collection, Mapping
from pathlib import Path
from zoneinfo import ZoneInfo

from mijnklantportaal_async.appointment_files.calendar_event import PROPERTIES, Event, event_of
from mijnklantportaal_async.appointment_files.calendar_lines import HOW_TO_EXPORT, Component, read_calendars
from mijnklantportaal_async.appointment_files.calendar_rows import read_event
from mijnklantportaal_async.appointment_files.calendar_values import Zones, property_of
from mijnklantportaal_async.appointment_files.columns import Field
from mijnklantportaal_async.appointment_files.records import AppointmentFile
from mijnklantportaal_async.models.appointments import NewAppointment
from mijnklantportaal_async.tables.columns import plain
from mijnklantportaal_async.tables.notes import lines_in_words
from mijnklantportaal_async.tables.printable import shown_value
from mijnklantportaal_async.tables.records import Problem, Row, RowFile, RowFileError

_OPTIONAL = (Field.CUSTOMER_ID, Field.PORTAL)
_NOT_WORTH_A_NOTE = {"VTIMEZONE", "VALARM"}
_MOST_TITLES = 5


def read_calendar(
    text: str, *, path: Path, encoding: str, zone: ZoneInfo, ignored: Collection[str] = ()
) -> AppointmentFile:
    """The events of a file as appointments.

    Args:
        text: The file.
        path: What it is called.
        encoding: What it was decoded from.
        zone: The portal's zone, in which times without a zone are meant.
        ignored: Properties of ours (`X-MIJNKLANTPORTAAL-...`) to leave alone.

    Raises:
        RowFileError: It is no calendar, or one that was cut off.
    """
    headers = _without(ignored)
    rows: list[Row[NewAppointment]] = []
    problems: list[Problem] = []
    notes = _Notes(zone)
    number = 0
    for calendar in read_calendars(text):
        settings = _settings(calendar)
        zones = Zones([part for part in calendar.parts if part.name == "VTIMEZONE"])
        for part in calendar.parts:
            if part.name != "VEVENT":
                notes.other_part(part)
                continue
            number += 1
            event = event_of(part, number)
            if event.is_cancelled or settings.get("METHOD", "").upper() == "CANCEL":
                notes.cancelled.append(event)
                continue
            found = read_event(event, headers, zones, zone)
            if isinstance(found, Row):
                rows.append(found)
            else:
                problems.extend(found)
            notes.event(event, settings.get("X-WR-TIMEZONE", zone.key))
    if not number:
        raise RowFileError(f"The calendar has no events (VEVENT). {HOW_TO_EXPORT}")
    return RowFile(
        path=path,
        rows=tuple(rows),
        problems=tuple(problems),
        notes=tuple(notes.in_words()),
        columns=(),
        encoding=encoding,
    )


class _Notes:
    """What a careful person would want to know, collected event by event."""

    def __init__(self, zone: ZoneInfo) -> None:
        self.cancelled: list[Event] = []
        self._zone = zone
        self._crowded: list[int] = []
        self._floating: dict[str, list[int]] = {}
        self._others: dict[str, list[int]] = {}

    def other_part(self, part: Component) -> None:
        """A part of the calendar that is no event."""
        if part.name not in _NOT_WORTH_A_NOTE:
            self._others.setdefault(part.name, []).append(part.line)

    def event(self, event: Event, zone_shown: str) -> None:
        """An event that was read, of a calendar that is shown in some zone."""
        if len(event.people) > 1:
            self._crowded.append(event.line)
        if event.is_floating and zone_shown != self._zone.key:
            self._floating.setdefault(zone_shown, []).append(event.line)

    def in_words(self) -> list[str]:
        notes: list[str] = []
        if self.cancelled:
            named = [f"line {event.line} {shown_value(event.title)!r}" for event in self.cancelled[:_MOST_TITLES]]
            more = len(self.cancelled) - _MOST_TITLES
            notes.append(f"Cancelled and left out: {', '.join(named)}{f' and {more} more' if more > 0 else ''}.")
        if self._crowded:
            notes.append(
                "Events with several attendees, of whom the first is taken, because the portal takes one: lines "
                f"{lines_in_words(self._crowded)}."
            )
        notes.extend(
            f"Times without a zone, taken for {self._zone.key} although the calendar is shown in "
            f"{shown_value(shown)}: lines {lines_in_words(lines)}."
            for shown, lines in self._floating.items()
        )
        notes.extend(
            f"No event ({shown_value(name)}) and left out: lines {lines_in_words(lines)}."
            for name, lines in self._others.items()
        )
        return notes


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
    for line in calendar.lines:
        if line.name in {"VERSION", "METHOD", "X-WR-TIMEZONE"}:
            try:
                settings[line.name] = property_of(line).value.strip()
            except ValueError as error:
                raise RowFileError(f"The calendar cannot be read: {error}. {HOW_TO_EXPORT}") from error
    if settings.get("VERSION") == "1.0":
        raise RowFileError(
            "This is a vCalendar of version 1.0, which is another format. Export it as iCalendar (.ics)."
        )
    return settings
