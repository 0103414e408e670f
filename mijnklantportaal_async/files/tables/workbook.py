"""Workbooks of spreadsheets (.xlsx, .xls, .ods): one sheet as rows of texts."""

import io
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from mijnklantportaal_async.files.choices import Choices
from mijnklantportaal_async.files.headers import plain
from mijnklantportaal_async.files.printable import printable, shown_value
from mijnklantportaal_async.files.questions import About, Answer, Question
from mijnklantportaal_async.files.records import FileQuestionError, RowFileError, Table
from mijnklantportaal_async.files.tables.columns import FieldT, Vocabulary
from mijnklantportaal_async.files.tables.grid import Grid, table_of

if TYPE_CHECKING:
    from python_calamine import CalamineSheet, CalamineWorkbook

_MOST_ROWS = 200_000
_HOW_TO_SAVE = "Open it in the spreadsheet program and save it as .xlsx or 'CSV UTF-8'."


def read_workbook(data: bytes, vocabulary: Vocabulary[FieldT], wanted: Mapping[str, str], choices: Choices) -> Table:
    """The records of a sheet.

    Args:
        data: The file.
        vocabulary: What its columns may be called.
        wanted: Field -> header, as a person said it.
        choices: What a person said: which sheet.

    Raises:
        FileQuestionError: Several sheets have rows, and nobody said which is meant.
        RowFileError: It cannot be opened, or has no rows.
    """
    try:
        # Only here: who has no workbooks needs no library for them.
        from python_calamine import CalamineError, CalamineWorkbook, PasswordError
    except ImportError as error:
        raise RowFileError(
            'Workbooks are read with the package python-calamine: pip install "mijnklantportaal-async[files]"'
        ) from error
    try:
        with CalamineWorkbook.from_filelike(io.BytesIO(data)) as book:
            return table_of(_grid(_sheet_of(book, choices.get("sheet"))), vocabulary, wanted)
    except PasswordError as error:
        raise RowFileError(f"The workbook is protected by a password. {_HOW_TO_SAVE}") from error
    except (CalamineError, ValueError, OSError) as error:
        if isinstance(error, RowFileError):
            raise
        raise RowFileError(f"The workbook cannot be opened ({printable(str(error), 120)}). {_HOW_TO_SAVE}") from error


def _sheet_of(book: "CalamineWorkbook", said: str | None) -> "CalamineSheet":
    from python_calamine import SheetTypeEnum, SheetVisibleEnum

    seen = [one.name for one in book.sheets_metadata if one.visible == SheetVisibleEnum.Visible]
    names = [one.name for one in book.sheets_metadata if one.typ == SheetTypeEnum.WorkSheet]
    if said is not None:
        found = [name for name in names if name == said] or [name for name in names if plain(name) == plain(said)]
        if not found:
            raise RowFileError(
                f"There is no sheet {shown_value(said)!r}. The sheets are "
                f"{', '.join(repr(shown_value(name)) for name in names)}."
            )
        return book.get_sheet_by_name(found[0])
    sheets = [sheet for name in names if name in seen and (sheet := book.get_sheet_by_name(name)).height > 1]
    if len(sheets) == 1:
        return sheets[0]
    if not sheets:
        raise RowFileError("The workbook has no sheet with rows in it.")
    raise FileQuestionError(
        Question(
            about=About.SHEET,
            text="Several sheets of the workbook have rows.",
            answers=tuple(
                Answer(value=sheet.name, meaning=f"{sheet.height - 1} rows below its first") for sheet in sheets[:20]
            ),
        )
    )


def _grid(sheet: "CalamineSheet") -> Grid:
    if sheet.total_height > _MOST_ROWS:
        raise RowFileError(f"The sheet has {sheet.total_height} rows; {_MOST_ROWS} is the most.")
    rows = (
        (line, [_as_text(value) for value in row])
        for line, row in enumerate(sheet.to_python(skip_empty_area=False), start=1)
    )
    return [(line, cells) for line, cells in rows if any(cell.strip() for cell in cells)]


def _as_text(value: object) -> str:
    """A cell as CSV would have it, without a doubt about its day, month and hours."""
    match value:
        case bool():
            return "true" if value else "false"
        case float():
            return str(int(value)) if value.is_integer() else repr(value)
        case datetime():
            # Spreadsheets count in fractions of a day: half a second is a rounding.
            whole = (value + timedelta(microseconds=500_000)).replace(microsecond=0)
            return whole.isoformat(" ") if whole.time() != time() else whole.date().isoformat()
        case date():
            return value.isoformat()
        case time():
            return value.replace(microsecond=0).isoformat()
        case timedelta():
            minutes, seconds = divmod(round(value.total_seconds()), 60)
            return f"{minutes // 60}:{minutes % 60:02}" + (f":{seconds:02}" if seconds else "")
        case _:
            return str(value)
