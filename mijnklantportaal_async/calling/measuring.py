"""What a file that is to be sent is made of, and how long it is: found out before the call."""

import os
import stat
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

from mijnklantportaal_async.calling.file_threads import FileThreads, Turn
from mijnklantportaal_async.calling.sources import PIECE, BytesSource, FileSource, OnceSource, Source, check_bytes
from mijnklantportaal_async.calling.spool import spooled
from mijnklantportaal_async.texts.words import words

if TYPE_CHECKING:
    from mijnklantportaal_async.models.file_content import FileContent


async def measured(file: "FileContent", threads: FileThreads) -> Source:
    """The source of a file, with its size.

    Raises:
        TypeError: It gives something else than bytes.
        ValueError: It is at its end already, is larger than may be kept, or is no ordinary file.
        OSError: It cannot be read.
    """
    source: Any = file.source
    if isinstance(source, bytes):
        return _checked(BytesSource(source), file)
    if isinstance(source, (str, os.PathLike)):
        path: str = os.fspath(source)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
        size = await threads.run(lambda: _size_of(path))
        return _checked(FileSource(threads, size, path=path), file)
    if not hasattr(source, "__aiter__"):
        turn = threads.turn(source)
        place = await threads.run(lambda: _place_in(source, turn), is_callers=True)
        if place is not None:
            start, size = place
            return _checked(FileSource(threads, size, handle=source, turn=turn, start=start), file)
        source = _read_once(source, threads)
    if file.size is not None:
        return OnceSource(source, file.size)
    return await spooled(source, file, threads)


def _checked(source: Source, file: "FileContent") -> Source:
    if file.size is not None and file.size != source.size:
        raise ValueError(
            words(
                "{filename} has {found} bytes, not size={size}",
                filename=file.filename,
                found=source.size,
                size=file.size,
            )
        )
    return source


async def _read_once(handle: Any, threads: FileThreads) -> AsyncIterator[bytes]:
    """What a file gives that cannot be sought in, such as a pipe."""
    while piece := await threads.run(lambda: check_bytes(handle.read(PIECE)), is_callers=True):
        yield piece


def _size_of(path: str) -> int:
    found = os.stat(path)
    if stat.S_ISDIR(found.st_mode):
        raise IsADirectoryError(words("{path!r} is a directory; give the path of a file", path=path))
    if not stat.S_ISREG(found.st_mode):
        raise ValueError(
            words("{path!r} is no ordinary file, and has no length; open it with 'rb' and give that", path=path)
        )
    return found.st_size


def _place_in(handle: Any, turn: Turn) -> tuple[int, int] | None:
    """Where a file stands, and how many bytes come after that; None where it cannot be sought in."""
    try:
        with turn.lock:
            start = handle.tell()
            end = handle.seek(0, os.SEEK_END)
            end = handle.tell() if end is None else end
            handle.seek(start)
    except (AttributeError, OSError):
        return None
    if start and start >= end:
        raise ValueError("the file was read to its end already, and nothing of it is left; seek(0) first")
    return start, end - start
