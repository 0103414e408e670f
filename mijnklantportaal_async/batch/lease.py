"""Who is alive: each worker holds a lease, and whoever finds one that nobody holds takes over its rows.

A lease is a lock that the machine or the server lets go when its holder is gone, and a sign of life from time to time,
for the holder that is still there and will never move again.
"""

import hashlib
import os
import time
from pathlib import Path
from typing import Any, Protocol

import filelock
import psycopg

from mijnklantportaal_async.batch.database import Database

KEEPALIVE: dict[str, Any] = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3}
"""Our side of the connection: seconds until a server that vanished is noticed."""

SERVER_KEEPALIVE = "-c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3"
"""The server's side: seconds until the lock of a machine that vanished is let go."""


class LeaseLostError(Exception):
    """Others have taken over: this worker stood still for too long."""


class LeaseBrokenError(Exception):
    """The server has ended its connection, most likely to restart. Nobody found it silent."""


class Lease(Protocol):
    """Every method may take a moment: call them on a thread."""

    def hold(self) -> None:
        """Takes the lease."""
        ...

    def show_life(self, silent_for: float) -> None:
        """Says that its holder is alive; takes the lease again where it broke.

        Args:
            silent_for: Seconds without a sign of life after which others take over.

        Raises:
            LeaseLostError: Somebody else has found it dead, or may have.
            LeaseBrokenError: Nobody has; its next sign of life takes it again.
        """
        ...

    def is_dead(self, executor: str, silent_for: float) -> bool:
        """Whether nobody holds an executor's lease, or its holder has shown no life for so many seconds.

        After True nobody will hold it again.
        """
        ...

    def let_go(self) -> None:
        """Ends the lease. Any number of times."""
        ...


def lease_for(database: Database, executor: str) -> Lease:
    """The lease of an executor, where its database has one."""
    return FileLease(database, executor) if database.is_sqlite else ServerLease(database, executor)


class FileLease:
    """A locked file beside the SQLite database; its time of change is the sign of life.

    Args:
        database: The database.
        executor: Who holds it.
    """

    def __init__(self, database: Database, executor: str) -> None:
        self._folder = database.path.with_name(database.path.name + ".workers")
        self._path = self._file_of(executor)
        self._lock = filelock.FileLock(self._path, thread_local=False)

    def hold(self) -> None:
        """Makes the file and locks it."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self._lock.acquire(timeout=10)
        self.show_life(0.0)

    def show_life(self, silent_for: float) -> None:
        """Touches the file: whoever takes over removes it.

        Raises:
            LeaseLostError: It is gone.
        """
        try:
            os.utime(self._path)
        except FileNotFoundError:
            raise LeaseLostError("others have taken over its rows") from None

    def is_dead(self, executor: str, silent_for: float) -> bool:
        """Tries the lock; a dead one's file is removed."""
        path = self._file_of(executor)
        try:
            changed = path.stat().st_mtime
        except FileNotFoundError:
            return True
        if time.time() - changed < silent_for:
            lock = filelock.FileLock(path, thread_local=False)
            try:
                lock.acquire(timeout=0)
            except filelock.Timeout:
                return False
            lock.release()
        path.unlink(missing_ok=True)
        return True

    def let_go(self) -> None:
        """Unlocks and removes the file."""
        if self._lock.is_locked:
            self._lock.release()
            self._path.unlink(missing_ok=True)

    def _file_of(self, executor: str) -> Path:
        return self._folder / f"{executor}.lock"


class ServerLease:
    """An advisory lock of a connection of its own; the connection's last statement is the sign of life.

    Args:
        database: The database.
        executor: Who holds it.
    """

    def __init__(self, database: Database, executor: str) -> None:
        self._database = database
        self._number = _number(executor)
        self._connection: psycopg.Connection[Any] | None = None
        self._last_try = both_clocks()

    def hold(self) -> None:
        """Connects and takes the lock."""
        url = self._database.secret_url.replace("postgresql+psycopg://", "postgresql://", 1)
        self._connection = psycopg.connect(
            url, autocommit=True, connect_timeout=10, options=SERVER_KEEPALIVE, **KEEPALIVE
        )
        self._connection.execute("SELECT pg_advisory_lock(%s)", (self._number,))

    def show_life(self, silent_for: float) -> None:
        """Says something on the connection; makes another where it broke.

        Raises:
            LeaseLostError: Its connection was ended for its silence, or went while it stood still.
            LeaseBrokenError: The server has ended the connection.
        """
        before, self._last_try = self._last_try, both_clocks()
        connection = self._connection
        try:
            if connection is None or connection.closed:
                self.hold()
            else:
                connection.execute("SELECT 1")
                return
        except psycopg.Error as error:
            # The server was gone for a while, and with it all locks: take it again at the next sign of life.
            self.let_go()
            self._check_silence(before, silent_for, error)
            if isinstance(error, psycopg.errors.AdminShutdown):
                raise LeaseBrokenError("its connection to the database was ended") from None
            raise
        self._check_silence(before, silent_for, None)

    def _check_silence(self, before: tuple[float, float], silent_for: float, error: Exception | None) -> None:
        """The lock went with the connection. It can be had again, but whoever looked meanwhile has its rows."""
        # Only now: it may have stood still in the middle of it, or of anything else since the sign of life before.
        if since(before) > silent_for:
            raise LeaseLostError("it stood still, and its connection to the database was ended") from error

    def is_dead(self, executor: str, silent_for: float) -> bool:
        """Tries the lock; ends the connection of a holder that has been silent for too long."""
        number, connection = _number(executor), self._connection
        if connection is None:
            return False
        row = connection.execute("SELECT pg_try_advisory_lock(%s)", (number,)).fetchone()
        if row is not None and row[0]:
            connection.execute("SELECT pg_advisory_unlock(%s)", (number,))
            return True
        connection.execute(
            """
            SELECT pg_terminate_backend(activity.pid)
            FROM pg_locks AS locks JOIN pg_stat_activity AS activity USING (pid)
            WHERE locks.locktype = 'advisory' AND locks.granted AND locks.objsubid = 1
              AND locks.classid::bigint = (%(number)s::bigint >> 32) & 4294967295
              AND locks.objid::bigint = %(number)s::bigint & 4294967295
              AND activity.state_change < clock_timestamp() - make_interval(secs => %(silent)s)
            """,
            {"number": number, "silent": silent_for},
        )
        # Its lock goes with its connection: the next look finds it dead.
        return False

    def let_go(self) -> None:
        """Disconnects."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


def _number(executor: str) -> int:
    return int.from_bytes(hashlib.sha256(executor.encode()).digest()[:8], "big", signed=True)


def both_clocks() -> tuple[float, float]:
    """One of them goes on whatever happens: to the process, to the machine, or to the time of day."""
    return time.monotonic(), time.time()


def since(moment: tuple[float, float]) -> float:
    """Seconds since a moment, by the clock that has gone further."""
    now = both_clocks()
    return max(now[0] - moment[0], now[1] - moment[1])
