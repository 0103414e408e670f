"""Three clocks: waiting for permits, one attempt, and the whole call."""

import asyncio

import aiohttp
import pytest
from given import WANTED, MakePortal
from scripted_server import ScriptedServer, answer, appointment, created, hold, listed, stall
from tenacity import wait_fixed

from mijnklantportaal_async import (
    CallTimeoutError,
    ConnectError,
    Outcome,
    OutcomeUnknownError,
    RateLimit,
    RateLimitedError,
    RateLimitWaitError,
    ReconcilePolicy,
    RetryPolicy,
    Timeouts,
    with_response,
)

FOUND = answer(200, appointment())


async def test_an_attempt_that_is_not_answered_in_time_is_unknown_and_repeated_where_that_is_harmless(
    make_portal: MakePortal,
) -> None:
    async with ScriptedServer(stall, FOUND) as server:
        response = await with_response(
            make_portal(server.url, timeouts=Timeouts(attempt=0.05)).get_appointment, "apt_1"
        )
        assert response.attempts == 2


async def test_the_error_names_the_clock(make_portal: MakePortal) -> None:
    async with ScriptedServer(otherwise=stall) as server:
        portal = make_portal(server.url, timeouts=Timeouts(attempt=0.05), retry=RetryPolicy(attempts=1))
        with pytest.raises(
            CallTimeoutError, match=r"get_appointment: No answer within 0.05 s.*Timeouts\(attempt"
        ) as caught:
            await portal.get_appointment("apt_1")
        assert isinstance(caught.value, TimeoutError)
        assert (caught.value.clock, caught.value.seconds) == ("attempt", 0.05)


async def test_waiting_for_a_place_in_a_small_pool_does_not_use_up_the_attempt(make_portal: MakePortal) -> None:
    """Six calls through a pool of one, each answered late: aiohttp's total timeout would end the last ones unsent."""

    async def late(exchange: object) -> None:
        await asyncio.sleep(0.05)
        await FOUND(exchange)  # type: ignore[arg-type]

    async with (
        ScriptedServer(otherwise=late) as server,
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=1)) as http,
    ):
        portal = make_portal(server.url, http=http, timeouts=Timeouts(attempt=0.2), retry=RetryPolicy(attempts=1))
        await asyncio.gather(*(portal.get_appointment("apt_1") for _ in range(6)))
        assert len(server.received) == 6


async def test_the_trap_of_the_pool_is_there() -> None:
    async def late(exchange: object) -> None:
        await asyncio.sleep(0.05)
        await FOUND(exchange)  # type: ignore[arg-type]

    timeout = aiohttp.ClientTimeout(total=0.2)
    async with (
        ScriptedServer(otherwise=late) as server,
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=1), timeout=timeout) as http,
    ):
        results = await asyncio.gather(*(http.get(server.url) for _ in range(8)), return_exceptions=True)
        assert any(isinstance(result, TimeoutError) for result in results)
        assert len(server.received) < 8


async def test_a_timeout_before_the_body_began_to_leave_is_not_sent(make_portal: MakePortal) -> None:
    """A pool that others keep busy: the call was never sent, and says so."""
    async with (
        ScriptedServer(stall) as server,
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=1)) as http,
    ):
        blocker = asyncio.create_task(http.get(server.url))
        await server.wait_for(1)
        portal = make_portal(server.url, http=http, timeouts=Timeouts(attempt=0.05), retry=RetryPolicy(attempts=2))
        with pytest.raises(CallTimeoutError) as caught:
            await portal.schedule_appointment(**WANTED)
        assert caught.value.outcome is Outcome.NOT_SENT
        assert server.count("POST") == 0
        blocker.cancel()


async def test_the_queue_clock_refuses_at_once_what_cannot_be(make_portal: MakePortal) -> None:
    async with ScriptedServer(otherwise=FOUND) as server:
        portal = make_portal(server.url, rate_limit=RateLimit(requests=1, per=3600), timeouts=Timeouts(queue=5))
        await portal.get_appointment("apt_1")
        with pytest.raises(RateLimitWaitError, match="within 5 s") as caught:
            await portal.schedule_appointment(**WANTED)
        assert caught.value.outcome is Outcome.NOT_SENT
        assert caught.value.retry_after is not None
        assert 3500 < caught.value.retry_after <= 3600
        assert caught.value.operation == "schedule_appointment"
        assert len(server.received) == 1


async def test_the_queue_clock_ends_a_wait_that_could_have_been(make_portal: MakePortal) -> None:
    """Room that others took is a guess, so it is waited for."""
    used_up = {"X-RateLimit-Limit": "60", "X-RateLimit-Remaining": "0"}
    async with ScriptedServer(otherwise=answer(200, appointment(), used_up)) as server:
        portal = make_portal(server.url, rate_limit=RateLimit(), timeouts=Timeouts(queue=0.05))
        await portal.get_appointment("apt_1")
        assert portal.rate_limit.remaining == 0
        with pytest.raises(RateLimitWaitError):
            await portal.get_appointment("apt_1")


