"""The embedded portal of `--sandbox` and of the command `sandbox`."""

from pathlib import Path
from typing import Literal

from mijnklantportaal_async.cli.exit_codes import ExitCode
from mijnklantportaal_async.cli.failures import CommandError
from mijnklantportaal_async.cli.interruption import Interruption, listening
from mijnklantportaal_async.cli.terminal import Terminal
from mijnklantportaal_async.texts.system import reason_of
from mijnklantportaal_async.texts.words import sentence, told_by, words

try:
    from mijnklantportaal_async.sandbox import Faults, Sandbox
    from mijnklantportaal_async.sandbox.manners import manners_of
except ModuleNotFoundError as missing:
    raise CommandError(
        words(
            "The sandbox needs the package {missing_name}, which is not installed. Install the extra: pip "
            'install "mijnklantportaal-async[cli]"',
            missing_name=missing.name,
        )
    ) from missing


def make_sandbox(
    *,
    database: Path | None,
    timezone: str,
    speed: float,
    faults: float,
    seed: int,
    manners: tuple[str, ...] = (),
    rate_limit: int | None,
    rate_window: Literal["fixed", "rolling"] = "fixed",
    seeded: bool = False,
    host: str = "127.0.0.1",
    port: int = 0,
) -> Sandbox:
    """A sandbox that is not started yet.

    Raises:
        CommandError: A setting cannot be right.
    """
    try:
        return Sandbox(
            host=host,
            port=port,
            database=database,
            timezone=timezone,
            speed=speed,
            rate_limit=rate_limit,
            rate_window=rate_window,
            seeded=seeded,
            faults=Faults(seed=seed, share=faults) if faults else None,
            manners=manners_of(manners),
        )
    except ValueError as error:
        raise CommandError(sentence(told_by(error))) from error


async def start(sandbox: Sandbox, database: Path | None, otherwise: str = "") -> None:
    """Starts a sandbox.

    Args:
        sandbox: The sandbox.
        database: The file of its records; None when they are in memory.
        otherwise: What to do when it does not start, and that is not about the file.

    Raises:
        CommandError: It does not start.
    """
    import sqlite3

    from mijnklantportaal_async.sandbox import DatabaseFileError

    try:
        await sandbox.start()
    except OSError as error:
        raise CommandError(
            words("The sandbox cannot be started: {error}. {otherwise}", error=error, otherwise=otherwise).rstrip()
        ) from error
    except sqlite3.Error as error:
        raise CommandError(
            words(
                "The sandbox cannot be started: {error}. Can {database} be read and written?",
                error=error,
                database=database,
            )
        ) from error
    except DatabaseFileError as error:
        raise CommandError(words("The sandbox cannot be started: {error}", error=error)) from error


def check_calendar(path: Path) -> None:
    """Sees to it that a calendar can be written, before anything is scheduled that it would show.

    Raises:
        CommandError: It cannot.
    """
    is_new = not path.exists()
    try:
        with path.open("ab"):
            pass
        if is_new:
            path.unlink()
    except OSError as error:
        raise CommandError(
            words(
                "The calendar cannot be written to {path}: {strerror}. Name another file. Nothing was sent.",
                path=path,
                strerror=reason_of(error),
            )
        ) from error


async def write_calendar(sandbox: Sandbox, path: Path, terminal: Terminal) -> None:
    """Writes the calendar page with all its appointments as one file.

    Raises:
        CommandError: It cannot be written.
    """
    from mijnklantportaal_async.cli.calendar_file import calendar_html

    page = await calendar_html(sandbox, terminal.language)
    try:
        path.write_text(page, "utf-8")  # noqa: ASYNC240 - nothing else goes on any more
    except OSError as error:
        raise CommandError(
            words("The calendar cannot be written to {path}: {strerror}.", path=path, strerror=reason_of(error)),
            ExitCode.SOME_FAILED,
        ) from error
    terminal.say(words("Calendar: {path} (open it in a browser)", path=path))


async def keep_up(sandbox: Sandbox, terminal: Terminal) -> None:
    """Leaves the sandbox running until a signal comes."""
    terminal.say(words("The calendar is at {page_url} until you press Ctrl-C.", page_url=sandbox.page_url))
    interruption = Interruption()
    with listening(interruption):
        await interruption.stop_asked.wait()
