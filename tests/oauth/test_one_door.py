"""Renewing tokens: once for all who need it, and no token is ever lost."""

import asyncio
import contextlib
import traceback
from collections.abc import AsyncIterator
from typing import Any

import pytest
from moved_time import LoopClock
from oauth_given import SECRET, application, connect, connected, refreshes
from scripted_server import Exchange, ScriptedServer, answer, drop, half_body

from mijnklantportaal_async import AuthenticationError, PortalSession, RateLimit, Timeouts, TokenRefreshError
from mijnklantportaal_async.calling.auth import Token
from mijnklantportaal_async.oauth import (
    ClientRefusedError,
    MemoryTokenStore,
    OAuthApp,
    PortalTokens,
    ReconnectError,
    TokenEndpointError,
    TokenSaveError,
    TokenStoreError,
)
from mijnklantportaal_async.oauth.tokens import tokens_in
from mijnklantportaal_async.sandbox import Fault, OAuthRules, Sandbox


@contextlib.asynccontextmanager
async def session(
    sandbox: Sandbox, app: OAuthApp, owner: str = "owner", **settings: Any
) -> AsyncIterator[PortalSession]:
    async with PortalSession(
        auth=app.auth(owner), base_url=sandbox.url, clock=LoopClock(), **{"rate_limit": None} | settings
    ) as portal:
        yield portal


def tokens(number: int, life: float | None = 100.0, refresh: str | None = "refresh-1") -> PortalTokens:
    """What a store may hold."""
    return PortalTokens(
        access_token=Token(f"access-{number}"),
        refresh_token=None if refresh is None else Token(refresh),
        expires_at=None if life is None else LoopClock().wall() + life,
        life=life,
    )


async def kept(life: float | None = 100.0, refresh: str | None = "refresh-1") -> MemoryTokenStore:
    store = MemoryTokenStore()
    await store.save("owner", tokens(1, life, refresh), None)
    return store


def of(server: ScriptedServer, store: Any) -> OAuthApp:
    return application(server.url.removesuffix("/v1"), tokens=store)


def given(number: int, **more: Any) -> Any:
    return answer(200, {"access_token": f"access-{number}", "expires_in": 100} | more)


# --- once --------------------------------------------------------------------------------------------------------


async def test_two_hundred_calls_meet_a_401_together_and_it_is_renewed_once() -> None:
    async with connected("owner") as (sandbox, app), session(sandbox, app) as portal:
        await portal.list_appointments()
        sandbox.oauth.end_access_tokens()
        await asyncio.gather(*(portal.list_appointments() for _ in range(200)))
        assert refreshes(sandbox) == 1


async def test_stragglers_with_a_dead_token_get_the_new_one() -> None:
    async with connected("owner") as (sandbox, app):
        auth = app.auth("owner")
        dead = await auth.token()
        new = await auth.refresh(dead)
        assert new not in {None, dead}
        assert [await auth.refresh(dead) for _ in range(20)] == [new] * 20
        assert refreshes(sandbox) == 1


async def test_renewed_before_its_end_and_not_before_that() -> None:
    async with connected("owner", rules=OAuthRules(access_life=600)) as (sandbox, app):
        auth = app.auth("owner")
        first = await auth.token()
        await asyncio.sleep(505)
        assert await auth.token() == first
        await asyncio.sleep(45)
        assert len({await auth.token() for _ in range(5)} - {first}) == 1
        assert refreshes(sandbox) == 1


async def test_another_application_over_the_same_store_takes_what_is_there() -> None:
    store = MemoryTokenStore()
    async with (
        connected("owner", app={"tokens": store}) as (sandbox, one),
        application(sandbox.manage_url, tokens=store) as other,
    ):
        auths = [one.auth("owner"), other.auth("owner")]
        [dead] = {await auth.token() for auth in auths}
        assert len(set(await asyncio.gather(*(auth.refresh(dead) for auth in auths))) - {dead}) == 1
        assert refreshes(sandbox) == 1


class WithoutComparison(MemoryTokenStore):
    """Reads inside the lock what was there before it: as if the decision had been taken outside."""

    seen: PortalTokens | None = None

    async def load(self, owner: str) -> PortalTokens | None:
        self.seen = self.seen or await super().load(owner)
        return self.seen

    async def save(self, owner: str, tokens: PortalTokens | None, expected: str | None) -> bool:
        now = await super().load(owner)
        return await super().save(owner, tokens, None if now is None else now.generation)


