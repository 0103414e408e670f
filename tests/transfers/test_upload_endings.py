"""Files on their way up, over real sockets: answers that come early, and time that is over."""

import asyncio
from pathlib import Path

import aiohttp
import pytest
from byte_server import ByteServer, Conversation, takes
from file_sources import (
    MEGABYTE,
    Sources,
)
from given import MakePortal

from mijnklantportaal_async import (
    APIStatusError,
    CallTimeoutError,
    MijnKlantportaalError,
    Outcome,
    OutcomeUnknownError,
    Timeouts,
    ValidationError,
)

# --- The answer comes early --------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [413, 422, 403])
@pytest.mark.parametrize("way", ["ours", "http="])
async def test_a_final_word_ends_the_sending(make_portal: MakePortal, tmp_path: Path, status: int, way: str) -> None:
    """U4: it is the portal's, and costs the connection."""
    path = tmp_path / "a.pdf"
    path.write_bytes(bytes(30 * MEGABYTE))

    async def refuse(talk: Conversation) -> None:
        await talk.read(1 << 17, keep=False)
        await talk.answer(status, {"message": "Too much of a good thing."}, {"Connection": "close"})
        talk.writer.close()

    async with ByteServer(refuse, takes()) as server, aiohttp.ClientSession() as http:
        portal = make_portal(server.url, **({"http": http} if way == "http=" else {}))
        for number in range(3):
            with pytest.raises(APIStatusError, match="Too much of a good thing") as caught:
                await portal.upload_file(path)
            assert (caught.value.status, caught.value.outcome) == (status, Outcome.REJECTED)
            server.steps.insert(0, refuse) if number < 2 else None
        await portal.upload_file(b"x", filename="a.pdf")
        assert server.connections_accepted == 4
        assert all(came.size < came.length for came in server.came[:3])


async def test_a_server_that_only_answers_is_not_sent_the_rest(make_portal: MakePortal, tmp_path: Path) -> None:
    """It reads nothing more, and does not close either."""
    path = tmp_path / "a.pdf"
    path.write_bytes(bytes(30 * MEGABYTE))

    async def refuse(talk: Conversation) -> None:
        await talk.read(1000, keep=False)
        await talk.answer(422, {"message": "No."})
        await asyncio.Event().wait()

    async with ByteServer(refuse) as server:
        with pytest.raises(ValidationError):
            await make_portal(server.url).upload_file(path)


async def test_a_success_before_the_file_has_left_is_none(make_portal: MakePortal, tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(bytes(30 * MEGABYTE))

    async def praise(talk: Conversation) -> None:
        await talk.read(1000, keep=False)
        await talk.answer(201, {})

    async with ByteServer(praise) as server:
        with pytest.raises(MijnKlantportaalError, match="before the whole file had left") as caught:
            await make_portal(server.url).upload_file(path)
        assert caught.value.outcome is Outcome.UNKNOWN
        assert len(server.came) == 1


async def test_too_large_has_words_of_its_own(make_portal: MakePortal, sources: Sources) -> None:
    """U14."""
    async with ByteServer(takes(413, b"<html>nginx</html>", {"Content-Type": "text/html"})) as server:
        with pytest.raises(APIStatusError, match=r"the portal takes no file of 700000 bytes") as caught:
            await make_portal(server.url).upload_file(sources.path)
        assert caught.value.outcome is Outcome.REJECTED
    refusal = {"message": "The given data was invalid.", "errors": {"file": ["The file field is required."]}}
    async with ByteServer(takes(422, refusal)) as server:
        with pytest.raises(ValidationError, match="it was sent, with 700000 bytes: perhaps it is too large"):
            await make_portal(server.url).upload_file(sources.path)


# --- Time --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["ours", "http="])
async def test_bytes_that_move_are_life(make_portal: MakePortal, tmp_path: Path, way: str) -> None:
    """U16: a transfer that takes much longer than any clock of the call, and never stands still."""
    path = tmp_path / "a.pdf"
    path.write_bytes(bytes(24 * MEGABYTE))

    async def slowly(talk: Conversation) -> None:
        await talk.read(piece=MEGABYTE // 2, pause=0.03, keep=False)
        await talk.answer(201)

    async with ByteServer(slowly) as server, aiohttp.ClientSession() as http:
        limits = Timeouts(queue=0.8, attempt=0.8, call=0.9)
        portal = make_portal(server.url, timeouts=limits, **({"http": http} if way == "http=" else {}))
        began = asyncio.get_running_loop().time()
        await portal.upload_file(path)
        # Of the test, not of the code: it has to have taken longer than the clocks.
        assert asyncio.get_running_loop().time() - began > 0.9


async def test_bytes_that_stand_still_are_the_end(make_portal: MakePortal, tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(bytes(24 * MEGABYTE))

    async def stall(talk: Conversation) -> None:
        await talk.read(1000, keep=False)
        await asyncio.Event().wait()

    async with ByteServer(stall) as server:
        portal = make_portal(server.url, timeouts=Timeouts(attempt=0.2))
        with pytest.raises(OutcomeUnknownError) as caught:
            await portal.upload_file(path)
        assert isinstance(caught.value.__cause__, CallTimeoutError)
        await server.wait_until_idle()


async def test_attempt_counts_from_the_last_byte(make_portal: MakePortal, sources: Sources) -> None:
    async def silent(talk: Conversation) -> None:
        await talk.read()
        await asyncio.Event().wait()

    async with ByteServer(silent) as server:
        with pytest.raises(OutcomeUnknownError) as caught:
            await make_portal(server.url, timeouts=Timeouts(attempt=0.2)).upload_file(sources.path)
        assert isinstance(caught.value.__cause__, CallTimeoutError)
