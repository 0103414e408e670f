"""The processes of a chaos run: portals that nobody touches, and children that somebody kills and freezes."""

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import attrs
from chaos_plan import ChaosPlan

HERE = Path(__file__).parent

LONGEST_LINE = 1 << 26
"""Bytes: the state of the portals is one line."""

PATIENCE = 60.0
"""Seconds in which whatever somebody waits for has to happen."""


@asynccontextmanager
async def open_process(script: str, *arguments: str, log: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """A script of this folder, until the end of the block; what it says on stderr goes into a file."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(HERE.parent), os.environ.get("PYTHONPATH", "")])}
    with log.open("ab") as errors:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            str(HERE / script),
            *arguments,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=errors,
            limit=LONGEST_LINE,
            env=environment,
        )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def _read(process: asyncio.subprocess.Process) -> Any:
    """The next line of JSON that a process prints."""
    assert process.stdout is not None
    line = await process.stdout.readline()
    assert line, "the process has ended"
    return json.loads(line)


def _write(process: asyncio.subprocess.Process, message: Any) -> None:
    assert process.stdin is not None
    process.stdin.write(json.dumps(message).encode() + b"\n")


class PortalsProcess:
    """Three portals in one process.

    Args:
        process: The process.
        addresses: URL and key of each portal, by its name.
    """

    def __init__(self, process: asyncio.subprocess.Process, addresses: dict[str, list[str]]) -> None:
        self._process = process
        self.addresses = addresses

    async def state(self) -> list[dict[str, Any]]:
        """What they hold and have seen."""
        _write(self._process, "state")
        states: list[dict[str, Any]] = await _read(self._process)
        return states

    async def state_at_rest(self) -> list[dict[str, Any]]:
        """The same, once no request is being handled any more."""
        for _ in range(200):
            states = await self.state()
            if not any(state["in_progress"] for state in states):
                return states
            await asyncio.sleep(0.05)
        raise AssertionError("the portals never came to rest")


@asynccontextmanager
async def open_portals(plan: ChaosPlan, folder: Path) -> AsyncIterator[PortalsProcess]:
    """The portals, until the end of the block."""
    async with open_process("portals_process.py", plan.to_json(), log=folder / "portals.log") as process:
        yield PortalsProcess(process, await _read(process))


@attrs.define(eq=False)
class Child:
    """A worker or submitter, dead or alive."""

    log: Path
    pid: int = 0
    name: str | None = None
    """A worker's name in the database, once it works."""
    exit_code: int | None = None
    is_frozen: bool = False
    was_killed: bool = False

    @property
    def is_alive(self) -> bool:
        """Whether the process is there, frozen or not."""
        return self.exit_code is None and not self.was_killed

    @property
    def works(self) -> bool:
        """Whether it has begun to work, and has not been stopped."""
        return self.is_alive and not self.is_frozen and self.name is not None

    def kill(self) -> None:
        """As a power cut."""
        if self.is_alive:
            self.was_killed = True
            self._signal(signal.SIGKILL)

    def freeze(self) -> None:
        """It stands still, and everything that it holds stays held."""
        self.is_frozen = True
        self._signal(signal.SIGSTOP)
        # On a busy machine one of its threads may go on for a while, until another has taken up the signal.
        deadline = time.monotonic() + PATIENCE
        while _has_threads_that_move(self.pid) and time.monotonic() < deadline:
            time.sleep(0.001)

    def thaw(self) -> None:
        """It goes on as if nothing had happened."""
        if self.is_alive:
            self.is_frozen = False
            self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        # It may have ended by itself a moment ago, because its lease was lost.
        with suppress(ProcessLookupError):
            # One that is not born yet has no number, and 0 would mean ourselves.
            if self.pid > 0:
                os.kill(self.pid, number)


def _has_threads_that_move(pid: int) -> bool:
    """Whether some thread of a process has not stopped yet. Linux only; others are trusted."""
    with suppress(FileNotFoundError, ProcessLookupError):
        for stat in Path(f"/proc/{pid}/task").glob("*/stat"):
            # The state comes after the name, which stands in brackets.
            if stat.read_text().rpartition(")")[2].split()[0] not in "TtZX":
                return True
    return False


class Nursery:
    """Brings forth workers and submitters.

    Args:
        process: Their parent.
        database: URL of the database of the jobs.
        portals: URL and key of each portal.
        folder: For their logs.
    """

    def __init__(
        self, process: asyncio.subprocess.Process, database: str, portals: dict[str, list[str]], folder: Path
    ) -> None:
        self._process = process
        self._orders = {"database": database, "portals": portals}
        self._folder = folder
        self._changed = asyncio.Condition()
        self.children: list[Child] = []

    async def worker(self, plan: ChaosPlan) -> Child:
        """A new worker; returns before it works."""
        return await self._bear("worker", plan, "")

    async def submitter(self, plan: ChaosPlan, job: str) -> Child:
        """A new submitter."""
        return await self._bear("submitter", plan, job)

    async def until(self, condition: Callable[[], object]) -> None:
        """Waits until something is so that children have a part in.

        Raises:
            TimeoutError: It takes too long; the logs of the children may tell why.
        """
        async with asyncio.timeout(PATIENCE), self._changed:
            await self._changed.wait_for(condition)

    async def listen(self) -> None:
        """Notes what is heard of the children, until it is cancelled."""
        while True:
            heard = await _read(self._process)
            child = self.children[heard["number"]]
            child.pid = heard.get("pid", child.pid)
            child.name = heard.get("name", child.name)
            child.exit_code = heard.get("exit", child.exit_code)
            async with self._changed:
                self._changed.notify_all()

    def kill_all(self) -> None:
        """Kills those that are left, without waiting for them to be gone."""
        for child in self.children:
            child.kill()

    async def end(self) -> None:
        """Kills those that are left."""
        self.kill_all()
        await self.until(lambda: all(child.exit_code is not None for child in self.children))

    async def _bear(self, role: str, plan: ChaosPlan, job: str) -> Child:
        number = len(self.children)
        child = Child(self._folder / f"{number}-{role}.log")
        self.children.append(child)
        order = {"number": number, "role": role, "log": str(child.log), "plan": plan.to_json(), "job": job}
        _write(self._process, {**self._orders, **order})
        await self.until(lambda: child.pid)
        return child


@asynccontextmanager
async def open_nursery(database: str, portals: dict[str, list[str]], folder: Path) -> AsyncIterator[Nursery]:
    """A nursery, until the end of the block; nobody of it survives that.

    Args:
        database: URL of the database of the jobs.
        portals: URL and key of each portal, by its name.
        folder: For logs.
    """
    async with open_process("batch_nursery_process.py", log=folder / "nursery.log") as process:
        nursery = Nursery(process, database, portals, folder)
        listening = asyncio.create_task(nursery.listen())
        try:
            yield nursery
        finally:
            nursery.kill_all()
            listening.cancel()
