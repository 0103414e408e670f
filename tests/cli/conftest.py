"""What the tests of the command share: files, a way to run it in this process, a way to run it as a real one."""

import asyncio
import os
import re
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from cli_support import KEY, AnyProcess, AtTerminal, Command, Outcome, RealProcess, Sit, Start
from command_nursery import BornProcess, Nursery, open_nursery
from typer.testing import CliRunner

from mijnklantportaal_async.cli.application import application

SETTINGS = ("API_KEY", "BASE_URL", "TIMEZONE")


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in SETTINGS:
        monkeypatch.delenv(f"MIJNKLANTPORTAAL_{name}", raising=False)
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    # Wide, so that no sentence is broken where a test looks for it.
    monkeypatch.setenv("COLUMNS", "250")


@pytest.fixture
def command() -> Command:
    """Runs the command in this process."""

    def run(*arguments: str | Path, answer: str | None = None) -> Outcome:
        result = CliRunner().invoke(application, [str(argument) for argument in arguments], input=answer)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Outcome(result.exit_code, result.stdout, result.stderr)

    return run


@pytest.fixture
def csv_file(tmp_path: Path) -> Callable[..., Path]:
    """Writes a CSV file with so many good rows, and rows of the test's own after them."""

    def write(count: int, *rows: str) -> Path:
        lines = ["name,starts_at,ends_at,customer_id"]
        lines += [
            f"Visit {number},2027-03-{1 + number // 100:02} {8 + number // 60 % 10:02}:{number % 60:02},"
            f"2027-03-{1 + number // 100:02} 20:00,cst_{number}"
            for number in range(count)
        ]
        path = tmp_path / "appointments.csv"
        path.write_text("\n".join([*lines, *rows]) + "\n")
        return path

    return write


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    with open_nursery() as nursery:
        yield nursery


@pytest.fixture
async def started(nursery: Nursery) -> AsyncIterator[Start]:
    """Starts real processes, and sees to it that none is left."""

    async def start(words: list[str], environment: dict[str, str]) -> BornProcess:
        return await BornProcess.start(nursery, words, environment)

    async with starting(start) as started:
        yield started


@pytest.fixture
def at_terminal(nursery: Nursery) -> Sit:
    """The command with a terminal: its words, and what is in its environment beside that of the tests."""
    return lambda *words, environment: AtTerminal(nursery, words, environment)


@pytest.fixture
async def started_anew() -> AsyncIterator[Start]:
    """The same with a Python of their own, for what Python itself reads of its environment."""

    async def start(words: list[str], environment: dict[str, str]) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "mijnklantportaal_async.cli",
            *words,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=environment,
        )

    async with starting(start) as started:
        yield started


@asynccontextmanager
async def starting(how: Callable[[list[str], dict[str, str]], Awaitable[AnyProcess]]) -> AsyncIterator[Start]:
    running: list[RealProcess] = []

    async def start(*arguments: str | Path, base_url: str = "", key: str = KEY, **environment: str) -> RealProcess:
        settings = {"MIJNKLANTPORTAAL_API_KEY": key, "MIJNKLANTPORTAAL_BASE_URL": base_url}
        process = await how([str(argument) for argument in arguments], {**os.environ, **settings, **environment})
        running.append(RealProcess(process))
        return running[-1]

    yield start
    for real in running:
        if real.process.returncode is None:
            real.process.kill()
        await real.process.communicate()


@pytest.fixture
def no_control_codes() -> Callable[[str], None]:
    """Checks that a text can be read in any editor."""

    def check(text: str) -> None:
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", text)

    return check
