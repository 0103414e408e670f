"""The database of a store, of tokens or of calls: short transactions on threads of its own, on SQLite or PostgreSQL."""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy
from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from mijnklantportaal_async.sql_engine import CONNECTIONS, is_file, let_readers_in, open_engine

T = TypeVar("T")

_MAKING = 7305437
"""An advisory lock of PostgreSQL: two that make a table at once would trip over each other."""


class StoreDatabaseError(Exception):
    """The database cannot be used. Its text has no statement and no parameter of one: those may be tokens."""


class StoreDatabase:
    """The database of one store, connected to with its first use.

    Args:
        url: `sqlite:///path/to/file`, or `postgresql://user:password@host:5432/name`.
        tables: Made where they are missing.

    Raises:
        ValueError: The URL names neither. It is not repeated: it may hold a password.
    """

    def __init__(self, url: str, tables: sqlalchemy.MetaData) -> None:
        self._url = _read_url(url)
        self._tables = tables
        self._engine: sqlalchemy.Engine | None = None
        self._threads = ThreadPoolExecutor(CONNECTIONS, thread_name_prefix="mijnklantportaal-store")
        self._is_made = False

    @property
    def is_sqlite(self) -> bool:
        """Whether it is a file on this machine."""
        return is_file(self._url)

    async def run(self, work: Callable[[sqlalchemy.Connection], T]) -> T:
        """One transaction. Whoever is cancelled meanwhile hears of it when it is over, not half way.

        Raises:
            StoreDatabaseError: It could not be done.
        """
        doing = asyncio.get_running_loop().run_in_executor(self._threads, self._transaction, work)
        try:
            return await asyncio.shield(doing)
        except asyncio.CancelledError:
            await asyncio.wait({doing})
            raise

    def upsert(self, table: Table) -> "sqlite.Insert | postgresql.Insert":
        """An INSERT that can say what to do where the row is there."""
        return sqlite.insert(table) if self.is_sqlite else postgresql.insert(table)

    def now(self) -> Any:
        """The database's clock, as part of a statement: processes and machines need not agree on the time."""
        # With a file there is one machine, and its clock is everybody's.
        return time.time() if self.is_sqlite else sqlalchemy.func.extract("epoch", sqlalchemy.func.clock_timestamp())

    async def aclose(self) -> None:
        """Lets go of connections and threads. Any number of times."""
        await asyncio.to_thread(self._threads.shutdown)
        engine, self._engine = self._engine, None
        if engine is not None:
            engine.dispose()

    def __str__(self) -> str:
        return self._url.render_as_string(hide_password=True)

    def _transaction(self, work: Callable[[sqlalchemy.Connection], T]) -> T:
        failure = None
        try:
            if not self._is_made:
                self._make()
            with self._connected().begin() as connection:
                return work(connection)
        except (DBAPIError, OSError) as error:
            failure = StoreDatabaseError(f"{self} cannot be used: {_reason(error)}")
        # Out here the statement does not hang on to it.
        raise failure

    def _connected(self) -> sqlalchemy.Engine:
        if self._engine is None:
            self._engine = open_engine(self._url)
        return self._engine

    def _make(self) -> None:
        if self.is_sqlite:
            path = Path(self._url.database or "").absolute()
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            # For its owner alone before anything is in it; its companions take after it.
            path.touch(mode=0o600)
        engine = self._connected()
        if self.is_sqlite:
            let_readers_in(engine)
        with engine.begin() as connection:
            if self.is_sqlite:
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            else:
                connection.execute(sqlalchemy.text(f"SELECT pg_advisory_xact_lock({_MAKING})"))
            self._tables.create_all(connection)
        self._is_made = True


def _reason(error: Exception) -> str:
    """What the driver says, never the statement."""
    return " ".join(str(getattr(error, "orig", None) or error).split())[:300]


def _read_url(text: str) -> URL:
    try:
        url = make_url(text)
    except ArgumentError:
        url = None
    if url is None or url.get_backend_name() not in {"sqlite", "postgresql"} or url.database in {None, "", ":memory:"}:
        raise ValueError(
            "the database must be given as 'sqlite:///path/to/file' or "
            "'postgresql://user:password@host:5432/name'; for memory there is another store"
        )
    return url.set(drivername="sqlite" if url.get_backend_name() == "sqlite" else "postgresql+psycopg")
