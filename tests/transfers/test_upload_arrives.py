"""Files on their way up, over real sockets: what leaves."""

import asyncio
import io
import os
from contextlib import suppress
from datetime import date
from pathlib import Path

import pytest
from byte_server import ByteServer, takes
from file_sources import (
    CONTENT,
    KINDS,
    Sources,
    content,
)
from given import MakePortal

from mijnklantportaal_async import (
    FileContent,
    MijnKlantportaalError,
    RetryPolicy,
)
from mijnklantportaal_async.testing import portal_in_sandbox


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
        for size in (0, 1, 65_535, 65_536, 524_287, 524_288, 524_289, 600_000):
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


async def test_an_open_file_stays_where_it_stood_for_the_next_call(make_portal: MakePortal, tmp_path: Path) -> None:
    """A call that began while another one read took the place of that for its own, and sent no more than the rest."""
    sources = Sources(tmp_path)
    with sources.path.open("rb") as file:
        file.seek(3)
        async with ByteServer(takes()) as server:
            portal = make_portal(server.url)
            await portal.upload_file(file)
            assert file.tell() == 3
            await portal.upload_file(file)
            assert [came.content == CONTENT[3:] for came in server.came] == [True] * 2


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
