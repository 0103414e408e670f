"""The same bytes in every way in which a file can be given, and what is left open of them."""

import asyncio
import io
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from mijnklantportaal_async import (
    FileContent,
)

MEGABYTE = 1 << 20
NOTHING = "http://127.0.0.1:9/v1"


def content(size: int) -> bytes:
    return bytes(range(251)) * (size // 251 + 1)


CONTENT = content(700_000)[:700_000]


async def given(whole: bytes = CONTENT, piece: int = 100_000) -> AsyncIterator[bytes]:
    for start in range(0, len(whole), piece):
        await asyncio.sleep(0)
        yield whole[start : start + piece]


class Pipe(io.RawIOBase):
    """Bytes that come once."""

    name = "from-a-pipe.bin"

    def __init__(self, whole: bytes) -> None:
        self._left = io.BytesIO(whole)

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        return self._left.read(size)


class Sources:
    """The same bytes in every way in which they can be given."""

    def __init__(self, folder: Path, whole: bytes = CONTENT) -> None:
        self.path = folder / "a.pdf"
        self.path.write_bytes(whole)
        self.whole = whole
        self.opened: list[Any] = []

    def make(self, kind: str) -> Any:
        match kind:
            case "path":
                return self.path
            case "text path":
                return str(self.path)
            case "bytes":
                return self.whole
            case "file":
                return self._kept(self.path.open("rb"))
            case "raw file":
                return self._kept(self.path.open("rb", buffering=0))
            case "memory":
                return self._kept(io.BytesIO(self.whole))
            case "pipe":
                return Pipe(self.whole)
            case "iterator":
                return given(self.whole)
            case "promised iterator":
                return FileContent(given(self.whole), "a.pdf", size=len(self.whole))
            case _:
                raise AssertionError(kind)

    def _kept(self, file: Any) -> Any:
        self.opened.append(file)
        return file


REPEATABLE = ["path", "text path", "bytes", "file", "raw file", "memory", "pipe", "iterator"]
KINDS = [*REPEATABLE, "promised iterator"]


def open_files() -> set[str]:
    """What this process has open, but for sockets and the like. Linux only."""
    found = set()
    for entry in Path("/proc/self/fd").iterdir():
        try:
            target = str(entry.readlink())
        except OSError:
            continue
        if target.startswith("/") and not target.startswith(("/dev", "/proc")):
            found.add(target)
    return found


def our_threads() -> int:
    return sum(thread.name.startswith("mijnklantportaal-files") for thread in threading.enumerate())
