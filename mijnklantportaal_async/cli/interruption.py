"""Ctrl-C and SIGTERM while calls are under way: the first asks to stop, the second to end at once."""

import asyncio
import signal
from collections.abc import Generator
from contextlib import contextmanager
from types import FrameType

from mijnklantportaal_async.cli.exit_codes import ExitCode

_EXIT_CODES = {signal.SIGINT: ExitCode.INTERRUPTED, signal.SIGTERM: ExitCode.TERMINATED}


class Interruption:
    """What the person at the terminal has asked for so far."""

    def __init__(self) -> None:
        self.exit_code: ExitCode | None = None
        """By the first signal; None when there was none."""
        self.stop_asked = asyncio.Event()
        self.end_asked = asyncio.Event()

    def note(self, number: signal.Signals) -> None:
        """A signal came."""
        if self.stop_asked.is_set():
            self.end_asked.set()
        else:
            self.exit_code = _EXIT_CODES[number]
            self.stop_asked.set()


@contextmanager
def listening(interruption: Interruption) -> Generator[None, None, None]:
    """Notes signals instead of obeying them, as long as this lasts. Inside of a running event loop."""
    loop = asyncio.get_running_loop()

    def note(number: int, _: FrameType | None = None) -> None:
        loop.call_soon_threadsafe(interruption.note, signal.Signals(number))

    # Not loop.add_signal_handler(): Windows has none, and it would not give back what was there before.
    previous = {number: signal.signal(number, note) for number in _EXIT_CODES}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
