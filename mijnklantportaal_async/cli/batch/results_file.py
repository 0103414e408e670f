"""What became of every row of a job, as a file: CSV for people and spreadsheets, JSON Lines for programs."""

import csv
import io
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from mijnklantportaal_async.batch import RowResult
from mijnklantportaal_async.files.results import safe_cell
from mijnklantportaal_async.values.local_time import portal_zone

_FIRST = ("number", "place", "portal", "outcome", "identifier")
_LAST = ("message", "how_to_check", "ended_at")


def as_csv(rows: Sequence[RowResult]) -> str:
    """A line for each row; what was asked for stands in columns of its own, moments in the portal's zone."""
    fields = dict.fromkeys(field for row in rows for field in row.request)
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([*_FIRST, *fields, *_LAST])
    for row in rows:
        cells = [row.place, row.portal, row.outcome.value, row.identifier]
        cells += [row.request.get(field) for field in fields]
        cells += [row.message, row.how_to_check, _in_zone(row.ended_at, row)]
        writer.writerow([str(row.number), *(safe_cell("" if cell is None else str(cell)) for cell in cells)])
    return text.getvalue()


def as_json_lines(rows: Sequence[RowResult]) -> str:
    """An object for each row, with what was asked for and what the portal answered."""
    return "".join(f"{json.dumps(record, ensure_ascii=False)}\n" for record in as_records(rows))


def as_records(rows: Sequence[RowResult]) -> list[dict[str, Any]]:
    """What is known of each row, for another program."""
    return [_as_json(row) for row in rows]


# --- inside ------------------------------------------------------------------------------------------------------


def _as_json(row: RowResult) -> dict[str, Any]:
    return {
        "number": row.number,
        "place": row.place,
        "portal": row.portal,
        "operation": row.operation,
        "outcome": row.outcome.value,
        "identifier": row.identifier,
        "request": dict(row.request),
        "record": None if row.record is None else dict(row.record),
        "message": row.message,
        "how_to_check": row.how_to_check,
        "ended_at": _in_zone(row.ended_at, row) or None,
    }


def _in_zone(moment: datetime | None, row: RowResult) -> str:
    return "" if moment is None else moment.astimezone(portal_zone(row.timezone)).isoformat(timespec="seconds")
