"""Where the bytes of a file that is sent come from: measured before the call, read while they leave.

What can be read again from its start is; what cannot is read once. Exactly as many bytes are read as were promised.
"""

import os
import stat
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from mijnklantportaal_async.calling.file_threads import FileThreads, Turn

if TYPE_CHECKING:
    from mijnklantportaal_async.models.file_content import FileContent

PIECE = 512 * 1024
"""Bytes that are read at once: to go to a thread and back costs as much as to read some."""

LARGEST_SPOOL = 1024 * 1024 * 1024
"""Bytes that are kept of a source without a length."""


class SourceError(Exception):
    """A file did not give what it promised, while it was being sent."""


class Source(Protocol):
    """The bytes of one file."""

    size: int
    can_repeat: bool
    """Whether it can be read again from its start."""

    async def open(self) -> None:
        """Makes ready to be read from the start, and reads the first bytes. What is wrong shows here, mostly."""
        ...

    def pieces(self) -> AsyncGenerator[bytes | memoryview, None]:
        """The bytes, once `open` was called.

        Raises:
            SourceError: There are more or fewer than promised, or it could not be read.
        """
        ...

    def close(self) -> None:
        """The request has ended; there may be another."""
        ...

    def end(self) -> None:
        """There is no other."""
        ...


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
    return await _spooled(source, file, threads)


def _checked(source: Source, file: "FileContent") -> Source:
    if file.size is not None and file.size != source.size:
        raise ValueError(f"{file.filename} has {source.size} bytes, not size={file.size}")
    return source


# --- what can be read again --------------------------------------------------------------------------------------


class BytesSource:
    """Bytes that are there."""

    can_repeat = True

    def __init__(self, content: bytes) -> None:
        self.size = len(content)
        self._content = content

    async def open(self) -> None:
        """Nothing is to be done."""

    async def pieces(self) -> AsyncGenerator[bytes | memoryview, None]:
        """In slices, without a copy."""
        if self.size <= PIECE:
            if self._content:
                yield self._content
            return
        whole = memoryview(self._content)
        for start in range(0, self.size, PIECE):
            yield whole[start : start + PIECE]

    def close(self) -> None:
        """Nothing is to be done."""

    def end(self) -> None:
        """Nothing is to be done."""


class FileSource:
    """A file that can be sought in: of a path, opened for each request; or one that is open.

    Args:
        threads: To read on.
        size: Bytes from `start` on.
        path: What to open and close.
        handle: What is open already.
        turn: Of `handle`, where it is the caller's.
        start: Where in it to begin.
    """

    can_repeat = True

    def __init__(
        self,
        threads: FileThreads,
        size: int,
        *,
        path: str | None = None,
        handle: Any = None,
        turn: Turn | None = None,
        start: int = 0,
    ) -> None:
        self.size = size
        self._threads = threads
        self._path = path
        self._handle: Any = handle
        self._is_callers = turn is not None
        self._turn = turn or Turn()
        self._start = start
        self._first = b""
        self._is_closing = False

    async def open(self) -> None:
        """Opens it, and reads the first bytes."""
        self._is_closing = False
        self._first = await self._threads.run(self._begin, is_callers=self._is_callers)

    async def pieces(self) -> AsyncGenerator[bytes | memoryview, None]:
        """From the start."""
        piece, self._first = self._first, b""
        at = 0
        while True:
            left = self.size - at
            if len(piece) > left:
                raise SourceError(f"it has grown beyond {self.size} bytes while it was sent")
            if len(piece) == left:
                if piece:
                    yield piece
                return
            if not piece:
                raise SourceError(f"it ended after {at} of {self.size} bytes")
            yield piece
            at += len(piece)
            piece = await self._threads.run(self._reading(at), is_callers=self._is_callers)

    def close(self) -> None:
        """Closes what was opened here."""
        if self._path is not None:
            self._close()

    def end(self) -> None:
        """Removes what was kept here."""
        if not self._is_callers:
            self._close()

    def _begin(self) -> bytes:
        if self._path is not None:
            with self._turn.lock:
                self._handle = open(self._path, "rb", buffering=0)  # noqa: SIM115 - closed in `close`
                size = os.fstat(self._handle.fileno()).st_size
            if size != self.size:
                self._close()
                raise ValueError(f"{self._path!r} had {self.size} bytes when the call began, and has {size} now")
        try:
            return self._read(0)
        finally:
            self._close_if_asked()

    def _reading(self, at: int) -> Callable[[], bytes]:
        def read() -> bytes:
            try:
                return self._read(at)
            except Exception as error:
                raise SourceError(f"it could not be read: {type(error).__name__}: {error}") from error
            finally:
                self._close_if_asked()

        return read

    def _read(self, at: int) -> bytes:
        left = self.size - at
        # One byte more than there should be at the end, so that growing shows.
        asked = left + 1 if left <= PIECE else PIECE
        with self._turn.lock:
            self._handle.seek(self._start + at)
            piece = self._handle.read(asked)
            # Of a file that gives less than it has, the end shows only when it gives nothing.
            while 0 < len(piece) < asked and (more := self._handle.read(asked - len(piece))):
                piece += more
        return _check_bytes(piece)

    def _close(self) -> None:
        self._is_closing = True
        self._close_if_asked()

    def _close_if_asked(self) -> None:
        """Closes it, or leaves that to the thread that reads in it: nobody waits for a thread here."""
        while self._is_closing and self._handle is not None and self._turn.lock.acquire(blocking=False):
            handle, self._handle = self._handle, None
            self._turn.lock.release()
            handle.close()


