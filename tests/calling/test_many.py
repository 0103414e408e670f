"""Many calls at once."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta

import pytest
from given import MakePortal, moment
from scripted_server import Exchange, ScriptedServer, answer, appointment, drop, stall

from mijnklantportaal_async import (
    NewAppointment,
    NotStarted,
    OutcomeUnknownError,
    RateLimit,
    ReconcilePolicy,
    Rejected,
    Scheduled,
    Timeouts,
    Unknown,
)
from mijnklantportaal_async.calling.many import Unsettled


def wanted(index: int) -> NewAppointment:
    starts = moment(2027, 3, 5, 8, 0) + timedelta(minutes=index)
    return NewAppointment(name="x", starts_at=starts, ends_at=moment(2027, 3, 9, 8, 0), customer_id=f"cst_{index}")


async def echo(exchange: Exchange) -> None:
    """Books what was asked for."""
    sent = exchange.received.json
    starts, ends = (sent[name].replace(" ", "T") + ":00+01:00" for name in ("startsAt", "endsAt"))
    customer = sent["customerId"]
    await exchange.answer(201, appointment(id=f"apt_{customer}", customerId=customer, startsAt=starts, endsAt=ends))


async def test_one_result_for_each_request_in_order_of_completion(make_portal: MakePortal) -> None:
    async with ScriptedServer(otherwise=echo) as server:
        run = make_portal(server.url).schedule_appointments(map(wanted, range(100)), concurrency=7)
        results = [result async for result in run]
        assert sorted(result.index for result in results) == list(range(100))
        for result in results:
            assert isinstance(result, Scheduled)
            assert result.appointment.customer_id == result.request.customer_id == f"cst_{result.index}"
            assert result.attempts == 1
        assert run.read == 100
        assert run.unfinished == []
        assert server.connections_accepted <= 7


async def test_an_endless_source_is_not_read_ahead(make_portal: MakePortal) -> None:
    taken = 0

    def endless() -> Iterator[NewAppointment]:
        nonlocal taken
        while True:
            taken += 1
            yield wanted(taken)

    async with ScriptedServer(otherwise=echo) as server:
        async with make_portal(server.url).schedule_appointments(endless(), concurrency=5) as run:
            yielded = 0
            async for _ in run:
                yielded += 1
                await asyncio.sleep(0.002)
                assert taken - yielded <= 5
                if yielded == 50:
                    break
        assert len(run.unfinished) == run.read - 50
        assert taken == run.read


async def test_an_async_source(make_portal: MakePortal) -> None:
    async def source() -> AsyncIterator[NewAppointment]:
        for index in range(20):
            await asyncio.sleep(0)
            yield wanted(index)

    async with ScriptedServer(otherwise=echo) as server:
        run = make_portal(server.url).schedule_appointments(source(), concurrency=3)
        assert len([result async for result in run]) == 20


async def test_an_empty_source(make_portal: MakePortal) -> None:
    async with ScriptedServer() as server:
        run = make_portal(server.url).schedule_appointments([])
        assert [result async for result in run] == []
        assert [result async for result in run] == []


async def test_an_error_of_the_source_comes_after_what_was_read_before_it(make_portal: MakePortal) -> None:
    def broken() -> Iterator[NewAppointment]:
        yield from map(wanted, range(5))
        raise OSError("the file is gone")

    results: list[object] = []
    async with ScriptedServer(otherwise=echo) as server:
        run = make_portal(server.url).schedule_appointments(broken(), concurrency=2)
        for _ in range(5):
            results.append(await anext(run))
        with pytest.raises(OSError, match="the file is gone"):
            await anext(run)


async def test_every_kind_of_result(make_portal: MakePortal) -> None:
    async def by_customer(exchange: Exchange) -> None:
        if exchange.received.method == "GET":
            await exchange.answer(403, {"message": "no"})
        match exchange.received.json["customerId"]:
            case "cst_0":
                await echo(exchange)
            case "cst_1":
                await exchange.answer(422, {"message": "no", "errors": {"customerId": ["unknown"]}})
            case "cst_2":
                exchange.drop()
            case "cst_3":
                await exchange.answer(429, {"code": 429}, {"retry-after": "99999"})
            case _:
                await exchange.answer(201, b"not json")

    async with ScriptedServer(otherwise=by_customer) as server:
        # One at a time, so that the pauses after the 429 come last: each is cut to what a person would accept.
        requests = [wanted(0), wanted(1), wanted(2), "not a request", wanted(4), wanted(3), wanted(0)]
        portal = make_portal(server.url, reconcile=None, rate_limit=RateLimit(requests=60))
        run = portal.schedule_appointments(requests, concurrency=1)  # type: ignore[arg-type]
        results = {result.index: result async for result in run}
    kinds = [type(results[index]) for index in range(7)]
    assert kinds == [Scheduled, Rejected, Unknown, Rejected, Unknown, Rejected, Scheduled]
    assert isinstance(results[2].error, OutcomeUnknownError)
    assert isinstance(results[3].error, TypeError)
    assert results[1].error.errors == {"customer_id": ["unknown"]}


async def test_a_wall_time_that_comes_twice_is_one_bad_request_not_the_end(make_portal: MakePortal) -> None:
    starts = moment(2027, 10, 31, 2, 30)
    bad = NewAppointment(name="x", starts_at=starts, ends_at=starts + timedelta(hours=5), customer_id="cst_1")
    async with ScriptedServer(otherwise=echo) as server:
        run = make_portal(server.url).schedule_appointments([bad, wanted(1)])
        first, second = sorted([result async for result in run], key=lambda result: result.index)
        assert isinstance(first, Rejected)
        assert "comes twice" in str(first.error)
        assert isinstance(second, Scheduled)


async def test_a_cancelled_consumer_leaves_every_request_accounted_for(make_portal: MakePortal) -> None:
    async def slow_for_some(exchange: Exchange) -> None:
        if int(exchange.received.json["customerId"][4:]) >= 3:
            await stall(exchange)
        await echo(exchange)

    async with ScriptedServer(otherwise=slow_for_some) as server:
        portal = make_portal(
            server.url, rate_limit=RateLimit(requests=6, per=3600, follow_headers=False), timeouts=Timeouts(queue=None)
        )
        run = portal.schedule_appointments(map(wanted, range(20)), concurrency=8)
        taken: list[object] = []

        async def consume() -> None:
            async for result in run:
                taken.append(result)

        consumer = asyncio.create_task(consume())
        await server.wait_for(6)
        while len(taken) < 3:
            await asyncio.sleep(0.001)
        consumer.cancel()
        with pytest.raises(asyncio.CancelledError):
            await consumer

        assert len(taken) + len(run.unfinished) == run.read
        kinds = {result.index: type(result) for result in run.unfinished}
        # 3, 4, 5 were sent and not answered; all later ones waited for the rate limit.
        assert {index for index, kind in kinds.items() if kind is Unknown} == {3, 4, 5}
        assert {kind for index, kind in kinds.items() if index > 5} == {NotStarted}
        assert portal.rate_limit.in_flight == 0
        assert portal.rate_limit.waiting == 0
        assert [result async for result in run] == []
        await portal.aclose()
        await server.wait_until_idle()


async def test_a_gentle_stop_lets_what_was_sent_learn_its_outcome(make_portal: MakePortal) -> None:
    gate = asyncio.Event()

    async def after_the_gate(exchange: Exchange) -> None:
        await gate.wait()
        await echo(exchange)

    async with ScriptedServer(otherwise=after_the_gate) as server:
        portal = make_portal(
            server.url, rate_limit=RateLimit(requests=3, per=3600, follow_headers=False), timeouts=Timeouts(queue=None)
        )
        run = portal.schedule_appointments(map(wanted, range(9)), concurrency=5)
        consumer = asyncio.ensure_future(anext(run))
        await server.wait_for(3)
        stopping = asyncio.create_task(run.stop(grace=5))
        await asyncio.sleep(0.01)
        gate.set()
        await stopping
        await run.stop()
        results = [await consumer, *run.unfinished]
        assert sum(isinstance(result, Scheduled) for result in results) == 3
        assert sum(isinstance(result, NotStarted) for result in results) == 2
        assert run.read == 5


async def test_background_calls_let_a_person_go_first(make_portal: MakePortal) -> None:
    async def serve(exchange: Exchange) -> None:
        await (answer(200, appointment())(exchange) if exchange.received.method == "GET" else echo(exchange))

    async with ScriptedServer(otherwise=serve) as server:
        portal = make_portal(server.url, rate_limit=RateLimit(requests=10, per=0.2, follow_headers=False))
        run = portal.schedule_appointments(map(wanted, range(40)), concurrency=40)
        consumer = asyncio.ensure_future(anext(run))
        await server.wait_for(10)
        await portal.get_appointment("apt_1")
        assert server.received[10].method == "GET"
        await consumer
        await run.stop()


async def test_closing_the_session_stops_its_runs(make_portal: MakePortal) -> None:
    async with ScriptedServer(otherwise=stall) as server:
        portal = make_portal(server.url)
        run = portal.schedule_appointments(map(wanted, range(3)))
        consumer = asyncio.ensure_future(anext(run, None))
        await server.wait_for(3)
        await portal.aclose()
        # A consumer that waits meanwhile gets what it can; each request is accounted for once.
        results = [await consumer, *run.unfinished]
        assert sorted((result.index, type(result)) for result in results if result) == [(n, Unknown) for n in range(3)]
        await server.wait_until_idle()


async def test_stopped_before_it_began(make_portal: MakePortal) -> None:
    async with ScriptedServer() as server:
        run = make_portal(server.url).schedule_appointments(map(wanted, range(3)))
        await run.stop()
        assert [result async for result in run] == []
        assert (run.read, server.received) == (0, [])


def test_concurrency_has_to_be_something(make_portal: MakePortal) -> None:
    with pytest.raises(ValueError, match="concurrency=0"):
        make_portal("http://127.0.0.1:1").schedule_appointments([], concurrency=0)


@pytest.mark.parametrize("turns", range(6))
async def test_stopped_in_any_turn_of_the_loop_every_request_is_accounted_for(
    make_portal: MakePortal, turns: int
) -> None:
    async with ScriptedServer(otherwise=echo) as server:
        run = make_portal(server.url).schedule_appointments(map(wanted, range(3)))
        consumer = asyncio.ensure_future(anext(run, None))
        for _ in range(turns):
            await asyncio.sleep(0)
        await run.stop()
        results = [result for result in (await consumer, *run.unfinished) if result]
        assert [type(result) for result in results] == [NotStarted] * run.read
        assert server.received == []


async def test_a_gentle_stop_because_of_a_result_leaves_nothing_unknown(make_portal: MakePortal) -> None:
    """Calls whose requests are just about to leave are let go too: cancelling them could come too late."""
    async with ScriptedServer(otherwise=echo) as server:
        run = make_portal(server.url).schedule_appointments(map(wanted, range(100)), concurrency=32)
        first = await anext(run)
        await run.stop(grace=5)
        results = [first, *run.unfinished]
        assert sum(isinstance(result, Scheduled) for result in results) == server.count("POST")
        assert {type(result) for result in results} <= {Scheduled, NotStarted}
        assert len(results) == run.read


async def test_what_is_not_settled_is_counted_and_how_long_it_takes(make_portal: MakePortal) -> None:
    async with ScriptedServer(otherwise=stall) as server:
        portal = make_portal(
            server.url, timeouts=Timeouts(attempt=300, call=900), reconcile=ReconcilePolicy(settle=10.0)
        )
        assert portal.unsettled == Unsettled(calls=0, seconds=0.0)
        async with portal.schedule_appointments(map(wanted, range(9)), concurrency=4) as run:
            reading = asyncio.create_task(anext(run))
            while len(server.received) < 4:
                await asyncio.sleep(0.001)
            # What is left of the 300 s of each request, and the 10 s after it.
            assert run.unsettled.calls == portal.unsettled.calls == 4
            assert 10.0 < run.unsettled.seconds <= 310.0
            reading.cancel()
        assert portal.unsettled == Unsettled(calls=0, seconds=0.0)


async def test_after_a_lost_answer_only_the_rest_of_the_settle_time_is_left(make_portal: MakePortal) -> None:
    async with ScriptedServer(drop, otherwise=stall) as server:
        portal = make_portal(server.url, reconcile=ReconcilePolicy(settle=10.0, looks=(1.0,)))
        async with portal.schedule_appointments([wanted(1)]) as run:
            reading = asyncio.create_task(anext(run))
            while run.unsettled.seconds > 10.0 or not run.unsettled.calls:
                await asyncio.sleep(0.001)
            assert run.unsettled.calls == 1
            reading.cancel()
