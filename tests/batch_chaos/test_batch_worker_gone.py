"""A machine that never comes back, and one that stands still for good: their rows are with others in time."""

import asyncio
import sqlite3
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from batch_worker import LEASE_LOST
from chaos_driver import until_over
from chaos_judge import judge
from chaos_plan import JOB, ChaosPlan
from chaos_processes import PATIENCE, Child, open_nursery, open_portals

from mijnklantportaal_async.batch import Jobs
from mijnklantportaal_async.batch.database import Database
from mijnklantportaal_async.batch.engine import EngineClient

PLAN = ChaosPlan(seed=3, rows=36, portals=2, share=0.0, slow_posts=0.4)

BOUND = PLAN.worker_settings.silent + 2 * PLAN.worker_settings.check
"""Seconds that `WorkerSettings` promises."""

SLACK = 2.0
"""Seconds that a busy machine may take longer for what takes no time."""


@pytest.mark.timeout(120)
async def test_rows_of_workers_that_never_return_are_taken_over(database_url: str, tmp_path: Path) -> None:
    await are_taken_over(database_url, tmp_path)


@pytest.mark.soak
@pytest.mark.timeout(120)
async def test_they_are_taken_over_in_time(database_url: str, tmp_path: Path) -> None:
    """Needs a machine that has nothing else to do."""
    for seconds in await are_taken_over(database_url, tmp_path):
        assert seconds <= BOUND + SLACK


async def are_taken_over(database_url: str, tmp_path: Path) -> list[float]:
    """How long it took, for one that was killed and one that was frozen."""
    database = Database(database_url)
    engine = EngineClient(database)
    async with (
        open_portals(PLAN, tmp_path) as portals,
        open_nursery(database_url, portals.addresses, tmp_path) as nursery,
        Jobs(database_url) as jobs,
    ):
        await engine.open()
        killed, frozen, heir = workers = [await nursery.worker(PLAN) for _ in range(3)]
        await nursery.until(lambda: all(worker.name for worker in workers))
        await nursery.submitter(PLAN, JOB)

        async def rows_of(worker: Child) -> int:
            return sum(kept.executor == worker.name for kept in await engine.under_way())

        await until(lambda: has(rows_of, killed))
        killed.kill()
        assert await rows_of(killed)
        seconds = [await seconds_until(lambda: has_none(rows_of, killed))]

        await until(lambda: has(rows_of, frozen))
        await freeze_between_transactions(frozen, database)
        # It holds its lease all the time: only its silence tells.
        assert await rows_of(frozen)
        seconds.append(await seconds_until(lambda: has_none(rows_of, frozen)))

        async with asyncio.timeout(PATIENCE):
            await until_over(jobs)
        assert heir.works
        assert judge(PLAN, await jobs.results(JOB), await portals.state_at_rest()).is_exactly_once
        frozen.thaw()
        await nursery.until(lambda: frozen.exit_code is not None)
        assert frozen.exit_code == LEASE_LOST
        verdict = judge(PLAN, await jobs.results(JOB), await portals.state_at_rest())
        assert verdict.is_exactly_once, verdict
    engine.close()
    database.close()
    return seconds


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


async def has(rows_of: Callable[[Child], Awaitable[int]], worker: Child) -> bool:
    return await rows_of(worker) > 0


async def has_none(rows_of: Callable[[Child], Awaitable[int]], worker: Child) -> bool:
    return not await rows_of(worker)


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not await condition():
            await asyncio.sleep(0.02)


async def seconds_until(condition: Callable[[], Awaitable[bool]]) -> float:
    began = time.monotonic()
    await until(condition)
    return time.monotonic() - began
