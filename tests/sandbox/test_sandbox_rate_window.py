from __future__ import annotations

import asyncio
import time
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sandbox_calls import Caller

from mijnklantportaal_async.sandbox import Fault, Sandbox
from mijnklantportaal_async.sandbox.rate_window import FixedWindow, RollingWindow, open_rate_window

if TYPE_CHECKING:
    import aiohttp

    from mijnklantportaal_async.sandbox.rate_window import RateWindowKind

PERIOD = 60.0
LIMITS = st.integers(1, 5)
# Steps of a quarter of a second are exact as floats, so that the edges of a window can be told apart.
ARRIVALS = st.lists(st.integers(0, 120), max_size=60).map(
    lambda steps: [sum(steps[: count + 1]) / 4 for count in range(len(steps))]
)


@given(LIMITS, ARRIVALS)
def test_rolling_allows_as_many_as_fit_and_no_more(limit: int, arrivals: list[float]) -> None:
    window = RollingWindow(limit, PERIOD)
    taken: list[float] = []
    for now in arrivals:
        recent = [at for at in taken if now - at < PERIOD]
        verdict = window.take(now)
        assert verdict.allowed == (len(recent) < limit)
        if verdict.allowed:
            taken.append(now)
            assert verdict.remaining == limit - len(recent) - 1
            assert verdict.wait == 0
        else:
            assert verdict.remaining == 0
            assert verdict.wait == recent[0] + PERIOD - now


@given(LIMITS, ARRIVALS)
def test_fixed_opens_with_a_request_and_lasts_a_period(limit: int, arrivals: list[float]) -> None:
    window = FixedWindow(limit, PERIOD)
    opened_at, taken = -1e9, 0
    for now in arrivals:
        if now - opened_at >= PERIOD:
            opened_at, taken = now, 0
        verdict = window.take(now)
        assert verdict.allowed == (taken < limit)
        taken += verdict.allowed
        assert verdict.remaining == limit - taken
        assert verdict.wait == (0 if verdict.allowed else opened_at + PERIOD - now)


@pytest.mark.parametrize("kind", [RollingWindow, FixedWindow])
@given(limit=LIMITS, arrivals=ARRIVALS)
def test_waiting_as_long_as_told_is_enough_and_looking_counts_nothing(
    kind: type[RollingWindow] | type[FixedWindow], limit: int, arrivals: list[float]
) -> None:
    window = kind(limit, PERIOD)
    for now in arrivals:
        seen = window.look(now)
        assert window.look(now) == seen
        verdict = window.take(now)
        assert verdict.allowed == seen.allowed
        if not verdict.allowed:
            assert not window.look(now + verdict.wait - 0.25).allowed
            assert window.look(now + verdict.wait).allowed
            break


def test_only_the_fixed_window_lets_a_double_burst_through() -> None:
    fixed, rolling = FixedWindow(60, PERIOD), RollingWindow(60, PERIOD)
    burst = [0.0] + [59.0] * 59 + [60.0] * 60
    assert sum(fixed.take(now).allowed for now in burst) == 120
    assert sum(rolling.take(now).allowed for now in burst) == 61


@pytest.mark.parametrize(("limit", "period"), [(0, 60), (-1, 60), (60, 0), (60, -1), (60, float("nan"))])
def test_senseless_figures_are_refused(limit: int, period: float) -> None:
    with pytest.raises(ValueError, match="rate limit"):
        open_rate_window("fixed", limit, period)
    with pytest.raises(ValueError, match="rate limit"):
        Sandbox(rate_limit=limit, rate_period=period)


def test_unknown_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="'fixed'"):
        open_rate_window("leaky", 60, 60)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize("kind", ["rolling", "fixed"])
async def test_over_the_wire(kind: RateWindowKind, session: aiohttp.ClientSession) -> None:
    async with Sandbox(rate_limit=3, rate_period=60, rate_window=kind, keys={"a": [], "b": []}) as sandbox:
        call = Caller(sandbox, session)
        replies = [await call("GET", "/appointments") for _ in range(5)]
        assert [reply.status for reply in replies] == [403, 403, 403, 429, 429]
        assert [reply.headers["X-RateLimit-Remaining"] for reply in replies] == ["2", "1", "0", "0", "0"]
        assert {reply.headers["X-RateLimit-Limit"] for reply in replies} == {"3"}
        assert all("retry-after" not in reply.headers for reply in replies[:3])
        refused = replies[-1]
        assert refused.json == {"code": 429, "message": "Too many requests."}
        assert 1 <= int(refused.headers["retry-after"]) <= 60
        date = parsedate_to_datetime(refused.headers["Date"]).timestamp()
        assert abs(int(refused.headers["x-ratelimit-reset"]) - date - int(refused.headers["retry-after"])) <= 2
        # Every key has a window of its own.
        assert (await call("GET", "/appointments", key="b")).status == 403


async def test_speed_makes_the_window_pass_quickly(session: aiohttp.ClientSession) -> None:
    # The portal's minute takes 0.6 s.
    async with Sandbox(rate_limit=2, rate_period=60, speed=100) as sandbox:
        call = Caller(sandbox, session)
        begun = time.monotonic()
        while 429 not in [request.status for request in sandbox.requests]:
            await call("GET", "/appointments")
        async with asyncio.timeout(90):
            while (await call("GET", "/appointments")).status == 429:
                await asyncio.sleep(0.01)
        # Not by `at`, when a request came: it is judged a moment later, once its body is there.
        assert (time.monotonic() - begun) * 100 >= 60
        *_, before, allowed = [request.at for request in sandbox.requests if request.status == 200]
        first_refused = next(request.at for request in sandbox.requests if request.status == 429)
        assert before < first_refused < allowed


async def test_refused_requests_do_not_count_and_faulted_ones_do(session: aiohttp.ClientSession) -> None:
    async with Sandbox(rate_limit=2) as sandbox:
        call = Caller(sandbox, session)
        sandbox.fail_next(Fault.BAD_GATEWAY)
        faulted = await call("GET", "/appointments")
        assert (faulted.status, faulted.headers["X-RateLimit-Remaining"]) == (502, "1")
        assert (await call("GET", "/appointments")).status == 200
        sandbox.fail_next(Fault.BAD_GATEWAY)
        refused = await call("GET", "/appointments")
        assert refused.status == 429
        assert sandbox.requests[-1].fault is None, "the limit comes before the faults"
        assert (await call("GET", "/appointments", key="wrong")).status == 401
        assert "X-RateLimit-Limit" not in (await call("GET", "/appointments", key="wrong")).headers


async def test_without_a_limit_there_are_no_headers(call: Caller) -> None:
    reply = await call("GET", "/appointments")
    assert not [name for name in reply.headers if name.lower().startswith("x-ratelimit")]
