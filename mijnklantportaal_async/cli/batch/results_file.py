"""What became of every row of a job, as a file: the table of results for people, JSON Lines for programs."""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import attrs

from mijnklantportaal_async.batch import RowResult, operations
from mijnklantportaal_async.files.results.table import ResultRow, time_span
from mijnklantportaal_async.values.local_time import portal_zone

_LINE = re.compile(r"line (\d+)")


def as_table(rows: Sequence[RowResult]) -> list[ResultRow]:
    """The table of results, as every command writes it; moments in the portal's zone."""
    several = len({row.portal for row in rows}) > 1
    return [_table_row(row, with_portal=several) for row in rows]


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
