"""JSON Lines: one object a line, with the names of the fields as keys."""

import json
from typing import Any, cast

from mijnklantportaal_async.tables.columns import FieldT, Vocabulary, plain
from mijnklantportaal_async.tables.printable import shown_value
from mijnklantportaal_async.tables.records import Problem, Record, RowFileError, Table


def read_json_lines(text: str, vocabulary: Vocabulary[FieldT]) -> Table:
    """The records of a file of JSON Lines.

    Args:
        text: The file.
        vocabulary: What its keys may be called.

    Raises:
        RowFileError: There is nothing in it, or it is JSON of another kind.
    """
    if text.lstrip().startswith("["):
        raise RowFileError("The file is a JSON list. Write each object on a line of its own, without a list.")
    # The first spelling of a key stands for all: lines may mix startsAt and starts_at.
    headers: dict[str, str] = {}
    records: list[Record] = []
    problems: list[Problem] = []
    # Not splitlines(): a text in JSON may hold U+2028 as it is.
    for line, content in enumerate(text.split("\n"), start=1):
        if not content.strip():
            continue
        found = _record(line, content, vocabulary)
        if isinstance(found, Record):
            cells = {headers.setdefault(plain(key), key): text for key, text in found.cells.items()}
            records.append(Record(line=line, cells=cells))
        else:
            problems.extend(found)
    if not records and not problems:
        raise RowFileError(f"The file is empty. Its lines are JSON objects: {vocabulary.things}, one a line.")
    if not headers and problems:
        first = problems[0]
        raise RowFileError(f"No line could be read. Line {first.line}: {first.message}")
    return Table(headers=tuple(headers.values()), records=tuple(records), problems=tuple(problems))


def _record(line: int, content: str, vocabulary: Vocabulary[FieldT]) -> Record | list[Problem]:
    try:
        data: Any = json.loads(content, object_pairs_hook=_Pairs)
    except (ValueError, RecursionError) as error:
        reason = error.msg if isinstance(error, json.JSONDecodeError) else "it is nested or numbered beyond reason"
        return [
            Problem(
                line=line,
                value=shown_value(content),
                message=f"is not JSON ({reason}); each line is one object, such as {vocabulary.json_example}",
            )
        ]
    if not isinstance(data, _Pairs):
        message = "is not an object; each line is one object, without a list around them"
        return [Problem(line=line, value=shown_value(content), message=message)]
    cells: dict[str, str] = {}
    problems: list[Problem] = []
    names: dict[str, str] = {}
    for key, value in cast(list[tuple[str, Any]], data):
        if plain(key) in names:
            message = f"stands twice in the line (as {shown_value(names[plain(key)])!r}); remove one"
            problems.append(Problem(line=line, column=shown_value(key), message=message))
        names[plain(key)] = key
        text = _cell(key, value, vocabulary)
        if text is None:
            message = "must be a text between quotation marks"
            problems.append(Problem(line=line, column=shown_value(key), value=_shown(value), message=message))
        else:
            cells[key] = text
    return problems or Record(line=line, cells=cells)


class _Pairs(list[tuple[str, Any]]):
    """An object with all its keys, those that stand twice too."""


def _cell(key: str, value: Any, vocabulary: Vocabulary[FieldT]) -> str | None:
    """A value as a cell of a table; None when it is of the wrong kind."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    field = vocabulary.named(key)
    if isinstance(value, int) and not isinstance(value, bool) and (field is None or field in vocabulary.numbers):
        return str(value)
    # What stands in keys that nobody knows does not matter.
    return "" if field is None else None


def _shown(value: Any) -> str:
    return shown_value(json.dumps(value, default=str)) if not isinstance(value, list) else "[...]"
