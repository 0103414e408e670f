"""Calls that wait for the rate limit, and tokens that do not stay the same meanwhile."""

import asyncio
from typing import Any

from moved_time import LoopClock
from scripted_server import Exchange, ScriptedServer

from mijnklantportaal_async import PortalSession, RateLimit, Timeouts
from mijnklantportaal_async.sandbox import Sandbox

ONE_A_MINUTE = RateLimit(requests=1, per=60.0, follow_headers=False)


class SlowAuth:
    """One token, that takes so many seconds each time; none when there is nothing in the list any more."""

    def __init__(self, token: str, seconds: list[float], always: float = 0.0) -> None:
        self._token = token
        self._seconds = seconds
        self._always = always

    async def token(self) -> str:
        await asyncio.sleep(self._seconds.pop(0) if self._seconds else self._always)
        return self._token

    async def refresh(self, rejected: str) -> str | None:
        return None


class MintingAuth:
    """A new token for each time that it is asked."""

    def __init__(self) -> None:
        self.minted = 0

    async def token(self) -> str:
        self.minted += 1
        return f"token-{self.minted}"

    async def refresh(self, rejected: str) -> str | None:
        return None


def session(auth: Any, base_url: str) -> PortalSession:
    return PortalSession(
        auth=auth, base_url=base_url, clock=LoopClock(), rate_limit=ONE_A_MINUTE, timeouts=Timeouts(queue=None)
    )


async def test_tokens_that_are_new_each_time_cost_nobody_a_turn() -> None:
    heard: list[tuple[str, str]] = []

    async def hear(exchange: Exchange) -> None:
        heard.append((exchange.received.path, exchange.received.headers["authorization"]))
        await exchange.answer(200, {})

    async with ScriptedServer(otherwise=hear) as server, session(auth := MintingAuth(), server.url) as portal:
        began = LoopClock().monotonic()
        await asyncio.gather(*(portal.request("GET", f"/{number}") for number in range(6)))
        assert LoopClock().monotonic() - began < 6 * 65
    assert [path.rpartition("/")[2] for path, _ in heard] == list("012345")
    assert len({token for _, token in heard}) == 6
    assert auth.minted == 6 + 5, "one for each call, and one when the turn of those that waited had come"


async def test_a_turn_that_a_slow_token_has_used_up_is_given_to_the_next() -> None:
    """The third call would go less than a minute after the second."""
    async with Sandbox(rate_limit=1, rate_window="rolling", clock=LoopClock()) as sandbox:
        auth = SlowAuth(sandbox.api_key, [0.0, 0.0, 0.0, 5.0])
        async with session(auth, sandbox.url) as portal:
            await asyncio.gather(*(portal.list_appointments() for _ in range(3)))
        assert [request.status for request in sandbox.requests] == [200, 200, 200]


async def test_tokens_that_are_always_slow_hold_up_no_call_for_ever() -> None:
    async with Sandbox(rate_limit=1, rate_window="rolling", clock=LoopClock()) as sandbox:
        auth = SlowAuth(sandbox.api_key, [], always=5.0)
        async with session(auth, sandbox.url) as portal:
            await asyncio.gather(*(portal.list_appointments() for _ in range(4)))
        assert [request.status for request in sandbox.requests] == [200] * 4


async def test_whoever_is_alone_takes_the_turn_anew() -> None:
    async with Sandbox(rate_limit=1, rate_window="rolling", clock=LoopClock()) as sandbox:
        auth = SlowAuth(sandbox.api_key, [0.0, 0.0, 5.0])
        async with session(auth, sandbox.url) as portal:
            await asyncio.gather(*(portal.list_appointments() for _ in range(2)))
        first, second = sandbox.requests
        assert 65 <= second.at - first.at < 70


async def test_a_token_that_is_not_to_be_had_leaves_the_turn_to_the_next() -> None:
    class FailingAuth(SlowAuth):
        async def token(self) -> str:
            if len(self._seconds) == 1:
                self._seconds.clear()
                raise LookupError("the vault is closed")
            return await super().token()

    async with Sandbox(rate_limit=1, rate_window="rolling", clock=LoopClock()) as sandbox:
        auth = FailingAuth(sandbox.api_key, [0.0] * 4)
        async with session(auth, sandbox.url) as portal:
            calls = [portal.list_appointments() for _ in range(3)]
            done = await asyncio.gather(*calls, return_exceptions=True)
        assert [type(one) for one in done] == [list, LookupError, list]
        first, third = sandbox.requests
        assert third.at - first.at < 65
