"""Files on their way up, over real sockets: sources, portals and sessions that do what hardly any does."""

import asyncio
import io
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from byte_server import ByteServer, Conversation, takes
from file_sources import CONTENT, MEGABYTE, NOTHING, given, open_files
from given import SECRET, MakePortal

from mijnklantportaal_async import (
    APIStatusError,
    FileContent,
    MijnKlantportaalError,
    Outcome,
    OutcomeUnknownError,
    PortalSession,
    RetryPolicy,
    Timeouts,
)


class Broken(Exception):
    """The caller's own."""


# --- Sources -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("after", [0, 1, 3])
@pytest.mark.parametrize("size", [None, len(CONTENT)])
async def test_a_source_that_raises(make_portal: MakePortal, after: int, size: int | None) -> None:
    """As it is, as long as nothing has left; afterwards nobody knows, and the reason is told."""

    async def broken() -> AsyncIterator[bytes]:
        for _ in range(after):
            yield bytes(100_000)
        raise Broken("of the caller")

    async def take(talk: Conversation) -> None:
        await talk.read()

    async with ByteServer(take) as server:
        expected: Any = Broken if size is None or not after else OutcomeUnknownError
        with pytest.raises(expected, match="of the caller") as caught:
            await make_portal(server.url).upload_file(FileContent(broken(), "a.pdf", size=size))
        await server.wait_until_idle()
        assert len(server.came) <= int(expected is OutcomeUnknownError)
        assert all(came.size < came.length for came in server.came)
        if isinstance(caught.value, OutcomeUnknownError):
            causes, error = [], caught.value.__cause__
            while error is not None:
                causes.append(type(error))
                error = error.__cause__
            assert Broken in causes


async def test_a_file_whose_reading_fails(make_portal: MakePortal) -> None:
    class Disk(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            if self.tell() > MEGABYTE:
                raise OSError(5, "Input/output error")
            return super().read(size)

    async def take(talk: Conversation) -> None:
        await talk.read()

    file = Disk(bytes(4 * MEGABYTE))
    async with ByteServer(take) as server:
        with pytest.raises(OutcomeUnknownError, match="Input/output error"):
            await make_portal(server.url).upload_file(file, filename="a.pdf")
        assert len(server.came) == 1
    assert not file.closed


@pytest.mark.parametrize("piece", ["text", None, 12, ["x"]])
async def test_a_source_that_gives_no_bytes(make_portal: MakePortal, piece: Any) -> None:
    async def odd() -> AsyncIterator[Any]:
        yield b"x"
        yield piece

    with pytest.raises(TypeError, match="must give bytes"):
        await make_portal(NOTHING).upload_file(odd(), filename="a")


async def test_a_source_with_empty_pieces_between(make_portal: MakePortal) -> None:
    async def odd() -> AsyncIterator[Any]:
        for piece in (b"", b"ab", b"", bytearray(b"cd"), b"", memoryview(b"ef"), b""):
            yield piece

    async with ByteServer(takes()) as server:
        portal = make_portal(server.url)
        await portal.upload_file(odd(), filename="a")
        await portal.upload_file(FileContent(odd(), "a", size=6))
        assert [came.content for came in server.came] == [b"abcdef"] * 2


@pytest.mark.skipif(sys.platform != "linux", reason="/proc")
async def test_a_file_that_has_more_than_it_says(make_portal: MakePortal) -> None:
    """Files of the system's own have no size, and bytes all the same: nothing of them leaves."""
    async with ByteServer(takes()) as server:
        with pytest.raises(ValueError, match=r"'/proc/self/status' has more than the 0 bytes that it says"):
            await make_portal(server.url).upload_file("/proc/self/status")
        assert server.connections_accepted == 0


async def test_a_closed_file_is_refused(make_portal: MakePortal, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x")
    file = (tmp_path / "a").open("rb")
    file.close()
    with pytest.raises(ValueError, match="closed"):
        await make_portal(NOTHING).upload_file(file)


async def test_paths_of_many_kinds(make_portal: MakePortal, tmp_path: Path) -> None:
    """Symbolic links are followed, and give their own name."""
    (tmp_path / "real.pdf").write_bytes(CONTENT)
    os.symlink(tmp_path / "real.pdf", tmp_path / "link é 東.pdf")
    async with ByteServer(takes()) as server:
        await make_portal(server.url).upload_file(tmp_path / "link é 東.pdf")
        assert server.came[0].files == [("link é 東.pdf", CONTENT)]
    os.symlink(tmp_path / "none", tmp_path / "dangling")
    os.symlink(tmp_path, tmp_path / "folder")
    for name, error in (("dangling", FileNotFoundError), ("folder", IsADirectoryError)):
        with pytest.raises(error):
            await make_portal(NOTHING).upload_file(tmp_path / name)


@pytest.mark.skipif(sys.platform != "linux", reason="open files are counted on Linux only")
async def test_a_full_disk_while_it_is_kept(make_portal: MakePortal) -> None:
    """U15: as it is, and nothing is left."""
    import resource
    import signal

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    opened = open_files()
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, before[1]))
    try:
        with pytest.raises(OSError, match="large"):
            await make_portal(NOTHING).upload_file(given(bytes(4 * MEGABYTE)), filename="a")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert open_files() == opened