async def test_the_control_without_the_comparison_spends_it_twice() -> None:
    """Where refresh tokens rotate, that ends the whole grant."""
    store = WithoutComparison()
    async with (
        connected("owner", rules=OAuthRules(rotating=True), app={"tokens": store}) as (sandbox, one),
        application(sandbox.manage_url, tokens=store) as other,
    ):
        auths = [one.auth("owner"), other.auth("owner")]
        dead = await auths[0].token()
        for auth in (*auths, auths[0]):
            with contextlib.suppress(TokenRefreshError):
                await auth.refresh(dead)
        assert refreshes(sandbox) >= 2


async def test_rotating_tokens_go_on_for_as_long_as_one_likes() -> None:
    async with connected("owner", rules=OAuthRules(rotating=True, access_life=10)) as (sandbox, app):
        async with session(sandbox, app) as portal:
            for _ in range(20):
                await portal.list_appointments()
                await asyncio.sleep(11)
        [grant] = sandbox.oauth.grants
        assert (grant.replayed, grant.is_revoked) == (0, False)
        assert all(request.status == 200 for request in sandbox.requests)


async def test_a_token_that_ends_while_its_call_waits_is_not_sent() -> None:
    async with connected("owner", rules=OAuthRules(access_life=40)) as (sandbox, app):
        limit = RateLimit(requests=1, per=60.0, follow_headers=False)
        async with session(sandbox, app, rate_limit=limit, timeouts=Timeouts(queue=200)) as portal:
            await asyncio.gather(portal.list_appointments(), portal.list_appointments())
        assert [request.status for request in sandbox.requests] == [200, 200]
        assert sandbox.requests[1].at - sandbox.requests[0].at >= 60


@pytest.mark.parametrize("ended", [True, False])
@pytest.mark.parametrize("always", [True, False])
async def test_a_token_that_has_ended_before_its_answer_came_is_not_sent(ended: bool, always: bool) -> None:
    """The process stood still, or the answer took its time; where it always does, that is no loop."""
    async with connected("owner", rules=OAuthRules(access_life=20)) as (sandbox, app):
        async with session(sandbox, app, timeouts=Timeouts(call=300)) as portal:
            if ended:
                sandbox.oauth.end_access_tokens()
            else:
                await asyncio.sleep(21)
            sandbox.fail_next(Fault.SLOW_COMMIT, path="/oauth/tokens", delay=25, times=9 if always else 1)
            await portal.list_appointments()
        assert [request.status for request in sandbox.requests] == [401, 200][not ended :]
        assert refreshes(sandbox) == 2


# --- what may go wrong, each in its own words -------------------------------------------------------------------


@pytest.mark.parametrize("rotating", [True, False])
@pytest.mark.parametrize(
    "fault",
    [
        Fault.DROP_BEFORE_COMMIT,
        Fault.DROP_AFTER_COMMIT,
        Fault.STALL_AFTER_COMMIT,
        Fault.HALF_BODY,
        Fault.BAD_GATEWAY,
        Fault.UNAVAILABLE_AFTER_COMMIT,
        Fault.TOO_MANY_REQUESTS,
        Fault.MALFORMED_JSON,
        Fault.HTML_AFTER_COMMIT,
        Fault.EMPTY_BODY,
        Fault.CLIENT_CLOSED_AFTER_COMMIT,
    ],
)
async def test_a_passing_failure_ends_no_connection(fault: Fault, rotating: bool) -> None:
    async with (
        connected("owner", rules=OAuthRules(rotating=rotating)) as (sandbox, app),
        session(sandbox, app) as portal,
    ):
        sandbox.oauth.end_access_tokens()
        sandbox.fail_next(fault, path="/oauth/tokens")
        await portal.list_appointments()
        assert refreshes(sandbox) == 2
        # Within seconds, where the request itself was not the one that took them.
        assert sandbox.token_requests[-1].at - sandbox.token_requests[-2].at < 60
        sandbox.oauth.end_access_tokens()
        await portal.list_appointments()
        assert not sandbox.oauth.grants[0].is_revoked


