"""The durable engine, DBOS Transact, as the rest of this package sees it. Only `engine_worker.py` imports it besides.

Source: https://docs.dbos.dev/python/reference/client
"""

import asyncio
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import islice
from typing import Any, TypeVar, cast

import attrs
from dbos import DBOS, DBOSClient, DBOSPortableJSONSerializer, EnqueueOptions, WorkflowStatus
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from mijnklantportaal_async.batch.database import CONNECTIONS, IDLE_SECONDS, Database, trouble
from mijnklantportaal_async.batch.results import RowOutcome
from mijnklantportaal_async.batch.rows import (
    NOTE_WORKFLOW,
    ROW_WORKFLOW,
    BatchRow,
    Note,
    Portal,
    in_order,
    job_prefix,
    queue_name,
)

T = TypeVar("T")

APPLICATION = "mijnklantportaal-batch"
"""Name under which the engine keeps our work apart from that of others in the same database."""

VERSION = "1"
"""Of the workflows, not of the package: only a change of the steps may raise it, or an update would orphan work."""

CHUNK = 500
"""Rows in one transaction: SQLite has one writer, and workers want to write as well."""

DBOS_SCHEMA = "dbos"
"""What the engine calls its schema where there are none (SQLite)."""

_OUTCOMES = {
    "DELAYED": RowOutcome.WAITING,
    "ENQUEUED": RowOutcome.WAITING,
    "PENDING": RowOutcome.UNDER_WAY,
    "CANCELLED": RowOutcome.NOT_STARTED,
    "ERROR": RowOutcome.UNKNOWN,
    "MAX_RECOVERY_ATTEMPTS_EXCEEDED": RowOutcome.UNKNOWN,
}


@attrs.frozen(kw_only=True)
class Kept:
    """A row or note as the engine keeps it."""

    id: str
    outcome: RowOutcome
    data: dict[str, Any]
    """What was submitted; empty unless asked for."""
    result: dict[str, Any]
    """What came of it; empty unless asked for and there."""
    key: str | None
    priority: int
    executor: str | None
    """Who had it last."""
    was_begun: bool
    """Whether a worker has ever had it."""
    created_at: datetime
    ended_at: datetime | None
    error: str | None


