"""What the tests of batches work with: rows, portals that run fast, and databases."""

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

from given import AMSTERDAM

from mijnklantportaal_async import Clock, NewAppointment
from mijnklantportaal_async.batch import FlowSettings, Jobs, Portal, PortalAccess, Progress, Worker, WorkerSettings
from mijnklantportaal_async.sandbox import Sandbox

SPEED = 200.0
"""Of the sandbox and of the workers' clock: a settle time of ten seconds passes in fifty milliseconds."""

PORTAL = Portal(name="main", address="sandbox")

QUICK = WorkerSettings(poll=0.05, check=0.3, silent=2.0, grace=2.0, flow=FlowSettings(sibling_wait=5.0))


def clock() -> Clock:
    return Clock(SPEED)


def row(number: int, *, name: str | None = None, customer_id: str = "cst_1") -> NewAppointment:
    """The n-th appointment: half an hour each, eight a day."""
    day, place = divmod(number, 8)
    starts_at = datetime(2027, 3, 1, 9, 0, tzinfo=AMSTERDAM) + timedelta(days=day, minutes=30 * place)
    return NewAppointment(
        name=name or f"Intake {number}",
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=30),
        customer_id=customer_id,
    )


def access(sandbox: Sandbox, **more: object) -> PortalAccess:
    return PortalAccess(api_key=sandbox.api_key, base_url=sandbox.url, address="sandbox", **more)  # type: ignore[arg-type]


def asked(rows: list[NewAppointment]) -> Counter[tuple[datetime, str | None]]:
    return Counter((new.starts_at, new.customer_id) for new in rows)


def booked(sandbox: Sandbox) -> Counter[tuple[datetime, str | None]]:
    """What stands in the calendar, as often as it stands there."""
    return Counter((item.starts_at, item.customer_id) for item in sandbox.appointments)


@asynccontextmanager
async def working(
    database: str, portals: dict[str, PortalAccess], wanted: list[Portal], settings: WorkerSettings = QUICK
) -> AsyncIterator[Worker]:
    worker = Worker(database, portals=portals, settings=settings, clock=clock())
    await worker.start(wanted)
    try:
        yield worker
    finally:
        await worker.stop()


async def until_over(jobs: Jobs, job: str) -> list[Progress]:
    return [progress async for progress in jobs.progress(job, every=0.1)]


async def bring_in(database: str, sandbox: Sandbox, jobs: Jobs, job: str) -> list[Progress]:
    async with working(database, {"main": access(sandbox)}, [PORTAL]):
        return await until_over(jobs, job)
