"""The tests leave nothing behind: no process, no port, no file outside of folders of their own.

Home and the folder for temporary files are the run's own, so that nothing can get in among those of a person. What is
still there when all tests have ended fails the run, by name.
"""

import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

RUN = "MIJNKLANTPORTAAL_TEST_RUN"
"""Every process of a run has it in its environment."""

OF_OTHERS = {".cache", ".config", ".dbus", ".local", ".pki", ".pytest_cache", ".hypothesis", "__pycache__"}
"""Made at home or beside the tests by the browser, pytest and Python themselves."""

PATIENCE = 10.0
"""Seconds in which what was told to end must be gone."""


def processes_of(run: str) -> Iterator[tuple[int, str]]:
    """Number and command of each process that a run has started, but for this one. Linux only."""
    mark = f"{RUN}={run}".encode()
    for folder in Path("/proc").glob("[0-9]*"):
        if folder.name == str(os.getpid()):
            continue
        try:
            if mark in (folder / "environ").read_bytes().split(b"\0"):
                command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                # Without a command it is dead, and waits for its parent to hear of it.
                if command:
                    yield int(folder.name), command.strip()
        except OSError:
            continue


def ports_of_this_process() -> list[int]:
    """On which it listens. Linux only."""
    sockets = set()
    for entry in Path("/proc/self/fd").iterdir():
        try:
            sockets.add(entry.readlink().name)
        except OSError:
            continue
    found = []
    for table in (Path("/proc/net/tcp"), Path("/proc/net/tcp6")):
        for line in table.read_text().splitlines()[1:] if table.exists() else ():
            parts = line.split()
            if parts[3] == "0A" and f"socket:[{parts[9]}]" in sockets:
                found.append(int(parts[1].rpartition(":")[2], 16))
    return found


def files_in(folder: Path) -> set[str]:
    """What lies in a folder, but for what others put there."""
    return {entry.name for entry in folder.iterdir()} - OF_OTHERS


def compiled() -> set[Path]:
    """Folders with compiled modules of this project."""
    rooms = ("mijnklantportaal_async", "tests", "examples", "benchmarks", "docs")
    return {folder for room in rooms for folder in (ROOT / room).rglob("__pycache__")}


class Watch:
    """Looks after a whole run, from the process that began it."""

    def __init__(self) -> None:
        self._before = dict(os.environ)
        self._folder = Path(tempfile.mkdtemp(prefix="mijnklantportaal-tests-"))
        # The server of the databases runs as somebody else.
        self._folder.chmod(0o755)
        self._run = self._folder.name
        self._files = files_in(ROOT)
        self._ports = self._listening()
        home, temporary = self._folder / "home", self._folder / "tmp"
        home.mkdir()
        temporary.mkdir()
        # Where a test failed, its own folder is kept for a look, where pytest always keeps them.
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", tempfile.gettempdir())
        os.environ |= {RUN: self._run, "HOME": str(home), "TMPDIR": str(temporary)}
        # A hundred processes would each compile everything anew. Where somebody does not want that kept, it is not.
        self._compiled = None if os.environ.pop("PYTHONDONTWRITEBYTECODE", "") == "" else compiled()
        for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME"):
            os.environ.pop(name, None)
        tempfile.tempdir = None

    def what_is_left(self) -> list[str]:
        """In words; empty where all is as it was."""
        home, temporary = self._folder / "home", self._folder / "tmp"
        data = home / ".local" / "share" / "mijnklantportaal"
        files = [
            *(
                temporary / name
                for name in files_in(temporary)
                if not name.startswith((".org.chromium", "org.chromium", ".com.google"))
            ),
            *(home / name for name in files_in(home)),
            *([data] if data.exists() else []),
            *(ROOT / name for name in files_in(ROOT) - self._files if not name.startswith(".coverage")),
        ]
        return [
            *(f"process {number}: {command}" for number, command in self._processes()),
            *(f"port {port}" for port in self._listening() if port not in self._ports),
            *(f"file {path}" for path in files),
        ]

    def end(self) -> None:
        """Removes the folders."""
        shutil.rmtree(self._folder, ignore_errors=True)
        for folder in set() if self._compiled is None else compiled() - self._compiled:
            shutil.rmtree(folder, ignore_errors=True)
        os.environ.clear()
        os.environ |= self._before
        tempfile.tempdir = None

    def _processes(self) -> list[tuple[int, str]]:
        if sys.platform != "linux":
            return []
        until = time.monotonic() + PATIENCE
        while (left := list(processes_of(self._run))) and time.monotonic() < until:
            time.sleep(0.05)
        return left

    def _listening(self) -> list[int]:
        return ports_of_this_process() if sys.platform == "linux" else []


def begin(config: pytest.Config) -> None:
    """Sets it up, but in the workers: they are the run's processes themselves."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        # A shell that runs the tests in the background has it ignored by all of their processes.
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if not hasattr(config, "workerinput") and not config.option.collectonly:
        config.stash[WATCH] = Watch()


def finish(session: pytest.Session) -> None:
    """Fails the run where something is left."""
    watch = session.config.stash.get(WATCH, None)
    if watch is None:
        return
    left = watch.what_is_left()
    watch.end()
    if left:
        reporter = session.config.pluginmanager.get_plugin("terminalreporter")
        if reporter is not None:
            reporter.write_line("")
            for line in left:
                reporter.write_line(f"LEFT BEHIND {line}", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


WATCH = pytest.StashKey[Watch]()