# --- what cannot ---------------------------------------------------------------------------------------------------


class OnceSource:
    """What is read while it is sent, once.

    Args:
        source: Gives the bytes.
        size: How many.
    """

    can_repeat = False

    def __init__(self, source: AsyncIterable[bytes], size: int) -> None:
        self.size = size
        self._source = aiter(source)
        self._first: bytes | None = None

    async def open(self) -> None:
        """Reads the first bytes. They are kept as long as none has left."""
        if self._first is None:
            self._first = await self._next()

    async def pieces(self) -> AsyncGenerator[bytes | memoryview, None]:
        """What it gives. The last of it leaves when the source is known to have ended."""
        piece, at = self._first or b"", 0
        while piece:
            try:
                following = await self._next()
            except Exception as error:
                raise SourceError(f"it could not be read: {type(error).__name__}: {error}") from error
            at += len(piece)
            if at > self.size or (at == self.size and following):
                raise SourceError(f"it gives more than size={self.size} bytes")
            if at < self.size and not following:
                break
            yield piece
            piece = following
        if at < self.size:
            raise SourceError(f"it ended after {at} of size={self.size} bytes")

    def close(self) -> None:
        """What the caller opened the caller closes."""

    def end(self) -> None:
        """What the caller opened the caller closes."""

    async def _next(self) -> bytes:
        while True:
            try:
                piece = _check_bytes(await anext(self._source))
            except StopAsyncIteration:
                return b""
            if piece:
                return piece


async def _read_once(handle: Any, threads: FileThreads) -> AsyncIterator[bytes]:
    """What a file gives that cannot be sought in, such as a pipe."""
    while piece := await threads.run(lambda: _check_bytes(handle.read(PIECE)), is_callers=True):
        yield piece


async def _spooled(source: AsyncIterable[bytes], file: "FileContent", threads: FileThreads) -> Source:
    """All that a source gives, in a file that is nobody's but ours and goes with us."""
    kept: Any = await threads.run(_new_spool)
    spool = FileSource(threads, 0, handle=kept)
    held: list[bytes] = []
    holds = 0
    try:
        async for piece in source:
            held.append(_check_bytes(piece))
            holds += len(piece)
            if spool.size + holds > LARGEST_SPOOL:
                raise ValueError(f"{file.filename} has more than {LARGEST_SPOOL} bytes; say how many with size=")
            if holds >= PIECE:
                await threads.run(partial(_write_all, kept, b"".join(held)))
                spool.size += holds
                held, holds = [], 0
        await threads.run(partial(_write_all, kept, b"".join(held)))
        spool.size += holds
    except BaseException:
        spool.end()
        raise
    return spool


def _new_spool() -> Any:
    # Imported on the thread, at the first one.
    import tempfile

    return tempfile.TemporaryFile(buffering=0)


def _write_all(file: Any, content: bytes) -> None:
    left = memoryview(content)
    while left:
        left = left[file.write(left) :]


def _size_of(path: str) -> int:
    found = os.stat(path)
    if stat.S_ISDIR(found.st_mode):
        raise IsADirectoryError(f"{path!r} is a directory; give the path of a file")
    if not stat.S_ISREG(found.st_mode):
        raise ValueError(f"{path!r} is no ordinary file, and has no length; open it with 'rb' and give that")
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


def _check_bytes(piece: Any) -> bytes:
    if isinstance(piece, (bytearray, memoryview)):
        return bytes(piece)  # pyright: ignore[reportUnknownArgumentType]
    if not isinstance(piece, bytes):
        kind = type(piece).__name__
        hint = "; open it with 'rb'" if isinstance(piece, str) else ""
        raise TypeError(f"a file must give bytes, not {kind}{hint}")
    return piece
