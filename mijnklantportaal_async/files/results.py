"""What became of each row, as a CSV file that can be read at any moment, even after the program was killed."""

import contextlib
import csv
import errno
import io
import os
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import attrs

COLUMNS = ("line", "outcome", "appointment_id", "starts_at", "ends_at", "error")

# A spreadsheet would run a cell that begins like this as a formula.
_FORMULA_BEGINNINGS = ("=", "+", "-", "@", "\t", "\r")


@attrs.frozen(kw_only=True)
class ResultRow:
    """What became of one row."""

    line: int
    outcome: str
    """`scheduled`, `there already`, `rejected`, `unknown`, `not sent`, `bad row` or `left out`."""
    appointment_id: str = ""
    starts_at: str = ""
    ends_at: str = ""
    error: str = ""


class ResultFile:
    """Writes results as they come, each as one whole line; puts them in order of line at the end.

    A file that stops growing because the disk is full does not stop the run: `error` remembers it.

    Args:
        path: Where to write.
        separator: Between the cells.
        encoding: `utf-8`, or `utf-8-sig` for spreadsheets that need the mark.
        overwrite: Replace a file that exists. It may be the only account of an earlier run.

    Raises:
        FileExistsError: The file exists and `overwrite` was not asked for.
        OSError: It cannot be written.

    Attributes:
        error: Why a result could not be written; None while all is well.
    """

    def __init__(self, path: Path, *, separator: str = ",", encoding: str = "utf-8", overwrite: bool = False) -> None:
        # Through a link to the file itself: it is replaced at the end, which a link or a device must not be.
        self.path = path.resolve()
        if self.path.exists() and not self.path.is_file():
            raise OSError(errno.EINVAL, "is not a regular file", str(path))
        self.error: OSError | None = None
        self._separator = separator
        self._encoding = encoding
        self._rows: list[ResultRow] = []
        self._new = self.path.with_name(f".{self.path.name}.{os.getpid()}.new")
        # Whether the folder takes the file that replaces this one in the end: better known now than after the run.
        self._new.touch()
        self._new.unlink()
        # Line buffering would cut long lines: every result is written by one call, without a buffer.
        self._file: IO[bytes] | None = self.path.open("wb" if overwrite else "xb", buffering=0)
        self._write(_line(COLUMNS, separator), encoding)

    def add(self, row: ResultRow) -> None:
        """Writes a result."""
        self._rows.append(row)
        if self.error is None:
            self._write(_line(_cells(row), self._separator), "utf-8")

    def close(self) -> None:
        """Puts the results in order of line, in one step: the file is whole before and after. Any number of times."""
        file, self._file = self._file, None
        if file is None:
            return
        file.close()
        rows = sorted(self._rows, key=lambda row: row.line)
        lines = [_line(COLUMNS, self._separator), *(_line(_cells(row), self._separator) for row in rows)]
        try:
            self._new.write_bytes("".join(lines).encode(self._encoding))
            os.replace(self._new, self.path)
            self.error = None
        except OSError as error:
            self.error = error
            with contextlib.suppress(OSError):
                self._new.unlink()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _write(self, line: str, encoding: str) -> None:
        if self._file is None:
            raise ValueError(f"{self.path} is closed")
        try:
            self._file.write(line.encode(encoding))
        except OSError as error:
            self.error = error


def safe_cell(text: str) -> str:
    """A cell that no spreadsheet takes for a formula, and that every encoding can hold."""
    text = text.encode("utf-8", "backslashreplace").decode("utf-8")
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA_BEGINNINGS) else text


def _cells(row: ResultRow) -> tuple[str, ...]:
    texts = (row.outcome, row.appointment_id, row.starts_at, row.ends_at, row.error)
    return (str(row.line), *(safe_cell(text) for text in texts))


def _line(cells: tuple[str, ...], separator: str) -> str:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=separator, lineterminator="\r\n").writerow(cells)
    return text.getvalue()
