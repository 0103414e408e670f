"""From the cells of one line to an appointment, or to what is wrong with each cell."""

from collections.abc import Mapping
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from mijnklantportaal_async.appointment_files.columns import Field
from mijnklantportaal_async.appointment_files.moments import (
    DATE_FORMS,
    TIME_FORMS,
    MomentError,
    MomentParts,
    MonthFirstError,
    end_after,
    moment_of,
    read_minutes,
    read_parts,
)
from mijnklantportaal_async.appointment_files.person import appointment_of, read_texts
from mijnklantportaal_async.models.appointments import NewAppointment
from mijnklantportaal_async.tables.cells import Cells
from mijnklantportaal_async.tables.printable import shown_value
from mijnklantportaal_async.tables.records import Problem, Record, Row
from mijnklantportaal_async.values.local_time import is_after, is_same_instant


def read_row(record: Record, headers: Mapping[Field, str], zone: ZoneInfo) -> Row[NewAppointment] | tuple[Problem, ...]:
    """An appointment from one line.

    Args:
        record: The line's cells.
        headers: Which column holds which field.
        zone: The portal's zone.

    Returns:
        The row, or every problem that it has.
    """
    cells = Cells(record, headers)
    texts = read_texts(cells)
    times = _TimeReader(cells, zone)
    starts_at = times.start()
    ends_at = None if starts_at is None else times.end(starts_at)
    if starts_at is None:
        times.check_end_alone()
    new = None if starts_at is None or ends_at is None else appointment_of(cells, texts, starts_at, ends_at)
    return tuple(cells.problems) if new is None else Row(line=record.line, new=new, portal=texts[Field.PORTAL])


class _TimeReader:
    """The start and the end, written in one of the many ways."""

    def __init__(self, cells: Cells[Field], zone: ZoneInfo) -> None:
        self._cells = cells
        self._zone = zone

    def start(self) -> datetime | None:
        day, parts = self._day(Field.DATE), self._parts(Field.STARTS_AT)
        if Field.STARTS_AT not in self._cells:
            self._cells.refuse(Field.STARTS_AT, f"is empty; write the start, as in {TIME_FORMS}")
            return None
        if parts is None:
            return None
        if parts.time is None:
            self._cells.refuse(Field.STARTS_AT, f"has no time; write it after the date, as in 2027-03-25 {TIME_FORMS}")
            return None
        if parts.date is None and day is None:
            if Field.DATE not in self._cells:
                where = f"fill in {self._cells.header(Field.DATE)}, or " if self._cells.has_column(Field.DATE) else ""
                self._cells.refuse(Field.STARTS_AT, f"has no date; {where}write it before the time: {DATE_FORMS}")
            return None
        if parts.date is not None and day is not None and parts.date != day:
            self._cells.refuse(
                Field.STARTS_AT,
                f"has another date than {shown_value(self._cells.get(Field.DATE) or '')!r}; correct one",
            )
            return None
        return self._moment(Field.STARTS_AT, parts.date or day, parts.time)

    def end(self, starts_at: datetime) -> datetime | None:
        before = len(self._cells.problems)
        written = self._written_end(starts_at.date()) if Field.ENDS_AT in self._cells else None
        lasting = self._end_by_duration(starts_at) if Field.DURATION in self._cells else None
        if len(self._cells.problems) > before:
            return None
        if written is None and lasting is None:
            field = Field.ENDS_AT if self._cells.has_column(Field.ENDS_AT) else Field.DURATION
            example = TIME_FORMS if field is Field.ENDS_AT else "45"
            self._cells.refuse(field, f"is empty; write the end or the duration, as in {example}")
        elif written is not None and not is_after(written, starts_at):
            self._cells.refuse(
                Field.ENDS_AT,
                f"must lie after the start, {starts_at:%Y-%m-%d %H:%M}; are the two swapped, or does it end on the "
                "next day? Then write its date too",
            )
            return None
        elif written is not None and lasting is not None and not is_same_instant(written, lasting):
            self._cells.refuse(
                Field.DURATION, f"does not fit the end, {written:%Y-%m-%d %H:%M}; correct one of the two"
            )
            return None
        return written or lasting

    def _written_end(self, start_day: date) -> datetime | None:
        day, parts = self._day(Field.END_DATE), self._parts(Field.ENDS_AT)
        if parts is None:
            return None
        if parts.time is None:
            self._cells.refuse(Field.ENDS_AT, f"has no time; write it after the date, as in 2027-03-25 {TIME_FORMS}")
            return None
        if parts.date is not None and day is not None and parts.date != day:
            self._cells.refuse(
                Field.ENDS_AT,
                f"has another date than {shown_value(self._cells.get(Field.END_DATE) or '')!r}; correct one",
            )
            return None
        return self._moment(Field.ENDS_AT, parts.date or day or start_day, parts.time)

    def _end_by_duration(self, starts_at: datetime) -> datetime | None:
        try:
            minutes = read_minutes(self._cells.get(Field.DURATION) or "")
            return end_after(starts_at, minutes, self._zone, self._cells.header(Field.DURATION))
        except ValueError as error:
            self._cells.refuse(Field.DURATION, str(error))
            return None

    def check_end_alone(self) -> None:
        """The start is of no use: what can be said of the end is said all the same."""
        self._parts(Field.END_DATE)
        self._parts(Field.ENDS_AT)
        if (text := self._cells.get(Field.DURATION)) is not None:
            try:
                read_minutes(text)
            except MomentError as error:
                self._cells.refuse(Field.DURATION, str(error))

    def _parts(self, field: Field) -> MomentParts | None:
        text = self._cells.get(field)
        if text is None:
            return None
        try:
            return read_parts(text)
        except MomentError as error:
            message = str(error).removeprefix(f"{shown_value(text)!r} ")
            self._cells.refuse(field, message, spoils_file=isinstance(error, MonthFirstError))
            return None

    def _day(self, field: Field) -> date | None:
        """The date of a column of dates. Some programs write 00:00 behind every date."""
        parts = self._parts(field)
        if parts is None:
            return None
        if parts.date is None:
            self._cells.refuse(field, f"is a time, not a date; write {DATE_FORMS}")
        elif parts.time is not None and parts.time.replace(tzinfo=None) != time():
            self._cells.refuse(field, f"has a time too; write the date alone: {DATE_FORMS}")
            return None
        return parts.date

    def _moment(self, field: Field, day: date | None, at: time) -> datetime | None:
        if day is None:
            return None
        header = self._cells.header(field)
        try:
            return moment_of(day, at, self._zone, header)
        except ValueError as error:
            self._cells.refuse(field, str(error).removeprefix(f"{header}: "))
            return None
