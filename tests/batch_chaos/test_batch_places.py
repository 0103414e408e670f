"""All places of a worker are taken by rows that wait for what lies in the queue behind them: nobody waits for ever."""

import asyncio
from pathlib import Path

import pytest
from chaos_driver import until_over
from chaos_judge import judge
from chaos_plan import JOB, ChaosPlan
from chaos_processes import PATIENCE, open_nursery, open_portals

from mijnklantportaal_async.batch import Jobs
from mijnklantportaal_async.batch.database import Database
from mijnklantportaal_async.batch.engine import EngineClient
from mijnklantportaal_async.batch.rows import Note, queue_name

pytestmark = pytest.mark.soak  # takes its time; the main tests have the short chaos

PLAN = ChaosPlan(seed=5, rows=60, share=0.0)


@pytest.mark.timeout(120)
async def test_rows_give_their_places_to_the_note_that_they_wait_for(sqlite_url: str, tmp_path: Path) -> None:
    """As when a worker dies that had just begun to note what the portals hold, and the others have nothing but rows."""
    database = Database(sqlite_url)
    engine = EngineClient(database)
    await engine.open()
    async with (
        open_portals(PLAN, tmp_path) as portals,
        open_nursery(sqlite_url, portals.addresses, tmp_path) as nursery,
        Jobs(sqlite_url) as jobs,
    ):
        submitter = await nursery.submitter(PLAN, JOB)
        await nursery.until(lambda: submitter.exit_code == 0)
        notes = [(kept.id, Note.from_json(kept.data)) for kept in await engine.notes(JOB)]
        await engine.cancel([identifier for identifier, _ in notes])
        await nursery.worker(PLAN)
        all_places = PLAN.worker_settings.concurrency * len(notes)
        async with asyncio.timeout(PATIENCE):
            while len(await engine.under_way()) < all_places:
                await asyncio.sleep(0.05)
        for identifier, note in notes:
            await engine.put_back([identifier], queue_name(note.portal))
        async with asyncio.timeout(PATIENCE):
            await until_over(jobs)
        verdict = judge(PLAN, await jobs.results(JOB), await portals.state_at_rest())
        assert verdict.is_exactly_once, verdict
    engine.close()
    database.close()