async def test_when_it_goes_on_failing_the_tokens_are_kept_and_the_words_say_so() -> None:
    async with connected("owner") as (sandbox, app), session(sandbox, app) as portal:
        sandbox.oauth.end_access_tokens()
        sandbox.fail_next(Fault.DROP_AFTER_COMMIT, path="/oauth/tokens", times=4)
        with pytest.raises(TokenEndpointError, match="may have renewed") as caught:
            await portal.list_appointments()
        assert (caught.value.was_lost, caught.value.attempts) == (True, 4)
        sandbox.fail_next(Fault.TOO_MANY_REQUESTS, path="/oauth/tokens", retry_after=300)
        with pytest.raises(TokenEndpointError, match="The tokens are kept") as caught:
            await portal.list_appointments()
        assert (caught.value.status, caught.value.retry_after, caught.value.was_lost) == (429, 300, False)
        await portal.list_appointments()


async def test_a_refusal_means_connect_again_and_is_not_asked_for_twice() -> None:
    async with connected("owner", "other") as (sandbox, app), session(sandbox, app) as portal:
        sandbox.oauth.revoke(sandbox.oauth.grants[0])
        for _ in range(3):
            with pytest.raises(ReconnectError, match="begin") as caught:
                await portal.list_appointments()
        assert refreshes(sandbox) == 1
        assert caught.value.outcome.value == "not sent"
        async with session(sandbox, app, "other") as fine:
            await fine.list_appointments()
        await connect(sandbox, app, "owner")
        await portal.list_appointments()


@pytest.mark.parametrize(
    "step",
    [
        answer(400, {"message": "no"}),
        answer(401, {"error": "invalid_grant"}),
        answer(400, {"error": "invalid_request", "error_description": "The refresh token is invalid."}),
    ],
)
async def test_any_json_refusal_is_one(step: Any) -> None:
    async with ScriptedServer(otherwise=step) as server, of(server, await kept(life=0)) as app:
        with pytest.raises(ReconnectError) as caught:
            await app.auth("owner").token()
        assert "refresh token is invalid" not in str(caught.value)
        assert len(server.received) == 1


async def html(exchange: Exchange) -> None:
    await exchange.answer(401, "<html>")


@pytest.mark.parametrize("step", [answer(403, {"error": "invalid_grant"}), answer(404, {}), html, answer(302, {})])
async def test_nothing_else_is(step: Any) -> None:
    store = await kept(life=0)
    async with ScriptedServer(otherwise=step) as server, of(server, store) as app:
        with pytest.raises(TokenEndpointError):
            await app.auth("owner").token()
    assert await store.load("owner") is not None


async def test_the_secret_of_the_application_is_nothing_that_owners_can_mend() -> None:
    async with connected("owner", app={"client_secret": "sandbox-secret"}) as (sandbox, app):
        async with application(sandbox.manage_url, tokens=app._tokens, client_secret="other-secret") as wrong:
            dead = await app.auth("owner").token()
            with pytest.raises(ClientRefusedError, match="tokens of all owners are kept") as caught:
                await wrong.auth("owner").refresh(dead)
            assert caught.value.code == "invalid_client"
        assert await app.auth("owner").refresh(dead) != dead


async def test_a_token_that_lives_goes_on_while_the_endpoint_is_away() -> None:
    async with ScriptedServer(otherwise=answer(503, {})) as server, of(server, await kept(life=100)) as app:
        auth = app.auth("owner")
        await auth.token()
        await asyncio.sleep(92)
        assert await auth.token() == "access-1"
        await asyncio.sleep(10)
        with pytest.raises(TokenEndpointError):
            await auth.token()


async def test_fresh_token_and_still_401_is_one_renewal_and_keeps_the_tokens() -> None:
    async with connected("owner") as (sandbox, app), ScriptedServer(otherwise=answer(401, {})) as server:
        auth = app.auth("owner")
        async with PortalSession(auth=auth, base_url=server.url, rate_limit=None, clock=LoopClock()) as portal:
            for _ in range(5):
                with pytest.raises(AuthenticationError):
                    await portal.list_appointments()
        assert refreshes(sandbox) == 2
        assert await app.is_connected("owner")


