"""How fast the durable engine gets rows through, and how much of a key's limit a batch uses.

`python -m benchmarks.measure_batches` for SQLite; `--database postgresql://...` for a server. Every row goes the whole
way: queue, slot of the shared limit, recorded intent, a request, a result. `--size 50000` measures how large a job may
be instead: nothing is sent.
"""

import argparse
import asyncio
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import attrs

from benchmarks.appointment import API_KEY, ENDS_AT, STARTS_AT, TITLE
from benchmarks.server_process import ServerProcess, server_process
from mijnklantportaal_async import Clock, NewAppointment, RateLimit
from mijnklantportaal_async.batch import JobRow, Jobs, Portal, PortalAccess, Progress, Worker, WorkerSettings
from mijnklantportaal_async.sandbox import Sandbox

SPEED = 10.0
"""Of the sandbox in which the use of a limit is measured: its minute takes six seconds."""

WINDOWS = 5


@attrs.frozen(kw_only=True)
class Throughput:
    """Rows in a time."""

    rows: int
    submit_seconds: float
    seconds: float

    @property
    def per_second(self) -> float:
        return self.rows / self.seconds


async def measure_throughput(database: str, server: ServerProcess, *, rows: int, portals: int) -> Throughput:
    """Many portals without limits, one worker in this process."""
    names = [f"portal-{number}" for number in range(portals)]
    known = [Portal(name=name, address=server.base_url) for name in names]
    access = PortalAccess(
        api_key=API_KEY, base_url=server.base_url, rate_limit=RateLimit(requests=10**6, follow_headers=False)
    )
    ways = {name: attrs.evolve(access, api_key=f"{API_KEY}-{name}") for name in names}
    async with Jobs(database) as jobs:
        began = time.perf_counter()
        await jobs.submit(_rows(rows, names), job="throughput", portal=known[0], others=known)
        submitted = time.perf_counter()
        async with Worker(database, portals=ways):
            started = time.perf_counter()
            last = await _until_over(jobs, "throughput")
            ended = time.perf_counter()
        assert last.done == rows, last
        await jobs.delete("throughput")
    return Throughput(rows=rows, submit_seconds=submitted - began, seconds=ended - started)


async def measure_size(database: str, *, rows: int) -> str:
    """A job that nobody works on: how long it takes to submit, to ask how it stands, and to read."""
    portal = Portal(name="main", address="sandbox")
    async with Jobs(database) as jobs:
        began = time.perf_counter()
        await jobs.submit(_rows(rows, ["main"]), job="size", portal=portal)
        submitted = time.perf_counter()
        polls: list[float] = []
        async for _ in jobs.progress("size", every=0.0):
            polls.append(time.perf_counter())
            if len(polls) > 20:
                break
        asked = time.perf_counter()
        results = await jobs.results("size")
        read = time.perf_counter()
        assert len(results) == rows
    typical = statistics.median(after - before for before, after in pairwise(polls))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return (
        f"{rows:,} rows: submitted in {submitted - began:.1f} s, a progress in {typical * 1000:.0f} ms, "
        f"results in {read - asked:.1f} s, peak {peak:.0f} MB"
    )


async def measure_use(database: str) -> tuple[float, int]:
    """One key with its 60 calls a minute: the part of them that was used, and how many 429s there were."""
    async with Sandbox(speed=SPEED) as sandbox, Jobs(database) as jobs:
        portal = Portal(name="main", address="sandbox")
        await jobs.submit(_rows(60 * (WINDOWS + 1), ["main"]), job="use", portal=portal)
        access = PortalAccess(api_key=sandbox.api_key, base_url=sandbox.url, address="sandbox")
        settings = WorkerSettings(poll=0.1, concurrency=16)
        async with Worker(database, portals={"main": access}, settings=settings, clock=Clock(SPEED)):
            began = time.monotonic()
            await asyncio.sleep(60.0 * WINDOWS / SPEED)
            # The first window is full as soon as rows come; what counts is what comes after it.
            sent = len(sandbox.requests) - 60
            windows = (time.monotonic() - began) * SPEED / 60.0
        refused = sum(request.status == 429 for request in sandbox.requests)
        await jobs.cancel("use")
    return sent / (60 * (windows - 1)) if windows > 1 else 0.0, refused


async def _until_over(jobs: Jobs, job: str) -> Progress:
    last = None
    async for progress in jobs.progress(job, every=0.5):
        last = progress
    assert last is not None
    return last


def _rows(count: int, portals: list[str]) -> Iterator[JobRow]:
    for number in range(count):
        later = timedelta(days=number // 8, hours=number % 8)
        new = NewAppointment(
            name=TITLE, starts_at=STARTS_AT + later, ends_at=ENDS_AT + later, customer_id=f"cst_{number}"
        )
        yield JobRow(request=new, portal=portals[number % len(portals)])


@contextmanager
def _database(given: str | None) -> Iterator[str]:
    if given is not None:
        yield given
        return
    with tempfile.TemporaryDirectory() as folder:
        yield f"sqlite:///{Path(folder) / 'jobs.db'}"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.measure_batches", description=__doc__)
    parser.add_argument("--database", help="URL of an empty database; a SQLite file of its own when left out")
    parser.add_argument("--rows", type=int, default=2000)
    parser.add_argument("--portals", type=int, default=10)
    parser.add_argument("--size", type=int, help="measure a job of so many rows instead")
    parser.add_argument("--quick", action="store_true", help="some seconds, to see that it runs; leaves the limit out")
    options = parser.parse_args()
    if options.size:
        with _database(options.database) as database:
            print(f"{database.partition(':')[0]}: {asyncio.run(measure_size(database, rows=options.size))}")
        return 0
    with _database(options.database) as database:
        with server_process() as server:
            rows = 100 if options.quick else options.rows
            result = asyncio.run(measure_throughput(database, server, rows=rows, portals=options.portals))
        kind = database.partition(":")[0]
        print(f"{kind}: {result.rows} rows over {options.portals} portals")
        print(f"  submitted in {result.submit_seconds:.2f} s")
        print(f"  brought in by one worker: {result.per_second:.0f} rows/s")
        if not options.quick:
            used, refused = asyncio.run(measure_use(database))
            print(f"  of one key's limit, over {WINDOWS - 1} windows: {used:.1%} used, {refused} refused with 429")
    return 0


if __name__ == "__main__":
    sys.exit(main())
