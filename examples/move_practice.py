"""A practice moves into the portal: its customers first, then their appointments. Durable: see docs/durable-batches.md.

python examples/move_practice.py

Everything happens in an embedded portal whose minutes are seconds; the report is written to moved.html.
"""

import asyncio
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from mijnklantportaal_async import Clock, NewAppointment
from mijnklantportaal_async.batch import JobRow, Jobs, Portal, PortalAccess, RowOutcome, Worker, WorkerSettings
from mijnklantportaal_async.batch.report import report_page
from mijnklantportaal_async.files import read_rows
from mijnklantportaal_async.sandbox import Faults, Sandbox

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
SPEED = 60.0
CUSTOMERS = Path(__file__).parent / "customers.csv"


async def bring_in(jobs: Jobs, job: str) -> dict[str, str]:
    """Watches a job to its end; what became of each row, by its place in the file."""
    async for progress in jobs.progress(job, every=0.5):
        print(f"{job}: {progress.done} of {progress.total}, {progress.rejected} rejected, {progress.unknown} unknown")
    results = await jobs.results(job)
    return {result.place: result.identifier or "" for result in results if result.outcome is RowOutcome.DONE}


def first_appointments(customer_ids: list[str]) -> list[NewAppointment]:
    """One each, half an hour after the other."""
    first = datetime(2027, 3, 1, 9, 0, tzinfo=AMSTERDAM)
    return [
        NewAppointment(
            name="Getting to know each other",
            starts_at=first + timedelta(minutes=30 * number),
            ends_at=first + timedelta(minutes=30 * number + 30),
            customer_id=customer_id,
        )
        for number, customer_id in enumerate(customer_ids)
    ]


async def move(database: str, sandbox: Sandbox) -> str:
    """Both jobs, one after the other; the page about the second."""
    # Your own portal: portal_from_environment(), and a Worker without portals=, which finds its key there too.
    portal = Portal(name="practice", address=sandbox.url)
    access = PortalAccess(api_key=sandbox.api_key, base_url=sandbox.url)
    settings = WorkerSettings(poll=0.1)
    file = read_rows(CUSTOMERS, operation="create_customer", timezone=AMSTERDAM)
    async with Jobs(database) as jobs:
        customers = [JobRow(request=row.new, place=row.place) for row in file.rows]
        await jobs.submit(customers, job="customers", portal=portal, source=CUSTOMERS.name)
        worker = Worker(database, portals={"practice": access}, settings=settings, clock=Clock(SPEED))
        async with worker:
            made = await bring_in(jobs, "customers")
            await jobs.submit(first_appointments(list(made.values())), job="appointments", portal=portal)
            await bring_in(jobs, "appointments")
        return report_page(
            await jobs.job("appointments"), await jobs.results("appointments"), made_at=datetime.now(UTC)
        )


async def main() -> str:
    # A file of your own would outlive the program, and the same command would go on where it stood.
    with tempfile.TemporaryDirectory() as folder:
        async with Sandbox(speed=SPEED, faults=Faults(seed=1, share=0.2)) as sandbox:
            page = await move(f"sqlite:///{folder}/moving.db", sandbox)
            print(f"In the portal: {len(sandbox.customers)} customers, {len(sandbox.appointments)} appointments")
    return page


if __name__ == "__main__":
    Path("moved.html").write_text(asyncio.run(main()), encoding="utf-8")
    print("The report: moved.html")
