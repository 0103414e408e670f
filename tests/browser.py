"""Chromium, for tests of pages: where the machine has none they are left out, and one line at the end says so.

One program for all tests of a process, and for each of them a profile of its own: to start one takes longer than most
pages do.
"""

import asyncio
import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import AsyncGenerator, Iterator
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
    "--hide-scrollbars",
]

PATIENCE = 90.0
"""Seconds in which the program must have started, or said what it was asked."""


class Browser:
    """A program that shows pages.

    Args:
        address: Where it takes what it is asked, by its own DevTools protocol.
    """

    def __init__(self, address: str) -> None:
        self._address = address

    async def show(self, address: str, width: int = 1400, height: int = 1000) -> tuple[str, list[str]]:
        """A page as it is in the end, with its scripts three seconds old, and what it wrote to the console."""
        async with asyncio.timeout(PATIENCE), self.open() as tab:
            await tab.ask(
                "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False
            )
            await tab.ask("Emulation.setVirtualTimePolicy", policy="pause")
            await tab.ask("Page.navigate", url=address)
            await tab.ask("Emulation.setVirtualTimePolicy", policy="pauseIfNetworkFetchesPending", budget=3000)
            await tab.hear("Emulation.virtualTimeBudgetExpired")
            return await tab.run("document.documentElement.outerHTML"), await tab.complaints()

    @asynccontextmanager
    async def open(self) -> AsyncGenerator["Tab"]:
        """A tab to click in, in a profile of its own."""
        async with aiohttp.ClientSession() as http, http.ws_connect(self._address, max_msg_size=0) as socket:
            program = Tab(socket)
            profile = (await program.ask("Target.createBrowserContext"))["browserContextId"]
            target = await program.ask("Target.createTarget", url="about:blank", browserContextId=profile)
            attached = await program.ask("Target.attachToTarget", targetId=target["targetId"], flatten=True)
            tab = Tab(socket, attached["sessionId"])
            # A frame that is sealed off is a target of its own.
            await tab.ask("Target.setAutoAttach", autoAttach=True, waitForDebuggerOnStart=False, flatten=True)
            for domain in ("Page", "Log", "Runtime"):
                await tab.ask(f"{domain}.enable")
            yield tab
            await program.ask("Target.disposeBrowserContext", browserContextId=profile)


class Tab:
    """One page after the other.

    Args:
        socket: To the program.
        number: Its number for the tab; None for the program itself.
    """

    def __init__(self, socket: aiohttp.ClientWebSocketResponse, number: str | None = None) -> None:
        self._socket = socket
        self._session = {"sessionId": number} if number else {}
        self._asked = 0
        self._answers: dict[int, dict[str, Any]] = {}
        self._heard: set[str] = set()
        self._frames: list[str] = []
        self._console: list[str] = []

    async def go(self, address: str) -> str:
        """The text of a page that an address leads to."""
        await self.ask("Page.navigate", url=address)
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
        answer = await self.ask("Runtime.evaluate", expression=script, returnByValue=True)
        return answer.get("result", {}).get("value")

    async def complaints(self) -> list[str]:
        """What its pages, and the frames in them, wrote to the console."""
        while self._frames:
            # The answer comes after what was written before.
            await self._answer(await self._send("Log.enable", {"sessionId": self._frames.pop()}))
        return self._console

    async def ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        """What it answers."""
        said = await self._answer(await self._send(method, self._session, **parameters))
        assert "error" not in said, f"{method}: {said['error']}"
        answer: dict[str, Any] = said["result"]
        return answer

    async def hear(self, event: str) -> None:
        """Waits until it has happened."""
        while event not in self._heard:
            await self._receive()

    async def _send(self, method: str, session: dict[str, str], **parameters: Any) -> int:
        self._asked += 1
        await self._socket.send_json({"id": self._asked, "method": method, "params": parameters} | session)
        return self._asked

    async def _answer(self, number: int) -> dict[str, Any]:
        while number not in self._answers:
            await self._receive()
        return self._answers.pop(number)

    async def _receive(self) -> None:
        said: dict[str, Any] = await self._socket.receive_json()
        if "id" in said:
            self._answers[said["id"]] = said
            return
        self._heard.add(said["method"])
        match said["method"], said["params"]:
            case "Log.entryAdded", {"entry": {"text": text}}:
                self._console.append(text)
            case "Runtime.consoleAPICalled", {"args": arguments}:
                self._console.append(json.dumps(arguments))
            case "Target.attachedToTarget", {"sessionId": frame}:
                self._frames.append(frame)


@pytest.fixture(scope="session")
def browser_program() -> Iterator[str]:
    """The machine's own, running; where it takes what it is asked."""
    names = ("chromium", "chromium-browser", "google-chrome")
    program = next((path for path in map(shutil.which, names) if path), None)
    if program is None:
        pytest.skip(HOW_TO_GET_ONE)
    with tempfile.TemporaryDirectory(prefix="mijnklantportaal-browser-", ignore_cleanup_errors=True) as folder:
        process = subprocess.Popen(
            [program, *OPTIONS, f"--user-data-dir={folder}", "--remote-debugging-port=0", "about:blank"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            # A library that somebody pushes in before those of the tests, such as one that moves the clock, stops it.
            env={name: value for name, value in os.environ.items() if name != "LD_PRELOAD"},
        )
        try:
            yield _address(process, Path(folder) / "DevToolsActivePort")
        finally:
            process.terminate()
            process.wait()


@pytest.fixture
def browser(browser_program: str) -> Browser:
    """As if nobody had used it before."""
    return Browser(browser_program)


def _address(process: "subprocess.Popen[bytes]", place: Path) -> str:
    until = time.monotonic() + PATIENCE
    while not (place.exists() and place.read_text().count("\n")):
        assert process.poll() is None, "the browser has ended"
        assert time.monotonic() < until, "the browser does not start"
        time.sleep(0.02)
    port, path = place.read_text().split()
    return f"ws://127.0.0.1:{port}{path}"
