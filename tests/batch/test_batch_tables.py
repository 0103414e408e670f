"""A database that another version of this library has made: gone on with where that can be, otherwise refused."""

import pytest
import sqlalchemy
from batch_given import PORTAL, SPEED, asked, booked, bring_in, row

from mijnklantportaal_async.batch import DatabaseTroubleError, Jobs
from mijnklantportaal_async.batch.database import Database
from mijnklantportaal_async.batch.tables import TABLES, Tables
from mijnklantportaal_async.sandbox import Sandbox


async def test_a_job_of_the_version_before_is_gone_on_with(any_database: str) -> None:
    rows = [row(0), row(1)]
    async with Jobs(any_database) as jobs:
        await jobs.submit(rows, job="season", portal=PORTAL)
    database = Database(any_database)
    tables = Tables(database.schema)
    with database.engine.begin() as connection:
        name = connection.dialect.identifier_preparer.format_table(tables.rows)
        connection.exec_driver_sql(f"ALTER TABLE {name} DROP COLUMN looks")
        connection.execute(tables.version.update().values(version=2))
    async with Sandbox(speed=SPEED, rate_limit=None) as sandbox, Jobs(any_database) as jobs:
        assert (await bring_in(any_database, sandbox, jobs, "season"))[-1].done == 2
        assert booked(sandbox) == asked(rows)
    with database.engine.begin() as connection:
        assert connection.execute(sqlalchemy.select(tables.version.c.version)).scalars().all() == [TABLES]
        # A worker of the version before goes on beside this one.
        columns = [column for column in tables.rows.c if column.name not in ("id", "looks")]
        copied = sqlalchemy.select(sqlalchemy.literal("another"), *columns).where(tables.rows.c.number == 1)
        connection.execute(tables.rows.insert().from_select(["id", *(column.name for column in columns)], copied))
        assert connection.execute(sqlalchemy.select(tables.rows.c.looks)).scalars().all() == [0, 0, 0]
    database.close()


async def test_a_newer_one_is_left_alone(any_database: str) -> None:
    async with Jobs(any_database) as jobs:
        await jobs.submit([row(0)], job="season", portal=PORTAL)
    database = Database(any_database)
    tables = Tables(database.schema)
    with database.engine.begin() as connection:
        connection.execute(tables.version.update().values(version=TABLES + 1))
    with pytest.raises(DatabaseTroubleError, match="newer than this one, and are not read"):
        async with Jobs(any_database):
            pass
    with database.engine.begin() as connection:
        assert connection.execute(sqlalchemy.select(tables.version.c.version)).scalar() == TABLES + 1
    database.close()
