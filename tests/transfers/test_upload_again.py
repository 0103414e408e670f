"""Files on their way up, over real sockets: what is sent again, and what never is."""

import os
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from byte_server import ByteServer, Conversation, takes
from file_sources import CONTENT, MEGABYTE, NOTHING, REPEATABLE, Sources, given
from given import MakePortal

from mijnklantportaal_async import (
    AuthenticationError,
    FileContent,
    Outcome,
    OutcomeUnknownError,
    RateLimitedError,
)


@pytest.mark.parametrize("kind", REPEATABLE)
async def test_what_can_be_read_again_is_sent_again_whole(make_portal: MakePortal, sources: Sources, kind: str) -> None:
    """U1: after a 429 nothing was done; each attempt begins at the start, and says so."""
    told: list[tuple[int, int | None]] = []
    async with ByteServer(takes(429, {}, {"Retry-After": "0"}), takes()) as server:
        portal = make_portal(server.url)
        await portal.upload_file(sources.make(kind), filename="a.pdf", progress=lambda *now: told.append(now))
        assert [came.content for came in server.came] == [CONTENT, CONTENT]
    size = len(CONTENT)
    assert told.count((0, size)) == told.count((size, size)) == 2
    assert all(sent <= size == total for sent, total in told)
    half = told[: told.index((size, size)) + 1]
    assert half == sorted(half)


async def test_what_can_be_read_once_is_sent_once(make_portal: MakePortal) -> None:
    """U1: and the portal's answer is kept."""
    for status, error in ((429, RateLimitedError), (401, AuthenticationError)):
        async with ByteServer(takes(status, {"message": "No."})) as server:
            with pytest.raises(error, match="its file can be read only once") as caught:
                await make_portal(server.url).upload_file(FileContent(given(), "a.pdf", size=len(CONTENT)))
            assert caught.value.outcome is Outcome.REJECTED
            assert caught.value.service_message == "No."
            assert len(server.came) == 1


async def test_what_has_not_left_yet_is_sent_all_the_same(make_portal: MakePortal) -> None:
    """A source that can be read once, and a portal that is reached at the second try."""
    async with ByteServer(takes()) as server:
        port = server.origin.rpartition(":")[2]
        refused = 0

        class Resolver(aiohttp.abc.AbstractResolver):
            async def resolve(self, host: str, port: int = 0, family: Any = 0) -> Any:
                nonlocal refused
                refused += 1
                if refused == 1:
                    raise OSError("no such host, for now")
                return [{"hostname": host, "host": "127.0.0.1", "port": port, "family": 2, "proto": 0, "flags": 0}]

            async def close(self) -> None:
                pass

        portal = make_portal(
            f"http://portal.localhost:{port}/v1",
            connector_factory=lambda: aiohttp.TCPConnector(resolver=Resolver(), limit=0),
        )
        await portal.upload_file(FileContent(given(), "a.pdf", size=len(CONTENT)))
        assert (refused, server.came[0].content) == (2, CONTENT)


@pytest.mark.parametrize("status", [500, 502, 503, 504, 408])
async def test_a_lost_answer_is_never_sent_again(make_portal: MakePortal, sources: Sources, status: int) -> None:
    """U3."""
    async with ByteServer(takes(status, {"message": "Oops"})) as server:
        with pytest.raises(OutcomeUnknownError, match="cannot list them"):
            await make_portal(server.url).upload_file(sources.path)
        assert len(server.came) == 1


async def test_a_dropped_connection_is_never_sent_again(make_portal: MakePortal, sources: Sources) -> None:
    async def drop(talk: Conversation) -> None:
        await talk.read(300_000)
        talk.drop()

    async with ByteServer(drop) as server:
        with pytest.raises(OutcomeUnknownError):
            await make_portal(server.url).upload_file(sources.path)
        assert len(server.came) == 1


@pytest.mark.parametrize(
    ("size", "says"), [(len(CONTENT) + 1, "ended after 700000 of size=700001"), (len(CONTENT) - 1, "gives more than")]
)
async def test_a_promised_size_is_kept(make_portal: MakePortal, size: int, says: str) -> None:
    """U15: neither more nor fewer bytes; the last of them never leaves, so nobody can take it as whole."""

    async def take_what_comes(talk: Conversation) -> None:
        await talk.read()

    async with ByteServer(take_what_comes) as server:
        with pytest.raises(OutcomeUnknownError, match=says):
            await make_portal(server.url).upload_file(FileContent(given(), "a.pdf", size=size))
        await server.wait_until_idle()
        (came,) = server.came
        assert came.size < came.length


async def test_a_wrong_size_of_what_has_one_is_refused(make_portal: MakePortal) -> None:
    with pytest.raises(ValueError, match="has 700000 bytes, not size=3"):
        await make_portal(NOTHING).upload_file(FileContent(CONTENT, "a.pdf", size=3))


@pytest.mark.parametrize("change", [b"longer" * 200_000, b"short"])
async def test_a_file_that_changes_meanwhile_is_noticed(make_portal: MakePortal, tmp_path: Path, change: bytes) -> None:
    """Between two attempts: nothing of it is sent."""
    path = tmp_path / "a.pdf"
    path.write_bytes(CONTENT)

    async def refuse(talk: Conversation) -> None:
        await talk.read()
        path.write_bytes(change)
        await talk.answer(429, {}, {"Retry-After": "0"})

    async with ByteServer(refuse, takes()) as server:
        with pytest.raises(ValueError, match="had 700000 bytes when the call began"):
            await make_portal(server.url).upload_file(path)
        assert len(server.came) == 1


@pytest.mark.parametrize("size", [2 * MEGABYTE, 9 * MEGABYTE])
async def test_a_file_that_changes_while_it_leaves_is_noticed(
    make_portal: MakePortal, tmp_path: Path, size: int
) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(bytes(8 * MEGABYTE))

    async def change(talk: Conversation) -> None:
        await talk.read(1000)
        os.truncate(path, size)
        await talk.read()

    async with ByteServer(change) as server:
        with pytest.raises(OutcomeUnknownError, match="could not be sent to its end"):
            await make_portal(server.url).upload_file(path)
        await server.wait_until_idle()
        assert server.came[0].size < server.came[0].length
