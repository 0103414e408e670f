"""A sandbox on a thread and event loop of its own, so that it works with whatever loop a test has, or none."""

import asyncio
import functools
import inspect
import threading
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from mijnklantportaal_async.sandbox import Sandbox

T = TypeVar("T")

PATIENCE = 60.0
"""Seconds after which a thread that does not answer is given up."""


class PortalThread:
    """A thread with an event loop that runs until `close`."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, name="mijnklantportaal sandbox", daemon=True)
        self._thread.start()

    @property
    def is_here(self) -> bool:
        """Whether whoever asks is on this thread."""
        return threading.current_thread() is self._thread

    def run(self, function: Callable[[], Awaitable[T]]) -> T:
        """Awaits what a function returns over there, while this thread waits."""

        async def there() -> T:
            return await function()

        return asyncio.run_coroutine_threadsafe(there(), self.loop).result(PATIENCE)

    def call(self, function: Callable[[], T]) -> T:
        """Calls a function over there, while this thread waits."""

        async def there() -> T:
            return function()

        return self.run(there)

    async def bring(self, function: Callable[[], Awaitable[T]]) -> T:
        """Awaits what a function returns over there, while the loop of whoever asks goes on."""

        async def there() -> T:
            return await function()

        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(there(), self.loop))

    def close(self) -> None:
        """Ends the loop and the thread. Any number of times."""
        if not self.loop.is_closed():
            self.loop.call_soon_threadsafe(self.loop.stop)
            self._thread.join(PATIENCE)
            self.loop.close()


class SandboxOnThread(Sandbox):
    """A sandbox that does everything on its thread, whoever asks from wherever.

    Args:
        thread: Where it lives.
        settings: Arguments of `Sandbox`.
    """

    def __init__(self, thread: PortalThread, **settings: Any) -> None:
        super().__init__(**settings)
        self._thread = thread

    def __getattribute__(self, name: str) -> Any:
        get = functools.partial(super().__getattribute__, name)
        if name.startswith("_") or (thread := self._thread).is_here or thread.loop.is_closed():
            return get()
        value = thread.call(get)
        if not inspect.ismethod(value):
            return value
        goes_on = inspect.iscoroutinefunction(value)

        def there(*args: Any, **named: Any) -> Any:
            asked = functools.partial(value, *args, **named)
            return thread.bring(asked) if goes_on else thread.call(asked)

        return there

    def __setattr__(self, name: str, value: object) -> None:
        put = functools.partial(super().__setattr__, name, value)
        if name.startswith("_") or self._thread.is_here or self._thread.loop.is_closed():
            put()
        else:
            self._thread.call(put)
