"""Chromium, for tests of pages: where the machine has none they are left out, and one line at the end says so."""

import asyncio
import os
import shutil
from pathlib import Path

import pytest

HOW_TO_GET_ONE = "There is no browser for the tests of pages: `apt-get install chromium` brings one"

OPTIONS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


class Browser:
    """A program that shows pages.

    Args:
        program: Its path.
        folder: For what it keeps.
    """

    def __init__(self, program: str, folder: Path) -> None:
        self._program = program
        self._folder = folder

    async def show(self, address: str, *options: str) -> tuple[str, list[str]]:
        """A page as it is in the end, with its scripts three seconds old, and what it wrote to the console."""
        process = await asyncio.create_subprocess_exec(
            self._program,
            *OPTIONS,
            f"--user-data-dir={self._folder / 'browser'}",
            "--virtual-time-budget=3000",
            "--enable-logging=stderr",
            "--dump-dom",
            *options,
            address,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            # A library that somebody pushes in before those of the tests, such as one that moves the clock, stops it.
            env={name: value for name, value in os.environ.items() if name != "LD_PRELOAD"},
        )
        async with asyncio.timeout(90):
            shown, log = await process.communicate()
        return shown.decode(), [line for line in log.decode(errors="replace").splitlines() if "CONSOLE" in line]


@pytest.fixture
def browser(tmp_path: Path) -> Browser:
    """The machine's own."""
    names = ("chromium", "chromium-browser", "google-chrome")
    program = next((path for path in map(shutil.which, names) if path), None)
    if program is None:
        pytest.skip(HOW_TO_GET_ONE)
    return Browser(program, tmp_path)
