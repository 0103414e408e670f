"""`mijnklantportaal cancel FILE`: takes back what a run has made, by the file of its results."""

import asyncio
import enum
from collections.abc import Sequence
from pathlib import Path

from mijnklantportaal_async import errors
from mijnklantportaal_async.cli import prompts
from mijnklantportaal_async.cli.connection import OpenPortal, base_url_of, open_portal
from mijnklantportaal_async.cli.earlier_run import MADE
from mijnklantportaal_async.cli.exit_codes import ExitCode
from mijnklantportaal_async.cli.failures import CommandError, exit_code_of, in_words, is_about_access
from mijnklantportaal_async.cli.figures import in_time
from mijnklantportaal_async.cli.interruption import Interruption, listening
from mijnklantportaal_async.cli.options import Connection
from mijnklantportaal_async.cli.run_report import in_number
from mijnklantportaal_async.cli.terminal import Terminal, plain_text, quiet_table
from mijnklantportaal_async.files.notes import lines_in_words
from mijnklantportaal_async.files.results.reading import NoResultsError, read_results
from mijnklantportaal_async.files.results.table import ResultRow
from mijnklantportaal_async.models.appointments import AppointmentStatus

_AT_ONCE = 8
_SHOWN = 10
_SAID_EVERY = 10.0
"""Seconds between two sentences on how far it is."""

_MADE = MADE | {"done"}
_UNCLEAR = "unknown"


class _End(enum.StrEnum):
    """How the cancellation of an appointment ended."""

    CANCELED = "canceled"
    BEFORE = "was canceled before"
    NOT_THERE = "not there any more"
    UNKNOWN = "unknown"
    FAILED = "not canceled"
    NOT_SENT = "not begun"


def undo(connection: Connection, terminal: Terminal, path: Path, *, yes: bool) -> ExitCode:
    """Cancels what a run has made.

    Args:
        connection: Which portal.
        terminal: Where to say it.
        path: The results of the run.
        yes: Do not ask.
    """
    rows = _read(path)
    made = [row for row in rows if row.outcome in _MADE and row.identifier.startswith("apt_")]
    _say_what_stays(rows, made, terminal)
    if not made:
        raise CommandError(f"{path.name} names no appointment that its run has made. Nothing was changed.")
    _show(made, terminal)
    if not yes and not prompts.somebody_is_there():
        raise CommandError(
            f"Nobody is there to ask; say --yes to cancel {in_number(len(made), 'appointment')} without a question. "
            "Nothing was changed."
        )
    return asyncio.run(_undo(connection, terminal, made, yes=yes))


# --- the file ----------------------------------------------------------------------------------------------------


def _read(path: Path) -> tuple[ResultRow, ...]:
    try:
        return read_results(path).rows
    except FileNotFoundError:
        raise CommandError(f"There is no file {path}. Nothing was changed.") from None
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror or error}. Nothing was changed.") from error
    except NoResultsError as error:
        raise CommandError(
            f"{path.name} is no table of results: {error}. `schedule-file --output` and `batch results --output` write "
            "one. Nothing was changed."
        ) from error


def _say_what_stays(rows: Sequence[ResultRow], made: Sequence[ResultRow], terminal: Terminal) -> None:
    before = sum(row.outcome == "there already" for row in rows)
    if before:
        are = "was" if before == 1 else "were"
        terminal.say(f"{in_number(before, 'appointment')} {are} there before that run, and not canceled.")
    if others := sum(row.outcome in _MADE and bool(row.identifier) for row in rows) - len(made):
        terminal.say(f"{in_number(others, 'record')} of other kinds stay as they are: only appointments are canceled.")
    if unclear := sum(row.outcome == _UNCLEAR for row in rows):
        are = "is" if unclear == 1 else "are"
        terminal.say(
            f"Of {in_number(unclear, 'row')} it {are} not known whether the run made something: look in the calendar.",
            "yellow",
        )


def _show(made: Sequence[ResultRow], terminal: Terminal) -> None:
    table = quiet_table("Row", "Day", "Time", "Title", "With", "ID")
    for column in (0, 1, 2, 5):
        table.columns[column].no_wrap = True
    table.columns[0].justify = "right"
    for row in made[:_SHOWN]:
        day = "" if row.day is None else f"{row.day:%a %d-%m-%Y}"
        cells = (str(row.line), day, row.time, row.title, row.person, row.identifier)
        table.add_row(*(plain_text(cell) for cell in cells))
    if (more := len(made) - _SHOWN) > 0:
        table.add_row("…", f"{more:,} more")
    terminal.say_table(table)


