"""`save` and `upload`, against an embedded sandbox and a real one."""

from pathlib import Path

import orjson
import pytest
from cli_support import KEY, Command, Start

from mijnklantportaal_async.sandbox import ALL_SCOPES, Fault, FileFault, Sandbox

CONTENT = b"%PDF" + bytes(range(256)) * 500


@pytest.fixture
def kept(tmp_path: Path) -> tuple[str, ...]:
    return ("--sandbox", "--sandbox-database", str(tmp_path / "portal.sqlite3"))


def test_up_and_down(command: Command, kept: tuple[str, ...], tmp_path: Path) -> None:
    path = tmp_path / "offerte é.pdf"
    path.write_bytes(CONTENT)
    record = ("--record", str(tmp_path / "state" / "uploads.jsonl"))
    sent = command("upload", str(path), *record, *kept)
    assert sent.code == 0, sent.everything
    identifier, shown = sent.output.split(maxsplit=1)
    assert shown.strip() == str(path)

    again = command("upload", str(path), str(path), *record, *kept)
    assert again.code == 0
    assert again.output.split()[0] == identifier
    assert again.messages.count("it is there already") == 2

    (tmp_path / "down").mkdir()
    saved = command("save", identifier, "--to", str(tmp_path / "down"), *kept)
    assert saved.code == 0, saved.everything
    assert saved.output.strip() == str(tmp_path / "down" / path.name)
    assert (tmp_path / "down" / path.name).read_bytes() == CONTENT

    there = command("save", identifier, "--to", str(tmp_path / "down"), *kept)
    assert there.code == 2
    assert "is there already; choose another with --to, or say --replace" in there.messages
    assert command("save", identifier, "--to", str(tmp_path / "down"), "--replace", *kept).code == 0
    assert {entry.name for entry in (tmp_path / "down").iterdir()} == {path.name}


def test_what_has_changed_is_another_file(command: Command, kept: tuple[str, ...], tmp_path: Path) -> None:
    path, record = tmp_path / "a.txt", ("--record", str(tmp_path / "uploads.jsonl"))
    ids = set()
    for text in ("one", "two", "one"):
        path.write_text(text)
        ids.add(command("upload", str(path), *record, *kept).output.split()[0])
    assert len(ids) == 2


def test_what_is_no_file(command: Command, kept: tuple[str, ...], tmp_path: Path) -> None:
    record = ("--record", str(tmp_path / "uploads.jsonl"))
    folder = command("upload", str(tmp_path), *record, *kept)
    assert (folder.code, "is a directory" in folder.messages) == (2, True)
    none = command("upload", str(tmp_path / "none"), *record, *kept)
    assert (none.code, "cannot be read" in none.messages) == (1, True)
    wrong = command("save", "cst_1", "--to", str(tmp_path / "x"), *kept)
    assert wrong.code == 2
    nobody = command("save", "fsf_none", "--to", str(tmp_path / "x"), *kept)
    assert nobody.code == 1
    assert not (tmp_path / "x").exists()


async def test_what_nobody_knows_is_not_sent_again(started: Start, tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(CONTENT)
    record = tmp_path / "uploads.jsonl"
    async with Sandbox(keys={KEY: ALL_SCOPES}, rate_limit=None) as sandbox:

        async def upload(*more: str) -> tuple[int, str]:
            run = await started("upload", path, "--record", record, *more, base_url=sandbox.url)
            ended = await run.end()
            return ended.code, ended.everything

        sandbox.fail_next(Fault.UNAVAILABLE_AFTER_COMMIT, method="POST", path="/files")
        code, said = await upload()
        assert (code, "Effect: unknown" in said) == (3, True)
        code, said = await upload()
        assert (code, "nobody knows whether it arrived" in said) == (3, True)
        assert len(sandbox.records("/files")) == 1
        code, said = await upload("--again")
        assert code == 0, said
        code, said = await upload()
        assert (code, "it is there already" in said) == (0, True)
        assert len(sandbox.records("/files")) == 2
        assert KEY not in record.read_text()
        assert [orjson.loads(line)["state"] for line in record.read_bytes().splitlines()] == ["sent", "sent", "stored"]


async def test_a_link_that_dies_is_made_anew(started: Start, tmp_path: Path) -> None:
    async with Sandbox(keys={KEY: ALL_SCOPES}, rate_limit=None) as sandbox:
        stored = sandbox.put("/files", name="a.pdf", content=CONTENT)
        sandbox.fail_next_download(FileFault.EXPIRED)
        ended = await (await started("save", stored["id"], "--to", tmp_path / "x", base_url=sandbox.url)).end()
        assert ended.code == 0, ended.everything
        assert (tmp_path / "x").read_bytes() == CONTENT
        sandbox.fail_next_download(FileFault.EXPIRED, times=2)
        ended = await (await started("save", stored["id"], "--to", tmp_path / "y", base_url=sandbox.url)).end()
        assert (ended.code, "Traceback" in ended.everything) == (1, False)
        assert not (tmp_path / "y").exists()
