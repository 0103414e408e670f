"""What each manner of the portal is on the wire."""

from __future__ import annotations

import ast
import asyncio
import inspect
import itertools
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from moved_time import LoopClock
from sandbox_calls import Caller, without

from mijnklantportaal_async.sandbox import Fault, Manner, Sandbox, manners

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import aiohttp

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
LIST = "/appointments?start_at=2027-03-05 00:00&days=1"
NO_CACHE = {"Cache-Control": "no-cache"}


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox(clock=LoopClock(), rate_limit=None) as sandbox:
        yield sandbox


async def listed(call: Caller, path: str = LIST, **headers: str) -> list[Any]:
    data = (await call("GET", path, headers=headers)).json["data"]
    assert isinstance(data, list)
    return data


async def ids(call: Caller, path: str = LIST, **headers: str) -> list[str]:
    return [item["id"] for item in await listed(call, path, **headers)]


# --- Lists -------------------------------------------------------------------------------------------------------


async def test_appointments_in_pages(sandbox: Sandbox, call: Caller) -> None:
    made = [(await call.schedule()).json["id"] for _ in range(17)]
    assert "next_page_url" not in (await call("GET", LIST)).json
    sandbox.manners = {Manner.APPOINTMENTS_IN_PAGES}
    first = (await call("GET", LIST)).json
    assert (len(first["data"]), first["per_page"]) == (15, 15)
    assert first["next_page_url"] == f"{sandbox.url}/appointments?page=2", "without the days, as Laravel says it"
    second = (await call("GET", LIST + "&page=2")).json
    assert [item["id"] for item in first["data"] + second["data"]] == made
    assert second["next_page_url"] is None


async def test_canceled_not_listed(sandbox: Sandbox, call: Caller) -> None:
    made = (await call.schedule()).json["id"]
    await call("DELETE", f"/appointments/{made}")
    assert await ids(call) == [made]
    sandbox.manners = {Manner.CANCELED_NOT_LISTED}
    assert await ids(call) == []


async def test_pages_newest_first_with_a_stray_comma(sandbox: Sandbox, call: Caller) -> None:
    sandbox.manners = {Manner.NEWEST_FIRST, Manner.STRAY_COMMA}
    for number in range(16):
        sandbox.put("/tickets", title=f"{number}")
    page = (await call("GET", "/tickets")).json
    assert page["data"][0]["title"] == "15"
    assert page["next_page_url"].endswith("?page=2,")


@pytest.mark.parametrize(
    ("day", "hour", "without_manner", "with_manner"),
    [
        # 28 March 2027 has 23 hours: 24 of them end at 01:00 of the next day.
        ("2027-03-28", "2027-03-29 00:30", 0, 1),
        # 31 October 2027 has 25: the last one is missed.
        ("2027-10-31", "2027-10-31 23:30", 1, 0),
    ],
)
async def test_days_of_24_hours(
    sandbox: Sandbox, call: Caller, day: str, hour: str, without_manner: int, with_manner: int
) -> None:
    await call.schedule(startsAt=hour, endsAt="2027-12-01 00:00")
    path = f"/appointments?start_at={day} 00:00&days=1"
    assert len(await ids(call, path)) == without_manner
    sandbox.manners = {Manner.DAYS_OF_24_HOURS}
    assert len(await ids(call, path)) == with_manner


async def test_lagging_replicas(sandbox: Sandbox, call: Caller) -> None:
    sandbox.manners = {Manner.LAGGING_REPLICAS}
    made = (await call.schedule()).json["id"]
    reply = await call("GET", LIST)
    assert reply.json["data"] == []
    assert (await call("GET", f"/appointments/{made}")).status == 200, "only lists lag"
    await asyncio.sleep(5)
    reply = await call("GET", LIST)
    assert [item["id"] for item in reply.json["data"]] == [made]


@pytest.mark.parametrize(
    ("manner", "odd"),
    [
        (Manner.IMPOSSIBLE_DATES, lambda item: item["endsAt"] == "2024-04-31T10:00:00+02:00"),
        (Manner.NULL_ENTRIES, lambda item: item is None),
        (Manner.NUMBERS_AS_IDS, lambda item: item["id"] == 20240431),
    ],
)
async def test_records_that_break_the_schema(sandbox: Sandbox, call: Caller, manner: Manner, odd: Any) -> None:
    made = (await call.schedule()).json
    sandbox.manners = {manner}
    good, bad = await listed(call)
    assert good == made
    assert odd(bad)
    assert len(sandbox.appointments) == 1, "it is not among what tests look at"


