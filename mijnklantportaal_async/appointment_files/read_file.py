"""Reads a file of appointments and checks all of it before anybody uses a row."""

from collections.abc import Collection, Mapping
from pathlib import Path
from zoneinfo import ZoneInfo

from mijnklantportaal_async.api.appointment_models import NewAppointment
from mijnklantportaal_async.appointment_files.columns import match_columns
from mijnklantportaal_async.appointment_files.csv_table import read_csv
from mijnklantportaal_async.appointment_files.json_lines import read_json_lines
from mijnklantportaal_async.appointment_files.printable import printable, shown_value
from mijnklantportaal_async.appointment_files.records import AppointmentFile, AppointmentFileError, Row
from mijnklantportaal_async.appointment_files.rows import read_row

CUSTOMER_PREFIX = "cst_"

_JSON_SUFFIXES = {".jsonl", ".ndjson", ".json"}
_UTF_8_MARK = b"\xef\xbb\xbf"
_UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_OTHER_FORMATS = {
    b"PK\x03\x04": "an Excel or LibreOffice workbook (or another archive)",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"%PDF": "a PDF",
}
_HOW_TO_SAVE = "In Excel: File > Save As > 'CSV UTF-8'. In LibreOffice: File > Save As > 'Text CSV', Unicode (UTF-8)."


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
        path: A CSV file, or JSON Lines (`.jsonl`, `.ndjson`, `.json`).
        zone: The portal's zone, in which times without an offset are meant.
        columns: Field -> header, for headers that are not understood by themselves.
        ignored: Headers to leave alone.
        encoding: Such as `cp1252`; UTF-8 when left out.

    Returns:
        The good rows, and every problem of the others.

    Raises:
        AppointmentFileError: No row of the file can be trusted; the message says why and what to do.
    """
    try:
        data = path.read_bytes()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise AppointmentFileError(f"{printable(str(path))} cannot be read: {reason}.") from error
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
        AppointmentFileError: No row of the file can be trusted.
    """
    wanted = dict(columns or {})
    text, used_encoding = _decoded(data, encoding)
    is_json = path.suffix.lower() in _JSON_SUFFIXES or text.lstrip().startswith("{")
    table = read_json_lines(text) if is_json else read_csv(text, wanted)
    matched = match_columns(table.headers, wanted, ignored)
    if matched.errors:
        raise AppointmentFileError(*matched.errors)
    rows: list[Row] = []
    problems = list(table.problems)
    for record in table.records:
        found = read_row(record, matched.headers, zone)
        if isinstance(found, Row):
            rows.append(found)
        else:
            problems.extend(found)
    problems.sort(key=lambda problem: problem.line)
    return AppointmentFile(
        path=path,
        rows=tuple(rows),
        problems=tuple(problems),
        notes=(*matched.notes, *table.notes, *_notes_on(rows)),
        columns=matched.taken,
        separator=table.separator,
        encoding=used_encoding,
    )


def lines_in_words(lines: Collection[int], most: int = 12) -> str:
    """Line numbers as a person would write them: `2-4, 7`."""
    spans: list[list[int]] = []
    for line in sorted(lines):
        if spans and spans[-1][1] == line - 1:
            spans[-1][1] = line
        else:
            spans.append([line, line])
    words = [str(first) if first == last else f"{first}-{last}" for first, last in spans[:most]]
    left = sum(last - first + 1 for first, last in spans[most:])
    return ", ".join(words) + (f" and {left} more" if left else "")


# --- inside ----------------------------------------------------------------------------------------------------


def _decoded(data: bytes, encoding: str | None) -> tuple[str, str]:
    for mark, what in _OTHER_FORMATS.items():
        if data.startswith(mark):
            raise AppointmentFileError(f"This is {what}, not CSV. {_HOW_TO_SAVE}")
    used = encoding or _encoding_of(data)
    try:
        text = data.decode(used)
    except UnicodeDecodeError as error:
        raise AppointmentFileError(_not_decodable(error, encoding)) from error
    except (LookupError, ValueError) as error:
        raise AppointmentFileError(
            f"encoding {shown_value(used)!r} is not known; leave it out, or try cp1252 for an older Windows file."
        ) from error
    if not isinstance(text, str) or "\x00" in text[:1000]:
        raise AppointmentFileError(f"This is not a text file in {shown_value(used)}. {_HOW_TO_SAVE}")
    return text.removeprefix("\ufeff"), "utf-8-sig" if data.startswith(_UTF_8_MARK) else used


def _encoding_of(data: bytes) -> str:
    # Excel's "Unicode text" is UTF-16; its mark leaves no doubt.
    return "utf-16" if data.startswith(_UTF_16_MARKS) else "utf-8"


def _not_decodable(error: UnicodeDecodeError, encoding: str | None) -> str:
    line = error.object.count(b"\n", 0, error.start) + 1
    beginning = error.object.rfind(b"\n", 0, error.start) + 1
    # What can be read of the line helps to find the place.
    before = error.object[max(beginning, error.start - 20) : error.start].decode("ascii", "replace")
    what = f"Line {line} is not {encoding or 'UTF-8'} after {shown_value(before)!r}."
    if encoding is not None:
        return f"{what} Is it another encoding? Leave --encoding out, or save the file as UTF-8. {_HOW_TO_SAVE}"
    return f"{what} {_HOW_TO_SAVE} Or say --encoding cp1252 if it comes from an older Windows program."


def _notes_on(rows: list[Row]) -> list[str]:
    notes: list[str] = []
    lines: dict[NewAppointment, list[int]] = {}
    for row in rows:
        lines.setdefault(row.new, []).append(row.line)
    notes.extend(
        f"Lines {lines_in_words(same)} are the same appointment: it will be scheduled {len(same)} times."
        for same in [same for same in lines.values() if len(same) > 1][:5]
    )
    if (more := sum(len(same) > 1 for same in lines.values()) - 5) > 0:
        notes.append(f"{more} more appointments stand in the file several times.")
    strange = [row for row in rows if row.new.customer_id and not row.new.customer_id.startswith(CUSTOMER_PREFIX)]
    if strange:
        notes.append(
            f"Lines {lines_in_words([row.line for row in strange])}: ids of the portal's customers begin with "
            f"{CUSTOMER_PREFIX}, and {strange[0].new.customer_id!r} does not; the portal will probably refuse them."
        )
    return notes