@pytest.mark.parametrize("said", [0, -5, "0"])
async def test_no_life_at_all_is_one_renewal_a_call_and_no_loop(said: object) -> None:
    async with connected("owner", rules=OAuthRules(expires_in=said)) as (sandbox, app), session(sandbox, app) as portal:
        for _ in range(3):
            await portal.list_appointments()
        assert refreshes(sandbox) == 3
        await asyncio.gather(*(portal.list_appointments() for _ in range(50)))
        assert refreshes(sandbox) == 4


@pytest.mark.parametrize("said", [None, "soon"])
async def test_an_unreadable_life_means_until_a_401(said: object) -> None:
    async with connected("owner", rules=OAuthRules(expires_in=said)) as (sandbox, app), session(sandbox, app) as portal:
        await portal.list_appointments()
        await asyncio.sleep(100_000)
        await portal.list_appointments()
        assert refreshes(sandbox) == 1
        assert [request.status for request in sandbox.requests] == [200, 401, 200]


async def test_an_endpoint_that_gives_the_dead_token_again_is_asked_once_and_not_for_ever() -> None:
    async with ScriptedServer(otherwise=given(1)) as server, of(server, await kept()) as app:
        auth = app.auth("owner")
        assert await asyncio.gather(*(auth.refresh("access-1") for _ in range(20))) == [None] * 20
        assert len(server.received) == 1
        # It may be about a scope: the token is still the owner's.
        assert await auth.token() == "access-1"


@pytest.mark.parametrize("code", ["temporarily_unavailable", "server_error", "slow_down"])
@pytest.mark.parametrize("status", [400, 401])
async def test_a_code_that_says_later_ends_no_connection(status: int, code: str) -> None:
    store = await kept(life=0)
    async with ScriptedServer(answer(status, {"error": code}), otherwise=given(2)) as server, of(server, store) as app:
        assert await app.auth("owner").token() == "access-2"
        assert len(server.received) == 2


async def test_without_a_refresh_token_the_end_is_the_end() -> None:
    async with ScriptedServer() as server, of(server, await kept(life=0, refresh=None)) as app:
        with pytest.raises(ReconnectError, match="no refresh token"):
            await app.auth("owner").token()
        assert not server.received


# --- the store ---------------------------------------------------------------------------------------------------


class Moody(MemoryTokenStore):
    """Fails when it is told to."""

    fails: tuple[str, ...] = ()

    async def load(self, owner: str) -> PortalTokens | None:
        self._fail("load")
        return await super().load(owner)

    async def save(self, owner: str, tokens: PortalTokens | None, expected: str | None) -> bool:
        self._fail("save")
        return await super().save(owner, tokens, expected)

    def _fail(self, what: str) -> None:
        if what in self.fails:
            raise OSError(28, "No space left on device")


async def test_a_save_that_fails_has_words_and_loses_nothing() -> None:
    store = Moody()
    async with connected("owner", rules=OAuthRules(rotating=True), app={"tokens": store}) as (sandbox, app):
        async with session(sandbox, app) as portal:
            sandbox.oauth.end_access_tokens()
            store.fails = ("save",)
            for _ in range(2):
                with pytest.raises(TokenSaveError, match="No space left") as caught:
                    await portal.list_appointments()
            assert "kept in this process" in str(caught.value)
            assert refreshes(sandbox) == 1
            store.fails = ()
            await portal.list_appointments()
            assert refreshes(sandbox) == 1
        stored = await store.load("owner")
        assert stored is not None
        assert stored.refresh_token == Token(sandbox.oauth.grants[0].refresh_token)


async def test_where_no_refresh_token_is_at_stake_the_call_goes_on() -> None:
    store = Moody()
    async with connected("owner", app={"tokens": store}) as (sandbox, app), session(sandbox, app) as portal:
        sandbox.oauth.end_access_tokens()
        before = await store.load("owner")
        store.fails = ("save",)
        await portal.list_appointments()
        await portal.list_appointments()
        store.fails = ()
        await asyncio.sleep(10)
        await portal.list_appointments()
        assert refreshes(sandbox) == 1
        assert await store.load("owner") != before


