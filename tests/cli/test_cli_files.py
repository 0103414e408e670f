"""`save` and `upload`: in this process against a sandbox on a thread of its own, so that both use real sockets."""

import asyncio
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson
import pytest
from cli_support import KEY, Command, Outcome, Sit, Start, needs_proc

from mijnklantportaal_async.cli.upload_record import Upload, UploadRecord, default_place
from mijnklantportaal_async.sandbox import ALL_SCOPES, Fault, FileFault, Sandbox

CONTENT = b"%PDF" + bytes(range(256)) * 500
Uploaded = Callable[..., Outcome]


@pytest.fixture
def sandbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """A portal that the command finds by its environment."""
    made: list[Sandbox] = []
    ready, loop, over = threading.Event(), asyncio.new_event_loop(), asyncio.Event()

    async def run() -> None:
        async with Sandbox(keys={KEY: ALL_SCOPES, f"{KEY}-2": ALL_SCOPES}, rate_limit=None, speed=20) as sandbox:
            made.append(sandbox)
            ready.set()
            await over.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(run()))
    thread.start()
    assert ready.wait(60)
    monkeypatch.setenv("MIJNKLANTPORTAAL_BASE_URL", made[0].url)
    monkeypatch.setenv("MIJNKLANTPORTAAL_API_KEY", KEY)
    yield made[0]
    loop.call_soon_threadsafe(over.set)
    thread.join()
    loop.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = tmp_path / "offerte é.pdf"
    made.write_bytes(CONTENT)
    return made


@pytest.fixture
def record(tmp_path: Path) -> Path:
    return tmp_path / "state" / "uploads.jsonl"


@pytest.fixture
def upload(command: Command, record: Path) -> Uploaded:
    def run(*words: str | Path) -> Outcome:
        ended = command("upload", *words, "--record", record)
        assert "Traceback" not in ended.everything
        return ended

    return run


def states(record: Path) -> list[str]:
    assert KEY not in record.read_text()
    return [orjson.loads(line)["state"] for line in record.read_bytes().splitlines()]


@contextmanager
def full_disk(size: int) -> Iterator[None]:
    """No file can be larger meanwhile."""
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)


def uploads(sandbox: Sandbox) -> int:
    return sum(request.method == "POST" for request in sandbox.requests)


# --- Up ----------------------------------------------------------------------------------------------------------


def test_up_and_down(
    upload: Uploaded, command: Command, sandbox: Sandbox, path: Path, record: Path, tmp_path: Path
) -> None:
    sent = upload(path)
    assert sent.code == 0, sent.everything
    identifier, shown = sent.output.split(maxsplit=1)
    assert shown.strip() == str(path)
    (down := tmp_path / "down").mkdir()
    saved = command("save", identifier, "--to", down)
    assert (saved.code, saved.output.strip()) == (0, str(down / path.name))
    assert f"Saved {len(CONTENT)} bytes." in saved.messages
    assert (down / path.name).read_bytes() == CONTENT
    assert states(record) == ["begun", "stored"]
    if sys.platform != "win32":
        assert record.stat().st_mode & 0o077 == 0


def test_each_once(upload: Uploaded, sandbox: Sandbox, path: Path) -> None:
    identifier = upload(path, path).output.split()[0]
    assert uploads(sandbox) == 1
    again = upload(path)
    assert (again.code, again.output.split()[0]) == (0, identifier)
    assert "it is there already" in again.messages
    assert uploads(sandbox) == 1


