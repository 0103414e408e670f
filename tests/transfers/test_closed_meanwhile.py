"""A session that is closed while files are on their way, over real sockets: they end, and nothing is left."""

import asyncio
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from byte_server import ByteServer, Conversation
from file_answers import gives, is_empty_but, link_to
from file_sources import MEGABYTE, our_threads
from given import SECRET

from mijnklantportaal_async import (
    MijnKlantportaalError,
    Outcome,
    OutcomeUnknownError,
    PortalSession,
    RetryPolicy,
)


def session(url: str) -> PortalSession:
    return PortalSession(api_key=SECRET, base_url=url, rate_limit=None, retry=RetryPolicy(attempts=50))


async def no_thread_is_left() -> None:
    async with asyncio.timeout(5):
        while our_threads():
            await asyncio.sleep(0.005)


@pytest.mark.parametrize("when", ["before the head", "in the middle", "in a pause"])
async def test_a_download_ends_with_its_session(tmp_path: Path, when: str) -> None:
    reached = asyncio.Event()
    threads = set(threading.enumerate())

    async def stand_still(talk: Conversation) -> None:
        if when == "in the middle":
            await talk.answer(200, bytes(5_000_000), {"Content-Length": "9000000"})
        reached.set()
        if when == "in a pause":
            talk.drop()
        await asyncio.Event().wait()

    async with ByteServer(stand_still) as server:
        portal = session(server.url)
        task = asyncio.create_task(portal.save_file(link_to(server), tmp_path / "x"))
        await reached.wait()
        await asyncio.sleep(0.02)
        await portal.aclose()
        with pytest.raises(MijnKlantportaalError, match="closed") as caught:
            async with asyncio.timeout(5):
                await task
        assert caught.value.outcome is Outcome.NOT_SENT
        await server.wait_until_idle()
    assert is_empty_but(tmp_path)
    await no_thread_is_left()
    assert set(threading.enumerate()) <= threads


async def test_a_stream_ends_with_its_session() -> None:
    async def some(talk: Conversation) -> None:
        await talk.answer(200, bytes(1000), {"Content-Length": "9000000"})
        await asyncio.Event().wait()

    async with ByteServer(some) as server:
        portal = session(server.url)
        async with portal.open_file(link_to(server)) as stream:
            assert await anext(stream)
            await portal.aclose()
            with pytest.raises(MijnKlantportaalError, match="closed"):
                async with asyncio.timeout(5):
                    await anext(stream)
        await server.wait_until_idle()


async def test_an_upload_ends_with_its_session(tmp_path: Path) -> None:
    """It had begun to leave, so nobody knows."""
    path = tmp_path / "a.pdf"
    path.write_bytes(bytes(20 * MEGABYTE))
    reached = asyncio.Event()

    async def stall(talk: Conversation) -> None:
        await talk.read(1000, keep=False)
        reached.set()
        await asyncio.Event().wait()

    async with ByteServer(stall) as server:
        portal = session(server.url)
        task = asyncio.create_task(portal.upload_file(path))
        await reached.wait()
        await portal.aclose()
        with pytest.raises(OutcomeUnknownError, match="session was closed"):
            async with asyncio.timeout(5):
                await task
        await server.wait_until_idle()
        assert len(server.came) == 1
    await no_thread_is_left()


async def test_a_file_of_a_closed_session_is_not_begun(tmp_path: Path) -> None:
    """Closed while the place was looked at, on a thread."""
    async with ByteServer(gives()) as server:
        portal = session(server.url)
        task = asyncio.create_task(portal.save_file(link_to(server), tmp_path / "x"))
        await asyncio.sleep(0)
        await portal.aclose()
        with pytest.raises((MijnKlantportaalError, RuntimeError), match="closed"):
            await task
        assert server.connections_accepted == 0
    await no_thread_is_left()
    assert is_empty_but(tmp_path)


async def test_a_source_that_never_ends_ends_with_its_session() -> None:
    async def silent() -> AsyncIterator[bytes]:
        yield b"x"
        await asyncio.Event().wait()

    portal = session("http://127.0.0.1:9/v1")
    task = asyncio.create_task(portal.upload_file(silent(), filename="a"))
    await asyncio.sleep(0.02)
    await portal.aclose()
    with pytest.raises(MijnKlantportaalError, match="closed while its file was read") as caught:
        async with asyncio.timeout(5):
            await task
    assert caught.value.outcome is Outcome.NOT_SENT
    await no_thread_is_left()
