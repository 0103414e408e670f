"""Cancelled in every phase of a call: no permit, task or connection stays behind, and nothing is swallowed."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import aiohttp
import pytest
from given import WANTED, MakePortal
from scripted_server import Exchange, ScriptedServer, answer, appointment, created, drop, hold, listed, stall
from tenacity import wait_fixed

from mijnklantportaal_async import PortalSession, RateLimit, ReconcilePolicy, RetryPolicy, Timeouts


async def cancel(task: asyncio.Task[object]) -> None:
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert task.cancelled()


@asynccontextmanager
async def nothing_left_behind(portal: PortalSession) -> AsyncIterator[None]:
    before = asyncio.all_tasks()
    yield
    for _ in range(3):
        await asyncio.sleep(0)
    assert portal.rate_limit.in_flight == 0
    assert portal.rate_limit.waiting == 0
    # Tasks of the server and of the test are not the client's.
    left = [task for task in asyncio.all_tasks() - before if "/tests/" not in repr(task.get_coro().cr_code)]  # type: ignore[union-attr]
    assert left == []


async def until(condition: Callable[[], bool]) -> None:
    for _ in range(1000):
        if condition():
            return
        await asyncio.sleep(0.001)
    raise AssertionError("it never came to that")


async def test_waiting_for_a_permit(make_portal: MakePortal) -> None:
    async with ScriptedServer(otherwise=answer(200, appointment())) as server:
        portal = make_portal(server.url, rate_limit=RateLimit(requests=1, per=3600), timeouts=Timeouts(queue=None))
        await portal.get_appointment("apt_1")
        async with nothing_left_behind(portal):
            task = asyncio.create_task(portal.schedule_appointment(**WANTED))
            await until(lambda: portal.rate_limit.waiting == 1)
            await cancel(task)
        assert len(server.received) == 1


async def test_connecting(make_portal: MakePortal) -> None:
    # A listener whose queue is full neither accepts nor refuses.
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        address = listener.getsockname()
        plugs = []
        for _ in range(4):
            plug = socket.socket()
            plug.setblocking(False)
            plug.connect_ex(address)
            plugs.append(plug)
        portal = make_portal(f"http://127.0.0.1:{address[1]}/v1", rate_limit=RateLimit(requests=5, per=3600))
        async with nothing_left_behind(portal):
            task = asyncio.create_task(portal.schedule_appointment(**WANTED))
            await until(lambda: portal.rate_limit.in_flight == 1)
            await asyncio.sleep(0.02)
            await cancel(task)
        # Nothing left, so nothing was used up.
        assert portal.rate_limit.remaining == 5
        for plug in plugs:
            plug.close()


async def test_waiting_for_the_answer(make_portal: MakePortal) -> None:
    async with ScriptedServer(stall) as server:
        portal = make_portal(server.url, rate_limit=RateLimit(requests=5, per=3600))
        async with nothing_left_behind(portal):
            task = asyncio.create_task(portal.schedule_appointment(**WANTED))
            await server.wait_for(1)
            await cancel(task)
        await server.wait_until_idle()
        # It was sent, so the service counted it.
        assert portal.rate_limit.remaining == 4
        assert server.count("POST") == 1


async def test_reading_the_body(make_portal: MakePortal) -> None:
    headers_sent = asyncio.Event()

    async def half(exchange: Exchange) -> None:
        await exchange.answer(201, appointment(), cut=10)
        headers_sent.set()
        await asyncio.Event().wait()

    async with ScriptedServer(half) as server:
        portal = make_portal(server.url)
        async with nothing_left_behind(portal):
            task = asyncio.create_task(portal.schedule_appointment(**WANTED))
            await headers_sent.wait()
            await asyncio.sleep(0.02)
            await cancel(task)


async def test_backing_off(make_portal: MakePortal) -> None:
    async with ScriptedServer(otherwise=answer(503, {"message": "busy"})) as server:
        portal = make_portal(server.url, retry=RetryPolicy(wait=wait_fixed(60)))
        async with nothing_left_behind(portal):
            task = asyncio.create_task(portal.get_appointment("apt_1"))
            await server.wait_for(1)
            await until(lambda: portal.rate_limit.in_flight == 0)
            await cancel(task)
        assert len(server.received) == 1


async def test_reconciling(make_portal: MakePortal) -> None:
    async with ScriptedServer(drop, listed()) as server:
        portal = make_portal(server.url, reconcile=ReconcilePolicy(settle=60))
        async with nothing_left_behind(portal):
            task = asyncio.create_task(portal.schedule_appointment(**WANTED))
            await server.wait_for(2)
            await until(lambda: portal.rate_limit.in_flight == 0)
            await cancel(task)
        assert server.count("POST") == 1
        # The place of this request among equal ones is free again.
        server.script.append(created())
        await portal.schedule_appointment(**WANTED)


async def test_waiting_behind_an_equal_request(make_portal: MakePortal) -> None:
    gate = asyncio.Event()
    async with ScriptedServer(hold(gate, created()), otherwise=created(id="apt_2")) as server:
        portal = make_portal(server.url)
        first = asyncio.create_task(portal.schedule_appointment(**WANTED))
        await server.wait_for(1)
        async with nothing_left_behind(portal):
            second = asyncio.create_task(portal.schedule_appointment(**WANTED))
            third = asyncio.create_task(portal.schedule_appointment(**WANTED))
            await asyncio.sleep(0.02)
            assert len(server.received) == 1
            await cancel(second)
            gate.set()
            assert (await first).id == "apt_1"
            assert (await third).id == "apt_2"


async def test_a_timeout_of_the_caller_is_a_cancellation(make_portal: MakePortal) -> None:
    async with ScriptedServer(stall) as server:
        portal = make_portal(server.url)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await portal.schedule_appointment(**WANTED)
        assert server.count("POST") == 1
        await server.wait_until_idle()


@pytest.mark.parametrize("body", [b"", b"{}"])
async def test_aiohttp_tells_when_a_body_begins_to_leave(body: bytes) -> None:
    """What `NOT_SENT` rests on: a payload is asked to write itself only once there is a connection."""
    written: list[bool] = []

    class Watched(aiohttp.BytesPayload):
        async def write_with_length(self, writer: aiohttp.abc.AbstractStreamWriter, content_length: int | None) -> None:
            written.append(True)
            await super().write_with_length(writer, content_length)

    async with aiohttp.ClientSession() as http:
        with pytest.raises(aiohttp.ClientConnectorError):
            await http.post("http://127.0.0.1:1/", data=Watched(body))
        assert written == []
