"""Every store keeps the same promises: memory, files, SQLite, PostgreSQL."""

import asyncio
import contextlib
import gc
import glob
import os
import signal
import sqlite3
import stat
import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import filelock
import pytest

from mijnklantportaal_async.calling.auth import Token
from mijnklantportaal_async.oauth import (
    Begun,
    FileStateStore,
    FileTokenStore,
    HoldLostError,
    MemoryStateStore,
    MemoryTokenStore,
    PortalTokens,
    SqlStateStore,
    SqlTokenStore,
    StateStore,
    StoreDatabaseError,
    TokenStore,
)

pytestmark = pytest.mark.machine_time

KINDS = ["memory", "file", "sqlite", "postgresql"]


def tokens(number: int) -> PortalTokens:
    return PortalTokens(
        access_token=Token(f"access-{number}"),
        refresh_token=Token(f"refresh-{number}"),
        expires_at=time.time(),
        life=60.0,
    )


@pytest.fixture(params=KINDS)
async def stores(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Callable[[], Any]]:
    """Makes stores that share what they keep, as processes do; memory has but one."""
    made: list[Any] = []
    memory = MemoryTokenStore()
    url = request.getfixturevalue("postgresql_url") if request.param == "postgresql" else f"sqlite:///{tmp_path}/t.db"

    def make() -> Any:
        match request.param:
            case "memory":
                return memory
            case "file":
                return FileTokenStore(tmp_path / "tokens")
            case _:
                made.append(SqlTokenStore(url))
                return made[-1]

    yield make
    for store in made:
        await store.aclose()


async def test_what_is_saved_is_there_and_only_in_the_place_of_what_was_expected(stores: Callable[[], Any]) -> None:
    one: TokenStore = stores()
    other: TokenStore = stores()
    first, second, third = tokens(1), tokens(2), tokens(3)
    assert await one.load("owner") is None
    assert await one.save("owner", first, None)
    assert await other.load("owner") == first
    assert not await other.save("owner", second, None)
    assert not await other.save("owner", second, "another")
    assert await other.save("owner", second, first.generation)
    assert not await one.save("owner", third, first.generation)
    assert await one.load("owner") == second
    # A generation never comes again, also after a disconnect.
    assert not await one.save("owner", None, first.generation)
    assert await one.save("owner", None, second.generation)
    assert await other.load("owner") is None
    assert not await one.save("owner", third, second.generation)
    assert await one.save("owner", third, None)
    assert await one.load("Owner") is None


async def test_of_many_who_save_at_once_one_has_done_it(stores: Callable[[], Any]) -> None:
    makers = [stores() for _ in range(3)]
    first = tokens(0)
    assert await makers[0].save("owner", first, None)
    saved = await asyncio.gather(*(makers[n % 3].save("owner", tokens(n), first.generation) for n in range(1, 13)))
    assert sum(saved) == 1


async def test_one_at_a_time_holds_an_owner_and_others_are_not_held_up(stores: Callable[[], Any]) -> None:
    makers = [stores() for _ in range(3)]
    inside = most = done = 0

    async def work(store: TokenStore) -> None:
        nonlocal inside, most, done
        async with store.hold("owner") as hold:
            await hold.extend(30.0)
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0.002)
            inside -= 1
            done += 1

    async with makers[0].hold("somebody else"):
        await asyncio.gather(*(work(makers[n % 3]) for n in range(9)))
    assert (most, done) == (1, 9)


async def test_many_owners_are_held_at_once_and_the_store_still_answers(stores: Callable[[], Any]) -> None:
    """As while the portal is slow: whoever holds keeps no connection, of which there are few."""
    store: TokenStore = stores()
    async with contextlib.AsyncExitStack() as held, asyncio.timeout(60):
        for number in range(10):
            await held.enter_async_context(store.hold(f"owner-{number}"))
        assert await store.save("owner-3", tokens(1), None)
        assert await store.load("owner-3") is not None


async def test_no_lock_of_an_owner_outlives_its_use(tmp_path: Path) -> None:
    for store in (MemoryTokenStore(), FileTokenStore(tmp_path)):
        for number in range(20):
            async with store.hold(f"owner-{number}"):
                pass
        gc.collect()
        assert len(store._turns._locks) == 0


HOLDS = """
import asyncio, sys
from mijnklantportaal_async.oauth import FileTokenStore

async def main():
    async with FileTokenStore(sys.argv[1]).hold("owner"):
        print("held", flush=True)
        await asyncio.sleep(3600)

asyncio.run(main())
"""


