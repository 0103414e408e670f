"""Wrong settings are refused when they are given, in words that say what to write instead."""

import copy
import json
import pickle
import pprint
import traceback
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import aiohttp
import pytest
from contract_walk import BUILT
from given import SECRET, WANTED, MakePortal
from scripted_server import ScriptedServer, answer
from yarl import URL

import mijnklantportaal_async
from mijnklantportaal_async import (
    UNSET,
    ApiKey,
    Clock,
    PortalSession,
    RateLimit,
    RateLimiter,
    RetryPolicy,
    Timeouts,
)
from mijnklantportaal_async.calling.addresses import COLLECTIONS, check_base_url
from mijnklantportaal_async.calling.auth import Token
from mijnklantportaal_async.values.checks import check_seconds

NAN, INFINITE = float("nan"), float("inf")


async def coroutine(event: object) -> None: ...


class SecretText:
    """As of pydantic."""

    def get_secret_value(self) -> str:
        return SECRET

    def __repr__(self) -> str:
        return SECRET


class RetryClient:
    """As of aiohttp-retry."""


class HalfAnAuth:
    async def token(self) -> str:
        return SECRET


class NumberedAuth(HalfAnAuth):
    portal_name = 17

    async def refresh(self, rejected: str) -> str | None:
        return None


class OtherZone:
    """As of pytz."""

    zone = "Europe/Amsterdam"


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"timeouts": 30}, TypeError, r"timeouts must be a Timeouts, not int; give Timeouts\(call=30\)"),
        ({"timeouts": aiohttp.ClientTimeout(total=3)}, TypeError, "timeouts must be a Timeouts, not ClientTimeout"),
        ({"timeouts": Timeouts}, TypeError, "timeouts must be a Timeouts, not the class Timeouts"),
        ({"retry": 3}, TypeError, r"retry must be a RetryPolicy, not int; give RetryPolicy\(attempts=3\)"),
        ({"retry": 0}, TypeError, "retry must be a RetryPolicy"),
        ({"rate_limit": 60}, TypeError, r"rate_limit must be a RateLimit or RateLimiter, not int; give RateLimit\("),
        ({"rate_limit": False}, TypeError, "rate_limit must be a RateLimit or RateLimiter, not bool"),
        ({"reconcile": True}, TypeError, "reconcile must be a ReconcilePolicy or None, not bool: True; leave it out"),
        ({"reconcile": False}, TypeError, "reconcile must be a ReconcilePolicy or None, not bool: False"),
        ({"priority": 7}, ValueError, "7 is not a valid Priority"),
        ({"hooks": print}, TypeError, r"hooks must be a list of functions, not builtin.*; write hooks=\[my_hook\]"),
        ({"hooks": coroutine}, TypeError, "hooks must be a list of functions"),
        ({"hooks": 7}, TypeError, "hooks must be a list of functions, not int"),
        ({"hooks": ["x"]}, TypeError, r"hooks\[0\] must be a function that takes an event, not str"),
        ({"hooks": "my_hook"}, TypeError, r"hooks\[0\] must be a function"),
        (
            {"ssl": "/etc/ssl/ca.pem"},
            TypeError,
            "ssl must be a SSLContext or Fingerprint or bool, not str; give",
        ),
        ({"ssl": None}, TypeError, "or leave it out for the usual checks"),
        ({"proxy": "127.0.0.1:3128"}, ValueError, "must be the URL of an HTTP proxy"),
        ({"proxy": "user:passw0rd@proxy.example:3128"}, ValueError, "must be the URL of an HTTP proxy"),
        ({"proxy": ""}, ValueError, "must be the URL of an HTTP proxy"),
        ({"proxy": "socks5://user:passw0rd@127.0.0.1:1080"}, ValueError, "SOCKS cannot be spoken"),
        ({"proxy": URL("http://user:passw0rd@x:1")}, TypeError, "proxy must be a str"),
        ({"timezone": None}, TypeError, "timezone must be an IANA name such as 'Europe/Amsterdam', or a ZoneInfo"),
        ({"timezone": UTC}, TypeError, "or a ZoneInfo, not timezone"),
        ({"timezone": OtherZone()}, TypeError, "or a ZoneInfo, not OtherZone"),
        ({"timezone": ""}, ValueError, "is not a time zone"),
        (
            {"api_key": SecretText()},
            TypeError,
            r"api_key must be a str, not .*; give its .get_secret_value\(\)",
        ),
        ({"api_key": SECRET.encode()}, TypeError, "api_key must be a str, not bytes; decode it first"),
        ({"api_key": f"Bearer {SECRET}"}, ValueError, "api_key begins with the word Bearer; give the key alone"),
        ({"api_key": f"bearer  {SECRET}"}, ValueError, "api_key begins with the word Bearer"),
        ({"base_url": URL("https://x/v1")}, TypeError, r"base_url must be a str, not URL; give str\(url\)"),
        ({"base_url": None}, TypeError, "base_url must be a str, not NoneType"),
        (
            {"base_url": "https://x/v1/appointments"},
            ValueError,
            "is the address of appointments; give .*x/v1'",
        ),
        ({"base_url": "https://x/v1/customer-groups/"}, ValueError, "is the address of customer-groups"),
        (
            {"http": RetryClient()},
            TypeError,
            r"must be a ClientSession, not RetryClient.*\(retries are made here\)",
        ),
        ({"http": aiohttp.ClientSession}, TypeError, "http must be a ClientSession, not the class ClientSession"),
        ({"connector_factory": object()}, TypeError, "must be a function that makes a connector, not object"),
        ({"connector_factory": coroutine}, TypeError, "makes a connector, not a coroutine function"),
        ({"user_agent": 7}, TypeError, "user_agent must be a str, not int"),
        ({"clock": 7}, TypeError, "clock must be a Clock, not int"),
    ],
)
def test_settings_of_another_kind(settings: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message) as caught:
        PortalSession(**{"api_key": SECRET} | settings)
    shown = "".join(traceback.TracebackException.from_exception(caught.value, capture_locals=True).format())
    ours = shown[shown.index("session.py") :]
    assert SECRET not in ours, "also not to what prints local variables"
    assert "passw0rd" not in ours


