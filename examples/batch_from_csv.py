"""Puts the appointments of a CSV file into the calendar, each once, and writes down what became of each row.

    python examples/batch_from_csv.py examples/appointments.csv --sandbox     # an embedded portal, nothing real
    python examples/batch_from_csv.py FILE                                    # your portal: MIJNKLANTPORTAAL_API_KEY

Exit code: 0 all are in the calendar, 1 some are not, 2 nothing was begun, 3 of some nobody knows, 130 interrupted.
It forgets when it ends: a second run would book the file a second time, so it refuses to overwrite its results.
"""

import argparse
import asyncio
import itertools
import logging
import os
import signal
import sys
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Generator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager, suppress
from pathlib import Path
from zoneinfo import ZoneInfo

from mijnklantportaal_async import (
    AuthenticationError,
    Clock,
    LicenceError,
    NewAppointment,
    NotStarted,
    OutcomeUnknownError,
    PermissionDeniedError,
    PortalSession,
    Rejected,
    RetryPolicy,
    Scheduled,
    Timeouts,
    TokenRefreshError,
    Unknown,
)
from mijnklantportaal_async.files import (
    AppointmentFile,
    Manner,
    ResultFile,
    ResultRow,
    read_appointment_file,
    result_of,
)

Result = Scheduled | Rejected[NewAppointment] | Unknown[NewAppointment] | NotStarted[NewAppointment]

PATIENT = Timeouts(attempt=30, call=600)
"""Nobody waits for it: time to find out what became of a row is cheap."""
GRACE = 20.0
"""Seconds for what has been sent, to learn what became of it after Ctrl-C."""
HOPELESS = (AuthenticationError, PermissionDeniedError, LicenceError, TokenRefreshError)
"""What one row is refused for, all are."""

_logger = logging.getLogger("batch")


class Account:
    """What became of each row; on the disk at once, so that a program that is killed leaves what it knew."""

    def __init__(self, file: AppointmentFile, results: ResultFile, zone: ZoneInfo) -> None:
        self.file = file
        self.zone = zone
        self.interrupted = False
        self.is_hopeless = False
        self.counts: Counter[str] = Counter()
        self.to_look_for: list[str] = []
        self._results = results
        for line in file.bad_lines:
            problems = [f"{one.column} {one.message}".strip() for one in file.problems if one.line == line]
            self._write(ResultRow(line=line, outcome="bad row", what_to_do="; ".join(problems)))
        # Canceled, all day, an older version: no appointments by what the file says itself.
        for one in file.left_out:
            self._write(ResultRow(line=one.line, outcome="left out", what_to_do=one.reason))

    def add(self, result: Result) -> None:
        """Notes a result."""
        line, new = self.file.rows[result.index].line, result.request
        match result:
            case Scheduled(appointment=made):
                self._add(line, new, "scheduled", identifier=made.id)
            case Rejected(error=error):
                self._stop_if_hopeless(error)
                self._add(line, new, "rejected", what_to_do=str(error))
            case NotStarted(error=error):
                self._stop_if_hopeless(error)
                self._add(line, new, "not sent", what_to_do=str(error or "stopped before its turn"))
            case Unknown(error=error):
                self._add(line, new, "unknown", what_to_do=str(error))
                how = error.how_to_check if isinstance(error, OutcomeUnknownError) else "It is in the calendar."
                # Without names: a log is read by many.
                _logger.error("line %d, %s: look in the calendar. %s", line, f"{new.starts_at:%Y-%m-%d %H:%M}", how)
                self.to_look_for.append(f"  line {line}: {new.name}, {new.starts_at:%Y-%m-%d %H:%M}. {how}")

    def add_unread(self, read: int) -> None:
        """Notes the rows that the run never came to."""
        for row in self.file.rows[read:]:
            self._add(row.line, row.new, "not sent", what_to_do="stopped before its turn")

    @property
    def exit_code(self) -> int:
        """What the program ends with."""
        if self.counts["unknown"]:
            return 3
        if self.counts["not sent"] and self.interrupted:
            return 130
        return 0 if set(self.counts) <= {"scheduled", "left out"} else 1

    def __str__(self) -> str:
        return ", ".join(f"{count} {outcome}" for outcome, count in self.counts.items()) or "no rows"

    def _stop_if_hopeless(self, error: Exception | None) -> None:
        if isinstance(error, HOPELESS) and not self.is_hopeless:
            self.is_hopeless = True
            _logger.error("nothing more is sent, since every row would be refused: %s", error)

    def _add(self, line: int, new: NewAppointment, outcome: str, identifier: str = "", what_to_do: str = "") -> None:
        self._write(
            result_of(new, line=line, outcome=outcome, zone=self.zone, identifier=identifier, what_to_do=what_to_do)
        )

    def _write(self, row: ResultRow) -> None:
        # Not counts[...] of a missing outcome: exit_code looks at what there is.
        self.counts.update([row.outcome])
        self._results.add(row)