async def test_closing_saves_what_was_not_saved() -> None:
    store = Moody()
    async with connected("owner", rules=OAuthRules(rotating=True), app={"tokens": store}) as (sandbox, app):
        dead = await app.auth("owner").token()
        store.fails = ("save",)
        with pytest.raises(TokenSaveError):
            await app.auth("owner").refresh(dead)
        store.fails = ()
    stored = await store.load("owner")
    assert stored is not None
    assert stored.refresh_token == Token(sandbox.oauth.grants[0].refresh_token)


@pytest.mark.parametrize("fails", ["save", "load"])
async def test_first_tokens_that_cannot_be_saved_are_not_lost(fails: str) -> None:
    store = Moody()
    async with connected(app={"tokens": store}) as (sandbox, app):
        store.fails = (fails,)
        with pytest.raises(TokenSaveError):
            await connect(sandbox, app, "owner")
        store.fails = ()
        async with session(sandbox, app) as portal:
            await portal.list_appointments()
        assert await app.is_connected("owner")
        assert refreshes(sandbox) == 0


async def test_a_store_that_cannot_be_read_is_not_a_disconnected_owner() -> None:
    store = Moody()
    async with connected("owner", app={"tokens": store}) as (sandbox, app):
        async with session(sandbox, app) as portal:
            await portal.list_appointments()
            store.fails = ("load",)
            await asyncio.sleep(100)
            # A good token in hand goes on.
            await portal.list_appointments()
        async with application(sandbox.manage_url, tokens=store) as other:
            with pytest.raises(TokenStoreError, match="Mend the store"):
                await other.auth("owner").token()


async def test_whoever_is_cancelled_leaves_the_renewal_going() -> None:
    async with connected("owner", rules=OAuthRules(rotating=True)) as (sandbox, app):
        auth = app.auth("owner")
        dead = await auth.token()
        sandbox.fail_next(Fault.SLOW_COMMIT, path="/oauth/tokens", delay=5)
        call = asyncio.ensure_future(auth.refresh(dead))
        await asyncio.sleep(1)
        call.cancel()
        await asyncio.wait({call})
        del auth, call
        assert await app.auth("owner").refresh(dead) != dead
        assert refreshes(sandbox) == 1


async def test_disconnecting_during_a_renewal_stays_disconnected() -> None:
    async with connected("owner") as (sandbox, app):
        auth = app.auth("owner")
        dead = await auth.token()
        sandbox.fail_next(Fault.SLOW_COMMIT, path="/oauth/tokens", delay=5)
        call = asyncio.ensure_future(auth.refresh(dead))
        await asyncio.sleep(1)
        assert await app.disconnect("owner")
        await asyncio.wait({call})
        assert not await app.is_connected("owner")
        with pytest.raises(ReconnectError, match="No portal is connected"):
            await auth.token()
        assert not await app.disconnect("owner")


async def test_who_connects_anew_elsewhere_is_followed_within_half_a_minute() -> None:
    store = MemoryTokenStore()
    async with connected("owner", app={"tokens": store}) as (sandbox, app):
        first = await app.auth("owner").token()
        auth = app.auth("owner")
        async with application(sandbox.manage_url, tokens=store) as elsewhere:
            await connect(sandbox, elsewhere, "owner")
        await asyncio.sleep(31)
        assert await auth.token() != first


# --- who sees them -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "step",
    [drop, half_body, answer(200, "access-9"), answer(400, {"error": "refresh-1 " * 20}), answer(500, "refresh-1")],
)
async def test_no_secret_shows_in_what_an_error_has_with_it(step: Any) -> None:
    async with ScriptedServer(otherwise=step) as server, of(server, await kept(life=0)) as app:
        with pytest.raises(TokenRefreshError) as caught:
            await app.auth("owner").token()
    whole = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    # What a tool would print that prints the variables of our own frames.
    shown = [repr(frame.locals) for frame in whole.stack if "mijnklantportaal_async" in frame.filename]
    assert len(shown) >= 2
    for text in (*shown, repr(caught.value), str(caught.value), repr(vars(caught.value))):
        assert not {secret for secret in ("refresh-1", "access-1", "access-9", SECRET) if secret in text}


def test_a_life_counts_from_before_the_request() -> None:
    assert tokens_in(b'{"access_token": "a", "expires_in": 10}', 1000.0).expires_at == 1010.0
