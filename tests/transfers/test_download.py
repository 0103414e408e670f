"""Files on their way down, over real sockets: what leaves this machine, what is kept, what is no whole file."""

import asyncio
import base64
import errno
import gzip
import hashlib
import logging
import os
import pickle
import stat
import sys
import traceback
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from byte_server import ByteServer, Conversation, Step
from given import SECRET, MakePortal

from mijnklantportaal_async import (
    CloudFile,
    DownloadError,
    FileOrDirectory,
    FileType,
    LinkExpiredError,
    MijnKlantportaalError,
    PortalSession,
    RetryPolicy,
    Timeouts,
)
from mijnklantportaal_async.calling.saving import safe_name
from mijnklantportaal_async.testing import portal_in_sandbox

CONTENT = bytes(range(251)) * 2000
SIGNED = "/b/a.pdf?X-Signature=s3cr3t-of-the-link%2Fa%20b"


def gives(body: bytes = CONTENT, status: int = 200, **headers: str) -> Step:
    async def step(talk: Conversation) -> None:
        told = {name.replace("_", "-"): value for name, value in headers.items()}
        await talk.answer(status, body, {"Content-Type": "application/pdf"} | told)

    return step


def cut(at: int, body: bytes = CONTENT, **headers: str) -> Step:
    """Promises all of it, and brings some."""

    async def step(talk: Conversation) -> None:
        told = {name.replace("_", "-"): value for name, value in headers.items()}
        await talk.answer(200, body[:at], {"Content-Length": str(len(body))} | told)
        talk.writer.close()

    return step


def part(start: int, total: int = len(CONTENT), body: bytes | None = None, **headers: str) -> Step:
    whole = CONTENT[start:] if body is None else body
    return gives(whole, 206, Content_Range=f"bytes {start}-{total - 1}/{total}", **headers)


def record(**changes: Any) -> FileOrDirectory:
    made = {"id": "fsf_1", "type": FileType.FILE, "name": "a.pdf", "mime": "application/pdf", "size": len(CONTENT)}
    return FileOrDirectory(**made | {"created_at": datetime(2027, 3, 5, tzinfo=UTC)} | changes)


def link_to(server: ByteServer, path: str = SIGNED) -> CloudFile:
    return CloudFile(link=server.origin + path, expires_at=datetime(2027, 3, 5, tzinfo=UTC))


def portal_with_links(*servers_and_paths: tuple[ByteServer, str]) -> Step:
    """A portal that makes links, one after the other."""
    made = list(servers_and_paths)

    async def step(talk: Conversation) -> None:
        server, path = made.pop(0) if len(made) > 1 else made[0]
        link = {"link": server.origin + path, "expiresAt": "2027-03-05T14:30:00+01:00"}
        await talk.answer(200, link)

    return step


def is_empty_but(folder: Path, *names: str) -> bool:
    return {entry.name for entry in folder.iterdir()} == set(names)


# --- It arrives --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [0, 1, 1 << 20, (1 << 20) + 1, 3_000_000])
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
        await server.wait_until_idle() if server.open > 1 else None


async def test_left_in_the_middle_the_connection_ends(make_portal: MakePortal) -> None:
    async with ByteServer(gives(bytes(30 << 20))) as server:
        portal = make_portal(server.url)
        async with portal.open_file(link_to(server)) as stream:
            async for _ in stream:
                break
        await server.wait_until_idle()


# --- Another host ------------------------------------------------------------------------------------------------

