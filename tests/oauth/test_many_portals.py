"""Many portals on one pool of connections."""

import asyncio
import gc
import logging
import threading
import tracemalloc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from moved_time import LoopClock
from oauth_given import application, connected, refreshes
from scripted_server import Exchange, ScriptedServer, answer

from mijnklantportaal_async import (
    PortalSession,
    RateLimit,
    RateLimitedError,
    RateLimiter,
    RateLimitWaitError,
    RetryPolicy,
    Timeouts,
)
from mijnklantportaal_async.batch import PortalAccess
from mijnklantportaal_async.calling.auth import Token
from mijnklantportaal_async.calling.evidence import evidence_of
from mijnklantportaal_async.oauth import MemoryTokenStore, PortalTokens, ReconnectError
from mijnklantportaal_async.portals import IN_FLIGHT, Portals
from mijnklantportaal_async.sandbox import Fault

MANY = 1000


@asynccontextmanager
async def many(url: str, owners: list[str], **settings: Any) -> AsyncIterator[Portals]:
    """Portals of owners whose token is their name."""
    store = MemoryTokenStore()
    for owner in owners:
        tokens = PortalTokens(access_token=Token(owner), refresh_token=None, expires_at=None, life=None)
        await store.save(owner, tokens, None)
    async with (
        application(url.removesuffix("/v1"), tokens=store) as app,
        Portals(app, base_url=url, clock=LoopClock(), **settings) as portals,
    ):
        yield portals


async def who_asks(exchange: Exchange) -> None:
    await exchange.answer(200, {"token": exchange.received.headers["authorization"].removeprefix("Bearer ")})


def owners(count: int) -> list[str]:
    return [f"owner-{number:04}" for number in range(count)]


async def test_a_thousand_portals_interleaved_each_with_its_own_token() -> None:
    async with ScriptedServer(otherwise=who_asks) as server, many(server.url, owners(MANY)) as portals:

        async def ask(owner: str) -> bool:
            return bool((await portals[owner].request("GET", "/who"))["token"] == owner)

        for part in range(0, MANY, 100):
            # Two at a time of each, all mixed up.
            assert all(
                await asyncio.gather(*map(ask, sorted(owners(MANY)[part : part + 100] * 2, key=lambda o: o[::-1])))
            )
        assert len(portals) == MANY
        # One pool: there is not a connection for each portal.
        assert server.connections_accepted < MANY


@pytest.mark.parametrize("count", [200, pytest.param(MANY, marks=pytest.mark.soak)])
async def test_portals_cost_twenty_kilobytes_each_at_the_most_and_no_task(count: int) -> None:
    async with ScriptedServer(otherwise=who_asks) as server, many(server.url, owners(count + 5)) as portals:
        for owner in owners(count + 5)[count:]:
            await portals[owner].request("GET", "/who")
        tasks = len(asyncio.all_tasks())
        gc.collect()
        tracemalloc.start()
        for owner in owners(count):
            await portals[owner].request("GET", "/who")
        server.received.clear()
        gc.collect()
        each = tracemalloc.get_traced_memory()[0] / count
        tracemalloc.stop()
        assert each <= 20_000, each
        assert len(asyncio.all_tasks()) == tasks


async def test_idle_ones_are_let_go_and_their_minute_is_remembered() -> None:
    limit = RateLimit(requests=2, per=60.0, follow_headers=False)
    async with (
        ScriptedServer(otherwise=who_asks) as server,
        many(server.url, ["a", "b"], idle=10.0, rate_limit=limit, timeouts=Timeouts(queue=1)) as portals,
    ):
        await portals["a"].request("GET", "/who")
        await portals["a"].request("GET", "/who")
        await asyncio.sleep(11)
        assert await portals["b"].request("GET", "/who") == {"token": "b"}
        assert list(portals) == ["b"]
        gc.collect()
        with pytest.raises(RateLimitWaitError):
            await portals["a"].request("GET", "/who")
        await asyncio.sleep(62)
        await portals["a"].request("GET", "/who")


async def test_nothing_is_closed_in_somebody_s_hand() -> None:
    async with ScriptedServer(otherwise=who_asks) as server, many(server.url, ["a", "b", "c"], most=1) as portals:
        mine = portals["a"]
        assert portals["b"] is not mine
        assert "a" not in portals
        assert await mine.request("GET", "/who") == {"token": "a"}
        # The very same comes back: one owner has one limiter, whoever asks.
        assert portals["a"] is mine
        view = portals["c"].with_options(timeouts=Timeouts(call=5))
        limiter = view._caller.sender.limiter
        portals.forget("c")
        gc.collect()
        assert portals["c"]._caller.sender.limiter is limiter
        async with portals["c"] as portal:
            # Closing one closes nothing.
            await portal.request("GET", "/who")
        assert await portals["c"].request("GET", "/who") == {"token": "c"}
    with pytest.raises(RuntimeError, match="closed"):
        portals["a"]
    with pytest.raises(RuntimeError, match="closed"):
        await mine.request("GET", "/who")


