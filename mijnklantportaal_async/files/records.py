"""What reading a file of rows gives: rows, problems, what was left out, questions, notes."""

import enum
from collections.abc import Mapping
from pathlib import Path
from typing import Generic, TypeVar

import attrs

from mijnklantportaal_async.files.questions import Question

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


class FileQuestionError(RowFileError):
    """The file can be read in several ways, and a person has to say which.

    Attributes:
        question: What to ask; its answer is one of the `Choices`.
    """

    def __init__(self, question: Question) -> None:
        super().__init__(question.in_words)
        self.question = question

    def __reduce__(self) -> tuple[type["FileQuestionError"], tuple[Question]]:
        return type(self), (self.question,)


@attrs.frozen(kw_only=True)
class Row(Generic[RequestT_co]):
    """A request, and where it stands in the file."""

    line: int
    """The number that a spreadsheet shows beside the row; of JSON and calendars the line of the file."""
    new: RequestT_co
    """The request, `NewAppointment` or `NewCustomer`, checked."""
    portal: str | None = None
    """The portal that it is for; None when the file does not say."""
    event: str = ""
    """Which event of a calendar it is, with its title; empty for other files."""
    zone: str = ""
    """The time zone that its start was written in, as the file names it; empty where it names none: the portal's."""

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
class LeftOut:
    """A row that the file itself says is none: canceled, all day, an older version of another."""

    line: int
    """As `Row.line`."""
    title: str
    """What it is called, fit to be shown; empty when it has no name."""
    reason: str
    """Why, in words that follow its name."""
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
    left_out: tuple[LeftOut, ...] = ()
    notes: tuple[str, ...] = ()
    separator: str = ","

    def cells_of(self, header: str, most: int = 200) -> list[str]:
        """What stands in a column, of its first records; empty cells are not in it."""
        return [text for record in self.records[:most] if (text := record.cells.get(header, "")) and not text.isspace()]


@attrs.frozen(kw_only=True)
class TakenColumn:
    """A column and what it was taken for."""

    header: str
    field: enum.StrEnum


@attrs.frozen(kw_only=True)
class RowFile(Generic[RequestT_co]):
    """A file that was read and checked as a whole. Every row of it is in `rows`, `problems` or `left_out`."""

    path: Path
    rows: tuple[Row[RequestT_co], ...]
    """The good ones, in order of line."""
    problems: tuple[Problem, ...]
    """In order of line; a line may have several."""
    left_out: tuple[LeftOut, ...] = ()
    """What is no row by its own words, in order of line."""
    questions: tuple[Question, ...] = ()
    """What a person can say so that rows that are problems now can be read."""
    unused: tuple[str, ...] = ()
    """Headers of columns that nothing is taken from."""
    notes: tuple[str, ...]
    """What a careful person would want to know before using it."""
    columns: tuple[TakenColumn, ...]
    """Which column was taken for what; none for a calendar."""
    separator: str = ","
    """Between its cells; a comma for files that have none."""
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
