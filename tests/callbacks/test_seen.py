from __future__ import annotations

import asyncio
import stat
from pathlib import Path
from typing import Any

import pytest
from moved_time import HandClock

from mijnklantportaal_async.callbacks import Claim, MemorySeen, SqlSeen


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
async def stores(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    """Two doors to one store, as two processes have them, and the clock of both."""
    clock = HandClock()
    if request.param == "memory":
        one = MemorySeen(lease=60, keep=1000, clock=clock)
        yield one, one, clock
        return
    url = f"sqlite:///{tmp_path / 'seen.db'}"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgresql_url").replace("postgresql://", "postgresql+psycopg://")
    async with (
        SqlSeen(url, lease=60, keep=1000, clock=clock) as one,
        SqlSeen(url, lease=60, keep=1000, clock=clock) as other,
    ):
        yield one, other, clock


async def test_the_two_states(stores: Any) -> None:
    one, other, _ = stores
    claim = await one.claim("a")
    assert isinstance(claim, Claim)
    assert await other.claim("a") == "claimed"
    await one.done(claim)
    assert await other.claim("a") == "done"
    second = await other.claim("b")
    assert isinstance(second, Claim)
    await other.release(second)
    assert isinstance(await one.claim("b"), Claim)


async def test_of_many_at_once_one_wins(stores: Any) -> None:
    one, other, _ = stores
    found = await asyncio.gather(*((one, other)[number % 2].claim("a") for number in range(40)))
    assert sum(isinstance(item, Claim) for item in found) == 1
    assert found.count("claimed") == 39


async def test_a_claim_ends_and_who_held_it_changes_nothing_any_more(stores: Any) -> None:
    one, other, clock = stores
    old = await one.claim("a")
    clock.now += 61
    new = await other.claim("a")
    assert isinstance(new, Claim)
    await one.done(old)
    await one.release(old)
    assert await one.claim("a") == "claimed", "it is the other's still"
    await other.done(new)
    assert await one.claim("a") == "done"


async def test_what_is_done_is_forgotten_at_last(stores: Any) -> None:
    one, _, clock = stores
    claim = await one.claim("a")
    await one.done(claim)
    clock.now += 999
    assert await one.claim("a") == "done"
    clock.now += 2
    assert isinstance(await one.claim("a"), Claim)


async def test_what_is_overdue_is_taken_up_by_one(stores: Any) -> None:
    one, other, clock = stores
    for number in range(5):
        await one.claim(str(number), b"note %d" % number)
    await one.claim("without a note")
    finished = await one.claim("finished", b"x")
    await one.done(finished)
    assert await one.overdue() == []
    clock.now += 61
    taken = await asyncio.gather(one.overdue(), other.overdue())
    assert sorted(claim.note for claims in taken for claim in claims) == [b"note %d" % number for number in range(5)]
    assert await one.overdue() == []
    for claims in taken:
        for claim in claims:
            await other.done(claim)
    clock.now += 61
    assert await one.overdue() == []


async def test_the_note_goes_when_it_is_done(tmp_path: Path) -> None:
    """It holds names and addresses of people."""
    async with SqlSeen(f"sqlite:///{tmp_path / 'seen.db'}") as store:
        claim = await store.claim("a", b"somebody's name")
        assert isinstance(claim, Claim)
        await store.done(claim)
        assert await store.claim("a") == "done"
        assert "seen.db" in repr(store)
        # Notes are what customers wrote: nobody else on the machine reads them.
        assert stat.S_IMODE((tmp_path / "seen.db").stat().st_mode) == 0o600


async def test_memory_is_bounded() -> None:
    store = MemorySeen(most=50)
    for number in range(500):
        claim = await store.claim(str(number))
        assert isinstance(claim, Claim)
        await store.done(claim)
    assert len(store._entries) <= 50
    assert await store.claim("499") == "done"


async def test_a_password_shows_nowhere() -> None:
    store = SqlSeen("postgresql+psycopg://user:hidden-word@localhost/name")
    assert "hidden-word" not in repr(store)
    await store.aclose()