# --- the portal --------------------------------------------------------------------------------------------------


async def _undo(connection: Connection, terminal: Terminal, made: Sequence[ResultRow], *, yes: bool) -> ExitCode:
    where = "the sandbox" if connection.sandbox else base_url_of(connection)
    async with open_portal(connection, terminal) as opened:
        if not yes and not prompts.agrees(f"Cancel {in_number(len(made), 'appointment')} at {where}?"):
            terminal.say("They stay as they are.")
            return ExitCode.SOME_FAILED
        undoing = _Undoing(opened, terminal, Interruption())
        await undoing.run(made)
    _report(made, undoing.ends, terminal)
    return undoing.exit_code


class _Undoing:
    """One appointment after another, some at a time."""

    def __init__(self, opened: OpenPortal, terminal: Terminal, interruption: Interruption) -> None:
        self._opened = opened
        self._terminal = terminal
        self._interruption = interruption
        self._is_refused = False
        self.ends: dict[str, _End] = {}
        self.exit_code = ExitCode.DONE

    async def run(self, made: Sequence[ResultRow]) -> None:
        waiting = list(dict.fromkeys(row.identifier for row in reversed(made)))
        self.ends = dict.fromkeys(waiting, _End.NOT_SENT)
        with listening(self._interruption):
            saying = asyncio.create_task(self._say_how_far(len(waiting)), name="say how far it is")
            workers = [asyncio.create_task(self._work(waiting), name="cancel") for _ in range(_AT_ONCE)]
            everything = asyncio.create_task(asyncio.wait(workers), name="cancel all")
            ended = asyncio.create_task(self._interruption.end_asked.wait(), name="wait for a second Ctrl-C")
            await asyncio.wait([everything, ended], return_when=asyncio.FIRST_COMPLETED)
            for task in (saying, everything, ended, *workers):
                task.cancel()
            for result in await asyncio.gather(*workers, return_exceptions=True):
                if isinstance(result, Exception):
                    raise result
        self.exit_code = self._interruption.exit_code or self.exit_code

    async def _work(self, waiting: list[str]) -> None:
        while waiting and not self._interruption.stop_asked.is_set() and not self._is_refused:
            identifier = waiting.pop()
            # What it stays if a second Ctrl-C cuts this short.
            self.ends[identifier] = _End.UNKNOWN
            self.ends[identifier] = await self._cancel(identifier)

    async def _cancel(self, identifier: str) -> _End:
        portal = self._opened.portal
        try:
            await portal.cancel_appointment(identifier)
            return _End.CANCELED
        except errors.NotFoundError:
            return _End.NOT_THERE
        except errors.ConflictError as error:
            try:
                found = await portal.get_appointment(identifier)
            except errors.MijnKlantportaalError:
                found = None
            if found is not None and found.status == AppointmentStatus.CANCELED:
                return _End.BEFORE
            return self._failed(identifier, error)
        except (errors.MijnKlantportaalError, ValueError) as error:
            return self._failed(identifier, error)

    def _failed(self, identifier: str, error: Exception) -> _End:
        self._terminal.say(f"{identifier}: {in_words(error)}", "yellow")
        self._is_refused = self._is_refused or is_about_access(error)
        is_unknown = isinstance(error, errors.OutcomeUnknownError)
        code = exit_code_of(error) if isinstance(error, errors.MijnKlantportaalError) else ExitCode.WRONG_INPUT
        self.exit_code = max(self.exit_code, code)
        return _End.UNKNOWN if is_unknown else _End.FAILED

    async def _say_how_far(self, total: int) -> None:
        while True:
            await asyncio.sleep(_SAID_EVERY)
            limit = self._opened.portal.rate_limit
            held_up = limit.waiting > 0 and limit.remaining == 0
            why = f"; rate limit, next in {in_time(limit.resets_in)}" if held_up else ""
            over = sum(end is not _End.NOT_SENT for end in self.ends.values())
            self._terminal.say(f"{over} of {total}{why}")


def _report(made: Sequence[ResultRow], ends: dict[str, _End], terminal: Terminal) -> None:
    table = quiet_table("Outcome", "Appointments", "Rows")
    table.columns[1].justify = "right"
    for end in _End:
        if found := [row.line for row in made if ends[row.identifier] is end]:
            table.add_row(end.value, f"{len(found):,}", lines_in_words(found))
    terminal.show(table)
    if not {*ends.values()} <= {_End.CANCELED, _End.BEFORE, _End.NOT_THERE}:
        terminal.say("The same command again is safe: what is canceled already stays so.")
