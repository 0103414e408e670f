"""What became of each row, as a file that can be read at any moment, even after the program was killed."""

import contextlib
import errno
import os
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from mijnklantportaal_async.files.results.formats import PLAIN, Manner, csv_line, is_workbook_name, table_bytes
from mijnklantportaal_async.files.results.table import HEADINGS, ResultRow

UNFINISHED = ".unfinished.csv"
"""Where the account of a workbook is until the run is over: nothing can be added to a workbook row by row."""


class ResultFile:
    """Writes results as they come, each as one whole line; puts them in order of line at the end.

    A file that stops growing because the disk is full does not stop the run: `error` remembers it.

    Args:
        path: Where to write. `.xlsx` is a workbook, and everything else CSV.
        manner: Of CSV.
        overwrite: Replace a file that exists. It may be the only account of an earlier run.
        extend: Add to a file that exists: whoever asks adds what is to stay of it as well.

    Raises:
        FileExistsError: The file exists, and neither was asked for.
        OSError: It cannot be written.

    Attributes:
        error: Why a result could not be written; None while all is well.
    """

    def __init__(self, path: Path, *, manner: Manner = PLAIN, overwrite: bool = False, extend: bool = False) -> None:
        # Through a link to the file itself: it is replaced at the end, which a link or a device must not be.
        self.path = path.resolve()
        if self.path.exists() and not self.path.is_file():
            raise OSError(errno.EINVAL, "is not a regular file", str(path))
        if self.path.exists() and not (overwrite or extend):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path))
        self.error: OSError | None = None
        self._manner = manner
        self._rows: list[ResultRow] = []
        self._new = self.path.with_name(f".{self.path.name}.{os.getpid()}.new")
        # Whether the folder takes the file that replaces this one in the end: better known now than after the run.
        self._new.touch()
        self._new.unlink()
        self._account = unfinished(self.path) if is_workbook_name(self.path) else self.path
        self._file: IO[bytes] | None = self._open(extend=extend, overwrite=overwrite)

    def add(self, row: ResultRow) -> None:
        """Writes a result."""
        self._rows.append(row)
        if self.error is None:
            self._write(csv_line(row.cells(), self._manner.separator).encode())

    def close(self) -> None:
        """Puts the results in order of line, in one step: the file is whole before and after. Any number of times."""
        file, self._file = self._file, None
        if file is None:
            return
        file.close()
        try:
            rows = sorted(self._rows, key=lambda row: row.line)
            self._new.write_bytes(table_bytes(self.path, rows, self._manner))
            os.replace(self._new, self.path)
            self.error = None
        except OSError as error:
            self.error = error
            with contextlib.suppress(OSError):
                self._new.unlink()
            return
        if self._account != self.path:
            with contextlib.suppress(OSError):
                self._account.unlink()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _open(self, *, extend: bool, overwrite: bool) -> IO[bytes]:
        goes_on = extend and self._account.exists()
        ends_well = not goes_on or self._account.read_bytes()[-1:] in {b"", b"\n"}
        # What a killed run left of a workbook may be the only account of it, too.
        mode = "ab" if extend else "wb" if overwrite else "xb"
        # Line buffering would cut long lines: every result is written by one call, without a buffer.
        file = self._account.open(mode, buffering=0)
        if not goes_on:
            file.write(csv_line(HEADINGS, self._manner.separator).encode(self._manner.encoding))
        elif not ends_well:
            file.write(b"\r\n")
        return file

    def _write(self, line: bytes) -> None:
        if self._file is None:
            raise ValueError(f"{self.path} is closed")
        try:
            self._file.write(line)
        except OSError as error:
            self.error = error


def unfinished(path: Path) -> Path:
    """Where the account of a workbook is until its run is over."""
    return path.with_name(f"{path.stem}{UNFINISHED}")
