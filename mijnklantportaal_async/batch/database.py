"""Where jobs are kept: a SQLite file on this machine, or PostgreSQL for many."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import sqlalchemy
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from mijnklantportaal_async.batch import sqlite_dialect
from mijnklantportaal_async.sql_engine import CONNECTIONS, is_file, let_readers_in, open_engine
from mijnklantportaal_async.texts.words import words

T = TypeVar("T")

SCHEMA = "mijnklantportaal"
"""On PostgreSQL all that is ours, the engine's tables too, lies in a schema of its own: no other engine meets it."""


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
        return is_file(self._url)

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
            self._engine = open_engine(self._url)
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
            let_readers_in(self.engine)

        if not self.is_sqlite:
            return
        try:
            await asyncio.get_running_loop().run_in_executor(None, work)
        except (DBAPIError, OSError) as error:
            raise trouble(self, error) from error

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
            words(
                "The disk that holds {database} is full. Make room; what was recorded is safe, and work goes "
                "on by itself",
                database=database,
            )
        )
    if "disk I/O error" in reason:
        return DatabaseTroubleError(
            words(
                "{database} cannot be written: {reason}. Is its disk full, or gone? What was recorded is safe, "
                "and work goes on by itself once it can be written again",
                database=database,
                reason=reason,
            )
        )
    if "unable to open" in reason or "readonly" in reason or isinstance(error, OSError):
        return DatabaseTroubleError(
            words(
                "{database} cannot be written: {reason}. Check the path and its permissions",
                database=database,
                reason=reason,
            )
        )
    return DatabaseTroubleError(
        words(
            "{database} cannot be used: {reason}. What was recorded is safe; try again",
            database=database,
            reason=reason,
        )
    )


def _read_url(text: str) -> URL:
    try:
        url = make_url(text)
    except ArgumentError:
        url = None
    if url is None or url.get_backend_name() not in {"sqlite", "postgresql"} or not url.database:
        # Not repeated: it may hold a password.
        raise ValueError(
            words(
                "the database must be given as 'sqlite:///path/to/file' or 'postgresql://user:password@host:5432/name'"
            )
        )
    if url.get_backend_name() == "sqlite":
        if url.database == ":memory:":
            raise ValueError(
                words("sqlite in memory would forget the jobs with the process; give a file: 'sqlite:///jobs.db'")
            )
        sqlite_dialect.register()
        return url.set(drivername=sqlite_dialect.DRIVER)
    return url.set(drivername="postgresql+psycopg")