# --- Portals -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [204, 200, 202, 206])
async def test_a_success_of_another_kind_is_none(make_portal: MakePortal, status: int) -> None:
    """Without a record nobody knows; and it is sent once."""
    async with ByteServer(takes(status, b"")) as server:
        with pytest.raises(MijnKlantportaalError) as caught:
            await make_portal(server.url).upload_file(CONTENT, filename="a.pdf")
        assert caught.value.outcome is Outcome.UNKNOWN
        assert len(server.came) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_no_file_goes_where_a_redirect_points(make_portal: MakePortal, status: int) -> None:
    async with ByteServer(takes()) as elsewhere:
        moved = takes(status, b"", {"Location": f"{elsewhere.url}/files"})
        async with ByteServer(moved) as server, aiohttp.ClientSession() as http:
            for settings in ({}, {"http": http}):
                with pytest.raises(MijnKlantportaalError):
                    await make_portal(server.url, **settings).upload_file(CONTENT, filename="a.pdf")
            assert len(server.came) == 2
        assert elsewhere.connections_accepted == 0


@pytest.mark.parametrize("way", ["ours", "http="])
@pytest.mark.parametrize("closes", [True, False])
async def test_too_large_is_said_in_the_middle(make_portal: MakePortal, tmp_path: Path, way: str, closes: bool) -> None:
    """U4: by a server in front of the portal, with a page, which it follows with a reset, or with silence."""
    path = tmp_path / "a.pdf"
    with path.open("wb") as file:
        file.truncate(30 * MEGABYTE)

    async def refuse(talk: Conversation) -> None:
        await talk.read(5 * MEGABYTE, keep=False)
        await talk.answer(413, b"<html>Too large</html>", {"Content-Type": "text/html"})
        if closes:
            await asyncio.sleep(0.01)
            talk.drop()
        await asyncio.Event().wait()

    async with ByteServer(refuse) as server, aiohttp.ClientSession() as http:
        portal = make_portal(server.url, **({"http": http} if way == "http=" else {}))
        with pytest.raises(APIStatusError, match="takes no file of 31457280 bytes") as caught:
            await portal.upload_file(path)
        assert (caught.value.status, caught.value.outcome) == (413, Outcome.REJECTED)
        assert len(server.came) == 1


@pytest.mark.parametrize("way", ["ours", "http="])
async def test_a_server_that_never_reads(make_portal: MakePortal, tmp_path: Path, way: str) -> None:
    """U16: small enough for the kernel, or not: it is given up, once, and the connection is reset."""
    for size in (1000, 24 * MEGABYTE):
        path = tmp_path / "a.pdf"
        with path.open("wb") as file:
            file.truncate(size)

        async def never(talk: Conversation) -> None:
            await asyncio.Event().wait()

        async with ByteServer(never) as server, aiohttp.ClientSession() as http:
            settings = {"http": http} if way == "http=" else {}
            portal = make_portal(server.url, timeouts=Timeouts(attempt=0.3), **settings)
            with pytest.raises(OutcomeUnknownError):
                async with asyncio.timeout(20):
                    await portal.upload_file(path)
            assert len(server.came) == 1
            await server.wait_until_idle()


