"""Files on their way up: what is no file, or cannot be right, is refused before anything is sent."""

import io
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from byte_server import ByteServer, takes
from file_sources import (
    KINDS,
    MEGABYTE,
    NOTHING,
    Sources,
)
from given import MakePortal

from mijnklantportaal_async import (
    FileContent,
)


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
        assert server.connections_accepted == 0
    for file in sources.opened:
        file.close()
