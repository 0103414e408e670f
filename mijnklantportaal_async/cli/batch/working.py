"""A worker in this process: until its jobs are over, somebody stops it, or others have taken over."""

import asyncio
import enum
import os
import sys
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import suppress
from typing import Any, NoReturn

from mijnklantportaal_async.batch import LeaseLostError, Portal, Worker, WorkerSettings
from mijnklantportaal_async.calling.many import Unsettled
from mijnklantportaal_async.cli.batch.place import JobsPlace
from mijnklantportaal_async.cli.batch.portals import PortalBook
from mijnklantportaal_async.cli.batch.watching import TroubleLog
from mijnklantportaal_async.cli.connection import clock_of
from mijnklantportaal_async.cli.exit_codes import ExitCode
from mijnklantportaal_async.cli.interruption import Interruption
from mijnklantportaal_async.cli.options import Connection
from mijnklantportaal_async.cli.terminal import Terminal

_POLL = 0.5
_FASTEST_POLL = 0.05


class Ending(enum.Enum):
    """Why a worker has stopped."""

    DONE = "what it was to wait for has come"
    STOPPED = "somebody asked for it"
    LOST = "others have taken over"


class EndedAtOnceError(Exception):
    """A second Ctrl-C: whoever catches it leaves the display and calls `end_at_once`."""


def make_worker(
    connection: Connection, place: JobsPlace, book: PortalBook, *, concurrency: int, grace: float, restored: bool
) -> Worker:
    """A worker that is not started yet.

    Args:
        connection: The options that every command has.
        place: Where the jobs are.
        book: Where the keys are.
        concurrency: Rows of one portal that it has under way at once.
        grace: Seconds that rows under way get when it is stopped.
        restored: Whether what is not done is looked for before it is sent.
    """
    clock = clock_of(connection)
    return Worker(
        place.url,
        portals=book.access,
        # A sandbox whose minutes go by faster is looked at more often.
        settings=WorkerSettings(concurrency=concurrency, grace=grace, poll=max(_FASTEST_POLL, clock.real(_POLL))),
        restored=restored,
        clock=clock,
    )


async def keep_working(
    worker: Worker,
    portals: Sequence[Portal],
    until: Coroutine[Any, Any, Any],
    *,
    interruption: Interruption,
    log: TroubleLog,
    tell_stopping: Callable[[Unsettled], None],
) -> Ending:
    """Starts a worker, and stops it at the end.

    Args:
        worker: The worker.
        portals: Which portals it works for.
        until: Ends when the worker has done what it was started for.
        interruption: What the person at the terminal asks for.
        log: Where warnings are kept.
        tell_stopping: Called when somebody asked to stop, with what is not settled yet.

    Raises:
        EndedAtOnceError: Somebody asked twice.
        DatabaseTroubleError: The database cannot be used, at the start.
        LookupError: The job was deleted.
    """
    waiting = asyncio.create_task(until, name="wait for the end")
    asked = asyncio.create_task(interruption.stop_asked.wait(), name="wait for Ctrl-C")
    tasks: list[asyncio.Task[Any]] = [waiting, asked]
    log.is_closed = False
    try:
        await worker.start(portals)
        working = asyncio.create_task(worker.wait(), name="work")
        tasks.append(working)
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        log.is_closed = True
        if waiting.done():
            ending = Ending.DONE
        elif asked.done():
            ending = Ending.STOPPED
            tell_stopping(worker.unsettled)
        else:
            ending = Ending.LOST
        # Whoever has not asked yet has nothing to wait for: there the first Ctrl-C is enough.
        enough = interruption.end_asked if ending is Ending.STOPPED else interruption.stop_asked
        await _stop(worker, enough.wait())
        if waiting.done():
            waiting.result()
        if ending is Ending.LOST:
            with suppress(LeaseLostError):
                working.result()
        return ending
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def end_at_once(terminal: Terminal, code: ExitCode, advice: str) -> NoReturn:
    """Ends the process, whatever its threads are doing: that is as safe as a power cut, which is what it is made for.

    Args:
        terminal: Where to say it.
        code: How the process ends.
        advice: How to go on.
    """
    terminal.say(f"Ended at once. {advice}", "yellow")
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError):
            stream.flush()
    os._exit(code)


# --- inside ------------------------------------------------------------------------------------------------------


async def _stop(worker: Worker, enough: Awaitable[Any]) -> None:
    stopping = asyncio.ensure_future(worker.stop())
    at_once = asyncio.ensure_future(enough)
    await asyncio.wait([stopping, at_once], return_when=asyncio.FIRST_COMPLETED)
    at_once.cancel()
    if not stopping.done():
        # Not cancelled: its threads end with the process.
        raise EndedAtOnceError
    stopping.result()
