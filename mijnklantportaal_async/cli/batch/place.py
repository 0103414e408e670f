"""Where the jobs of a command are kept: `--database`, the environment, or a file of one's own."""

import os
import shlex
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import attrs
from sqlalchemy.engine import URL

from mijnklantportaal_async.batch import Jobs
from mijnklantportaal_async.batch.database import Database
from mijnklantportaal_async.cli.exit_codes import ExitCode
from mijnklantportaal_async.cli.failures import CommandError
from mijnklantportaal_async.cli.options import Connection
from mijnklantportaal_async.cli.own_folder import made_folder

ENVIRONMENT_DATABASE = "MIJNKLANTPORTAAL_BATCH_DATABASE"

_FILE, _SANDBOX_FILE = "batch.db", "batch-sandbox.db"


@attrs.frozen(kw_only=True)
class JobsPlace:
    """The database of the jobs, and whether their portals are sandboxes."""

    url: str = attrs.field(repr=False)
    """May hold a password: for the database, never for people."""
    shown: str
    """The database, fit to be shown."""
    path: Path | None
    """Its file; None on PostgreSQL."""
    is_sandbox: bool
    option: str | None
    """What `--database` says, fit to be shown; None when it was not given."""

    @property
    def is_missing(self) -> bool:
        """Whether nobody has ever submitted a job here. Of a server only the server knows."""
        return self.path is not None and not self.path.exists()

    def command(self, *words: str) -> str:
        """A command about these jobs, to be copied into a shell."""
        flags = ["--sandbox"] if self.is_sandbox else []
        flags += ["--database", self.option] if self.option is not None else []
        return shlex.join(["mijnklantportaal", "batch", *words, *flags])


def place_of(connection: Connection, database: str | None) -> JobsPlace:
    """Finds out where the jobs are.

    Args:
        connection: The options that every command has.
        database: What `--database` says.

    Raises:
        CommandError: The URL cannot be right, or the folder of the default file cannot be made.
    """
    # The jobs of a sandbox never get in among real ones just because a variable is set.
    named = database or ("" if connection.sandbox else os.environ.get(ENVIRONMENT_DATABASE, "").strip())
    try:
        chosen = Database(named or _default_url(connection.sandbox))
    except ValueError as error:
        where = "--database" if database else ENVIRONMENT_DATABASE
        raise CommandError(f"{where}: {error}.") from None
    return JobsPlace(
        url=chosen.secret_url,
        shown=str(chosen.path) if chosen.is_sqlite else str(chosen),
        path=chosen.path if chosen.is_sqlite else None,
        is_sandbox=connection.sandbox,
        option=str(chosen) if database else None,
    )


def data_folder() -> Path:
    """The folder where jobs are kept when nobody says otherwise; only the user can look into it.

    Raises:
        CommandError: It cannot be made.
    """
    return made_folder(what="the jobs", remedy="Name another place, as in --database sqlite:///jobs.db.")


@asynccontextmanager
async def open_jobs(place: JobsPlace, *, is_new: bool = False) -> AsyncGenerator[Jobs, None]:
    """Opens the jobs, and closes them afterwards.

    Args:
        place: Where they are.
        is_new: Whether the database may be made. A command that only looks must not make an empty one out of a typo.

    Raises:
        CommandError: There is no such file.
        DatabaseTroubleError: The database cannot be used.
    """
    if place.is_missing and not is_new:
        raise CommandError(
            f"There are no jobs: {place.shown} does not exist. Submit a file with `mijnklantportaal batch run FILE`, "
            "or say with --database where the jobs are.",
            ExitCode.WRONG_INPUT,
        )
    async with Jobs(place.url) as jobs:
        yield jobs


def _default_url(is_sandbox: bool) -> str:
    path = data_folder() / (_SANDBOX_FILE if is_sandbox else _FILE)
    # Not put together by hand: a folder may have a `%`, `#` or `?` in its name.
    return URL.create("sqlite", database=str(path)).render_as_string()
