"""Every code block of README.md and docs/*.md runs, over real sockets, against an embedded sandbox.

How to write a block (the same in README.md and in docs/):

* A `python` block that calls `asyncio.run(...)` is a script. It runs as it stands, on its own, in an empty folder.
  The environment names a sandbox (`MIJNKLANTPORTAAL_API_KEY`, `MIJNKLANTPORTAAL_BASE_URL`), so
  `PortalSession.from_env()` works; and that sandbox is the default `base_url` too, with any of `KEYS`: nothing leaves
  the machine.
* Any other `python` block is a fragment, in an empty folder too. It may `await` at the top level, and finds, where it
  names them: `portal` and `sandbox` (a session with an empty sandbox, both twenty times as fast as real time),
  `appointment` (one that was scheduled there), `requests` (three `NewAppointment`s), `starts_at` and `ends_at`; the
  public names of the package, of `.events` and of `.sandbox`; `asyncio`, `logging`, `datetime`, `timedelta`, `UTC` and
  `ZoneInfo`. Where it names `sandbox` or `portal`, the environment names that sandbox too.
* A `python` block whose first line is a comment with a file name (`# test_booking.py`) is that file. The files of a
  page are put into one folder, where pytest runs the tests.
* A `text` block right after a `python` block is what it prints. `...` stands for anything.
* `<!-- test: ... -->` right after a block is code that runs after it and sees its names. Readers do not see it.
* A `sh` block is not run. Its commands, options, extras and files have to exist.
"""

import ast
import asyncio
import contextlib
import inspect
import io
import logging
import re
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from doc_blocks import SOURCES, Block, blocks, free_names

import mijnklantportaal_async
from mijnklantportaal_async import NewAppointment, PortalSession, events, sandbox
from mijnklantportaal_async.sandbox import ALL_SCOPES, Sandbox
from mijnklantportaal_async.testing import portal_in_sandbox

PYTHON = [block for block in blocks() if block.language == "python"]
SCRIPTS = [block for block in PYTHON if block.is_script]
FILES = [block for block in PYTHON if block.file_name]
FRAGMENTS = [block for block in PYTHON if not block.is_script and not block.file_name]

KEYS = ("sandbox-key", "your-key", "...")
"""What a script may give as `api_key`."""

STARTS_AT = datetime(2027, 3, 5, 14, 30, tzinfo=ZoneInfo("Europe/Amsterdam"))
ENDS_AT = STARTS_AT + timedelta(minutes=90)


def places(found: list[Block]) -> list[Any]:
    return [pytest.param(block, id=block.place) for block in found]


def check_output(block: Block, printed: str) -> None:
    if block.output is None:
        return
    expected = ".*?".join(re.escape(part) for part in block.output.rstrip().split("..."))
    assert re.fullmatch(expected, printed.rstrip(), re.S), f"{block.place} prints:\n{printed}"


@contextlib.contextmanager
def printed() -> Iterator[io.StringIO]:
    with contextlib.redirect_stdout(io.StringIO()) as output:
        yield output


# --- Scripts -----------------------------------------------------------------------------------------------------


@pytest.fixture
def portal_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """A sandbox on a thread of its own, for scripts that have an event loop of theirs."""
    portal = Sandbox(keys=dict.fromkeys(KEYS, ALL_SCOPES))
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        asyncio.run_coroutine_threadsafe(portal.start(), loop).result(10)
        monkeypatch.setenv("MIJNKLANTPORTAAL_API_KEY", portal.api_key)
        monkeypatch.setenv("MIJNKLANTPORTAAL_BASE_URL", portal.url)
        defaults = PortalSession.__init__.__kwdefaults__
        assert defaults is not None
        monkeypatch.setitem(defaults, "base_url", portal.url)
        yield portal
        asyncio.run_coroutine_threadsafe(portal.stop(), loop).result(10)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


