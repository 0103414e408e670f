"""Two people submit the same rows under two names at the same moment: everything is made twice, as asked."""

import asyncio
from collections import Counter
from pathlib import Path

import pytest
from chaos_judge import judge
from chaos_plan import PORTALS, REFUSED, ChaosPlan, identity, rows_before, wanted_rows
from chaos_processes import PATIENCE, open_nursery, open_portals

from mijnklantportaal_async.batch import Jobs

pytestmark = pytest.mark.soak  # takes its time; the main tests have the short chaos

PLAN = ChaosPlan(seed=2, rows=60, share=0.35, chunk=500)
"""Every third request fails: many rows look for theirs among those of the other job."""

JOBS = ("of Anna", "of Bram")


@pytest.mark.timeout(120)
async def test_equal_rows_of_two_jobs_never_share_an_appointment(postgresql_url: str, tmp_path: Path) -> None:
    async with (
        open_portals(PLAN, tmp_path) as portals,
        open_nursery(postgresql_url, portals.addresses, tmp_path) as nursery,
        Jobs(postgresql_url) as jobs,
    ):
        submitters = await asyncio.gather(*(nursery.submitter(PLAN, job) for job in JOBS))
        await nursery.until(lambda: all(child.exit_code == 0 for child in submitters))
        for _ in range(2):
            await nursery.worker(PLAN)
        async with asyncio.timeout(PATIENCE):
            while not all([(await jobs.job(job)).progress.is_over for job in JOBS]):
                await asyncio.sleep(0.5)
        states = await portals.state_at_rest()
        results = {job: await jobs.results(job) for job in JOBS}
    for job in JOBS:
        verdict = judge(PLAN, results[job], states)
        assert (verdict.lost, verdict.wrong_ids, verdict.unknown, verdict.rejected) == (0, 0, 0, 0), verdict
    named = Counter(result.identifier for job in JOBS for result in results[job] if result.identifier)
    assert set(named.values()) == {1}, "two rows name one appointment"
    accepted = [row for row in wanted_rows(PLAN) if row.request.customer_id != REFUSED]
    asked = Counter((row.portal, *identity(row.request)) for row in [*accepted, *accepted, *rows_before(PLAN)])
    held = Counter((name, *item[1:]) for name, state in zip(PORTALS, states, strict=True) for item in state["calendar"])
    assert held == asked