async def test_informational_answers_are_not_the_last_word(make_portal: MakePortal, tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(bytes(8 * MEGABYTE))

    async def early_hints(talk: Conversation) -> None:
        talk.writer.write(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n")
        await talk.read(keep=False)
        await talk.answer(201)

    async with ByteServer(early_hints) as server:
        stored = await make_portal(server.url).upload_file(path)
        assert (stored.id, server.came[0].size) == ("fsf_1", server.came[0].length)


# --- A session of the user's -------------------------------------------------------------------------------------


async def test_a_session_with_habits_of_its_own(
    make_portal: MakePortal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Headers, cookies, a netrc, traces, `raise_for_status`: the file goes whole, once, with our key."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login jan password from-the-netrc\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    chunks: list[int] = []
    trace = aiohttp.TraceConfig()

    async def count(_: object, __: object, params: aiohttp.TraceRequestChunkSentParams) -> None:
        chunks.append(len(params.chunk))

    trace.on_request_chunk_sent.append(count)
    async with (
        ByteServer(takes(422, {"message": "No."}), takes()) as server,
        aiohttp.ClientSession(
            headers={"X-Api-Key": "abc", "Content-Type": "text/plain"},
            cookies={"a": "b"},
            trust_env=True,
            trace_configs=[trace],
            raise_for_status=True,
        ) as http,
    ):
        portal = make_portal(server.url, http=http)
        with pytest.raises(APIStatusError, match=r"No\."):
            await portal.upload_file(CONTENT, filename="a.pdf")
        await portal.upload_file(CONTENT, filename="a.pdf")
        for came in server.came:
            assert came.headers["authorization"] == f"Bearer {SECRET}"
            assert came.headers["content-type"].startswith("multipart/form-data; boundary=")
            assert int(came.headers["content-length"]) == came.size
            assert came.content == CONTENT
        assert sum(chunks) >= 2 * len(CONTENT)
        assert not http.closed


@pytest.mark.parametrize("status", [503, 429])
async def test_a_middleware_that_sends_again(make_portal: MakePortal, status: int) -> None:
    """U3: never what may have been stored; what was refused, from its start."""

    async def again(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
        response = await handler(request)
        if response.status == status:
            response.release()
            response = await handler(request)
        return response

    steps = [takes(status, {}, {"Retry-After": "0"}), takes()]
    async with ByteServer(*steps) as server, aiohttp.ClientSession(middlewares=[again]) as http:
        portal = make_portal(server.url, http=http, retry=RetryPolicy(attempts=1))
        if status == 429:
            await portal.upload_file(CONTENT, filename="a.pdf")
            assert [came.content for came in server.came] == [CONTENT] * 2
        else:
            with pytest.raises(OutcomeUnknownError):
                await portal.upload_file(CONTENT, filename="a.pdf")
            assert len(server.came) == 1


# --- Nothing is left ---------------------------------------------------------------------------------------------


@pytest.mark.skipif(sys.platform != "linux", reason="open files are counted on Linux only")
@pytest.mark.parametrize("turns", range(0, 45, 3))
@pytest.mark.parametrize("kind", ["path", "iterator"])
async def test_cancelled_at_each_turn_nothing_is_left_open(tmp_path: Path, turns: int, kind: str) -> None:
    """At whatever `await` it is: the portal has all of it, or less than was promised."""
    path = tmp_path / "a.pdf"
    path.write_bytes(bytes(3 * MEGABYTE))
    before = open_files()
    async with ByteServer(takes()) as server:
        async with PortalSession(api_key="k" * 20, base_url=server.url, rate_limit=None) as portal:
            source: Any = path if kind == "path" else given(bytes(3 * MEGABYTE))
            task = asyncio.create_task(portal.upload_file(source, filename="a.pdf"))
            for _ in range(turns):
                await asyncio.sleep(0.0005 if turns % 2 else 0)
            task.cancel()
            (result,) = await asyncio.gather(task, return_exceptions=True)
            assert isinstance(result, asyncio.CancelledError) or result.id == "fsf_1"
        await server.wait_until_idle()
        assert len(server.came) <= 1
    assert open_files() == before
