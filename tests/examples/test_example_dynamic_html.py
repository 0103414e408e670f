"""The example as it stands: its page in a customer's browser, and a wish that comes back."""

from __future__ import annotations

import asyncio
import re
import signal
import sys
from pathlib import Path

import aiohttp

ROOT = Path(__file__).parents[2]


async def test_a_wish_is_sent_and_shown_as_text() -> None:
    command = (sys.executable, "examples/dynamic_html/app.py")
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=asyncio.subprocess.PIPE)
    try:
        assert process.stdout is not None
        address = (await process.stdout.readline()).decode().split()[-1]
        origin = re.match(r"http://[^/]+", address)
        assert origin
        async with aiohttp.ClientSession() as http:
            page = await (await http.get(address)).text()
            assert 'value="Rye bread on Friday"' in page
            form, block = (re.search(rf'{name}="(/customers/[^"]+)"', page) for name in ("action", "src"))
            assert form
            assert block
            headers = {"Origin": origin[0]}
            sent = await http.post(origin[0] + form[1], data={"wish": "<b>cake</b>"}, headers=headers)
            assert "Thank you" in await sent.text()
            shown = await (await http.get(origin[0] + block[1])).text()
        assert "<li>&lt;b&gt;cake&lt;/b&gt;</li>" in shown
    finally:
        process.send_signal(signal.SIGINT)
        await process.communicate()
    assert process.returncode == 0