# --- Caches ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("manner", [Manner.CACHED_LISTS, Manner.STUBBORN_CACHE, Manner.AGELESS_CACHE])
async def test_caches(sandbox: Sandbox, call: Caller, manner: Manner) -> None:
    sandbox.manners = {manner}
    first = await call("GET", LIST)
    assert "Age" not in first.headers
    made = (await call.schedule()).json["id"]
    await asyncio.sleep(3)
    old = await call("GET", LIST)
    assert old.json["data"] == []
    assert old.headers.get("Age") == (None if manner is Manner.AGELESS_CACHE else "3")
    assert old.headers["Date"] == first.headers["Date"]
    assert await ids(call, LIST, **NO_CACHE) == ([made] if manner is Manner.CACHED_LISTS else [])
    assert await ids(call, LIST + "&days=2") == [made], "another list"
    await asyncio.sleep(6)
    new = await call("GET", LIST)
    assert "Age" not in new.headers or manner is Manner.CACHED_LISTS
    assert [item["id"] for item in new.json["data"]] == [made]
    assert parsedate_to_datetime(new.headers["Date"]) > parsedate_to_datetime(first.headers["Date"])


async def test_a_cache_shows_nobody_what_another_key_was_shown(session: aiohttp.ClientSession) -> None:
    keys = {"reads": ["appointments.read"], "does not": ["customers.read"]}
    async with Sandbox(keys=keys, manners={Manner.STUBBORN_CACHE}) as sandbox:
        call = Caller(sandbox, session)
        assert (await call("GET", LIST, key="reads")).status == 200
        assert (await call("GET", LIST, key="does not")).status == 403


async def test_clear_empties_the_cache(sandbox: Sandbox, call: Caller) -> None:
    sandbox.manners = {Manner.STUBBORN_CACHE}
    await call.schedule()
    assert len(await ids(call)) == 1
    sandbox.clear()
    assert await ids(call) == []


# --- What is kept ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("manner", "given", "kept"),
    [
        (Manner.TEXTS_IN_NFC, "Rene\u0301e", "Ren\u00e9e"),
        (Manner.TEXTS_TRIMMED, "\ufeff Jan\u00a0Jansen\u200b", "Jan\u00a0Jansen"),
        (Manner.APOSTROPHES_STRAIGHTENED, "Van \u2019t Hof", "Van 't Hof"),
    ],
)
async def test_texts(sandbox: Sandbox, call: Caller, manner: Manner, given: str, kept: str) -> None:
    assert (await call.schedule(attendeeName=given)).json["attendeeName"] == given
    sandbox.manners = {manner}
    assert (await call.schedule(attendeeName=given, name=given)).json["attendeeName"] == kept
    stored = sandbox.appointments[1]
    assert (stored.attendee_name, stored.name) == (kept, kept)


@pytest.mark.parametrize(
    ("given", "kept"),
    [("14:30 15:00", "14:30 15:00"), ("14:32 14:58", "14:30 15:00"), ("14:33 14:36", "14:35 14:40")],
)
async def test_minutes_rounded(sandbox: Sandbox, call: Caller, given: str, kept: str) -> None:
    sandbox.manners = {Manner.MINUTES_ROUNDED}
    starts_at, ends_at = given.split()
    made = (await call.schedule(startsAt=f"2027-03-05 {starts_at}", endsAt=f"2027-03-05 {ends_at}")).json
    assert f"{made['startsAt'][11:16]} {made['endsAt'][11:16]}" == kept
    assert f"{sandbox.appointments[0].starts_at:%H:%M} {sandbox.appointments[0].ends_at:%H:%M}" == kept


async def test_customers_filled_in(sandbox: Sandbox, call: Caller) -> None:
    customer = sandbox.add_customer(
        company_name="Jan Jansen", address="a", zip_code="1234AB", city="b", primary_email="jan@example.nl"
    )
    body = {**without("attendeeName", "attendeeEmail"), "customerId": customer.id}
    assert (await call("POST", "/appointments", json=body)).json["attendeeName"] != "Jan Jansen"
    sandbox.manners = {Manner.CUSTOMERS_FILLED_IN}
    made = (await call("POST", "/appointments", json=body)).json
    assert (made["customerId"], made["attendeeName"]) == (customer.id, "Jan Jansen")
    assert made["attendeeEmail"] == sandbox.appointments[1].attendee_email == "jan@example.nl"
    stranger = (await call("POST", "/appointments", json={**body, "customerId": "cst_nobody"})).json
    assert stranger["customerId"] == "cst_nobody"


# --- What is shown -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("manner", "summer", "winter"),
    [
        (None, "+02:00", "+01:00"),
        (Manner.WINTER_OFFSET, "+01:00", "+01:00"),
        (Manner.EXAMPLE_OFFSET, "+02:00", "+02:00"),
    ],
)
async def test_offsets(sandbox: Sandbox, call: Caller, manner: Manner | None, summer: str, winter: str) -> None:
    sandbox.manners = {manner} if manner else set()
    for month, offset in (("07", summer), ("01", winter)):
        made = (await call.schedule(startsAt=f"2027-{month}-05 14:30", endsAt=f"2027-{month}-05 16:00")).json
        assert made["startsAt"] == f"2027-{month}-05T14:30:00{offset}"
        assert (await listed(call, f"/appointments?start_at=2027-{month}-05 00:00"))[0] == made
        if manner:
            assert made["createdAt"].endswith(offset)
    assert [stored.starts_at.isoformat()[-6:] for stored in sandbox.appointments] == ["+02:00", "+01:00"], "as it is"


