"""Jobs are kept by whatever SQLite the machine has, whichever Python made the file."""

import asyncio
import sqlite3
import time
from pathlib import Path

import pytest
import sqlalchemy
from batch_given import PORTAL, QUICK, SPEED, access, clock, row

from mijnklantportaal_async.batch import Jobs, Worker
from mijnklantportaal_async.batch.database import Database
from mijnklantportaal_async.batch.sqlite_dialect import teach
from mijnklantportaal_async.sandbox import Sandbox

UNTIL_311 = "(strftime('%s','now') * 1000)"
"""How the engine's tables ask for the time where Python 3.11 made them."""

FROM_312 = "(unixepoch('subsec') * 1000)"
"""And newer ones."""


def test_every_connection_knows_the_time(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/jobs.db")
    with database.engine.begin() as connection:
        connection.exec_driver_sql(f"CREATE TABLE things (at INTEGER NOT NULL DEFAULT {FROM_312}, number INTEGER)")
        connection.exec_driver_sql("INSERT INTO things (number) VALUES (1)")
        (at,) = connection.execute(sqlalchemy.text("SELECT at FROM things")).one()
    database.close()
    assert at / 1000 == pytest.approx(time.time(), abs=600)


async def test_a_new_file_that_somebody_else_is_at(tmp_path: Path) -> None:
    """Of two processes that began with one new file, one was told at once that the database is locked."""
    path = tmp_path / "jobs.db"
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("CREATE TABLE things (number INTEGER)")
    other.execute("BEGIN IMMEDIATE")
    database = Database(f"sqlite:///{path}")
    preparing = asyncio.create_task(database.prepare())
    await asyncio.sleep(0.2)
    assert not preparing.done()
    other.execute("COMMIT")
    await preparing

    other.close()
    with database.engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
    database.close()


def test_what_is_taught_is_this_and_nothing_else() -> None:
    connection = sqlite3.connect(":memory:")
    teach(connection)
    (taught,) = connection.execute("SELECT unixepoch('subsec')").fetchone()
    (julian,) = connection.execute("SELECT (julianday('now') - 2440587.5) * 86400").fetchone()
    assert taught == pytest.approx(julian, abs=600)
    with pytest.raises(sqlite3.OperationalError):
        connection.execute("SELECT unixepoch('2027-03-05')")
    connection.close()


@pytest.mark.parametrize(("made_by", "used_by"), [(UNTIL_311, FROM_312), (FROM_312, UNTIL_311)])
async def test_a_file_of_another_python_is_worked_on(tmp_path: Path, made_by: str, used_by: str) -> None:
    path = tmp_path / "jobs.db"
    url = f"sqlite:///{path}"
    async with Sandbox(speed=SPEED) as sandbox:
        async with Jobs(url) as jobs:
            await jobs.submit([row(number) for number in range(3)], job="season", portal=PORTAL)
        with sqlite3.connect(path) as connection:
            connection.execute("PRAGMA writable_schema = ON")
            # Whichever Python runs this has made it in its own way.
            for way in (UNTIL_311, FROM_312):
                connection.execute("UPDATE sqlite_master SET sql = replace(sql, ?, ?)", (way, made_by))
            count = "SELECT count(*) FROM sqlite_master WHERE instr(sql, ?)"
            (tables,) = connection.execute(count, (made_by,)).fetchone()
            (others,) = connection.execute(count, (used_by,)).fetchone()
        connection.close()
        assert tables >= 3
        assert others == 0
        async with Jobs(url) as jobs:
            await jobs.submit([row(number) for number in range(3, 6)], job="more", portal=PORTAL)
            async with Worker(url, portals={"main": access(sandbox)}, settings=QUICK, clock=clock()):
                for job in ("season", "more"):
                    done = [progress.done async for progress in jobs.progress(job, every=0.05)]
                    assert done[-1] == 3
        assert len(sandbox.appointments) == 6
