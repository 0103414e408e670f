"""A form on its way through a ClientSession: written piece by piece, while the answer is listened for."""

from contextlib import aclosing

import aiohttp
from aiohttp.abc import AbstractStreamWriter

from mijnklantportaal_async.calling.form import Form
from mijnklantportaal_async.calling.leaving import Leaving
from mijnklantportaal_async.calling.sources import SourceError


class LeavingForm(aiohttp.Payload):
    """A form that notes when it begins to leave, that it moves, and when all of it has left.

    Args:
        form: Open.
        leaving: Stands between it and the pool.

    Attributes:
        failure: What is wrong with a file.
    """

    _value: Form

    def __init__(self, form: Form, leaving: Leaving) -> None:
        super().__init__(form, content_type=form.content_type)
        self._leaving = leaving
        self.failure: SourceError | None = None

    @property
    def size(self) -> int:
        """Bytes; announced, always."""
        return len(self._value)

    @property
    def autoclose(self) -> bool:
        """Who opened it closes it."""
        return True

    async def as_bytes(self, encoding: str = "utf-8", errors: str = "strict") -> bytes:
        """For middlewares that sign bodies."""
        async with aclosing(self._value.pieces()) as pieces:
            whole = b"".join([bytes(piece) async for piece in pieces])
        await self._value.open()
        return whole

    def decode(self, encoding: str = "utf-8", errors: str = "strict") -> str:
        """Refused: it is read while it leaves."""
        raise TypeError("a form with files is read while it leaves, and has no text")

    async def write(self, writer: AbstractStreamWriter) -> None:
        """Writes all of it, as fast as it is taken."""
        leaving, form = self._leaving, self._value
        leaving.leave_with_body(writer)
        leaving.begin_moving()
        try:
            async with aclosing(form.pieces()) as pieces:
                async for piece in pieces:
                    if await leaving.is_answered():
                        return
                    leaving.hands_on(len(piece))
                    await writer.write(piece)
                    leaving.has_moved()
        except ConnectionError:
            # Perhaps there is an answer: it says more than that nothing more was taken.
            return
        except SourceError as error:
            self.failure = error
            raise
        leaving.has_sent_all = True

    async def write_with_length(self, writer: AbstractStreamWriter, content_length: int | None) -> None:
        """Writes all of it: its length was announced."""
        await self.write(writer)