async def test_one_that_is_at_work_is_not_let_go() -> None:
    async with (
        connected("a", "b") as (sandbox, app),
        Portals(app, base_url=sandbox.url, clock=LoopClock(), idle=5.0) as portals,
    ):
        sandbox.fail_next(Fault.SLOW_COMMIT, delay=20)
        call = asyncio.ensure_future(portals["a"].list_appointments())
        await asyncio.sleep(10)
        assert portals["b"] is not None
        assert "a" in portals
        assert await call == []


async def test_the_refusals_of_one_owner_slow_nobody_else() -> None:
    async def refuse_one(exchange: Exchange) -> None:
        if exchange.received.headers["authorization"].endswith("bad"):
            await exchange.answer(429, {"message": "Too many requests."}, {"retry-after": "600"})
        else:
            await who_asks(exchange)

    async with ScriptedServer(otherwise=refuse_one) as server, many(server.url, ["bad", "good"]) as portals:
        began = asyncio.get_running_loop().time()
        refused = [asyncio.ensure_future(portals["bad"].request("GET", "/who")) for _ in range(30)]
        for _ in range(30):
            await portals["good"].request("GET", "/who")
        assert asyncio.get_running_loop().time() - began < 60
        for call in refused:
            with pytest.raises((RateLimitedError, RateLimitWaitError)):
                await call


async def test_one_owner_whose_portal_answers_nothing_does_not_fill_the_pool() -> None:
    under_way = most = 0

    async def hang_for_one(exchange: Exchange) -> None:
        nonlocal under_way, most
        if exchange.received.headers["authorization"].endswith("slow"):
            under_way += 1
            most = max(most, under_way)
            await asyncio.sleep(1000)
        await who_asks(exchange)

    limit = RateLimit(requests=None, in_flight=IN_FLIGHT)
    async with (
        ScriptedServer(otherwise=hang_for_one) as server,
        many(server.url, ["slow", "good"], rate_limit=limit) as portals,
    ):
        hanging = [asyncio.ensure_future(portals["slow"].request("GET", "/who")) for _ in range(60)]
        await server.wait_for(IN_FLIGHT)
        began = asyncio.get_running_loop().time()
        assert await asyncio.gather(*(portals["good"].request("GET", "/who") for _ in range(40)))
        assert asyncio.get_running_loop().time() - began < 1
        assert (under_way, most) == (IN_FLIGHT, IN_FLIGHT)
        for call in hanging:
            call.cancel()
        await asyncio.wait(hanging)


async def test_each_owner_has_a_zone_and_a_limiter() -> None:
    limiters = {owner: RateLimiter(RateLimit(requests=9), clock=LoopClock()) for owner in ("a", "b")}
    zones = {"a": "Europe/Amsterdam", "b": "Europe/London"}
    async with (
        ScriptedServer(otherwise=answer(200, {})) as server,
        many(server.url, ["a", "b"], timezone=zones.__getitem__, rate_limit=limiters.__getitem__) as portals,
    ):
        assert {owner: portals[owner].timezone.key for owner in zones} == zones
        assert portals["a"].rate_limit.limit == 9


async def test_who_is_not_connected_hears_it_with_the_first_call() -> None:
    async with connected("a") as (sandbox, app), Portals(app, base_url=sandbox.url, clock=LoopClock()) as portals:
        portal = portals["nobody"]
        with pytest.raises(ReconnectError, match="No portal is connected"):
            await portal.list_appointments()
        await portals["a"].list_appointments()
        assert await portals.disconnect("a")
        with pytest.raises(ReconnectError):
            await portals["a"].list_appointments()
        assert refreshes(sandbox) == 0


async def test_what_is_known_of_a_portal_outlives_its_tokens() -> None:
    async with connected("a", "b") as (sandbox, app), Portals(app, base_url=sandbox.url, clock=LoopClock()) as portals:
        before, token = await portals["a"]._caller.sender.identify()
        sandbox.oauth.end_access_tokens()
        await portals["a"].list_appointments()
        async with PortalSession(auth=app.auth("a"), base_url=sandbox.url, clock=LoopClock()) as another:
            after, renewed = await another._caller.sender.identify()
        assert token != renewed
        assert after is before
        assert (await portals["b"]._caller.sender.identify())[0] is not before
        assert evidence_of(sandbox.url, token) is not before


