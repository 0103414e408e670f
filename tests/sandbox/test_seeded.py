"""A portal that begins as a small business: believable, by the contract, and the same one every time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from contract_walk import OPERATIONS
from jsonschema import Draft202012Validator
from sandbox_calls import Caller

from mijnklantportaal_async.sandbox import Sandbox
from mijnklantportaal_async.sandbox.contract import load_contract
from mijnklantportaal_async.sandbox.database import Database
from mijnklantportaal_async.sandbox.documents import Documents
from mijnklantportaal_async.sandbox.seeded import seed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    import aiohttp

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
LISTS = sorted(item.path for item in OPERATIONS if item.is_paged)
TOPS = [path for path in LISTS if "{" not in path]


@pytest.fixture
async def seeded(session: aiohttp.ClientSession) -> AsyncIterator[Caller]:
    async with Sandbox(seeded=True, rate_limit=None) as sandbox:
        yield Caller(sandbox, session)


async def whole(call: Caller, path: str) -> list[dict[str, Any]]:
    found, number = [], 1
    while True:
        page = (await call("GET", f"{path}?page={number}")).json
        found += page["data"]
        if page["next_page_url"] is None:
            return found
        number += 1


async def test_every_list_has_something_and_every_record_keeps_the_contract(seeded: Caller) -> None:
    seen: dict[str, int] = {}
    for path in LISTS:
        top, _, below = path.partition("/{")
        owners = [f"{top}/{one['id']}" for one in await whole(seeded, top)] if below else []
        places = [owner + "/" + below.partition("}/")[2] for owner in owners] or [path]
        for place in places:
            records = await whole(seeded, place)
            seen[path] = seen.get(path, 0) + len(records)
            for record in records:
                await check(seeded, place, record)
    files = seeded.sandbox.records("/files")
    for record in files:
        await check(seeded, "/files", record)
    assert min(seen.values()) >= 1, seen
    assert seen["/customers"] > 15, "more than a page"
    assert len(files) == 10


async def check(call: Caller, place: str, record: dict[str, Any]) -> None:
    """One record by itself, where the contract has an operation for that."""
    operation = load_contract().records_of(f"{place}/{record['id']}")
    if operation is None:
        return
    answered = (await call("GET", f"{place}/{record['id']}")).json
    properties = operation.answer.properties
    told = {name for name in properties if "null" not in properties[name].get("type", ())}
    # A card that never expires has no number of units.
    assert told - set(answered) <= {"expiryValue"}, record["id"]
    assert not list(Draft202012Validator(operation.answer.whole).iter_errors(answered)), record["id"]


async def test_what_is_named_is_there(seeded: Caller) -> None:
    sandbox = seeded.sandbox
    known = {record["id"] for path in [*TOPS, "/files"] for record in sandbox.records(path)}
    for path in [*TOPS, "/files", "/appointments"]:
        for record in sandbox.records(path):
            named = [record.get("customerId"), record.get("directoryId"), record.get("fileShareId")]
            named += [*record.get("customerGroups", ()), *record.get("content", ())]
            named += [file["uploadedFileId"] for file in record.get("requestedFiles", ())]
            assert {one for one in named if one} <= known, record["id"]


async def test_three_months_of_appointments_around_now(seeded: Caller) -> None:
    now = datetime.now(UTC)
    appointments = seeded.sandbox.appointments
    assert 120 <= len(appointments) <= 169
    assert min(item.starts_at for item in appointments) < now - timedelta(days=35)
    assert max(item.starts_at for item in appointments) > now + timedelta(days=35)
    assert {item.status for item in appointments} == {"scheduled", "canceled", "pending"}
    assert all(item.starts_at.weekday() < 5 and 9 <= item.starts_at.hour < 17 for item in appointments)
    assert all(item.created_at < now for item in appointments)
    assert all(item.starts_at > now for item in appointments if item.status == "pending")
    week = (await seeded("GET", "/appointments")).json["data"]
    assert len(week) >= 5
    by_start = sorted(appointments, key=lambda item: item.starts_at)
    ends = {item.starts_at: item.ends_at for item in by_start}
    assert len(ends) == len(by_start), "nobody is at two places"
    async with seeded.session.get(seeded.sandbox.page_url + "calendar.json") as page:
        assert (await page.json())["counters"]["appointments"] == len(appointments)


async def test_files_can_be_opened(seeded: Caller) -> None:
    invoice = seeded.sandbox.records("/customer-invoices")[0]
    agreement = seeded.sandbox.records("/agreements")[0]
    document = agreement["documents"][0]["id"]
    for path in (
        f"/customer-invoices/{invoice['id']}/pdf",
        "/files/fsf_voorwaarden/download",
        f"/agreements/{agreement['id']}/documents/{document}/download",
    ):
        link = (await seeded("GET", path)).json["link"]
        async with seeded.session.get(link) as response:
            content = await response.read()
        assert content.startswith(b"%PDF-1.4")
        assert content.endswith(b"%%EOF\n")
        table = int(content.split(b"startxref\n")[1].split(b"\n")[0])
        assert content[table:].startswith(b"xref")


def documents_at(now: datetime) -> list[tuple[Any, ...]]:
    database = Database(None)
    seed(Documents(database), now)
    return database.run("SELECT id, list, document FROM documents ORDER BY number")


def test_it_is_the_same_one_every_time() -> None:
    monday = datetime(2027, 3, 1, 8, 0, tzinfo=AMSTERDAM)
    assert documents_at(monday) == documents_at(monday)
    assert documents_at(monday) == documents_at(monday.replace(hour=8, minute=59)), "whatever the minute"
    later = documents_at(monday + timedelta(weeks=30))
    assert [row[:2] for row in later] == [row[:2] for row in documents_at(monday)]
    assert later != documents_at(monday)


@pytest.mark.parametrize("day", ["2027-03-28", "2027-10-31", "2028-02-29", "2026-12-31"])
def test_it_begins_on_any_day(day: str) -> None:
    for clock in ("00:00", "02:30", "23:59"):
        assert len(documents_at(datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=AMSTERDAM))) == 235


async def test_a_file_is_seeded_once(tmp_path: Path) -> None:
    path = tmp_path / "portal.sqlite"
    for _ in range(2):
        async with Sandbox(seeded=True, database=path) as sandbox:
            customers = len(sandbox.customers)
            appointments = len(sandbox.appointments)
    assert (customers, appointments) == (len(sandbox.customers), len(sandbox.appointments))
    async with Sandbox(database=path) as sandbox:
        assert len(sandbox.customers) == customers
        sandbox.clear()
        assert sandbox.customers == ()


async def test_webhooks_of_the_business_call_nobody(seeded: Caller) -> None:
    invoice = next(item for item in seeded.sandbox.records("/customer-invoices") if not item["paidAt"])
    await seeded("PATCH", f"/customer-invoices/{invoice['id']}", json={"paidAt": "2027-03-05 10:00"})
    await seeded.sandbox.settle_deliveries()
    assert [delivery.state for delivery in seeded.sandbox.deliveries] == ["not called"]
