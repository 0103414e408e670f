from __future__ import annotations

import asyncio
import re
from datetime import datetime, timedelta
from importlib import resources
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import orjson
import pytest
from sandbox_calls import Caller

from mijnklantportaal_async.sandbox import Fault, Sandbox
from mijnklantportaal_async.sandbox.hosts import is_own_host

if TYPE_CHECKING:
    import aiohttp
    from browser import Browser

START = datetime(2027, 3, 22, 10, 0, tzinfo=ZoneInfo("Europe/Amsterdam"))
NASTY = "<script>document.title='taken over'</script> & <b>bold</b>"


async def get_json(session: aiohttp.ClientSession, url: str) -> Any:
    async with session.get(url) as response:
        assert response.status == 200
        assert response.headers["Content-Type"] == "application/json"
        return orjson.loads(await response.read())


async def test_the_page_is_one_file_that_only_runs_its_own_script(
    sandbox: Sandbox, session: aiohttp.ClientSession
) -> None:
    async with session.get(sandbox.page_url) as response:
        assert response.status == 200
        assert response.headers["Content-Type"] == "text/html; charset=utf-8"
        policy = response.headers["Content-Security-Policy"]
        page = await response.text()
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe" not in policy
    assert not re.findall(r"""(?:src|href)=["']?(?:https?:)?//""", page), "it works offline"
    assert "favicon" not in str(sandbox.requests)
    async with session.get(sandbox.page_url + "favicon.ico") as response:
        assert response.status == 204
    assert sandbox.requests == [], "the page's own requests are not the API's"


def test_text_gets_into_the_page_as_text_only() -> None:
    page = resources.files("mijnklantportaal_async.sandbox").joinpath("page", "calendar.html").read_text("utf-8")
    for dangerous in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "javascript:"):
        assert dangerous not in page
    assert "textContent" in page


async def test_the_data_of_the_page(sandbox: Sandbox, call: Caller, session: aiohttp.ClientSession) -> None:
    await call.schedule(name=NASTY)
    sandbox.fail_next(Fault.TOO_MANY_REQUESTS)
    await call("GET", "/appointments")
    sandbox.add_appointment(name="Long", starts_at=START, ends_at=START + timedelta(days=2), status="canceled")
    sandbox.add_appointment(name="Pending", starts_at=START, ends_at=START + timedelta(hours=1), status="pending")
    data = await get_json(session, sandbox.page_url + "calendar.json?from=2027-03-22&days=7")
    assert data["counters"] == {
        "appointments": 3,
        "canceled": 1,
        "pending": 1,
        "requests": 2,
        "faults": 1,
        "tooMany": 1,
    }
    assert data["rate"] is None
    assert data["timezone"] == "Europe/Amsterdam"
    assert [item["name"] for item in data["appointments"]] == ["Long", "Pending"]
    assert [item["name"] for item in data["latest"]] == ["Pending", "Long", NASTY]
    later = await get_json(session, sandbox.page_url + "calendar.json?from=2027-03-23&days=1")
    assert [item["name"] for item in later["appointments"]] == ["Long"], "it goes on into the next day"
    for odd in ("from=x", "from=9999-12-31&days=7", "days=x", "days=0", "from=0001-01-01"):
        await get_json(session, sandbox.page_url + "calendar.json?" + odd)


async def test_the_rate_window_shows_the_busiest_key(session: aiohttp.ClientSession) -> None:
    async with Sandbox(keys={"a": [], "b": []}, rate_limit=10) as sandbox:
        for key in "abb":
            await Caller(sandbox, session)("GET", "/appointments", key=key)
        data = await get_json(session, sandbox.page_url + "calendar.json")
        assert data["rate"] == {"used": 2, "limit": 10, "period": 60.0}


async def test_only_the_latest_twenty_are_listed(sandbox: Sandbox, session: aiohttp.ClientSession) -> None:
    for number in range(25):
        sandbox.add_appointment(name=str(number), starts_at=START, ends_at=START + timedelta(hours=1))
    data = await get_json(session, sandbox.page_url + "calendar.json")
    assert [item["name"] for item in data["latest"]] == [str(number) for number in range(24, 4, -1)]


async def test_events_tell_of_changes(sandbox: Sandbox, call: Caller, session: aiohttp.ClientSession) -> None:
    async with session.get(sandbox.page_url + "events") as events, asyncio.timeout(90):
        assert events.headers["Content-Type"] == "text/event-stream"

        async def next_pulse() -> Any:
            while not (line := await events.content.readline()).startswith(b"data: "):
                assert line == b"\n"
            return orjson.loads(line[6:])

        first = await next_pulse()
        await call.schedule()
        while (pulse := await next_pulse())["version"] == first["version"]:
            pass
        assert pulse["counters"]["appointments"] == 1


@pytest.mark.parametrize("path", ["", "calendar.json", "events"])
async def test_foreign_hosts_get_nothing(sandbox: Sandbox, session: aiohttp.ClientSession, path: str) -> None:
    for host in ("rebound.example", "127.0.0.1.example", "10.0.0.1:80", "", "localhost@evil.example"):
        async with session.get(sandbox.page_url + path, headers={"Host": host}) as response:
            assert response.status == 403, host


@pytest.mark.parametrize(
    ("header", "own"),
    [
        ("127.0.0.1:8000", True),
        ("127.9.9.9", True),
        ("localhost", True),
        ("LOCALHOST:80", True),
        ("[::1]:8000", True),
        ("portal.test:80", True),
        ("other.test", False),
        ("192.168.1.4", False),
        ("[", False),
        ("", False),
    ],
)
def test_own_hosts(header: str, own: bool) -> None:
    assert is_own_host(header, "portal.test") is own


@pytest.mark.machine_time
@pytest.mark.parametrize("link", ["#week=2027-W12", "?view=list&date=2027-03-22", ""])
async def test_a_browser_shows_names_as_text(sandbox: Sandbox, browser: Browser, link: str) -> None:
    sandbox.add_appointment(
        name=NASTY,
        starts_at=START,
        ends_at=START + timedelta(hours=3),
        attendee_name="<img src=x onerror=document.title='taken'>",
        attendee_email="x@example.nl",
    )
    shown, _ = await browser.show(sandbox.page_url + link, width=1280, height=860)
    page, _, _ = shown.partition("<script>")
    escaped = NASTY.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    assert "<title>Sandbox portal</title>" in shown
    assert shown.count("<script>") == 1
    assert "<img" not in shown
    assert page.count(escaped) >= 2, "once in the calendar, once among the latest"
    assert ("28 March 2027" in page) or ("18 April 2027" in page)
