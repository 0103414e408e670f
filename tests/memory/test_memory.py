"""A run of any length takes the same memory, as long as its results are not kept."""

import gc
import sys
from collections.abc import Iterator
from datetime import timedelta

from given import MakePortal, moment
from moved_time import HandClock
from scripted_server import Exchange, ScriptedServer, appointment

from mijnklantportaal_async import NewAppointment, RateLimit, Scheduled

COUNT = 5_000

STEP = 200

CLOCK = HandClock()


def requests() -> Iterator[NewAppointment]:
    for index in range(COUNT):
        starts = moment(2027, 3, 5, 8, 0) + timedelta(minutes=index)
        yield NewAppointment(
            name="x", starts_at=starts, ends_at=starts + timedelta(hours=1), customer_id=f"cst_{index}"
        )


async def book(exchange: Exchange) -> None:
    exchange.server.received.clear()
    # Records stay claimed for a minute: the clock goes on, so that they are let go and the rest can be seen.
    CLOCK.now += 3.0
    asked = exchange.received.json
    moments = {name: asked[name].replace(" ", "T") + ":00+01:00" for name in ("startsAt", "endsAt")}
    customer = asked["customerId"]
    await exchange.answer(201, appointment(id=f"apt_{customer}", customerId=customer, **moments))


async def test_five_thousand_requests_take_no_more_memory_than_a_few(make_portal: MakePortal) -> None:
    blocks: list[int] = []
    async with ScriptedServer(otherwise=book) as server:
        portal = make_portal(server.url, rate_limit=RateLimit(requests=None), clock=CLOCK)
        done = 0
        async for result in portal.schedule_appointments(requests(), concurrency=32):
            assert isinstance(result, Scheduled)
            done += 1
            if done % STEP == 0:
                gc.collect()
                blocks.append(sys.getallocatedblocks())
    assert done == COUNT
    # Caches fill and empty in turn, by a thousand blocks; beyond that nothing is kept of a request: not even its id,
    # which would be a block of memory.
    half = len(blocks) // 2
    grown = max(blocks[half:]) - max(blocks[:half])
    assert grown < 0.4 * COUNT / 2, blocks
