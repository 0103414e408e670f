"""Headers come from outside: whatever they hold, they stop nothing, and every wait has an end."""

import asyncio
import tracemalloc
from datetime import timedelta
from itertools import pairwise

import pytest
from given import WANTED, MakePortal
from hypothesis import given
from hypothesis import strategies as st
from moved_time import HandClock, wall_now
from scripted_server import Exchange, ScriptedServer, Step, answer, appointment

from mijnklantportaal_async import (
    Priority,
    RateLimit,
    RateLimitedError,
    RateLimiter,
    RateLimitWaitError,
    RetryPolicy,
    ServerError,
    Timeouts,
)
from mijnklantportaal_async.calling.answers import error_from
from mijnklantportaal_async.calling.headers import LONGEST_WAIT, retry_after, server_time, whole_number
from mijnklantportaal_async.calling.wire import Answer, Effect, Operation, Request

FOUND = answer(200, appointment())
NAMES = ("retry-after", "x-ratelimit-reset", "date", "X-RateLimit-Limit", "X-RateLimit-Remaining", "x-request-id")
REQUEST = Request(Operation(name="x", method="GET", path="/x", effect=Effect.READ), "/x")

numbers = st.one_of(
    st.integers(-5, 10**25).map(str),
    st.floats().map(str),
    st.integers(1, 5000).map(lambda digits: "9" * digits),
    st.sampled_from(["0", "1.5", "\u0661\u0662", "1, 1", "60;w=60", " 7 ", "1_000", "0x10", "+5", "1e400", ".5", "5."]),
)
dates = st.builds(
    lambda day, year, clock, zone: f"Mon, {day} Jan {year} {clock} {zone}",
    st.integers(0, 40),
    st.integers(-1, 10**12),
    st.sampled_from(["00:00:00", "99:99:99", "23:59:60", "24:00:00", "1"]),
    st.sampled_from(["GMT", "+9999", "-9999", "+99999999999999999", "-0000", "", "CET"]),
)
raw_bytes = st.binary(max_size=20).map(lambda raw: raw.decode("utf-8", "surrogateescape"))
values = st.one_of(st.text(), numbers, dates, raw_bytes)
odd_headers = st.dictionaries(st.sampled_from(NAMES), values)


@given(headers=odd_headers)
def test_whatever_headers_hold_nothing_raises_and_everything_has_an_end(headers: dict[str, str]) -> None:
    wait = retry_after(headers)
    assert wait is None or 0 <= wait <= LONGEST_WAIT
    now = server_time(headers)
    # The clock of the service is reckoned with, so it has to lie within the calendar.
    assert now is None or now - timedelta(days=366) < now < now + timedelta(days=366)
    for text in headers.values():
        number = whole_number(text)
        assert number is None or 0 <= number < 10**20
    for status in (302, 400, 408, 422, 429, 503):
        error = error_from(REQUEST, Answer(status, headers, b""), 1)
        str(error).encode()
        repr(error.headers).encode()
        "".join(error.headers.values()).encode()


steps = st.tuples(st.sampled_from(["learn", "pause", "finish", "back", "wait"]), odd_headers)


@given(steps=st.lists(steps, max_size=12))
def test_whatever_comes_the_limiter_stays_of_use(steps: list[tuple[str, dict[str, str]]]) -> None:
    clock = HandClock()
    limiter = RateLimiter(RateLimit(in_flight=5), clock=clock)
    permits = []
    for what, headers in steps:
        permit = limiter.take_now(Priority.INTERACTIVE)
        if permit is not None:
            permits.append(permit)
        if what == "learn":
            limiter.learn(headers)
        elif what == "pause":
            limiter.pause(retry_after(headers))
        elif what == "finish" and permits:
            limiter.finish(permits[-1], headers)
        elif what == "back" and permits:
            limiter.give_back(permits[-1])
        clock.now += 1
        assert limiter.snapshot().resets_in <= 2 * LONGEST_WAIT + 60
    for permit in permits * 2:
        limiter.finish(permit)
        limiter.give_back(permit)
    assert limiter.snapshot().in_flight == 0
    clock.now += 3 * LONGEST_WAIT
    assert limiter.take_now(Priority.INTERACTIVE) is not None


