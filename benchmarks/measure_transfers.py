"""What files cost on their way: CPU, memory, and how long the event loop stands still. All in one process, in turns.

A ratio is taken within a round, so that what slows the machine down for a second or two hits both sides of it. Memory
and the event loop are looked at in rounds of their own: looking costs as well.
"""

import asyncio
import ctypes
import gc
import shutil
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, suppress
from datetime import UTC, datetime
from pathlib import Path

import attrs

from benchmarks.file_server import FILES_PATH
from benchmarks.server_process import MeterReading, ServerProcess
from benchmarks.spread import Spread
from benchmarks.transfer_clients import RAW, TRANSFER_CONTENDERS, Carrier, TransferContender
from mijnklantportaal_async import CloudFile

SMALL = 10_000
"""Bytes of a small file."""
AT_ONCE = 8
"""Small files that are under way together."""
TICK = 0.001
"""Seconds between two looks at whether the event loop turns."""


@attrs.frozen
class Job:
    """What is carried in one round."""

    key: str
    title: str
    is_upload: bool
    size: int
    count: int = 1


@attrs.frozen(kw_only=True)
class TransferResult:
    """What one contender came to with one job."""

    key: str
    title: str
    job: Job
    cpu: Spread
    """Milliseconds of this process, all its threads together."""
    cpu_ratio: Spread
    """To raw aiohttp in the same round."""
    megabytes_per_second: Spread
    stall: Spread
    """Milliseconds for which the event loop stood still, the longest of a round."""
    memory: Spread | None
    """Megabytes that the process took beyond what it had before, at the most; None where the system does not tell."""


def jobs_of(size: int, count: int) -> tuple[Job, ...]:
    """A large file, and many small ones, both ways."""
    large, small = f"{size / 1e6:.0f} MB", f"{count} files of {SMALL / 1e3:.0f} kB"
    return (
        Job("large_down", f"{large} down", is_upload=False, size=size),
        Job("large_up", f"{large} up", is_upload=True, size=size),
        Job("small_down", f"{small} down", is_upload=False, size=SMALL, count=count),
        Job("small_up", f"{small} up", is_upload=True, size=SMALL, count=count),
    )


async def measure_transfers(
    server: ServerProcess, *, jobs: tuple[Job, ...], rounds: int, looks: int
) -> list[TransferResult]:
    """Runs all contenders with each job.

    Args:
        server: Where files come from and go to.
        jobs: What is carried.
        rounds: How often each contender runs.
        looks: How often its memory and the event loop are looked at.
    """
    folder = Path(tempfile.mkdtemp())
    try:
        return [result for job in jobs for result in await _measure_job(server, job, folder, rounds, looks)]
    finally:
        shutil.rmtree(folder)


async def _measure_job(server: ServerProcess, job: Job, folder: Path, rounds: int, looks: int) -> list[TransferResult]:
    taken: dict[TransferContender, list[tuple[float, float]]] = {one: [] for one in TRANSFER_CONTENDERS}
    stalls: dict[TransferContender, list[float]] = {one: [] for one in TRANSFER_CONTENDERS}
    memory: dict[TransferContender, list[float]] = {one: [] for one in TRANSFER_CONTENDERS}
    async with AsyncExitStack() as stack:
        carry = {
            one: _carrying(server, job, folder, await stack.enter_async_context(one.open(server.base_url)))
            for one in TRANSFER_CONTENDERS
        }
        for one in TRANSFER_CONTENDERS:
            await carry[one]()
        for number in range(rounds):
            # Another one begins each time: none always comes after the same neighbour.
            turn = number % len(TRANSFER_CONTENDERS)
            for one in (*TRANSFER_CONTENDERS[turn:], *TRANSFER_CONTENDERS[:turn]):
                _make_room(job, folder)
                taken[one].append(await _cost(server, job, carry[one]))
        for _ in range(looks):
            for one in TRANSFER_CONTENDERS:
                _make_room(job, folder)
                stalls[one].append(await _longest_stall(carry[one]))
                _make_room(job, folder)
                memory[one] += await _growth(carry[one])
    total = job.size * job.count / 1e6
    return [
        TransferResult(
            key=one.key,
            title=one.title,
            job=job,
            cpu=Spread.of(cpu * 1e3 for cpu, _ in taken[one]),
            cpu_ratio=Spread.of(own[0] / other[0] for own, other in zip(taken[one], taken[RAW], strict=True)),
            megabytes_per_second=Spread.of(total / wall for _, wall in taken[one]),
            stall=Spread.of(stalls[one]),
            memory=Spread.of(memory[one]) if memory[one] else None,
        )
        for one in TRANSFER_CONTENDERS
    ]


