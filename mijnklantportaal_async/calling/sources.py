"""Where the bytes of a file that is sent come from, while they leave.

What can be read again from its start is; what cannot is read once. Exactly as many bytes are read as were promised.
"""

import os
from collections.abc import AsyncGenerator, AsyncIterable, Callable
from typing import Any, Protocol

from mijnklantportaal_async.calling.file_threads import FileThreads, Turn
from mijnklantportaal_async.texts.words import words

PIECE = 512 * 1024
"""Bytes that are read at once: to go to a thread and back costs as much as to read some."""


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
        if len(self._first) > self.size:
            what = words("the file") if self._path is None else repr(self._path)
            raise ValueError(
                words(
                    "{what} has more than the {size} bytes that it says; read it, and give its bytes",
                    what=what,
                    size=self.size,
                )
            )

    async def pieces(self) -> AsyncGenerator[bytes | memoryview, None]:
        """From the start."""
        piece, self._first = self._first, b""
        at = 0
        while True:
            left = self.size - at
            if len(piece) > left:
                raise SourceError(words("it has grown beyond {size} bytes while it was sent", size=self.size))
            if len(piece) == left:
                if piece:
                    yield piece
                return
            if not piece:
                raise SourceError(words("it ended after {at} of {size} bytes", at=at, size=self.size))
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
                raise ValueError(
                    words(
                        "{path} had {size} bytes when the call began, and has {now} now",
                        path=repr(self._path),
                        size=self.size,
                        now=size,
                    )
                )
        try:
            return self._read(0)
        finally:
            self._close_if_asked()

    def _reading(self, at: int) -> Callable[[], bytes]:
        def read() -> bytes:
            try:
                return self._read(at)
            except Exception as error:
                raise SourceError(
                    words("it could not be read: {error_name}: {error}", error_name=type(error).__name__, error=error)
                ) from error
            finally:
                self._close_if_asked()

        return read

    def _read(self, at: int) -> bytes:
        left = self.size - at
        # One byte more than there should be at the end, so that growing shows.
        asked = left + 1 if left <= PIECE else PIECE
        with self._turn.lock:
            # Another call with the caller's file begins where that stands: it must not stand where this one reads.
            before = self._handle.tell() if self._is_callers else None
            self._handle.seek(self._start + at)
            try:
                piece = self._handle.read(asked)
                # Of a file that gives less than it has, the end shows only when it gives nothing.
                while 0 < len(piece) < asked and (more := self._handle.read(asked - len(piece))):
                    piece += more
            finally:
                if before is not None:
                    self._handle.seek(before)
        return check_bytes(piece)

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
                raise SourceError(
                    words("it could not be read: {error_name}: {error}", error_name=type(error).__name__, error=error)
                ) from error
            at += len(piece)
            if at > self.size or (at == self.size and following):
                raise SourceError(words("it gives more than size={size} bytes", size=self.size))
            if at < self.size and not following:
                break
            yield piece
            piece = following
        if at < self.size:
            raise SourceError(words("it ended after {at} of size={size} bytes", at=at, size=self.size))

    def close(self) -> None:
        """What the caller opened the caller closes."""

    def end(self) -> None:
        """What the caller opened the caller closes."""

    async def _next(self) -> bytes:
        while True:
            try:
                piece = check_bytes(await anext(self._source))
            except StopAsyncIteration:
                return b""
            if piece:
                return piece


def check_bytes(piece: Any) -> bytes:
    """What a source gives, as bytes.

    Raises:
        TypeError: It is something else.
    """
    if isinstance(piece, (bytearray, memoryview)):
        return bytes(piece)  # pyright: ignore[reportUnknownArgumentType]
    if not isinstance(piece, bytes):
        kind = type(piece).__name__
        hint = "; open it with 'rb'" if isinstance(piece, str) else ""
        raise TypeError(f"a file must give bytes, not {kind}{hint}")
    return piece
