"""Chromium, for tests of pages: where the machine has none they are left out, and one line at the end says so."""

import asyncio
import json
import os
import shutil
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
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

    @asynccontextmanager
    async def open(self) -> AsyncGenerator["Tab"]:
        """A tab to click in, by the browser's own DevTools protocol."""
        profile = self._folder / "tab"
        # Of a browser that was open before.
        (profile / "DevToolsActivePort").unlink(missing_ok=True)
        process = await asyncio.create_subprocess_exec(
            self._program,
            *OPTIONS,
            f"--user-data-dir={profile}",
            "--remote-debugging-port=0",
            "about:blank",
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            env={name: value for name, value in os.environ.items() if name != "LD_PRELOAD"},
        )
        try:
            place = profile / "DevToolsActivePort"
            async with asyncio.timeout(90), aiohttp.ClientSession() as http:
                while not (place.exists() and place.read_text().count("\n")):
                    await asyncio.sleep(0.02)
                port = place.read_text().split()[0]
                async with http.get(f"http://127.0.0.1:{port}/json/list") as answer:
                    [address] = [one["webSocketDebuggerUrl"] for one in await answer.json() if one["type"] == "page"]
                async with http.ws_connect(address, max_msg_size=0) as socket:
                    yield Tab(socket)
        finally:
            if process.returncode is None:
                process.terminate()
            await process.wait()


class Tab:
    """One page after the other."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._number = 0

    async def go(self, address: str) -> str:
        """The text of a page that an address leads to."""
        await self._ask("Page.navigate", url=address)
        return await self.text()

    async def click(self, selector: str, then: str) -> str:
        """Clicks, and the text of the page that then has `then` in it."""
        await self.run(f"document.querySelector({json.dumps(selector)}).click()")
        return await self.text(then)

    async def text(self, has: str = "") -> str:
        """The text of the page, once it is whole and has `has` in it."""
        shown = ""
        for _ in range(1500):
            shown = await self.run("document.readyState === 'complete' ? document.body.innerText : ''") or ""
            if shown and has in shown:
                return shown
            await asyncio.sleep(0.02)
        raise AssertionError(f"{has!r} is not on the page: {shown}")

    async def run(self, script: str) -> Any:
        """The value of an expression; None while one page gives way to another."""
        answer = await self._ask("Runtime.evaluate", expression=script, returnByValue=True)
        return answer.get("result", {}).get("value")

    async def _ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        self._number += 1
        await self._socket.send_json({"id": self._number, "method": method, "params": parameters})
        while True:
            answer = await self._socket.receive_json()
            if answer.get("id") == self._number:
                result: dict[str, Any] = answer.get("result", {})
                return result


@pytest.fixture
def browser(tmp_path: Path) -> Browser:
    """The machine's own."""
    names = ("chromium", "chromium-browser", "google-chrome")
    program = next((path for path in map(shutil.which, names) if path), None)
    if program is None:
        pytest.skip(HOW_TO_GET_ONE)
    return Browser(program, tmp_path)
