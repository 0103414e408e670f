"""Files on their way down, over real sockets: packed, too large, and on a full disk."""

import errno
import gzip
import os
from pathlib import Path

import pytest
from byte_server import ByteServer, Conversation
from file_answers import CONTENT, cut, gives, is_empty_but, link_to, saved
from given import MakePortal

from mijnklantportaal_async import (
    DownloadError,
    MijnKlantportaalError,
)


@pytest.mark.parametrize("kind", ["gzip", "deflate", "raw deflate", "two members"])
async def test_what_is_packed_all_the_same_is_unpacked(make_portal: MakePortal, tmp_path: Path, kind: str) -> None:
    """D14: and counted on both sides."""
    import zlib

    packer = zlib.compressobj(wbits=-15)
    packed = {
        "gzip": gzip.compress(CONTENT),
        "deflate": zlib.compress(CONTENT),
        "raw deflate": packer.compress(CONTENT) + packer.flush(),
        "two members": gzip.compress(CONTENT[:1000]) + gzip.compress(CONTENT[1000:]),
    }[kind]
    told: list[tuple[int, int | None]] = []
    encoding = "deflate" if "deflate" in kind else "gzip"
    async with ByteServer(gives(packed, Content_Encoding=encoding)) as server:
        portal = make_portal(server.url)
        done = await portal.save_file(link_to(server), tmp_path / "x", progress=lambda *now: told.append(now))
        assert done.path.read_bytes() == CONTENT
        assert all(total is None for _, total in told)
        async with portal.open_file(link_to(server)) as stream:
            assert stream.size is None
            assert await stream.read() == CONTENT


@pytest.mark.parametrize("told", [{"Content_Type": "application/gzip"}, {"Content_Type": "application/octet-stream"}])
async def test_what_was_stored_packed_stays_packed(
    make_portal: MakePortal, tmp_path: Path, told: dict[str, str]
) -> None:
    packed = gzip.compress(CONTENT)
    async with ByteServer(gives(packed, Content_Encoding="gzip", **told)) as server:
        await make_portal(server.url).save_file(link_to(server, "/b/books.csv.gz?s=1"), tmp_path / "x")
    assert (tmp_path / "x").read_bytes() == packed


async def test_a_packed_file_that_drops_is_not_resumed(make_portal: MakePortal, tmp_path: Path) -> None:
    packed = gzip.compress(os.urandom(100_000))
    steps = [cut(50_000, packed, ETag='"one"', Content_Encoding="gzip"), gives(packed, Content_Encoding="gzip")]
    content, ranges = await saved(make_portal, tmp_path, *steps)
    assert (content, ranges) == (gzip.decompress(packed), ["", ""])


@pytest.mark.parametrize("is_packed", [False, True])
async def test_at_most_so_many_bytes(make_portal: MakePortal, tmp_path: Path, is_packed: bool) -> None:
    """D16: of what is declared, and of what is written."""
    body = gzip.compress(bytes(50_000_000)) if is_packed else bytes(5_000_000)
    packed = {"Content_Encoding": "gzip"} if is_packed else {}
    async with ByteServer(gives(body, **packed)) as server:
        portal = make_portal(server.url)
        with pytest.raises(DownloadError, match="more than size_limit=4000000 bytes; give a larger .*will not help"):
            await portal.save_file(link_to(server), tmp_path / "x", size_limit=4_000_000)
        assert len(server.came) == 1
        assert is_empty_but(tmp_path)

        async def without_a_length(talk: Conversation) -> None:
            await talk.answer(200, bytes(5_000_000), {"Content-Length": ""})
            talk.writer.close()

        server.steps = [without_a_length]
        with pytest.raises(DownloadError, match="size_limit"):
            await portal.save_file(link_to(server), tmp_path / "x", size_limit=4_000_000)
        assert is_empty_but(tmp_path)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a full disk is made on Linux only")
async def test_a_full_disk_is_said_as_it_is(
    make_portal: MakePortal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """D16."""
    import resource
    import signal

    async with ByteServer(gives(bytes(5_000_000))) as server:
        portal = make_portal(server.url)
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, before[1]))
        try:
            with pytest.raises(OSError) as caught:
                await portal.save_file(link_to(server), tmp_path / "x")
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
            signal.signal(signal.SIGXFSZ, handler)
        assert not isinstance(caught.value, MijnKlantportaalError)
        assert caught.value.errno == errno.EFBIG
        assert len(server.came) == 1
    assert is_empty_but(tmp_path)