@pytest.mark.parametrize("block", places(SCRIPTS))
def test_script(
    block: Block, portal_of_the_environment: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {"__name__": "__main__"}
    with printed() as output:
        exec(compile(block.tree(), str(block.page), "exec"), names)
        exec(compile(block.hidden_test, block.place, "exec"), names | {"sandbox": portal_of_the_environment})
    check_output(block, output.getvalue())


# --- Fragments ---------------------------------------------------------------------------------------------------


def given_names() -> dict[str, Any]:
    names: dict[str, Any] = {name: getattr(mijnklantportaal_async, name) for name in mijnklantportaal_async.__all__}
    names |= {name: getattr(sandbox, name) for name in sandbox.__all__}
    names |= {name: value for name, value in vars(events).items() if name[0].isupper()}
    names |= {"asyncio": asyncio, "logging": logging, "UTC": UTC}
    names |= {"datetime": datetime, "timedelta": timedelta, "ZoneInfo": ZoneInfo}
    return names | {"starts_at": STARTS_AT, "ends_at": ENDS_AT, "requests": some_requests(), "__name__": "__main__"}


def some_requests() -> list[NewAppointment]:
    return [
        NewAppointment(
            name="Contract extension",
            starts_at=STARTS_AT + timedelta(days=day),
            ends_at=ENDS_AT + timedelta(days=day),
            customer_id=f"cst_{day}",
        )
        for day in range(3)
    ]


@contextlib.asynccontextmanager
async def names_for(block: Block, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[dict[str, Any]]:
    """What a fragment finds: only what it names has been started."""
    names = given_names()
    wanted = free_names(block.tree()) | free_names(ast.parse(block.hidden_test))
    if not wanted & {"portal", "sandbox", "appointment"}:
        yield names
        return
    async with portal_in_sandbox() as (portal, running_sandbox):
        names |= {"portal": portal, "sandbox": running_sandbox}
        monkeypatch.setenv("MIJNKLANTPORTAAL_API_KEY", running_sandbox.api_key)
        monkeypatch.setenv("MIJNKLANTPORTAAL_BASE_URL", running_sandbox.url)
        if "appointment" in wanted:
            names["appointment"] = await portal.schedule_appointment(
                name="Contract extension", starts_at=STARTS_AT, ends_at=ENDS_AT, customer_id="cst_abcde123fgh"
            )
        yield names


async def run(tree: ast.Module, file: str, names: dict[str, Any]) -> None:
    code = compile(tree, file, "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
    result = eval(code, names)
    if inspect.isawaitable(result):
        await result


@pytest.mark.parametrize("block", places(FRAGMENTS))
async def test_fragment(block: Block, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    async with names_for(block, monkeypatch) as names:
        with printed() as output:
            await run(block.tree(), str(block.page), names)
            flags = ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
            await run(compile(block.hidden_test, block.place, "exec", flags), block.place, names)
    check_output(block, output.getvalue())


# --- Files -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "page", [pytest.param(page, id=page.name) for page in SOURCES if any(block.page == page for block in FILES)]
)
def test_files(page: Path, tmp_path: Path) -> None:
    shown = [block for block in FILES if block.page == page]
    for block in shown:
        assert block.file_name
        file = tmp_path / block.file_name
        # Several blocks may show parts of one file.
        file.write_text((file.read_text() if file.exists() else "") + block.code, encoding="utf-8")
    tests = sum(len(re.findall(r"^(?:async )?def test_", block.code, re.M)) for block in shown)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "error", str(tmp_path)]
    # Deprecated by its absence; pytest-asyncio is otherwise as its users find it.
    command += ["-o", "asyncio_default_fixture_loop_scope=function"]
    # What these tests of ours are run with takes long to begin, and has nothing to do with theirs.
    command += [f"-pno:{name}" for name in ("schemathesis", "hypothesispytest", "timeout", "xdist")]
    # Starlette's test client warns of what it is built on, which is none of ours.
    command += ["-W", "ignore:Using `httpx`", "-W", "ignore:The anyio.abc:DeprecationWarning"]
    result = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False, timeout=200)
    assert f"{tests} passed" in result.stdout, result.stdout + result.stderr