def _carrying(server: ServerProcess, job: Job, folder: Path, carrier: Carrier) -> Callable[[], Awaitable[None]]:
    """Does a job once; what comes down goes into a folder that was not there before."""
    source = folder / "up.bin"
    source.write_bytes(bytes(job.size if job.is_upload else 0))
    link = CloudFile(link=f"{server.origin}{FILES_PATH}{job.size}", expires_at=datetime(2037, 1, 1, tzinfo=UTC))

    async def one_after_the_other(numbers: Iterator[int], target: Path) -> None:
        for number in numbers:
            await (carrier.upload(source) if job.is_upload else carrier.download(link, target / f"{number}.bin"))

    async def carry() -> None:
        numbers = iter(range(job.count))
        target = Path(tempfile.mkdtemp(dir=folder))
        async with asyncio.TaskGroup() as group:
            for _ in range(min(AT_ONCE, job.count)):
                group.create_task(one_after_the_other(numbers, target))

    return carry


def _make_room(job: Job, folder: Path) -> None:
    """Removes large files. Small ones stay: where many were removed lately, file systems search long for a place."""
    for made in folder.iterdir():
        if made.is_dir() and job.count == 1:
            shutil.rmtree(made)


async def _cost(server: ServerProcess, job: Job, carry: Callable[[], Awaitable[None]]) -> tuple[float, float]:
    """Seconds of CPU, and by the clock."""
    before = await asyncio.to_thread(server.meter)
    gc.collect()
    wall, cpu = time.perf_counter(), time.process_time()
    await carry()
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    _check_count(before, await asyncio.to_thread(server.meter), job)
    return cpu, wall


def _check_count(before: MeterReading, after: MeterReading, job: Job) -> None:
    requests, moved = after.requests - before.requests, after.bytes - before.bytes
    if requests != job.count or moved < job.count * job.size:
        raise RuntimeError(f"the server counted {requests} requests and {moved} bytes for {job}")


async def _longest_stall(carry: Callable[[], Awaitable[None]]) -> float:
    """Milliseconds."""
    longest = 0.0
    gc.collect()

    async def look() -> None:
        nonlocal longest
        before = time.perf_counter()
        while True:
            await asyncio.sleep(TICK)
            now = time.perf_counter()
            longest = max(longest, now - before - TICK)
            before = now

    looking = asyncio.ensure_future(look())
    try:
        await carry()
    finally:
        looking.cancel()
    return longest * 1e3


async def _growth(carry: Callable[[], Awaitable[None]]) -> list[float]:
    """Megabytes of the process at its largest, beyond what it had before. Linux only; nothing elsewhere."""
    if sys.platform != "linux":
        return []
    gc.collect()
    before = _count_anew()
    await carry()
    return [_megabytes("VmHWM") - before]


def _count_anew() -> float:
    """From now on the largest size is counted anew; what it is now, without what was freed before."""
    with suppress(AttributeError):
        # Of the C library that most Linux systems have.
        ctypes.CDLL(None).malloc_trim(0)
    Path("/proc/self/clear_refs").write_text("5")
    return _megabytes("VmRSS")


def _megabytes(name: str) -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:")) / 1024
