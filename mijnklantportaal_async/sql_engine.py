"""Connections to SQLite and PostgreSQL, as short transactions of several processes need them."""

import time
from typing import Any

import sqlalchemy
from sqlalchemy import event
from sqlalchemy.engine import URL
from sqlalchemy.exc import OperationalError

CONNECTIONS = 4
"""Connections, and threads. Nobody keeps one while others are spoken to, so that few are enough for everybody."""

BUSY_MILLISECONDS = 30_000
"""How long SQLite waits for another process that writes."""

LOCKED_PAUSE = 0.05
"""Seconds between two tries where it does not wait by itself."""

IDLE_SECONDS = 5
"""How long PostgreSQL waits for the next word in a transaction: a worker that is frozen in the middle of one, or whose
machine is gone, would hold up all others."""

_POSTGRESQL: dict[str, Any] = {
    "connect_timeout": 10,
    "options": f"-c idle_in_transaction_session_timeout={IDLE_SECONDS}s",
}


def is_file(url: URL) -> bool:
    """Whether it is a file on this machine, of SQLite."""
    return url.get_backend_name() == "sqlite"


def open_engine(url: URL) -> sqlalchemy.Engine:
    """What connects with the first use. What its errors say holds no parameter of a statement."""
    engine = sqlalchemy.create_engine(
        url,
        pool_size=CONNECTIONS,
        max_overflow=0,
        pool_pre_ping=True,
        hide_parameters=True,
        connect_args={} if is_file(url) else _POSTGRESQL,
    )
    if is_file(url):
        event.listen(engine, "connect", _set_up_sqlite)
    return engine


def let_readers_in(engine: sqlalchemy.Engine) -> None:
    """Has readers of a SQLite file and a writer work side by side, which stays with the file.

    SQLite does not wait for one who writes here, whatever its timeout is: of two that began with one new file, one
    would be told at once that it is locked.

    Raises:
        OperationalError: It cannot be written, or somebody was at it all the time.
    """
    until = time.monotonic() + BUSY_MILLISECONDS / 1000
    while not _lets_readers_in(engine, is_last=time.monotonic() >= until):
        time.sleep(LOCKED_PAUSE)


def _lets_readers_in(engine: sqlalchemy.Engine, *, is_last: bool) -> bool:
    with engine.connect() as connection:
        if connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal":
            return True
        try:
            connection.exec_driver_sql("PRAGMA journal_mode=WAL")
        except OperationalError as error:
            if is_last or "locked" not in str(error.orig):
                raise
            return False
        return True


def _set_up_sqlite(connection: Any, _: Any) -> None:
    # Write transactions take the lock when they begin, and wait for it: no deadlock half way.
    connection.isolation_level = "IMMEDIATE"
    connection.execute(f"PRAGMA busy_timeout={BUSY_MILLISECONDS}")
