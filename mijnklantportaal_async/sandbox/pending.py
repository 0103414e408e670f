"""Work that the portal does later, and waits that end when it stops."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class PendingCommits:
    """Keeps track of late work, so that nothing is left over when the portal stops."""

    def __init__(self) -> None:
        self._stopping = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def stopping(self) -> bool:
        """Whether the portal is being stopped."""
        return self._stopping.is_set()

    async def pause(self, real_seconds: float) -> None:
        """Wait, but no longer than until the portal stops."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(real_seconds):
                await self._stopping.wait()

    def commit_later(self, real_seconds: float, commit: Callable[[], object]) -> None:
        """Call `commit` in `real_seconds`, or at once when the portal stops before."""

        async def wait_and_commit() -> None:
            await self.pause(real_seconds)
            commit()

        task = asyncio.get_running_loop().create_task(wait_and_commit())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def drop(self) -> None:
        """Give up the work that is waiting."""
        for task in self._tasks:
            task.cancel()

    async def finish(self) -> None:
        """Do now what is waiting, and end every pause."""
        self._stopping.set()
        await asyncio.gather(*self._tasks, return_exceptions=True)
