"""`http=`: the ClientSessions that people have, and what they change: nothing."""

import gzip
import json
from typing import Any

import aiohttp
import pytest
from given import SECRET, WANTED, MakePortal
from scripted_server import Exchange, ScriptedServer, answer, appointment, created, drop, listed

from mijnklantportaal_async import (
    ConnectError,
    MijnKlantportaalError,
    Outcome,
    OutcomeUnknownError,
    PortalSession,
    RetryPolicy,
)

ONCE = RetryPolicy(attempts=1)


@pytest.mark.parametrize("status", [401, 404, 422, 500])
async def test_raise_for_status_changes_nothing(make_portal: MakePortal, status: int) -> None:
    said: list[tuple[type, Outcome, str, int]] = []
    for raises in (False, True):
        refusal = answer(status, {"message": "no"})
        async with (
            ScriptedServer(otherwise=refusal) as server,
            aiohttp.ClientSession(raise_for_status=raises) as http,
        ):
            with pytest.raises(MijnKlantportaalError) as caught:
                await make_portal(server.url, http=http, retry=ONCE).schedule_appointment(**WANTED)
            error = caught.value
            said.append((type(error), error.outcome, error.message.partition(";")[0], server.count("POST")))
    assert said[0] == said[1]


@pytest.mark.parametrize(
    "settings",
    [
        {"auth": ("user", "word")},
        {"headers": {"Authorization": "Basic b3RoZXI=", "Content-Type": "text/plain"}},
        {"base_url": "https://elsewhere.example/api/"},
        {"timeout": aiohttp.ClientTimeout(total=0.001)},
        {"skip_auto_headers": ["User-Agent", "Content-Type"]},
        {"read_bufsize": 64},
        {"trust_env": True},
    ],
    ids=lambda settings: next(iter(settings)),
)
# So do people who gave their session a user and a password before aiohttp advised against it.
@pytest.mark.filterwarnings("ignore:.*deprecated:DeprecationWarning")
async def test_settings_of_theirs(
    make_portal: MakePortal, settings: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    if "auth" in settings:
        settings = {"auth": aiohttp.BasicAuth(*settings["auth"])}
    async with ScriptedServer(created()) as server, aiohttp.ClientSession(**settings) as http:
        portal = make_portal(server.url, http=http)
        assert (await portal.schedule_appointment(**WANTED)).id == "apt_1"
        headers = server.received[0].headers
        assert headers["authorization"] == f"Bearer {SECRET}"
        assert headers["content-type"] == "application/json"


async def test_answers_are_unpacked_also_where_theirs_are_not(make_portal: MakePortal) -> None:
    packed = gzip.compress(json.dumps(appointment()).encode())
    async with (
        ScriptedServer(answer(201, packed, {"Content-Encoding": "gzip"})) as server,
        aiohttp.ClientSession(auto_decompress=False) as http,
    ):
        assert (await make_portal(server.url, http=http).schedule_appointment(**WANTED)).id == "apt_1"


async def test_a_session_that_its_owner_has_closed(make_portal: MakePortal) -> None:
    async with ScriptedServer(otherwise=created()) as server:
        http = aiohttp.ClientSession()
        portal = make_portal(server.url, http=http)
        await http.close()
        with pytest.raises(ConnectError, match="The ClientSession of http= is closed") as caught:
            await portal.schedule_appointment(**WANTED)
        assert caught.value.outcome is Outcome.NOT_SENT
        assert caught.value.is_permanent
        assert caught.value.attempts == 1


async def test_a_session_that_its_owner_closes_while_a_call_is_in_doubt(make_portal: MakePortal) -> None:
    http = aiohttp.ClientSession()

    async def drop_and_close(exchange: Exchange) -> None:
        exchange.drop()
        await http.close()

    async with ScriptedServer(drop_and_close, otherwise=created()) as server:
        with pytest.raises(OutcomeUnknownError):
            await make_portal(server.url, http=http).schedule_appointment(**WANTED)
        assert server.count("POST") == 1


async def retry_thrice(request: aiohttp.ClientRequest, send: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """As the documentation of aiohttp shows it."""
    for attempt in range(3):
        try:
            response = await send(request)
        except aiohttp.ClientError:
            if attempt == 2:
                raise
        else:
            if response.status < 500:
                return response
    return response


@pytest.mark.parametrize("failure", [drop, answer(503)], ids=["lost", "503"])
async def test_a_middleware_that_sends_again_does_not_book_twice(make_portal: MakePortal, failure: Any) -> None:
    async with (
        ScriptedServer(failure, listed(appointment()), otherwise=failure) as server,
        aiohttp.ClientSession(middlewares=(retry_thrice,)) as http,
    ):
        booked = await make_portal(server.url, http=http).schedule_appointment(**WANTED)
        assert booked.id == "apt_1"
        assert server.count("POST") == 1


async def test_a_middleware_may_repeat_what_was_refused_or_does_no_harm(make_portal: MakePortal) -> None:
    async def once_more(request: aiohttp.ClientRequest, send: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
        response = await send(request)
        return response if response.status < 400 else await send(request)

    async with (
        ScriptedServer(answer(429), created(), answer(503), answer(200, appointment())) as server,
        aiohttp.ClientSession(middlewares=(once_more,)) as http,
    ):
        portal = make_portal(server.url, http=http, retry=ONCE)
        await portal.schedule_appointment(**WANTED)
        await portal.get_appointment("apt_1")
        assert [received.method for received in server.received] == ["POST", "POST", "GET", "GET"]


async def test_a_middleware_that_answers_by_itself(make_portal: MakePortal) -> None:
    """A cache, say: nothing leaves, and its answer is one."""
    async with ScriptedServer(answer(200, appointment())) as server, aiohttp.ClientSession() as other:

        async def elsewhere(request: aiohttp.ClientRequest, send: Any) -> aiohttp.ClientResponse:
            return await other.get(f"{server.url}/kept")

        async with aiohttp.ClientSession(middlewares=(elsewhere,)) as http:
            assert (await make_portal(server.url, http=http).get_appointment("apt_1")).id == "apt_1"
        assert [received.path for received in server.received] == ["/v1/kept"]


async def test_a_middleware_that_signs_bodies(make_portal: MakePortal) -> None:
    seen: list[bytes] = []

    async def sign(request: aiohttp.ClientRequest, send: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
        body: Any = request.body
        seen.extend([await body.as_bytes(), body.decode().encode()])
        assert body.autoclose
        request.headers["X-Signature"] = str(len(seen[0]))
        return await send(request)

    async with ScriptedServer(created()) as server, aiohttp.ClientSession(middlewares=(sign,)) as http:
        await make_portal(server.url, http=http).schedule_appointment(**WANTED)
        [received] = server.received
    assert seen == [received.body] * 2
    assert received.headers["x-signature"] == str(len(received.body))


def test_a_client_that_sends_again_by_itself_is_refused() -> None:
    class RetryClient:
        """As that of aiohttp-retry, which wraps a session."""

    with pytest.raises(
        TypeError, match=r"http must be a ClientSession, not RetryClient; give .* \(retries are made here\)"
    ):
        PortalSession(api_key=SECRET, http=RetryClient())  # type: ignore[arg-type]


async def test_an_error_of_a_middleware_is_an_error_of_ours(make_portal: MakePortal) -> None:
    async def before(request: aiohttp.ClientRequest, send: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
        raise ZeroDivisionError("mine")

    async def after(request: aiohttp.ClientRequest, send: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
        await send(request)
        raise ZeroDivisionError("mine")

    async with ScriptedServer(created()) as server:
        async with aiohttp.ClientSession(middlewares=(before,)) as http:
            with pytest.raises(ConnectError, match="ZeroDivisionError: mine") as refused:
                await make_portal(server.url, http=http).schedule_appointment(**WANTED)
            assert refused.value.outcome is Outcome.NOT_SENT
            assert server.received == []
        async with aiohttp.ClientSession(middlewares=(after,)) as http:
            with pytest.raises(OutcomeUnknownError) as unknown:
                await make_portal(server.url, http=http, reconcile=None).schedule_appointment(**WANTED)
            assert isinstance(unknown.value.__cause__, MijnKlantportaalError)
            assert isinstance(unknown.value.__cause__.__cause__, ZeroDivisionError)
            assert server.count("POST") == 1


async def test_local_variables_of_aiohttp_do_not_show_the_key(make_portal: MakePortal) -> None:
    """An error that is not the network's keeps its traceback: there is something to find in it."""

    async def fail(request: aiohttp.ClientRequest, send: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
        headers = request.headers
        assert SECRET in headers["Authorization"]
        raise ZeroDivisionError("mine")

    async with ScriptedServer() as server, aiohttp.ClientSession(middlewares=(fail,)) as http:
        with pytest.raises(ConnectError) as caught:
            await make_portal(server.url, http=http).get_appointment("apt_1")
    assert caught.value.__cause__ is not None
    traceback, shown = caught.value.__cause__.__traceback__, 0
    while traceback is not None:
        if "mijnklantportaal_async" not in traceback.tb_frame.f_code.co_filename:
            shown += 1
            assert SECRET not in repr(traceback.tb_frame.f_locals)
        traceback = traceback.tb_next
    assert shown >= 2
