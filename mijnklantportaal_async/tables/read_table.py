"""Reads a table of either format, row by row."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from mijnklantportaal_async.tables.columns import Columns, FieldT, Vocabulary
from mijnklantportaal_async.tables.csv_table import read_csv
from mijnklantportaal_async.tables.json_lines import read_json_lines
from mijnklantportaal_async.tables.printable import printable
from mijnklantportaal_async.tables.records import Problem, Record, RequestT_co, Row, RowFile, RowFileError

_JSON_SUFFIXES = {".jsonl", ".ndjson", ".json"}


def read_bytes(path: Path) -> bytes:
    """A file from the disk.

    Raises:
        RowFileError: It cannot be read.
    """
    try:
        return path.read_bytes()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise RowFileError(f"{printable(str(path))} cannot be read: {reason}.") from error


def rows_of_table(
    text: str,
    *,
    path: Path,
    encoding: str,
    vocabulary: Vocabulary[FieldT],
    wanted: Mapping[str, str],
    match: Callable[[Sequence[str]], Columns[FieldT]],
    read_row: Callable[[Record, Mapping[FieldT, str]], Row[RequestT_co] | tuple[Problem, ...]],
) -> RowFile[RequestT_co]:
    """The rows of a CSV file or of JSON Lines.

    Args:
        text: The file.
        path: Its name tells the format.
        encoding: What it was decoded from.
        vocabulary: What its columns may be called.
        wanted: Field -> header, as a person said it.
        match: Finds out which column is which field.
        read_row: Makes a row of a record, or says what is wrong with it.

    Raises:
        RowFileError: No row of the file can be trusted.
    """
    is_json = path.suffix.lower() in _JSON_SUFFIXES or text.lstrip().startswith("{")
    table = read_json_lines(text, vocabulary) if is_json else read_csv(text, vocabulary, wanted)
    matched = match(table.headers)
    if matched.errors:
        raise RowFileError(*matched.errors)
    rows: list[Row[RequestT_co]] = []
    problems = list(table.problems)
    for record in table.records:
        found = read_row(record, matched.headers)
        if isinstance(found, Row):
            rows.append(found)
        else:
            problems.extend(found)
    return RowFile(
        path=path,
        rows=tuple(rows),
        problems=tuple(sorted(problems, key=lambda problem: problem.line)),
        notes=(*matched.notes, *table.notes),
        columns=matched.taken,
        separator=table.separator,
        encoding=encoding,
    )
