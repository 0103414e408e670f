"""Files on their way down, over real sockets: where they are to be put, and what is there already."""

import asyncio
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from byte_server import ByteServer, Conversation
from file_answers import CONTENT, gives, is_empty_but, link_to
from given import MakePortal

from mijnklantportaal_async import MijnKlantportaalError, PortalSession
from mijnklantportaal_async.calling.file_threads import FileThreads
from mijnklantportaal_async.calling.saving import WRITTEN_AT_ONCE, Saving, safe_name


async def test_a_place_that_is_a_symbolic_link(make_portal: MakePortal, tmp_path: Path) -> None:
    """What it points to is nobody's target."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "precious").write_bytes(b"precious")
    os.symlink(tmp_path / "folder", tmp_path / "to-folder")
    os.symlink(tmp_path / "precious", tmp_path / "to-file")
    os.symlink(tmp_path / "none", tmp_path / "to-none")
    async with ByteServer(gives()) as server:
        portal = make_portal(server.url)
        assert (await portal.save_file(link_to(server), tmp_path / "to-folder")).path.parent == tmp_path / "to-folder"
        assert is_empty_but(tmp_path / "folder", "a.pdf")
        for name in ("to-file", "to-none"):
            with pytest.raises(FileExistsError):
                await portal.save_file(link_to(server), tmp_path / name)
            await portal.save_file(link_to(server), tmp_path / name, replace=True)
            assert not (tmp_path / name).is_symlink()
            assert (tmp_path / name).read_bytes() == CONTENT
    assert (tmp_path / "precious").read_bytes() == b"precious"
    assert is_empty_but(tmp_path, "folder", "precious", "to-folder", "to-file", "to-none")


async def test_a_directory_of_that_name_is_not_replaced(make_portal: MakePortal, tmp_path: Path) -> None:
    (tmp_path / "a.pdf").mkdir()
    async with ByteServer(gives()) as server:
        portal = make_portal(server.url)
        with pytest.raises(FileExistsError):
            await portal.save_file(link_to(server), tmp_path)
        with pytest.raises(OSError, match="a.pdf"):
            await portal.save_file(link_to(server), tmp_path, replace=True)
    assert is_empty_but(tmp_path, "a.pdf")
    assert is_empty_but(tmp_path / "a.pdf")


@pytest.mark.skipif(sys.platform != "linux", reason="/proc")
async def test_a_directory_that_may_not_be_written_to(make_portal: MakePortal) -> None:
    """/proc: not even for root. What is wrong is said as it is, and asked once."""
    async with ByteServer(gives()) as server:
        with pytest.raises(OSError) as caught:
            await make_portal(server.url).save_file(link_to(server), "/proc/a.pdf")
        assert not isinstance(caught.value, MijnKlantportaalError)
        assert len(server.came) == 1


async def test_the_directory_is_gone_meanwhile(make_portal: MakePortal, tmp_path: Path) -> None:
    (folder := tmp_path / "folder").mkdir()

    async def remove(talk: Conversation) -> None:
        folder.rmdir()
        await gives()(talk)

    async with ByteServer(remove) as server:
        with pytest.raises(FileNotFoundError):
            await make_portal(server.url).save_file(link_to(server), folder / "x")
    assert is_empty_but(tmp_path)


@pytest.mark.parametrize(
    ("told", "says"),
    [
        ("e" * 199 + " é", "e" * 199),
        ("e" * 195 + "... x.pdf", "e" * 195 + ".pdf"),
        ("a\u202efdp.exe", "afdp.exe"),
        ("é" * 150, "é" * 100),
    ],
)
def test_names_that_are_cut_end_as_names_may(told: str, says: str) -> None:
    """D20: checked after the cut."""
    assert safe_name(told) == says


class _Held(FileThreads):
    """Lets a test do something at the moment when work begins on a thread. What comes after it waits for its end.

    Args:
        after: How much work is not held before.
        cleans_first: Whether what leaves nothing behind comes before the held work, or after it.
    """

    def __init__(self, after: int, *, cleans_first: bool) -> None:
        super().__init__()
        self.begun, self.go_on = threading.Event(), threading.Event()
        self._is_done = threading.Event()
        self._after = after
        self._cleans_first = cleans_first

    async def run(self, function: Callable[[], Any], *, is_callers: bool = False) -> Any:
        def held() -> Any:
            self.begun.set()
            assert self.go_on.wait(10)
            try:
                return function()
            finally:
                self._is_done.set()

        self._after -= 1
        return await super().run(held if self._after == -1 else function, is_callers=is_callers)

    async def clean(self, function: Callable[[], None]) -> None:
        def done() -> None:
            assert self._cleans_first or self._is_done.wait(10)
            function()
            self.go_on.set()

        await super().clean(done)


@pytest.mark.parametrize("cleans_first", [False, True])
@pytest.mark.parametrize("at", ["the first bytes", "the end"])
async def test_cancelled_while_a_thread_is_at_it(tmp_path: Path, at: str, cleans_first: bool) -> None:
    """What was given up in the moment when it is to be put into its place is not put there."""
    (tmp_path / "x").write_bytes(b"before")
    threads = _Held(after=0 if at == "the first bytes" else 1, cleans_first=cleans_first)
    saving = Saving(threads, str(tmp_path))
    saving.begin({})

    async def save() -> None:
        try:
            await saving.add(bytes(WRITTEN_AT_ONCE))
            await saving.add(bytes(1000))
            await saving.finish("x", {}, replace=True)
        finally:
            await saving.discard()

    task = asyncio.create_task(save())
    await asyncio.to_thread(threads.begun.wait, 10)
    task.cancel()
    for _ in range(5):
        await asyncio.sleep(0)
    if not cleans_first:
        threads.go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    await threads.aclose()
    assert is_empty_but(tmp_path, "x")
    assert (tmp_path / "x").read_bytes() == b"before"


PROGRAM = """
import asyncio, sys, threading, time
from mijnklantportaal_async.calling.file_threads import FileThreads

def clean():
    threading.main_thread().join()
    time.sleep(0.2)
    print("clean")

async def main():
    threads = FileThreads()
    cleaning = asyncio.create_task(threads.clean(clean))
    await asyncio.sleep(0)
    cleaning.cancel()
    await asyncio.gather(cleaning, return_exceptions=True)
    await threads.aclose()

asyncio.run(main())
"""


def test_a_program_that_ends_at_once_waits_until_nothing_is_left_behind() -> None:
    """As after a second Ctrl-C on a slow disk."""
    ended = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=60)
    assert (ended.stdout, ended.stderr) == ("clean\n", "")


@pytest.mark.parametrize("turns", range(0, 60, 3))
async def test_cancelled_at_each_turn_it_is_whole_or_absent(tmp_path: Path, turns: int) -> None:
    """At whatever `await` it is."""
    async with ByteServer(gives(CONTENT * 6)) as server:
        async with PortalSession(api_key="k" * 20, base_url=server.url, rate_limit=None) as portal:
            task = asyncio.create_task(portal.save_file(link_to(server), tmp_path / "x"))
            for _ in range(turns):
                await asyncio.sleep(0)
                await asyncio.sleep(0.0005 if turns % 2 else 0)
            task.cancel()
            is_done = not isinstance((await asyncio.gather(task, return_exceptions=True))[0], BaseException)
        await server.wait_until_idle()
    there = os.listdir(tmp_path)
    assert there in ([], ["x"])
    assert not is_done or there
    assert not there or (tmp_path / "x").read_bytes() == CONTENT * 6
