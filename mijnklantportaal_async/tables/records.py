"""What reading a file of rows gives: rows, problems, notes."""

import enum
from collections.abc import Mapping
from pathlib import Path
from typing import Generic, TypeVar

import attrs

RequestT_co = TypeVar("RequestT_co", covariant=True)


class RowFileError(ValueError):
    """The file cannot be read at all, so that no row of it can be trusted.

    Attributes:
        problems: What is wrong and what to do, a sentence each.
    """

    def __init__(self, *problems: str) -> None:
        super().__init__(*problems)
        self.problems = problems

    def __str__(self) -> str:
        return "\n".join(self.problems)


@attrs.frozen(kw_only=True)
class Row(Generic[RequestT_co]):
    """A request, and where it stands in the file."""

    line: int
    """The number that a spreadsheet shows beside the row; of JSON Lines and calendars the line of the file."""
    new: RequestT_co
    """The request, `NewAppointment` or `NewCustomer`, checked."""
    portal: str | None = None
    """The portal that it is for; None when the file does not say."""
    event: str = ""
    """Which event of a calendar it is, with its title; empty for other files."""

    @property
    def place(self) -> str:
        """Where to find it again, in words."""
        return place_in_words(self.line, self.event)


@attrs.frozen(kw_only=True)
class Problem:
    """Why a row cannot be used."""

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
    event: str = ""
    """As `Row.event`."""

    @property
    def place(self) -> str:
        """Where to find it again, in words."""
        return place_in_words(self.line, self.event)


@attrs.frozen(kw_only=True)
class Record:
    """A line of a file before its cells are understood."""

    line: int
    cells: Mapping[str, str]
    """By header; a header that the line does not have is left out."""
    event: str = ""
    """As `Row.event`."""


@attrs.frozen(kw_only=True)
class Table:
    """A file of any format as records under headers."""

    headers: tuple[str, ...]
    records: tuple[Record, ...]
    problems: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()
    separator: str = ","


@attrs.frozen(kw_only=True)
class TakenColumn:
    """A column and what it was taken for."""

    header: str
    field: enum.StrEnum


@attrs.frozen(kw_only=True)
class RowFile(Generic[RequestT_co]):
    """A file that was read and checked as a whole."""

    path: Path
    rows: tuple[Row[RequestT_co], ...]
    """The good ones, in order of line."""
    problems: tuple[Problem, ...]
    """In order of line; a line may have several."""
    notes: tuple[str, ...]
    """What a careful person would want to know before using it."""
    columns: tuple[TakenColumn, ...]
    """Which column was taken for what; none for a calendar."""
    separator: str = ","
    """Between its cells; a comma for JSON Lines and calendars."""
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

    @property
    def portals(self) -> tuple[str | None, ...]:
        """The portals that the rows are for, each once, in order of line; None for rows that name none."""
        return tuple(dict.fromkeys(row.portal for row in self.rows))


def place_in_words(line: int, event: str) -> str:
    """A line of a file, and the event that begins there."""
    return f"line {line}: {event}" if event else f"line {line}"
