"""`PortalSession`: made without a loop, shared, viewed, closed."""

import asyncio
import gc
import ssl
import warnings
from typing import Any
from zoneinfo import ZoneInfo

import aiohttp
import pytest
from given import SECRET, WANTED, MakePortal
from scripted_server import ScriptedServer, answer, appointment, created, drop, stall

from mijnklantportaal_async import (
    ApiKey,
    AuthenticationError,
    ConnectError,
    ConnectionLostError,
    PortalSession,
    Priority,
    RateLimit,
    RateLimiter,
    ReconcilePolicy,
    RetryPolicy,
    Timeouts,
    TokenRefreshError,
    with_response,
)

FOUND = answer(200, appointment())


def test_it_is_made_without_a_loop_and_sends_nothing() -> None:
    portal = PortalSession(api_key=SECRET)
    assert repr(portal) == ("<PortalSession https://api.mijnklantportaal.nl/v1 timezone=Europe/Amsterdam api_key=***>")
    assert portal.rate_limit.limit == 60
    assert portal.rate_limit.remaining == 60


async def test_what_goes_over_the_wire(make_portal: MakePortal) -> None:
    async with ScriptedServer(created()) as server:
        await make_portal(server.url, user_agent="practice/1.0").schedule_appointment(**WANTED)
        (received,) = server.received
    assert (received.method, received.path) == ("POST", "/v1/appointments")
    assert received.json == {
        "name": "Contract extension",
        "startsAt": "2027-03-05 14:30",
        "endsAt": "2027-03-05 15:30",
        "customerId": "cst_1",
    }
    assert received.headers["authorization"] == f"Bearer {SECRET}"
    assert received.headers["content-type"] == "application/json"
    assert received.headers["accept"] == "application/json"
    assert received.headers["user-agent"].startswith("practice/1.0 mijnklantportaal-async/")


async def test_closing_any_number_of_times(make_portal: MakePortal) -> None:
    async with ScriptedServer(otherwise=FOUND) as server:
        async with make_portal(server.url) as portal:
            await portal.get_appointment("apt_1")
        await portal.aclose()
        await portal.aclose()
        assert "closed" in repr(portal)
        with pytest.raises(RuntimeError, match="is closed; make a new one"):
            await portal.get_appointment("apt_1")
        with pytest.raises(RuntimeError, match="is closed"):
            async with portal:
                pass
        await server.wait_until_idle()


async def test_closing_under_a_call_is_an_error_of_the_call(make_portal: MakePortal) -> None:
    async with ScriptedServer(otherwise=stall) as server:
        portal = make_portal(server.url)
        task = asyncio.create_task(portal.get_appointment("apt_1"))
        await server.wait_for(1)
        await portal.aclose()
        # It was sent: what became of it, nobody knows.
        with pytest.raises(ConnectionLostError, match="The session was closed while the call was under way") as caught:
            await task
        assert caught.value.__notes__ == ["Not tried again: the session was closed."]
        assert len(server.received) == 1


# aiohttp warns of its own session as well, once ours has gone.
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
async def test_a_session_left_open_is_named() -> None:
    async with ScriptedServer(otherwise=FOUND) as server:
        portal = PortalSession(api_key=SECRET, base_url=server.url)
        await portal.get_appointment("apt_1")
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            del portal
            gc.collect()
        messages = [str(warning.message) for warning in caught if issubclass(warning.category, ResourceWarning)]
        assert any(f"A PortalSession for {server.url} was not closed" in message for message in messages)
        assert SECRET not in "".join(messages)
        # The warnings hold what they warn of; let it go here, and not in some later test.
        caught.clear()
        gc.collect()
        await asyncio.sleep(0)
        gc.collect()


def test_another_loop_is_refused() -> None:
    portal = PortalSession(api_key=SECRET, base_url="http://127.0.0.1:1", retry=RetryPolicy(attempts=1))

    async def call() -> None:
        with pytest.raises(ConnectError):
            await portal.get_appointment("apt_1")

    async def call_again() -> None:
        with pytest.raises(RuntimeError, match="another event loop; make one per loop"):
            await portal.get_appointment("apt_1")

    asyncio.run(call())
    asyncio.run(call_again())
    asyncio.run(portal.aclose())


async def test_a_session_of_the_user_is_used_and_never_closed(make_portal: MakePortal) -> None:
    async with ScriptedServer(otherwise=FOUND) as server, aiohttp.ClientSession(headers={"X-Own": "1"}) as http:
        async with make_portal(server.url, http=http) as portal:
            await portal.get_appointment("apt_1")
        assert not http.closed
        assert server.received[0].headers["x-own"] == "1"
        with pytest.raises(RuntimeError, match="is closed"):
            await portal.get_appointment("apt_1")


