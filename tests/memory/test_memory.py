"""A run of any length takes the same memory, as long as its results are not kept."""

import gc
import tracemalloc
from collections.abc import Iterator
from datetime import timedelta
from statistics import linear_regression

import pytest
from given import MakePortal, moment
from scripted_server import Exchange, ScriptedServer, appointment

from mijnklantportaal_async import Clock, NewAppointment, RateLimit, Scheduled

COUNT = 10_000


def requests() -> Iterator[NewAppointment]:
    for index in range(COUNT):
        starts = moment(2027, 3, 5, 8, 0) + timedelta(minutes=index)
        yield NewAppointment(
            name="x", starts_at=starts, ends_at=starts + timedelta(hours=1), customer_id=f"cst_{index}"
        )


async def book(exchange: Exchange) -> None:
    exchange.server.received.clear()
    await exchange.answer(201, appointment(id=f"apt_{exchange.received.json['customerId']}"))


@pytest.mark.timeout(300)
@pytest.mark.filterwarnings("ignore::mijnklantportaal_async.PortalTimeWarning")
async def test_ten_thousand_requests_take_no_more_memory_than_a_few(make_portal: MakePortal) -> None:
    sizes: list[int] = []
    async with ScriptedServer(otherwise=book) as server:
        # Records stay claimed for some seconds; on a fast clock that is over soon, and leaves the rest to be seen.
        portal = make_portal(server.url, rate_limit=RateLimit(requests=None), clock=Clock(50))
        tracemalloc.start()
        try:
            done = 0
            async for result in portal.schedule_appointments(requests(), concurrency=32):
                assert isinstance(result, Scheduled)
                done += 1
                if done % 1000 == 0:
                    gc.collect()
                    sizes.append(tracemalloc.get_traced_memory()[0])
        finally:
            tracemalloc.stop()
    assert done == COUNT
    # Nothing to speak of for each request, once caches and claims have filled: the slope of the later samples. A list
    # of their ids alone would cost about 70 each.
    later = sizes[2:]
    slope = linear_regression(range(len(later)), later).slope / 1000
    assert slope < 40, sizes
