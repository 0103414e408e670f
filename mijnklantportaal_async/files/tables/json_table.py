"""JSON: a list of objects, an object a line, or what calendars on the web answer; keys are headers."""

import json
from collections.abc import Iterator
from typing import Any

from mijnklantportaal_async.files.headers import plain
from mijnklantportaal_async.files.printable import shown_value
from mijnklantportaal_async.files.records import Problem, Record, RowFileError, Table
from mijnklantportaal_async.files.tables.columns import FieldT, Vocabulary

_LISTS = ("value", "items", "appointments", "events", "data", "results", "customers", "rows")
"""Keys under which programs answer a list."""


def read_json(text: str, vocabulary: Vocabulary[FieldT]) -> Table:
    """The records of a file of JSON.

    Args:
        text: The file.
        vocabulary: What its keys may be called.

    Raises:
        RowFileError: There is nothing in it, or no line of it can be read.
    """
    # The first spelling of a key stands for all: lines may mix startsAt and starts_at.
    headers: dict[str, str] = {}
    records: list[Record] = []
    problems: list[Problem] = []
    for line, content, found in _objects(text):
        record = _record(line, content, found, vocabulary)
        if isinstance(record, Record):
            cells = {headers.setdefault(plain(key), key): text for key, text in record.cells.items()}
            records.append(Record(line=line, cells=cells))
        else:
            problems.extend(record)
    if not records and not problems:
        raise RowFileError(f"The file is empty. It holds JSON objects, one for each of the {vocabulary.things}.")
    if not headers and problems:
        first = problems[0]
        column = f"{first.column} " if first.column else ""
        raise RowFileError(f"No line could be read. Line {first.line}: {column}{first.message}")
    return Table(headers=tuple(headers.values()), records=tuple(records), problems=tuple(problems))


def _objects(text: str) -> Iterator[tuple[int, str, Any]]:
    """The objects of a file, each with its line: of a list, of a document, or one a line."""
    whole = _whole(text)
    if _is_list(whole):
        yield from _of_list(text, whole)
        return
    if isinstance(whole, _Pairs):
        listed = [value for key, value in whole if key in _LISTS and _is_list(value)]
        if len(listed) == 1:
            yield from _of_list(text, listed[0])
        else:
            yield text.count("\n", 0, len(text) - len(text.lstrip())) + 1, text, whole
        return
    # Not splitlines(): a text in JSON may hold U+2028 as it is.
    for line, content in enumerate(text.split("\n"), start=1):
        if content.strip():
            yield line, content, _loaded(content)


def _whole(text: str) -> Any:
    if text.lstrip()[:1] not in {"[", "{"}:
        return None
    found = _loaded(text)
    return None if isinstance(found, _Broken) else found


def _of_list(text: str, objects: list[Any]) -> Iterator[tuple[int, str, Any]]:
    """Where an object begins is found by its brace, as long as strings do not hold one."""
    decoder, at = json.JSONDecoder(), text.index("[") + 1
    counted, line = 0, 1
    for found in objects:
        while text[at : at + 1] in {" ", "\t", "\r", "\n", ","}:
            at += 1
        line += text.count("\n", counted, at)
        counted = at
        try:
            _, end = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            end = at
        yield line, text[at:end], found
        at = end


_PEOPLE = {"attendees", "invitees", "guests", "participants"}


def _is_nobody(person: "_Pairs") -> bool:
    """Whether calendars on the web list somebody whom an appointment is not with: oneself, or a room."""
    said = dict(person)
    return any(said.get(key) is True for key in ("self", "organizer", "resource")) or said.get("type") == "resource"


class _Pairs(list[tuple[str, Any]]):
    """An object with all its keys, those that stand twice too."""


class _Broken(str):
    """Why a text is no JSON."""


def _loaded(content: str) -> Any:
    try:
        return json.loads(content, object_pairs_hook=_Pairs)
    except (ValueError, RecursionError) as error:
        return _Broken(
            error.msg if isinstance(error, json.JSONDecodeError) else "it is nested or numbered beyond reason"
        )


def _record(line: int, content: str, found: Any, vocabulary: Vocabulary[FieldT]) -> Record | list[Problem]:
    if isinstance(found, _Broken):
        message = f"is not JSON ({found}); each line is one object, such as {vocabulary.json_example}"
        return [Problem(line=line, value=shown_value(content), message=message)]
    if not isinstance(found, _Pairs):
        message = f"is not an object; each is one, such as {vocabulary.json_example}"
        return [Problem(line=line, value=shown_value(content), message=message)]
    cells: dict[str, str] = {}
    problems: list[Problem] = []
    names: dict[str, str] = {}
    for key, value in _flat(found):
        if plain(key) in names:
            message = f"stands twice in the line (as {shown_value(names[plain(key)])!r}); remove one"
            problems.append(Problem(line=line, column=shown_value(key), message=message))
        names[plain(key)] = key
        text = _cell(key, value, vocabulary)
        if text is None:
            message = _SEVERAL if _is_list(value) else "must be a text between quotation marks"
            problems.append(Problem(line=line, column=shown_value(key), value=_shown(value), message=message))
        else:
            cells[key] = text
    return problems or Record(line=line, cells=cells)


_SEVERAL = "is a list; write one of them as a text, or leave the key out"


def _is_list(value: Any) -> bool:
    return isinstance(value, list) and not isinstance(value, _Pairs)


def _flat(pairs: _Pairs, above: str = "") -> Iterator[tuple[str, Any]]:
    """The keys of an object and of those inside it: `start.dateTime` of calendars on the web is a start."""
    for key, value in pairs:
        name = f"{above}.{key}" if above else key
        if key in _PEOPLE and _is_list(value):
            value = [one for one in value if not (isinstance(one, _Pairs) and _is_nobody(one))]
            if not value:
                continue
        if _is_list(value) and len(value) == 1 and isinstance(value[0], _Pairs):
            value = value[0]
        if key == "date" and above in {"start", "end"}:
            # Google's way to say that an event has no times.
            yield f"{above}.allDay", "true"
        if isinstance(value, _Pairs) and name.count(".") < 3:
            yield from _flat(value, name)
        else:
            yield name, value


def _cell(key: str, value: Any, vocabulary: Vocabulary[FieldT]) -> str | None:
    """A value as a cell of a table; None when it is of the wrong kind."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    field = vocabulary.named(key)
    if isinstance(value, bool):
        return None if field is not None else str(value).lower()
    if isinstance(value, int) and (field is None or field in vocabulary.numbers):
        return str(value)
    if isinstance(value, float) and (field is None or field in vocabulary.numbers):
        return repr(value)
    if field is None and vocabulary.meaning(key) is not None:
        # A rule of repetition, or anything else that would change what the row means.
        return json.dumps(value, default=str) if value else ""
    # What stands in keys that nobody knows does not matter; that it is no text may.
    return ("[...]" if value else "") if field is None else None


def _shown(value: Any) -> str:
    return shown_value(json.dumps(value, default=str)) if not isinstance(value, list) else "[...]"
