"""The one way in: a file of any format, for any operation that is done row by row."""

import re
from collections.abc import Callable, Collection, Mapping
from datetime import time
from pathlib import Path
from typing import Literal, TypeAlias, TypeVar, Unpack, overload
from zoneinfo import ZoneInfo

import attrs

from mijnklantportaal_async.files.appointments import rows as appointment_rows
from mijnklantportaal_async.files.appointments import vocabulary as appointment_words
from mijnklantportaal_async.files.appointments.manner import manner_of
from mijnklantportaal_async.files.choices import Choices
from mijnklantportaal_async.files.customers import rows as customer_rows
from mijnklantportaal_async.files.customers import vocabulary as customer_words
from mijnklantportaal_async.files.decoding import decode, is_workbook
from mijnklantportaal_async.files.meaning import may_be_off_by_title
from mijnklantportaal_async.files.notes import equal_rows, lines_in_words
from mijnklantportaal_async.files.printable import printable
from mijnklantportaal_async.files.records import LeftOut, Problem, Record, Row, RowFile, RowFileError, Table
from mijnklantportaal_async.files.tables.columns import Columns, FieldT, Vocabulary
from mijnklantportaal_async.files.tables.csv_table import read_csv
from mijnklantportaal_async.files.tables.json_table import read_json
from mijnklantportaal_async.files.tables.workbook import read_workbook
from mijnklantportaal_async.models.appointments import NewAppointment
from mijnklantportaal_async.models.customers import NewCustomer

RowOperation: TypeAlias = Literal["schedule_appointment", "create_customer"]
"""What can be done with the rows of a file, by the name of its coroutine."""

AppointmentFile: TypeAlias = RowFile[NewAppointment]
"""A file of appointments that was read and checked as a whole."""

CustomerFile: TypeAlias = RowFile[NewCustomer]
"""A file of customers that was read and checked as a whole."""

CUSTOMER_PREFIX = "cst_"

# What a program writes for a letter that its encoding does not have: Andr?, Zo? de Vries.
_LOST_LETTER = re.compile(r"\b(?!\w*://)[A-Za-z]+\?[a-z]|\b[A-Z][a-z]+\? (?:de|van|den|der|te|ten|[A-Z])")

_CALENDAR_SUFFIXES = {".ics", ".ical", ".ifb", ".vcs"}
_CALENDAR_BEGINNING = b"BEGIN:VCALENDAR"
_JSON_SUFFIXES = {".jsonl", ".ndjson", ".json"}
_SAVE_A_CALENDAR = "Export it again from the calendar program, as iCalendar (.ics) in UTF-8."
# Some programs fold a line in the middle of a character; its other half belongs before the fold.
_CUT_CHARACTER = re.compile(rb"(?P<fold>\r?\n[ \t])(?P<half>[\x80-\xbf]+)")

RequestT = TypeVar("RequestT")


@overload
def read_rows(
    path: Path, *, operation: Literal["schedule_appointment"], timezone: ZoneInfo, **choices: Unpack[Choices]
) -> AppointmentFile: ...
@overload
def read_rows(
    path: Path, *, operation: Literal["create_customer"], timezone: ZoneInfo, **choices: Unpack[Choices]
) -> CustomerFile: ...
@overload
def read_rows(
    path: Path, *, operation: RowOperation, timezone: ZoneInfo, **choices: Unpack[Choices]
) -> RowFile[NewAppointment | NewCustomer]: ...


def read_rows(
    path: Path, *, operation: RowOperation, timezone: ZoneInfo, **choices: Unpack[Choices]
) -> AppointmentFile | CustomerFile | RowFile[NewAppointment | NewCustomer]:
    """Reads a file of requests and checks all of it, before anything is sent.

    Args:
        path: A CSV file, a workbook (`.xlsx`, `.ods`), JSON, or for appointments a calendar (`.ics`).
        operation: What its rows are for.
        timezone: The portal's zone, in which times without an offset are meant.
        **choices: What a person says about it, where it does not say so itself: `Choices`.

    Returns:
        The good rows, every problem of the others, and what the file itself says is none.

    Raises:
        FileQuestionError: The file can be read in several ways; its question says which of the choices decides.
        RowFileError: No row of the file can be trusted; the message says why and what to do.
        ValueError: There is no such operation.
    """
    return parse_rows(read_bytes(path), path=path, operation=operation, timezone=timezone, **choices)