@pytest.mark.parametrize("seconds", [float("nan"), float("inf"), -1.0, 1e300, None])
def test_no_pause_is_for_ever(seconds: float | None) -> None:
    clock = HandClock()
    limiter = RateLimiter(RateLimit(), clock=clock)
    assert 1 <= limiter.pause(seconds) <= 2 * LONGEST_WAIT
    clock.now += 2 * LONGEST_WAIT
    assert limiter.take_now(Priority.INTERACTIVE) is not None


def test_a_limit_of_millions_that_others_use_costs_neither_memory_nor_time() -> None:
    clock = HandClock()
    limiter = RateLimiter(RateLimit(), clock=clock)
    told = {"X-RateLimit-Limit": "20000000", "X-RateLimit-Remaining": "12"}
    tracemalloc.start()
    try:
        for _ in range(3000):
            limiter.learn(told)
            clock.now += 0.1
        used = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert used < 1_000_000
    assert limiter.snapshot().remaining == 12
    clock.now += 61
    assert (limiter.snapshot().remaining or 0) > 1000


@pytest.mark.parametrize(
    ("limit", "left", "remaining"),
    [
        ("60, 60;w=60", "59, 59", 59),
        (" ", "unknown", 60),
        ("60", "-3", 60),
        ("-1", "-1", 60),
        ("60", "4000", 60),
        ("0", "0", 60),
        ("9" * 5000, "9" * 5000, 60),
        ("60", "9" * 5000, 60),
    ],
)
def test_limits_that_services_write(limit: str, left: str, remaining: int) -> None:
    limiter = RateLimiter(RateLimit(), clock=HandClock())
    limiter.learn({"X-RateLimit-Limit": limit, "X-RateLimit-Remaining": left})
    assert limiter.snapshot().remaining == remaining


# --- Over the wire -----------------------------------------------------------------------------------------------


def refusing(arrivals: list[float], status: int = 429, headers: dict[str, str] | None = None) -> Step:
    async def step(exchange: Exchange) -> None:
        arrivals.append(asyncio.get_running_loop().time())
        await exchange.answer(status, {"code": status, "message": "Too many requests."}, headers)

    return step


@pytest.mark.parametrize(
    "headers",
    [
        None,
        {"Retry-After": "0"},
        {"Retry-After": "0.5"},
        {"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"},
        {"X-RateLimit-Reset": "1700000000"},
        {"Retry-After": "rand(30)"},
    ],
)
@pytest.mark.parametrize("calls", [1, 20])
async def test_refusals_that_do_not_say_how_long_are_asked_again_less_and_less(
    make_portal: MakePortal, headers: dict[str, str] | None, calls: int
) -> None:
    arrivals: list[float] = []
    async with ScriptedServer(otherwise=refusing(arrivals, headers=headers)) as server:
        portal = make_portal(server.url, rate_limit=RateLimit())
        results = await asyncio.gather(
            *(portal.get_appointment(f"apt_{number}") for number in range(calls)), return_exceptions=True
        )
    assert all(isinstance(result, (RateLimitedError, RateLimitWaitError)) for result in results)
    rounds = [moment for last, moment in zip([-9.0, *arrivals], arrivals, strict=False) if moment - last > 0.9]
    gaps = [later - earlier for earlier, later in pairwise(rounds)]
    # A minute has room for pauses of 1, 2, 4, 8, 16 and 29 seconds, and not for sixty of one.
    assert len(rounds) <= 7
    assert len(gaps) >= 4
    assert all(later > earlier for earlier, later in pairwise(gaps))


