"""The threads that files are read and written on: few, our own, and gone with the session.

Never the event loop, nor its default executor: slow disks and pipes must not hold up the look-up of host names.
"""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar
from weakref import WeakValueDictionary

T = TypeVar("T")

FOR_DISKS = 4
"""Threads for what is on disks, which answer."""

FOR_CALLERS = 8
"""Threads for what callers opened, such as pipes, which may not."""


class Turn:
    """Lets one thread at a time use a file."""

    __slots__ = ("__weakref__", "lock")

    def __init__(self) -> None:
        self.lock = threading.Lock()


class FileThreads:
    """Of one session; started with the first file."""

    __slots__ = ("_pools", "_turns", "_under_way")

    def __init__(self) -> None:
        self._pools: dict[bool, ThreadPoolExecutor] = {}
        self._under_way = {False: 0, True: 0}
        self._turns: WeakValueDictionary[int, Turn] = WeakValueDictionary()

    async def run(self, function: Callable[[], T], *, is_callers: bool = False) -> T:
        """Runs a function on a thread.

        Args:
            function: What reads or writes.
            is_callers: Whether it uses something that the caller opened.
        """
        loop = asyncio.get_running_loop()
        pool = self._pools.get(is_callers) or self._start(is_callers)
        self._under_way[is_callers] += 1
        future = loop.run_in_executor(pool, function)
        future.add_done_callback(lambda _: self._ended(is_callers))
        return await future

    def turn(self, file: object) -> Turn:
        """The turn of a file that calls may share: each of them reads from a place of its own."""
        return self._turns.setdefault(id(file), Turn())

    def close(self) -> None:
        """Ends the threads; those that hang in a file of the caller's end when it does."""
        for is_callers, pool in self._pools.items():
            pool.shutdown(wait=not self._under_way[is_callers], cancel_futures=True)
        self._pools.clear()

    def _start(self, is_callers: bool) -> ThreadPoolExecutor:
        pool = ThreadPoolExecutor(FOR_CALLERS if is_callers else FOR_DISKS, "mijnklantportaal-files")
        self._pools[is_callers] = pool
        return pool

    def _ended(self, is_callers: bool) -> None:
        self._under_way[is_callers] -= 1
