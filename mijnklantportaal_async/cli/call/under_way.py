"""A call that changes the portal, while somebody may press Ctrl-C."""

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, TypeVar

from mijnklantportaal_async.calling.wire import Operation
from mijnklantportaal_async.cli.exit_codes import ExitCode
from mijnklantportaal_async.cli.failures import CommandError
from mijnklantportaal_async.cli.interruption import Interruption, listening
from mijnklantportaal_async.cli.terminal import Terminal
from mijnklantportaal_async.errors import Outcome
from mijnklantportaal_async.events import AttemptStarted, Event, RetryPlanned
from mijnklantportaal_async.texts.words import words

T = TypeVar("T")

GRACE = 15.0
"""Seconds in which a call under way learns its outcome after Ctrl-C."""

_NOT_DONE = {Outcome.NOT_SENT, Outcome.REJECTED}


class Attempts:
    """Whether something may have been done: a request that changes the portal has left, and was not refused."""

    def __init__(self) -> None:
        self._in_doubt = 0

    @property
    def in_doubt(self) -> bool:
        """Whether any of them may have done it."""
        return self._in_doubt > 0

    def note(self, event: Event) -> None:
        """A hook of the session."""
        match event:
            case AttemptStarted() if event.method != "GET":
                self._in_doubt += 1
            case RetryPlanned() if event.error.method != "GET" and event.error.outcome in _NOT_DONE:
                self._in_doubt -= 1
            case _:
                pass


async def outcome_of(
    call: Coroutine[Any, Any, T], operation: Operation, attempts: Attempts, terminal: Terminal
) -> tuple[ExitCode, T]:
    """Waits for a call to end. After a first Ctrl-C its outcome may still come; a second one ends at once.

    Returns:
        How the process ends, and what the portal answered.

    Raises:
        CommandError: It was stopped, and what became of it is not known, or it was not done.
        MijnKlantportaalError: As the call does.
    """
    interruption = Interruption()
    with listening(interruption):
        task = asyncio.create_task(call, name=operation.name)
        await _until(task, interruption.stop_asked)
        if not task.done() and attempts.in_doubt:
            terminal.say(words("Stopping: finding out what became of it. Press Ctrl-C again to end at once."), "yellow")
            await _until(task, interruption.end_asked, GRACE)
        if task.done():
            return interruption.exit_code or ExitCode.DONE, task.result()
        task.cancel()
        with suppress(asyncio.CancelledError):
            # It may have ended all the same.
            return interruption.exit_code or ExitCode.DONE, await task
    if not attempts.in_doubt:
        raise CommandError(words("Interrupted; nothing was changed."), interruption.exit_code or ExitCode.INTERRUPTED)
    raise CommandError(
        words(
            "Interrupted while {operation_name} was under way: nobody knows whether it was done. {how_to_check}",
            operation_name=operation.name,
            how_to_check=operation.how_to_check,
        ),
        ExitCode.UNKNOWN,
    )


async def _until(task: asyncio.Task[T], event: asyncio.Event, timeout: float | None = None) -> None:
    waiting = asyncio.create_task(event.wait())
    await asyncio.wait([task, waiting], timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
