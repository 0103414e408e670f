"""The table of results as the files that spreadsheets open: CSV in the manner of a country, and workbooks."""

import csv
import io
import locale
import os
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from importlib import import_module
from pathlib import Path

import attrs

from mijnklantportaal_async.files.results.table import ResultRow, headings, safe_cell

Cell = int | str | date | None

_LANGUAGE_VARIABLES = ("LC_ALL", "LC_NUMERIC", "LANG")
_WIDEST = 60
_LONGEST = 32_000  # letters in a cell; Excel takes no more than 32,767


@attrs.frozen
class Manner:
    """How a CSV file is written.

    Attributes:
        separator: Between the cells.
        encoding: `utf-8`, or `utf-8-sig` for spreadsheets that need the mark.
    """

    separator: str = ","
    encoding: str = "utf-8"


PLAIN = Manner()
"""What programs and most spreadsheets read."""

DUTCH = Manner(";", "utf-8-sig")
"""What Excel opens by a double click where a comma stands in numbers."""


def usual_manner(environment: Mapping[str, str] = os.environ) -> Manner:
    """As the spreadsheets of this machine's country open it: for the Dutch, and everybody else."""
    said = next((value for name in _LANGUAGE_VARIABLES if (value := environment.get(name))), None)
    # Windows says it with no variable, but Python has asked it at its start.
    name = said or locale.getlocale()[0] or ""
    return DUTCH if name.lower().startswith(("nl", "dutch")) else PLAIN


def is_workbook_name(path: Path) -> bool:
    """Whether a file of that name is a workbook."""
    return path.suffix.lower() == ".xlsx"


def csv_line(cells: Iterable[Cell], separator: str) -> str:
    """One line of a CSV file."""
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=separator, lineterminator="\r\n").writerow(
        safe_cell("" if cell is None else str(cell)) for cell in cells
    )
    return text.getvalue()


def table_bytes(path: Path, rows: Iterable[ResultRow], manner: Manner) -> bytes:
    """A whole table, in the format that the file's name tells.

    Args:
        path: The file; `.xlsx` is a workbook, and everything else CSV.
        rows: In the order in which they are to stand.
        manner: Of CSV.
    """
    rows = list(rows)
    with_portal = any(row.portal for row in rows)
    lines = [headings(with_portal=with_portal), *(row.cells(with_portal=with_portal) for row in rows)]
    if is_workbook_name(path):
        return _workbook(lines)
    return "".join(csv_line(cells, manner.separator) for cells in lines).encode(manner.encoding)


def _workbook(lines: list[tuple[Cell, ...]]) -> bytes:
    # Only here: who wants no workbook needs no library for them. It has no types.
    workbook = import_module("xlsxwriter").Workbook
    data = io.BytesIO()
    # Whatever a row says is a text: no formula, no link, no number.
    as_text = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "in_memory": True}
    with workbook(data, as_text) as book:
        sheet = book.add_worksheet("Results")
        bold, day = book.add_format({"bold": True}), book.add_format({"num_format": "yyyy-mm-dd", "align": "left"})
        wrapped = book.add_format({"text_wrap": True, "valign": "top"})
        for number, cells in enumerate(lines):
            for column, cell in enumerate(cells):
                match cell:
                    case None | "":
                        pass
                    case int():
                        sheet.write_number(number, column, cell)
                    case date():
                        sheet.write_datetime(number, column, datetime(cell.year, cell.month, cell.day), day)  # noqa: DTZ001 - a workbook knows no zones
                    case str():
                        text = cell.encode("utf-8", "backslashreplace").decode()[:_LONGEST]
                        sheet.write_string(number, column, text, bold if number == 0 else None)
        last = len(lines[0]) - 1
        sheet.freeze_panes(1, 0)
        sheet.autofilter(0, 0, max(len(lines) - 1, 1), last)
        sheet.autofit(_WIDEST * 7)
        sheet.set_column(last, last, _WIDEST, wrapped)
    return data.getvalue()
