"""SQLite as the engine expects it, also where the machine's own SQLite is older.

From Python 3.12 on the engine's tables ask `unixepoch('subsec')` for the time, which SQLite knows since 3.42. An older
one, such as those of Debian 12 and Ubuntu 22.04, answers with NULL, or does not know the function. It is taught to
every connection, the engine's too: they are all made by this dialect, which the URL of a database names.

Source: https://www.sqlite.org/lang_datefunc.html
"""

import sqlite3
import time
from typing import Any

from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite

DRIVER = "sqlite+mijnklantportaal"
"""What stands before `://` in the URL of a database of ours."""

KNOWS_SUBSECONDS = (3, 42)
"""The SQLite that answers `unixepoch('subsec')` itself."""


class Dialect(SQLiteDialect_pysqlite):
    """The driver of the standard library, on connections that know what the engine asks."""

    driver = "mijnklantportaal"
    supports_statement_cache = True

    def connect(self, *arguments: Any, **settings: Any) -> Any:
        """Connects."""
        connection: Any = super().connect(*arguments, **settings)
        if sqlite3.sqlite_version_info < KNOWS_SUBSECONDS:
            teach(connection)
        return connection


def teach(connection: sqlite3.Connection) -> None:
    """Has a connection know the time as newer ones do."""
    connection.create_function("unixepoch", 1, _seconds_since_1970)


def register() -> None:
    """Makes the driver known to SQLAlchemy, under its own name. Any number of times."""
    registry.register(DRIVER.replace("+", "."), __name__, Dialect.__name__)


def _seconds_since_1970(what: str) -> float:
    if what != "subsec":
        # Nothing else is asked for; a wrong time would be worse than an error.
        raise ValueError(f"unixepoch({what!r}) was not taught")
    return round(time.time(), 3)
