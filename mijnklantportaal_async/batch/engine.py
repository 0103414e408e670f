"""The durable engine, DBOS Transact, as the rest of this package sees it. Only `engine_worker.py` imports it besides.

The engine hands out rows, sees to it that so many run at once, and keeps who has what; what becomes of a row is in our
own tables.

Source: https://docs.dbos.dev/python/reference/client
"""

import asyncio
from collections.abc import Callable, Collection, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar, cast

import attrs
import sqlalchemy
from dbos import DBOS, DBOSClient, DBOSPortableJSONSerializer, EnqueueOptions
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from mijnklantportaal_async.batch.database import Database, trouble
from mijnklantportaal_async.batch.job_records import CHUNK, chunks
from mijnklantportaal_async.batch.rows import Portal
from mijnklantportaal_async.batch.tables import Tables
from mijnklantportaal_async.sql_engine import CONNECTIONS, IDLE_SECONDS

T = TypeVar("T")

ROW_WORKFLOW = "mijnklantportaal_row"
"""Name under which the engine keeps a row."""

APPLICATION = "mijnklantportaal-batch"
"""Name under which the engine keeps our work apart from that of others in the same database."""

VERSION = "2"
"""Of the workflow, not of the package: only a change of what it is given may raise it; rows wait in our tables."""

DBOS_SCHEMA = "dbos"
"""What the engine calls its schema where there are none (SQLite)."""


@attrs.frozen(kw_only=True)
class Taken:
    """A row that a worker has taken out of the queue."""

    id: str
    """Of the engine: the row's, and its round."""
    executor: str
    """The worker."""
    queue: str


class EngineClient:
    """Reads and writes the engine's records. Runs nothing, and needs no `DBOS` object of the process.

    Args:
        database: Where they are.
        tables: Ours, beside the engine's.
    """

    def __init__(self, database: Database, tables: Tables) -> None:
        self._database = database
        self._tables = tables
        self._client: DBOSClient | None = None
        self._threads = ThreadPoolExecutor(CONNECTIONS, thread_name_prefix="mijnklantportaal-engine")

    async def open(self) -> None:
        """Makes what is missing in the database, and connects.

        Raises:
            DatabaseTroubleError: It cannot be reached or written to, or is another version's.
        """
        await self._database.prepare()
        self._client = await self._run(self._connect)

    def close(self) -> None:
        """Disconnects. Any number of times."""
        self._threads.shutdown(wait=True)
        if self._client is not None:
            self._client.destroy()
            self._client = None

    def enqueue(self, connection: sqlalchemy.Connection, queue: str, row_id: str, number: int) -> None:
        """Gives the engine a row, in a transaction of ours: its id, and how often it was given before."""
        options = EnqueueOptions(
            workflow_name=ROW_WORKFLOW, queue_name=queue, workflow_id=f"{row_id}.{number}", app_version=VERSION
        )
        self._dbos.enqueue_in_transaction(connection, options, row_id, number)

    async def register_queue(self, portal: Portal, *, concurrency: int, poll: float) -> None:
        """Makes the queue of a portal, or sets how it is read."""
        await self._run(
            lambda: self._dbos.register_queue(
                portal.queue, worker_concurrency=concurrency, polling_interval_sec=poll, on_conflict="always_update"
            )
        )

    async def under_way(self, queues: Sequence[str] | None = None) -> list[Taken]:
        """What workers have at the moment, of some queues or of all."""
        found = await self._run(
            lambda: self._dbos.list_workflows(
                status="PENDING",
                queue_name=None if queues is None else list(queues),
                name=ROW_WORKFLOW,
                load_input=False,
                load_output=False,
            )
        )
        return [
            Taken(id=status.workflow_id, executor=status.executor_id or "", queue=cast("str", status.queue_name))
            for status in found
        ]

    async def known(self, ids: Sequence[str]) -> set[str]:
        """Those that wait in a queue, or are under way."""
        found: set[str] = set()
        for chunk in chunks(ids, CHUNK):
            live = await self._run(
                lambda: self._dbos.list_workflows(
                    workflow_ids=chunk,  # noqa: B023 - awaited at once
                    status=["ENQUEUED", "DELAYED", "PENDING"],
                    load_input=False,
                    load_output=False,
                )
            )
            found.update(status.workflow_id for status in live)
        return found

    async def cancel(self, ids: Sequence[str]) -> None:
        """Takes rows from whoever has them."""
        for chunk in chunks(ids, CHUNK):
            await self._run(lambda: self._dbos.cancel_workflows(chunk))  # noqa: B023 - awaited at once

    async def put_back(self, taken: Iterable[Taken]) -> None:
        """Puts rows back into their queue whose worker is gone."""
        queues: dict[str, list[str]] = {}
        for row in taken:
            queues.setdefault(row.queue, []).append(row.id)
        for queue, ids in queues.items():
            for chunk in chunks(ids, CHUNK):
                await self._run(lambda: self._dbos.resume_workflows(chunk, queue_name=queue))  # noqa: B023

    async def delete(self, rows: Collection[tuple[str, int]]) -> None:
        """Forgets rows for good, by id and last round."""
        ids = (f"{row_id}.{number}" for row_id, last in rows for number in range(1, last + 1))
        for chunk in chunks(ids, CHUNK):
            await self._run(lambda: self._dbos.delete_workflows(chunk))  # noqa: B023

    # --- inside ------------------------------------------------------------------------------------------------

    @property
    def _dbos(self) -> DBOSClient:
        if self._client is None:
            raise RuntimeError("not open; use it as `async with`")
        return self._client

    def _connect(self) -> DBOSClient:
        # First of all: whether it is there, and ours. The engine would go on as if, and say so on the terminal.
        self._tables.create(self._database)
        DBOS.migrate(self._database.secret_url, schema=self._database.schema or DBOS_SCHEMA)
        return DBOSClient(
            system_database_url=self._database.secret_url,
            dbos_system_schema=self._database.schema or DBOS_SCHEMA,
            serializer=DBOSPortableJSONSerializer(),
            application_name=APPLICATION,
            # A person waits for an answer: an error now is worth more than one in an hour.
            retry_connection_errors=False,
            system_database_pool_size=CONNECTIONS,
            sys_db_idle_transaction_timeout_sec=IDLE_SECONDS,
        )

    async def _run(self, function: Callable[[], T]) -> T:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, function)
        except (DBAPIError, PoolTimeoutError, OSError) as error:
            raise trouble(self._database, error) from None


def read_id(taken_id: str) -> tuple[str, int]:
    """Id and round of a row, from that of the engine."""
    row_id, _, number = taken_id.rpartition(".")
    return row_id, int(number)
