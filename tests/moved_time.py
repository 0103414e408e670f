"""Time that passes only when nothing else can happen: an hour of waiting takes a test no longer than a moment.

A test on such a loop says what happens in which order, whatever the machine is busy with: a timer never goes off while
an answer is on its way. Sockets are real; threads of the loop's executors are waited for at the machine's own pace.
"""

import asyncio
import selectors
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from mijnklantportaal_async import Clock

ON_ITS_WAY = 0.002
"""Seconds of the machine in which the kernel hands over what was sent on loopback; mostly it has done so already."""


def wall_now() -> datetime:
    """What a calendar shows on the running loop; on one whose time nobody moves, that of the machine."""
    loop = asyncio.get_running_loop()
    if not isinstance(loop, MovedTimeLoop):
        return datetime.now(UTC)
    return datetime.fromtimestamp(loop.began + loop.time(), UTC)


class LoopClock(Clock):
    """The time of the running loop, for sessions and sandboxes."""

    def monotonic(self) -> float:
        """Seconds of the loop."""
        return asyncio.get_running_loop().time() * self.speed

    def wall(self) -> float:
        """Seconds since 1970, in step with the loop."""
        return wall_now().timestamp()


class HandClock(Clock):
    """Stands still until a test moves `now`, in seconds of the machine; for what needs no loop."""

    def __init__(self, speed: float = 1.0) -> None:
        super().__init__(speed)
        self.now = 1000.0

    def monotonic(self) -> float:
        """Seconds of this clock."""
        return self.now * self.speed

    def wall(self) -> float:
        """Seconds since 1970, in step with `now`."""
        return self.monotonic()


class MovedTimeLoop(asyncio.SelectorEventLoop):
    """Moves its clock to the next timer as soon as there is nothing else to wait for."""

    def __init__(self) -> None:
        self._moved = 0.0
        self._on_threads = 0
        self.began = time.time()
        """What the calendar showed when this loop began."""
        super().__init__(_Selector(self._wait))

    def time(self) -> float:
        """Seconds of this loop. They do not pass while something is at work."""
        return self._moved

    def run_in_executor(self, executor: Any, func: Callable[..., Any], *args: Any) -> asyncio.Future[Any]:
        """Runs a function on a thread; time is the machine's until it has returned."""
        future = super().run_in_executor(executor, func, *args)
        self._on_threads += 1
        future.add_done_callback(self._came_back)
        return future

    async def shutdown_default_executor(self, *timeout: Any, **named: Any) -> None:
        """Waits for the threads to end, at the machine's own pace as well."""
        self._on_threads += 1
        try:
            await super().shutdown_default_executor(*timeout, **named)
        finally:
            self._on_threads -= 1

    def _came_back(self, _: object) -> None:
        self._on_threads -= 1

    def _wait(self, wait: Callable[[float | None], Any], timeout: float | None) -> Any:
        if timeout is None or timeout <= 0:
            return wait(timeout)
        if self._on_threads:
            began = time.monotonic()
            events = wait(timeout)
            self._moved += time.monotonic() - began
            return events
        events = wait(min(ON_ITS_WAY, timeout))
        if not events:
            self._moved += timeout
        return events


class _Selector(selectors.DefaultSelector):  # type: ignore[valid-type,misc]  # the class depends on the system
    """Has the loop decide how long to wait."""

    def __init__(self, wait: Callable[[Callable[[float | None], Any], float | None], Any]) -> None:
        super().__init__()
        self._wait = wait

    def select(self, timeout: float | None = None) -> Any:
        """Waits for something to happen."""
        return self._wait(super().select, timeout)
