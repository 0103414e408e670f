"""From the cells of one line to an appointment, to why it is none, or to what is wrong with each cell."""

from datetime import date, datetime, time

from mijnklantportaal_async.files.appointments.manner import Manner
from mijnklantportaal_async.files.appointments.person import appointment_of, read_texts
from mijnklantportaal_async.files.appointments.standing import standing_of
from mijnklantportaal_async.files.appointments.vocabulary import Field
from mijnklantportaal_async.files.cells import Cells
from mijnklantportaal_async.files.cleaning import cleaned
from mijnklantportaal_async.files.dates import DATE_FORMS
from mijnklantportaal_async.files.durations import read_minutes
from mijnklantportaal_async.files.headers import words_of
from mijnklantportaal_async.files.meaning import Meaning
from mijnklantportaal_async.files.moment_errors import MomentError, MonthFirstError
from mijnklantportaal_async.files.moments import MomentParts, end_after, moment_of, parts_of_cell
from mijnklantportaal_async.files.printable import shown_value
from mijnklantportaal_async.files.records import LeftOut, Problem, Record, Row
from mijnklantportaal_async.files.times import TIME_FORMS
from mijnklantportaal_async.files.words import says_nothing
from mijnklantportaal_async.files.zones import ZoneError, moment_in
from mijnklantportaal_async.models.appointments import NewAppointment
from mijnklantportaal_async.values.local_time import is_after, is_same_instant

_ENDS = {"end", "ends", "einde", "eind", "eindigt", "tot"}
# The zone of a person: in some exports the times are meant in it, in others it is only told.
_PEOPLE = {"invitee", "client", "klant", "customer", "attendee", "guest", "gast", "patient", "contact", "deelnemer"}


def read_row(record: Record, manner: Manner) -> Row[NewAppointment] | LeftOut | tuple[Problem, ...]:
    """An appointment from one line.

    Args:
        record: The line's cells.
        manner: How the rows of the file are meant.

    Returns:
        The row, why it is none, or every problem that it has.
    """
    cells = Cells(record, manner.headers, literal=(Field.NAME,))
    reason, refused = standing_of(record, manner, cells)
    if reason:
        return LeftOut(line=record.line, title=shown_value(cells.get(Field.NAME) or ""), reason=reason)
    for header, message in refused:
        cells.refuse_column(header, message)
    texts = read_texts(cells)
    times = _TimeReader(cells, record, manner)
    starts_at = times.start()
    ends_at = None if starts_at is None else times.end(starts_at)
    if starts_at is None:
        times.check_end_alone()
    new = None if starts_at is None or ends_at is None else appointment_of(cells, texts, starts_at, ends_at)
    if new is None:
        return tuple(cells.problems)
    return Row(line=record.line, new=new, portal=texts[Field.PORTAL], zone=times.zone_shown)


