"""What reading a file of appointments gives: rows, problems, notes."""

from collections.abc import Mapping
from pathlib import Path

import attrs

from mijnklantportaal_async.api.appointment_models import NewAppointment
from mijnklantportaal_async.appointment_files.columns import TakenColumn


class AppointmentFileError(ValueError):
    """The file cannot be read as appointments at all, so that no row of it can be trusted.

    Attributes:
        problems: What is wrong and what to do, a sentence each.
    """

    def __init__(self, *problems: str) -> None:
        super().__init__(*problems)
        self.problems = problems

    def __str__(self) -> str:
        return "\n".join(self.problems)


@attrs.frozen(kw_only=True)
class Row:
    """An appointment, and where it stands in the file."""

    line: int
    """The number that a spreadsheet shows beside the row; of JSON Lines the line of the file."""
    new: NewAppointment


@attrs.frozen(kw_only=True)
class Problem:
    """Why a row cannot be scheduled."""

    line: int
    """As `Row.line`."""
    column: str = ""
    """The header as the file has it; empty when the row as a whole is meant."""
    value: str = ""
    """What stands there, fit to be shown."""
    message: str
    """What is wrong with it and what to do."""
    spoils_file: bool = False
    """It throws doubt on rows that look right, so leaving this row out is not enough."""


@attrs.frozen(kw_only=True)
class Record:
    """A line of a file before its cells are understood."""

    line: int
    cells: Mapping[str, str]
    """By header; a header that the line does not have is left out."""


@attrs.frozen(kw_only=True)
class Table:
    """A file of any format as records under headers."""

    headers: tuple[str, ...]
    records: tuple[Record, ...]
    problems: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()
    separator: str = ","


@attrs.frozen(kw_only=True)
class AppointmentFile:
    """A file that was read and checked as a whole."""

    path: Path
    rows: tuple[Row, ...]
    """The good ones, in order of line."""
    problems: tuple[Problem, ...]
    """In order of line; a line may have several."""
    notes: tuple[str, ...]
    """What a careful person would want to know before scheduling."""
    columns: tuple[TakenColumn, ...]
    """Which column was taken for what."""
    separator: str = ","
    """Between its cells; a comma for JSON Lines."""
    encoding: str = "utf-8"
    """`utf-8-sig` when the file begins with a byte order mark."""

    @property
    def bad_lines(self) -> tuple[int, ...]:
        """Lines with a problem, each once."""
        return tuple(sorted({problem.line for problem in self.problems}))

    @property
    def may_skip_bad_rows(self) -> bool:
        """Whether the good rows can be trusted although there are bad ones."""
        return not any(problem.spoils_file for problem in self.problems)
