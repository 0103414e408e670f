"""Whether memory grows with the number of requests: `schedule_appointments` with results that nobody keeps."""

import gc
import statistics
import time
import tracemalloc
from collections.abc import Iterator

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
    fill_seconds: float
    """Seconds of calls between the cold samples and the steady ones."""
    cold_kilobytes: list[float]
    """From the first requests of a session on."""
    cold_slope: float
    """Bytes that each of those requests left behind, by a straight line through the samples."""
    steady_kilobytes: list[float]
    steady_slope: float


async def measure_memory(server: ServerProcess, *, requests: int, every: int, fill_seconds: float) -> MemoryResult:
    """Runs so many requests twice and samples memory: in a new session, and in one that has been at work.

    A session remembers for some seconds which appointments are its own, so at full speed, without a rate limit, it
    grows until the first of them expire. Only what still grows afterwards is a leak.

    Args:
        server: What is called.
        requests: How many each time.
        every: Requests between two samples.
        fill_seconds: How long to call in between.
    """
    tracemalloc.start()
    try:
        async with PortalSession(api_key=API_KEY, base_url=server.base_url, rate_limit=None) as portal:
            await _schedule(portal, every)  # opens connections, builds what is built at first use
            cold = await _sample(portal, requests, every)
            until = time.monotonic() + fill_seconds
            while time.monotonic() < until:
                await _schedule(portal, every)
            steady = await _sample(portal, requests, every)
    finally:
        tracemalloc.stop()
    return MemoryResult(
        requests=requests,
        every=every,
        fill_seconds=fill_seconds,
        cold_kilobytes=[sample / 1024 for sample in cold],
        cold_slope=_slope(cold, every),
        steady_kilobytes=[sample / 1024 for sample in steady],
        steady_slope=_slope(steady, every),
    )


async def _sample(portal: PortalSession, requests: int, every: int) -> list[int]:
    samples = [_traced()]
    for _ in range(requests // every):
        await _schedule(portal, every)
        samples.append(_traced())
    return samples


def _slope(samples: list[int], every: int) -> float:
    places = [number * every for number in range(len(samples))]
    return statistics.linear_regression(places, samples).slope


def _traced() -> int:
    gc.collect()
    return tracemalloc.get_traced_memory()[0]


async def _schedule(portal: PortalSession, requests: int) -> None:
    async for result in portal.schedule_appointments(_new_appointments(requests), concurrency=CONCURRENCY):
        if not isinstance(result, Scheduled):
            raise RuntimeError(f"a request was not scheduled: {result}")


def _new_appointments(requests: int) -> Iterator[NewAppointment]:
    for index in range(requests):
        yield NewAppointment(name=TITLE, starts_at=STARTS_AT, ends_at=ENDS_AT, customer_id=customer(index))
