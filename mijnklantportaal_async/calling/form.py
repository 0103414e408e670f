"""A body with files in it: `multipart/form-data`, that is read while it leaves.

Source: https://www.rfc-editor.org/rfc/rfc7578
"""

import logging
import os
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Any, NamedTuple

from mijnklantportaal_async import models
from mijnklantportaal_async.calling.file_threads import FileThreads
from mijnklantportaal_async.calling.measuring import measured
from mijnklantportaal_async.calling.sources import PIECE, Source
from mijnklantportaal_async.values.clock import Clock
from mijnklantportaal_async.values.serde import write

logger = logging.getLogger("mijnklantportaal_async")

WRITTEN_AT_ONCE = 64 * 1024
"""Bytes from which on it is not worth while to join pieces."""


class _Part(NamedTuple):
    name: str
    head: bytes
    value: bytes
    file: "models.FileContent | None"


class _Moved(NamedTuple):
    file: "models.FileContent"
    sent: int
    size: int


class Form:
    """What is sent for some fields: files as they are, a list as several parts, everything else as text.

    Args:
        fields: Under their names on the wire.
        most_bytes: How many all files together may have; None where nobody documents it.

    Attributes:
        content_type: With the boundary.
        moving: Seconds for which it has been leaving, all attempts together.
        is_open: Whether it can be read.
    """

    __slots__ = (
        "_boundary",
        "_clock",
        "_has_left",
        "_most_bytes",
        "_parts",
        "_size",
        "_sources",
        "content_type",
        "is_open",
        "moving",
    )

    def __init__(self, fields: Mapping[str, Any], most_bytes: int | None = None) -> None:
        self._boundary = os.urandom(16).hex()
        self._most_bytes = most_bytes
        self._parts = [
            self._part(name, item)
            for name, value in fields.items()
            for item in (value if isinstance(value, list) else [value])  # pyright: ignore[reportUnknownVariableType]
        ]
        self._sources: dict[int, Source] = {}
        self._size = 0
        self._has_left = False
        self.content_type = f"multipart/form-data; boundary={self._boundary}"
        self.moving = 0.0
        self.is_open = False

    def __len__(self) -> int:
        """Bytes, once it was prepared."""
        return self._size

    @property
    def is_used_up(self) -> bool:
        """Whether something of it has left that cannot be read again."""
        return self._has_left and not all(source.can_repeat for source in self._sources.values())

    @property
    def files(self) -> Mapping[str, int]:
        """The names of the fields that are files, and how many bytes each holds."""
        found: dict[str, int] = {}
        for number, source in self._sources.items():
            name = self._parts[number].name
            found[name] = found.get(name, 0) + source.size
        return found

    @property
    def contents(self) -> "list[models.FileContent]":
        """Its files, as they were given."""
        return [part.file for part in self._parts if part.file is not None]

    async def prepare(self, threads: FileThreads, clock: Clock) -> None:
        """Finds out how long it is.

        Raises:
            TypeError: A file gives something else than bytes.
            ValueError: The files are too large, or one is none.
            OSError: One cannot be read.
        """
        self._clock = clock
        for number, part in enumerate(self._parts):
            if part.file is not None:
                self._sources[number] = await measured(part.file, threads)
        total = sum(source.size for source in self._sources.values())
        self.check_size(total)
        heads = sum(len(part.head) + len(part.value) + 2 for part in self._parts)
        self._size = heads + total + len(self._last)

    def check_size(self, total: int) -> None:
        """Makes sure that the service takes so many bytes.

        Raises:
            ValueError: It does not.
        """
        if self._most_bytes is not None and total > self._most_bytes:
            where = " and ".join(dict.fromkeys(part.name for part in self._parts if part.file is not None))
            raise ValueError(f"{where} have {total} bytes together; the service takes {self._most_bytes >> 20} MB")

    async def open(self) -> None:
        """Makes it ready to be read from its start.

        Raises:
            ValueError: A file is another than when the call began.
            OSError: One cannot be read.
        """
        self.is_open = True
        for source in self._sources.values():
            await source.open()

    async def pieces(self) -> AsyncGenerator[bytes | memoryview, None]:
        """Its bytes. What has been asked for the next one counts as sent.

        Raises:
            SourceError: A file does not give what it promised.
        """
        held: list[bytes | memoryview] = []
        moved: list[_Moved] = []
        holds = 0
        began = self._clock.monotonic()
        already = self.moving
        self._has_left = True
        for number, part in enumerate(self._parts):
            held += [part.head, part.value]
            holds += len(part.head) + len(part.value)
            source, sent = self._sources.get(number), 0
            if source is not None and part.file is not None:
                moved.append(_Moved(part.file, 0, source.size))
                async with aclosing(source.pieces()) as pieces:
                    async for piece in pieces:
                        if holds >= WRITTEN_AT_ONCE or (holds and len(piece) >= PIECE):
                            yield b"".join(held)
                            held, holds = [], 0
                        held.append(piece)
                        holds += len(piece)
                        sent += len(piece)
                        moved.append(_Moved(part.file, sent, source.size))
                        if holds >= WRITTEN_AT_ONCE:
                            yield held[0] if len(held) == 1 else b"".join(held)
                            held, holds = [], 0
                            self.moving = already + self._clock.monotonic() - began
                            moved = _tell(moved)
            held.append(b"\r\n")
            holds += 2
        yield b"".join([*held, self._last])
        self.moving = already + self._clock.monotonic() - began
        _tell(moved)

    def close(self) -> None:
        """The request has ended; there may be another."""
        self.is_open = False
        for source in self._sources.values():
            source.close()

    def end(self) -> None:
        """There is no other."""
        self.close()
        for source in self._sources.values():
            source.end()

    def as_data(self) -> dict[str, Any]:
        """What is in it, for a person: of a file its name, kind and size."""
        seen: dict[str, list[Any]] = {}
        for number, part in enumerate(self._parts):
            shown: Any = part.value.decode()
            if part.file is not None:
                kind = {"content_type": part.file.content_type}
                shown = {"file": part.file.filename, "bytes": self._sources[number].size, **kind}
            seen.setdefault(part.name, []).append(shown)
        return {name: values[0] if len(values) == 1 else values for name, values in seen.items()}

    @property
    def _last(self) -> bytes:
        return f"--{self._boundary}--\r\n".encode()

    def _part(self, name: str, value: Any) -> _Part:
        said, content, file = f'name="{name}"', b"", None
        if isinstance(value, models.FileContent):
            # As browsers do: UTF-8 as it is, and nothing escaped but the quote. Line breaks were refused before.
            shown = value.filename.replace('"', "%22")
            said += f'; filename="{shown}"\r\nContent-Type: {value.content_type}'
            file = value
        elif isinstance(value, bool):
            # Nobody documents it. Services made with Laravel, as this one seems to be, refuse the word `true` there.
            content = b"1" if value else b"0"
        else:
            # A text is itself; what is no text reads as in JSON: 21, {"firstName": ...}.
            content = value.encode() if isinstance(value, str) else write(value).strip(b'"')
        head = f"--{self._boundary}\r\nContent-Disposition: form-data; {said}\r\n\r\n".encode()
        return _Part(name, head, content, file)


def _tell(moved: list[_Moved]) -> list[_Moved]:
    """Tells who wants to hear of it. What they do wrong is not the file's fault."""
    for file, sent, size in moved:
        if file.progress is not None:
            try:
                file.progress(sent, size)
            except Exception:
                logger.exception("the progress function of %s failed", file.filename)
    return []
