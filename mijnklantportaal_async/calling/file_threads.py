"""The threads that files are read and written on: few, our own, and gone with the session.

Never the event loop, nor its default executor: slow disks and pipes must not hold up the look-up of host names.
"""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Executor
from contextlib import suppress
from queue import SimpleQueue
from typing import Any, TypeVar
from weakref import WeakValueDictionary

T = TypeVar("T")

FOR_DISKS = 4
"""Threads for what is on disks, which answer."""

FOR_CALLERS = 8
"""Threads for what callers opened, such as pipes, which may not."""

PATIENCE = 20
"""Milliseconds for which closing waits until a thread has read what was there to read."""


class Turn:
    """Lets one thread at a time use a file."""

    __slots__ = ("__weakref__", "lock")

    def __init__(self) -> None:
        self.lock = threading.Lock()


class FileThreads:
    """Of one session; started with the first file."""

    __slots__ = ("_crews", "_turns")

    def __init__(self) -> None:
        self._crews = {False: _Crew(FOR_DISKS), True: _Crew(FOR_CALLERS)}
        self._turns: WeakValueDictionary[int, Turn] = WeakValueDictionary()

    async def run(self, function: Callable[[], T], *, is_callers: bool = False) -> T:
        """Runs a function on a thread. Who is cancelled goes; a thread that has begun does its work all the same.

        Args:
            function: What reads or writes.
            is_callers: Whether it uses something that the caller opened.
        """
        # By way of the loop, which may want to know what it waits for.
        return await asyncio.get_running_loop().run_in_executor(self._crews[is_callers], function)

    async def clean(self, function: Callable[[], None]) -> None:
        """Runs what leaves nothing behind, on a disk. Who is cancelled goes; even a program that ends waits for it."""
        await asyncio.shield(self._crews[False].alone(function, is_waited_for=True))

    def turn(self, file: object) -> Turn:
        """The turn of a file that calls may share: each of them reads from a place of its own."""
        return self._turns.setdefault(id(file), Turn())

    async def aclose(self) -> None:
        """Ends the threads; those that hang in a file of the caller's end when it does. Any number of times."""
        for crew in self._crews.values():
            await crew.aclose()


class _Crew(Executor):
    """Some threads that take turns. A standard executor costs three times as much for what is done in no time.

    They are daemons: a pipe that is silent for ever must not keep a program from ending.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._jobs: SimpleQueue[Any] = SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._under_way = 0
        self._is_closed = False

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        """For `run_in_executor`, which takes a future of the loop itself as it is."""
        if self._is_closed:
            return self.alone(fn)
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Any] = loop.create_future()
        self._under_way += 1
        if len(self._threads) < min(self._under_way, self._most):
            self._threads.append(self._start(self._jobs))
        self._jobs.put((loop, future, fn))
        return future

    def alone(self, function: Callable[[], Any], *, is_waited_for: bool = False) -> asyncio.Future[Any]:
        """On a thread that ends with it, and waits behind no other.

        Args:
            function: What it does.
            is_waited_for: Whether a program does not end before it.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Any] = loop.create_future()
        self._under_way += 1
        jobs: SimpleQueue[Any] = SimpleQueue()
        jobs.put((loop, future, function))
        jobs.put(None)
        self._start(jobs, is_waited_for=is_waited_for)
        return future

    async def aclose(self) -> None:
        self._is_closed = True
        for _ in range(PATIENCE if self._under_way else 0):
            await asyncio.sleep(0.001)
            if not self._under_way:
                break
        threads, self._threads = self._threads, []
        for _ in threads:
            self._jobs.put(None)
        if not self._under_way:
            for thread in threads:
                thread.join()

    def _start(self, jobs: "SimpleQueue[Any]", *, is_waited_for: bool = False) -> threading.Thread:
        daemon = not is_waited_for
        thread = threading.Thread(target=self._work, args=(jobs,), name="mijnklantportaal-files", daemon=daemon)
        thread.start()
        return thread

    def _work(self, jobs: "SimpleQueue[Any]") -> None:
        while (job := jobs.get()) is not None:
            loop, future, function = job
            result: Any = None
            failure: BaseException | None = None
            try:
                # Nobody waits for it any more: a pipe is not read for nothing.
                result = None if future.cancelled() else function()
            except StopIteration:
                # No future takes it.
                failure = RuntimeError("the file raised StopIteration")
            except BaseException as error:  # noqa: BLE001 - who waits for it is told, whatever it is
                failure = error
            # Its loop may be closed by now.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(self._ended, future, result, failure)
            # Nothing is held while there is nothing to do.
            del job, loop, future, function, result, failure

    def _ended(self, future: asyncio.Future[Any], result: Any, failure: BaseException | None) -> None:
        self._under_way -= 1
        if future.done():
            return
        if failure is None:
            future.set_result(result)
        else:
            future.set_exception(failure)
