"""What the tests of the command share: how a run ended, and a run as a process of its own."""

import asyncio
import signal
from collections.abc import Awaitable, Callable

import attrs

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


class RealProcess:
    """The command as a process of its own."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
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
