"""The file of a job: read, checked as a whole, and turned into rows."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import attrs

from mijnklantportaal_async.batch import JobRow
from mijnklantportaal_async.cli.failures import CommandError
from mijnklantportaal_async.cli.run_report import MOST_ROWS, in_number, problem_table
from mijnklantportaal_async.cli.terminal import Terminal
from mijnklantportaal_async.models.appointments import NewAppointment
from mijnklantportaal_async.row_files import RowFile, RowFileError, RowOperation, read_rows
from mijnklantportaal_async.tables.notes import lines_in_words

_THINGS: Mapping[RowOperation, str] = {"schedule_appointment": "appointment", "create_customer": "customer"}


@attrs.frozen(kw_only=True)
class FileChoice:
    """Which file, and how to understand it."""

    path: Path
    operation: RowOperation
    columns: Mapping[str, str]
    ignored: tuple[str, ...]
    encoding: str | None


def read_checked(choice: FileChoice, zone: ZoneInfo, terminal: Terminal) -> RowFile[Any]:
    """Reads a file and shows what is wrong with it.

    Args:
        choice: Which file.
        zone: The portal's zone, in which times without an offset are meant.
        terminal: Where to show it.

    Raises:
        CommandError: There is anything wrong with it, or nothing in it.
    """
    try:
        file: RowFile[Any] = read_rows(
            choice.path,
            operation=choice.operation,
            timezone=zone,
            columns=choice.columns,
            ignored=choice.ignored,
            encoding=choice.encoding,
        )
    except RowFileError as error:
        raise CommandError(f"{choice.path.name}: {error}\nNothing was submitted.") from error
    terminal.say(_in_words(file, _THINGS[choice.operation]), "bold")
    for note in (*file.notes, *_in_the_past(file)):
        terminal.say(f"Note: {note}")
    if file.problems:
        terminal.show(problem_table(file.problems))
        if (more := len(file.problems) - MOST_ROWS) > 0:
            terminal.show(f"… and {more:,} more problems.")
        raise CommandError(
            f"{in_number(len(file.bad_lines), 'bad row')}. Nothing was submitted. Correct the file and give the same "
            "command again."
        )
    if not file.rows:
        raise CommandError(f"{file.path.name} has no rows. Nothing was submitted.")
    return file


def job_rows(file: RowFile[Any]) -> list[JobRow]:
    """The rows of a file as those of a job."""
    return [JobRow(request=row.new, place=row.place, portal=row.portal) for row in file.rows]


def _in_words(file: RowFile[Any], thing: str) -> str:
    found = f"{file.path.name}: {in_number(len(file.rows), thing)}"
    days = sorted(row.new.starts_at.date() for row in file.rows if isinstance(row.new, NewAppointment))
    if days:
        found += f" from {days[0]:%a %d-%m-%Y} to {days[-1]:%a %d-%m-%Y}"
    bad = len(file.bad_lines)
    return f"{found}, {in_number(bad, 'bad row') if bad else 'no bad row'}."


def _in_the_past(file: RowFile[Any]) -> list[str]:
    now = time.time()
    past = [
        row.line for row in file.rows if isinstance(row.new, NewAppointment) and row.new.starts_at.timestamp() < now
    ]
    return [f"Lines {lines_in_words(past)} lie in the past; is the year right?"] if past else []
