"""From one event of an iCalendar file to an appointment, or to what is wrong with it."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from mijnklantportaal_async.files.appointments.person import appointment_of, read_texts
from mijnklantportaal_async.files.appointments.vocabulary import Field
from mijnklantportaal_async.files.calendars.event import PROPERTIES, Event
from mijnklantportaal_async.files.calendars.moments import Zones, minutes_of, moment_of
from mijnklantportaal_async.files.calendars.people import Person
from mijnklantportaal_async.files.cells import Cells
from mijnklantportaal_async.files.durations import LONGEST_DURATION
from mijnklantportaal_async.files.moments import end_after
from mijnklantportaal_async.files.records import Problem, Row
from mijnklantportaal_async.models.appointments import NewAppointment
from mijnklantportaal_async.values.local_time import is_after, is_same_instant


def read_event(
    event: Event, person: Person | None, headers: Mapping[Field, str], zones: Zones
) -> Row[NewAppointment] | tuple[Problem, ...]:
    """An appointment from one event.

    Args:
        event: The event; of one that repeats a single occurrence.
        person: Who it is with; None where the event names a customer, or nobody can be told.
        headers: Which property holds which field.
        zones: The time zones of its calendar.

    Returns:
        The row, or every problem that it has.
    """
    record = event.as_record(person)
    cells = Cells(record, headers, literal=(Field.NAME,))
    for complaint in event.complaints:
        cells.refuse(None, complaint)
    texts = read_texts(cells)
    times = _TimeReader(cells, event, zones)
    starts_at = times.moment(Field.STARTS_AT)
    ends_at = times.end(starts_at)
    new = None if starts_at is None or ends_at is None else appointment_of(cells, texts, starts_at, ends_at)
    if new is None:
        return tuple(cells.problems)
    start = event.properties[PROPERTIES[Field.STARTS_AT]]
    zone = "UTC" if start.value.endswith("Z") else start.parameters.get("TZID", "")
    return Row(line=record.line, new=new, portal=texts[Field.PORTAL], event=record.event, zone=zone)


class _TimeReader:
    """The start and the end of an event; what is wrong with them is kept in its cells."""

    def __init__(self, cells: Cells[Field], event: Event, zones: Zones) -> None:
        self._cells = cells
        self._event = event
        self._zones = zones

    def moment(self, field: Field) -> datetime | None:
        found = self._event.properties.get(PROPERTIES[field])
        if found is None:
            self._cells.refuse(field, "is missing; give the event a start and an end in the calendar program")
            return None
        try:
            return moment_of(found, self._zones)
        except ValueError as error:
            self._cells.refuse(field, str(error))
            return None

    def end(self, starts_at: datetime | None) -> datetime | None:
        has_end, has_duration = (PROPERTIES[field] in self._event.properties for field in _ENDS)
        written = self.moment(Field.ENDS_AT) if has_end or not has_duration else None
        minutes = self._minutes() if has_duration else None
        if starts_at is None or (has_end and written is None) or (has_duration and minutes is None):
            return None
        lasting = None if minutes is None else self._end_after(starts_at, minutes)
        if written is not None and not is_after(written, starts_at):
            self._cells.refuse(Field.ENDS_AT, f"must lie after the start, {starts_at:%Y-%m-%d %H:%M}")
            return None
        if written is not None and lasting is not None and not is_same_instant(written, lasting):
            self._cells.refuse(Field.DURATION, f"does not fit the end, {written:%Y-%m-%d %H:%M}; leave one of them out")
            return None
        return written or lasting

    def _minutes(self) -> int | None:
        try:
            minutes = minutes_of(self._event.properties[PROPERTIES[Field.DURATION]])
        except ValueError as error:
            self._cells.refuse(Field.DURATION, str(error))
            return None
        if not 1 <= minutes <= LONGEST_DURATION:
            self._cells.refuse(
                Field.DURATION, f"is {minutes} minutes, which cannot be right; 1 to {LONGEST_DURATION} can be"
            )
            return None
        return minutes

    def _end_after(self, starts_at: datetime, minutes: int) -> datetime | None:
        header = self._cells.header(Field.DURATION)
        try:
            end = end_after(starts_at, minutes, self._zones.here, header)
        except ValueError as error:
            self._cells.refuse(Field.DURATION, str(error).removeprefix(f"{header}: "))
            return None
        # A day of a DURATION is a day of the calendar, which has 23 or 25 hours when the clock is set.
        if minutes >= _DAY and end.replace(tzinfo=None) - starts_at.replace(tzinfo=None) != timedelta(minutes=minutes):
            self._cells.refuse(
                Field.DURATION, "goes over a change of the clock, so that its days could mean two things; write DTEND"
            )
            return None
        return end


_ENDS = (Field.ENDS_AT, Field.DURATION)
_DAY = 24 * 60