def parse_rows(
    data: bytes, *, path: Path, operation: RowOperation, timezone: ZoneInfo, **choices: Unpack[Choices]
) -> AppointmentFile | CustomerFile:
    """As `read_rows`, of bytes that were read already; `path` only tells the format.

    Raises:
        FileQuestionError: The file can be read in several ways.
        RowFileError: No row of the file can be trusted.
        ValueError: There is no such operation.
    """
    match operation:
        case "schedule_appointment":
            return parse_appointments(data, path=path, zone=timezone, **choices)
        case "create_customer":
            return parse_customers(data, path=path, **choices)
        case _:
            raise ValueError(f"operation={operation!r}: give 'schedule_appointment' or 'create_customer'")


def read_appointment_file(path: Path, *, zone: ZoneInfo, **choices: Unpack[Choices]) -> AppointmentFile:
    """Reads a file of appointments: `read_rows` for `schedule_appointment`.

    Args:
        path: A CSV file, a workbook (`.xlsx`, `.ods`), JSON or a calendar (`.ics`).
        zone: The portal's zone, in which times without an offset are meant.
        **choices: What a person says about it, where it does not say so itself: `Choices`.

    Raises:
        FileQuestionError: The file can be read in several ways.
        RowFileError: No row of the file can be trusted; the message says why and what to do.
    """
    return parse_appointments(read_bytes(path), path=path, zone=zone, **choices)


def read_customer_file(path: Path, **choices: Unpack[Choices]) -> CustomerFile:
    """Reads a file of customers: `read_rows` for `create_customer`.

    Args:
        path: A CSV file, a workbook (`.xlsx`, `.ods`), or JSON.
        **choices: What a person says about it, where it does not say so itself: `Choices`.

    Raises:
        FileQuestionError: The file can be read in several ways.
        RowFileError: No row of the file can be trusted; the message says why and what to do.
    """
    return parse_customers(read_bytes(path), path=path, **choices)


def parse_appointments(data: bytes, *, path: Path, zone: ZoneInfo, **choices: Unpack[Choices]) -> AppointmentFile:
    """As `read_appointment_file`, of bytes that were read already; `path` only tells the format.

    Raises:
        FileQuestionError: The file can be read in several ways.
        RowFileError: No row of the file can be trusted.
    """
    if not is_workbook(data) and _is_calendar(data, path):
        file = _parse_calendar(data, path, zone, choices)
    else:

        def rows_in(
            table: Table, columns: Columns[appointment_words.Field]
        ) -> Callable[[Record], Row[NewAppointment] | LeftOut | tuple[Problem, ...]]:
            manner = manner_of(table, columns, zone, choices)
            return lambda record: appointment_rows.read_row(record, manner)

        file = _rows_of_table(
            data, path, choices, appointment_words.VOCABULARY, appointment_words.match_columns, rows_in
        )
    notes = (*file.notes, *equal_rows(file.rows, "appointment", "scheduled"), *_doubtful(file.rows))
    return attrs.evolve(file, notes=notes)


def parse_customers(data: bytes, *, path: Path, **choices: Unpack[Choices]) -> CustomerFile:
    """As `read_customer_file`, of bytes that were read already; `path` only tells the format.

    Raises:
        FileQuestionError: The file can be read in several ways.
        RowFileError: No row of the file can be trusted.
    """
    if data.removeprefix(b"\xef\xbb\xbf").lstrip()[:15].upper() == _CALENDAR_BEGINNING:
        raise RowFileError("This is a calendar, which has no customers. Write them into a CSV file.")
    file = _rows_of_table(
        data,
        path,
        choices,
        customer_words.VOCABULARY,
        customer_words.match_columns,
        lambda _, columns: lambda record: customer_rows.read_row(record, columns),
    )
    return attrs.evolve(file, notes=(*file.notes, *equal_rows(file.rows, "customer", "created")))


def read_bytes(path: Path) -> bytes:
    """A file from the disk.

    Raises:
        RowFileError: It cannot be read.
    """
    try:
        return path.read_bytes()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise RowFileError(f"{printable(str(path))} cannot be read: {reason}.") from error


# --- inside ----------------------------------------------------------------------------------------------------


