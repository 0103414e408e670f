"""The portal's SQLite database: in memory, or in a file that survives restarts."""

from __future__ import annotations

import os
import secrets
import sqlite3
import string
import weakref
from typing import Any

FORMAT = 2
"""What files of this kind say of themselves (`PRAGMA user_version`). The first ones, with a table per tag, said 0."""
_TABLES_OF_BEFORE = {"appointments", "customers"}
_ID_CHARACTERS = string.ascii_lowercase + string.digits


class DatabaseFileError(Exception):
    """A file cannot be the portal's: somebody else's, or of another version of the sandbox. It was left as it is."""


class Database:
    """One connection that the whole portal shares.

    Raises:
        DatabaseFileError: The file is not one of this sandbox.
    """

    def __init__(self, path: str | os.PathLike[str] | None) -> None:
        # Autocommit: one statement is one transaction. A sandbox may be looked at from another thread.
        self._connection = sqlite3.connect(
            ":memory:" if path is None else os.fsencode(path), isolation_level=None, check_same_thread=False
        )
        self.close = weakref.finalize(self, self._connection.close)
        if path is not None:
            try:
                self._recognize(path)
            except BaseException:
                self.close()
                raise
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute("PRAGMA synchronous = NORMAL")

    def create(self, schema: str) -> None:
        """Create the tables where they are missing."""
        self._connection.executescript(f"{schema} PRAGMA user_version = {FORMAT};")

    def run(self, statement: str, values: tuple[object, ...] = ()) -> list[tuple[Any, ...]]:
        """Run one statement and return its rows."""
        return self._connection.execute(statement, values).fetchall()

    def _recognize(self, path: str | os.PathLike[str]) -> None:
        kept = "Nothing was changed in it. Give another path, or move the file away, and a new one is made."
        try:
            tables = {name for (name,) in self.run("SELECT name FROM sqlite_master WHERE type = 'table'")}
            ((version,),) = self.run("PRAGMA user_version")
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError):
                raise  # it cannot be opened, or somebody has locked it: the file may be right
            raise DatabaseFileError(f"{path} is not a SQLite database. {kept}") from error
        if not tables or version == FORMAT:
            return
        if version == 0 and tables >= _TABLES_OF_BEFORE:
            raise DatabaseFileError(
                f"{path} is a calendar of an earlier version of the sandbox, which kept appointments and customers "
                f"in tables of their own; this one cannot read it. {kept} The version that made it still opens it."
            )
        if version > FORMAT and "documents" in tables:
            raise DatabaseFileError(f"{path} was made by a later version of the sandbox. {kept}")
        raise DatabaseFileError(f"{path} is the database of something else, not of a sandbox. {kept}")


def new_id(prefix: str) -> str:
    """Return an ID that nobody can guess, such as `apt_` and 14 letters and digits."""
    return prefix + "".join(secrets.choice(_ID_CHARACTERS) for _ in range(14))