async def test_names_for_others_hold_no_token(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        async with connected("a") as (sandbox, app), Portals(app, base_url=sandbox.url, clock=LoopClock()) as portals:
            sandbox.fail_next(Fault.UNAVAILABLE_BEFORE_COMMIT, path="/oauth/tokens")
            sandbox.oauth.end_access_tokens()
            await portals["a"].list_appointments()
            token = await portals.auth_of("a").token()
            shown = [
                repr(portals),
                portals.limit_name_of("a"),
                repr(portals["a"]),
                repr(portals.auth_of("a")),
                caplog.text,
            ]
            assert len(portals.limit_name_of("a")) <= 64
            assert portals.limit_name_of("a") != portals.limit_name_of("b")
    secrets = {token, sandbox.oauth.grants[0].refresh_token, "sandbox-secret"}
    assert not [text for text in (*shown, caplog.text) for secret in secrets if secret in text]


async def test_settings_of_a_single_session_are_refused() -> None:
    app = application("https://manage.example")
    with pytest.raises(TypeError, match="api_key belongs to one session"):
        Portals(app, api_key="x")
    with pytest.raises(ValueError, match="idle"):
        Portals(app, idle=0)
    async with Portals(app, retry=RetryPolicy(attempts=1)) as portals:
        assert portals.app is app
        assert len(portals) == 0


async def test_a_session_for_another_portal_shares_connections_and_nothing_else() -> None:
    async with (
        connected("a") as (sandbox, app),
        PortalSession(api_key=sandbox.api_key, base_url=sandbox.url, clock=LoopClock()) as own,
    ):
        other = own.for_portal(app.auth("a"), timezone="Europe/London", rate_limit=RateLimit(requests=7))
        await own.list_appointments()
        await other.list_appointments()
        assert [bool(request.grant) for request in sandbox.requests] == [False, True]
        assert sandbox.connections_accepted <= 2
        assert (own.rate_limit.limit, other.rate_limit.limit) == (60, 7)
        assert (own.timezone.key, other.timezone.key) == ("Europe/Amsterdam", "Europe/London")
        await other.aclose()
        await own.list_appointments()
        with pytest.raises(TypeError, match="auth must"):
            own.for_portal("a key")  # type: ignore[arg-type]


async def test_owners_who_end_together_are_renewed_a_few_at_a_time() -> None:
    under_way = most = 0

    async def serve(exchange: Exchange) -> None:
        nonlocal under_way, most
        if exchange.received.path != "/oauth/tokens":
            await who_asks(exchange)
            return
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(1)
        under_way -= 1
        await exchange.answer(200, {"access_token": "new", "expires_in": 3600})

    store = MemoryTokenStore()
    for owner in owners(40):
        old = PortalTokens(access_token=Token("old"), refresh_token=Token(owner), expires_at=0.0, life=60.0)
        await store.save(owner, old, None)
    async with (
        ScriptedServer(otherwise=serve) as server,
        application(server.url.removesuffix("/v1"), tokens=store) as app,
        Portals(app, base_url=server.url, clock=LoopClock()) as portals,
    ):
        answers = await asyncio.gather(*(portals[owner].request("GET", "/who") for owner in owners(40)))
        assert answers == [{"token": "new"}] * 40
        assert 1 < most <= 8


async def test_a_cookie_that_an_answer_sets_goes_to_nobody() -> None:
    step = answer(200, {}, {"Set-Cookie": "session=of-a; Path=/"})
    async with ScriptedServer(otherwise=step) as server, many(server.url, ["a", "b"]) as portals:
        for owner in ("a", "b", "a"):
            await portals[owner].request("GET", "/who")
        assert len(server.received) == 3
        assert not [received for received in server.received if "cookie" in received.headers]


async def test_files_of_all_portals_go_over_the_threads_of_one_pool(tmp_path: Path) -> None:
    file = tmp_path / "note.txt"
    file.write_bytes(b"a note")
    scopes = ["files.read", "files.write"]
    async with connected("a", "b", app={"scopes": scopes}) as (sandbox, app):
        async with Portals(app, base_url=sandbox.url, clock=LoopClock()) as portals:
            for owner in ("a", "b"):
                made = await portals[owner].upload_file(file)
                await portals[owner].save_file(made, tmp_path / owner)
            assert portals["a"]._caller.files is portals["b"]._caller.files
            assert portals["a"]._caller.hosts is portals["b"]._caller.hosts
        assert [(tmp_path / owner).read_bytes() for owner in ("a", "b")] == [b"a note"] * 2
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("mijnklantportaal-files")]


async def test_a_durable_batch_has_what_it_needs_for_a_provider_of_portals() -> None:
    """Tokens by `Auth`, and a name for the shared limit that stays the same: no token gets into the database."""
    async with connected("a") as (sandbox, app), Portals(app, base_url=sandbox.url, clock=LoopClock()) as portals:
        access = PortalAccess(auth=portals.auth_of("a"), base_url=sandbox.url, limit_name=portals.limit_name_of("a"))
        name, token = access.shared_name, await access.make_auth().token()
        sandbox.oauth.end_access_tokens()
        assert await access.make_auth().refresh(token) != token
        assert access.shared_name == name == portals.limit_name_of("a")
        assert token not in repr(access)
