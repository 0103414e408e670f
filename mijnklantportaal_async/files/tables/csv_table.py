"""CSV as spreadsheets write it: comma, semicolon or tab, quoted line breaks, empty rows."""

import csv
import io
import re
from collections.abc import Iterator, Mapping

from mijnklantportaal_async.files.printable import printable
from mijnklantportaal_async.files.records import RowFileError, Table
from mijnklantportaal_async.files.tables.columns import FieldT, Vocabulary
from mijnklantportaal_async.files.tables.grid import Grid, headers_in, table_of

SEPARATORS = ",;\t|"

# Excel's own way to say the separator; it shows the row after it as row 1.
_SEPARATOR_LINE = re.compile(r'"?sep=(?P<separator>[,;\t|])"?[,;\t|]*\r?\n?', re.IGNORECASE)
_SPACE_BEFORE_QUOTE = re.compile(r'[,;\t|] +"')
_ROWS_TO_TRY = 25


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
    separator = _separator(text, vocabulary, wanted, said["separator"] if said is not None else None)
    grid = _grid(text, separator)
    if all(len(cells) == 1 for _, cells in grid) and (unwrapped := _unwrapped(grid, vocabulary, wanted)) is not None:
        separator, grid = unwrapped
    return table_of(grid, vocabulary, wanted, separator=separator)


def _grid(text: str, separator: str) -> Grid:
    return list(_numbered(text, separator))


def _numbered(text: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    spaced = _SPACE_BEFORE_QUOTE.search(text) is not None
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True, skipinitialspace=spaced)
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


def _separator(text: str, vocabulary: Vocabulary[FieldT], wanted: Mapping[str, str], said: str | None) -> str:
    """The one with which most headers are known; of equals the one that the file says, or with most cells."""

    def score(separator: str) -> tuple[int, bool, int]:
        best, most = 0, 0
        try:
            for count, (_, cells) in enumerate(_numbered(text, separator)):
                if count == _ROWS_TO_TRY:
                    break
                best = max(best, headers_in(cells, vocabulary, wanted))
                most = max(most, len(cells) if count == 0 else 0)
        except RowFileError:
            pass
        return (best, separator == said, most)

    return max(SEPARATORS, key=score)


def _unwrapped(grid: Grid, vocabulary: Vocabulary[FieldT], wanted: Mapping[str, str]) -> tuple[str, Grid] | None:
    """Rows that were put between quotation marks as a whole, each a single cell."""
    if any("\n" in cells[0] or "\r" in cells[0] for _, cells in grid):
        return None
    text = "\n".join(cells[0] for _, cells in grid)
    separator = _separator(text, vocabulary, wanted, None)
    inner = _grid(text, separator)
    if len(inner) != len(grid) or not any(len(cells) > 1 for _, cells in inner):
        return None
    return separator, [(line, cells) for (line, _), (_, cells) in zip(grid, inner, strict=True)]
