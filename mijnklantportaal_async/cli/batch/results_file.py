"""What became of every row of a job, as a file: the table of results for people, JSON Lines for programs."""

import json
import os
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import attrs

from mijnklantportaal_async.batch import RowResult, operations
from mijnklantportaal_async.cli.failures import CommandError
from mijnklantportaal_async.files.results.table import ResultRow, time_span
from mijnklantportaal_async.values.local_time import portal_zone

_LINE = re.compile(r"line (\d+)")


def as_table(rows: Sequence[RowResult]) -> list[ResultRow]:
    """The table of results, as every command writes it; moments in the portal's zone."""
    several = len({row.portal for row in rows}) > 1
    return [_table_row(row, with_portal=several) for row in rows]


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


def write_whole(path: Path, content: str | bytes) -> None:
    """Writes a file in one step: nobody ever sees half of it.

    Raises:
        CommandError: It cannot be written.
    """
    # Through a link to the file itself: it is replaced, which a link must not be.
    path, data = path.resolve(), content.encode() if isinstance(content, str) else content
    new = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        if path.exists() and not path.is_file():
            # A device or a pipe cannot be replaced.
            path.write_bytes(data)
            return
        new.write_bytes(data)
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


def _table_row(row: RowResult, *, with_portal: bool) -> ResultRow:
    asked, zone = row.request, portal_zone(row.timezone)
    found = _LINE.fullmatch(row.place)
    result = ResultRow(
        line=int(found[1]) if found else row.number,
        outcome=row.outcome.value,
        title=str(asked.get("name") or asked.get("company_name") or operations.title(row.operation, asked)),
        person=_person(asked),
        identifier=row.identifier or "",
        what_to_do=" ".join(text for text in (row.message, row.how_to_check) if text),
        portal=row.portal if with_portal else "",
    )
    if not (asked.get("starts_at") and asked.get("ends_at")):
        return result
    begin, end = (datetime.fromisoformat(asked[name]).astimezone(zone) for name in ("starts_at", "ends_at"))
    return attrs.evolve(result, day=begin.date(), time=time_span(begin, end))


def _person(asked: Mapping[str, Any]) -> str:
    name, address = (asked.get(f"attendee_{one}") for one in ("name", "email"))
    if name and address:
        return f"{name} <{address}>"
    return str(asked.get("customer_id") or address or asked.get("email") or "")


def _in_zone(moment: datetime | None, row: RowResult) -> str:
    return "" if moment is None else moment.astimezone(portal_zone(row.timezone)).isoformat(timespec="seconds")
