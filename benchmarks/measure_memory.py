"""Whether memory grows with the number of requests: `schedule_appointments` with results that nobody keeps."""

import gc
import statistics
import tracemalloc
from collections.abc import Iterator

import attrs

from benchmarks.appointment import API_KEY, TITLE, wanted
from benchmarks.server_process import ServerProcess
from mijnklantportaal_async import Clock, NewAppointment, PortalSession, Scheduled

CONCURRENCY = 32
FAST_CLOCK = 20.0


@attrs.frozen(kw_only=True)
class MemoryResult:
    """Traced memory after every so many requests of one session."""

    title: str
    requests: int
    every: int
    kilobytes: list[float]
    slope: float
    """Bytes that each request left behind, by a straight line through the samples."""


async def measure_memory(server: ServerProcess, *, requests: int, every: int) -> list[MemoryResult]:
    """Runs so many requests in each of two sessions and samples memory.

    A session remembers for some seconds which appointments are its own, so at full speed, without a rate limit, it
    grows until the first of them expire. In the second session the clock runs faster, so that they expire at once:
    what still grows there is a leak.

    Args:
        server: What is called.
        requests: How many each time.
        every: Requests between two samples.
    """
    results: list[MemoryResult] = []
    for title, clock in (
        ("as it is: remembers for some seconds", Clock()),
        ("with a fast clock: forgets at once", Clock(speed=FAST_CLOCK)),
    ):
        tracemalloc.start()
        try:
            async with PortalSession(api_key=API_KEY, base_url=server.base_url, rate_limit=None, clock=clock) as portal:
                await _schedule(portal, 2 * every)  # opens connections, builds what is built at first use
                samples = await _sample(portal, requests, every)
        finally:
            tracemalloc.stop()
        results.append(
            MemoryResult(
                title=title,
                requests=requests,
                every=every,
                kilobytes=[sample / 1024 for sample in samples],
                slope=_slope(samples, every),
            )
        )
    return results


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
        one = wanted(index)
        yield NewAppointment(name=TITLE, starts_at=one.starts_at, ends_at=one.ends_at, customer_id=one.customer_id)
