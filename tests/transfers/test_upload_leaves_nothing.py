"""Files on their way up, over real sockets: whom they hold up, and what is left of them."""

import asyncio
import io
import os
import sys
import threading
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from byte_server import ByteServer, Conversation, takes
from file_sources import (
    CONTENT,
    MEGABYTE,
    Pipe,
    Sources,
    given,
    open_files,
    our_threads,
)
from given import MakePortal

from mijnklantportaal_async import (
    MijnKlantportaalError,
    PortalSession,
    RateLimit,
    Timeouts,
)


@pytest.mark.skipif(sys.platform != "linux", reason="open files are counted on Linux only")
@pytest.mark.parametrize("kind", ["path", "iterator", "pipe"])
@pytest.mark.parametrize("when", ["spooling", "leaving", "waiting"])
async def test_cancelled_at_any_point_nothing_is_left(tmp_path: Path, kind: str, when: str) -> None:
    before = open_files()
    path = tmp_path / "a.pdf"
    path.write_bytes(bytes(20 * MEGABYTE))
    reached = asyncio.Event()

    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield bytes(MEGABYTE)
            if when == "spooling":
                reached.set()
                await asyncio.Event().wait()
            if when == "leaving":
                await asyncio.sleep(0)

    async def stop(talk: Conversation) -> None:
        await talk.read(1000 if when == "leaving" else None, keep=False)
        reached.set()
        await asyncio.Event().wait()

    async with ByteServer(stop) as server:
        async with PortalSession(api_key="k" * 20, base_url=server.url, rate_limit=None) as portal:
            source: Any = {"path": path, "iterator": endless(), "pipe": Pipe(bytes(20 * MEGABYTE))}[kind]
            if kind != "iterator" and when == "spooling":
                reached.set()
            if kind == "iterator" and when != "spooling":
                source = given(bytes(20 * MEGABYTE), MEGABYTE)
            task = asyncio.create_task(portal.upload_file(source, filename="a.pdf"))
            await reached.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            await server.wait_until_idle()
        assert our_threads() == 0
        assert open_files() - before == set()


async def test_slow_pipes_hold_up_nobody_else(make_portal: MakePortal, sources: Sources) -> None:
    """U13: names are looked up, and files of disks sent, while all of the callers' pipes are silent."""
    pipes = [os.pipe() for _ in range(12)]
    async with ByteServer(takes()) as server:
        portal = make_portal(server.url)
        readers = [os.fdopen(reader, "rb", buffering=0) for reader, _ in pipes]
        waiting = [asyncio.create_task(portal.upload_file(file, filename="a.pdf")) for file in readers]
        await asyncio.sleep(0.05)
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(5):
            await loop.getaddrinfo("127.0.0.1", 80)
            await asyncio.to_thread(time.sleep, 0)
            await portal.upload_file(sources.path)
        assert len(server.came) == 1
        for _, writer in pipes:
            os.write(writer, b"at last")
            os.close(writer)
        await asyncio.gather(*waiting)
        assert [came.content for came in server.came[1:]] == [b"at last"] * 12
        for file in readers:
            assert not file.closed
            file.close()


async def test_nothing_is_read_on_the_loop(make_portal: MakePortal) -> None:
    """U17."""
    threads = set()

    class Watched(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            threads.add(threading.current_thread().name.rstrip("_0123456789"))
            return super().read(size)

    async with ByteServer(takes()) as server:
        await make_portal(server.url).upload_file(Watched(CONTENT), filename="a.pdf")
        assert server.came[0].content == CONTENT
    assert threads == {"mijnklantportaal-files"}


async def test_a_progress_function_that_fails_stops_nothing(
    make_portal: MakePortal, sources: Sources, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(sent: int, total: int | None) -> None:
        raise KeyError("mine")

    async with ByteServer(takes()) as server:
        await make_portal(server.url).upload_file(sources.path, progress=fail)
        assert server.came[0].content == CONTENT
    assert "the progress function of a.pdf failed" in caplog.text


async def test_the_rate_limit_is_asked_as_ever(make_portal: MakePortal, sources: Sources) -> None:
    async with ByteServer(takes()) as server:
        portal = make_portal(server.url, rate_limit=RateLimit(requests=1), timeouts=Timeouts(queue=0.1))
        await portal.upload_file(sources.path)
        with pytest.raises(MijnKlantportaalError, match="no call was free|Effect: not sent"):
            await portal.upload_file(sources.path)
        assert len(server.came) == 1


async def test_a_silent_pipe_does_not_hold_up_closing(make_portal: MakePortal) -> None:
    """Its thread ends when the pipe does: nobody can end it before."""
    reader, writer = os.pipe()
    with os.fdopen(reader, "rb", buffering=0) as file:
        async with ByteServer(takes()) as server:
            portal = make_portal(server.url)
            task = asyncio.create_task(portal.upload_file(file, filename="a.pdf"))
            await asyncio.sleep(0.02)
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
            came_late = threading.Event()

            def end() -> None:
                came_late.set()
                os.write(writer, b"so that a test that fails ends as well")

            late = threading.Timer(5, end)
            late.start()
            await portal.aclose()
            assert not came_late.is_set()
            late.cancel()
            late.join()
        os.close(writer)
    assert server.came == []
