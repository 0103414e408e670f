"""Processes of the command without the time that a start takes: their parent has everything imported."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

SCRIPT = Path(__file__).with_name("command_nursery_process.py")


class Nursery:
    """Where they come from.

    Args:
        connection: To the process that is their parent.
    """

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._answers = connection.makefile("rb")

    def bear(
        self, words: Sequence[str], environment: Mapping[str, str], streams: Sequence[int], *, at_terminal: bool = False
    ) -> int:
        """The number of a new process of the command with these words, environment and standard streams.

        Args:
            words: After the name of the command.
            environment: All of it.
            streams: Input, output and messages.
            at_terminal: They are a terminal, and the process is the first of a session of its own there: Ctrl-C arrives
                as a signal.
        """
        order = {"words": words, "environment": dict(environment), "at_terminal": at_terminal}
        return self._ask(order, streams)

    def exit_code(self, number: int) -> int:
        """Of a process that has closed its streams; waits for the rest of its end."""
        return self._ask({"ended": number}, ())

    def close(self) -> None:
        """Has the parent end."""
        self._answers.close()
        self._connection.close()

    def _ask(self, order: dict[str, Any], streams: Sequence[int]) -> int:
        socket.send_fds(self._connection, [b"!"], streams)
        self._connection.sendall(json.dumps(order).encode() + b"\n")
        return int(json.loads(self._answers.readline()))


@contextmanager
def open_nursery() -> Iterator[Nursery]:
    """A nursery, until the end of the block."""
    ours, theirs = socket.socketpair()
    with theirs:
        number = theirs.fileno()
        parent = subprocess.Popen([sys.executable, str(SCRIPT), str(number)], pass_fds=[number])
    nursery = Nursery(ours)
    try:
        yield nursery
    finally:
        nursery.close()
        parent.wait()


class BornProcess:
    """One of them, with what the tests use of `asyncio.subprocess.Process`."""

    def __init__(
        self, nursery: Nursery, number: int, stdout: asyncio.StreamReader, stderr: asyncio.StreamReader
    ) -> None:
        self._nursery = nursery
        self._number = number
        self.stdout = stdout
        self.stderr = stderr
        self.returncode: int | None = None

    @classmethod
    async def start(cls, nursery: Nursery, words: Sequence[str], environment: Mapping[str, str]) -> Self:
        """A new one, with nothing to read."""
        (stdout, output), (stderr, messages) = os.pipe(), os.pipe()
        nothing = os.open(os.devnull, os.O_RDONLY)
        streams = (nothing, output, messages)
        try:
            number = nursery.bear(words, environment, streams)
        finally:
            for stream in streams:
                os.close(stream)
        return cls(nursery, number, await _reader(stdout), await _reader(stderr))

    def send_signal(self, number: signal.Signals) -> None:
        """Its number stays its own until its end has been asked for."""
        if self.returncode is None:
            os.kill(self._number, number)

    def kill(self) -> None:
        """Ends it as it stands."""
        self.send_signal(signal.SIGKILL)

    async def communicate(self) -> tuple[bytes, bytes]:
        """What it says to its end, on both streams."""
        output, messages = await asyncio.gather(self.stdout.read(), self.stderr.read())
        if self.returncode is None:
            self.returncode = self._nursery.exit_code(self._number)
        return output, messages


async def _reader(pipe: int) -> asyncio.StreamReader:
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(pipe, "rb", 0)
    )
    return reader
