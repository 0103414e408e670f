"""Runs rows: the engine's side of a worker.

The engine is one for each process, and other programs use it as well. It is therefore started here only where nobody
else has, and nothing of ours is registered with it before that.

Source: https://docs.dbos.dev/python/reference/configuration
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from typing import Any

import psycopg
from dbos import DBOS, DBOSConfig, DBOSPortableJSONSerializer

from mijnklantportaal_async.batch.database import Database
from mijnklantportaal_async.batch.engine import APPLICATION, DBOS_SCHEMA, ROW_WORKFLOW, VERSION
from mijnklantportaal_async.sql_engine import IDLE_SECONDS

LOG = logging.getLogger("mijnklantportaal_async.batch")

POOL = 12
"""Connections of the engine to its database."""

REPEAT = 60.0
"""Seconds after which the engine may say the same thing again."""


class LetGo(BaseException):
    """The row could not be recorded: it stays as it is, and a worker takes it up again.

    Not an `Exception`: the engine would write it down as the row's end.
    """


class EngineIsOverError(Exception):
    """The worker was stopped while the engine wanted to connect."""


class EngineWorker:
    """Takes rows out of queues and runs them, until it is stopped.

    Args:
        database: Where the rows are.
        executor: Its name; never used twice.
        queues: Which queues.
        run_row: What to do with a row, by its id and round.

    Attributes:
        running: What it has at the moment, by the ids of rows.
        sending: The tasks of rows of which something may be under way, and since when by `time.monotonic()`.
    """

    def __init__(
        self,
        database: Database,
        *,
        executor: str,
        queues: Sequence[str],
        run_row: Callable[[str, int], Awaitable[None]],
    ) -> None:
        self._database = database
        self._executor = executor
        self._queues = list(queues)
        self._run_row = run_row
        self._tasks: set[asyncio.Task[Any]] = set()
        self._of_engine: set[asyncio.Task[Any]] = set()  # these, until the engine has done its own part as well
        self._is_over = False
        self._is_stopping = False
        self._log = logging.getLogger("dbos")
        self._forward = _Forward()
        self.running: dict[str, asyncio.Future[None]] = {}
        self.sending: dict[asyncio.Task[Any], float] = {}

    def start(self) -> None:
        """Starts the engine on the running loop; takes up to a second, in which nothing else runs.

        Raises:
            RuntimeError: The process uses the engine for something else.
        """
        if _is_in_use():
            raise RuntimeError(
                "this process uses DBOS already, and there is only one of it in a process. Run the worker as a process "
                "of its own: `mijnklantportaal batch work`, or mijnklantportaal_async.batch.start_worker_process()"
            )
        self._log.addHandler(self._forward)
        # With a handler of ours the engine adds none of its own, which would write to the terminal.
        self._log.propagate = False
        config = DBOSConfig(
            name=APPLICATION,
            system_database_url=self._database.secret_url,
            dbos_system_schema=self._database.schema or DBOS_SCHEMA,
            serializer=DBOSPortableJSONSerializer(),
            application_version=VERSION,
            executor_id=self._executor,
            sys_db_pool_size=POOL,
            # The engine sets its own, a minute, over that of `_connect`.
            sys_db_idle_transaction_timeout_sec=IDLE_SECONDS,
            # On SQLite the engine looks so often for messages, which we send none of, and its end waits for one look.
            notification_listener_polling_interval_sec=0.1,
            enable_otlp=False,
            log_level="WARNING",
        )
        if not self._database.is_sqlite:
            config["db_engine_kwargs"] = {"creator": self._connect}
        DBOS(config=config)
        try:
            DBOS.workflow(name=ROW_WORKFLOW, max_recovery_attempts=None)(self._make_row_workflow())
            DBOS.listen_queues(self._queues)
            DBOS.launch()
        except BaseException:
            self._destroy()
            self._give_log_back()
            raise

    async def stop(self, *, grace: float) -> None:
        """Takes no more rows, gives those that are being sent so many seconds, and lets the rest go for others."""
        self._is_stopping = True
        for task in self._tasks - self.sending.keys():
            task.cancel()
        if self.sending and grace > 0:
            await asyncio.wait(set(self.sending), timeout=grace)
        # Rows that end now come to nothing that is lost: they are looked up.
        for task in self._tasks:
            task.cancel()
        loop = asyncio.get_running_loop()
        # The engine has put its own pool into the place of the loop's; the program around us needs one that works.
        loop.set_default_executor(ThreadPoolExecutor(thread_name_prefix="asyncio"))
        with ThreadPoolExecutor(1, thread_name_prefix="mijnklantportaal-stop") as threads:
            # On a thread: its own threads wait for the loop while they end.
            await loop.run_in_executor(threads, self._destroy)
        for task in self._of_engine:
            task.cancel()
        if self._of_engine:
            await asyncio.wait(set(self._of_engine), timeout=10)
        self._give_log_back()

    # --- inside ------------------------------------------------------------------------------------------------

    def _destroy(self) -> None:
        # What ends from here on finds the engine gone, and would say so with a traceback for each row.
        self._forward.is_over = True
        DBOS.destroy(destroy_registry=True, workflow_completion_timeout_sec=0)
        self._is_over = True

    def _give_log_back(self) -> None:
        self._log.removeHandler(self._forward)
        self._log.propagate = True

    def _connect(self) -> Any:
        """A connection to the server, as the engine would make it, but none any more after the end.

        Without a server the engine's threads try for ever, and a process waits for its threads.
        """
        if self._is_over:
            raise EngineIsOverError
        return psycopg.connect(
            self._database.secret_url.replace("+psycopg", "", 1),
            connect_timeout=10,
            application_name=APPLICATION,
        )

    def _make_row_workflow(self) -> Callable[[str, int], Awaitable[None]]:
        async def mijnklantportaal_row(row_id: str, number: int) -> None:
            await self._run(row_id, number)

        return mijnklantportaal_row

    async def _run(self, row_id: str, number: int) -> None:
        """Runs a row so that only its own result can end it."""
        task = asyncio.current_task()
        # Taken from this worker and given back to it: the first of the two is still at it.
        while (first := self.running.get(row_id)) is not None:
            await asyncio.shield(first)
        if self._is_stopping or task is None:
            raise LetGo
        self._tasks.add(task)
        self._of_engine.add(task)
        task.add_done_callback(self._of_engine.discard)
        ended = self.running[row_id] = asyncio.get_running_loop().create_future()
        try:
            await self._run_row(row_id, number)
        except Exception as error:
            # Most likely the database: disk full, gone, read-only. What was not recorded is looked up later.
            LOG.warning("A row could not be recorded and is let go: %s", _first_line(error))
            raise LetGo from error
        finally:
            del self.running[row_id]
            ended.set_result(None)
            self.sending.pop(task, None)
            self._tasks.discard(task)


def _is_in_use() -> bool:
    """Whether somebody in this process has made the engine, or has registered workflows with it."""
    # There is no public way to ask, and making one would be answered with the other's.
    module = import_module("dbos._dbos")
    return any(getattr(module, name, None) is not None for name in ("_dbos_global_instance", "_dbos_global_registry"))


class _Forward(logging.Handler):
    """What the engine has to say goes where our own messages go; what it says again and again, once in a while."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._said: dict[str, float] = {}
        self.is_over = False

    def emit(self, record: logging.LogRecord) -> None:
        if self.is_over:
            return
        if record.exc_info and isinstance(record.exc_info[1], LetGo | EngineIsOverError):
            return
        text, now = record.getMessage().splitlines()[0], time.monotonic()
        if text.startswith("Asyncio task cancelled"):
            # By us, when the worker stops: the row is let go, and nothing is wrong with it.
            return
        if now - self._said.get(text, -REPEAT) >= REPEAT:
            self._said[text] = now
            LOG.log(record.levelno, "engine: %s", text)


def _first_line(error: BaseException) -> str:
    return f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"
