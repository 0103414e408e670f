"""Whether memory grows with the number of requests: `schedule_appointments` with results that nobody keeps."""

import gc
import statistics
import time
import tracemalloc
from collections.abc import Iterator
from itertools import count

import attrs

from benchmarks.appointment import API_KEY, ENDS_AT, STARTS_AT, TITLE, customer
from benchmarks.server_process import ServerProcess
from mijnklantportaal_async import NewAppointment, PortalSession, Scheduled

CONCURRENCY = 32


@attrs.frozen(kw_only=True)
class MemoryResult:
    """Traced memory after every so many requests."""

    requests: int
    every: int
    filled_seconds: float
    """How long the session had been at work before the first sample."""
    kilobytes: list[float]
    slope: float
    """Bytes that each further request leaves behind, by a straight line through the samples."""
    from_cold: float
    """Bytes that each request left behind from the very first one on."""


async def measure_memory(server: ServerProcess, *, requests: int, every: int, fill_seconds: float) -> MemoryResult:
    """Runs so many requests and samples memory.

    A session remembers for some seconds which appointments are its own, so it grows until the first of them expire;
    `fill_seconds` of calls go before the samples for that.

    Args:
        server: What is called.
        requests: How many, after the filling.
        every: Requests between two samples.
        fill_seconds: How long to call before the first sample.
    """
    tracemalloc.start()
    try:
        async with PortalSession(api_key=API_KEY, base_url=server.base_url, rate_limit=None) as portal:
            await _schedule(portal, every)  # opens connections, builds what is built at first use
            cold, made = _traced(), 0
            until = time.monotonic() + fill_seconds
            while made < requests or time.monotonic() < until:
                await _schedule(portal, every)
                made += every
            from_cold = (_traced() - cold) / made
            samples = [_traced()]
            for _ in range(requests // every):
                await _schedule(portal, every)
                samples.append(_traced())
    finally:
        tracemalloc.stop()
    places = [number * every for number in range(len(samples))]
    return MemoryResult(
        requests=requests,
        every=every,
        filled_seconds=fill_seconds,
        kilobytes=[sample / 1024 for sample in samples],
        slope=statistics.linear_regression(places, samples).slope,
        from_cold=from_cold,
    )


def _traced() -> int:
    gc.collect()
    return tracemalloc.get_traced_memory()[0]


async def _schedule(portal: PortalSession, requests: int) -> None:
    async for result in portal.schedule_appointments(_new_appointments(requests), concurrency=CONCURRENCY):
        if not isinstance(result, Scheduled):
            raise RuntimeError(f"a request was not scheduled: {result}")


def _new_appointments(requests: int) -> Iterator[NewAppointment]:
    for index in count():
        if index == requests:
            return
        yield NewAppointment(name=TITLE, starts_at=STARTS_AT, ends_at=ENDS_AT, customer_id=customer(index))