async def test_a_process_that_is_killed_holds_no_file(tmp_path: Path) -> None:
    """The lock is the system's own: it ends with the process, and nobody has to guess whether that is dead."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", HOLDS, str(tmp_path), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    assert await process.stdout.readline() == b"held\n"
    store, got = FileTokenStore(tmp_path), asyncio.Event()

    async def take() -> None:
        async with store.hold("owner"):
            got.set()

    taking = asyncio.create_task(take())
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(got.wait(), 0.3)
    process.kill()
    await process.communicate()
    async with asyncio.timeout(60):
        await taking


async def test_whoever_is_cancelled_while_waiting_holds_nothing(stores: Callable[[], Any]) -> None:
    one, other = stores(), stores()

    async def wait() -> None:
        async with other.hold("owner"):
            raise AssertionError("nobody let it in")

    async with one.hold("owner"):
        waiting = asyncio.ensure_future(wait())
        await asyncio.sleep(0.05)
        waiting.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await waiting
    async with asyncio.timeout(20), one.hold("owner"), other.hold("x"):
        pass


async def test_what_raises_inside_lets_go(stores: Callable[[], Any]) -> None:
    store = stores()
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            async with store.hold("owner"):
                raise ZeroDivisionError
    assert await store.load("owner") is None


@pytest.mark.parametrize("kind", KINDS)
async def test_what_was_begun_is_handed_out_once(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    store: Any
    if kind == "memory":
        store = MemoryStateStore(most=110)
    elif kind == "file":
        store = FileStateStore(tmp_path / "begun", most=110)
    else:
        url = f"sqlite:///{tmp_path}/b.db" if kind == "sqlite" else request.getfixturevalue("postgresql_url")
        store = SqlStateStore(url, most=110)
    checked: StateStore = store
    begun = Begun(browser="digest", at=5.0)
    await checked.put("key", begun)
    taken = await asyncio.gather(*(checked.take("key") for _ in range(6)))
    assert [one for one in taken if one is not None] == [begun]
    assert await checked.take("never") is None
    if kind != "postgresql":
        # Whoever begins without end fills no disk.
        for number in range(115):
            await checked.put(f"key {number}", Begun(browser="b", at=float(number)))
        assert await checked.take("key 0") is None
        assert await checked.take("key 114") is not None
    if kind in {"sqlite", "postgresql"}:
        await store.aclose()


# --- files -------------------------------------------------------------------------------------------------------


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other permissions")
async def test_files_are_for_their_owner_alone_from_the_first_byte(tmp_path: Path) -> None:
    folder = tmp_path / "tokens"
    before = os.umask(0)
    try:
        store = FileTokenStore(folder)
        await store.save("owner", tokens(1), None)
        async with store.hold("owner"):
            pass
    finally:
        os.umask(before)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    modes = {path.suffix: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
    assert modes[".json"] == 0o600
    assert set(modes.values()) == {0o600}
    assert not list(folder.glob("*.new"))


@pytest.mark.parametrize("torn", [b"", b'{"access_token": "acc', b"{}", b"\x00\x01"])
async def test_a_file_that_does_not_parse_stops_writes_and_is_kept(tmp_path: Path, torn: bytes) -> None:
    store = FileTokenStore(tmp_path)
    await store.save("owner", tokens(1), None)
    await store.save("another", tokens(2), None)
    [path] = (path for path in map(Path, glob.glob(f"{tmp_path}/*.json")) if b"access-1" in path.read_bytes())
    path.write_bytes(torn)
    with pytest.raises(ValueError, match=r"it (is|has|names)"):
        await store.load("owner")
    for expected in (None, "x"):
        with pytest.raises(ValueError, match=r"it (is|has|names)"):
            await store.save("owner", tokens(3), expected)
    assert path.read_bytes() == torn
    other = await store.load("another")
    assert other is not None
    assert other.access_token == Token("access-2")


DIES_WHILE_IT_SAVES = """
import asyncio, resource, signal, sys
from mijnklantportaal_async.calling.auth import Token
from mijnklantportaal_async.oauth import FileTokenStore, PortalTokens

async def main():
    store = FileTokenStore(sys.argv[1])
    before = await store.load("owner")
    after = PortalTokens(access_token=Token("access-2"), refresh_token=Token("refresh-2"), expires_at=1.0, life=60.0)
    # The system itself kills whoever writes more than so many bytes of a file.
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_FSIZE, (60, 60))
    await store.save("owner", after, before.generation)

asyncio.run(main())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sets no limit to a file")
@pytest.mark.parametrize("way", ["load", "save", "remove"])
async def test_what_a_killed_process_leaves_of_a_save_is_gone_with_the_next_use(tmp_path: Path, way: str) -> None:
    store, before = FileTokenStore(tmp_path), tokens(1)
    await store.save("owner", before, None)
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", DIES_WHILE_IT_SAVES, str(tmp_path))
    assert await process.wait() == -signal.SIGXFSZ
    [left] = map(Path, glob.glob(f"{tmp_path}/*.new"))
    assert (left.stat().st_size, stat.S_IMODE(left.stat().st_mode)) == (60, 0o600)
    assert await store.load("another") is None
    assert left.exists(), "it is of another owner"
    match way:
        case "load":
            assert await store.load("owner") == before
        case "save":
            after = tokens(3)
            assert await store.save("owner", after, before.generation)
            assert await store.load("owner") == after
        case _:
            assert await store.save("owner", None, before.generation)
    assert not glob.glob(f"{tmp_path}/*.new")


