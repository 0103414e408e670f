"""From one event of an iCalendar file to an appointment, or to what is wrong with it."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from mijnklantportaal_async.appointment_files.calendar_event import PROPERTIES, Event
from mijnklantportaal_async.appointment_files.calendar_values import Zones, minutes_of, moment_of
from mijnklantportaal_async.appointment_files.columns import Field
from mijnklantportaal_async.appointment_files.moments import LONGEST_DURATION, end_after
from mijnklantportaal_async.appointment_files.person import appointment_of, read_texts
from mijnklantportaal_async.models.appointments import NewAppointment
from mijnklantportaal_async.tables.cells import Cells
from mijnklantportaal_async.tables.records import Problem, Row
from mijnklantportaal_async.values.local_time import is_after, is_same_instant

_REPEATED = (
    "repeats (RRULE or RDATE), and nothing is repeated here: each appointment must be an event of its own. Make single "
    "events of it in the calendar program, or write the dates into a CSV file"
)


def read_event(
    event: Event, headers: Mapping[Field, str], zones: Zones, zone: ZoneInfo
) -> Row[NewAppointment] | tuple[Problem, ...]:
    """An appointment from one event.

    Args:
        event: The event.
        headers: Which property holds which field.
        zones: The time zones of its calendar.
        zone: The portal's zone.

    Returns:
        The row, or every problem that it has.
    """
    record = event.as_record()
    cells = Cells(record, headers)
    for complaint in event.complaints:
        cells.refuse(None, complaint)
    if event.is_repeated:
        cells.refuse(None, _REPEATED)
    texts = read_texts(cells)
    times = _TimeReader(cells, event, zones, zone)
    starts_at = times.moment(Field.STARTS_AT)
    ends_at = times.end(starts_at)
    new = None if starts_at is None or ends_at is None else appointment_of(cells, texts, starts_at, ends_at)
    if new is None:
        return tuple(cells.problems)
    return Row(line=record.line, new=new, portal=texts[Field.PORTAL], event=record.event)


class _TimeReader:
    """The start and the end of an event; what is wrong with them is kept in its cells."""

    def __init__(self, cells: Cells[Field], event: Event, zones: Zones, zone: ZoneInfo) -> None:
        self._cells = cells
        self._event = event
        self._zones = zones
        self._zone = zone

    def moment(self, field: Field) -> datetime | None:
        found = self._event.properties.get(PROPERTIES[field])
        if found is None:
            self._cells.refuse(field, "is missing; give the event a start and an end in the calendar program")
            return None
        try:
            return moment_of(found, self._zones, self._zone)
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
            end = end_after(starts_at, minutes, self._zone, header)
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
