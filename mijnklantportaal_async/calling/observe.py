"""Tells hooks and the log what happens; costs nothing where nobody listens."""

import asyncio
import inspect
import logging
from collections.abc import Awaitable, Iterable
from contextvars import Context, copy_context
from typing import TYPE_CHECKING, Any

from mijnklantportaal_async.calling.record import WATCHED

if TYPE_CHECKING:
    from mijnklantportaal_async.events import Event, Hook

logger = logging.getLogger("mijnklantportaal_async")
logger.addHandler(logging.NullHandler())

HOOKS_GRACE = 5.0
"""Seconds that hooks under way get to end when the session is closed."""


class Observer:
    """Passes events on.

    Args:
        hooks: Functions of the user's, coroutine functions among them. One that raises is logged, and never breaks a
            call.

    Raises:
        TypeError: A hook cannot be called, or `hooks` is no list of them.
    """

    __slots__ = ("_contexts", "_hooks", "_running")

    def __init__(self, hooks: "Iterable[Hook]") -> None:
        if callable(hooks) or not isinstance(hooks, Iterable):
            raise TypeError(f"hooks must be a list of functions, not {type(hooks).__name__}; write hooks=[my_hook]")
        given: list[Hook] = []
        for hook in hooks:
            # One that is given twice, or equal to another, hears everything once.
            if hook not in given:
                given.append(hook)
        self._hooks = tuple(given)
        self._contexts: dict[int, Context] = {}
        self._running: set[asyncio.Task[None]] = set()
        for index, hook in enumerate(self._hooks):
            if not callable(hook):
                raise TypeError(f"hooks[{index}] must be a function that takes an event, not {type(hook).__name__}")

    @property
    def listens(self) -> bool:
        """Whether anybody wants to hear of calls that go well; of others everybody is told."""
        return bool(self._hooks) or logger.isEnabledFor(logging.DEBUG)

    def emit(self, event: "Event") -> None:
        """Tells everybody. Coroutines run beside the call, which does not wait for them."""
        logger.log(_level(event), "%s", event)
        if not self._hooks:
            return
        before = self._context_of(event)
        for hook in self._hooks:
            try:
                result: Any = hook(event)
            except Exception:
                logger.exception("the hook %r failed on %r", hook, type(event).__name__)
            else:
                if result is not None and inspect.isawaitable(result):
                    task = asyncio.get_running_loop().create_task(
                        self._await(hook, event, result), context=before.copy()
                    )
                    self._running.add(task)
                    task.add_done_callback(self._running.discard)

    def _context_of(self, event: "Event") -> Context:
        """What was around the call when it began.

        Coroutines go on beside the call, and perhaps longer, so without what another hook puts around it: a span that
        ends with the call, or the wish that nobody traces its requests.
        """
        from mijnklantportaal_async.events import CallFinished, CallStarted

        context = self._contexts.get(event.call)
        if context is None:
            context = copy_context()
        if isinstance(event, CallStarted):
            # Nothing is kept for the looks of batches: nobody would say that they have ended.
            self._contexts[event.call] = context
        elif isinstance(event, CallFinished):
            self._contexts.pop(event.call, None)
        return context

    async def aclose(self) -> None:
        """Waits until the coroutines of hooks have ended, but not for ever."""
        loop = asyncio.get_running_loop()
        # A hook may close the session itself.
        running = {task for task in self._running if task.get_loop() is loop and task is not asyncio.current_task()}
        if running:
            _, late = await asyncio.wait(running, timeout=HOOKS_GRACE)
            for task in late:
                logger.warning("a hook did not end within %g s and was cancelled: %r", HOOKS_GRACE, task.get_name())
                task.cancel()

    async def _await(self, hook: "Hook", event: "Event", result: Awaitable[object]) -> None:
        # Calls that a hook makes are none of the call that it was told of.
        WATCHED.set(None)
        try:
            await result
        except Exception:
            logger.exception("the hook %r failed on %r", hook, type(event).__name__)


def _level(event: "Event") -> int:
    from mijnklantportaal_async.events import AttemptFinished, OutcomeReconciled, RetryPlanned

    match event:
        case RetryPlanned() | OutcomeReconciled():
            return logging.WARNING
        case AttemptFinished() if event.error is not None:
            return logging.INFO
        case _:
            return logging.DEBUG
