"""The portals of `--sandbox`: one for each name, with a calendar that outlives the command."""

from collections.abc import AsyncGenerator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import filelock

from mijnklantportaal_async.batch import PortalAccess
from mijnklantportaal_async.batch.shared_rate_limit import key_fingerprint
from mijnklantportaal_async.calling.window import RateLimit
from mijnklantportaal_async.cli.batch.place import JobsPlace, data_folder
from mijnklantportaal_async.cli.batch.portals import SANDBOX_ADDRESS
from mijnklantportaal_async.cli.connection import zone_of
from mijnklantportaal_async.cli.failures import CommandError
from mijnklantportaal_async.cli.interruption import Interruption, listening
from mijnklantportaal_async.cli.options import Connection
from mijnklantportaal_async.cli.sandbox_portal import check_calendar, make_sandbox, start, write_calendar
from mijnklantportaal_async.cli.terminal import Terminal
from mijnklantportaal_async.sandbox import Sandbox
from mijnklantportaal_async.values.portal_names import DEFAULT_PORTAL


class Sandboxes:
    """Sandboxes that are up, by the names of their portals.

    Args:
        connection: The options that every command has.
        place: Where the jobs are.
        stack: Takes them down again.

    Attributes:
        running: Those that are up.
        keep_open: Whether they stay up when the command is done. An interrupted command takes it back.
    """

    def __init__(self, connection: Connection, place: JobsPlace, stack: AsyncExitStack) -> None:
        self.running: dict[str, Sandbox] = {}
        self.keep_open = connection.keep_open
        self._connection = connection
        self._place = place
        self._stack = stack

    async def add(self, names: Iterable[str]) -> None:
        """Starts those that are not up yet.

        Raises:
            CommandError: A sandbox cannot be started, or another process has its calendar.
        """
        for name in names:
            if name not in self.running:
                if self._connection.calendar is not None:
                    check_calendar(_of_portal(self._connection.calendar, name))
                calendar = calendar_file(self._connection, self._place, name)
                self.running[name] = await _start(self._connection, calendar, self._stack)

    def access(self, name: str) -> PortalAccess | None:
        """The way into one of them."""
        sandbox = self.running.get(name)
        if sandbox is None:
            return None
        return PortalAccess(
            api_key=sandbox.api_key,
            base_url=sandbox.url,
            address=SANDBOX_ADDRESS,
            rate_limit=RateLimit(requests=self._connection.sandbox_rate_limit),
            # Each is a portal of its own, though all have the same key.
            limit_name=key_fingerprint(f"sandbox {name}"),
        )

    @property
    def pages(self) -> str:
        """Where their calendars can be seen."""
        return ", ".join(sandbox.page_url for sandbox in self.running.values())


def calendar_file(connection: Connection, place: JobsPlace, name: str) -> Path:
    """Where the calendar of a sandbox is kept: beside the jobs, so that both are forgotten together.

    Args:
        connection: The options that every command has.
        place: Where the jobs are.
        name: Of the portal.
    """
    file = connection.sandbox_database
    if file is None:
        beside = place.path if place.path is not None else data_folder() / "batch-sandbox.db"
        file = beside.with_name(f"{beside.stem}-calendar.db")
    return _of_portal(file, name)


@asynccontextmanager
async def opened_sandboxes(
    connection: Connection, place: JobsPlace, terminal: Terminal
) -> AsyncGenerator[Sandboxes, None]:
    """Sandboxes for a command; afterwards writes their calendars and keeps them up, if asked to.

    Args:
        connection: The options that every command has.
        place: Where the jobs are.
        terminal: Where to say where they are.
    """
    async with AsyncExitStack() as stack:
        sandboxes = Sandboxes(connection, place, stack)
        yield sandboxes
        if connection.calendar is not None:
            for name, sandbox in sandboxes.running.items():
                await write_calendar(sandbox, _of_portal(connection.calendar, name), terminal)
        if sandboxes.keep_open and sandboxes.running:
            terminal.say(f"The calendar is at {sandboxes.pages} until you press Ctrl-C.")
            interruption = Interruption()
            with listening(interruption):
                await interruption.stop_asked.wait()


# --- inside ------------------------------------------------------------------------------------------------------


async def _start(connection: Connection, calendar: Path, stack: AsyncExitStack) -> Sandbox:
    try:
        calendar.parent.mkdir(parents=True, exist_ok=True)
        lock = filelock.FileLock(calendar.with_name(calendar.name + ".lock"), thread_local=False)
        lock.acquire(timeout=0)
    except filelock.Timeout:
        raise CommandError(_taken(calendar)) from None
    except OSError as error:
        raise CommandError(f"The sandbox cannot be started: {error}.") from error
    stack.callback(lock.release)
    sandbox = make_sandbox(
        database=calendar,
        timezone=zone_of(connection).key,
        seeded=connection.sandbox_seeded,
        speed=connection.sandbox_speed,
        faults=connection.sandbox_faults,
        seed=connection.sandbox_seed,
        rate_limit=connection.sandbox_rate_limit,
    )
    await start(sandbox, calendar)
    stack.push_async_callback(sandbox.stop)
    return sandbox


def _taken(calendar: Path) -> str:
    return (
        f"Another command runs the sandbox with the calendar {calendar} just now, and a sandbox lives in one process. "
        "Wait until that command is done. To work on it from several processes, run one sandbox for all of them with "
        "`mijnklantportaal sandbox`, export the variables that it prints in every terminal, and give the commands a "
        "--database of their own instead of --sandbox."
    )


def _of_portal(file: Path, name: str) -> Path:
    return file if name == DEFAULT_PORTAL else file.with_name(f"{file.stem}-{name}{file.suffix}")
