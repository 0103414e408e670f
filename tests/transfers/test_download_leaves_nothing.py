"""Files on their way down, over real sockets: secrets, and what is left."""

import asyncio
import logging
import pickle
import sys
import traceback
from pathlib import Path
from typing import Any

import pytest
from byte_server import ByteServer, Conversation, Step
from file_answers import SIGNED, cut, gives, is_empty_but, link_to
from file_sources import open_files
from given import MakePortal

from mijnklantportaal_async import (
    DownloadError,
    PortalSession,
    RetryPolicy,
)


async def test_a_link_shows_nowhere(make_portal: MakePortal, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """D15: whoever has it can read the file."""
    caplog.set_level(logging.DEBUG)
    events: list[Any] = []
    shown: list[str] = []

    async def echo(talk: Conversation) -> None:
        await talk.answer(404, f"https://files.example{talk.came.line.split()[1]}".encode())

    steps: list[Step] = [
        gives(b"x", 403),
        cut(10),
        echo,
        gives(b"", 500),
        gives(b"", 302, Location="http://x.example/?s3cr3t"),
    ]
    async with ByteServer(*steps) as server:
        portal = make_portal(server.url, hooks=[events.append], retry=RetryPolicy(attempts=1))
        for _ in range(5):
            with pytest.raises(DownloadError) as caught:
                await portal.save_file(link_to(server), tmp_path / "x")
            shown += ["".join(traceback.format_exception(caught.value)), repr(vars(caught.value))]
            assert caught.value.__cause__ is None
            assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)
    for link in (f"http://127.0.0.1:9{SIGNED}", f"http://nowhere.invalid.localhost:1{SIGNED}"):
        with pytest.raises(DownloadError) as caught:
            await make_portal("http://127.0.0.1:9/v1", retry=RetryPolicy(attempts=1)).save_file(link, tmp_path / "x")
        shown += ["".join(traceback.format_exception(caught.value)), repr(vars(caught.value))]
    assert "s3cr3t" not in "".join([*shown, *map(repr, events), caplog.text])


@pytest.mark.parametrize("when", ["before the head", "in the middle", "in a pause"])
async def test_cancelled_at_any_point_nothing_is_left(tmp_path: Path, when: str) -> None:
    reached = asyncio.Event()

    async def stand_still(talk: Conversation) -> None:
        if when == "in the middle":
            await talk.answer(200, bytes(5_000_000), {"Content-Length": "9000000"})
        reached.set()
        if when == "in a pause":
            talk.drop()
        await asyncio.Event().wait()

    async with ByteServer(stand_still) as server:
        async with PortalSession(api_key="k" * 20, base_url=server.url, rate_limit=None) as portal:
            task = asyncio.create_task(portal.save_file(link_to(server), tmp_path / "x"))
            await reached.wait()
            for _ in range(20):
                await asyncio.sleep(0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            await server.wait_until_idle()
        assert is_empty_but(tmp_path)
        if sys.platform == "linux":
            assert not [path for path in open_files() if path.startswith(str(tmp_path))]


async def test_a_closed_session_fetches_nothing(make_portal: MakePortal, tmp_path: Path) -> None:
    async with ByteServer(gives()) as server:
        portal = make_portal(server.url)
        await portal.aclose()
        with pytest.raises(RuntimeError, match="closed"):
            await portal.save_file(link_to(server), tmp_path / "x")
        with pytest.raises(RuntimeError, match="closed"):
            async with portal.open_file(link_to(server)):
                pass