_OURS = {"host", "accept", "accept-encoding", "user-agent", "range", "if-range"}


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_another_host_gets_nothing_of_the_portals(
    make_portal: MakePortal, tmp_path: Path, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """D1, D2: whosever session is used, through any redirect."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login jan password from-the-netrc\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    async with ByteServer(gives()) as storage:
        moved = gives(b"", status, Location=storage.origin + "/elsewhere?sig=2")
        async with (
            ByteServer(moved) as first,
            aiohttp.ClientSession(
                headers={"X-Api-Key": "of-the-session", "Authorization": "Basic abc"},
                cookies={"cookie": "of-the-session"},
                trust_env=True,
            ) as http,
        ):
            for number, settings in enumerate(({}, {"http": http}, {"user_agent": "OurBooks/1.0"})):
                portal = make_portal(first.url, **settings)
                await portal.save_file(link_to(first), tmp_path / f"{number}.pdf")
            assert len(first.came) == len(storage.came) == 3
            for came in [*first.came, *storage.came]:
                assert set(came.headers) <= _OURS
                assert came.headers["accept-encoding"] == "identity"
                shown = repr(came)
                assert not any(secret in shown for secret in (SECRET, "of-the-session", "netrc", "OurBooks"))


async def test_cookies_of_a_host_are_not_kept(make_portal: MakePortal, tmp_path: Path) -> None:
    async with ByteServer(gives(Set_Cookie="a=b")) as server:
        portal = make_portal(server.url)
        for name in ("1", "2"):
            await portal.save_file(link_to(server), tmp_path / name)
        assert "cookie" not in server.came[1].headers


@pytest.mark.parametrize(
    ("link", "says"),
    [
        ("ftp://127.0.0.1/a", "no https"),
        ("file:///etc/passwd", "no https"),
        ("https://jan:secret@files.example/a.pdf", "user name"),
        ("http://files.example/a.pdf", "without TLS"),
    ],
)
async def test_where_a_link_may_not_lead(make_portal: MakePortal, tmp_path: Path, link: str, says: str) -> None:
    with pytest.raises(DownloadError, match=says) as caught:
        await make_portal("http://127.0.0.1:9/v1").save_file(link, tmp_path / "a.pdf")
    assert "secret" not in str(caught.value)
    with pytest.raises(DownloadError, match="TLS"):
        await make_portal("https://127.0.0.2:9/v1").save_file("http://files.example/a.pdf", tmp_path / "a.pdf")
    async with ByteServer(gives(b"", 302, Location=link)) as server:
        with pytest.raises(DownloadError, match=says):
            await make_portal(server.url).save_file(link_to(server), tmp_path / "a.pdf")
        assert len(server.came) == 1
    assert is_empty_but(tmp_path)


async def test_a_portal_elsewhere_has_no_links_to_this_machine(make_portal: MakePortal, tmp_path: Path) -> None:
    async with ByteServer(gives()) as server:
        with pytest.raises(DownloadError, match="without TLS"):
            await make_portal("https://portal.example/v1").save_file(link_to(server), tmp_path / "a.pdf")
        assert server.connections == 0


async def test_redirects_come_to_an_end(make_portal: MakePortal, tmp_path: Path) -> None:
    async with ByteServer(gives(b"", 302, Location="/again")) as server:
        with pytest.raises(DownloadError, match="again and again"):
            await make_portal(server.url).save_file(link_to(server), tmp_path / "a.pdf")
        assert len(server.came) == 6


@pytest.mark.parametrize("status", [401, 403, 429])
async def test_what_a_host_says_is_not_said_of_the_portal(make_portal: MakePortal, tmp_path: Path, status: int) -> None:
    headers = {"X-RateLimit-Remaining": "0", "X-RateLimit-Limit": "1", "Retry-After": "3000"}

    async def refuse(talk: Conversation) -> None:
        await talk.answer(status, b"no", headers)

    async with ByteServer(refuse) as server:
        from mijnklantportaal_async import RateLimit

        portal = make_portal(server.url, rate_limit=RateLimit())
        before = portal.rate_limit
        with pytest.raises(DownloadError) as caught:
            await portal.save_file(link_to(server), tmp_path / "a.pdf")
        assert not isinstance(caught.value, LookupError)
        assert (portal.rate_limit.limit, portal.rate_limit.remaining) == (before.limit, before.remaining)
        assert caught.value.host == "127.0.0.1"


# --- Whole or not at all -----------------------------------------------------------------------------------------


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
        assert server.connections == 0
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
        assert server.connections == 0


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


# --- Resumed, or begun anew --------------------------------------------------------------------------------------


async def saved(make_portal: MakePortal, folder: Path, *steps: Step) -> tuple[bytes, list[str]]:
    """What is on the disk in the end, and the ranges that were asked for."""
    async with ByteServer(*steps) as server:
        await make_portal(server.url).save_file(link_to(server), folder / "x.pdf")
        assert is_empty_but(folder, "x.pdf")
        return (folder / "x.pdf").read_bytes(), [came.headers.get("range", "") for came in server.came]


async def test_what_is_certainly_the_same_goes_on(make_portal: MakePortal, tmp_path: Path) -> None:
    cuts = [cut(200_000, ETag='"one"'), part(200_000, ETag='"one"')]
    assert await saved(make_portal, tmp_path, *cuts) == (CONTENT, ["", "bytes=200000-"])


@pytest.mark.parametrize(
    "second",
    [
        gives(CONTENT, ETag='"one"'),
        gives(CONTENT, ETag='"two"'),
        part(200_000, ETag='"two"'),
        part(199_999),
        part(200_000, total=len(CONTENT) + 1),
        part(0, ETag='"one"'),
        gives(CONTENT[200_000:], 206),
        gives(CONTENT, 200, Content_Range=f"bytes 200000-501999/{len(CONTENT)}"),
        gives(b"", 416, Content_Range=f"bytes */{len(CONTENT)}"),
        gives(b"", 416, Content_Range="bytes */200000"),
        gives(gzip.compress(CONTENT[200_000:]), 206, Content_Encoding="gzip"),
    ],
)
async def test_anything_else_is_begun_anew(make_portal: MakePortal, tmp_path: Path, second: Step) -> None:
    """D3, D17."""
    content, ranges = await saved(make_portal, tmp_path, cut(200_000, ETag='"one"'), second, gives())
    assert content == CONTENT
    assert ranges[:2] == ["", "bytes=200000-"]
    assert ranges[2:] in ([], [""])


@pytest.mark.parametrize("headers", [{}, {"ETag": 'W/"one"'}, {"Last_Modified": "Fri, 05 Mar 2027 14:30:00 GMT"}])
async def test_without_proof_nothing_is_put_together(
    make_portal: MakePortal, tmp_path: Path, headers: dict[str, str]
) -> None:
    content, ranges = await saved(make_portal, tmp_path, cut(200_000, **headers), gives(**headers))
    assert (content, ranges) == (CONTENT, ["", ""])


async def test_another_version_takes_the_place_of_the_first(make_portal: MakePortal, tmp_path: Path) -> None:
    """It is shorter than what was there already."""
    content, ranges = await saved(make_portal, tmp_path, cut(400_000, ETag='"one"'), gives(b"the other", ETag='"two"'))
    assert (content, ranges) == (b"the other", ["", "bytes=400000-"])


async def test_large_files_go_on_too(make_portal: MakePortal, tmp_path: Path) -> None:
    whole = CONTENT * 24

    async def some_more(talk: Conversation) -> None:
        """What was asked for, and then it breaks off."""
        asked = talk.came.headers.get("range")
        start = 0 if asked is None else int(asked.removeprefix("bytes=").removesuffix("-"))
        assert asked is None or talk.came.headers["if-range"] == '"one"'
        told = {"ETag": '"one"', "Content-Length": str(len(whole) - start)}
        if asked is not None:
            told["Content-Range"] = f"bytes {start}-{len(whole) - 1}/{len(whole)}"
        await talk.answer(200 if asked is None else 206, whole[start : start + 1_500_000], told)
        talk.writer.close()

    content, ranges = await saved(make_portal, tmp_path, some_more)
    assert content == whole
    # More drops than attempts: what goes on is not given up.
    assert len(ranges) > 6


async def test_what_never_comes_is_given_up(make_portal: MakePortal, tmp_path: Path) -> None:
    async with ByteServer(cut(1000)) as server:
        with pytest.raises(DownloadError, match=r"broke off.*at the 4\. try"):
            await make_portal(server.url).save_file(link_to(server), tmp_path / "x")
        assert len(server.came) == 4


async def test_silence_is_given_up(make_portal: MakePortal, tmp_path: Path) -> None:
    async def stall(talk: Conversation) -> None:
        await talk.answer(200, CONTENT[:1000], {"Content-Length": str(len(CONTENT))})
        await asyncio.Event().wait()

    async with ByteServer(stall) as server:
        portal = make_portal(server.url, timeouts=Timeouts(attempt=0.1), retry=RetryPolicy(attempts=2))
        with pytest.raises(DownloadError, match="nothing came for too long|Timeout"):
            await portal.save_file(link_to(server), tmp_path / "x")
        assert len(server.came) == 2
        await server.wait_until_idle()
    assert is_empty_but(tmp_path)


async def test_slow_is_not_silent(make_portal: MakePortal, tmp_path: Path) -> None:
    async def slowly(talk: Conversation) -> None:
        await talk.answer(200, b"", {"Content-Length": "20"})
        for _ in range(20):
            await asyncio.sleep(0.05)
            talk.writer.write(b"x")

    async with ByteServer(slowly) as server:
        portal = make_portal(server.url, timeouts=Timeouts(queue=0.2, attempt=0.2, call=0.3))
        await portal.save_file(link_to(server), tmp_path / "x")
    assert (tmp_path / "x").read_bytes() == b"x" * 20


# --- Links that are over -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [401, 403, 410])
async def test_a_dead_link_says_how_to_make_another(make_portal: MakePortal, tmp_path: Path, status: int) -> None:
    """D13."""
    async with ByteServer(gives(b"Request has expired", status)) as server:
        with pytest.raises(LinkExpiredError, match="download_file") as caught:
            await make_portal(server.url).save_file(link_to(server), tmp_path / "x")
        assert caught.value.status == status
        assert len(server.came) == 1
    assert is_empty_but(tmp_path)


@pytest.mark.parametrize("kind", ["id", "record", "function"])
async def test_one_fresh_link_is_made(make_portal: MakePortal, tmp_path: Path, kind: str) -> None:
    dead = gives(b"expired", 403)
    async with ByteServer(dead, gives()) as files:  # noqa: SIM117
        async with ByteServer(portal_with_links((files, "/1"), (files, "/2"))) as api:
            portal = make_portal(api.url)
            sources: dict[str, Any] = {
                "id": "fsf_1",
                "record": record(),
                "function": lambda: portal.download_agreement_document("agr_1", "agd_1"),
            }
            done = await portal.save_file(sources[kind], tmp_path / "x")
            assert done.path.read_bytes() == CONTENT
            assert [came.line.split()[1] for came in files.came] == ["/1", "/2"]
            files.steps = [dead]
            with pytest.raises(LinkExpiredError, match="also with a new link"):
                await portal.save_file(sources[kind], tmp_path / "y")
            assert len(files.came) == 4
            assert len(api.came) == 4


async def test_a_link_that_ends_in_the_middle_is_made_anew_and_goes_on(make_portal: MakePortal, tmp_path: Path) -> None:
    steps = [cut(200_000, ETag='"one"'), gives(b"expired", 403), part(200_000, ETag='"one"')]
    async with ByteServer(*steps) as files, ByteServer(portal_with_links((files, "/1"), (files, "/2"))) as api:
        done = await make_portal(api.url).save_file("fsf_1", tmp_path / "x")
        assert done.path.read_bytes() == CONTENT
        asked = [(came.line.split()[1], came.headers.get("range")) for came in files.came]
        assert asked == [("/1", None), ("/1", "bytes=200000-"), ("/2", "bytes=200000-")]


async def test_no_link_is_made_for_what_cannot_be_saved(make_portal: MakePortal, tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"x")
    async with ByteServer(gives()) as api:
        portal = make_portal(api.url)
        with pytest.raises(FileExistsError):
            await portal.save_file("fsf_1", tmp_path / "x")
        with pytest.raises(ValueError, match="directory"):
            await portal.save_file(record(id="fsd_1", type=FileType.DIRECTORY), tmp_path / "y")
        with pytest.raises(TypeError, match="source must be"):
            await portal.save_file(12, tmp_path / "y")  # type: ignore[arg-type]
        assert api.connections == 0


# --- Encodings ---------------------------------------------------------------------------------------------------


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


@pytest.mark.parametrize("body", [bytes(5_000_000), gzip.compress(bytes(50_000_000))])
async def test_at_most_so_many_bytes(make_portal: MakePortal, tmp_path: Path, body: bytes) -> None:
    """D16: of what is declared, and of what is written."""
    packed = {"Content_Encoding": "gzip"} if body[:2] == b"\x1f\x8b" else {}
    async with ByteServer(gives(body, **packed)) as server:
        portal = make_portal(server.url)
        with pytest.raises(DownloadError, match="more than size_limit=4000000 bytes"):
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


# --- Names -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("told", "name"),
    [
        ("offerte é ü 東.pdf", "offerte é ü 東.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Windows\\evil.exe", "evil.exe"),
        ("a\r\nb\x00.pdf", "ab.pdf"),
        ("..", "file"),
        (".", "file"),
        ("", "file"),
        ("/", "file"),
        ("a. . .", "a"),
        ("CON .txt", "_CON .txt"),
        ("nul", "_nul"),
        ("COM1.tar.gz", "_COM1.tar.gz"),
        ("lpt\u00b9.pdf", "_lpt\u00b9.pdf"),
        ("CONTRACT.pdf", "CONTRACT.pdf"),
        ("x" * 300 + ".pdf", "x" * 196 + ".pdf"),
        ("\udcff.pdf", ".pdf"),
    ],
)
def test_names_from_outside_are_made_safe(told: str, name: str) -> None:
    """D5, D20."""
    assert safe_name(told) == name


async def test_a_directory_gets_the_name_that_is_told(make_portal: MakePortal, tmp_path: Path) -> None:
    """The record's first, then the header's, then the link's."""
    named = {"Content_Disposition": "attachment; filename=\"x.pdf\"; filename*=UTF-8''..%2Fof%20the%20h%C3%A9ader.pdf"}
    async with ByteServer(gives(**named)) as files, ByteServer(portal_with_links((files, SIGNED))) as api:
        portal = make_portal(api.url)
        assert (await portal.save_file(record(name="../rec.pdf"), tmp_path)).path == tmp_path / "rec.pdf"
        assert (await portal.save_file(link_to(files), tmp_path)).path == tmp_path / "of the héader.pdf"
        files.steps = [gives()]
        assert (await portal.save_file(link_to(files), tmp_path)).path == tmp_path / "a.pdf"
        with pytest.raises(FileExistsError, match="a.pdf"):
            await portal.save_file(link_to(files), tmp_path)
        await portal.save_file(link_to(files), tmp_path, replace=True)
    assert is_empty_but(tmp_path, "rec.pdf", "of the héader.pdf", "a.pdf")


# --- Secrets, and what is left -----------------------------------------------------------------------------------


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


def open_files(folder: Path) -> list[str]:
    found = []
    for entry in Path("/proc/self/fd").iterdir():
        try:
            found.append(str(entry.readlink()))
        except OSError:
            continue
    return [path for path in found if path.startswith(str(folder))]


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
            assert open_files(tmp_path) == []


async def test_a_closed_session_fetches_nothing(make_portal: MakePortal, tmp_path: Path) -> None:
    async with ByteServer(gives()) as server:
        portal = make_portal(server.url)
        await portal.aclose()
        with pytest.raises(RuntimeError, match="closed"):
            await portal.save_file(link_to(server), tmp_path / "x")
        with pytest.raises(RuntimeError, match="closed"):
            async with portal.open_file(link_to(server)):
                pass