class _TimeReader:
    """The start and the end, written in one of the many ways."""

    def __init__(self, cells: Cells[Field], record: Record, manner: Manner) -> None:
        self._cells = cells
        self._record = record
        self._manner = manner
        self._until: time | None = None
        self.zone_shown = ""
        """The zone that the start was written in; empty for the portal's."""

    def start(self) -> datetime | None:
        parts = self._parts(Field.STARTS_AT)
        day = self._day(Field.DATE, parts)
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
            header = self._cells.header(Field.DATE)
            self._cells.refuse(
                Field.STARTS_AT,
                f"has another date than {shown_value(self._cells.get(Field.DATE) or '')!r} in {header}; correct one, "
                f"or say --ignore-column {header!r} if that is the date of something else",
            )
            return None
        self._until = parts.until
        return self._moment(Field.STARTS_AT, parts.date or day, parts)

    def end(self, starts_at: datetime) -> datetime | None:
        before = len(self._cells.problems)
        ends = [
            self._written_end(starts_at.date()) if Field.ENDS_AT in self._cells else None,
            self._end_of_span(starts_at) if self._until is not None else None,
        ]
        lasting = self._end_by_duration(starts_at) if Field.DURATION in self._cells else None
        if len(self._cells.problems) > before:
            return None
        written = next((end for end in ends if end is not None), None)
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
        elif any(end is not None and written is not None and not is_same_instant(end, written) for end in ends):
            self._cells.refuse(
                Field.STARTS_AT, f"has another end than {self._cells.header(Field.ENDS_AT)}; correct one of the two"
            )
            return None
        elif written is not None and lasting is not None and not is_same_instant(written, lasting):
            self._cells.refuse(
                Field.DURATION, f"does not fit the end, {written:%Y-%m-%d %H:%M}; correct one of the two"
            )
            return None
        return written or lasting

    def check_end_alone(self) -> None:
        """The start is of no use: what can be said of the end is said all the same."""
        self._parts(Field.END_DATE)
        self._parts(Field.ENDS_AT)
        if (text := self._cells.get(Field.DURATION)) is not None:
            try:
                read_minutes(text, self._manner.unit)
            except MomentError as error:
                self._cells.refuse(Field.DURATION, str(error))

    # --- inside ------------------------------------------------------------------------------------------------

    def _written_end(self, start_day: date) -> datetime | None:
        parts = self._parts(Field.ENDS_AT)
        day = self._day(Field.END_DATE, parts)
        if parts is None:
            return None
        if parts.time is None or parts.until is not None:
            self._cells.refuse(Field.ENDS_AT, f"has no time; write it after the date, as in 2027-03-25 {TIME_FORMS}")
            return None
        if parts.date is not None and day is not None and parts.date != day:
            self._cells.refuse(
                Field.ENDS_AT,
                f"has another date than {shown_value(self._cells.get(Field.END_DATE) or '')!r}; correct one",
            )
            return None
        return self._moment(Field.ENDS_AT, parts.date or day or self._day_there(start_day), parts)

    def _day_there(self, start_day: date) -> date:
        """The day of the start as the file has it: in its own zone it may be another than in the portal's."""
        parts = self._parts(Field.STARTS_AT)
        day = self._day(Field.DATE, parts)
        written = (parts.date if parts is not None else None) or day
        has_zone = self.zone_shown and parts is not None and parts.time is not None and parts.time.tzinfo is None
        return written if written is not None and has_zone else start_day

    def _end_of_span(self, starts_at: datetime) -> datetime | None:
        parts = self._parts(Field.STARTS_AT)
        if parts is None or parts.until is None:
            return None
        end = MomentParts(date=None, time=parts.until, zone=parts.zone)
        return self._moment(Field.STARTS_AT, self._day_there(starts_at.date()), end)

    def _end_by_duration(self, starts_at: datetime) -> datetime | None:
        try:
            minutes = read_minutes(self._cells.get(Field.DURATION) or "", self._manner.unit)
            return end_after(starts_at, minutes, self._manner.zone, self._cells.header(Field.DURATION))
        except ValueError as error:
            self._cells.refuse(Field.DURATION, str(error))
            return None

    def _parts(self, field: Field) -> MomentParts | None:
        text = self._cells.get(field)
        if text is None:
            return None
        try:
            return parts_of_cell(text, self._manner.month_first)
        except MomentError as error:
            message = str(error).removeprefix(f"{shown_value(text)!r} ")
            self._cells.refuse(field, message, spoils_file=isinstance(error, MonthFirstError))
            return None

    def _day(self, field: Field, beside: MomentParts | None) -> date | None:
        """The date of a column of dates. Some programs write 00:00 behind every date, or the time once more."""
        parts = self._parts(field)
        if parts is None:
            return None
        if parts.date is None:
            self._cells.refuse(field, f"is a time, not a date; write {DATE_FORMS}")
            return None
        if parts.time is None or parts.time.replace(tzinfo=None) == time():
            return parts.date
        if parts.time.tzinfo is not None:
            # Midnight of the portal as a program in UTC writes it: 2027-03-04T23:00:00Z.
            local = datetime.combine(parts.date, parts.time).astimezone(self._manner.zone)
            if local.time() == time():
                return local.date()
        elif beside is not None and beside.date is None and beside.time == parts.time:
            return parts.date
        self._cells.refuse(field, f"has a time too; write the date alone: {DATE_FORMS}")
        return None

    def _moment(self, field: Field, day: date | None, parts: MomentParts) -> datetime | None:
        if day is None or parts.time is None:
            return None
        header = self._cells.header(field)
        column, name = ("", parts.zone) if parts.zone else self._zone_of(field)
        try:
            if parts.time.tzinfo is not None or not name:
                shown = f"{parts.time.tzinfo}" if parts.time.tzinfo is not None else ""
                moment = moment_of(day, parts.time, self._manner.zone, header)
            else:
                shown = name
                there = moment_in(day, parts.time, name, self._manner.zone)
                moment = moment_of(there.date(), there.timetz(), self._manner.zone, header)
                here = moment.replace(tzinfo=None)
                if not _PEOPLE.isdisjoint(words_of(column)) and here != datetime.combine(day, parts.time):
                    raise ZoneError(
                        f"may be meant in {shown_value(name)}, the zone of a person, or in the portal's; call that "
                        "column 'Time zone' if the times are meant in it"
                    )
        except ZoneError as error:
            way_out = (
                f"; or say --ignore-column {shown_value(column)!r} if its times are the portal's" if column else ""
            )
            self._cells.refuse(field, f"{error}{way_out}")
            return None
        except ValueError as error:
            self._cells.refuse(field, str(error).removeprefix(f"{header}: "))
            return None
        if field is Field.STARTS_AT and not self.zone_shown:
            self.zone_shown = shown
        return moment

    def _zone_of(self, field: Field) -> tuple[str, str]:
        """The zone of a time that names none: by its header, or by a column of zones, which is named too."""
        if (named := self._manner.zones.get(field)) is not None:
            return "", named
        found: dict[bool, tuple[str, str]] = {}
        for header, kind in self._manner.meanings.items():
            text = cleaned(self._record.cells.get(header, ""))
            if kind is Meaning.TIME_ZONE and text and not says_nothing(text):
                found.setdefault(not _ENDS.isdisjoint(words_of(header)), (header, text))
        return found.get(field is Field.ENDS_AT) or found.get(False) or ("", "")
