"""A chaos run from beginning to end: submits, kills, freezes, waits, judges."""

import asyncio
import itertools
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from batch_worker import LEASE_LOST
from chaos_judge import judge
from chaos_plan import JOB, ChaosPlan
from chaos_processes import Child, Nursery, PortalsProcess, open_nursery, open_portals
from chaos_report import Report

from mijnklantportaal_async.batch import DatabaseTroubleError, Jobs
from mijnklantportaal_async.batch.database import Database
from mijnklantportaal_async.batch.engine import EngineClient
from mijnklantportaal_async.batch.tables import Tables

LOOK = 0.25
"""Seconds between two looks."""

FREEZE = (3.0, 4.0)
"""Seconds, from and to."""


async def run_chaos(plan: ChaosPlan, database: str, folder: Path, *, limit: float) -> Report:
    """One run.

    Args:
        plan: What it is made of.
        database: URL of an empty database.
        folder: For the logs of the processes.
        limit: Seconds after which rows that are still open count as unfinished.
    """
    async with (
        open_portals(plan, folder) as portals,
        open_nursery(database, portals.addresses, folder) as nursery,
        Jobs(database) as jobs,
        open_engine(database) as engine,
    ):
        harm = Harm(nursery, plan, jobs, engine, portals)
        began = time.monotonic()
        submitter_kills = 0
        with suppress(TimeoutError):
            async with asyncio.timeout(limit), harm:
                submitter_kills = await submit(jobs, nursery, plan)
                await until_over(jobs, harm)
        seconds = time.monotonic() - began
        # Those that were thawed last still get the time to do what they should not.
        await asyncio.sleep(plan.fence + plan.delay + 1.0)
        crashes = crashed(nursery)
        await nursery.end()
        states = await portals.state_at_rest()
        return Report(
            plan=plan,
            database=database.partition(":")[0],
            verdict=judge(plan, await jobs.results(JOB), states),
            kills=harm.kills,
            freezes=harm.freezes,
            submitter_kills=submitter_kills,
            leases_lost=sum(child.exit_code == LEASE_LOST for child in nursery.children),
            crashes=crashes,
            faults=sum((Counter(state["faults"]) for state in states), Counter()),
            requests=sum(state["requests"] for state in states),
            refused=sum(state["refused"] for state in states),
            seconds=seconds,
        )


