"""Ctrl-C and SIGTERM while calls are under way: the first asks to stop, the second to end at once."""

import asyncio
import signal
from collections.abc import Generator
from contextlib import contextmanager
from types import FrameType

from mijnklantportaal_async.calling.many import Unsettled
from mijnklantportaal_async.cli.exit_codes import ExitCode
from mijnklantportaal_async.cli.figures import in_time
from mijnklantportaal_async.cli.run_report import in_number

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


def stopping_in_words(unsettled: Unsettled, grace: float) -> str:
    """What somebody who has pressed Ctrl-C wants to know: how long, and how many.

    Args:
        unsettled: Rows of which nobody knows yet whether they came through; with seconds of the machine.
        grace: Seconds that they get.
    """
    if not unsettled.calls:
        return "Nothing is under way."
    gets = "it gets" if unsettled.calls == 1 else "they get"
    patience = "" if unsettled.seconds <= grace else f"; {gets} {in_time(grace)} (--grace)"
    return f"{settling_in_words(unsettled)}{patience}. Press Ctrl-C again to end at once."


def settling_in_words(unsettled: Unsettled) -> str:
    """`Up to 42 s more settle 8 rows`."""
    seconds = max(2, round(unsettled.seconds))
    took = in_time(seconds) if seconds >= 60 else f"{seconds} s"
    return f"Up to {took} more settle {in_number(unsettled.calls, 'row')}"


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
