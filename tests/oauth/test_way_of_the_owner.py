"""There and back: what the owner's browser is given, and what it may come back with."""

import asyncio
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from moved_time import LoopClock
from multidict import MultiDict
from oauth_given import REDIRECT, SECRET, application, connected
from scripted_server import ScriptedServer, answer

from mijnklantportaal_async.oauth import (
    AuthorizationError,
    ClientRefusedError,
    CodeRefusedError,
    ConsentRefusedError,
    MemoryStateStore,
    MemoryTokenStore,
    OAuthApp,
    StateError,
    TokenEndpointError,
)
from mijnklantportaal_async.sandbox import OAuthRules


async def test_there_and_back() -> None:
    async with connected() as (sandbox, app):
        start = await app.begin(scopes=["customers.read"], prompt="login")
        asked = {name: values[0] for name, values in parse_qs(urlsplit(start.url).query).items()}
        assert asked.pop("state")
        assert asked == {
            "client_id": "sandbox-app",
            "redirect_uri": REDIRECT,
            "scope": "customers.read",
            "prompt": "login",
            "response_type": "code",
        }
        assert not await app.is_connected("owner")
        tokens = await app.finish("owner", sandbox.oauth.approve(start.url), start.cookie)
        assert tokens.life == 3600
        assert await app.is_connected("owner")
        [request] = sandbox.token_requests
        assert request.headers["content-type"] == "application/json"
        assert request.status == 200
        # The address is sent to the letter, both times.
        assert REDIRECT.encode() in request.body
        [grant] = sandbox.oauth.grants
        assert grant.scopes == {"customers.read"}


async def test_a_callback_is_taken_once() -> None:
    async with connected() as (sandbox, app):
        start = await app.begin()
        back = sandbox.oauth.approve(start.url)
        ends = (app.finish("owner", back, start.cookie) for _ in range(5))
        results = await asyncio.gather(*ends, return_exceptions=True)
        assert sum(isinstance(result, StateError) for result in results) == 4
        assert len(sandbox.token_requests) == 1


async def test_two_tabs_both_end() -> None:
    async with connected() as (sandbox, app):
        first = await app.begin()
        second = await app.begin(cookie=first.cookie)
        # The browser has one cookie, the one that was set last.
        assert second.cookie == first.cookie
        assert second.url != first.url
        await app.finish("owner", sandbox.oauth.approve(second.url), second.cookie)
        await app.finish("owner", sandbox.oauth.approve(first.url), second.cookie)


async def test_a_cookie_that_is_none_of_ours_is_not_used_again() -> None:
    async with connected() as (_, app):
        for odd in ("", "x", "a; Domain=evil", "\r\nSet-Cookie: x"):
            assert (await app.begin(cookie=odd)).cookie != odd


@pytest.mark.parametrize("cookie", [None, "", "another browser's", "x" * 43])
async def test_another_browser_is_refused_and_nothing_is_sent(cookie: str | None) -> None:
    async with connected() as (sandbox, app):
        start = await app.begin()
        with pytest.raises(StateError):
            await app.finish("owner", sandbox.oauth.approve(start.url), cookie)
        assert not sandbox.token_requests
        assert not await app.is_connected("owner")


async def test_forged_missing_and_doubled_states_are_refused() -> None:
    async with connected() as (sandbox, app):
        start = await app.begin()
        back = sandbox.oauth.approve(start.url)
        state = parse_qs(urlsplit(back).query)["state"][0]
        for forged in (
            "code=x",
            "code=x&state=",
            "code=x&state=forged",
            f"code=x&state={state}&state={state}",
            "",
            "state=forged&error=access_denied",
        ):
            with pytest.raises(StateError):
                await app.finish("owner", forged, start.cookie)
        assert not sandbox.token_requests
        await app.finish("owner", back, start.cookie)


async def test_ten_minutes_and_no_longer() -> None:
    async with connected() as (sandbox, app):
        start = await app.begin()
        await asyncio.sleep(601)
        with pytest.raises(StateError, match="10 minutes"):
            await app.finish("owner", sandbox.oauth.approve(start.url), start.cookie)


@pytest.mark.parametrize("with_state", [True, False])
async def test_a_refusal_is_said_with_or_without_state(with_state: bool) -> None:
    async with connected(rules=OAuthRules(state_on_refusal=with_state)) as (sandbox, app):
        start = await app.begin()
        back = sandbox.oauth.refuse(start.url)
        with pytest.raises(ConsentRefusedError) as caught:
            await app.finish("owner", back, start.cookie)
        assert caught.value.code == "access_denied"
        assert caught.value.description == "The owner said <no> & left."
        # It is for no page as it stands, so it is not in the text of the error.
        assert "<no>" not in str(caught.value)
        assert not sandbox.token_requests


