"""What the tests of the command share: how a run ended, and a run as a process of its own."""

import asyncio
import os
import pty
import signal
import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import attrs
import pytest
from command_nursery import BornProcess, Nursery

KEY = "a-secret-key-that-nobody-may-see"


@attrs.frozen
class Outcome:
    """How a command ended."""

    code: int
    output: str
    messages: str

    @property
    def everything(self) -> str:
        return self.output + self.messages


Command = Callable[..., Outcome]


AnyProcess = BornProcess | asyncio.subprocess.Process


class RealProcess:
    """The command as a process of its own."""

    def __init__(self, process: AnyProcess) -> None:
        self.process = process

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    async def until_it_says(self, text: str) -> str:
        """Reads stderr up to a text."""
        assert self.process.stderr is not None
        said = ""
        while text not in said:
            line = await self.process.stderr.readline()
            assert line, f"it ended before it said {text!r}: {said}"
            said += line.decode()
        return said

    async def end(self) -> Outcome:
        output, messages = await self.process.communicate()
        return Outcome(self.process.returncode or 0, output.decode(), messages.decode())


Start = Callable[..., Awaitable[RealProcess]]
Sit = Callable[..., "AtTerminal"]


class AtTerminal:
    """The command with a pseudo terminal, as a person has it.

    Args:
        nursery: Where it comes from.
        arguments: Its words.
        environment: Beside that of the tests.
    """

    def __init__(self, nursery: Nursery, arguments: Sequence[str | Path], environment: dict[str, str]) -> None:
        self._nursery = nursery
        self.shown = ""
        self._terminal, theirs = pty.openpty()
        whole = {**os.environ, "TERM": "xterm", "COLUMNS": "100", "LINES": "40", **environment}
        words = [str(argument) for argument in arguments]
        self._number = nursery.bear(words, whole, (theirs, theirs, theirs), at_terminal=True)
        os.close(theirs)

    async def until_it_shows(self, text: str) -> None:
        async with asyncio.timeout(90):
            while text not in self.shown:
                self.shown += (await asyncio.to_thread(os.read, self._terminal, 65536)).decode()

    async def until_it_asks(self, question: str) -> None:
        """Waits for a question, and until the command sleeps before it.

        Python reads a line in C: Ctrl-C in the moment between its last look for signals and the wait for a key would
        be obeyed only after the next key.
        """
        await self.until_it_shows(f"{question}: ")
        status = Path("/proc", str(os.tcgetpgrp(self._terminal)), "stat")
        async with asyncio.timeout(90):
            while (await asyncio.to_thread(status.read_text)).rpartition(")")[2].split()[0] != "S":
                pass

    def type(self, text: str) -> None:
        os.write(self._terminal, text.encode())

    async def end(self) -> int:
        async with asyncio.timeout(90):
            try:
                while part := await asyncio.to_thread(os.read, self._terminal, 65536):
                    self.shown += part.decode()
            except OSError:
                pass  # Linux says the end of a terminal like this.
            os.close(self._terminal)
            return await asyncio.to_thread(self._nursery.exit_code, self._number)


needs_proc = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
