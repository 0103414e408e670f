"""What was uploaded from this machine: the portal cannot list its files, so somebody has to remember."""

import hashlib
import os
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson

from mijnklantportaal_async.cli.failures import CommandError

_READ_AT_ONCE = 1024 * 1024


def default_place() -> Path:
    """Where it is kept when nobody says otherwise."""
    home = Path.home()
    if sys.platform == "win32":  # pragma: no cover
        folder = Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local")
    elif sys.platform == "darwin":  # pragma: no cover
        folder = home / "Library" / "Application Support"
    else:
        folder = Path(os.environ.get("XDG_DATA_HOME") or home / ".local" / "share")
    return folder / "mijnklantportaal" / "uploads.jsonl"


def fingerprint_of(path: Path) -> str:
    """What tells the bytes of a file from others.

    Raises:
        OSError: It cannot be read.
    """
    taken = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_READ_AT_ONCE):
            taken.update(piece)
    return taken.hexdigest()


class UploadRecord:
    """One line for each thing that happened, written before the next happens.

    Args:
        path: The file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._last: dict[tuple[str, ...], dict[str, Any]] = {}
        self._file: Any = None

    @contextmanager
    def opened(self) -> Generator["UploadRecord", None, None]:
        """Open for this run alone.

        Raises:
            CommandError: Another run has it, or it cannot be read or written.
        """
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            file = self._path.open("a+b")
        except OSError as error:
            raise CommandError(f"The record of uploads {str(self._path)!r} cannot be opened: {error}.") from error
        with file:
            _lock(file, self._path)
            file.seek(0)
            for line in file:
                self._read(line)
            self._file = file
            yield self

    def last(self, *key: str) -> dict[str, Any] | None:
        """What happened last to a file: its `state`, and its `id` once it was stored."""
        return self._last.get(key)

    def note(self, *key: str, state: str, identifier: str | None = None) -> None:
        """Keeps what happens, on the disk."""
        entry = {"key": list(key), "state": state, "id": identifier}
        self._file.write(orjson.dumps(entry) + b"\n")
        self._file.flush()
        os.fsync(self._file.fileno())
        self._last[key] = entry

    def _read(self, line: bytes) -> None:
        try:
            entry = orjson.loads(line)
            self._last[tuple(entry["key"])] = entry
        except (orjson.JSONDecodeError, KeyError, TypeError):
            # Half a line, of a machine that went down. What it was about is in the line before.
            return


def _lock(file: Any, path: Path) -> None:
    try:
        import fcntl
    except ImportError:  # pragma: no cover - Windows
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        raise CommandError(
            f"Another upload is running, and has {str(path)!r}. Wait for it, or name another with --record."
        ) from error