def _rows_of_table(
    data: bytes,
    path: Path,
    choices: Choices,
    vocabulary: Vocabulary[FieldT],
    match_columns: Callable[[Table, Choices], Columns[FieldT]],
    rows_in: Callable[[Table, Columns[FieldT]], Callable[[Record], Row[RequestT] | LeftOut | tuple[Problem, ...]]],
) -> RowFile[RequestT]:
    wanted: Mapping[str, str] = choices.get("columns", {})
    encoding = "utf-8"
    letters: tuple[str, ...] = ()
    if is_workbook(data):
        table = read_workbook(data, vocabulary, wanted, choices)
    else:
        text, encoding, letters = decode(data, choices)
        is_json = path.suffix.lower() in _JSON_SUFFIXES or text.lstrip().startswith("{")
        table = read_json(text, vocabulary) if is_json else read_csv(text, vocabulary, wanted)
    columns = match_columns(table, choices)
    if columns.errors:
        raise RowFileError(*columns.errors)
    read_row = rows_in(table, columns)
    rows: list[Row[RequestT]] = []
    problems = list(table.problems)
    left_out = list(table.left_out)
    for record in table.records:
        found = read_row(record)
        if isinstance(found, Row):
            rows.append(found)
        elif isinstance(found, LeftOut):
            left_out.append(found)
        else:
            problems.extend(found)
    return RowFile(
        path=path,
        rows=tuple(rows),
        problems=tuple(sorted(problems, key=lambda problem: problem.line)),
        left_out=tuple(sorted(left_out, key=lambda one: one.line)),
        unused=columns.unused,
        notes=(*letters, *columns.notes, *table.notes),
        columns=columns.taken,
        separator=table.separator,
        encoding=encoding,
    )


def _is_calendar(data: bytes, path: Path) -> bool:
    beginning = data[:200].removeprefix(b"\xef\xbb\xbf").lstrip().upper()
    return path.suffix.lower() in _CALENDAR_SUFFIXES or beginning.startswith(_CALENDAR_BEGINNING)


def _parse_calendar(data: bytes, path: Path, zone: ZoneInfo, choices: Choices) -> AppointmentFile:
    try:
        # Only here: who has no calendars needs no library for them.
        from mijnklantportaal_async.files.calendars.read_calendar import read_calendar
    except ImportError as error:
        if error.name is None or error.name.partition(".")[0] not in {"icalendar", "recurring_ical_events"}:
            raise
        raise RowFileError(
            'Calendars are read with the package icalendar: pip install "mijnklantportaal-async[files]"'
        ) from error
    if choices.get("columns"):
        raise RowFileError("A calendar has properties with fixed names and no columns: leave --column out.")
    if choices.get("encoding") is None:
        data = _CUT_CHARACTER.sub(rb"\g<half>\g<fold>", data)
    text, encoding, letters = decode(data, choices, _SAVE_A_CALENDAR)
    return read_calendar(text, path=path, encoding=encoding, zone=zone, choices=choices, notes=letters)


def _doubtful(rows: Collection[Row[NewAppointment]]) -> list[str]:
    """What a person should look at, although it can be right."""
    found = _strange_customers(rows)
    if off := [row.line for row in rows if may_be_off_by_title(row.new.name)]:
        found.append(f"Lines {lines_in_words(off)}: the title has a word such as 'canceled'; do they take place?")
    if lost := [row.line for row in rows if _LOST_LETTER.search(f"{row.new.name} {row.new.attendee_name or ''}")]:
        found.append(f"Lines {lines_in_words(lost)}: a question mark inside of a word; was that another letter?")
    if whole := [row.line for row in rows if _fills_days(row.new)]:
        found.append(f"Lines {lines_in_words(whole)} last from midnight to midnight; are they all day?")
    return found


def _fills_days(new: NewAppointment) -> bool:
    starts, ends = new.starts_at.time(), new.ends_at.time()
    return starts == time() and ends in {time(), time(23, 59)}


def _strange_customers(rows: Collection[Row[NewAppointment]]) -> list[str]:
    strange = [row for row in rows if row.new.customer_id and not row.new.customer_id.startswith(CUSTOMER_PREFIX)]
    if not strange:
        return []
    return [
        f"Lines {lines_in_words([row.line for row in strange])}: ids of the portal's customers begin with "
        f"{CUSTOMER_PREFIX}, and {strange[0].new.customer_id!r} does not; the portal will probably refuse them."
    ]