async def test_what_is_being_written_is_nobody_s_to_remove(tmp_path: Path) -> None:
    store, before = FileTokenStore(tmp_path), tokens(1)
    await store.save("owner", before, None)
    [path] = map(Path, glob.glob(f"{tmp_path}/*.json"))
    under_way = path.with_name(path.name + ".new")
    with filelock.FileLock(path.with_suffix(".write")):
        under_way.write_bytes(b"half of")
        assert await store.load("owner") == before
        assert under_way.read_bytes() == b"half of"
    assert await store.load("owner") == before
    assert not under_way.exists()


async def test_what_is_left_of_what_was_begun_counts_among_the_oldest(tmp_path: Path) -> None:
    store = FileStateStore(tmp_path, most=100)
    left = tmp_path / "0.begun.new"
    left.write_bytes(b"{")
    os.utime(left, (1.0, 1.0))
    for number in range(102):
        await store.put(f"key {number}", Begun(browser="b", at=float(number)))
    assert not left.exists()
    assert await store.take("key 101") is not None


@pytest.mark.skipif(not hasattr(os, "O_NOFOLLOW"), reason="no such flag")
async def test_a_link_is_not_followed(tmp_path: Path) -> None:
    store = FileTokenStore(tmp_path / "tokens")
    await store.save("owner", tokens(1), None)
    [path] = (tmp_path / "tokens").glob("*.json")
    elsewhere = tmp_path / "elsewhere"
    path.rename(elsewhere)
    path.symlink_to(elsewhere)
    with pytest.raises(OSError, match="symbolic"):
        await store.load("owner")


async def test_a_name_of_an_owner_may_hold_anything(tmp_path: Path) -> None:
    store = FileTokenStore(tmp_path / "tokens")
    owners = ["../../etc/passwd", "a/b", "Owner", "owner", "x" * 500, "\N{SNOWMAN}", "con"]
    for number, owner in enumerate(owners):
        assert await store.save(owner, tokens(number), None)
    for number, owner in enumerate(owners):
        found = await store.load(owner)
        assert found is not None
        assert found.access_token == Token(f"access-{number}")
    assert os.listdir(tmp_path) == ["tokens"]


# --- SQL ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
async def test_a_lease_that_ended_is_another_s_and_its_holder_hears_of_it(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url = f"sqlite:///{tmp_path}/t.db" if kind == "sqlite" else request.getfixturevalue("postgresql_url")
    frozen, quick = SqlTokenStore(url), SqlTokenStore(url)
    try:
        async with frozen.hold("owner") as hold:
            await hold.extend(0.05)
            await asyncio.sleep(0.1)
            async with asyncio.timeout(20), quick.hold("owner"):
                with pytest.raises(HoldLostError):
                    await hold.extend(30.0)
            with pytest.raises(HoldLostError):
                await hold.extend(30.0)
    finally:
        await frozen.aclose()
        await quick.aclose()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other permissions")
async def test_the_database_is_for_its_owner_alone(tmp_path: Path) -> None:
    store = SqlTokenStore(f"sqlite:///{tmp_path}/deep/tokens.db")
    await store.save("owner", tokens(1), None)
    assert {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "deep").iterdir()} == {0o600}
    await store.aclose()


async def test_a_new_database_that_somebody_else_is_at(tmp_path: Path) -> None:
    """Of two processes that begin with one new file, none is told that it is locked."""
    path = tmp_path / "tokens.db"
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("CREATE TABLE things (number INTEGER)")
    other.execute("BEGIN IMMEDIATE")
    store = SqlTokenStore(f"sqlite:///{path}")
    saving = asyncio.create_task(store.save("owner", tokens(1), None))
    await asyncio.sleep(0.2)
    assert not saving.done()
    other.execute("COMMIT")
    assert await saving
    other.close()
    assert await store.load("owner") is not None
    await store.aclose()


async def test_a_database_that_cannot_be_used_says_no_token(tmp_path: Path) -> None:
    (tmp_path / "t.db").write_bytes(b"no database at all, whatever its name says" * 40)
    store = SqlTokenStore(f"sqlite:///{tmp_path}/t.db")
    with pytest.raises(StoreDatabaseError, match="not a database") as caught:
        await store.save("owner", tokens(1), None)
    assert "access-1" not in str(caught.value)
    await store.aclose()


@pytest.mark.parametrize("url", ["", "tokens.db", "mysql://u:geheim@h/x", "sqlite://", "sqlite:///:memory:"])
def test_other_databases_are_refused_without_repeating_the_url(url: str) -> None:
    with pytest.raises(ValueError, match="sqlite:///path/to/file") as caught:
        SqlTokenStore(url)
    assert "geheim" not in str(caught.value)
