"""From rows of cells to records under headers: where the headers stand, and which rows are none."""

import re
from collections.abc import Mapping, Sequence
from typing import TypeAlias

from mijnklantportaal_async.files.cleaning import cleaned
from mijnklantportaal_async.files.headers import plain
from mijnklantportaal_async.files.meaning import is_off_by_title, says_off
from mijnklantportaal_async.files.printable import shown_value
from mijnklantportaal_async.files.records import LeftOut, Problem, Record, RowFileError, Table
from mijnklantportaal_async.files.tables.columns import FieldT, Vocabulary

Grid: TypeAlias = Sequence[tuple[int, Sequence[str]]]
"""The rows that are not empty, each with the number that a spreadsheet shows."""

_ROWS_ABOVE = 25
_CERTAIN = 3
"""So many headers in a row are no chance."""

_TOTAL = re.compile(r"(?:sub|eind|grand )?tota+l\b|totalen\b|aantal\b|count\b|sum\b|som\b", re.IGNORECASE)
_ABOUT_ZONES = re.compile(
    r"(?i:\b(?:UTC|GMT|time ?zones?|tijdzone|tijden|(?:all|the) times|times (?:are )?in)\b)|"
    r"\b(?:BST|CES?T|[ECMP][SD]T)\b|\b[A-Z]\w+ time\b"
)
_NAMES = {",": "a comma", ";": "a semicolon", "\t": "a tab", "|": "a bar"}


def table_of(grid: Grid, vocabulary: Vocabulary[FieldT], wanted: Mapping[str, str], *, separator: str = ",") -> Table:
    """The records of a grid.

    Args:
        grid: Its rows.
        vocabulary: What its columns may be called.
        wanted: Field -> header, as a person said it.
        separator: What separates its cells, for messages.

    Raises:
        RowFileError: There are no headers.
    """
    if not grid:
        raise RowFileError(f"The file is empty. Its first row names the columns, the others are {vocabulary.things}.")
    place = _place_of_headers(grid, vocabulary, wanted)
    header_line, first = grid[place]
    headers = _without_doubles_that_are_empty(_without_empty_end([cleaned(cell) for cell in first]), grid[place + 1 :])
    if not any(vocabulary.recognises(header, wanted) for header in headers):
        raise RowFileError(_no_headers(header_line, headers, vocabulary))
    notes = _notes_on_rows_above(grid[:place])
    names = [plain(header) for header in headers]
    records: list[Record] = []
    problems: list[Problem] = []
    left_out: list[LeftOut] = []
    unnamed: set[int] = set()
    line_breaks = False
    for line, cells in grid[place + 1 :]:
        if (alone := _alone(cells, names)) is not None:
            _refuse_if_it_changes_others(line, alone)
        if cells and plain(cells[0]) == names[0] and [plain(cell) for cell in cells[: len(names)]] == names:
            left_out.append(LeftOut(line=line, title=shown_value(cells[0]), reason="names the columns once more"))
            continue
        if (total := _total_in(cells)) is not None:
            left_out.append(LeftOut(line=line, title=shown_value(total), reason="counts the other rows"))
            continue
        if problem := _wrong_count(line, cells, headers, separator):
            problems.append(problem)
            continue
        line_breaks = line_breaks or any("\n" in cell or "\r" in cell for cell in cells)
        unnamed.update(
            number for number, name in enumerate(names) if not name and number < len(cells) and cells[number].strip()
        )
        records.append(Record(line=line, cells=dict(zip(headers, cells, strict=False))))
    notes += [f"Column {number + 1} has no header and is not used." for number in sorted(unnamed)]
    if line_breaks:
        notes.append("Cells have line breaks: rows are numbered as a spreadsheet numbers them, not as a text editor.")
    return Table(
        headers=tuple(header for header in headers if plain(header)),
        records=tuple(records),
        problems=tuple(problems),
        left_out=tuple(left_out),
        notes=tuple(notes),
        separator=separator,
    )


def headers_in(cells: Sequence[str], vocabulary: Vocabulary[FieldT], wanted: Mapping[str, str]) -> int:
    """How many cells of a row look like headers."""
    return sum(vocabulary.recognises(cleaned(cell), wanted) for cell in cells)


# --- inside ----------------------------------------------------------------------------------------------------


