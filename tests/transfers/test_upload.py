"""Files on their way up, over real sockets: what leaves, how often, and what is said when it goes wrong."""

import asyncio
import io
import os
import sys
import threading
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from byte_server import ByteServer, Conversation, takes
from given import MakePortal

from mijnklantportaal_async import (
    APIStatusError,
    AuthenticationError,
    CallTimeoutError,
    FileContent,
    MijnKlantportaalError,
    Outcome,
    OutcomeUnknownError,
    PortalSession,
    RateLimit,
    RateLimitedError,
    RetryPolicy,
    Timeouts,
    ValidationError,
)
from mijnklantportaal_async.testing import portal_in_sandbox

MEGABYTE = 1 << 20
NOTHING = "http://127.0.0.1:9/v1"


def content(size: int) -> bytes:
    return bytes(range(251)) * (size // 251 + 1)


CONTENT = content(700_000)[:700_000]


async def given(whole: bytes = CONTENT, piece: int = 100_000) -> AsyncIterator[bytes]:
    for start in range(0, len(whole), piece):
        await asyncio.sleep(0)
        yield whole[start : start + piece]


class Pipe(io.RawIOBase):
    """Bytes that come once."""

    name = "from-a-pipe.bin"

    def __init__(self, whole: bytes) -> None:
        self._left = io.BytesIO(whole)

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        return self._left.read(size)


class Sources:
    """The same bytes in every way in which they can be given."""

    def __init__(self, folder: Path, whole: bytes = CONTENT) -> None:
        self.path = folder / "a.pdf"
        self.path.write_bytes(whole)
        self.whole = whole
        self.opened: list[Any] = []

    def make(self, kind: str) -> Any:
        match kind:
            case "path":
                return self.path
            case "text path":
                return str(self.path)
            case "bytes":
                return self.whole
            case "file":
                return self._kept(self.path.open("rb"))
            case "raw file":
                return self._kept(self.path.open("rb", buffering=0))
            case "memory":
                return self._kept(io.BytesIO(self.whole))
            case "pipe":
                return Pipe(self.whole)
            case "iterator":
                return given(self.whole)
            case "promised iterator":
                return FileContent(given(self.whole), "a.pdf", size=len(self.whole))
            case _:
                raise AssertionError(kind)

    def _kept(self, file: Any) -> Any:
        self.opened.append(file)
        return file


REPEATABLE = ["path", "text path", "bytes", "file", "raw file", "memory", "pipe", "iterator"]
KINDS = [*REPEATABLE, "promised iterator"]


@pytest.fixture
def sources(tmp_path: Path) -> Any:
    made = Sources(tmp_path)
    yield made
    for file in made.opened:
        # U5: what the caller opened is the caller's to close.
        assert not file.closed
        file.close()


def open_files() -> set[str]:
    """What this process has open, but for sockets and the like. Linux only."""
    found = set()
    for entry in Path("/proc/self/fd").iterdir():
        try:
            target = str(entry.readlink())
        except OSError:
            continue
        if target.startswith("/") and not target.startswith(("/dev", "/proc")):
            found.add(target)
    return found


def our_threads() -> int:
    return sum(thread.name.startswith("mijnklantportaal-files") for thread in threading.enumerate())


# --- What leaves -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
async def test_every_kind_of_source_arrives_whole(make_portal: MakePortal, sources: Sources, kind: str) -> None:
    async with ByteServer(takes()) as server:
        portal = make_portal(server.url)
        named = {} if kind == "promised iterator" else {"filename": "a.pdf"}
        stored = await portal.upload_file(sources.make(kind), **named)
        (came,) = server.came
        assert stored.id == "fsf_1"
        assert came.files == [("a.pdf", CONTENT)]
        # U15: the length is always announced.
        assert came.length == len(came.body)
        assert "transfer-encoding" not in came.headers


async def test_the_portal_has_what_was_sent(tmp_path: Path) -> None:
    path = tmp_path / "contract.pdf"
    path.write_bytes(CONTENT)
    async with portal_in_sandbox(rate_limit=None) as (portal, sandbox):
        stored = await portal.upload_file(path)
        assert (stored.name, stored.size, stored.mime) == ("contract.pdf", len(CONTENT), "application/pdf")
        assert sandbox.file(stored.id) == CONTENT


@pytest.mark.parametrize("kind", KINDS)
async def test_any_size_arrives_whole(make_portal: MakePortal, tmp_path: Path, kind: str) -> None:
    async with ByteServer(takes()) as server:
        portal = make_portal(server.url)
        for size in (0, 1, 65_535, 65_536, 262_143, 262_144, 262_145, 600_000):
            sources = Sources(tmp_path, content(size)[:size])
            await portal.upload_file(FileContent.of(sources.make(kind), "file", filename="a.pdf"))
            assert server.came[-1].content == sources.whole
            for file in sources.opened:
                file.close()


async def test_a_form_without_a_file_in_it_is_none(make_portal: MakePortal) -> None:
    """U20: an empty file is a part of no bytes with its name, in one request, and told of once."""
    told: list[tuple[int, int | None]] = []
    async with ByteServer(takes()) as server:
        await make_portal(server.url).upload_file(b"", filename="empty.txt", progress=lambda *now: told.append(now))
        (came,) = server.came
        assert came.files == [("empty.txt", b"")]
        assert came.headers["content-type"].startswith("multipart/form-data; boundary=")
        assert told == [(0, 0)]


async def test_a_file_is_sent_from_where_it_stands(make_portal: MakePortal) -> None:
    async with ByteServer(takes()) as server:
        portal = make_portal(server.url)
        file = io.BytesIO(b"headercontent")
        file.seek(6)
        await portal.upload_file(file, filename="a.txt")
        assert server.came[0].content == b"content"
        file.seek(0, os.SEEK_END)
        with pytest.raises(ValueError, match="nothing of it is left; seek"):
            await portal.upload_file(file, filename="a.txt")
        assert len(server.came) == 1


async def test_one_open_file_can_be_sent_by_several_calls_at_once(make_portal: MakePortal, tmp_path: Path) -> None:
    sources = Sources(tmp_path)
    with sources.path.open("rb") as file:
        async with ByteServer(takes()) as server:
            portal = make_portal(server.url)
            await asyncio.gather(*(portal.upload_file(file) for _ in range(6)))
            assert [came.content == CONTENT for came in server.came] == [True] * 6


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("é ü 東 \" % ; ' +.pdf", "é ü 東 %22 % ; ' +.pdf"),
        ("e\u0301.pdf", "e\u0301.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\Jan\\offerte.pdf", "offerte.pdf"),
    ],
)
async def test_names_arrive_as_browsers_send_them(make_portal: MakePortal, name: str, shown: str) -> None:
    """U10, U19."""
    async with ByteServer(takes()) as server:
        await make_portal(server.url).upload_file(b"x", filename=name)
        assert server.came[0].files == [(shown, b"x")]
        assert b"filename*" not in server.came[0].body
    async with portal_in_sandbox(rate_limit=None) as (portal, _):
        stored = await portal.upload_file(b"x", filename=name)
        assert stored.name == shown.replace("%22", '"') or stored.name == shown


