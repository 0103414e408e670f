"""A program that uses DBOS itself: our jobs and workers leave its engine, registry, tables and log alone."""

import subprocess
import sys
from pathlib import Path

ENGINE = """
import sqlite3, sys, time
import sqlalchemy
engine = sqlalchemy.create_engine(f"sqlite:///{sys.argv[1]}/host.db")
if sqlite3.sqlite_version_info < (3, 42):
    # From Python 3.12 on DBOS needs a newer SQLite; a host that has none helps itself.
    def teach(connection, _):
        connection.create_function("unixepoch", 1, lambda _: time.time())
    sqlalchemy.event.listen(engine, "connect", teach)
"""

HOST = """
import asyncio, logging
from dbos import DBOS, DBOSConfig

@DBOS.workflow()
def host_workflow(number: int) -> int:
    return number + 1

DBOS(config=DBOSConfig(name="host-app", system_database_engine=engine, log_level="ERROR"))
DBOS.launch()
version = DBOS.application_version
log_level = logging.getLogger("dbos").level
assert host_workflow(1) == 2

from datetime import datetime
from zoneinfo import ZoneInfo
from mijnklantportaal_async import NewAppointment
from mijnklantportaal_async.batch import Jobs, Portal, PortalAccess, Worker, start_worker_process
from mijnklantportaal_async.sandbox import Sandbox

zone = ZoneInfo("Europe/Amsterdam")

async def main(database):
    async with Sandbox(speed=100) as sandbox, Jobs(database) as jobs:
        portal = Portal(name="default", address=sandbox.url)
        rows = [
            NewAppointment(
                name="Intake",
                starts_at=datetime(2027, 3, 1, 9 + hour, tzinfo=zone),
                ends_at=datetime(2027, 3, 1, 10 + hour, tzinfo=zone),
                customer_id="cst_1",
            )
            for hour in range(3)
        ]
        await jobs.submit(rows, job="season", portal=portal)
        try:
            async with Worker(database, portals={"default": PortalAccess(api_key="key", base_url=sandbox.url)}):
                raise SystemExit("a worker ran beside the host's own engine")
        except RuntimeError as error:
            assert "a process of its own" in str(error) and "batch work" in str(error), error
        import os
        process = await start_worker_process(
            database,
            environment={
                **os.environ,
                "MIJNKLANTPORTAAL_API_KEY": sandbox.api_key,
                "MIJNKLANTPORTAAL_BASE_URL": sandbox.url,
            },
        )
        async for progress in jobs.progress("season", every=0.1):
            if process.returncode is not None:
                raise SystemExit("the worker ended by itself")
        process.terminate()
        await process.wait()
        assert progress.done == 3 and len(sandbox.appointments) == 3

# In a database of its own, and even in the host's.
for name in ("jobs.db", "host.db"):
    asyncio.run(main(f"sqlite:///{sys.argv[1]}/{name}"))
assert host_workflow(2) == 3
assert DBOS.application_version == version
assert logging.getLogger("dbos").level == log_level
assert {status.name for status in DBOS.list_workflows()} == {"host_workflow"}
DBOS.destroy()
"""


def test_a_host_with_an_engine_of_its_own(tmp_path: Path) -> None:
    script = tmp_path / "host.py"
    script.write_text(ENGINE + HOST)
    done = subprocess.run([sys.executable, script, tmp_path], capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stdout + done.stderr


def test_importing_changes_nothing_of_the_engine(tmp_path: Path) -> None:
    """The host's version is a hash of its workflows: ours must not be among them."""
    script = """
from dbos import DBOS, DBOSConfig
if sys.argv[2] == "with":
    import mijnklantportaal_async.batch.worker, mijnklantportaal_async.batch.jobs
@DBOS.workflow()
def host_workflow(): ...
DBOS(config=DBOSConfig(name="host-app", system_database_engine=engine, log_level="ERROR"))
DBOS.launch()
print(DBOS.application_version)
DBOS.destroy()
"""
    path = tmp_path / "host.py"
    path.write_text(ENGINE + script)
    versions = {
        subprocess.run(
            [sys.executable, path, tmp_path, way], capture_output=True, text=True, timeout=200, check=True
        ).stdout
        for way in ("with", "without")
    }
    assert len(versions) == 1