@pytest.mark.parametrize(
    ("auth", "message"),
    [
        (object(), r"auth must have the coroutines token\(\) and refresh\(rejected\), which object lacks"),
        (HalfAnAuth(), "which HalfAnAuth lacks"),
        (NumberedAuth(), "auth.portal_name must be a text that names the portal, not int"),
        (ApiKey, r"auth must be an object, not the class ApiKey; make one: auth=ApiKey\(...\)"),
        (SECRET, "which str lacks; give a key as api_key="),
    ],
)
def test_sources_of_tokens_that_are_none(auth: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message) as caught:
        PortalSession(auth=auth)
    assert SECRET not in str(caught.value)


def test_a_view_takes_no_other_settings_either() -> None:
    portal = PortalSession(api_key=SECRET)
    wrong: list[dict[str, Any]] = [{"timeouts": 30}, {"retry": 3}, {"reconcile": True}, {"timeouts": None}]
    for settings in wrong:
        with pytest.raises(TypeError, match=f"{next(iter(settings))} must be a"):
            portal.with_options(**settings)


async def test_sessions_of_the_user_that_are_of_no_use() -> None:
    http = aiohttp.ClientSession()
    await http.close()
    with pytest.raises(ValueError, match="http is closed already"):
        PortalSession(api_key=SECRET, http=http)
    connector = aiohttp.TCPConnector()
    wrong: list[dict[str, Any]] = [{"http": connector}, {"connector_factory": connector}]
    for settings in wrong:
        with pytest.raises(TypeError, match="not TCPConnector"):
            PortalSession(api_key=SECRET, **settings)
    await connector.close()


@pytest.mark.parametrize("value", ["30", b"3", True, NAN, INFINITE, -INFINITE, -1, 1j, [1], Decimal(3)])
@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (Timeouts, "queue"),
        (Timeouts, "attempt"),
        (Timeouts, "call"),
        (RetryPolicy, "attempts"),
        (RetryPolicy, "quota"),
        (RetryPolicy, "stop"),
        (RetryPolicy, "wait"),
        (RateLimit, "requests"),
        (RateLimit, "per"),
        (RateLimit, "in_flight"),
    ],
)
def test_numbers_that_are_none(kind: type[Any], name: str, value: object) -> None:
    with pytest.raises((TypeError, ValueError), match=rf"{kind.__name__}\({name}=...\) must be "):
        kind(**{name: value})


