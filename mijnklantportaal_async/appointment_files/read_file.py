"""Reads a file of appointments and checks all of it before anybody uses a row."""

import re
from collections.abc import Collection, Mapping
from pathlib import Path
from zoneinfo import ZoneInfo

import attrs

from mijnklantportaal_async.appointment_files.columns import VOCABULARY, match_columns
from mijnklantportaal_async.appointment_files.records import AppointmentFile
from mijnklantportaal_async.appointment_files.rows import read_row
from mijnklantportaal_async.models.appointments import NewAppointment
from mijnklantportaal_async.tables.decoding import decode
from mijnklantportaal_async.tables.notes import equal_rows, lines_in_words
from mijnklantportaal_async.tables.read_table import read_bytes, rows_of_table
from mijnklantportaal_async.tables.records import Row, RowFileError

CUSTOMER_PREFIX = "cst_"

_CALENDAR_SUFFIXES = {".ics", ".ical"}
_CALENDAR_BEGINNING = b"BEGIN:VCALENDAR"
_SAVE_A_CALENDAR = "Export it again from the calendar program, as iCalendar (.ics) in UTF-8."

# Some programs fold a line in the middle of a character; its other half belongs before the fold.
_CUT_CHARACTER = re.compile(rb"(?P<fold>\r?\n[ \t])(?P<half>[\x80-\xbf]+)")


def read_appointment_file(
    path: Path,
    *,
    zone: ZoneInfo,
    columns: Mapping[str, str] | None = None,
    ignored: Collection[str] = (),
    encoding: str | None = None,
) -> AppointmentFile:
    """Reads a file of appointments.

    Args:
        path: A CSV file, JSON Lines (`.jsonl`, `.ndjson`, `.json`) or a calendar (`.ics`).
        zone: The portal's zone, in which times without an offset are meant.
        columns: Field -> header, for headers that are not understood by themselves.
        ignored: Headers to leave alone.
        encoding: Such as `cp1252`; UTF-8 when left out.

    Returns:
        The good rows, and every problem of the others.

    Raises:
        RowFileError: No row of the file can be trusted; the message says why and what to do.
    """
    data = read_bytes(path)
    return parse_appointments(data, path=path, zone=zone, columns=columns, ignored=ignored, encoding=encoding)


def parse_appointments(
    data: bytes,
    *,
    path: Path,
    zone: ZoneInfo,
    columns: Mapping[str, str] | None = None,
    ignored: Collection[str] = (),
    encoding: str | None = None,
) -> AppointmentFile:
    """As `read_appointment_file`, of bytes that were read already; `path` only tells the format.

    Raises:
        RowFileError: No row of the file can be trusted.
    """
    wanted = dict(columns or {})
    if _is_calendar(data, path):
        file = _parse_calendar(data, path, zone, wanted, ignored, encoding)
    else:
        text, used_encoding = decode(data, encoding)
        file = rows_of_table(
            text,
            path=path,
            encoding=used_encoding,
            vocabulary=VOCABULARY,
            wanted=wanted,
            match=lambda headers: match_columns(headers, wanted, ignored),
            read_row=lambda record, headers: read_row(record, headers, zone),
        )
    notes = (*file.notes, *equal_rows(file.rows, "appointment", "scheduled"), *_strange_customers(file.rows))
    return attrs.evolve(file, notes=notes)


# --- inside ----------------------------------------------------------------------------------------------------


def _is_calendar(data: bytes, path: Path) -> bool:
    beginning = data[:200].removeprefix(b"\xef\xbb\xbf").lstrip().upper()
    return path.suffix.lower() in _CALENDAR_SUFFIXES or beginning.startswith(_CALENDAR_BEGINNING)


def _parse_calendar(
    data: bytes, path: Path, zone: ZoneInfo, wanted: Mapping[str, str], ignored: Collection[str], encoding: str | None
) -> AppointmentFile:
    try:
        # Only here: who has no calendars needs no library for them.
        from mijnklantportaal_async.appointment_files.calendar_file import read_calendar
    except ImportError as error:
        if error.name is None or error.name.partition(".")[0] != "icalendar":
            raise
        raise RowFileError(
            'Calendars are read with the package icalendar: pip install "mijnklantportaal-async[batch]"'
        ) from error
    if wanted:
        raise RowFileError("A calendar has properties with fixed names and no columns: leave --column out.")
    if encoding is None:
        data = _CUT_CHARACTER.sub(rb"\g<half>\g<fold>", data)
    text, used_encoding = decode(data, encoding, _SAVE_A_CALENDAR)
    return read_calendar(text, path=path, encoding=used_encoding, zone=zone, ignored=ignored)


def _strange_customers(rows: Collection[Row[NewAppointment]]) -> list[str]:
    strange = [row for row in rows if row.new.customer_id and not row.new.customer_id.startswith(CUSTOMER_PREFIX)]
    if not strange:
        return []
    return [
        f"Lines {lines_in_words([row.line for row in strange])}: ids of the portal's customers begin with "
        f"{CUSTOMER_PREFIX}, and {strange[0].new.customer_id!r} does not; the portal will probably refuse them."
    ]