async def schedule_all(portal: PortalSession, account: Account) -> None:
    """Schedules all rows; however it ends, the account is complete."""
    # Nothing more is read once it is clear that all will be refused.
    requests = itertools.takewhile(lambda _: not account.is_hopeless, (row.new for row in account.file.rows))
    run = portal.schedule_appointments(requests)
    stops: list[asyncio.Task[None]] = []

    def interrupt() -> None:
        account.interrupted = True
        # A second Ctrl-C takes the grace away.
        stops.append(asyncio.create_task(run.stop(grace=0.0 if stops else GRACE)))
        print(f"\nStopping; what was sent gets {GRACE:g} s. Ctrl-C again ends at once.", file=sys.stderr)

    try:
        with on_interrupt(interrupt):
            async with run:
                async for result in run:
                    account.add(result)
                    show_progress(account)
    except asyncio.CancelledError:
        account.interrupted = True
        raise
    finally:
        for result in run.unfinished:
            account.add(result)
        account.add_unread(run.read)


@contextmanager
def on_interrupt(act: Callable[[], None]) -> Generator[None]:
    """Does something else at Ctrl-C than to cancel everything."""
    loop = asyncio.get_running_loop()
    try:
        loop.add_signal_handler(signal.SIGINT, act)
    except NotImplementedError:
        # Windows: Ctrl-C cancels there, and what was being sent ends as unknown.
        yield
        return
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGINT)


def show_progress(account: Account) -> None:
    done, rows = account.counts.total(), len(account.file.rows) + len(account.file.bad_lines)
    if sys.stderr.isatty():
        print(f"\r{done} of {rows}: {account}", end="", file=sys.stderr, flush=True)
    elif done % 50 == 0 or done == rows:
        print(f"{done} of {rows}: {account}", file=sys.stderr, flush=True)


@asynccontextmanager
async def open_sandbox(options: argparse.Namespace) -> AsyncGenerator[PortalSession]:
    """An embedded portal in which minutes pass quickly."""
    from mijnklantportaal_async.sandbox import Faults, Sandbox  # only here: your job needs no sandbox

    faults = Faults(seed=1, share=options.faults) if options.faults else None
    async with (
        Sandbox(speed=options.speed, faults=faults) as sandbox,
        PortalSession(api_key=sandbox.api_key, base_url=sandbox.url, clock=Clock(options.speed)) as portal,
    ):
        yield portal
        print(f"\nThe sandbox has {len(sandbox.appointments)} appointments.", file=sys.stderr)


async def run(account: Account, portals: AbstractAsyncContextManager[PortalSession]) -> None:
    async with portals as portal:
        await schedule_all(portal.with_options(timeouts=PATIENT, retry=RetryPolicy(attempts=8)), account)


def read_options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Puts the appointments of a CSV file into the calendar, each once.")
    parser.add_argument("file", type=Path, help="name, starts_at, ends_at, customer_id, attendee_name, attendee_email")
    parser.add_argument(
        "--results", type=Path, default=Path("results.csv"), help="what became of each row (default: results.csv)"
    )
    parser.add_argument("--sandbox", action="store_true", help="schedule in an embedded portal; nothing real happens")
    parser.add_argument("--speed", type=float, default=60.0, help="how fast time passes in the sandbox (default: 60)")
    parser.add_argument("--faults", type=float, default=0.0, help="share of requests that fail in the sandbox")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    options = read_options(arguments)
    logging.basicConfig(level=logging.ERROR, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    try:
        # The portal's own zone: times in the file have no offset.
        zone = ZoneInfo(os.environ.get("MIJNKLANTPORTAAL_TIMEZONE") or "Europe/Amsterdam")
        file = read_appointment_file(options.file, zone=zone)
        if not file.may_skip_bad_rows:
            raise ValueError("\n".join(f"line {one.line}: {one.column} {one.message}" for one in file.problems))
        if len(file.portals) > 1:
            raise ValueError("The rows are for several portals, and this program has the key of one; split the file.")
        portals = open_sandbox(options) if options.sandbox else PortalSession.from_env()
        # The results of an earlier run may be the only account of what it booked.
        results = ResultFile(options.results, manner=Manner(file.separator), overwrite=options.sandbox)
    except FileExistsError:
        print(f"{options.results} is there: was this file scheduled before? Move it away first.", file=sys.stderr)
        return 2
    except (ValueError, OSError) as error:
        print(f"Nothing was scheduled. {error}", file=sys.stderr)
        return 2
    with results:
        account = Account(file, results, zone)
        with suppress(KeyboardInterrupt):
            asyncio.run(run(account, portals))
    print(f"\n{account}. Row by row: {options.results}", file=sys.stderr)
    if account.to_look_for:
        print("Nobody knows yet; look before you schedule these again:", *account.to_look_for, sep="\n")
    return account.exit_code


if __name__ == "__main__":
    sys.exit(main())
