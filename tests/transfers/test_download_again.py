"""Files on their way down, over real sockets: what goes on, what is begun anew, and links that are over."""

import asyncio
import gzip
from pathlib import Path
from typing import Any

import pytest
from byte_server import ByteServer, Conversation, Step
from file_answers import CONTENT, cut, gives, is_empty_but, link_to, part, portal_with_links, record, saved
from given import MakePortal

from mijnklantportaal_async import (
    DownloadError,
    FileType,
    LinkExpiredError,
    RetryPolicy,
    Timeouts,
)

# --- Resumed, or begun anew --------------------------------------------------------------------------------------


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
        with pytest.raises(DownloadError, match=r"broke off.*at the 4\. try.*Call again"):
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
        assert api.connections_accepted == 0