async def test_winter_is_that_of_the_portals_zone(session: aiohttp.ClientSession) -> None:
    async with Sandbox(timezone="America/New_York", manners={Manner.WINTER_OFFSET}) as sandbox:
        made = (await Caller(sandbox, session).schedule(startsAt="2027-07-05 14:30", endsAt="2027-07-05 16:00")).json
        assert made["startsAt"] == "2027-07-05T14:30:00-05:00"


async def test_created_in_wall_time(sandbox: Sandbox, call: Caller) -> None:
    sandbox.manners = {Manner.CREATED_IN_WALL_TIME}
    made = (await call.schedule()).json
    stored = sandbox.appointments[0]
    assert made["createdAt"] == f"{stored.created_at:%Y-%m-%dT%H:%M:%SZ}"
    assert datetime.fromisoformat(made["createdAt"]) - stored.created_at == stored.created_at.utcoffset() != timedelta()
    assert made["startsAt"] == "2027-03-05T14:30:00+01:00"


@pytest.mark.parametrize("fault", [None, Fault.BAD_GATEWAY, Fault.NO_CONTENT, Fault.TOO_MANY_REQUESTS])
async def test_no_date(sandbox: Sandbox, call: Caller, fault: Fault | None) -> None:
    assert "Date" in (await call.schedule()).headers
    sandbox.manners = {Manner.NO_DATE}
    for _ in range(2):
        if fault:
            sandbox.fail_next(fault)
        reply = await call.schedule()
        assert "Date" not in reply.headers
        assert reply.status == {None: 201, Fault.BAD_GATEWAY: 502, Fault.NO_CONTENT: 204}.get(fault, 429)
    assert (await call("GET", "/appointments/nowhere")).status == 404
    assert sandbox.connections_accepted == 1, "connections are kept all the same"


async def test_absurd_limits(sandbox: Sandbox, call: Caller) -> None:
    sandbox.manners = {Manner.ABSURD_LIMITS}
    said = [(await call("GET", LIST)).headers["X-RateLimit-Remaining"] for _ in range(3)]
    assert set(said) == {"20000000", "9" * 5000, "Fri, 31 Dec 99999 23:59:59 GMT"}


# --- Together ----------------------------------------------------------------------------------------------------


async def test_manners_can_be_changed_while_it_runs(session: aiohttp.ClientSession) -> None:
    async with Sandbox(manners={Manner.NO_DATE}, list_canceled=False) as sandbox:
        assert sandbox.manners == {Manner.NO_DATE, Manner.CANCELED_NOT_LISTED}
        call = Caller(sandbox, session)
        assert "Date" not in (await call("GET", LIST)).headers
        sandbox.manners -= {Manner.NO_DATE}
        assert "Date" in (await call("GET", LIST)).headers


def test_manners_that_exclude_each_other_are_refused() -> None:
    with pytest.raises(ValueError, match="example_offset and winter_offset exclude each other"):
        Sandbox(manners={Manner.WINTER_OFFSET, Manner.EXAMPLE_OFFSET})
    sandbox = Sandbox(manners={Manner.CACHED_LISTS})
    with pytest.raises(ValueError, match="exclude each other"):
        sandbox.manners |= {Manner.AGELESS_CACHE}
    with pytest.raises(ValueError, match=r"unknown manners \['polite'\]"):
        Sandbox(manners={"polite"})  # type: ignore[arg-type]


async def test_every_manner_answers_every_list(session: aiohttp.ClientSession) -> None:
    for manner in Manner:
        async with Sandbox(seeded=True, rate_limit=None, manners={manner}) as sandbox:
            call = Caller(sandbox, session)
            for path in (LIST, "/customers", "/tickets", "/appointments?start_at=9999-12-31 23:59&days=1"):
                assert (await call("GET", path)).status in (200, 422), (manner, path)


def test_the_page_says_what_the_docstrings_say() -> None:
    module = ast.parse(inspect.getsource(manners))
    (enum,) = (node for node in module.body if isinstance(node, ast.ClassDef) and node.name == Manner.__name__)
    rows = [
        f"| `{name.targets[0].id}` | {said.value.value} |"  # type: ignore[attr-defined]
        for name, said in itertools.pairwise(enum.body)
        if isinstance(name, ast.Assign)
    ]
    assert len(rows) == len(Manner)
    page = Path(__file__).parents[2].joinpath("docs", "sandbox.md").read_text("utf-8")
    assert "\n".join(rows) in page
