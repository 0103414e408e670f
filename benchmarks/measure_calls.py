"""CPU per call and calls per second, all contenders in one process, round-robin in many short rounds.

Each round has every contender once. A ratio is taken within a round, so that what slows the machine down for a second
or two hits both sides of it.
"""

import asyncio
import gc
import statistics
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack

import attrs

from benchmarks.appointment import wanted
from benchmarks.clients import CONTENDERS, HAND_TUNED, Contender
from benchmarks.clients.contender import Schedule
from benchmarks.server_process import MeterReading, ServerProcess
from benchmarks.spread import Spread


@attrs.frozen
class Round:
    """One contender's share of one round."""

    cpu_per_call: float
    """Microseconds of this process."""
    calls_per_second: float
    server_share: float
    """Part of the time that the server was busy; near 1 it is the bottleneck."""
    slowest: float
    """Milliseconds within which 99 of 100 calls were done."""


@attrs.frozen(kw_only=True)
class ContenderResult:
    """What one contender came to at one number of callers."""

    key: str
    title: str
    in_flight: int
    cpu_per_call: Spread
    cpu_ratio: Spread
    """To hand-tuned aiohttp in the same round."""
    calls_per_second: Spread
    calls_ratio: Spread
    server_share: Spread
    slowest: Spread
    """Milliseconds within which 99 of 100 calls were done."""


async def measure_calls(
    server: ServerProcess, *, levels: tuple[int, ...], rounds: int, calls: int
) -> list[ContenderResult]:
    """Runs all contenders at each number of callers.

    Args:
        server: What they call.
        levels: Numbers of callers at once.
        rounds: How often each contender runs.
        calls: How many calls it makes each time.
    """
    results: list[ContenderResult] = []
    indexes = iter(range(10**12))
    for in_flight in levels:
        async with AsyncExitStack() as stack:
            opened = {
                contender: await stack.enter_async_context(contender.open(server.base_url)) for contender in CONTENDERS
            }
            for contender, schedule in opened.items():
                await _check(contender, schedule, indexes)
                await _run(schedule, indexes, calls // 4, in_flight)
            taken: dict[Contender, list[Round]] = {contender: [] for contender in CONTENDERS}
            for number in range(rounds):
                # Another one begins each time: none always comes after the same neighbour.
                turn = number % len(CONTENDERS)
                for contender in (*CONTENDERS[turn:], *CONTENDERS[:turn]):
                    taken[contender].append(await _measure(server, opened[contender], indexes, calls, in_flight))
        results.extend(_summarize(contender, in_flight, taken) for contender in CONTENDERS)
    return results


async def _check(contender: Contender, schedule: Schedule, indexes: Iterator[int]) -> None:
    identifier = await schedule(wanted(next(indexes)))
    if not identifier.startswith("apt_"):
        raise RuntimeError(f"{contender.title} brought {identifier!r} instead of the appointment's id")


async def _measure(
    server: ServerProcess, schedule: Schedule, indexes: Iterator[int], calls: int, in_flight: int
) -> Round:
    # In a thread: the reading must not end up among the open connections of this loop.
    before = await asyncio.to_thread(server.meter)
    gc.collect()
    wall, cpu = time.perf_counter(), time.process_time()
    took = await _run(schedule, indexes, calls, in_flight)
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    after = await asyncio.to_thread(server.meter)
    _check_count(before, after, calls)
    return Round(
        cpu_per_call=cpu / calls * 1e6,
        calls_per_second=calls / wall,
        server_share=(after.cpu_seconds - before.cpu_seconds) / wall,
        slowest=statistics.quantiles(took, n=100)[-1] * 1e3,
    )


def _check_count(before: MeterReading, after: MeterReading, calls: int) -> None:
    if after.requests - before.requests != calls:
        raise RuntimeError(f"the server counted {after.requests - before.requests} requests instead of {calls}")


async def _run(schedule: Schedule, indexes: Iterator[int], calls: int, in_flight: int) -> list[float]:
    """Makes so many calls with so many callers at once, and says how many seconds each took."""
    left = iter(range(calls))
    took: list[float] = []

    async def caller() -> None:
        for _ in left:
            one = wanted(next(indexes))
            began = time.perf_counter()
            await schedule(one)
            took.append(time.perf_counter() - began)

    async with asyncio.TaskGroup() as group:
        for _ in range(in_flight):
            group.create_task(caller())
    return took


def _summarize(contender: Contender, in_flight: int, taken: dict[Contender, list[Round]]) -> ContenderResult:
    own, yardstick = taken[contender], taken[HAND_TUNED]
    pairs = list(zip(own, yardstick, strict=True))
    return ContenderResult(
        key=contender.key,
        title=contender.title,
        in_flight=in_flight,
        cpu_per_call=Spread.of(one.cpu_per_call for one in own),
        cpu_ratio=Spread.of(one.cpu_per_call / other.cpu_per_call for one, other in pairs),
        calls_per_second=Spread.of(one.calls_per_second for one in own),
        calls_ratio=Spread.of(one.calls_per_second / other.calls_per_second for one, other in pairs),
        server_share=Spread.of(one.server_share for one in own),
        slowest=Spread.of(one.slowest for one in own),
    )
