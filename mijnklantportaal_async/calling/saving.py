"""A file on its way to its place on this machine: kept beside it until it is whole, and put there in one step."""

import hashlib
import os
import re
import secrets
import sys
import time
from collections.abc import Mapping
from email.message import Message
from email.utils import collapse_rfc2231_value
from typing import Any, NamedTuple
from urllib.parse import unquote

from mijnklantportaal_async.calling.file_threads import FileThreads, Turn
from mijnklantportaal_async.texts.words import words

WRITTEN_AT_ONCE = 2 * 1024 * 1024
"""Bytes that are collected before they are written: to go to a thread and back costs as much as to write some."""

MOST_PIECES = 1000
"""Pieces that are collected, however small; systems write no more than 1024 at once."""

_BINARY = getattr(os, "O_BINARY", 0)
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9\u00b9\u00b2\u00b3]|lpt[0-9\u00b9\u00b2\u00b3]) *(\..*)?", re.I | re.S)
_NOT_ON_WINDOWS = re.compile(r'[<>:"|?*]')
_LONGEST_NAME = 200
_PATIENCE = (0.05, 0.1, 0.2, 0.4)
"""Seconds between tries where Windows says that somebody has the file open."""


class Place(NamedTuple):
    """Where a file is to go."""

    folder: str
    name: str
    """Empty where it is to have the name that comes with it."""


class Saving:
    """One file that is being written.

    Args:
        threads: To write on.
        folder: Where it will be.

    Attributes:
        size: Bytes so far, those that are not written yet included.
    """

    def __init__(self, threads: FileThreads, folder: str) -> None:
        self._threads = threads
        self._path = os.path.join(folder, f".{secrets.token_hex(8)}.part")
        self._folder = folder
        self._turn = Turn()
        self._file: int | None = None
        self._is_made = self._is_over = False
        self._held: list[bytes] = []
        self._holds = 0
        self._hashes: dict[str, Any] = {}
        self.size = 0

    def begin(self, algorithms: Mapping[str, str]) -> None:
        """From the start: what came before does not count. Nothing is written here yet.

        Args:
            algorithms: Whose sums are worth to be taken.
        """
        self._held, self._holds, self.size = [], 0, 0
        self._hashes = {name: hashlib.new(name, usedforsecurity=False) for name in algorithms}

    async def add(self, piece: bytes) -> None:
        """More of it."""
        self._held.append(piece)
        self._holds += len(piece)
        self.size += len(piece)
        if self._holds >= WRITTEN_AT_ONCE or len(self._held) >= MOST_PIECES:
            await self._threads.run(self._write)

    async def finish(self, name: str, sums: Mapping[str, str], *, replace: bool) -> str | None:
        """Puts it into its place.

        Args:
            name: What it is to be called there.
            sums: What its sums must be.
            replace: Whether it may take the place of another.

        Returns:
            Its path; None where a sum is another.

        Raises:
            FileExistsError: There is another meanwhile.
            OSError: It could not be written.
        """
        target = os.path.join(self._folder, name)

        def end() -> str | None:
            # One turn: what is given up in the middle of it comes either before, or when all is in its place.
            with self._turn.lock:
                if self._is_over:
                    return None
                file = self._write_held()
                if any(self._hashes[algorithm].hexdigest() != wanted for algorithm, wanted in sums.items()):
                    return None
                # It may have been longer before it was begun anew.
                os.ftruncate(file, self.size)
                self._file = None
                os.close(file)
                _put(self._path, target, replace=replace)
                self._is_made, self._is_over = False, True
            return target

        return await self._threads.run(end)

    async def discard(self) -> None:
        """Leaves nothing behind, whatever it is in the middle of. Nothing once it is in its place."""
        if self._is_over:
            return
        self._is_over = True
        await self._threads.clean(self._remove)

    def _remove(self) -> None:
        with self._turn.lock:
            if self._file is not None:
                os.close(self._file)
                self._file = None
            if self._is_made:
                os.unlink(self._path)

    def _write(self) -> None:
        """Writes what is held. Nothing is added meanwhile."""
        with self._turn.lock:
            if not self._is_over:
                self._write_held()

    def _write_held(self) -> int:
        if self._file is None:
            self._file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY, 0o666)
            self._is_made = True
        os.lseek(self._file, self.size - self._holds, os.SEEK_SET)
        for taken in self._hashes.values():
            for piece in self._held:
                taken.update(piece)
        _write_all(self._file, self._held)
        self._held, self._holds = [], 0
        return self._file


