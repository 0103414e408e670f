"""Files on their way down, over real sockets: hosts that do what hardly any does."""

import html
import os
from pathlib import Path
from urllib.parse import unquote

import aiohttp
import pytest
from byte_server import ByteServer, Conversation, Step
from file_answers import (
    CONTENT,
    SIGNED,
    cut,
    gives,
    is_empty_but,
    link_to,
    part,
    portal_with_links,
    record,
    saved,
)
from given import SECRET, MakePortal

from mijnklantportaal_async import DownloadError, RetryPolicy


async def test_a_part_without_a_tag_proves_nothing(make_portal: MakePortal, tmp_path: Path) -> None:
    """D3: a host that has heard of ranges, and of no `If-Range`, gives the rest of another file as well."""
    other = bytes(len(CONTENT))
    steps = [cut(200_000, ETag='"one"'), part(200_000, body=other[200_000:]), gives(other)]
    assert await saved(make_portal, tmp_path, *steps) == (other, ["", "bytes=200000-", ""])


@pytest.mark.parametrize("tag", ['W/"one"', "one", '"one', '""two"'])
async def test_a_part_with_another_kind_of_tag_proves_nothing(
    make_portal: MakePortal, tmp_path: Path, tag: str
) -> None:
    content, ranges = await saved(
        make_portal, tmp_path, cut(200_000, ETag='"one"'), part(200_000, body=bytes(302_000), ETag=tag), gives()
    )
    assert (content, ranges) == (CONTENT, ["", "bytes=200000-", ""])


@pytest.mark.parametrize(
    "told",
    [
        "bytes 200000-501998/502000",
        "bytes 200000-501999/*",
        "bytes 200000-501999/502001",
        "bytes 200000-501999/502000, bytes 1-2/502000",
        "bytes 0200000-501999/-1",
        "items 200000-501999/502000",
        "bytes=200000-501999/502000",
        "",
    ],
)
async def test_a_part_in_other_words_is_no_part(make_portal: MakePortal, tmp_path: Path, told: str) -> None:
    odd = gives(bytes(302_000), 206, Content_Range=told, ETag='"one"')
    content, ranges = await saved(make_portal, tmp_path, cut(200_000, ETag='"one"'), odd, gives())
    assert (content, ranges) == (CONTENT, ["", "bytes=200000-", ""])


async def test_several_parts_in_one_answer_are_none(make_portal: MakePortal, tmp_path: Path) -> None:
    odd = gives(b"--x\r\n\r\n--x--", 206, Content_Type="multipart/byteranges; boundary=x", ETag='"one"')
    content, _ = await saved(make_portal, tmp_path, cut(200_000, ETag='"one"'), odd, gives())
    assert content == CONTENT


async def test_cut_again_and_again_at_other_places_it_is_given_up(make_portal: MakePortal, tmp_path: Path) -> None:
    """A host that knows no ranges: more bytes than the time before are no progress."""
    asked = 0

    async def step(talk: Conversation) -> None:
        nonlocal asked
        asked += 1
        await cut(300_000 if asked % 2 else 200_000, ETag='"one"')(talk)
        assert asked < 20

    async with ByteServer(step) as server:
        with pytest.raises(DownloadError, match=r"at the 4\. try"):
            await make_portal(server.url).save_file(link_to(server), tmp_path / "x")
        assert len(server.came) == 4


async def test_what_is_not_as_long_as_its_record_says_is_not_fetched(make_portal: MakePortal, tmp_path: Path) -> None:
    """Neither a short one, nor a bomb."""
    told: list[int] = []

    async def endless(talk: Conversation) -> None:
        await talk.answer(200, b"", {"Content-Length": "", "Connection": "close"})
        while not talk.writer.is_closing():
            talk.writer.write(bytes(1 << 20))
            await talk.writer.drain()

    longer = gives(CONTENT + b"x")
    async with ByteServer(longer) as files, ByteServer(portal_with_links((files, SIGNED))) as api:
        portal = make_portal(api.url)
        for step, says in ((longer, "has 502001 bytes of it; the portal says 502000"), (endless, "more than 502000")):
            files.steps = [step]
            with pytest.raises(DownloadError, match=says) as caught:
                await portal.save_file(record(), tmp_path / "x", progress=lambda now, _: told.append(now))
            assert caught.value.is_permanent
            assert len(told) < 20
        assert len(files.came) == 2
    assert is_empty_but(tmp_path)


