"""Files on their way down: what they are called here."""

from pathlib import Path

import pytest
from byte_server import ByteServer
from file_answers import SIGNED, gives, is_empty_but, link_to, portal_with_links, record
from given import MakePortal

from mijnklantportaal_async.calling.saving import safe_name


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