@pytest.mark.parametrize("value", [2.5, 0])
@pytest.mark.parametrize("name", ["requests", "in_flight"])
def test_parts_of_a_call(name: str, value: Any) -> None:
    with pytest.raises((TypeError, ValueError), match=name):
        RateLimit(**{name: value})


def test_other_settings() -> None:
    with pytest.raises(TypeError, match="follow_headers"):
        RateLimit(follow_headers="no")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="rate_limit must be a RateLimit, not int"):
        RateLimiter(60)  # type: ignore[arg-type]
    for speed in (NAN, INFINITE, 0, -1):
        with pytest.raises(ValueError, match="speed"):
            Clock(speed)
    with pytest.raises(TypeError, match="speed"):
        Clock("1")  # type: ignore[arg-type]
    assert Timeouts(queue=None, attempt=1, call=0.5).attempt == 1
    assert RetryPolicy(quota=0).quota == 0
    assert check_seconds(0, "x", may_be_zero=True) == 0
    with pytest.raises(ValueError, match="x must be 0 seconds or more, not -1"):
        check_seconds(-1, "x", may_be_zero=True)


def test_every_operation_below_a_base_url_is_known() -> None:
    assert {item.path.split("/")[1] for _, item in BUILT} == COLLECTIONS
    for fine in ("https://x/portal", "https://x/files.example/v1", "https://appointments"):
        assert check_base_url(fine) == fine


# --- The key -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", [f"{SECRET}\n", f"Bearer {SECRET}", f"{SECRET}\u00e9"])
def test_a_key_that_is_refused_is_shown_by_no_frame_of_ours(key: str) -> None:
    makers: list[Any] = [lambda: ApiKey(key), lambda: PortalSession(api_key=key)]
    environment = {"MIJNKLANTPORTAAL_API_KEY": key.replace("\n", "\u00e9")}
    makers.append(lambda: PortalSession.from_env(environment))
    makers.append(lambda: PortalSession.from_env({}, api_key=key))
    for make in makers:
        with pytest.raises(ValueError, match="api_key") as caught:
            make()
        error = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
        package = mijnklantportaal_async.__file__.removesuffix("__init__.py")
        frames = [frame for frame in error.stack if frame.filename.startswith(package)]
        assert frames
        assert SECRET not in repr([frame.locals for frame in frames]) + str(caught.value)


def test_a_key_shows_to_nothing_that_prints_objects() -> None:
    token, key, portal = Token(SECRET), ApiKey(SECRET), PortalSession(api_key=SECRET)
    for holder in (token, key, portal, [token], {"key": key}):
        for shown in (repr(holder), str(holder), f"{holder}", f"{holder!r:>40}", pprint.pformat(holder)):
            assert SECRET not in shown
        assert SECRET not in json.dumps(holder, default=lambda one: getattr(one, "__dict__", None) and repr(vars(one)))
    assert SECRET not in pprint.pformat(vars(portal))
    assert SECRET not in repr(token.header())
    assert SECRET not in repr(token.header()[:80])
    assert token.header() == f"Bearer {SECRET}"
    assert token == Token(SECRET)
    assert token != SECRET
    assert len({token, Token(SECRET)}) == 1


def test_a_key_is_not_pickled_and_copies_are_the_key_itself() -> None:
    token, key = Token(SECRET), ApiKey(SECRET)
    for holder in (token, key, PortalSession(api_key=SECRET), token.header()):
        with pytest.raises(TypeError, match="pickled"):
            pickle.dumps(holder)
    assert copy.copy(token) is copy.deepcopy(token) is token
    assert copy.deepcopy(key).held is key.held
    with pytest.raises(TypeError, match="neither pickled nor copied in depth.*make one in each process"):
        copy.deepcopy(PortalSession(api_key=SECRET))


async def test_a_copy_of_a_session_is_a_view_that_closes_nothing(make_portal: MakePortal) -> None:
    async with ScriptedServer(otherwise=answer(200, {"data": []})) as server:
        portal = make_portal(server.url)
        await copy.copy(portal).aclose()
        await portal.list_appointments()