@pytest.mark.parametrize("chain", [1, 5])
async def test_through_many_hands_only_the_range_goes_along(
    make_portal: MakePortal, tmp_path: Path, chain: int
) -> None:
    """D1: hosts, ways and queries in a row, absolute and relative; also when it goes on after a drop."""
    async with ByteServer(cut(200_000, ETag='"one"'), part(200_000, ETag='"one"')) as storage:
        places = [f"/hop{number}?sig={number}" for number in range(chain - 1)]

        async def move(talk: Conversation) -> None:
            number = int(talk.came.line.partition("/hop")[2][:1] or -1) + 1 if "/hop" in talk.came.line else 0
            place = places[number] if number < len(places) else f"{storage.origin}/a.pdf?sig=last#part"
            await gives(b"moved", (301, 302, 303, 307, 308)[number], Location=place, Set_Cookie="a=b")(talk)

        async with ByteServer(move) as first:
            done = await make_portal(first.url).save_file(link_to(first), tmp_path / "x")
            assert done.path.read_bytes() == CONTENT
            assert [came.line for came in storage.came] == ["GET /a.pdf?sig=last HTTP/1.1"] * 2
            assert len(first.came) == 2 * chain
            assert [came.headers.get("range") for came in storage.came] == [None, "bytes=200000-"]
            for came in [*first.came, *storage.came]:
                assert not {"cookie", "authorization", "referer"} & set(came.headers)
                assert SECRET not in repr(came)


@pytest.mark.parametrize("place", ["", "//", "http://", "https://[", "javascript:alert(1)", "\xff\xfe", "?x=\x01"])
async def test_redirected_to_nonsense_is_an_error(make_portal: MakePortal, tmp_path: Path, place: str) -> None:
    async with ByteServer(gives(b"", 302, Location=place)) as server:
        with pytest.raises(DownloadError):
            await make_portal(server.url, retry=RetryPolicy(attempts=1)).save_file(link_to(server), tmp_path / "x")
    assert is_empty_but(tmp_path)


@pytest.mark.parametrize("body", [b"<Code>ExpiredToken</Code>", b"Request has expired"])
async def test_some_hosts_say_with_400_that_a_link_is_over(
    make_portal: MakePortal, tmp_path: Path, body: bytes
) -> None:
    """D13: judged by the answer."""
    async with ByteServer(gives(body, 400), gives()) as files:  # noqa: SIM117
        async with ByteServer(portal_with_links((files, "/1"), (files, "/2"))) as api:
            done = await make_portal(api.url).save_file("fsf_1", tmp_path / "x")
            assert done.path.read_bytes() == CONTENT
            assert [came.line.split()[1] for came in files.came] == ["/1", "/2"]


async def test_another_400_is_what_it_is(make_portal: MakePortal, tmp_path: Path) -> None:
    async with ByteServer(gives(b"Only one kind of authorization", 400)) as server:
        with pytest.raises(DownloadError, match="answered 400"):
            await make_portal(server.url).save_file(link_to(server), tmp_path / "x")
        assert len(server.came) == 1