class Harm:
    """Kills and freezes workers, and puts others into their places; thaws all at the end of the block.

    Args:
        nursery: Where the workers come from.
        plan: How many, and how often.
        jobs: Tells how far they are.
        engine: Tells who has rows under way.
        portals: Tell whether a request is under way.
    """

    def __init__(
        self, nursery: Nursery, plan: ChaosPlan, jobs: Jobs, engine: EngineClient, portals: PortalsProcess
    ) -> None:
        self._nursery = nursery
        self._portals = portals
        self._plan = plan
        self._jobs = jobs
        self._engine = engine
        self._random = random.Random(f"harm {plan.seed}")
        self._harming: asyncio.Task[None] | None = None
        self._thawing: set[asyncio.Task[None]] = set()
        self.kills = 0
        self.freezes = 0

    async def __aenter__(self) -> "Harm":
        await self._fill_up()
        self._harming = asyncio.create_task(self._at_random() if self._plan.harms is None else self._in_turn())
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._harming is not None
        self._harming.cancel()
        with suppress(asyncio.CancelledError):
            await self._harming
        if self._thawing:
            await asyncio.wait(self._thawing)

    def check(self) -> None:
        """Raises what went wrong with it."""
        if self._harming is not None and self._harming.done():
            self._harming.result()

    async def _at_random(self) -> None:
        while True:
            await asyncio.sleep(self._random.uniform(*self._plan.pause))
            if working := [child for child in self._nursery.children if child.works]:
                victim = self._random.choice(working)
                self._harm(victim, self._random.choice(self._plan.ways), lambda: asyncio.sleep(self._freeze_time()))
            await self._fill_up()

    async def _in_turn(self) -> None:
        """Bound to what the rows have come to, never to the time: the same on every machine."""
        plan, ways = self._plan, itertools.cycle(self._plan.ways)
        for number in range(plan.harms or 0):
            # All of it in the first half: rows must be left for it.
            while await count_over(self._jobs) < plan.rows * number // (2 * (plan.harms or 1)):
                await asyncio.sleep(LOOK)
            while not (busy := await self._busy()):
                await asyncio.sleep(LOOK)
            if (way := next(ways)) == "kill all":
                await self._kill_all_in_the_middle()
            else:
                victim = self._random.choice(busy)
                self._harm(victim, way, lambda victim=victim: self._until_taken_over(victim))  # type: ignore[misc]
            await self._fill_up()
        while True:
            # Those that lost their lease while they were frozen have ended.
            await asyncio.sleep(LOOK)
            await self._fill_up()

    async def _kill_all_in_the_middle(self) -> None:
        """While a portal works on something that nobody will hear of."""
        while not any(state["in_progress"] for state in await self._portals.state()):
            await asyncio.sleep(LOOK / 5)
        for child in self._nursery.children:
            if is_worker(child) and child.is_alive:
                self._harm(child, "kill", _never)

    def _harm(self, victim: Child, way: str, until_thaw: Callable[[], Coroutine[Any, Any, None]]) -> None:
        if way == "kill":
            self.kills += 1
            victim.kill()
        else:
            self.freezes += 1
            victim.freeze()
            self._thawing.add(asyncio.create_task(self._thaw(victim, until_thaw)))

    async def _thaw(self, victim: Child, until_thaw: Callable[[], Coroutine[Any, Any, None]]) -> None:
        await until_thaw()
        victim.thaw()

    async def _until_taken_over(self, victim: Child) -> None:
        # Where it stands in the middle of a transaction on SQLite, nobody can take over: then it goes on all the same.
        with suppress(TimeoutError, DatabaseTroubleError):
            async with asyncio.timeout(FREEZE[1]):
                while victim.name in await self._with_rows():
                    await asyncio.sleep(LOOK)

    async def _busy(self) -> list[Child]:
        names = await self._with_rows()
        return [child for child in self._nursery.children if child.works and child.name in names]

    async def _with_rows(self) -> set[str | None]:
        return {kept.executor for kept in await self._engine.under_way()}

    async def _fill_up(self) -> None:
        """Also the places of those that ended because they had stood still."""
        standing = [child for child in self._nursery.children if is_worker(child) and child.is_alive]
        for _ in range(self._plan.workers - sum(not child.is_frozen for child in standing)):
            await self._nursery.worker(self._plan)

    def _freeze_time(self) -> float:
        return self._random.uniform(*FREEZE)


async def _never() -> None:
    """Those that were killed are not thawed."""


@asynccontextmanager
async def open_engine(database: str) -> AsyncIterator[EngineClient]:
    """The engine's records, until the end of the block."""
    records = Database(database)
    engine = EngineClient(records, Tables(records.schema))
    await engine.open()
    try:
        yield engine
    finally:
        engine.close()
        records.close()


async def submit(jobs: Jobs, nursery: Nursery, plan: ChaosPlan) -> int:
    """Submits the rows: a first process is killed half way, then two do it at once. How many were killed."""
    first = await nursery.submitter(plan, JOB)
    while first.is_alive and await count_rows(jobs) < plan.rows // 3:
        await asyncio.sleep(0.01)
    killed = first.is_alive
    first.kill()
    others = [await nursery.submitter(plan, JOB) for _ in range(2)]
    await nursery.until(lambda: all(child.exit_code is not None for child in others))
    said = "".join(child.log.read_text() for child in others)
    assert [child.exit_code for child in others] == [0, 0], said
    assert await count_rows(jobs) == plan.rows, said
    return int(killed)


async def count_rows(jobs: Jobs) -> int:
    """How many rows are in the database."""
    try:
        return (await jobs.job(JOB)).progress.total
    except LookupError:
        return 0


async def count_over(jobs: Jobs) -> int:
    """How many rows have ended."""
    try:
        return (await jobs.job(JOB)).progress.over
    except LookupError:
        return 0


async def until_over(jobs: Jobs, harm: Harm | None = None) -> None:
    """Waits until all rows have ended."""
    while not (await jobs.job(JOB)).progress.is_over:
        if harm is not None:
            harm.check()
        await asyncio.sleep(LOOK)


def is_worker(child: Child) -> bool:
    """Whether it is a worker, at work or not."""
    return child.log.name.endswith("-worker.log")


def crashed(nursery: Nursery) -> list[str]:
    """What workers say that ended although nobody killed them."""
    return [
        f"{child.log.name}: exit code {child.exit_code}: {child.log.read_text()[-2000:]}"
        for child in nursery.children
        if is_worker(child) and not child.was_killed and child.exit_code not in (None, LEASE_LOST)
    ]