def _place_of_headers(grid: Grid, vocabulary: Vocabulary[FieldT], wanted: Mapping[str, str]) -> int:
    """The first row, unless it is certain that another names the columns and what is above it is no row."""
    counts = [headers_in(cells, vocabulary, wanted) for _, cells in grid[:_ROWS_ABOVE]]
    best = max(range(len(counts)), key=lambda place: (counts[place], -place))
    above = [sum(bool(cell.strip()) for cell in cells) for _, cells in grid[:best]]
    if counts[best] >= _CERTAIN and all(count <= 2 for count in above) and all(n <= 1 for n in counts[:best]):
        return best
    return 0


def _notes_on_rows_above(rows: Grid) -> list[str]:
    texts = [cleaned(cell) for _, cells in rows for cell in cells if cell.strip()]
    for text in texts:
        if _ABOUT_ZONES.search(text):
            raise RowFileError(
                f"Above the headers the file says {shown_value(text)!r}, which may change what its times mean. Write "
                "the zone into the header, as in 'Start (UTC)', or into a column 'Tijdzone', and remove those rows."
            )
    return (
        [f"Above the headers, and not used: {', '.join(repr(shown_value(text)) for text in texts)}."] if texts else []
    )


def _alone(cells: Sequence[str], names: Sequence[str]) -> str | None:
    """The only text of a row among rows of several: a heading, or a note."""
    filled = [text for cell in cells if (text := cleaned(cell))]
    return filled[0] if len(filled) == 1 and len(names) > 2 else None


def _refuse_if_it_changes_others(line: int, text: str) -> None:
    if _ABOUT_ZONES.search(text):
        raise RowFileError(
            f"Row {line} says {shown_value(text)!r}, which may change what the times of other rows mean. Write the "
            "zone into the header, as in 'Start (UTC)', or into a column 'Tijdzone', and remove the row."
        )
    if says_off(text.rstrip(" :")) or is_off_by_title(text):
        raise RowFileError(
            f"Row {line} says {shown_value(text)!r}, perhaps of the rows below it. Remove those that do not take "
            "place, and that row too."
        )


def _without_empty_end(cells: list[str]) -> list[str]:
    count = len(cells)
    while count and not cells[count - 1].strip():
        count -= 1
    return cells[:count]


def _without_doubles_that_are_empty(headers: list[str], rows: Grid) -> list[str]:
    """Of two columns of one name the empty one has no name: it holds nothing that could be missed."""
    names = [plain(header) for header in headers]
    doubled = {number for number, name in enumerate(names) if name and names.count(name) > 1}
    if not doubled:
        return headers
    empty = {n for n in doubled if not any(n < len(cells) and cells[n].strip() for _, cells in rows)}
    for name in {names[number] for number in doubled}:
        if all(number in empty for number in doubled if names[number] == name):
            empty.remove(names.index(name))
    return ["" if number in empty else header for number, header in enumerate(headers)]


def _total_in(cells: Sequence[str]) -> str | None:
    """The words of a row that counts the others: `Totaal: 12`, and numbers at most beside it."""
    filled = [text for cell in cells if (text := cell.strip())]
    if not filled or not _TOTAL.match(filled[0]):
        return None
    rest = filled[1:]
    return filled[0] if len(rest) <= 2 and all(re.fullmatch(r"[\d.,:€ ]+", text) for text in rest) else None


def _wrong_count(line: int, cells: Sequence[str], headers: Sequence[str], separator: str) -> Problem | None:
    if len(cells) == 1 and len(headers) > 1 and any(mark in cells[0] for mark in _NAMES if mark != separator):
        return Problem(
            line=line,
            value=shown_value(cells[0]),
            message=f"has one cell and the header {len(headers)}; is it separated by {_NAMES[separator]} as the "
            "others are?",
        )
    extra = next((cell for cell in cells[len(headers) :] if cell.strip()), None)
    if extra is None:
        return None
    return Problem(
        line=line,
        value=shown_value(extra),
        message=f"has {len(cells)} cells and the header {len(headers)}: a cell that contains {_NAMES[separator]} must "
        "stand between quotation marks",
    )


def _no_headers(line: int, headers: Sequence[str], vocabulary: Vocabulary[FieldT]) -> str:
    shown = ", ".join(repr(shown_value(header)) for header in headers[:8] if header.strip())
    return (
        f"Row {line} must name the columns, such as {vocabulary.header_example}. It has {shown}, none of which is "
        "known; add a row with names, or say which column is which with --column FIELD=HEADER."
    )