async def test_a_callback_may_be_a_mapping_a_query_or_an_address() -> None:
    async with connected() as (sandbox, app):
        for kind in (
            str,
            lambda url: urlsplit(url).query,
            lambda url: parse_qs(urlsplit(url).query),
            lambda url: MultiDict({name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}),
        ):
            start = await app.begin()
            await app.finish("owner", kind(sandbox.oauth.approve(start.url)), start.cookie)


async def test_begun_ones_are_bounded() -> None:
    async with connected(app={"states": MemoryStateStore(most=3)}) as (sandbox, app):
        starts = [await app.begin() for _ in range(4)]
        with pytest.raises(StateError):
            await app.finish("owner", sandbox.oauth.approve(starts[0].url), starts[0].cookie)
        await app.finish("owner", sandbox.oauth.approve(starts[1].url), starts[1].cookie)


async def test_a_code_that_is_old_has_words_of_its_own() -> None:
    async with connected() as (sandbox, app):
        start = await app.begin()
        back = sandbox.oauth.approve(start.url)
        await asyncio.sleep(61)
        with pytest.raises(CodeRefusedError, match="invalid_grant"):
            await app.finish("owner", back, start.cookie)


async def test_a_wrong_secret_has_words_of_its_own() -> None:
    async with connected(app={"client_secret": "wrong-secret-of-tests"}) as (sandbox, app):
        start = await app.begin()
        with pytest.raises(ClientRefusedError, match="client_secret") as caught:
            await app.finish("owner", sandbox.oauth.approve(start.url), start.cookie)
        assert "wrong-secret-of-tests" not in str(caught.value)


async def test_an_endpoint_that_is_away_is_no_refusal() -> None:
    async with ScriptedServer(otherwise=answer(503, {})) as server:
        app = application(server.url.removesuffix("/v1"))
        async with app:
            start = await app.begin()
            state = parse_qs(urlsplit(start.url).query)["state"][0]
            with pytest.raises(TokenEndpointError) as caught:
                await app.finish("owner", {"code": "c", "state": state}, start.cookie)
            assert (caught.value.status, caught.value.attempts) == (503, 4)
        assert len(server.received) == 4


async def test_whatever_comes_back_ends_in_an_error_of_ours() -> None:
    async with connected() as (_, app):
        doubled = {"code": ["1", "2"], "state": ["3"]}
        for odd in (
            doubled,
            {"state": None},
            "?",
            "&&&",
            "state=%ff&code=%00",
            "error=%3Cscript%3E",
            "error=\x1b[31m",
            "code=1&code=2&state=3",
        ):
            with pytest.raises(AuthorizationError) as caught:
                await app.finish("owner", odd, "cookie")
            assert "\x1b" not in str(caught.value)


@pytest.mark.parametrize(("redirect", "end"), [("https://app.example/cb", "; Secure"), (REDIRECT, "")])
async def test_the_cookie_is_for_the_server_alone(redirect: str, end: str) -> None:
    app = OAuthApp(
        client_id="x", client_secret=SECRET, redirect_uri=redirect, tokens=MemoryTokenStore(), clock=LoopClock()
    )
    start = await app.begin()
    assert start.set_cookie.endswith(f"Path=/; HttpOnly; SameSite=Lax{end}")
    assert start.cookie in start.set_cookie
    for text in (repr(start), repr(app)):
        assert start.cookie not in text
        assert SECRET not in text


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"redirect_uri": "http://app.example/cb"}, "unencrypted"),
        ({"redirect_uri": "/callback"}, "whole address"),
        ({"redirect_uri": "https://app.example/cb#x"}, "without '#'"),
        ({"base_url": "http://manage.example"}, "unencrypted"),
        ({"scopes": []}, "scopes is empty"),
        ({"scopes": ["a b"]}, "no scope"),
        ({"client_secret": ""}, "client_secret is empty"),
        ({"client_id": " "}, "client_id is empty"),
    ],
)
def test_settings_are_checked_when_they_are_given(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        application(**{"base_url": "https://manage.example"} | changes)
    with pytest.raises(TypeError, match="must be a list"):
        application("https://manage.example", scopes="appointments.read")