async def test_a_connector_of_the_user(make_portal: MakePortal) -> None:
    made: list[aiohttp.TCPConnector] = []

    def factory() -> aiohttp.TCPConnector:
        made.append(aiohttp.TCPConnector(limit=2))
        return made[-1]

    async with ScriptedServer(otherwise=FOUND) as server:
        async with make_portal(server.url, connector_factory=factory) as portal:
            await portal.get_appointment("apt_1")
            await portal.get_appointment("apt_1")
        assert [connector.closed for connector in made] == [True]


async def test_through_a_proxy(make_portal: MakePortal) -> None:
    async with ScriptedServer(FOUND) as proxy:
        portal = make_portal("http://127.0.0.1:9/v1", proxy=proxy.url.removesuffix("/v1"))
        await portal.get_appointment("apt_1")
        assert proxy.received[0].path == "http://127.0.0.1:9/v1/appointments/apt_1"


async def test_a_proxy_that_only_the_environment_names_is_not_used(
    make_portal: MakePortal, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with ScriptedServer() as proxy, ScriptedServer(FOUND) as server:
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
            monkeypatch.setenv(name.lower(), proxy.url)
        await make_portal(server.url).get_appointment("apt_1")
        assert (len(proxy.received), len(server.received)) == (0, 1)


@pytest.mark.parametrize("proxy", ["proxy.example:3128", "http://", "socks5://a:secret@b", "http://a:secret@b:99999"])
def test_what_is_no_http_proxy_is_refused_and_not_repeated(make_portal: MakePortal, proxy: str) -> None:
    with pytest.raises(ValueError, match="must be the URL of an HTTP proxy") as caught:
        make_portal("https://portal.invalid/v1", proxy=proxy)
    assert "secret" not in str(caught.value)


async def test_a_proxy_that_is_not_there_is_named_as_what_is_missing(make_portal: MakePortal) -> None:
    portal = make_portal("https://portal.invalid/v1", proxy="http://127.0.0.1:9", retry=RetryPolicy(attempts=1))
    with pytest.raises(ConnectError, match="No connection to the proxy"):
        await portal.get_appointment("apt_1")


async def test_a_proxy_that_refuses_is_not_sent_and_shows_no_key(make_portal: MakePortal) -> None:
    async with ScriptedServer(otherwise=answer(407, b"")) as proxy:
        portal = make_portal("https://portal.invalid/v1", proxy=proxy.url, retry=RetryPolicy(attempts=1))
        with pytest.raises(ConnectError, match="The proxy refused with status 407") as caught:
            await portal.schedule_appointment(**WANTED)
        assert proxy.received[0].method == "CONNECT"
        assert SECRET not in repr(caught.value.__cause__) + repr(caught.value.__context__) + str(caught.value)


async def test_options_are_a_view_that_changes_nothing(make_portal: MakePortal) -> None:
    async with ScriptedServer(otherwise=FOUND) as server:
        portal = make_portal(server.url, rate_limit=RateLimit(requests=10, per=3600))
        timeouts, retry = Timeouts(call=5), RetryPolicy(attempts=2)
        view = portal.with_options(timeouts=timeouts, retry=retry, reconcile=None, priority=Priority.BACKGROUND)
        other = view.with_options(reconcile=ReconcilePolicy())
        assert view._options.timeouts is other._options.timeouts is timeouts
        assert view._options.retry is retry
        assert view._options.reconcile is None
        assert portal._options.reconcile is not None
        assert portal._options.priority is Priority.INTERACTIVE
        await view.get_appointment("apt_1")
        assert portal.rate_limit.remaining == view.rate_limit.remaining == 9
        async with view:
            pass
        await view.aclose()
        await portal.get_appointment("apt_1")
        assert server.connections_accepted == 1


async def test_sessions_that_share_a_limiter_share_its_window(make_portal: MakePortal) -> None:
    async with ScriptedServer(otherwise=FOUND) as server:
        limiter = RateLimiter(RateLimit(requests=10, per=3600))
        one, other = make_portal(server.url, rate_limit=limiter), make_portal(server.url, rate_limit=limiter)
        await one.get_appointment("apt_1")
        await other.get_appointment("apt_1")
        assert one.rate_limit == other.rate_limit
        assert one.rate_limit.remaining == 8


class RenewingAuth:
    """Tokens that expire."""

    def __init__(self, *tokens: str | Exception) -> None:
        self.tokens = list(tokens)
        self.now = "first"
        self.refreshed: list[str] = []

    async def token(self) -> str:
        return self.now

    async def refresh(self, rejected: str) -> str | None:
        self.refreshed.append(rejected)
        fresh = self.tokens.pop(0)
        if isinstance(fresh, Exception):
            raise fresh
        self.now = fresh
        return fresh


async def test_a_rejected_token_is_refreshed_once_and_the_request_sent_again(make_portal: MakePortal) -> None:
    auth = RenewingAuth("second")
    async with ScriptedServer(answer(401), created()) as server:
        response = await with_response(make_portal(server.url, auth=auth).schedule_appointment, **WANTED)
        assert [received.headers["authorization"] for received in server.received] == ["Bearer first", "Bearer second"]
        assert response.attempts == 2
    assert auth.refreshed == ["first"]


async def test_a_token_rejected_twice_is_an_error(make_portal: MakePortal) -> None:
    async with ScriptedServer(answer(401), answer(401, {"message": "Unauthenticated."})) as server:
        with pytest.raises(AuthenticationError, match="401 Unauthenticated"):
            await make_portal(server.url, auth=RenewingAuth("second")).get_appointment("apt_1")
        assert len(server.received) == 2


async def test_a_refresh_that_fails_is_told(make_portal: MakePortal) -> None:
    auth = RenewingAuth(TokenRefreshError("the refresh token was revoked"))
    async with ScriptedServer(answer(401)) as server:
        with pytest.raises(TokenRefreshError, match="revoked"):
            await make_portal(server.url, auth=auth).get_appointment("apt_1")


async def test_a_refreshed_token_that_cannot_be_a_header_is_refused(make_portal: MakePortal) -> None:
    async with ScriptedServer(answer(401)) as server:
        with pytest.raises(ValueError, match="the refreshed token holds white space"):
            await make_portal(server.url, auth=RenewingAuth("two\r\nlines")).get_appointment("apt_1")


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({}, TypeError, "give either api_key= or auth="),
        ({"api_key": "x", "auth": ApiKey("y")}, TypeError, "not both"),
        ({"api_key": ""}, ValueError, "api_key is empty"),
        ({"api_key": "a b"}, ValueError, "holds white space"),
        ({"api_key": "a\r\nX-Evil: 1"}, ValueError, "line break"),
        ({"api_key": "sleutél"}, ValueError, "outside ASCII"),
        ({"api_key": 7}, TypeError, "api_key must be a str"),
        ({"api_key": "x", "base_url": "http://api.mijnklantportaal.nl/v1"}, ValueError, "unencrypted"),
        ({"api_key": "x", "base_url": "ftp://x"}, ValueError, "must look like"),
        ({"api_key": "x", "base_url": "api.mijnklantportaal.nl"}, ValueError, "must look like"),
        ({"api_key": "x", "base_url": "https://a:b@x"}, ValueError, "user name or password"),
        ({"api_key": "x", "base_url": "https://x/?a=1"}, ValueError, "must look like"),
        ({"api_key": "x", "base_url": "https://x:99999"}, ValueError, "is not a URL"),
        ({"api_key": "x", "timezone": "Mars/Olympus"}, ValueError, "is not a time zone"),
        ({"api_key": "x", "timezone": "../etc/passwd"}, ValueError, "is not a time zone"),
        ({"api_key": "x", "user_agent": "a\nb"}, ValueError, "printable ASCII"),
        ({"api_key": "x", "priority": "someday"}, ValueError, "someday"),
    ],
)
def test_settings_that_cannot_be_right(settings: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        PortalSession(**settings)


async def test_a_connector_beside_a_session_is_refused() -> None:
    async with aiohttp.ClientSession() as http:
        with pytest.raises(TypeError, match="not both"):
            PortalSession(api_key="x", http=http, connector_factory=aiohttp.TCPConnector)


@pytest.mark.parametrize("url", ["http://localhost:1/v1/", "http://[::1]:1/v1", "http://a.localhost", "https://x/v1/"])
def test_base_urls_that_are_fine(url: str) -> None:
    assert url.rstrip("/") in repr(PortalSession(api_key="x", base_url=url))


def test_a_zone_object_is_fine() -> None:
    assert PortalSession(api_key="x", timezone=ZoneInfo("Europe/Brussels")).timezone == ZoneInfo("Europe/Brussels")
    assert "Europe/Brussels" in repr(PortalSession(api_key="x", timezone=ZoneInfo("Europe/Brussels")))


def test_from_the_environment() -> None:
    environment = {
        "MIJNKLANTPORTAAL_API_KEY": f" {SECRET}\n",
        "MIJNKLANTPORTAAL_BASE_URL": "https://example.nl/v1",
        "MIJNKLANTPORTAAL_TIMEZONE": "Europe/Brussels",
    }
    assert "https://example.nl/v1 timezone=Europe/Brussels" in repr(PortalSession.from_env(environment))
    given = PortalSession.from_env(environment, timezone="Europe/Amsterdam", timeouts=Timeouts(call=1))
    assert "Europe/Amsterdam" in repr(given)
    with pytest.raises(ValueError, match="MIJNKLANTPORTAAL_API_KEY is not set"):
        PortalSession.from_env({})
    assert PortalSession.from_env({}, api_key=SECRET)


def test_from_the_real_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIJNKLANTPORTAAL_API_KEY", SECRET)
    monkeypatch.delenv("MIJNKLANTPORTAAL_BASE_URL", raising=False)
    assert "api.mijnklantportaal.nl" in repr(PortalSession.from_env())


async def test_any_other_operation(make_portal: MakePortal) -> None:
    async with ScriptedServer(
        answer(200, {"data": [1]}), answer(204, b"", {"Content-Length": ""}), otherwise=drop
    ) as server:
        portal = make_portal(server.url)
        assert await portal.request("get", "/new-thing", query={"a": "é&", "b": 2, "c": None}) == {"data": [1]}
        assert server.received[0].path == "/v1/new-thing?a=%C3%A9%26&b=2"
        assert await portal.request("DELETE", "/new-thing/x y".replace(" ", "%20")) is None
        assert server.received[1].path == "/v1/new-thing/x%20y"
        for method in ("POST", "PATCH"):
            before = len(server.received)
            with pytest.raises(Exception, match="Do not simply call again"):
                await portal.request(method, "/new-thing", json={"a": 1})
            assert len(server.received) == before + 1


@pytest.mark.parametrize(
    "path", ["new", "//evil.nl/x", "/a/../b", "/a/%2E%2e/b", "/a?b=1", "/a#b", "/a b", "/a\n", "https://x", "/./a"]
)
async def test_paths_that_lead_elsewhere_are_refused(make_portal: MakePortal, path: str) -> None:
    with pytest.raises(ValueError, match="path="):
        await make_portal("http://127.0.0.1:1").request("GET", path)


async def test_methods_that_are_none_are_refused(make_portal: MakePortal) -> None:
    with pytest.raises(ValueError, match="method='TRACE' must be one of GET"):
        await make_portal("http://127.0.0.1:1").request("TRACE", "/x")


async def test_with_response_needs_a_call() -> None:
    async def nothing() -> None: ...

    with pytest.raises(RuntimeError, match="made no call"):
        await with_response(nothing)


async def test_with_response_keeps_concurrent_calls_apart(make_portal: MakePortal) -> None:
    async def echo(exchange: Any) -> None:
        name = exchange.received.path.rpartition("/")[2]
        await asyncio.sleep(0.5)
        await exchange.answer(200, appointment(id=name), {"X-Name": name})

    async with ScriptedServer(otherwise=echo) as server:
        portal = make_portal(server.url)
        names = [f"apt_{number}" for number in range(20)]
        responses = await asyncio.gather(*(with_response(portal.get_appointment, name) for name in names))
    for name, response in zip(names, responses, strict=True):
        assert response.data.id == response.headers["x-name"] == name
        assert (response.status, response.attempts) == (200, 1)
        assert response.elapsed == pytest.approx(0.5, abs=0.01)


async def test_redirects_are_not_followed(make_portal: MakePortal) -> None:
    async with ScriptedServer(created()) as elsewhere:
        moved = answer(307, b"", {"Location": elsewhere.url + "?token=1"})
        async with ScriptedServer(moved) as server:
            with pytest.raises(
                Exception, match=r"redirect to http://127.*that is not followed; is base_url right"
            ) as caught:
                await make_portal(server.url).get_appointment("apt_1")
            assert "token=1" not in str(caught.value)
        assert elsewhere.received == []


async def test_cookies_are_not_kept(make_portal: MakePortal) -> None:
    async with ScriptedServer(answer(200, appointment(), {"Set-Cookie": "a=b"}), FOUND) as server:
        portal = make_portal(server.url.replace("127.0.0.1", "localhost"))
        await portal.get_appointment("apt_1")
        await portal.get_appointment("apt_1")
        assert "cookie" not in server.received[1].headers


def test_an_ssl_context_is_taken() -> None:
    PortalSession(api_key="x", ssl=ssl.create_default_context())


async def test_calls_of_one_watched_coroutine_do_not_share_an_account(make_portal: MakePortal) -> None:
    async with ScriptedServer(answer(503), answer(503), otherwise=FOUND) as server:
        portal = make_portal(server.url)

        async def side_by_side() -> None:
            await asyncio.gather(*(portal.get_appointment("apt_1") for _ in range(2)))

        async def one_after_the_other() -> None:
            await portal.get_appointment("apt_1")
            await portal.get_appointment("apt_1")

        assert (await with_response(side_by_side)).attempts <= 3
        assert (await with_response(one_after_the_other)).attempts == 1
