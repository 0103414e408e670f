"""A chaos run from beginning to end: submits, kills, freezes, waits, judges."""

import asyncio
import random
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

from batch_worker import LEASE_LOST
from chaos_judge import judge
from chaos_plan import JOB, ChaosPlan
from chaos_processes import Child, Nursery, open_nursery, open_portals
from chaos_report import Report

from mijnklantportaal_async.batch import Jobs

WORKERS = 3

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
    ):
        harm = Harm(nursery, plan)
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
    """

    def __init__(self, nursery: Nursery, plan: ChaosPlan) -> None:
        self._nursery = nursery
        self._plan = plan
        self._random = random.Random(f"harm {plan.seed}")
        self._harming: asyncio.Task[None] | None = None
        self._thawing: set[asyncio.Task[None]] = set()
        self.kills = 0
        self.freezes = 0

    async def __aenter__(self) -> "Harm":
        await self._fill_up()
        self._harming = asyncio.create_task(self._run())
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

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(self._random.uniform(*self._plan.pause))
            working = [child for child in self._nursery.children if child.works]
            ways = self._ways_left()
            if working and ways:
                victim = self._random.choice(working)
                if self._random.choice(ways) == "kill":
                    self.kills += 1
                    victim.kill()
                else:
                    self.freezes += 1
                    victim.freeze()
                    self._thawing.add(asyncio.create_task(self._thaw(victim)))
            await self._fill_up()

    async def _fill_up(self) -> None:
        """Also the places of those that ended because they had stood still."""
        standing = [child for child in self._nursery.children if is_worker(child) and child.is_alive]
        for _ in range(WORKERS - sum(not child.is_frozen for child in standing)):
            await self._nursery.worker(self._plan)

    def _ways_left(self) -> list[str]:
        plan = self._plan
        # Three kills for two freezes.
        kills = 3 if plan.kills is None or self.kills < plan.kills else 0
        freezes = 2 if plan.freezes is None or self.freezes < plan.freezes else 0
        return ["kill"] * kills + ["freeze"] * freezes

    async def _thaw(self, victim: Child) -> None:
        await asyncio.sleep(self._random.uniform(*FREEZE))
        victim.thaw()


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


async def until_over(jobs: Jobs, harm: Harm | None = None) -> None:
    """Waits until all rows have ended."""
    while not (await jobs.job(JOB)).progress.is_over:
        if harm is not None:
            harm.check()
        await asyncio.sleep(0.5)


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
