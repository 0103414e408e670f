"""One key, three workers that want more than it allows, and a person who does not want to wait for them."""

import asyncio
import contextlib
from pathlib import Path

import attrs
from chaos_driver import until_over
from chaos_plan import JOB, PORTALS, ChaosPlan
from chaos_processes import Nursery, open_nursery

from mijnklantportaal_async import Clock, PortalSession, Priority, Timeouts
from mijnklantportaal_async.batch import Jobs, SharedRateLimiter
from mijnklantportaal_async.sandbox import Sandbox

LIMIT = 60
"""Calls in a window."""


@attrs.frozen
class RateReport:
    """What the limit was used for."""

    use: float
    """Part of the calls that it allows, from the first to the last."""
    refused: int
    requests: int
    overtook_person: list[int]
    """For each call of a person: how many rows were sent before it that came after it."""
    overtook_batch: list[int]
    """The same for calls that say that nobody waits for them."""

    @property
    def share(self) -> float:
        """How often rows overtake a person, compared with calls of another batch."""
        return _mean(self.overtook_person) / _mean(self.overtook_batch)


async def saturate(database_url: str, folder: Path, *, windows: int, speed: float) -> RateReport:
    """Rows for so many windows, and some more, as fast as the limit lets them go."""
    plan = ChaosPlan(seed=4, rows=LIMIT * windows + 40, portals=1, share=0.0, speed=speed, chunk=500)
    async with Sandbox(speed=speed, rate_limit=LIMIT, rate_window="rolling") as portal:
        addresses = {PORTALS[0]: [portal.url, portal.api_key]}
        async with open_nursery(database_url, addresses, folder) as nursery, Jobs(database_url) as jobs:
            await _begin(nursery, plan)
            person = asyncio.create_task(_overtaken(portal, database_url, Priority.INTERACTIVE, speed, windows))
            another_batch = asyncio.create_task(_overtaken(portal, database_url, Priority.BACKGROUND, speed, windows))
            await until_over(jobs)
            person.cancel()
            another_batch.cancel()
            overtook_person, overtook_batch = await person, await another_batch
        accepted = [request.at for request in portal.requests if request.status != 429]
        return RateReport(
            # At best, the first call of the next window goes exactly so many windows after the first of all.
            use=LIMIT * windows / (accepted[LIMIT * windows] - accepted[0]),
            refused=sum(request.status == 429 for request in portal.requests),
            requests=len(portal.requests),
            overtook_person=overtook_person,
            overtook_batch=overtook_batch,
        )


async def _begin(nursery: Nursery, plan: ChaosPlan) -> None:
    workers = [await nursery.worker(plan) for _ in range(3)]
    await nursery.until(lambda: all(worker.works for worker in workers))
    submitter = await nursery.submitter(plan, JOB)
    await nursery.until(lambda: submitter.exit_code == 0)


async def _overtaken(portal: Sandbox, database_url: str, priority: Priority, speed: float, windows: int) -> list[int]:
    """Calls in between, one after the other, until cancelled."""
    counts: list[int] = []
    clock = Clock(speed)
    limiter = SharedRateLimiter(database_url, api_key=portal.api_key, clock=clock)
    async with PortalSession(
        api_key=portal.api_key,
        base_url=portal.url,
        rate_limit=limiter,
        timeouts=Timeouts(queue=None, call=None),
        priority=priority,
        clock=clock,
    ) as session:
        with contextlib.suppress(asyncio.CancelledError):
            # From when on everybody has to wait.
            while len(portal.requests) <= LIMIT:
                await asyncio.sleep(0.05)
            # Until when rows wait, too.
            while _rows_sent(portal) < LIMIT * windows:
                before = _rows_sent(portal)
                await session.list_appointments()
                counts.append(_rows_sent(portal) - before)
                await asyncio.sleep(0.2)
    await limiter.aclose()
    return counts


def _rows_sent(portal: Sandbox) -> int:
    return sum(request.method == "POST" for request in portal.requests)


def _mean(counts: list[int]) -> float:
    return sum(counts) / len(counts)
