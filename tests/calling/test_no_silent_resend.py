"""aiohttp sends GET, PUT and DELETE again by itself when the server drops a kept connection. Not through us."""

import aiohttp
import pytest
from given import SECRET, WANTED, MakePortal
from scripted_server import ScriptedServer, answer, appointment, created, drop, listed

from mijnklantportaal_async import ConnectionLostError, Outcome, OutcomeUnknownError, RetryPolicy

ONCE = RetryPolicy(attempts=1)


async def test_the_trap_is_there() -> None:
    """Raw aiohttp shows what the cure is for."""
    async with ScriptedServer(answer(200), drop, answer(200)) as server, aiohttp.ClientSession() as http:
        await (await http.get(server.url)).read()
        await (await http.delete(server.url)).read()
        assert [received.method for received in server.received] == ["GET", "DELETE", "DELETE"]


async def test_a_dropped_delete_is_sent_once(make_portal: MakePortal) -> None:
    async with ScriptedServer(answer(200, appointment()), drop) as server:
        portal = make_portal(server.url, retry=ONCE)
        await portal.get_appointment("apt_1")
        with pytest.raises(ConnectionLostError) as caught:
            await portal.cancel_appointment("apt_1")
        assert [received.method for received in server.received] == ["GET", "DELETE"]
        assert caught.value.outcome is Outcome.UNKNOWN
        assert caught.value.__cause__ is not None


async def test_a_dropped_get_is_sent_once(make_portal: MakePortal) -> None:
    async with ScriptedServer(answer(200, appointment()), drop) as server:
        portal = make_portal(server.url, retry=ONCE)
        await portal.get_appointment("apt_1")
        with pytest.raises(ConnectionLostError):
            await portal.get_appointment("apt_1")
        assert server.count("GET") == 2


async def test_in_a_session_of_the_user_too(make_portal: MakePortal) -> None:
    async with ScriptedServer(answer(200, appointment()), drop) as server, aiohttp.ClientSession() as http:
        portal = make_portal(server.url, retry=ONCE, http=http)
        await portal.get_appointment("apt_1")
        with pytest.raises(ConnectionLostError):
            await portal.cancel_appointment("apt_1")
        assert server.count("DELETE") == 1


async def test_middlewares_of_the_users_session_go_on_working(make_portal: MakePortal) -> None:
    seen: list[str] = []

    async def count(request: aiohttp.ClientRequest, send: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
        seen.append(request.method)
        return await send(request)

    async with (
        ScriptedServer(answer(200, appointment())) as server,
        aiohttp.ClientSession(middlewares=(count,)) as http,
    ):
        await make_portal(server.url, http=http).get_appointment("apt_1")
        assert seen == ["GET"]


async def test_a_dropped_post_without_the_right_to_look_is_sent_once(make_portal: MakePortal) -> None:
    """A key that cannot list appointments: nothing is sent twice, and both causes are told."""
    refused = answer(403, {"message": "Invalid scope(s) provided."})
    async with ScriptedServer(drop, refused, otherwise=created()) as server:
        with pytest.raises(OutcomeUnknownError) as caught:
            await make_portal(server.url).schedule_appointment(**WANTED)
        assert server.count("POST") == 1
        error = caught.value
        assert isinstance(error.__cause__, ConnectionLostError)
        assert error.look_error is not None
        assert error.look_error.outcome is Outcome.REJECTED
        assert "appointments.read" in str(error.look_error)
        assert error.outcome is Outcome.UNKNOWN
        assert SECRET not in repr(error) + str(error) + repr(error.__cause__) + repr(error.__cause__.__cause__)


async def test_a_dropped_post_is_sent_again_only_after_looking(make_portal: MakePortal) -> None:
    async with ScriptedServer(drop, listed(), listed(), listed(), created()) as server:
        appointment_ = await make_portal(server.url).schedule_appointment(**WANTED)
        assert appointment_.id == "apt_1"
        assert [received.method for received in server.received] == ["POST", "GET", "GET", "GET", "POST"]


@pytest.mark.parametrize("kept", [False, True])
async def test_a_post_and_a_patch_are_never_resent_by_aiohttp(make_portal: MakePortal, kept: bool) -> None:
    """They go without the guard, so this has to stay true of every aiohttp that we admit."""
    script = [answer(200, appointment())] if kept else []
    async with ScriptedServer(*script, otherwise=drop) as server:
        portal = make_portal(server.url, retry=ONCE, reconcile=None)
        if kept:
            await portal.get_appointment("apt_1")
        with pytest.raises(OutcomeUnknownError):
            await portal.schedule_appointment(**WANTED)
        with pytest.raises(ConnectionLostError):
            await portal.change_appointment_status("apt_1", status="scheduled")
        assert server.count("POST") == server.count("PATCH") == 1
