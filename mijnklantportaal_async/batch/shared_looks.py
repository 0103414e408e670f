"""Rows that have to look at the same list at the same time look together: a list can be hundreds of calls long."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Any

Fetch = Callable[[], Awaitable[list[Any]]]


class SharedLooks:
    """Looks under way, by what they look at.

    A look tells a row something only if it began after the row asked: whoever comes while one is under way waits for
    the next, together with all others who do.
    """

    def __init__(self) -> None:
        self._running: dict[Hashable, asyncio.Task[list[Any]]] = {}
        self._next: dict[Hashable, asyncio.Task[list[Any]]] = {}

    async def look(self, key: Hashable, fetch: Fetch) -> list[Any]:
        """What a look that begins from now on brings.

        Args:
            key: Equal for looks at the same list.
            fetch: One look.

        Raises:
            Exception: Whatever the look raises.
        """
        following = self._next.get(key)
        if following is None:
            following = self._next[key] = asyncio.create_task(self._run(key, fetch), name="look together")
            following.add_done_callback(_retrieve)
        # A row that is cancelled must not end the look of others.
        return await asyncio.shield(following)

    async def aclose(self) -> None:
        """Ends what is under way."""
        tasks = {*self._running.values(), *self._next.values()}
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    async def _run(self, key: Hashable, fetch: Fetch) -> list[Any]:
        running, own = self._running.get(key), self._next[key]
        try:
            if running is not None:
                await asyncio.wait([running])
        finally:
            del self._next[key]
        self._running[key] = own
        try:
            return await fetch()
        finally:
            del self._running[key]


def _retrieve(task: asyncio.Task[list[Any]]) -> None:
    if not task.cancelled():
        task.exception()
