"""CSV as spreadsheets write it: comma, semicolon or tab, quoted line breaks, empty rows."""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence

from mijnklantportaal_async.tables.columns import FieldT, Vocabulary, plain
from mijnklantportaal_async.tables.printable import printable, shown_value
from mijnklantportaal_async.tables.records import Problem, Record, RowFileError, Table

SEPARATORS = ",;\t|"
_NAMES = {",": "a comma", ";": "a semicolon", "\t": "a tab", "|": "a bar"}

# Excel's own way to say the separator; it shows the row after it as row 1.
_SEPARATOR_LINE = re.compile(r"sep=(?P<separator>[,;\t|])\r?\n?", re.IGNORECASE)


def read_csv(text: str, vocabulary: Vocabulary[FieldT], wanted: Mapping[str, str]) -> Table:
    """The records of a CSV file.

    Args:
        text: The file.
        vocabulary: What its columns may be called.
        wanted: Field -> header, as a person said it.

    Raises:
        RowFileError: There are no headers, or the quotation marks do not match.
    """
    said = _SEPARATOR_LINE.match(text)
    if said is not None:
        text = text[said.end() :]
    separator = said["separator"] if said is not None else _likeliest_separator(text, vocabulary, wanted)
    lines = _numbered(text, separator)
    header_line, headers = next(lines, (0, list[str]()))
    if not headers:
        raise RowFileError(f"The file is empty. Its first row names the columns, the others are {vocabulary.things}.")
    headers = _without_empty_end(headers)
    if not any(vocabulary.recognises(header, wanted) for header in headers):
        raise RowFileError(_no_headers(header_line, headers, vocabulary))
    records: list[Record] = []
    problems: list[Problem] = []
    unnamed: set[int] = set()
    line_breaks = False
    for line, cells in lines:
        if problem := _wrong_count(line, cells, headers, separator):
            problems.append(problem)
            continue
        line_breaks = line_breaks or any("\n" in cell or "\r" in cell for cell in cells)
        unnamed.update(place for place, header in enumerate(headers) if not plain(header) and cells[place].strip())
        records.append(Record(line=line, cells=dict(zip(headers, cells, strict=False))))
    notes = [f"Column {place + 1} has no header and is not used." for place in sorted(unnamed)]
    if line_breaks:
        notes.append("Cells have line breaks: rows are numbered as a spreadsheet numbers them, not as a text editor.")
    return Table(
        headers=tuple(header for header in headers if plain(header)),
        records=tuple(records),
        problems=tuple(problems),
        notes=tuple(notes),
        separator=separator,
    )


def _numbered(text: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    """The rows that are not empty, each with the number that a spreadsheet shows."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    line = 0
    while True:
        line += 1
        try:
            cells = next(reader, None)
        except csv.Error as error:
            raise RowFileError(
                f"Row {line} cannot be read ({printable(str(error))}). A cell that begins with a quotation mark must "
                'end with one, and a quotation mark inside it is written twice (""). Nothing after it can be trusted.'
            ) from error
        if cells is None:
            return
        if any(cell.strip() for cell in cells):
            yield line, cells


def _likeliest_separator(text: str, vocabulary: Vocabulary[FieldT], wanted: Mapping[str, str]) -> str:
    """The one with which most headers are known; of equals the one with most cells."""

    def score(separator: str) -> tuple[int, int]:
        try:
            _, cells = next(_numbered(text, separator), (0, list[str]()))
        except RowFileError:
            return (0, 0)
        return (sum(vocabulary.recognises(cell, wanted) for cell in cells), len(cells))

    return max(SEPARATORS, key=score)


def _without_empty_end(cells: list[str]) -> list[str]:
    count = len(cells)
    while count and not cells[count - 1].strip():
        count -= 1
    return cells[:count]


def _wrong_count(line: int, cells: Sequence[str], headers: Sequence[str], separator: str) -> Problem | None:
    if len(cells) < len(headers):
        return Problem(
            line=line,
            message=f"has {len(cells)} cells and the header {len(headers)}: a cell is missing; is it separated by "
            f"{_NAMES[separator]} as the others are?",
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
