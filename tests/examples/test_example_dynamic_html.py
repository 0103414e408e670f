"""The example as it stands: its page in a customer's browser, and a wish that comes back."""

from __future__ import annotations

import asyncio
import re
import signal
import sys
from pathlib import Path

import aiohttp
import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("language", "idea", "none"),
    [("en", "Rye bread on Friday", "nothing yet"), ("nl", "Roggebrood op vrijdag", "nog niets")],
)
async def test_a_wish_is_sent_and_shown_as_text(language: str, idea: str, none: str) -> None:
    command = (sys.executable, "examples/dynamic_html/app.py", "--language", language)
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=asyncio.subprocess.PIPE)
    try:
        assert process.stdout is not None
        address = (await process.stdout.readline()).decode().split()[-1]
        origin = re.match(r"http://[^/]+", address)
        assert origin
        async with aiohttp.ClientSession() as http:
            page = await (await http.get(address)).text()
            assert f'value="{idea}"' in page
            form, block = (re.search(rf'{name}="(/customers/[^"]+)"', page) for name in ("action", "src"))
            assert form
            assert block
            assert f"<li>{none}</li>" in await (await http.get(origin[0] + block[1])).text()
            headers = {"Origin": origin[0]}
            sent = await http.post(origin[0] + form[1], data={"wish": "<b>cake</b>"}, headers=headers)
            assert "Thank you" in await sent.text()
            shown = await (await http.get(origin[0] + block[1])).text()
        assert "<li>&lt;b&gt;cake&lt;/b&gt;</li>" in shown
    finally:
        process.send_signal(signal.SIGINT)
        await process.communicate()
    assert process.returncode == 0
