"""What has no length, kept in a file that is nobody's but ours, and goes with us."""

from collections.abc import AsyncIterable
from functools import partial
from typing import TYPE_CHECKING, Any

from mijnklantportaal_async.calling.file_threads import FileThreads
from mijnklantportaal_async.calling.sources import PIECE, FileSource, check_bytes
from mijnklantportaal_async.texts.words import words

if TYPE_CHECKING:
    from mijnklantportaal_async.models.file_content import FileContent

LARGEST_SPOOL = 1024 * 1024 * 1024
"""Bytes that are kept of a source without a length."""


class Spool(FileSource):
    """A file without a name. What is given up in the middle is closed by the thread that is at it."""

    def __init__(self, threads: FileThreads) -> None:
        super().__init__(threads, 0)

    def make(self) -> None:
        """Opens it."""
        # Imported on the thread, at the first one.
        import tempfile

        with self._turn.lock:
            self._handle = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 - closed in `end`
        self._close_if_asked()

    def append(self, content: bytes) -> None:
        """Writes more of it."""
        try:
            with self._turn.lock:
                _write_all(self._handle, content)
        finally:
            self._close_if_asked()


async def spooled(source: AsyncIterable[bytes], file: "FileContent", threads: FileThreads) -> FileSource:
    """All that a source gives.

    Raises:
        TypeError: It gives something else than bytes.
        ValueError: It gives more than may be kept.
        OSError: It cannot be kept.
    """
    spool = Spool(threads)
    held: list[bytes] = []
    holds = 0
    try:
        await threads.run(spool.make)
        async for piece in source:
            held.append(check_bytes(piece))
            holds += len(piece)
            if spool.size + holds > LARGEST_SPOOL:
                raise ValueError(
                    words(
                        "{filename} has more than {most} bytes; say how many with size=",
                        filename=file.filename,
                        most=LARGEST_SPOOL,
                    )
                )
            if holds >= PIECE:
                await threads.run(partial(spool.append, b"".join(held)))
                spool.size += holds
                held, holds = [], 0
        await threads.run(partial(spool.append, b"".join(held)))
        spool.size += holds
    except BaseException:
        spool.end()
        raise
    return spool


def _write_all(file: Any, content: bytes) -> None:
    left = memoryview(content)
    while left:
        left = left[file.write(left) :]
