from __future__ import annotations

import ast
import asyncio
import contextlib
import subprocess
import sys
import time
from datetime import datetime, timedelta
from importlib import resources
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import aiohttp
import pytest
from sandbox_calls import BODY, Caller, DroppedError, until

from mijnklantportaal_async.sandbox import Fault, Faults, Sandbox

if TYPE_CHECKING:
    from pathlib import Path

START = datetime(2027, 3, 5, 14, 30, tzinfo=ZoneInfo("Europe/Amsterdam"))


def tasks_of_the_sandbox() -> list[asyncio.Task[object]]:
    return [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]


async def until_no_task_is_left() -> None:
    await until(lambda: not tasks_of_the_sandbox())


async def test_start_and_stop_are_idempotent() -> None:
    sandbox = Sandbox()
    assert repr(sandbox) == "<Sandbox not running>"
    with pytest.raises(RuntimeError, match="not running"):
        _ = sandbox.url
    await sandbox.stop()
    await sandbox.start()
    url = sandbox.url
    await sandbox.start()
    assert sandbox.url == url
    assert url.startswith("http://127.0.0.1:")
    assert url.endswith("/v1")
    assert sandbox.page_url == url.removesuffix("v1")
    await sandbox.stop()
    await sandbox.stop()
    assert tasks_of_the_sandbox() == []


async def test_a_portal_comes_back_where_it_was_with_what_it_had(session: aiohttp.ClientSession) -> None:
    sandbox = Sandbox()
    call = Caller(sandbox, session)
    async with sandbox:
        url = sandbox.url
        await call.schedule()
    assert len(sandbox.appointments) == 1
    for _ in range(2):
        with pytest.raises(DroppedError):
            await session.get(url)
    async with sandbox:
        assert sandbox.url == url
        assert (await call.schedule()).status == 201
    assert [request.status for request in sandbox.requests] == [201, 201]


async def test_a_taken_port_is_said_and_leaves_nothing_behind(sandbox: Sandbox) -> None:
    port = int(sandbox.url.split(":")[2].removesuffix("/v1"))
    other = Sandbox(port=port)
    with pytest.raises(OSError, match=str(port)):
        await other.start()
    assert repr(other) == "<Sandbox not running>"


async def test_a_file_survives_a_restart(tmp_path: Path, session: aiohttp.ClientSession) -> None:
    database = tmp_path / "portal.sqlite"
    async with Sandbox(database=database) as sandbox:
        call = Caller(sandbox, session)
        created = (await call.schedule()).json
        await call("DELETE", f"/appointments/{created['id']}")
        await call.schedule(name="Second")
        before = sandbox.appointments
    assert sandbox.appointments == before, "a stopped sandbox can still be read"
    async with Sandbox(database=str(database)) as reopened:
        assert reopened.appointments == before
        assert [appointment.name for appointment in before] == ["Contract extension", "Second"]
        assert (await Caller(reopened, session)("GET", f"/appointments/{created['id']}")).json["status"] == "canceled"


@pytest.mark.parametrize("fault", [Fault.STALL, Fault.STALL_AFTER_COMMIT])
async def test_stop_cuts_stalled_requests(session: aiohttp.ClientSession, fault: Fault) -> None:
    sandbox = Sandbox()
    await sandbox.start()
    sandbox.fail_next(fault, times=5)
    call = Caller(sandbox, session)
    waiting = [asyncio.create_task(call.schedule()) for _ in range(5)]
    await until(lambda: sandbox.requests_in_progress == 5)
    started = time.monotonic()
    await sandbox.stop()
    assert time.monotonic() - started < 20
    results = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(result) for result in results] == [DroppedError] * 5
    assert len(sandbox.appointments) == (5 if fault is Fault.STALL_AFTER_COMMIT else 0)
    assert (sandbox.open_connections, sandbox.requests_in_progress) == (0, 0)
    await until_no_task_is_left()


async def test_stop_does_at_once_what_was_late(session: aiohttp.ClientSession) -> None:
    sandbox = Sandbox()
    await sandbox.start()
    call = Caller(sandbox, session)
    sandbox.fail_next(Fault.LATE_COMMIT, delay=3600)
    with pytest.raises(DroppedError):
        await call.schedule()
    sandbox.fail_next(Fault.SLOW_COMMIT, delay=3600)
    slow = asyncio.create_task(call.schedule())
    await until(lambda: sandbox.requests_in_progress == 1)
    assert [*sandbox.appointments] == []
    await sandbox.stop()
    assert len(sandbox.appointments) == 2
    assert (await slow).status == 201
    await until_no_task_is_left()


