"""What was uploaded from this machine: the portal cannot list its files, so somebody has to remember."""

import os
from collections.abc import Generator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Any

import attrs
import orjson

from mijnklantportaal_async.cli.failures import CommandError
from mijnklantportaal_async.cli.own_folder import made_folder


class Upload(StrEnum):
    """What became of a file."""

    BEGUN = "begun"
    """It may have been sent since."""
    STORED = "stored"
    NOT_DONE = "not done"
    """Nothing was sent, or the portal refused it."""


@attrs.frozen
class Remembered:
    """The last that is known of a file."""

    state: Upload
    identifier: str
    """Of its record in the portal; empty where nobody knows."""


def default_place() -> Path:
    """Where it is kept when nobody says otherwise.

    Raises:
        CommandError: There is no such place.
    """
    return made_folder(what="the record", remedy="Name another place with --record.") / "uploads.jsonl"


class UploadRecord:
    """One line for each thing that happened, on the disk before the next happens.

    Args:
        path: The file; None to remember for this run only.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._last: dict[tuple[str, ...], Remembered] = {}
        self._file: Any = None
        self._is_torn = False

    @contextmanager
    def opened(self) -> Generator["UploadRecord", None, None]:
        """Open for this run alone.

        Raises:
            CommandError: Another run has it, or it cannot be read or written.
        """
        if self._path is None:
            yield self
            return
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            # Unbuffered: what could not be written is not tried again behind our back.
            if self._path.exists() and not self._path.is_file():
                raise OSError("it is no ordinary file")
            file = open(self._path, "a+b", buffering=0, opener=_for_its_owner)  # noqa: SIM115 - closed below
        except OSError as error:
            raise CommandError(
                f"The record {str(self._path)!r} cannot be opened: {error}. Nothing was sent."
            ) from error
        with file:
            _lock(file, self._path)
            file.seek(0)
            content = file.read()
            for line in content.splitlines():
                self._read(line)
            self._file = file
            self._is_torn = bool(content) and not content.endswith(b"\n")
            yield self

    def last(self, *key: str) -> Remembered | None:
        """What happened last to a file."""
        return self._last.get(key)

    def note(self, *key: str, state: Upload, identifier: str = "") -> None:
        """Keeps what happens, on the disk.

        Raises:
            OSError: It cannot be written.
        """
        if self._file is not None:
            # Half a line, of a full disk or a machine that went down, must not take this one with it.
            line = b"\n" * self._is_torn + orjson.dumps({"key": key, "state": state, "id": identifier}) + b"\n"
            self._is_torn = True
            if self._file.write(line) != len(line):
                raise OSError("there is no room for another line")
            os.fsync(self._file.fileno())
            self._is_torn = False
        self._last[key] = Remembered(state, identifier)

    def _read(self, line: bytes) -> None:
        try:
            entry = orjson.loads(line)
            self._last[tuple(entry["key"])] = Remembered(Upload(entry["state"]), entry["id"])
        except (ValueError, KeyError, TypeError):
            # Half a line. What happened before it is in another.
            return


def _for_its_owner(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _lock(file: Any, path: Path) -> None:
    try:
        import fcntl
    except ImportError:  # pragma: no cover - Windows
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        raise CommandError(
            f"Another upload is running, and has {str(path)!r}. Wait for it, or name another with --record. "
            "Nothing was sent."
        ) from error