async def test_truths_in_a_form_are_what_laravel_reads(make_portal: MakePortal) -> None:
    """U9: 1 and 0; what is left out is left out."""
    invoice = {"id": "inv_1", "customerId": "cst_1"}
    async with ByteServer(takes(201, invoice)) as server:
        portal = make_portal(server.url, retry=RetryPolicy(attempts=1), reconcile=None)
        for truth in (True, False):
            # The answer is not the point.
            with suppress(MijnKlantportaalError):
                await portal.create_customer_invoice(
                    customer_id="cst_1",
                    invoice_number="1",
                    issued_at=date(2027, 3, 5),
                    amount="12.50",
                    pdf=b"%PDF",
                    filename="a.pdf",
                    send_notification=truth,
                )
        first, second = (came.body for came in server.came[:2])
        assert b'name="sendNotification"\r\n\r\n1\r\n' in first
        assert b'name="sendNotification"\r\n\r\n0\r\n' in second
        assert b"paidAt" not in first
        assert b"None" not in first


# --- What is refused before anything is sent ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "error", "says"),
    [
        (io.StringIO("text"), TypeError, "rb"),
        (12, TypeError, "path, bytes"),
        (["a"], TypeError, "path, bytes"),
        (b"x", ValueError, "filename="),
        (io.BytesIO(b"x"), ValueError, "filename="),
        ("", ValueError, "filename="),
        ("folder/", ValueError, "filename="),
    ],
)
async def test_what_is_no_file_is_refused(make_portal: MakePortal, source: Any, error: Any, says: str) -> None:
    """U8, U19."""
    with pytest.raises(error, match=says):
        await make_portal(NOTHING).upload_file(source)