def test_other_bytes_another_name_another_place_and_another_portal_are_another_file(
    upload: Uploaded, sandbox: Sandbox, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = ("--directory-id", sandbox.put("/files", type="directory", name="x")["id"])
    before = path.read_bytes()
    for content in (before, b"two", before):
        path.write_bytes(content)
        assert upload(path).code == 0
    assert uploads(sandbox) == 2
    for _ in range(2):
        assert upload(path, *place).code == 0
    assert uploads(sandbox) == 3
    path = path.rename(path.with_name("b.pdf"))
    assert upload(path).code == 0
    assert uploads(sandbox) == 4
    # The same address, in other words.
    monkeypatch.setenv("MIJNKLANTPORTAAL_BASE_URL", f"{sandbox.url}/")
    assert "it is there already" in upload(path).messages
    monkeypatch.setenv("MIJNKLANTPORTAAL_API_KEY", f"{KEY}-2")
    assert upload(path).code == 0
    assert uploads(sandbox) == 5


def test_an_empty_file_is_a_file(upload: Uploaded, command: Command, sandbox: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "none.txt").touch()
    sent = upload(tmp_path / "none.txt")
    assert sent.code == 0, sent.everything
    assert command("save", sent.output.split()[0], "--to", tmp_path / "back").code == 0
    assert (tmp_path / "back").read_bytes() == b""


def test_what_is_no_file_is_refused_before_anything_is_sent(
    upload: Uploaded, sandbox: Sandbox, path: Path, record: Path, tmp_path: Path
) -> None:
    os.symlink(tmp_path / "nowhere", tmp_path / "dangling")
    wrong: list[tuple[Any, str]] = [
        (tmp_path, "is a directory"),
        (tmp_path / "none", "cannot be read: No such file"),
        (tmp_path / "dangling", "cannot be read: No such file"),
    ]
    if sys.platform != "win32":
        os.mkfifo(tmp_path / "pipe")
        (broken := tmp_path / "a\nb.pdf").touch()
        wrong += [(tmp_path / "pipe", "no ordinary file"), (broken, "line break|control character")]
    for what, says in wrong:
        ended = upload(path, what)
        assert ended.code == 2, ended.everything
        assert any(words in ended.messages for words in says.split("|"))
        assert "Nothing was sent" in ended.messages
    place = upload(path, "--directory-id", "..")
    assert (place.code, "Nothing was sent" in place.messages) == (2, True)
    assert sandbox.requests == []
    assert not record.exists()


@pytest.mark.parametrize("fault", [Fault.UNAVAILABLE_AFTER_COMMIT, Fault.DROP_AFTER_COMMIT, Fault.HTML_AFTER_COMMIT])
def test_what_nobody_knows_is_not_sent_again(
    upload: Uploaded, sandbox: Sandbox, path: Path, record: Path, fault: Fault
) -> None:
    sandbox.fail_next(fault, method="POST", path="/files")
    ended = upload(path)
    assert (ended.code, ended.output) == (3, "")
    assert "nobody knows whether it arrived" in ended.messages
    assert "say --again" in ended.messages
    ended = upload(path)
    assert (ended.code, ended.output) == (3, "")
    assert "it may have been sent before, and nobody knows whether it arrived; not sent now" in ended.messages
    assert uploads(sandbox) == 1
    assert upload(path, "--again").code == 0
    assert "it is there already" in upload(path, "--again").messages
    assert uploads(sandbox) == 2
    assert states(record) == ["begun", "begun", "stored"]


def test_what_was_refused_is_sent_again(upload: Uploaded, sandbox: Sandbox, path: Path, record: Path) -> None:
    refused = upload(path, "--directory-id", "fsd_nobody")
    assert refused.code == 1, refused.everything
    assert "nobody knows" not in refused.messages
    sandbox.fail_next(Fault.TOO_MANY_REQUESTS, method="POST", path="/files")
    assert upload(path).code == 0
    assert upload(path, "--directory-id", "fsd_nobody").code == 1
    assert uploads(sandbox) == 4
    assert states(record) == ["begun", "not done", "begun", "stored", "begun", "not done"]


def test_a_wrong_key_ends_it(
    upload: Uploaded, sandbox: Sandbox, path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MIJNKLANTPORTAAL_API_KEY", "of-somebody-else-entirely")
    (tmp_path / "b").touch()
    ended = upload(path, tmp_path / "b", path)
    assert (ended.code, ended.output) == (4, "")
    assert "Not sent, and not looked at: 2 files after it." in ended.messages
    assert uploads(sandbox) == 1


def test_one_that_fails_stops_no_other(
    upload: Uploaded, sandbox: Sandbox, path: Path, tmp_path: Path, record: Path
) -> None:
    (second := tmp_path / "b").write_bytes(b"b")
    sandbox.fail_next(Fault.DROP_BEFORE_COMMIT, method="POST", path="/files")
    ended = upload(path, second)
    assert (ended.code, ended.output.split(maxsplit=1)[1].strip()) == (3, str(second))
    assert len(sandbox.records("/files")) == 1
    assert states(record) == ["begun", "begun", "stored"]


def test_what_is_gone_is_not_sent_again_unasked(upload: Uploaded, sandbox: Sandbox, path: Path) -> None:
    """A portal with copies that lag may say so of what is there."""
    identifier = upload(path).output.split()[0]
    sandbox.fail_next(Fault.MALFORMED_JSON, method="GET")
    ended = upload(path)
    assert (ended.code, "it was not sent" in ended.messages) == (1, True)
    assert uploads(sandbox) == 1
    sandbox.clear()
    ended = upload(path)
    assert ended.code == 1
    assert f"stored before as {identifier}, which is not there any more; not sent now" in ended.messages
    assert uploads(sandbox) == 0
    assert upload(path, "--again").code == 0
    assert uploads(sandbox) == 1


def test_an_answer_that_cannot_be_read_is_no_doubt(
    upload: Uploaded, sandbox: Sandbox, path: Path, record: Path
) -> None:
    sandbox.fail_next(Fault.UNKNOWN_STATUS, method="POST", path="/files")
    ended = upload(path)
    assert "nobody knows" not in ended.messages
    assert states(record) == ["begun", "stored"]
    assert "it is there already" in upload(path).messages
    assert uploads(sandbox) == 1


# --- The record --------------------------------------------------------------------------------------------------


def test_half_a_line_takes_no_other_with_it(record: Path) -> None:
    record.parent.mkdir()
    record.write_bytes(b'{"key": ["a"], "state": "begun", "id": ""}\n{"key": ["b"], "sta')
    with UploadRecord(record).opened() as kept:
        kept.note("c", state=Upload.STORED, identifier="fsf_1")
    with UploadRecord(record).opened() as kept:
        assert [getattr(kept.last(key), "state", None) for key in "abc"] == [Upload.BEGUN, None, Upload.STORED]


def test_only_one_run_has_it(upload: Uploaded, sandbox: Sandbox, path: Path, record: Path) -> None:
    with UploadRecord(record).opened():
        ended = upload(path)
    assert (ended.code, "Another upload is running" in ended.messages) == (2, True)
    assert sandbox.requests == []


def test_what_cannot_be_remembered_is_not_sent(
    upload: Uploaded, command: Command, sandbox: Sandbox, path: Path, tmp_path: Path, record: Path
) -> None:
    for place in (tmp_path / "state" / "folder", Path(os.devnull)):
        if place.name == "folder":
            place.mkdir(parents=True)
        ended = command("upload", path, "--record", place)
        assert (ended.code, ended.output) == (2, "")
    with full_disk(10):
        ended = upload(path, path)
    assert ended.code == 1
    assert ended.messages.count("the record of uploads cannot be written") == 2
    assert ended.messages.count("It was not sent") == 2
    assert sandbox.requests == []
    assert upload(path).code == 0
    assert upload(path).messages.count("it is there already") == 1


def test_an_outcome_that_cannot_be_noted_is_said(upload: Uploaded, sandbox: Sandbox, path: Path, record: Path) -> None:
    """The disk fills up while the file is sent."""
    path.write_bytes(b"x")
    line = len(orjson.dumps({"key": ["x" * 32, "", path.name, "x" * 64], "state": "begun", "id": ""})) + 1
    with full_disk(line + 10):
        ended = upload(path)
    assert ended.code == 1, ended.everything
    assert ended.output.startswith("fsf_")
    assert "could not be noted" in ended.messages
    assert "not sent" not in ended.messages
    ended = upload(path)
    assert (ended.code, "nobody knows whether it arrived" in ended.messages) == (3, True)
    assert uploads(sandbox) == 1


def test_a_sandbox_in_memory_is_not_remembered(
    command: Command, path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("XDG_DATA_HOME", "LOCALAPPDATA", "HOME"):
        monkeypatch.setenv(name, str(tmp_path / "home"))
    for _ in range(2):
        ended = command("upload", path, path, "--sandbox")
        assert (ended.code, ended.messages.count("it is there already")) == (0, 1)
    assert not default_place().exists()
    kept = ("--sandbox", "--sandbox-database", str(tmp_path / "portal.sqlite3"))
    assert command("upload", path, *kept).code == 0
    assert "it is there already" in command("upload", path, *kept).messages
    assert default_place().exists()


# --- Down --------------------------------------------------------------------------------------------------------


def test_nothing_is_overwritten_unless_asked(command: Command, sandbox: Sandbox, tmp_path: Path) -> None:
    stored = sandbox.put("/files", name="a.pdf", content=CONTENT)
    target = tmp_path / "a.pdf"
    target.write_bytes(b"before")
    there = command("save", stored["id"], "--to", target)
    assert (there.code, sandbox.requests) == (2, [])
    assert "is there already; choose another with --to, or say --replace." in there.messages
    there = command("save", stored["id"], "--to", tmp_path)
    assert there.code == 2
    assert "is there already; choose another with --to, or say --replace." in there.messages
    assert target.read_bytes() == b"before"
    assert command("save", stored["id"], "--to", tmp_path, "--replace").code == 0
    assert target.read_bytes() == CONTENT
    assert {entry.name for entry in tmp_path.iterdir()} == {"a.pdf"}


def test_what_cannot_be_saved(command: Command, sandbox: Sandbox, tmp_path: Path) -> None:
    nowhere = command("save", "fsf_1", "--to", tmp_path / "none" / "x")
    assert (nowhere.code, sandbox.requests) == (2, [])
    assert "there is no directory" in nowhere.messages
    nobody = command("save", "fsf_none", "--to", tmp_path / "x")
    assert nobody.code == 1
    wrong = command("save", "..", "--to", tmp_path / "x")
    assert wrong.code == 2
    folder = sandbox.put("/files", type="directory", name="x")
    ended = command("save", folder["id"], "--to", tmp_path / "x")
    assert (ended.code, "is a directory" in ended.messages) == (2, True)
    assert list(tmp_path.iterdir()) == []


def test_a_link_that_dies_is_made_anew(command: Command, sandbox: Sandbox, tmp_path: Path) -> None:
    stored = sandbox.put("/files", name="a.pdf", content=CONTENT)
    sandbox.fail_next_download(FileFault.EXPIRED)
    assert command("save", stored["id"], "--to", tmp_path / "x").code == 0
    assert (tmp_path / "x").read_bytes() == CONTENT
    sandbox.fail_next_download(FileFault.EXPIRED, times=2)
    ended = command("save", stored["id"], "--to", tmp_path / "y")
    assert ended.code == 1
    assert "Nothing was kept. Give the command again." in ended.messages
    assert "download_file" not in ended.messages
    assert {entry.name for entry in tmp_path.iterdir()} == {"x"}


@pytest.mark.parametrize("fault", [FileFault.CUT, FileFault.UNAVAILABLE, FileFault.PAGE, FileFault.CUT_WITHOUT_LENGTH])
def test_half_a_file_is_none(command: Command, sandbox: Sandbox, tmp_path: Path, fault: FileFault) -> None:
    stored = sandbox.put("/files", name="a.pdf", content=CONTENT)
    sandbox.fail_next_download(fault)
    ended = command("save", stored["id"], "--to", tmp_path / "x")
    if fault is FileFault.PAGE:
        assert (ended.code, list(tmp_path.iterdir())) == (1, [])
        assert "a page (text/html) in place of the file" in ended.messages
    else:
        assert ended.code == 0, ended.everything
        assert (tmp_path / "x").read_bytes() == CONTENT


def test_what_cannot_be_written_is_said_as_it_is(command: Command, sandbox: Sandbox, tmp_path: Path) -> None:
    stored = sandbox.put("/files", name="a.pdf", content=CONTENT)
    with full_disk(1000):
        ended = command("save", stored["id"], "--to", tmp_path / "x")
    assert ended.code == 1
    assert "It cannot be saved: " in ended.messages
    assert "Nothing was kept" in ended.messages
    assert list(tmp_path.iterdir()) == []


def test_half_of_it_in_the_portal_is_said(upload: Uploaded, sandbox: Sandbox, path: Path, record: Path) -> None:
    identifier = upload(path).output.split()[0]
    other = sandbox.put("/files", name=path.name, content=CONTENT[:100])["id"]
    record.write_text(record.read_text().replace(identifier, other))
    ended = upload(path)
    assert (ended.code, ended.output.split()[0]) == (1, other)
    assert f"it has {len(CONTENT)} bytes, and of {other} the portal says 100" in ended.messages
    assert "it is there already" not in ended.messages


def test_a_file_that_changes_meanwhile_is_not_remembered_as_stored(
    upload: Uploaded, sandbox: Sandbox, path: Path, record: Path
) -> None:
    """As many bytes as before, so that nothing else tells."""

    def change() -> None:
        while not uploads(sandbox):
            time.sleep(0.005)
        path.write_bytes(CONTENT[::-1])

    sandbox.fail_next(Fault.SLOW_COMMIT, method="POST", path="/files", delay=0.5)
    changing = threading.Thread(target=change)
    changing.start()
    ended = upload(path)
    changing.join()
    assert ended.code == 3, ended.everything
    assert "it was changed while it was sent: nobody knows which bytes fsf_" in ended.messages
    assert states(record) == ["begun"]
    path.write_bytes(CONTENT)
    assert upload(path).code == 3
    assert uploads(sandbox) == 1


# --- Stopped -----------------------------------------------------------------------------------------------------

needs_signals = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
LARGE = bytes(12 << 20)


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(90):
        while not is_so():
            await asyncio.sleep(0.01)


def portal(speed: float = 1.0) -> Sandbox:
    return Sandbox(keys={KEY: ALL_SCOPES}, rate_limit=None, speed=speed)


@needs_signals
@pytest.mark.parametrize(("numbers", "code"), [([2], 130), ([2, 2], 130), ([15], 143)])
async def test_a_download_that_is_stopped_leaves_nothing(
    started: Start, tmp_path: Path, numbers: list[int], code: int
) -> None:
    async with portal() as sandbox:
        stored = sandbox.put("/files", name="a.pdf", content=2 * LARGE)
        sandbox.fail_next_download(FileFault.SLOW)
        run = await started("save", stored["id"], "--to", tmp_path, base_url=sandbox.url)
        await until(lambda: any(entry.stat().st_size for entry in tmp_path.iterdir()))
        for number in numbers:
            run.send(signal.Signals(number))
        ended = await run.end()
        assert (ended.code, ended.output) == (code, "")
        assert "Traceback" not in ended.messages
        assert os.listdir(tmp_path) == []


@needs_signals
async def test_an_upload_under_way_gets_time_to_learn_its_outcome(
    started: Start, path: Path, record: Path, tmp_path: Path
) -> None:
    (second := tmp_path / "b").touch()
    async with portal() as sandbox:
        sandbox.fail_next(Fault.SLOW_COMMIT, method="POST", delay=0.6)
        run = await started("upload", path, second, "--record", record, base_url=sandbox.url)
        await until(lambda: bool(sandbox.requests))
        run.send(signal.SIGINT)
        ended = await run.end()
        assert (ended.code, ended.output.split()[0]) == (130, sandbox.records("/files")[0]["id"])
        assert "Not sent, and not looked at: 1 file after it." in ended.messages
        assert states(record) == ["begun", "stored"]
        assert uploads(sandbox) == 1


@needs_signals
async def test_the_second_signal_ends_at_once_and_the_next_run_knows(started: Start, path: Path, record: Path) -> None:
    async with portal() as sandbox:
        sandbox.fail_next(Fault.STALL_AFTER_COMMIT, method="POST")
        run = await started("upload", path, "--record", record, base_url=sandbox.url)
        await until(lambda: bool(sandbox.records("/files")))
        run.send(signal.SIGINT)
        await run.until_it_says("Press Ctrl-C again")
        run.send(signal.SIGINT)
        ended = await run.end()
        assert (ended.code, ended.output) == (3, "")
        assert "interrupted while it was sent, and nobody knows whether it arrived" in ended.messages
        assert states(record) == ["begun"]


@needs_signals
async def test_a_killed_run_is_remembered_too(started: Start, path: Path, record: Path) -> None:
    async with portal() as sandbox:
        sandbox.fail_next(Fault.STALL_AFTER_COMMIT, method="POST")
        run = await started("upload", path, "--record", record, base_url=sandbox.url)
        await until(lambda: bool(sandbox.records("/files")))
        run.send(signal.SIGKILL)
        await run.end()
        assert states(record) == ["begun"]


@needs_proc
async def test_a_person_sees_how_far_it_is(path: Path, record: Path, tmp_path: Path, at_terminal: Sit) -> None:
    (empty := tmp_path / "none.txt").touch()
    async with portal(speed=20) as sandbox:
        environment = {"MIJNKLANTPORTAAL_API_KEY": KEY, "MIJNKLANTPORTAAL_BASE_URL": sandbox.url}
        stored = sandbox.put("/files", name="a[red].pdf", content=LARGE)
        sandbox.fail_next_download(FileFault.SLOW)
        command = at_terminal("save", stored["id"], "--to", tmp_path / "x", environment=environment)
        await command.until_it_shows("12.6 MB")
        assert await command.end() == 0
        assert "a[red].pdf" in command.shown
        command = at_terminal("upload", path, empty, "--record", record, environment=environment)
        assert await command.end() == 0, command.shown
        assert "Traceback" not in command.shown
        assert uploads(sandbox) == 2
