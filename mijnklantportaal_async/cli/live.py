"""A display that goes on while something runs: drawn again and again on a terminal, a line now and then elsewhere."""

import asyncio
import time
from collections.abc import AsyncGenerator, Coroutine, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Protocol

from rich.console import Console, ConsoleOptions, RenderResult
from rich.live import Live

from mijnklantportaal_async.cli.terminal import Terminal

_TICK = 0.1
_FIRST_LINE, _LONGEST_SILENCE = 2.0, 60.0


class Told(Protocol):
    """What is said now and then."""

    def look(self) -> None:
        """Called at every tick."""

    def lines(self) -> Sequence[str]:
        """How it stands, for a file."""
        ...


class Display(Told, Protocol):
    """What is shown."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """How it stands, for a terminal."""
        ...


@asynccontextmanager
async def shown(display: Display, terminal: Terminal) -> AsyncGenerator[None, None]:
    """Shows something as long as this lasts."""
    if not terminal.messages.is_terminal:
        async with told(display, terminal):
            yield
        return
    with Live(display, console=terminal.messages, auto_refresh=False) as live:
        live.refresh()
        async with _beside(_refresh(display, live)):
            yield
        live.refresh()


@asynccontextmanager
async def told(display: Told, terminal: Terminal) -> AsyncGenerator[None, None]:
    """Says now and then how something stands, on a terminal too: there are questions and tables beside it."""
    async with _beside(_say_now_and_then(display, terminal)):
        yield


# --- inside ------------------------------------------------------------------------------------------------------


@asynccontextmanager
async def _beside(ticks: Coroutine[None, None, None]) -> AsyncGenerator[None, None]:
    task = asyncio.create_task(ticks, name="show progress")
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _refresh(display: Display, live: Live) -> None:
    while True:
        display.look()
        live.refresh()
        await asyncio.sleep(_TICK)


async def _say_now_and_then(display: Told, terminal: Terminal) -> None:
    said, silence = time.monotonic(), _FIRST_LINE
    before: Sequence[str] = ()
    while True:
        display.look()
        await asyncio.sleep(_TICK)
        if time.monotonic() - said >= silence and (lines := display.lines()):
            for line in lines:
                if line not in before:
                    terminal.say(line)
            # A run of hours must not fill a log.
            before, said, silence = lines, time.monotonic(), min(silence * 2, _LONGEST_SILENCE)