async def test_a_file_that_reads_text_is_refused(make_portal: MakePortal, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("text")
    with path.open() as file, pytest.raises(TypeError, match="'rb'"):
        await make_portal(NOTHING).upload_file(file)  # type: ignore[arg-type]

    async def texts() -> AsyncIterator[Any]:
        yield "text"

    class Texts(io.BytesIO):
        def read(self, size: int | None = -1) -> Any:
            return "text"

    with pytest.raises(TypeError, match="bytes, not str"):
        await make_portal(NOTHING).upload_file(texts(), filename="a.txt")
    with pytest.raises(TypeError, match="bytes, not str"):
        await make_portal(NOTHING).upload_file(Texts(b"x"), filename="a.txt")


@pytest.mark.parametrize("bad", ["a\r\nb.pdf", "a\nb", "a\x00.pdf", "\udcff.pdf"])
def test_what_would_break_a_form_is_refused(bad: str) -> None:
    """U11."""
    with pytest.raises(ValueError, match="name"):
        FileContent(b"x", bad)
    with pytest.raises(ValueError, match="content_type"):
        FileContent(b"x", "a.pdf", f"text/plain; x={bad}")


@pytest.mark.skipif(sys.platform != "linux", reason="names of files are bytes on Linux only")
async def test_a_name_that_is_not_utf8_wants_another(make_portal: MakePortal, tmp_path: Path) -> None:
    path = os.fsencode(tmp_path) + b"/\xff.pdf"
    os.close(os.open(path, os.O_CREAT | os.O_WRONLY))
    async with ByteServer(takes()) as server:
        portal = make_portal(server.url)
        with pytest.raises(ValueError, match="filename="):
            await portal.upload_file(os.fsdecode(path))
        await portal.upload_file(os.fsdecode(path), filename="a.pdf")
        assert server.came[0].files == [("a.pdf", b"")]


async def test_a_file_that_cannot_be_read_is_said_as_it_is(make_portal: MakePortal, tmp_path: Path) -> None:
    portal = make_portal(NOTHING)
    with pytest.raises(FileNotFoundError):
        await portal.upload_file(tmp_path / "none.pdf")
    with pytest.raises(IsADirectoryError):
        await portal.upload_file(tmp_path)
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    with pytest.raises(ValueError, match="no ordinary file"):
        await portal.upload_file(fifo)

    async def broken() -> AsyncIterator[bytes]:
        yield b"x"
        raise KeyError("the caller's own")

    with pytest.raises(KeyError):
        await portal.upload_file(broken(), filename="a.pdf")


SIGNED: dict[str, Any] = {"name": "A", "signer_name": "B", "signer_signature_data": "data:,"}


@pytest.mark.parametrize("kind", KINDS)
async def test_what_is_too_large_for_an_agreement_never_leaves(
    make_portal: MakePortal, tmp_path: Path, kind: str
) -> None:
    """U14: the sum counts, of whatever it is made."""
    from contract_walk import SIGNER

    sources = Sources(tmp_path, bytes(3 * MEGABYTE))
    async with ByteServer(takes()) as server:
        documents = [FileContent.of(sources.make(kind), "documents", filename="a.pdf") for _ in range(2)]
        with pytest.raises(ValueError, match="documents have 6291456 bytes together; the service takes 5 MB"):
            await make_portal(server.url).create_agreement(**SIGNED, signers=[SIGNER], documents=documents)
        assert server.connections == 0
    for file in sources.opened:
        file.close()


# --- Sent again, or not ------------------------------------------------------------------------------------------


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
        assert server.connections == 4
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


# --- Nothing is left ---------------------------------------------------------------------------------------------


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