async def test_places_for_calls_under_way_are_waited_for_on_the_queue_clock(make_portal: MakePortal) -> None:
    async with ScriptedServer(otherwise=stall) as server:
        portal = make_portal(
            server.url, rate_limit=RateLimit(requests=None, in_flight=1), timeouts=Timeouts(queue=0.05, attempt=5)
        )
        first = asyncio.create_task(portal.get_appointment("apt_1"))
        await server.wait_for(1)
        with pytest.raises(CallTimeoutError) as caught:
            await portal.get_appointment("apt_1")
        assert (caught.value.clock, caught.value.outcome) == ("queue", Outcome.NOT_SENT)
        first.cancel()


async def test_a_retry_after_that_does_not_fit_the_queue_raises_at_once(make_portal: MakePortal) -> None:
    refused = answer(429, {"code": 429, "message": "Too many requests."}, {"retry-after": "30"})
    async with ScriptedServer(refused) as server:
        portal = make_portal(server.url, timeouts=Timeouts(queue=5))
        with pytest.raises(RateLimitedError, match="Call again in 30 s") as caught:
            await portal.schedule_appointment(**WANTED)
        assert caught.value.outcome is Outcome.REJECTED
        assert len(server.received) == 1
        with pytest.raises(RateLimitWaitError):
            await portal.get_appointment("apt_1")
        assert len(server.received) == 1


async def test_the_call_clock_ends_attempts_and_backoff(make_portal: MakePortal) -> None:
    async with ScriptedServer(otherwise=answer(503, {"message": "busy"})) as server:
        portal = make_portal(
            server.url, timeouts=Timeouts(call=1), retry=RetryPolicy(attempts=99, wait=wait_fixed(0.6))
        )
        with pytest.raises(Exception, match="503 busy"):
            await portal.get_appointment("apt_1")
        assert len(server.received) == 2


async def test_the_call_clock_ends_an_attempt(make_portal: MakePortal) -> None:
    async with ScriptedServer(otherwise=stall) as server:
        portal = make_portal(server.url, timeouts=Timeouts(attempt=30, call=0.05))
        with pytest.raises(CallTimeoutError) as caught:
            await portal.get_appointment("apt_1")
        assert caught.value.clock == "call"


async def test_the_call_clock_leaves_no_time_to_look(make_portal: MakePortal) -> None:
    async with ScriptedServer(answer(503), listed(), otherwise=created()) as server:
        portal = make_portal(server.url, timeouts=Timeouts(call=2), reconcile=ReconcilePolicy(settle=30))
        with pytest.raises(OutcomeUnknownError, match="ended after 1 looks"):
            await portal.schedule_appointment(**WANTED)
        assert server.count("POST") == 1


async def test_waiting_for_permits_does_not_use_up_the_call(make_portal: MakePortal) -> None:
    async with ScriptedServer(otherwise=FOUND) as server:
        portal = make_portal(server.url, rate_limit=RateLimit(requests=1, per=0.3), timeouts=Timeouts(call=0.2))
        await portal.get_appointment("apt_1")
        response = await with_response(portal.get_appointment, "apt_1")
        assert response.elapsed > 0.2
        assert len(server.received) == 2


async def test_without_clocks_nothing_ends(make_portal: MakePortal) -> None:
    gate = asyncio.Event()
    async with ScriptedServer(hold(gate, FOUND)) as server:
        portal = make_portal(server.url, timeouts=Timeouts(queue=None, attempt=None, call=None))
        task = asyncio.create_task(portal.get_appointment("apt_1"))
        await server.wait_for(1)
        gate.set()
        assert (await task).id == "apt_1"


async def test_no_server_is_not_sent(make_portal: MakePortal) -> None:
    portal = make_portal(
        "http://127.0.0.1:1/v1", retry=RetryPolicy(attempts=2), rate_limit=RateLimit(requests=5, per=60)
    )
    with pytest.raises(ConnectError, match=r"schedule_appointment: No connection .* after 2 attempts") as caught:
        await portal.schedule_appointment(
            **{**WANTED, "name": "x"},
        )
    assert caught.value.outcome is Outcome.NOT_SENT
    assert portal.rate_limit.remaining == 5


@pytest.mark.parametrize("name", ["queue", "attempt", "call"])
@pytest.mark.parametrize("seconds", [0, -1, float("nan")])
def test_timeouts_must_be_above_zero(name: str, seconds: float) -> None:
    with pytest.raises(ValueError, match=f"Timeouts\\({name}="):
        Timeouts(**{name: seconds})


async def test_waiting_behind_an_equal_request_ends_with_the_queue_clock(make_portal: MakePortal) -> None:
    async with ScriptedServer(stall, created()) as server:
        portal = make_portal(server.url, timeouts=Timeouts(queue=0.05))
        first = asyncio.create_task(portal.schedule_appointment(**WANTED))
        await server.wait_for(1)
        with pytest.raises(CallTimeoutError, match="for the same thing took longer than 0.05 s") as caught:
            await portal.schedule_appointment(**WANTED)
        assert (caught.value.clock, caught.value.outcome) == ("queue", Outcome.NOT_SENT)
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        await portal.schedule_appointment(**WANTED)
