"""A machine that never comes back, and one that stands still for good: their rows are with others in time."""

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
from batch_worker import LEASE_LOST
from chaos_driver import LOOK, crashed, is_worker, open_engine, until_over
from chaos_judge import judge
from chaos_plan import JOB, ChaosPlan
from chaos_processes import PATIENCE, Child, Nursery, open_nursery, open_portals

from mijnklantportaal_async.batch import Jobs
from mijnklantportaal_async.batch.database import Database
from mijnklantportaal_async.batch.engine import EngineClient

PLAN = ChaosPlan(seed=3, rows=36, portals=2, share=0.0, slow_posts=0.4, settle=4.0, silent=6.0)

BOUND = PLAN.worker_settings.silent + 2 * PLAN.worker_settings.check
"""Seconds that `WorkerSettings` promises."""

GLANCE = 0.1
"""Seconds between two looks for who has which rows: each is a question to the database."""

SLACK = 2.0
"""Seconds that a busy machine may take longer for what takes no time."""


async def test_rows_of_workers_that_never_return_are_taken_over(postgresql_url: str, tmp_path: Path) -> None:
    """On SQLite the chaos of every test run takes workers away, by the same leases."""
    await are_taken_over(postgresql_url, tmp_path)


@pytest.mark.soak
async def test_they_are_taken_over_in_time(database_url: str, tmp_path: Path) -> None:
    """Needs a machine that has nothing else to do."""
    for seconds in await are_taken_over(database_url, tmp_path):
        assert seconds <= BOUND + SLACK


async def are_taken_over(database_url: str, tmp_path: Path) -> list[float]:
    """How long it took, for one that was killed and one that was frozen."""
    database = Database(database_url)
    async with (
        open_portals(PLAN, tmp_path) as portals,
        open_nursery(database_url, portals.addresses, tmp_path) as nursery,
        Jobs(database_url) as jobs,
        open_engine(database_url) as engine,
        others_always_work(nursery),
    ):
        await nursery.submitter(PLAN, JOB)

        killed, held = await freeze_one_with_rows(nursery, engine, database)
        killed.kill()
        seconds = [await seconds_until_taken(engine, held, killed)]

        frozen, held = await freeze_one_with_rows(nursery, engine, database)
        # It holds its lease all the time: only its silence tells.
        seconds.append(await seconds_until_taken(engine, held, frozen))

        await until_over(jobs)
        assert judge(PLAN, await jobs.results(JOB), await portals.state_at_rest()).is_exactly_once
        frozen.thaw()
        await nursery.until(lambda: frozen.exit_code is not None)
        assert frozen.exit_code == LEASE_LOST
        verdict = judge(PLAN, await jobs.results(JOB), await portals.state_at_rest())
        assert verdict.is_exactly_once, verdict
        assert crashed(nursery) == []
    database.close()
    return seconds


@asynccontextmanager
async def others_always_work(nursery: Nursery) -> AsyncIterator[None]:
    """Puts workers into the places of those that ended, as a service manager does.

    On a machine that is busy enough one that is well seems dead to the others, and ends.
    """

    async def fill_up() -> None:
        while True:
            working = [child for child in nursery.children if is_worker(child) and child.is_alive]
            for _ in range(PLAN.workers - sum(not child.is_frozen for child in working)):
                await nursery.worker(PLAN)
            await asyncio.sleep(LOOK)

    filling = asyncio.create_task(fill_up())
    try:
        yield
    finally:
        filling.cancel()
        with suppress(asyncio.CancelledError):
            await filling


async def freeze_one_with_rows(nursery: Nursery, engine: EngineClient, database: Database) -> tuple[Child, set[str]]:
    """A worker that stands still, and the ids of the rows that it has: they can neither end nor be given back."""
    async with asyncio.timeout(PATIENCE):
        while True:
            for worker in [child for child in nursery.children if is_worker(child) and child.works]:
                if await rows_of(engine, worker):
                    await freeze_between_transactions(worker, database)
                    if held := await rows_of(engine, worker):
                        return worker, held
                    worker.thaw()
            await asyncio.sleep(GLANCE)


async def rows_of(engine: EngineClient, worker: Child) -> set[str]:
    return {kept.id for kept in await engine.under_way() if kept.executor == worker.name}


async def seconds_until_taken(engine: EngineClient, held: set[str], worker: Child) -> float:
    began = time.monotonic()
    async with asyncio.timeout(PATIENCE):
        while held & await rows_of(engine, worker):
            await asyncio.sleep(GLANCE)
    return time.monotonic() - began


async def freeze_between_transactions(worker: Child, database: Database) -> None:
    """Freezes it where it holds no lock.

    The one writer that SQLite admits stops all others when it stands still: they wait until it goes on, or is killed.
    The server ends such a connection, see `test_batch_open_transactions.py`.
    """
    worker.freeze()
    while database.is_sqlite and not await asyncio.to_thread(can_write, database.path):
        worker.thaw()
        await asyncio.sleep(0.01)
        worker.freeze()


def can_write(path: Path) -> bool:
    connection = sqlite3.connect(path, timeout=0.5, isolation_level=None)
    try:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("ROLLBACK")
    except sqlite3.OperationalError:
        return False
    finally:
        connection.close()
    return True
