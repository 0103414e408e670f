"""From the cells of one line to an appointment, or to what is wrong with each cell."""

from collections.abc import Mapping
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from mijnklantportaal_async.api.appointment_models import NewAppointment
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
from mijnklantportaal_async.appointment_files.printable import printable, shown_value
from mijnklantportaal_async.appointment_files.records import Problem, Record, Row
from mijnklantportaal_async.values.checks import check_email, check_identifier, check_text
from mijnklantportaal_async.values.local_time import is_after, is_same_instant

_TEXT_CHECKS = {
    Field.NAME: check_text,
    Field.CUSTOMER_ID: check_identifier,
    Field.ATTENDEE_NAME: check_text,
    Field.ATTENDEE_EMAIL: check_email,
}


def read_row(record: Record, headers: Mapping[Field, str], zone: ZoneInfo) -> Row | tuple[Problem, ...]:
    """An appointment from one line.

    Args:
        record: The line's cells.
        headers: Which column holds which field.
        zone: The portal's zone.

    Returns:
        The row, or every problem that it has.
    """
    reader = _RowReader(record, headers, zone)
    new = reader.read()
    return tuple(reader.problems) if new is None else Row(line=record.line, new=new)


class _RowReader:
    def __init__(self, record: Record, headers: Mapping[Field, str], zone: ZoneInfo) -> None:
        self.problems: list[Problem] = []
        self._line = record.line
        self._headers = headers
        self._zone = zone
        self._cells = {
            field: text for field, header in headers.items() if (text := _trimmed(record.cells.get(header, "")))
        }

    def read(self) -> NewAppointment | None:
        texts = {field: self._text(field) for field in _TEXT_CHECKS}
        if Field.NAME not in self._cells:
            self._refuse(Field.NAME, "is empty; give the appointment a title")
        self._require_person()
        starts_at = self._start()
        ends_at = None if starts_at is None else self._end(starts_at)
        if starts_at is None:
            self._check_end_alone()
        if self.problems or starts_at is None or ends_at is None:
            return None
        try:
            return NewAppointment(
                name=texts[Field.NAME] or "",
                starts_at=starts_at,
                ends_at=ends_at,
                customer_id=texts[Field.CUSTOMER_ID],
                attendee_name=texts[Field.ATTENDEE_NAME],
                attendee_email=texts[Field.ATTENDEE_EMAIL],
            )
        except (TypeError, ValueError) as error:
            self.problems.append(Problem(line=self._line, message=printable(str(error))))
            return None

    # --- who ---------------------------------------------------------------------------------------------------

    def _text(self, field: Field) -> str | None:
        text = self._cells.get(field)
        if text is None:
            return None
        header = self._headers[field]
        try:
            return _TEXT_CHECKS[field](text, header)
        except ValueError as error:
            # The cell stands in a column of its own: the message need not repeat it.
            message = str(error).removeprefix(f"{header}={text!r} ").removeprefix(f"{header} ")
            self._refuse(field, message)
            return None

    def _require_person(self) -> None:
        if Field.CUSTOMER_ID in self._cells:
            return
        missing = [field for field in (Field.ATTENDEE_NAME, Field.ATTENDEE_EMAIL) if field not in self._cells]
        if not missing:
            return
        names = [shown_value(self._headers.get(field, field)) for field in missing]
        customer = shown_value(self._headers.get(Field.CUSTOMER_ID, Field.CUSTOMER_ID))
        message = f"nobody to meet: fill in {customer}, or {' and '.join(names)}"
        if len(missing) == 1:
            message = f"is empty; fill it in, or {customer} instead"
        self._refuse(missing[0] if len(missing) == 1 else None, message)

    # --- when --------------------------------------------------------------------------------------------------

    def _start(self) -> datetime | None:
        day, parts = self._day(Field.DATE), self._parts(Field.STARTS_AT)
        if Field.STARTS_AT not in self._cells:
            self._refuse(Field.STARTS_AT, f"is empty; write the start, as in {TIME_FORMS}")
            return None
        if parts is None:
            return None
        if parts.time is None:
            self._refuse(Field.STARTS_AT, f"has no time; write it after the date, as in 2027-03-25 {TIME_FORMS}")
            return None
        if parts.date is None and day is None:
            if Field.DATE not in self._cells:
                where = f"fill in {shown_value(self._headers[Field.DATE])}, or " if Field.DATE in self._headers else ""
                self._refuse(Field.STARTS_AT, f"has no date; {where}write it before the time: {DATE_FORMS}")
            return None
        if parts.date is not None and day is not None and parts.date != day:
            self._refuse(
                Field.STARTS_AT, f"has another date than {shown_value(self._cells[Field.DATE])!r}; correct one"
            )
            return None
        return self._moment(Field.STARTS_AT, parts.date or day, parts.time)

    def _end(self, starts_at: datetime) -> datetime | None:
        before = len(self.problems)
        written = self._written_end(starts_at.date()) if Field.ENDS_AT in self._cells else None
        lasting = self._end_by_duration(starts_at) if Field.DURATION in self._cells else None
        if len(self.problems) > before:
            return None
        if written is None and lasting is None:
            field = Field.ENDS_AT if Field.ENDS_AT in self._headers else Field.DURATION
            example = TIME_FORMS if field is Field.ENDS_AT else "45"
            self._refuse(field, f"is empty; write the end or the duration, as in {example}")
        elif written is not None and not is_after(written, starts_at):
            self._refuse(
                Field.ENDS_AT,
                f"must lie after the start, {starts_at:%Y-%m-%d %H:%M}; are the two swapped, or does it end on the "
                "next day? Then write its date too",
            )
            return None
        elif written is not None and lasting is not None and not is_same_instant(written, lasting):
            self._refuse(Field.DURATION, f"does not fit the end, {written:%Y-%m-%d %H:%M}; correct one of the two")
            return None
        return written or lasting

    def _written_end(self, start_day: date) -> datetime | None:
        day, parts = self._day(Field.END_DATE), self._parts(Field.ENDS_AT)
        if parts is None:
            return None
        if parts.time is None:
            self._refuse(Field.ENDS_AT, f"has no time; write it after the date, as in 2027-03-25 {TIME_FORMS}")
            return None
        if parts.date is not None and day is not None and parts.date != day:
            self._refuse(
                Field.ENDS_AT, f"has another date than {shown_value(self._cells[Field.END_DATE])!r}; correct one"
            )
            return None
        return self._moment(Field.ENDS_AT, parts.date or day or start_day, parts.time)

    def _end_by_duration(self, starts_at: datetime) -> datetime | None:
        try:
            minutes = read_minutes(self._cells[Field.DURATION])
            return end_after(starts_at, minutes, self._zone, shown_value(self._headers[Field.DURATION]))
        except ValueError as error:
            self._refuse(Field.DURATION, str(error))
            return None

    def _check_end_alone(self) -> None:
        """The start is of no use: what can be said of the end is said all the same."""
        self._parts(Field.END_DATE)
        self._parts(Field.ENDS_AT)
        if (text := self._cells.get(Field.DURATION)) is not None:
            try:
                read_minutes(text)
            except MomentError as error:
                self._refuse(Field.DURATION, str(error))

    def _parts(self, field: Field) -> MomentParts | None:
        text = self._cells.get(field)
        if text is None:
            return None
        try:
            return read_parts(text)
        except MomentError as error:
            message = str(error).removeprefix(f"{shown_value(text)!r} ")
            self._refuse(field, message, spoils_file=isinstance(error, MonthFirstError))
            return None

    def _day(self, field: Field) -> date | None:
        """The date of a column of dates. Some programs write 00:00 behind every date."""
        parts = self._parts(field)
        if parts is None:
            return None
        if parts.date is None:
            self._refuse(field, f"is a time, not a date; write {DATE_FORMS}")
        elif parts.time is not None and parts.time.replace(tzinfo=None) != time():
            self._refuse(field, f"has a time too; write the date alone: {DATE_FORMS}")
            return None
        return parts.date

    def _moment(self, field: Field, day: date | None, at: time) -> datetime | None:
        if day is None:
            return None
        header = shown_value(self._headers[field])
        try:
            return moment_of(day, at, self._zone, header)
        except ValueError as error:
            self._refuse(field, str(error).removeprefix(f"{header}: "))
            return None

    def _refuse(self, field: Field | None, message: str, *, spoils_file: bool = False) -> None:
        self.problems.append(
            Problem(
                line=self._line,
                column=shown_value(self._headers.get(field, "")) if field else "",
                value=shown_value(self._cells.get(field, "")) if field else "",
                message=printable(message),
                spoils_file=spoils_file,
            )
        )


def _trimmed(text: str) -> str:
    """Without the spaces around it; a no-break space is a space that a word processor made."""
    return text.replace("\xa0", " ").strip()