# --- `portal.request` ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"amount": NAN}, r"json\['amount'\] is nan, which JSON has not"),
        ([1, {"a": INFINITE}], r"json\[1\]\['a'\] is inf"),
        ({"a": Decimal("NaN")}, r"json\['a'\] is NaN"),
        ({"startsAt": WANTED["starts_at"]}, r"json\['startsAt'\] is a datetime.*own zone: '2027-03-05 14:30'"),
        ({"a": {1}}, r"json\['a'\] is a set, which JSON has not"),
        ({"a": b"x"}, r"json\['a'\] is a bytes"),
        (b"{}", "json is a bytes"),
        ({1: 2}, "json has the key 1, which is no str"),
        ({"a": {None: 2}}, r"json\['a'\] has the key None"),
        ({"a": UNSET}, r"json\['a'\] is UNSET; leave it out"),
        ({"a": 2**70}, r"json\['a'\] is a number of more than 64 bits"),
        ({"a": object()}, r"json\['a'\] is a object"),
        ((number for number in range(3)), "json is a generator"),
    ],
)
async def test_bodies_that_json_cannot_say(make_portal: MakePortal, body: object, message: str) -> None:
    async with ScriptedServer() as server:
        with pytest.raises(TypeError, match=message):
            await make_portal(server.url).request("POST", "/x", json=body)
        assert server.received == []


async def test_bodies_that_cannot_be_right(make_portal: MakePortal) -> None:
    endless: dict[str, Any] = {}
    endless["a"] = endless
    half: list[Any] = [{"a": "\ud800"}, {"\ud800": 1}]
    async with ScriptedServer() as server:
        portal = make_portal(server.url)
        with pytest.raises(ValueError, match="200 levels deep; does it hold itself"):
            await portal.request("POST", "/x", json=endless)
        for body in half:
            with pytest.raises(ValueError, match="half a character"):
                await portal.request("POST", "/x", json=body)
        assert server.received == []


async def test_bodies_that_are_fine(make_portal: MakePortal) -> None:
    body = {
        "a": [None, True, 1, -(2**63), 2**64 - 1, 1.5, "\u00e9\U0001f600\n", ()],
        "day": datetime(2027, 3, 5).date(),
        "money": Decimal("1.10"),
        "id": UUID(int=1),
    }
    async with ScriptedServer(otherwise=answer(200, {})) as server:
        await make_portal(server.url).request("PUT", "/x", json=body)
        assert server.received[0].json == {
            "a": [None, True, 1, -(2**63), 2**64 - 1, 1.5, "\u00e9\U0001f600\n", []],
            "day": "2027-03-05",
            "money": "1.10",
            "id": "00000000-0000-0000-0000-000000000001",
        }
        await make_portal(server.url).request("PUT", "/x", json=None)
        assert server.received[1].body == b"null"


@pytest.mark.parametrize(
    ("query", "error", "message"),
    [
        ({"a": True}, TypeError, r"query\['a'\] must be a str, an int or None, not bool: True; write it as"),
        ({"a": 1.5}, TypeError, r"query\['a'\] must be a str, an int or None, not float"),
        ({"a": [1, 2]}, TypeError, "not list"),
        ({"a": WANTED["starts_at"]}, TypeError, "not datetime"),
        ({"a": UNSET}, TypeError, "query"),
        ({1: "a"}, TypeError, "query has the name 1"),
        ([("a", "b")], TypeError, "query must be a dict, not list"),
        ("a=b", TypeError, "query must be a dict, not str"),
        ({"a": "\ud800"}, ValueError, "half a character"),
    ],
)
async def test_queries_that_could_be_written_in_two_ways(
    make_portal: MakePortal, query: Any, error: type[Exception], message: str
) -> None:
    async with ScriptedServer() as server:
        with pytest.raises(error, match=message):
            await make_portal(server.url).request("GET", "/x", query=query)
        assert server.received == []


async def test_requests_of_another_kind(make_portal: MakePortal) -> None:
    portal: Any = make_portal("http://127.0.0.1:1")
    with pytest.raises(ValueError, match="method=7 must be one of"):
        await portal.request(7, "/x")
    with pytest.raises(TypeError, match="path must be a str"):
        await portal.request("GET", URL("/x"))
