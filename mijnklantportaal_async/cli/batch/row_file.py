"""The file of a job: read, checked as a whole, and turned into rows."""

from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import attrs

from mijnklantportaal_async.batch import JobRow
from mijnklantportaal_async.cli.checked_file import read_file, refuse_bad_rows
from mijnklantportaal_async.cli.file_options import FileReading
from mijnklantportaal_async.cli.terminal import Terminal
from mijnklantportaal_async.files.reading import RowOperation
from mijnklantportaal_async.files.records import RowFile

_NOTHING = "Nothing was submitted."


@attrs.frozen(kw_only=True)
class FileChoice:
    """Which file, and how to understand it."""

    path: Path
    operation: RowOperation
    reading: FileReading


def read_checked(choice: FileChoice, zone: ZoneInfo, terminal: Terminal, *, asks: bool = True) -> RowFile[Any]:
    """Reads a file and shows what it was understood as, and what is wrong with it.

    Args:
        choice: Which file.
        zone: The portal's zone, in which times without an offset are meant.
        terminal: Where to show it.
        asks: Whether to ask what the file leaves open.

    Raises:
        CommandError: There is anything wrong with it that nobody wants to leave out, or nothing in it.
    """
    file = read_file(choice.path, choice.operation, choice.reading, zone, terminal, asks=asks, nothing_done=_NOTHING)
    refuse_bad_rows(file, choice.reading, terminal, what="submit", thing="row", asks=asks, nothing_done=_NOTHING)
    return file


def job_rows(file: RowFile[Any]) -> list[JobRow]:
    """The rows of a file as those of a job."""
    return [JobRow(request=row.new, place=row.place, portal=row.portal) for row in file.rows]
