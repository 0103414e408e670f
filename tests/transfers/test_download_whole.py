"""Files on their way down, over real sockets: whole, or not at all."""

import asyncio
import base64
import gzip
import hashlib
from pathlib import Path

import pytest
from byte_server import ByteServer, Conversation, Step
from file_answers import CONTENT, SIGNED, cut, gives, is_empty_but, link_to, portal_with_links, record
from given import MakePortal

from mijnklantportaal_async import (
    DownloadError,
)


@pytest.mark.parametrize(
    "bad",
    [
        cut(1000),
        cut(0),
        gives(b"<Error>AccessDenied</Error>", 403),
        gives(b"gone", 404),
        gives(b"", 500),
        gives(b"", 204),
        gives(CONTENT[:10], 206, Content_Range="bytes 0-9/502000"),
        gives(CONTENT, 200, Content_Range="bytes 0-9/10"),
        gives(CONTENT, 200, Content_MD5=base64.b64encode(bytes(16)).decode()),
        gives(CONTENT, 200, Content_Encoding="br"),
        gives(CONTENT, 200, Content_Encoding="gzip"),
        gives(gzip.compress(CONTENT)[:-6], 200, Content_Encoding="gzip"),
    ],
)
@pytest.mark.parametrize("is_there", [False, True])
async def test_a_failure_leaves_what_was_there(
    make_portal: MakePortal, tmp_path: Path, bad: Step, is_there: bool
) -> None:
    """D7, D8, D9, D14: and no file that is half one, or an error page."""
    target = tmp_path / "x.pdf"
    if is_there:
        target.write_bytes(b"before")
    async with ByteServer(bad) as server:
        with pytest.raises(DownloadError):
            await make_portal(server.url).save_file(link_to(server), target, replace=True)
    assert is_empty_but(tmp_path, *(["x.pdf"] if is_there else []))
    assert not is_there or target.read_bytes() == b"before"


async def test_nothing_is_overwritten_unless_asked(make_portal: MakePortal, tmp_path: Path) -> None:
    target = tmp_path / "x.pdf"
    target.write_bytes(b"before")
    async with ByteServer(gives()) as server:
        portal = make_portal(server.url)
        with pytest.raises(FileExistsError, match="replace=True"):
            await portal.save_file(link_to(server), target)
        assert server.connections_accepted == 0
        await portal.save_file(link_to(server), target, replace=True)
        assert target.read_bytes() == CONTENT
    target.unlink()

    async def meanwhile(talk: Conversation) -> None:
        target.write_bytes(b"of somebody else")
        await talk.answer(200, CONTENT)

    async with ByteServer(meanwhile) as server:
        with pytest.raises(FileExistsError):
            await make_portal(server.url).save_file(link_to(server), target)
    assert target.read_bytes() == b"of somebody else"
    assert is_empty_but(tmp_path, "x.pdf")


async def test_there_has_to_be_a_directory(make_portal: MakePortal, tmp_path: Path) -> None:
    async with ByteServer(gives()) as server:
        with pytest.raises(FileNotFoundError, match="no directory"):
            await make_portal(server.url).save_file(link_to(server), tmp_path / "none" / "x.pdf")
        assert server.connections_accepted == 0


async def test_of_two_to_one_place_one_is_there_whole(make_portal: MakePortal, tmp_path: Path) -> None:
    """D11."""
    bodies = [bytes([number]) * 3_000_000 for number in range(6)]

    async def one_of_them(talk: Conversation) -> None:
        await talk.answer(200, bodies[int(talk.came.line.partition("?n=")[2][0])])

    async with ByteServer(one_of_them) as server:
        portal = make_portal(server.url)
        await asyncio.gather(
            *(portal.save_file(link_to(server, f"/a?n={n}"), tmp_path / "x", replace=True) for n in range(6))
        )
    assert (tmp_path / "x").read_bytes() in bodies
    assert is_empty_but(tmp_path, "x")


async def test_a_page_in_place_of_a_file_is_an_error(make_portal: MakePortal, tmp_path: Path) -> None:
    """D9: where the record says what it is."""
    page = gives(b"<html>Log in</html>", Content_Type="text/html; charset=utf-8")
    async with ByteServer(page) as files, ByteServer(portal_with_links((files, SIGNED))) as api:
        with pytest.raises(DownloadError, match=r"a page \(text/html\) in place of the file \(application/pdf\)"):
            await make_portal(api.url).save_file(record(), tmp_path / "x.pdf")
    assert is_empty_but(tmp_path)


async def test_a_refusal_shows_what_it_says(make_portal: MakePortal, tmp_path: Path) -> None:
    async with ByteServer(gives(f"No such key: {SIGNED}".encode(), 404)) as server:
        with pytest.raises(DownloadError, match="answered 404") as caught:
            await make_portal(server.url).save_file(link_to(server), tmp_path / "x.pdf")
        assert caught.value.status == 404
        assert "No such key" in caught.value.body
        assert "s3cr3t" not in caught.value.body


async def test_without_a_length_the_record_tells(make_portal: MakePortal, tmp_path: Path) -> None:
    """D7: of what ends with the connection."""

    async def until_the_end(talk: Conversation) -> None:
        await talk.answer(200, CONTENT[:6000], {"Content-Length": "", "Connection": "close"})
        talk.writer.close()

    async with ByteServer(until_the_end) as files, ByteServer(portal_with_links((files, SIGNED))) as api:
        portal = make_portal(api.url)
        with pytest.raises(DownloadError, match="broke off after 6000 of 502000 bytes"):
            await portal.save_file(record(), tmp_path / "x.pdf")
        assert is_empty_but(tmp_path)
        saved = await portal.save_file(link_to(files), tmp_path / "y.pdf")
        assert not saved.is_verified
        saved = await portal.save_file(record(size=6000), tmp_path / "z.pdf")
        assert saved.is_verified


async def test_a_file_of_another_size_than_the_record_says(make_portal: MakePortal, tmp_path: Path) -> None:
    async with ByteServer(gives(CONTENT[:-1])) as files, ByteServer(portal_with_links((files, SIGNED))) as api:
        with pytest.raises(DownloadError, match="has 501999 bytes of it; the portal says 502000"):
            await make_portal(api.url).save_file(record(), tmp_path / "x.pdf")
        assert is_empty_but(tmp_path)


def b64(algorithm: str) -> str:
    return base64.b64encode(hashlib.new(algorithm, CONTENT).digest()).decode()


@pytest.mark.parametrize(
    "headers",
    [
        {"Content_MD5": b64("md5")},
        {"Digest": f"sha-256={b64('sha256')}"},
        {"Repr_Digest": f"sha-512=:{b64('sha512')}:"},
        {"x_amz_checksum_sha256": b64("sha256")},
        {"x_goog_hash": f"crc32c=AAAAAA==,md5={b64('md5')}"},
    ],
)
async def test_a_checksum_is_compared(make_portal: MakePortal, tmp_path: Path, headers: dict[str, str]) -> None:
    wrong = CONTENT[:-1] + b"!"
    async with ByteServer(gives(wrong, **headers), gives(CONTENT, **headers)) as server:
        portal = make_portal(server.url)
        await portal.save_file(link_to(server), tmp_path / "x")
        assert (tmp_path / "x").read_bytes() == CONTENT
        assert len(server.came) == 2
        server.steps = [gives(wrong, **headers)]
        with pytest.raises(DownloadError, match="checksum"):
            await portal.save_file(link_to(server), tmp_path / "y")
        assert is_empty_but(tmp_path, "x")
