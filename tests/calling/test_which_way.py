"""Which way a request goes: the short one, unless somebody else is to see it."""

import logging
import re
from collections.abc import Awaitable, Callable, Iterator
from typing import Any
from unittest import mock

import aiohttp
import pytest
from given import WANTED, MakePortal
from scripted_server import ScriptedServer, answer, appointment, created, drop

from mijnklantportaal_async import (
    ConnectError,
    ConnectionLostError,
    OutcomeUnknownError,
    PortalSession,
    RetryPolicy,
)
from mijnklantportaal_async.calling import aiohttp_inside as inside

ONCE = RetryPolicy(attempts=1)


def short(portal: PortalSession) -> bool:
    """Whether the short way was gone."""
    return portal._caller.sender.transport._short is not None


async def test_the_short_way_is_the_usual_one(make_portal: MakePortal, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "mijnklantportaal_async")
    async with ScriptedServer(created()) as server:
        portal = make_portal(server.url)
        await portal.schedule_appointment(**WANTED)
        assert short(portal)
    assert caplog.messages == []


async def test_a_session_of_the_user(make_portal: MakePortal, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "mijnklantportaal_async")
    async with ScriptedServer(otherwise=created()) as server, aiohttp.ClientSession() as http:
        portal = make_portal(server.url, http=http)
        await portal.schedule_appointment(**WANTED)
        await portal.schedule_appointment(**WANTED | {"name": "Another"})
        assert not short(portal)
        assert not http.closed
    ways = [message for message in caplog.messages if "ClientSession" in message]
    assert ways == ["Requests go through aiohttp's ClientSession, as right and slower: http= was given"]


async def test_a_proxy(make_portal: MakePortal) -> None:
    """It is asked with the whole address, as the short way never does."""
    async with ScriptedServer(otherwise=created()) as proxy:
        portal = make_portal("http://localhost:9/v1", proxy=proxy.url.removesuffix("/v1"))
        await portal.schedule_appointment(**WANTED)
        assert [received.path for received in proxy.received] == ["http://localhost:9/v1/appointments"]
        assert not short(portal)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"TESTED": frozenset({"3.11"})}, r"aiohttp [\d.]+ is not among the tested \(3.11\)"),
        ({"_names": lambda: {"Connection.protocol": False}}, "is not as expected: Connection.protocol"),
    ],
)
async def test_an_aiohttp_that_nobody_knows(
    make_portal: MakePortal,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    change: dict[str, Any],
    reason: str,
) -> None:
    caplog.set_level(logging.INFO, "mijnklantportaal_async")
    for name, value in change.items():
        monkeypatch.setattr(inside, name, value)
    inside.why_not.cache_clear()
    try:
        async with ScriptedServer(otherwise=created()) as server:
            portal = make_portal(server.url)
            await portal.schedule_appointment(**WANTED)
            assert not short(portal)
            assert server.count("POST") == 1
    finally:
        inside.why_not.cache_clear()
    [message] = [message for message in caplog.messages if "ClientSession" in message]
    assert re.search(reason, message)


@pytest.fixture
def unknown_aiohttp(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No undocumented name is used with it."""
    monkeypatch.setattr(inside, "TESTED", frozenset())
    inside.why_not.cache_clear()
    yield
    inside.why_not.cache_clear()


@pytest.mark.usefixtures("unknown_aiohttp")
async def test_documented_names_alone_say_nothing_wrong(make_portal: MakePortal) -> None:
    """Less is known then: a request without a body may have left as soon as there is a connection."""
    async with ScriptedServer(created(), answer(200, appointment()), drop, drop, drop) as server:
        portal = make_portal(server.url, retry=ONCE, reconcile=None)
        await portal.schedule_appointment(**WANTED)
        await portal.get_appointment("apt_1")
        with pytest.raises(OutcomeUnknownError):
            await portal.schedule_appointment(**WANTED)
        for lost in (portal.get_appointment, portal.cancel_appointment):
            with pytest.raises(ConnectionLostError):
                await lost("apt_1")
        assert [received.method for received in server.received] == ["POST", "GET", "POST", "GET", "DELETE"]
        gone = server.url
    with pytest.raises(ConnectError):
        await portal.get_appointment("apt_1")
    with pytest.raises(ConnectError):
        await make_portal(gone, retry=ONCE).schedule_appointment(**WANTED)


async def test_a_tracer_that_joins_each_new_session(make_portal: MakePortal) -> None:
    """As OpenTelemetry and Sentry do."""
    seen: list[str] = []
    init = aiohttp.ClientSession.__init__

    async def on_start(session: aiohttp.ClientSession, context: Any, start: aiohttp.TraceRequestStartParams) -> None:
        seen.append(start.method)

    def traced(self: aiohttp.ClientSession, *args: Any, **settings: Any) -> None:
        trace = aiohttp.TraceConfig()
        trace.on_request_start.append(on_start)
        init(self, *args, trace_configs=[trace], **settings)

    async with ScriptedServer(created()) as server:
        with mock.patch.object(aiohttp.ClientSession, "__init__", traced):
            portal = make_portal(server.url)
            await portal.schedule_appointment(**WANTED)
    assert seen == ["POST"]
    assert not short(portal)


@pytest.mark.parametrize("name", ["_request", "request"])
@pytest.mark.parametrize("is_open", [False, True], ids=["before the first call", "between calls"])
async def test_what_records_or_mocks_requests_sees_them(make_portal: MakePortal, name: str, is_open: bool) -> None:
    """As vcrpy and aioresponses do, which come and go while a session is open."""
    seen: list[str] = []
    original: Callable[..., Awaitable[aiohttp.ClientResponse]] = getattr(aiohttp.ClientSession, name)

    async def recorded(self: aiohttp.ClientSession, method: str, *args: Any, **settings: Any) -> aiohttp.ClientResponse:
        seen.append(method)
        return await original(self, method, *args, **settings)

    async with ScriptedServer(otherwise=answer(200, appointment())) as server:
        portal = make_portal(server.url)
        if is_open:
            await portal.get_appointment("apt_1")
            assert short(portal)
        with mock.patch.object(aiohttp.ClientSession, name, recorded):
            await portal.get_appointment("apt_1")
        assert seen == ["GET"]
        await portal.get_appointment("apt_1")
        assert seen == ["GET"]
        assert short(portal)
        assert len(server.received) == 2 + is_open
        # Both ways share one pool.
        assert server.connections_accepted == 1


async def test_a_mock_that_sends_nothing(make_portal: MakePortal) -> None:
    """A test of the user's must never reach the real portal."""

    async def refuse(self: aiohttp.ClientSession, *args: Any, **settings: Any) -> aiohttp.ClientResponse:
        raise aiohttp.ClientConnectionError("nothing was prepared for this request")

    async with ScriptedServer(otherwise=created()) as server:
        portal = make_portal(server.url)
        with (
            mock.patch.object(aiohttp.ClientSession, "_request", refuse),
            pytest.raises(Exception, match="nothing was prepared"),
        ):
            await portal.get_appointment("apt_1")
        assert server.received == []
