"""What became of every row of a job, as a file: CSV for people and spreadsheets, JSON Lines for programs."""

import csv
import io
import json
import os
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from mijnklantportaal_async.batch import RowResult
from mijnklantportaal_async.cli.failures import CommandError
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
    return "".join(f"{json.dumps(_as_json(row), ensure_ascii=False)}\n" for row in rows)


def refuse_existing(path: Path, *, overwrite: bool) -> None:
    """Sees to it that a file may be written, before the work for it is done.

    Raises:
        CommandError: It is there already.
    """
    if path.exists() and not overwrite:
        raise CommandError(f"{path} exists already. Name another file, or say --overwrite.")


def write_whole(path: Path, text: str) -> None:
    """Writes a file in one step: nobody ever sees half of it.

    Raises:
        CommandError: It cannot be written.
    """
    # Through a link to the file itself: it is replaced, which a link must not be.
    path = path.resolve()
    new = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        if path.exists() and not path.is_file():
            # A device or a pipe cannot be replaced.
            path.write_text(text, "utf-8", newline="")
            return
        new.write_text(text, "utf-8", newline="")
        os.replace(new, path)
    except OSError as error:
        with suppress(OSError):
            new.unlink()
        raise CommandError(f"{path} cannot be written: {error.strerror or error}.") from error


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