async def test_stop_ends_event_streams_and_half_sent_requests(session: aiohttp.ClientSession) -> None:
    sandbox = Sandbox()
    await sandbox.start()
    host, port = "127.0.0.1", int(sandbox.url.split(":")[2].removesuffix("/v1"))
    _, writer = await asyncio.open_connection(host, port)
    writer.write(b"POST /v1/appointments HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{")
    async with session.get(sandbox.page_url + "events") as events:
        assert (await events.content.readline()).startswith(b"data: {")
        await until(lambda: sandbox.requests_in_progress == 1)
        await asyncio.wait_for(sandbox.stop(), 20)
        with contextlib.suppress(aiohttp.ClientPayloadError):
            await events.read()
    writer.close()
    with contextlib.suppress(ConnectionError):
        await writer.wait_closed()
    await until_no_task_is_left()


async def test_a_storm_of_random_faults_leaves_nothing_behind(session: aiohttp.ClientSession) -> None:
    kinds = [fault for fault in Fault if fault is not Fault.RESTART]  # it would keep the others away
    faults = Faults(seed=3, share=0.7, kinds=kinds, delay=0.05, dead=0.05)
    async with Sandbox(faults=faults, rate_limit=None) as sandbox:
        call = Caller(sandbox, session)

        async def attempt() -> None:
            with contextlib.suppress(DroppedError, TimeoutError, aiohttp.ClientError):
                await call("POST", "/appointments", json=BODY, patience=0.3)

        await asyncio.gather(*(attempt() for _ in range(200)))
        seen = {request.fault for request in sandbox.requests}
        assert seen == {None, *kinds}
        assert len(sandbox.requests) == 200
    assert (sandbox.open_connections, sandbox.requests_in_progress) == (0, 0)
    await session.close()
    await until_no_task_is_left()


async def test_connections_are_counted(sandbox: Sandbox, call: Caller) -> None:
    assert (sandbox.open_connections, sandbox.connections_accepted) == (0, 0)
    await call.schedule()
    await call.schedule()
    assert (sandbox.open_connections, sandbox.connections_accepted) == (1, 1)
    await asyncio.gather(*(call.schedule() for _ in range(3)))
    assert sandbox.connections_accepted == 3
    await call.session.close()
    await until(lambda: sandbox.open_connections == 0)


async def test_clear_makes_it_as_new(session: aiohttp.ClientSession) -> None:
    async with Sandbox(rate_limit=2) as sandbox:
        call = Caller(sandbox, session)
        sandbox.fail_next(Fault.LATE_COMMIT, delay=3600)
        with pytest.raises(DroppedError):
            await call.schedule()
        assert [(await call.schedule()).status for _ in range(2)] == [201, 429]
        sandbox.fail_next(Fault.BAD_GATEWAY)
        sandbox.clear()
        assert (sandbox.appointments, sandbox.requests) == ((), [])
        assert (await call.schedule()).status == 201
        assert sandbox.requests[0].number == 1
    assert len(sandbox.appointments) == 1, "the late commit was forgotten"


def test_it_can_be_used_before_and_after_it_runs() -> None:
    sandbox = Sandbox()
    sandbox.add_appointment(name="x", starts_at=START, ends_at=START + timedelta(hours=1))
    asyncio.run(_start_and_stop(sandbox))
    asyncio.run(_start_and_stop(sandbox))
    assert [appointment.name for appointment in sandbox.appointments] == ["x"]


async def _start_and_stop(sandbox: Sandbox) -> None:
    async with sandbox:
        pass


def test_no_keys_make_no_sense() -> None:
    with pytest.raises(ValueError, match="keys"):
        Sandbox(keys={})


async def test_ten_thousand_appointments_are_no_burden(sandbox: Sandbox, call: Caller) -> None:
    for minute in range(10_000):
        start = START + timedelta(minutes=minute)
        sandbox.add_appointment(name="x", starts_at=start, ends_at=start + timedelta(hours=1))
    listed = (await call("GET", "/appointments?start_at=2027-03-06 00:00&days=1")).json["data"]
    assert len(listed) == 24 * 60
    assert (await call.schedule()).status == 201


def test_the_sandbox_knows_nothing_of_the_client() -> None:
    package = resources.files("mijnklantportaal_async.sandbox")
    for file in package.iterdir():
        if not file.name.endswith(".py"):
            continue
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{file.name} imports relatively"
                names = [node.module or ""]
            for name in names:
                if name.startswith("mijnklantportaal_async"):
                    assert name.split(".")[1] in {"sandbox", "values", "texts"}, file.name


def test_importing_it_does_not_read_the_contract() -> None:
    code = (
        "import mijnklantportaal_async.sandbox.contract as contract;"
        "assert contract.load_contract_document.cache_info().currsize == 0"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
