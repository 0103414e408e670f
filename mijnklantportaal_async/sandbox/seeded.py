"""A small business to begin with, so that every list has something in it: `seeded.json`, put around a day.

Whatever says when something happened is told from that day: `{-14}` is a day two weeks before it, `{-14 09:30}` a
moment. Appointments lie in the thirteen weeks around it, the same ones in each run of weeks.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from importlib import resources
from typing import TYPE_CHECKING, Any, cast

import orjson

from mijnklantportaal_async.sandbox.contract import load_contract
from mijnklantportaal_async.sandbox.pdf import pdf_of
from mijnklantportaal_async.sandbox.tags.appointments import CALENDAR, when
from mijnklantportaal_async.sandbox.wall_time import atom

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mijnklantportaal_async.sandbox.documents import Document, Documents

_WEEKS = range(-6, 7)
_TOLD = re.compile(r"{(-?\d+)(?: (\d\d:\d\d))?}")


def seed(documents: Documents, now: datetime) -> None:
    """Fill an empty portal.

    Args:
        documents: What it keeps.
        now: The portal's time, aware: what the days are told from, and the zone of moments.
    """
    data = cast(
        "dict[str, Any]",
        orjson.loads(resources.files("mijnklantportaal_async.sandbox").joinpath("seeded.json").read_bytes()),
    )
    for path, records in cast("dict[str, list[Document]]", data["records"]).items():
        for record in records:
            _add(documents, path, _told(record, now))
    for appointment in _appointments(data["appointments"], now):
        documents.add(CALENDAR, appointment)


def _add(documents: Documents, path: str, record: Document) -> None:
    operation = load_contract().records_of(path)
    assert operation is not None, path  # noqa: S101 - our own file
    page = record.pop("page", None)
    properties = operation.answer.properties
    empty: Document = {name: [] if schema.get("type") == "array" else None for name, schema in properties.items()}
    document = empty | {"currency": "EUR"} | record if "currency" in properties else empty | record
    if page is not None:
        content, name = pdf_of(*page), document.get("name") or f"{document['id']}.pdf"
        documents.keep_file(document["id"], name, "application/pdf", content)
        if path == "/files":
            document |= {"size": len(content), "mime": "application/pdf"}
    for part in document.get("documents", ()):
        documents.keep_file(part["id"], part["documentName"], "application/pdf", pdf_of(part["documentName"]))
    documents.add(path, document)


def _told(value: Any, now: datetime) -> Any:
    """A value with its days put around a day."""
    if isinstance(value, dict):
        return {name: _told(inner, now) for name, inner in cast("dict[str, Any]", value).items()}
    if isinstance(value, list):
        return [_told(item, now) for item in value]  # pyright: ignore[reportUnknownVariableType]
    if isinstance(value, str) and (found := _TOLD.fullmatch(value)):
        day = now.date() + timedelta(days=int(found[1]))
        return day.isoformat() if found[2] is None else atom(_at(day, found[2], now))
    return value


def _at(day: date, clock: str, now: datetime) -> datetime:
    return datetime.combine(day, time.fromisoformat(clock), now.tzinfo)


def _appointments(pattern: Document, now: datetime) -> Iterator[Document]:
    """Working days of some hours, each week a little different, with whoever's turn it is."""
    monday = now.date() - timedelta(days=now.weekday())
    yesterday = _at(now.date() - timedelta(days=1), "12:00", now)
    whom, subjects, number = pattern["with"], pattern["subjects"], 0
    for week in _WEEKS:
        for place, (weekday, clock, minutes) in enumerate(pattern["week"]):
            number += 1
            if (week + place) % 5 == 0:
                continue  # not every hour is taken
            begins = _at(monday + timedelta(weeks=week, days=weekday), clock, now)
            ends = begins + timedelta(minutes=minutes)
            customer, name, email = whom[number % len(whom)]
            made = min(begins - timedelta(days=9), yesterday)
            is_past, turn = ends < now, number % 11
            yield {
                "id": f"apt_seed{number:04}",
                "title": subjects[number % len(subjects)],
                "customerId": customer,
                "attendeeName": name,
                "attendeeEmail": email,
                **when(int(begins.timestamp()), int(ends.timestamp()), cast("Any", now.tzinfo)),
                "status": "canceled" if turn == 4 else "pending" if turn == 7 and not is_past else "scheduled",
                "onlineMeetingLink": f"https://meet.example/{number:04}" if turn == 2 else None,
                "createdAt": atom(made),
            }
