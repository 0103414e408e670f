"""Reads a table of results back: for the next run, and to undo one. Also where a spreadsheet has saved it anew."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from pathlib import Path

import attrs

from mijnklantportaal_async.files.results.formats import Manner, is_workbook_name
from mijnklantportaal_async.files.results.table import HEADINGS, OUTCOMES, PORTAL, ResultRow, told_cell
from mijnklantportaal_async.files.results.writing import unfinished
from mijnklantportaal_async.texts.language import CODES, Language
from mijnklantportaal_async.texts.words import words

_SEPARATORS = ",;\t"
_NEEDED = {"outcome", "id"}
_DAY_FIRST = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})")


class NoResultsError(ValueError):
    """The file is no table of results."""


@attrs.frozen
class EarlierResults:
    """What a table of results says.

    Attributes:
        rows: In their order.
        manner: How the file is written, for what is added to it.
    """

    rows: tuple[ResultRow, ...]
    manner: Manner


def read_results(path: Path) -> EarlierResults:
    """Reads a table of results, and what a run that was killed has left of one.

    Raises:
        NoResultsError: It is none.
        OSError: It cannot be read.
    """
    lines: list[Sequence[object]] = []
    manner = Manner()
    if is_workbook_name(path):
        left = unfinished(path.resolve())
        found = _in_workbook(path) if path.exists() or not left.exists() else ()
        lines = [*found]
        if left.exists():
            more, manner = _in_csv(left.read_bytes())
            lines += more[1:] if lines else more
    else:
        lines, manner = _in_csv(path.read_bytes())
    return EarlierResults(tuple(_rows(lines)), attrs.evolve(manner, language=_language_of(lines)))


def _in_csv(data: bytes) -> tuple[list[Sequence[object]], Manner]:
    encoding = "utf-8-sig" if data.startswith(b"\xef\xbb\xbf") else "utf-8"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        # As older spreadsheets save it; what counts here are ids, outcomes and times, which every encoding has.
        text = data.decode("cp1252", "replace")
    first = text.partition("\n")[0]
    separator = max(_SEPARATORS, key=first.count)
    lines: list[Sequence[object]] = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator))
    return [line for line in lines if line], Manner(separator, encoding)


def _in_workbook(path: Path) -> list[Sequence[object]]:
    # Only here: who has no workbooks needs no library for them.
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        with CalamineWorkbook.from_filelike(io.BytesIO(path.read_bytes())) as book:
            return list(book.get_sheet_by_index(0).to_python())
    except (CalamineError, ValueError, IndexError) as error:
        raise NoResultsError(words("the workbook cannot be opened: {error}", error=error)) from error


def _english(names: Iterable[str]) -> dict[str, str]:
    """English names by what they are in any language."""
    return {Language(code).of(name).lower(): str(name) for code in CODES for name in names}


def _language_of(lines: Sequence[Sequence[object]]) -> Language:
    """Whose headings a table has."""
    first = {str(cell).strip().lower() for cell in lines[0]} if lines else set[str]()
    return max((Language(code) for code in CODES), key=lambda one: len(first & {one.of(name) for name in HEADINGS}))


def _rows(lines: Sequence[Sequence[object]]) -> Iterator[ResultRow]:
    known = {*HEADINGS, PORTAL}
    english = _english((*HEADINGS, PORTAL))
    first = [str(cell).strip().lower() for cell in lines[0]] if lines else []
    columns = {english.get(name, name): index for index, name in enumerate(first)}
    outcomes = _english(OUTCOMES)
    if not columns.keys() >= _NEEDED or len(columns.keys() & known) < len(HEADINGS) - 2:
        raise NoResultsError(
            words("its first row does not have the columns {columns}", columns=", ".join(map(repr, HEADINGS)))
        )
    for number, line in enumerate(lines[1:], start=2):
        said = {name: line[index] for name, index in columns.items() if index < len(line)}
        texts = {name: told_cell(_text(cell)) for name, cell in said.items()}
        yield ResultRow(
            line=int(texts["row"]) if texts.get("row", "").isdecimal() else number,
            outcome=outcomes.get(texts.get("outcome", "").lower(), texts.get("outcome", "")),
            day=_day(said.get("day", "")),
            time=texts.get("time", ""),
            title=texts.get("title", ""),
            person=texts.get("person", ""),
            identifier=texts.get("id", ""),
            what_to_do=texts.get("what to do", ""),
            portal=texts.get(PORTAL, ""),
        )


def _text(cell: object) -> str:
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)


def _day(cell: object) -> date | None:
    match cell:
        case datetime():
            return cell.date()
        case date():
            return cell
        case _:
            text = str(cell).strip()
    try:
        if (found := _DAY_FIRST.fullmatch(text)) is not None:
            return date(int(found[3]), int(found[2]), int(found[1]))
        return date.fromisoformat(text[:10])
    except ValueError:
        return None
