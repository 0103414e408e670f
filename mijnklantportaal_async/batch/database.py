"""Where jobs are kept: a SQLite file on this machine, or PostgreSQL for many."""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy
from sqlalchemy import event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from mijnklantportaal_async.batch import sqlite_dialect

T = TypeVar("T")

SCHEMA = "mijnklantportaal"
"""On PostgreSQL all that is ours, the engine's tables too, lies in a schema of its own: no other engine meets it."""

BUSY_MILLISECONDS = 30_000
"""How long SQLite waits for another process that writes."""

LOCKED_PAUSE = 0.05
"""Seconds between two tries where it does not wait by itself."""

IDLE_SECONDS = 5
"""How long PostgreSQL waits for the next word in a transaction: a worker that is frozen in the middle of one, or whose
machine is gone, would hold up all others."""

POSTGRESQL: dict[str, Any] = {
    "connect_timeout": 10,
    "options": f"-c idle_in_transaction_session_timeout={IDLE_SECONDS}s",
}
"""Of each connection of ours."""

CONNECTIONS = 4
"""Connections, and threads, for our own few short transactions."""


class DatabaseTroubleError(Exception):
    """The database of the jobs cannot be used; its text says why and what to do. Nothing was lost."""


class Database:
    """The database of the jobs, by its URL.

    Args:
        url: `sqlite:///path/to/file`, or `postgresql://user@host/name`. A password in it is shown nowhere.

    Raises:
        ValueError: The URL names neither.
    """

    def __init__(self, url: str) -> None:
        self._url = _read_url(url)
        self._engine: sqlalchemy.Engine | None = None
        self._threads: ThreadPoolExecutor | None = None

    @property
    def is_sqlite(self) -> bool:
        """Whether it is a file on this machine."""
        return self._url.get_backend_name() == "sqlite"

    @property
    def path(self) -> Path:
        """The file of a SQLite database."""
        return Path(self._url.database or "").absolute()

    @property
    def schema(self) -> str | None:
        """Where the tables lie."""
        return None if self.is_sqlite else SCHEMA

    @property
    def secret_url(self) -> str:
        """The whole URL, password and all: for drivers, never for people."""
        return self._url.render_as_string(hide_password=False)

    def __str__(self) -> str:
        return self._url.set(drivername=self._url.get_backend_name()).render_as_string(hide_password=True)

    def __repr__(self) -> str:
        return f"<Database {self}>"

    @property
    def engine(self) -> sqlalchemy.Engine:
        """Our own connections, beside the engine's."""
        if self._engine is None:
            arguments: dict[str, Any] = {} if self.is_sqlite else POSTGRESQL
            self._engine = sqlalchemy.create_engine(
                self._url, pool_size=CONNECTIONS, max_overflow=0, pool_pre_ping=True, connect_args=arguments
            )
            if self.is_sqlite:
                event.listen(self._engine, "connect", _set_up_sqlite)
        return self._engine

    async def run(self, function: Callable[[sqlalchemy.Connection], T]) -> T:
        """Runs a function in a transaction, on a thread of ours.

        Raises:
            DatabaseTroubleError: The database cannot be reached, or is full.
        """
        if self._threads is None:
            self._threads = ThreadPoolExecutor(CONNECTIONS, thread_name_prefix="mijnklantportaal-batch")

        def transaction() -> T:
            with self.engine.begin() as connection:
                return function(connection)

        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, transaction)
        except (DBAPIError, PoolTimeoutError) as error:
            raise trouble(self, error) from None

    async def prepare(self) -> None:
        """Makes the file of a SQLite database, where it is missing.

        Raises:
            DatabaseTroubleError: It cannot be reached or written to.
        """

        def work() -> None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            # Names and addresses of people lie in it: nobody else's business. Its companions take after it.
            self.path.touch(mode=0o600)
            until = time.monotonic() + BUSY_MILLISECONDS / 1000
            while not self._lets_readers_in(is_last=time.monotonic() >= until):
                time.sleep(LOCKED_PAUSE)

        if not self.is_sqlite:
            return
        try:
            await asyncio.get_running_loop().run_in_executor(None, work)
        except (DBAPIError, OSError) as error:
            raise trouble(self, error) from error

    def _lets_readers_in(self, *, is_last: bool) -> bool:
        """Has readers and a writer work side by side, which stays with the file; False where others are at it just now.

        SQLite does not wait for one who writes here, whatever its timeout is.
        """
        with self.engine.connect() as connection:
            if connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal":
                return True
            try:
                connection.exec_driver_sql("PRAGMA journal_mode=WAL")
            except OperationalError as error:
                if is_last or "locked" not in str(error.orig):
                    raise
                return False
            return True

    def close(self) -> None:
        """Lets go of connections and threads. Any number of times."""
        if self._threads is not None:
            self._threads.shutdown(wait=True)
            self._threads = None
        if self._engine is not None:
            self._engine.dispose()
            self._engine = None


def trouble(database: Database, error: Exception) -> DatabaseTroubleError:
    """What a person is told of an error of the database; never its statement or parameters."""
    reason = " ".join(str(getattr(error, "orig", None) or error).split()).rstrip(".?")
    if "disk is full" in reason or "No space left" in reason:
        return DatabaseTroubleError(
            f"The disk that holds {database} is full. Make room; what was recorded is safe, and work goes on by itself"
        )
    if "disk I/O error" in reason:
        return DatabaseTroubleError(
            f"{database} cannot be written: {reason}. Is its disk full, or gone? What was recorded is safe, and work "
            "goes on by itself once it can be written again"
        )
    if "unable to open" in reason or "readonly" in reason or isinstance(error, OSError):
        return DatabaseTroubleError(f"{database} cannot be written: {reason}. Check the path and its permissions")
    return DatabaseTroubleError(f"{database} cannot be used: {reason}. What was recorded is safe; try again")


def _read_url(text: str) -> URL:
    try:
        url = make_url(text)
    except ArgumentError:
        url = None
    if url is None or url.get_backend_name() not in {"sqlite", "postgresql"} or not url.database:
        # Not repeated: it may hold a password.
        raise ValueError(
            "the database must be given as 'sqlite:///path/to/file' or 'postgresql://user:password@host:5432/name'"
        )
    if url.get_backend_name() == "sqlite":
        if url.database == ":memory:":
            raise ValueError(
                "sqlite in memory would forget the jobs with the process; give a file: 'sqlite:///jobs.db'"
            )
        sqlite_dialect.register()
        return url.set(drivername=sqlite_dialect.DRIVER)
    return url.set(drivername="postgresql+psycopg")


def _set_up_sqlite(connection: Any, _: Any) -> None:
    # Write transactions take the lock when they begin: no deadlock half way.
    connection.isolation_level = "IMMEDIATE"
    connection.execute(f"PRAGMA busy_timeout={BUSY_MILLISECONDS}")