class EngineClient:
    """Reads and writes the engine's records. Runs nothing, and needs no `DBOS` object of the process.

    Args:
        database: Where they are.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._client: DBOSClient | None = None
        self._threads = ThreadPoolExecutor(CONNECTIONS, thread_name_prefix="mijnklantportaal-engine")

    async def open(self) -> None:
        """Makes what is missing in the database, and connects.

        Raises:
            DatabaseTroubleError: It cannot be reached or written to.
        """
        await self._database.prepare()
        self._client = await self._run(self._connect)

    def close(self) -> None:
        """Disconnects. Any number of times."""
        self._threads.shutdown(wait=True)
        if self._client is not None:
            self._client.destroy()
            self._client = None

    async def add(self, notes: Iterable[Note], rows: Iterable[BatchRow]) -> None:
        """Keeps notes and rows; nothing happens to those that are kept already. All or none of each 500."""
        # The notes are in the first transaction: a row without its note would wait for ever.
        items: list[Note | BatchRow] = [*notes, *rows]
        for chunk in _chunks(items, CHUNK):
            await self._run(lambda: self._enqueue(chunk))  # noqa: B023 - awaited at once

    async def register_queue(
        self, portal: Portal, *, concurrency: int | None = None, poll: float | None = None
    ) -> None:
        """Makes the queue of a portal, or sets how it is read."""
        if concurrency is None or poll is None:
            await self._run(
                lambda: self._dbos.register_queue(
                    queue_name(portal), worker_concurrency=8, polling_interval_sec=1.0, on_conflict="never_update"
                )
            )
        else:
            await self._run(
                lambda: self._dbos.register_queue(
                    queue_name(portal),
                    worker_concurrency=concurrency,
                    polling_interval_sec=poll,
                    on_conflict="always_update",
                )
            )

    async def rows(self, job: str, *, data: bool = True, results: bool = True) -> list[Kept]:
        """The rows of a job, in the order in which they were submitted."""
        return await self._list(
            workflow_id_prefix=job_prefix(job) + "r-", name=ROW_WORKFLOW, load_input=data, load_output=results
        )

    async def notes(self, job: str | None = None) -> list[Kept]:
        """The notes of a job, or of all."""
        prefix = None if job is None else job_prefix(job) + "n-"
        return await self._list(workflow_id_prefix=prefix, name=NOTE_WORKFLOW, load_output=False)

    async def by_id(self, ids: Collection[str], *, data: bool = False) -> list[Kept]:
        """Rows or notes by their ids."""
        found = [await self._list(workflow_ids=chunk, load_input=data) for chunk in _chunks(ids, CHUNK)]
        return [kept for chunk in found for kept in chunk]

    async def with_key(self, key: str) -> list[Kept]:
        """Rows whose records could not be told apart, of all jobs."""
        return await self._list(user=key, name=ROW_WORKFLOW, load_input=False)

    async def under_way(self, queues: Sequence[str] | None = None) -> list[Kept]:
        """What workers have at the moment, of some queues or of all."""
        return await self._list(
            status="PENDING",
            queue_name=None if queues is None else list(queues),
            name=[ROW_WORKFLOW, NOTE_WORKFLOW],
            load_output=False,
        )

    async def cancel(self, ids: Sequence[str]) -> None:
        """Takes rows out of their queue."""
        for chunk in _chunks(ids, CHUNK):
            await self._run(lambda: self._dbos.cancel_workflows(chunk))  # noqa: B023

    async def put_back(self, ids: Sequence[str], queue: str) -> None:
        """Puts rows (back) into a queue: those that were canceled, and those whose worker is gone."""
        for chunk in _chunks(ids, CHUNK):
            await self._run(lambda: self._dbos.resume_workflows(chunk, queue_name=queue))  # noqa: B023

    async def delete(self, ids: Sequence[str]) -> None:
        """Forgets rows and notes for good."""
        for chunk in _chunks(ids, CHUNK):
            await self._run(lambda: self._dbos.delete_workflows(chunk))  # noqa: B023

    async def steps(self, row_id: str) -> list[tuple[str, dict[str, Any]]]:
        """What a row has done: the names of its steps, and what they returned."""
        steps = await self._run(lambda: self._dbos.list_workflow_steps(row_id))
        return [(str(step["function_name"]), step["output"] or {}) for step in steps]

    # --- inside ------------------------------------------------------------------------------------------------

    @property
    def _dbos(self) -> DBOSClient:
        if self._client is None:
            raise RuntimeError("not open; use it as `async with`")
        return self._client

    def _connect(self) -> DBOSClient:
        with self._database.engine.connect():
            # Whether it is there at all: the engine would go on as if, and say so on the terminal.
            pass
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

    async def _list(self, **filters: Any) -> list[Kept]:
        found = await self._run(lambda: self._dbos.list_workflows(**filters))
        return [_kept(status) for status in found]

    def _enqueue(self, items: Sequence[Note | BatchRow]) -> None:
        rows = [item for item in items if isinstance(item, BatchRow)]
        with self._database.engine.begin() as connection:
            # One submitter at a time: of two that add equal rows at once, one must see the other's and go after them.
            connection.exec_driver_sql(
                "BEGIN IMMEDIATE" if self._database.is_sqlite else "SELECT pg_advisory_xact_lock(7305422)"
            )
            for note in items:
                if isinstance(note, Note):
                    self._dbos.enqueue_in_transaction(connection, self._note_options(note), note.to_json())
            for row in in_order(rows, self._unfinished({row.key for row in rows}) if rows else ()):
                self._dbos.enqueue_in_transaction(connection, self._row_options(row), row.to_json())

    def _unfinished(self, keys: Collection[str]) -> list[tuple[str, str, int]]:
        """Key, id and priority of the rows of all jobs that have one of these keys and are not at their end."""
        found = self._dbos.list_workflows(
            user=list(keys), status=["ENQUEUED", "PENDING"], name=ROW_WORKFLOW, load_input=False, load_output=False
        )
        return [(str(status.authenticated_user), status.workflow_id, status.priority or 0) for status in found]

    def _row_options(self, row: BatchRow) -> EnqueueOptions:
        return EnqueueOptions(
            workflow_name=ROW_WORKFLOW,
            queue_name=queue_name(row.portal),
            workflow_id=row.id,
            app_version=VERSION,
            # The engine finds rows by whom they act for: here, by what they could be mistaken for.
            authenticated_user=row.key,
            # Rows that wait for others come after them in the queue, or they could fill all places waiting.
            priority=row.priority,
        )

    def _note_options(self, note: Note) -> EnqueueOptions:
        # Before all rows, which wait for it.
        return EnqueueOptions(
            workflow_name=NOTE_WORKFLOW, queue_name=queue_name(note.portal), workflow_id=note.id, app_version=VERSION
        )


def _kept(status: WorkflowStatus) -> Kept:
    arguments = status.input["args"] if status.input else ()
    output: Any = status.output
    result = cast("dict[str, Any]", output) if isinstance(output, dict) else {}
    if status.status == "SUCCESS":
        named = {"done": RowOutcome.DONE, "rejected": RowOutcome.REJECTED}
        outcome = named.get(str(result.get("outcome")), RowOutcome.UNKNOWN)
    else:
        outcome = _OUTCOMES[status.status]
    return Kept(
        id=status.workflow_id,
        outcome=outcome,
        data=dict(arguments[0]) if arguments else {},
        result=result,
        key=status.authenticated_user,
        priority=status.priority or 0,
        executor=status.executor_id,
        was_begun=status.executor_id is not None,
        created_at=_moment(status.created_at) or datetime.now(UTC),
        ended_at=_moment(status.completed_at),
        error=None if status.error is None else f"{type(status.error).__name__}: {status.error}",
    )


def _moment(milliseconds: int | None) -> datetime | None:
    return None if milliseconds is None else datetime.fromtimestamp(milliseconds / 1000, UTC)


def _chunks(items: Iterable[T], size: int) -> Iterator[list[T]]:
    iterator = iter(items)
    while chunk := list(islice(iterator, size)):
        yield chunk
