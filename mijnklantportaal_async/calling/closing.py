"""What a session's close ends at once: whatever its calls wait for that nobody has to answer."""

import asyncio
from collections.abc import Awaitable, Coroutine
from typing import TypeVar

from mijnklantportaal_async import errors
from mijnklantportaal_async.texts.words import words
from mijnklantportaal_async.values.clock import Clock

T = TypeVar("T")

_WAITED = words("the call waited")


class Closing:
    """Waits that end when the session is closed: for a permit, in backoff, for the settle time, behind an equal call.

    Each session has one of its own, so that what shares a limiter with others ends alone.

    Args:
        clock: Where time comes from.

    Attributes:
        is_closed: Whether the session was closed.
    """

    __slots__ = ("_clock", "_waits", "is_closed")

    def __init__(self, clock: Clock) -> None:
        self.is_closed = False
        self._clock = clock
        self._waits: dict[asyncio.Timeout, asyncio.AbstractEventLoop] = {}

    async def sleep(self, seconds: float) -> None:
        """Waits, without holding up anybody else.

        Raises:
            ConnectError: The session was closed meanwhile; permanent.
        """
        await self.wrap(self._clock.sleep(seconds))

    async def wrap(self, waiting: Awaitable[T], doing: str = _WAITED) -> T:
        """Waits for something that changes nothing. It is cancelled when the session is closed.

        Args:
            waiting: What to wait for.
            doing: What it is, for the error.

        Raises:
            ConnectError: The session was closed meanwhile; permanent.
        """
        if self.is_closed:
            if isinstance(waiting, Coroutine):
                waiting.close()
            raise _closed_while(doing)
        scope = asyncio.timeout(None)
        try:
            async with scope:
                self._waits[scope] = asyncio.get_running_loop()
                try:
                    return await waiting
                finally:
                    self._waits.pop(scope, None)
        except TimeoutError as error:
            # Errors of what was waited for may be timeouts as well.
            if not scope.expired() or isinstance(error, errors.MijnKlantportaalError):
                raise
            raise _closed_while(doing) from None

    def close(self) -> None:
        """Ends all waits. Any number of times."""
        self.is_closed = True
        for scope, loop in list(self._waits.items()):
            # Those of another loop are not ours to wake; where it is closed, nobody waits there any more.
            if loop is asyncio.get_running_loop():
                self._end(scope)

    def _end(self, scope: asyncio.Timeout) -> None:
        del self._waits[scope]
        scope.reschedule(float("-inf"))


def _closed_while(doing: str) -> errors.ConnectError:
    return errors.ConnectError(words("The session was closed while {doing}", doing=doing), is_permanent=True)