async def test_a_success_ends_the_growing(make_portal: MakePortal) -> None:
    arrivals: list[float] = []
    no = refusing(arrivals)
    async with ScriptedServer(no, no, no, FOUND, no, FOUND) as server:
        portal = make_portal(server.url)
        await portal.get_appointment("apt_1")
        began = asyncio.get_running_loop().time()
        await portal.get_appointment("apt_1")
        assert asyncio.get_running_loop().time() - began < 2


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [({"Retry-After": "20.5"}, 20.5), ({"X-RateLimit-Reset": "30"}, 30), ({"Retry-After": "2, 8"}, 8)],
)
async def test_what_a_refusal_asks_for_is_waited(
    make_portal: MakePortal, headers: dict[str, str], seconds: float
) -> None:
    arrivals: list[float] = []
    async with ScriptedServer(refusing(arrivals, headers=headers), FOUND) as server:
        began = asyncio.get_running_loop().time()
        await make_portal(server.url).get_appointment("apt_1")
        assert seconds <= asyncio.get_running_loop().time() - began <= seconds + 1


@pytest.mark.parametrize("value", ["9999999999", "9" * 400, "Fri, 31 Dec 8999 23:59:59 GMT"])
async def test_an_absurd_wait_is_cut_and_said(make_portal: MakePortal, value: str) -> None:
    async with ScriptedServer(answer(429, {"message": "Too many"}, {"Retry-After": value}), otherwise=FOUND) as server:
        portal = make_portal(server.url)
        with pytest.raises(RateLimitedError, match=r"absurdly long wait, .* as 300 s.*Call again in 300 s"):
            await portal.schedule_appointment(**WANTED)
        with pytest.raises(RateLimitWaitError, match="Call again in 30[01] s"):
            await portal.get_appointment("apt_1")
        await asyncio.sleep(3601)
        await portal.get_appointment("apt_1")


ODD = ("9" * 5000, "Mon, 01 Jan 99999999999 00:00:00 GMT", "Mon, 01 Jan 2035 00:00:00 +99999999999999999", "-1", "NaN")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("status", [200, 429, 503])
async def test_no_header_keeps_a_place_in_flight(make_portal: MakePortal, name: str, status: int) -> None:
    script = [step for value in ODD for step in (answer(status, appointment(), {name: value}), FOUND)]
    async with ScriptedServer(*script, otherwise=FOUND) as server:
        portal = make_portal(server.url, rate_limit=RateLimit(in_flight=1), timeouts=Timeouts(queue=9999, call=9999))
        for _ in ODD:
            assert (await portal.get_appointment("apt_1")).id == "apt_1"
            assert portal.rate_limit.in_flight == 0


async def test_a_service_that_says_when_it_will_be_back_is_not_asked_before(make_portal: MakePortal) -> None:
    arrivals: list[float] = []
    busy = refusing(arrivals, 503, {"Retry-After": "30"})
    async with ScriptedServer(busy, FOUND) as server:
        began = asyncio.get_running_loop().time()
        await make_portal(server.url).get_appointment("apt_1")
        assert 30 <= asyncio.get_running_loop().time() - began < 40
    in_a_minute = (wall_now() + timedelta(seconds=40)).strftime("%a, %d %b %Y %H:%M:%S GMT")
    async with ScriptedServer(answer(503, b"", {"Retry-After": in_a_minute}), FOUND) as server:
        began = asyncio.get_running_loop().time()
        await make_portal(server.url).get_appointment("apt_1")
        assert asyncio.get_running_loop().time() - began > 30


async def test_a_service_that_will_be_back_too_late_is_not_waited_for(make_portal: MakePortal) -> None:
    async with ScriptedServer(answer(503, b"", {"Retry-After": "100"}), FOUND) as server:
        began = asyncio.get_running_loop().time()
        with pytest.raises(ServerError) as caught:
            await make_portal(server.url, retry=RetryPolicy()).get_appointment("apt_1")
        assert caught.value.retry_after == 100
        assert asyncio.get_running_loop().time() - began < 5
        assert len(server.received) == 1


def test_the_portal_is_asked_at_its_own_time_where_it_tells_it() -> None:
    headers = {"date": "Sun, 06 Nov 2050 08:49:30 GMT", "retry-after": "Sun, 06 Nov 2050 08:49:37 GMT"}
    assert retry_after(headers) == 7
