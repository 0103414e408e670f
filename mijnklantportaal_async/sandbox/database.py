"""The portal's SQLite database: in memory, or in a file that survives restarts."""

from __future__ import annotations

import os
import secrets
import sqlite3
import string
import weakref
from typing import Any

_ID_CHARACTERS = string.ascii_lowercase + string.digits


class Database:
    """One connection that all stores of a portal share."""

    def __init__(self, path: str | os.PathLike[str] | None) -> None:
        # Autocommit: one statement is one transaction. A sandbox may be looked at from another thread.
        self._connection = sqlite3.connect(
            ":memory:" if path is None else os.fsencode(path), isolation_level=None, check_same_thread=False
        )
        weakref.finalize(self, self._connection.close)
        if path is not None:
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute("PRAGMA synchronous = NORMAL")

    def create(self, schema: str) -> None:
        """Create the tables of a store where they are missing."""
        self._connection.executescript(schema)

    def run(self, statement: str, values: tuple[object, ...] = ()) -> list[tuple[Any, ...]]:
        """Run one statement and return its rows."""
        return self._connection.execute(statement, values).fetchall()

    def close(self) -> None:
        """Close the database."""
        self._connection.close()


def new_id(prefix: str) -> str:
    """Return an ID that nobody can guess, such as `apt_` and 14 letters and digits."""
    return prefix + "".join(secrets.choice(_ID_CHARACTERS) for _ in range(14))
