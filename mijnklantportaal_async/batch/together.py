"""Rows that look at the same list at the same time look together: a list can be hundreds of calls long."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from mijnklantportaal_async.calling.attempt import CallOptions, Sender
from mijnklantportaal_async.calling.auth import Token
from mijnklantportaal_async.calling.record import CallRecord
from mijnklantportaal_async.calling.wire import Request

T = TypeVar("T")


class SenderOfLooks(Sender):
    """Sends looks, one for all that ask for the same at the same time.

    A look tells a row something only if it was sent after the row asked: whoever comes while one is under way waits for
    the next, together with all others who do.

    Args:
        sender: Of the session.
    """

    __slots__ = ("_following", "_running")

    def __init__(self, sender: Sender) -> None:
        super().__init__(
            transport=sender.transport,
            auth=sender.auth,
            limiter=sender.limiter,
            observer=sender.observer,
            clock=sender.clock,
            jitter=sender.jitter,
            closing=sender.closing,
            secrets=sender.secrets,
        )
        self._running: dict[str, asyncio.Task[CallRecord]] = {}
        self._following: dict[str, asyncio.Task[CallRecord]] = {}

    async def attempt(
        self,
        options: CallOptions,
        request: Request,
        decode: Callable[[bytes], T],
        record: CallRecord,
        token: Token | None = None,
    ) -> T:
        """One answer, as of every sender; others may have it too."""
        following = self._following.get(request.path)
        if following is None:
            following = asyncio.create_task(self._after(request.path, self._send(options, request)), name="look")
            self._following[request.path] = following
            following.add_done_callback(_retrieve)
        # A row that is cancelled must not end the look of others.
        shared = await asyncio.shield(following)
        record.answer, record.last_sent, record.attempts = shared.answer, shared.last_sent, record.attempts + 1
        assert shared.answer is not None  # noqa: S101 - the attempt has succeeded
        return decode(shared.answer.body)

    async def aclose(self) -> None:
        """Ends what is under way."""
        tasks = {*self._running.values(), *self._following.values()}
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    async def _send(self, options: CallOptions, request: Request) -> CallRecord:
        record = CallRecord()
        record.begin(self.clock.monotonic())
        await super().attempt(options, request, bytes, record)
        return record

    async def _after(self, path: str, sending: Coroutine[Any, Any, CallRecord]) -> CallRecord:
        own = self._following[path]
        try:
            if (running := self._running.get(path)) is not None:
                await asyncio.wait([running])
        except BaseException:
            sending.close()
            raise
        finally:
            del self._following[path]
        self._running[path] = own
        try:
            return await sending
        finally:
            del self._running[path]


def _retrieve(task: asyncio.Task[CallRecord]) -> None:
    if not task.cancelled():
        task.exception()