def _write_all(file: int, pieces: list[bytes]) -> None:
    """All pieces with one call of the system, where it has such a call and the disk takes them at once."""
    written = os.writev(file, pieces) if hasattr(os, "writev") and pieces else 0
    for piece in pieces:
        left = memoryview(piece)[written:]
        written = max(0, written - len(piece))
        while left:
            left = left[os.write(file, left) :]


def place_of(target: str | os.PathLike[str], *, replace: bool) -> Place:
    """Where something is to be saved. A path is used as it is; a directory is asked for what it should be called.

    Raises:
        FileExistsError: There is something already.
        OSError: There is no such directory.
    """
    path = os.fspath(target)
    if os.path.isdir(path):
        return Place(path, "")
    folder, name = os.path.split(path)
    if not name or not os.path.isdir(folder or "."):
        raise FileNotFoundError(words("there is no directory {folder}", folder=repr(folder or path)))
    if not replace:
        check_free(os.path.join(folder, name))
    return Place(folder, name)


def check_free(path: str) -> None:
    """Makes sure that nothing would be overwritten.

    Raises:
        FileExistsError: There is something.
    """
    if os.path.lexists(path):
        raise FileExistsError(
            words("{path} is there already; choose another name, or say replace=True", path=repr(path))
        )


def told_name(header: str) -> str:
    """The name in a `Content-Disposition` header, if there is one."""
    message = Message()
    text = header.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    message["Content-Disposition"] = re.sub(r"[\r\n]", " ", text)
    told = [value for name, value in message.get_params([], "Content-Disposition")[1:] if name == "filename"]
    # The one with a charset says it better.
    told.sort(key=lambda value: isinstance(value, str))
    return collapse_rfc2231_value(told[0]) if told else ""


def name_in(path: str) -> str:
    """The name at the end of the path of a URL."""
    return unquote(path.rpartition("/")[2])


def safe_name(*told: str) -> str:
    """What a file may be called in a directory, by the first name that can be one.

    Names come from outside: they lead nowhere else, hide nothing, and mean no device on any system.
    """
    for name in told:
        last = re.split(r"[/\\]", name)[-1]
        last = "".join(sign for sign in last if sign.isprintable() and not "\ud800" <= sign <= "\udfff").strip()
        last = last.rstrip(". ")
        if sys.platform == "win32":  # pragma: no cover
            last = _NOT_ON_WINDOWS.sub("_", last)
        if not last or last in {".", ".."}:
            continue
        if _RESERVED.fullmatch(last):
            last = f"_{last}"
        return _shortened(last)
    return "file"


def _shortened(name: str) -> str:
    if len(name.encode()) <= _LONGEST_NAME:
        return name
    stem, dot, end = name.rpartition(".")
    end = f"{dot}{end}" if stem and len(end) <= 10 else ""
    kept = (stem or name).encode()[: _LONGEST_NAME - len(end.encode())].decode("utf-8", "ignore")
    return kept.rstrip(". ") + end


def _put(path: str, target: str, *, replace: bool) -> None:
    if not replace:
        try:
            # Unlike a new name, a second one is refused where there is another file meanwhile.
            os.link(path, target)
        except FileExistsError:
            check_free(target)
            raise
        except OSError:
            # A file system without them.
            check_free(target)
        else:
            os.unlink(path)
            return
    for wait in _PATIENCE if sys.platform == "win32" else ():  # pragma: no cover
        try:
            os.replace(path, target)
        except PermissionError:
            time.sleep(wait)
        else:
            return
    os.replace(path, target)
