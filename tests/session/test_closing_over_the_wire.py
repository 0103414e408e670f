"""A program that shuts down is not held up by what its calls wait for."""

import asyncio
from collections.abc import Awaitable
from typing import Any

import pytest
from given import WANTED, MakePortal
from moved_time import LoopClock
from scripted_server import Exchange, ScriptedServer, answer, appointment, created, drop, listed, stall

from mijnklantportaal_async import (
    ConnectError,
    MijnKlantportaalError,
    Outcome,
    OutcomeUnknownError,
    PortalSession,
    RateLimit,
    RateLimiter,
    ReconcilePolicy,
    ServerError,
    Timeouts,
)

FOUND = answer(200, appointment())
LONG = Timeouts(queue=None, call=None)


async def ends_at_once(portal: PortalSession, *calls: Awaitable[Any]) -> list[MijnKlantportaalError]:
    """Closes the session half a second after its calls began."""
    loop = asyncio.get_running_loop()
    tasks = [asyncio.ensure_future(call) for call in calls]
    await asyncio.sleep(0.5)
    began = loop.time()
    await portal.aclose()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert loop.time() - began < 1
    assert portal.rate_limit.in_flight == portal.rate_limit.waiting == 0
    return [result for result in results if isinstance(result, MijnKlantportaalError)]


async def test_a_call_that_waits_for_the_rate_limit_ends_as_not_sent(make_portal: MakePortal) -> None:
    async with ScriptedServer(otherwise=FOUND) as server:
        portal = make_portal(server.url, rate_limit=RateLimit(requests=1, per=600), timeouts=LONG)
        errors = await ends_at_once(portal, *(portal.get_appointment("apt_1") for _ in range(3)))
        assert [(type(error), error.outcome) for error in errors] == [(ConnectError, Outcome.NOT_SENT)] * 2
        assert "get_appointment: The session was closed while the call waited" in str(errors[0])
        assert len(server.received) == 1


async def test_what_other_sessions_wait_for_goes_on(make_portal: MakePortal) -> None:
    limiter = RateLimiter(RateLimit(requests=2, per=60), clock=LoopClock())
    async with ScriptedServer(otherwise=FOUND) as server:
        one = make_portal(server.url, rate_limit=limiter, timeouts=LONG)
        other = make_portal(server.url, rate_limit=limiter, timeouts=LONG)
        await one.get_appointment("apt_1")
        await one.get_appointment("apt_1")
        mine, theirs = (asyncio.create_task(portal.get_appointment("apt_1")) for portal in (one, other))
        await asyncio.sleep(1)
        await one.aclose()
        with pytest.raises(ConnectError):
            await mine
        assert (await theirs).id == "apt_1"


async def test_backoff_ends_as_the_failure_before(make_portal: MakePortal) -> None:
    async with ScriptedServer(answer(503, {"message": "busy"}, {"Retry-After": "300"})) as server:
        portal = make_portal(server.url, timeouts=LONG)
        (error,) = await ends_at_once(portal, portal.cancel_appointment("apt_1"))
        assert isinstance(error, ServerError)
        assert error.outcome is Outcome.UNKNOWN
        assert error.__notes__ == ["Not tried again: the session was closed."]
        assert len(server.received) == 1


async def test_the_settle_time_ends_as_unknown(make_portal: MakePortal) -> None:
    async with ScriptedServer(drop, otherwise=listed()) as server:
        portal = make_portal(server.url, timeouts=LONG, reconcile=ReconcilePolicy(settle=300))
        (error,) = await ends_at_once(portal, portal.schedule_appointment(**WANTED))
        assert isinstance(error, OutcomeUnknownError)
        assert "did not help: The session was closed while the call waited." in str(error)
        assert server.count("POST") == 1


async def test_a_call_behind_an_equal_one_ends_as_not_sent(make_portal: MakePortal) -> None:
    async with ScriptedServer(otherwise=stall) as server:
        portal = make_portal(server.url, timeouts=Timeouts(queue=None, attempt=300, call=None))
        errors = await ends_at_once(portal, *(portal.schedule_appointment(**WANTED) for _ in range(3)))
        assert sorted(error.outcome.name for error in errors) == ["NOT_SENT", "NOT_SENT", "UNKNOWN"]
        assert {error.operation for error in errors} == {"schedule_appointment"}
        assert server.count("POST") == 1


async def test_a_look_goes_before_calls_that_wait_longer(make_portal: MakePortal) -> None:
    """Else what became of a booking is known only when everything that waits has gone."""

    async def by_path(exchange: Exchange) -> None:
        step = drop if exchange.received.method == "POST" else listed(appointment()) if reads_list(exchange) else FOUND
        await step(exchange)

    def reads_list(exchange: Exchange) -> bool:
        return not exchange.received.path.endswith("apt_1")

    async with ScriptedServer(otherwise=by_path) as server:
        portal = make_portal(server.url, rate_limit=RateLimit(requests=None, in_flight=1))
        booking = asyncio.create_task(portal.schedule_appointment(**WANTED))
        await asyncio.sleep(0)
        reads = [asyncio.create_task(portal.get_appointment("apt_1")) for _ in range(5)]
        assert (await booking).id == "apt_1"
        await asyncio.gather(*reads)
        sent = [received.path.endswith("apt_1") for received in server.received]
        # The booking, one read that had its place by then, and the look.
        assert sent == [False, True, False, True, True, True, True]


async def test_nothing_is_sent_after_the_close(make_portal: MakePortal) -> None:
    async with ScriptedServer(otherwise=created()) as server:
        portal = make_portal(server.url, rate_limit=RateLimit(requests=1, per=1), timeouts=LONG)
        tasks = [
            asyncio.create_task(portal.schedule_appointment(**WANTED | {"customer_id": f"cst_{number}"}))
            for number in range(5)
        ]
        await asyncio.sleep(0.1)
        await portal.aclose()
        await asyncio.sleep(20)
        assert all(task.done() for task in tasks)
        await asyncio.gather(*tasks, return_exceptions=True)
        assert len(server.received) == 1