@pytest.mark.parametrize("is_moved", [False, True])
async def test_no_part_of_a_link_is_repeated(make_portal: MakePortal, tmp_path: Path, is_moved: bool) -> None:
    """D15: hosts repeat what they were asked for, in whatever writing; of the last address as of the first."""
    secret = "/b/a.pdf?X-Key=abc%2Fdef%2Bghi&X-Signature=s3cr3t-of%26the%20link&e=60"
    query = secret.partition("?")[2]
    shown = [secret, unquote(secret), html.escape(unquote(query)), "signed: s3cr3t-of&the link", "key abc/def+ghi"]

    async def repeat(talk: Conversation) -> None:
        if is_moved and "first" in talk.came.line:
            await gives(b"", 302, Location=secret)(talk)
        else:
            await talk.answer(404, shown.pop().encode())

    async with ByteServer(repeat) as server:
        portal = make_portal(server.url)
        while shown:
            with pytest.raises(DownloadError) as caught:
                await portal.save_file(link_to(server, "/first?x=1" if is_moved else secret), tmp_path / "x")
            assert not any(
                part in f"{caught.value} {vars(caught.value)!r}"
                for part in ("s3cr3t", "abc/def", "abc%2F", "the link", "the%20link")
            ), caught.value.body


async def test_204_and_other_successes_bring_no_file(make_portal: MakePortal, tmp_path: Path) -> None:
    for status in (201, 202, 203, 204, 205):
        step: Step = gives(b"" if status == 204 else CONTENT, status)
        async with ByteServer(step) as server:
            with pytest.raises(DownloadError, match=f"answered {status}") as caught:
                await make_portal(server.url).save_file(link_to(server), tmp_path / "x")
            assert "part of the file" not in str(caught.value)
            assert len(server.came) == 1
    assert is_empty_but(tmp_path)


async def test_a_session_that_raises_traces_and_signs_is_left_out_of_it(
    make_portal: MakePortal, tmp_path: Path
) -> None:
    """D2: nothing of a user's own session is at work on the way to another host."""
    seen: list[str] = []
    trace = aiohttp.TraceConfig()

    async def note(_: object, __: object, params: aiohttp.TraceRequestStartParams) -> None:
        seen.append(str(params.url))
        params.headers["X-Traced"] = "yes"

    trace.on_request_start.append(note)

    async def sign(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
        request.headers["X-Signed"] = "yes"
        return await handler(request)

    async with (
        ByteServer(gives(b"gone", 404), gives()) as files,
        ByteServer(portal_with_links((files, SIGNED))) as api,
        aiohttp.ClientSession(
            trace_configs=[trace], middlewares=[sign], raise_for_status=True, headers={"X-Api-Key": "geheim"}
        ) as http,
    ):
        portal = make_portal(api.url, http=http)
        with pytest.raises(DownloadError, match="404"):
            await portal.save_file("fsf_1", tmp_path / "x")
        await portal.save_file("fsf_1", tmp_path / "x")
        assert not any(files.origin in url for url in seen)
        assert not any({"x-traced", "x-signed", "x-api-key"} & set(came.headers) for came in files.came)
        assert not http.closed


async def test_names_that_lead_elsewhere_stay_where_they_are(make_portal: MakePortal, tmp_path: Path) -> None:
    """D5: by the record, by the header in every spelling, by the address."""
    (folder := tmp_path / "in").mkdir()
    names = [
        'attachment; filename="../../evil.pdf"',
        "attachment; filename=..%2F..%2Fevil.pdf",
        "attachment; filename*=UTF-8''..%2F..%2Fevil.pdf",
        "attachment; filename*=UTF-8''%2Fetc%2Fevil.pdf",
        'attachment; filename="..\\\\..\\\\evil.pdf"',
        'attachment; filename="evil.pdf/"',
        'attachment; filename=".."',
        "attachment; filename*=x-unknown''%FF%FE",
        'attachment; filename="' + "e" * 5000 + '"',
        'attachment; filename*0="../e"; filename*1="vil.pdf"',
        "filename=\x7f",
    ]
    for told in names:
        async with ByteServer(gives(Content_Disposition=told)) as server:
            for path in ("/..%2F..%2Fevil.pdf?x=1", "/%2e%2e", "/a/..%5c..%5cevil.pdf"):
                done = await make_portal(server.url).save_file(link_to(server, path), folder, replace=True)
                assert done.path.parent == folder
                assert done.path.name not in {"", ".", ".."}
    assert os.listdir(tmp_path) == ["in"]
    assert all((folder / name).is_file() for name in os.listdir(folder))
