"""A worker that is frozen in the middle of a transaction holds a lock: the server ends that, and others go on."""

import asyncio
import threading
from typing import Any

import pytest
import sqlalchemy

from mijnklantportaal_async import Clock, Priority
from mijnklantportaal_async.batch import DatabaseTroubleError, SharedRateLimiter
from mijnklantportaal_async.batch.database import Database
from mijnklantportaal_async.batch.slot_log import SlotLog, SlotTables
from mijnklantportaal_async.sql_engine import IDLE_SECONDS

KEY = "sk-of-everybody"

PATIENCE = IDLE_SECONDS + 10.0


@pytest.mark.timeout(60)
async def test_the_rate_limit_of_a_key_does_not_wait_for_a_worker_that_stands_still(postgresql_url: str) -> None:
    limiter = SharedRateLimiter(postgresql_url, name=KEY, clock=Clock())
    limiter.give_back(await limiter.take(Priority.BACKGROUND, PATIENCE))
    database = Database(postgresql_url)
    log = SlotLog(SlotTables(database.schema), name=KEY, requests=60, per=60.0)
    is_locked, is_thawed = threading.Event(), threading.Event()

    def stand_still(connection: sqlalchemy.Connection) -> Any:
        log.take(connection, is_urgent=False)
        is_locked.set()
        is_thawed.wait(2 * PATIENCE)
        return connection.exec_driver_sql("SELECT 1").scalar()

    frozen = asyncio.create_task(database.run(stand_still))
    await asyncio.to_thread(is_locked.wait)
    # Without the server's help this would last for as long as the other one stands.
    limiter.give_back(await limiter.take(Priority.BACKGROUND, PATIENCE))
    is_thawed.set()
    with pytest.raises(DatabaseTroubleError):
        await frozen
    await limiter.aclose()
    database.close()
