"""Submits the rows of a plan, in small transactions, so that somebody can kill it between two of them."""

from collections.abc import Callable
from typing import Any

from chaos_plan import PORTALS, ChaosPlan, portal_named, wanted_rows

from mijnklantportaal_async.batch import Jobs, job_records


async def main(order: dict[str, Any], say: Callable[[dict[str, Any]], None]) -> int:
    plan = ChaosPlan.from_json(order["plan"])
    job_records.CHUNK = plan.chunk
    first, *others = [portal_named(name) for name in PORTALS]
    async with Jobs(order["database"]) as jobs:
        submission = await jobs.submit(
            wanted_rows(plan), job=order["job"], portal=first, others=others, source="chaos.csv", again=True
        )
    say({"added": submission.added})
    return 0
