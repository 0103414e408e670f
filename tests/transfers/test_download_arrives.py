"""Files on their way down, over real sockets: they arrive."""

import os
import stat
import sys
from pathlib import Path

import pytest
from byte_server import ByteServer, Conversation
from file_answers import CONTENT, cut, gives, is_empty_but, link_to
from given import MakePortal

from mijnklantportaal_async import (
    DownloadError,
    RetryPolicy,
)
from mijnklantportaal_async.testing import portal_in_sandbox


@pytest.mark.parametrize("size", [0, 1, 2 << 20, (2 << 20) + 1, 3_000_000])
async def test_a_file_arrives_whole(make_portal: MakePortal, tmp_path: Path, size: int) -> None:
    """D17: empty files as well, and no range is asked for."""
    body = (CONTENT * 6)[:size]
    told: list[tuple[int, int | None]] = []
    async with ByteServer(gives(body)) as server:
        portal = make_portal(server.url)
        saved = await portal.save_file(link_to(server), tmp_path / "x.pdf", progress=lambda *now: told.append(now))
        assert (saved.path, saved.size, saved.content_type) == (tmp_path / "x.pdf", size, "application/pdf")
        assert saved.is_verified
        assert saved.path.read_bytes() == body
        assert "range" not in server.came[0].headers
        assert is_empty_but(tmp_path, "x.pdf")
    assert (told[0], told[-1]) == ((0, size), (size, size))
    if sys.platform != "win32":
        mask = os.umask(0)
        os.umask(mask)
        assert stat.S_IMODE(saved.path.stat().st_mode) == 0o666 & ~mask


async def test_many_small_pieces_arrive_whole(make_portal: MakePortal, tmp_path: Path) -> None:
    """More of them than a system writes at once."""

    async def crumbs(talk: Conversation) -> None:
        talk.writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for start in range(0, 30_000, 10):
            talk.writer.write(b"a\r\n" + CONTENT[start : start + 10] + b"\r\n")
        talk.writer.write(b"0\r\n\r\n")

    async with ByteServer(crumbs) as server:
        saved = await make_portal(server.url).save_file(link_to(server), tmp_path / "x.pdf")
        assert saved.path.read_bytes() == CONTENT[:30_000]
        assert saved.is_verified


@pytest.mark.skipif(sys.platform != "linux", reason="how large a file may become is said on Unix only")
async def test_what_is_written_in_part_is_no_file(make_portal: MakePortal, tmp_path: Path) -> None:
    """The system takes some of it at first, and the rest not: that is told, and nothing is kept."""
    import resource

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    async with ByteServer(gives(CONTENT)) as server:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))
        try:
            with pytest.raises(OSError, match="too large"):
                await make_portal(server.url).save_file(link_to(server), tmp_path / "x.pdf")
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
        assert is_empty_but(tmp_path)


async def test_a_link_leaves_byte_for_byte(make_portal: MakePortal, tmp_path: Path) -> None:
    """Who signed it signed these bytes."""
    path = "/b/%7Ea%2fb/f%C3%A9%20x.pdf?sig=a%2Bb%2F%3D&x=%41;y"
    async with ByteServer(gives()) as server:
        await make_portal(server.url).save_file(link_to(server, path), tmp_path / "x.pdf")
        assert server.came[0].line == f"GET {path} HTTP/1.1"


async def test_what_the_sandbox_keeps_comes_back(tmp_path: Path) -> None:
    async with portal_in_sandbox(rate_limit=None) as (portal, sandbox):
        stored = await portal.upload_file(CONTENT, filename="a.pdf")
        for source in (stored, stored.id, await portal.download_file(stored.id)):
            saved = await portal.save_file(source, tmp_path / "a.pdf", replace=True)
            assert saved.path.read_bytes() == CONTENT
        async with portal.open_file(stored.id) as stream:
            assert (stream.name, stream.size) == ("a.pdf", len(CONTENT))
            assert await stream.read() == CONTENT
        assert not any(download.had_key for download in sandbox.downloads)


async def test_piece_by_piece(make_portal: MakePortal) -> None:
    async with ByteServer(gives(), cut(1000), gives(b"<html>", Content_Type="text/html")) as server:
        portal = make_portal(server.url, retry=RetryPolicy(attempts=1))
        async with portal.open_file(link_to(server)) as stream:
            pieces = [piece async for piece in stream]
        assert b"".join(pieces) == CONTENT
        assert (stream.name, stream.size, stream.content_type) == ("a.pdf", len(CONTENT), "application/pdf")
        with pytest.raises(DownloadError, match="broke off"):
            async with portal.open_file(link_to(server)) as stream:
                await stream.read()
        async with portal.open_file(link_to(server)) as stream:
            pass  # left before it was read


async def test_left_in_the_middle_the_connection_ends(make_portal: MakePortal) -> None:
    async with ByteServer(gives(bytes(30 << 20))) as server:
        portal = make_portal(server.url)
        async with portal.open_file(link_to(server)) as stream:
            async for _ in stream:
                break
        await server.wait_until_idle()
