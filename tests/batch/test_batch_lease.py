"""Leases: who looks whether another is alive gives no sign of life in its place; who lost one has lost it."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from mijnklantportaal_async.batch.database import Database
from mijnklantportaal_async.batch.lease import Lease, LeaseLostError, lease_for

SILENT = 60.0


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return Database(f"sqlite:///{tmp_path}/jobs.db")


def lock_of(database: Database, executor: str) -> Path:
    return database.path.with_name("jobs.db.workers") / f"{executor}.lock"


def test_a_look_at_one_that_lives_is_no_sign_of_its_life(database: Database) -> None:
    one, other = lease_for(database, "one"), lease_for(database, "other")
    one.hold()
    other.hold()
    long_ago = time.time() - SILENT / 2
    os.utime(lock_of(database, "one"), (long_ago, long_ago))
    assert not other.is_dead("one", SILENT)
    assert lock_of(database, "one").stat().st_mtime == pytest.approx(long_ago, abs=1)
    one.let_go()
    other.let_go()


def test_one_that_holds_its_lock_and_shows_no_life_is_dead_and_hears_of_it(database: Database) -> None:
    one, other = lease_for(database, "one"), lease_for(database, "other")
    one.hold()
    other.hold()
    long_ago = time.time() - 2 * SILENT
    os.utime(lock_of(database, "one"), (long_ago, long_ago))
    assert other.is_dead("one", SILENT)
    with pytest.raises(LeaseLostError):
        one.show_life(SILENT)
    one.let_go()
    other.let_go()


def test_one_that_let_go_is_dead(database: Database) -> None:
    one, other = lease_for(database, "one"), lease_for(database, "other")
    one.hold()
    one.let_go()
    other.hold()
    assert other.is_dead("one", SILENT)
    other.let_go()


@pytest.fixture
def server(postgresql_url: str) -> Iterator[Database]:
    database = Database(postgresql_url)
    yield database
    database.close()


def ended_by_another(server: Database, one: Lease) -> None:
    """As of a worker that stood still: others end its connection, and it meets that while it looks after a third."""
    other = lease_for(server, "other")
    other.hold()
    while not other.is_dead("one", 0.0):
        time.sleep(0.01)
    with pytest.raises(psycopg.OperationalError):
        one.is_dead("a third", SILENT)
    other.let_go()


def test_whoever_stood_still_does_not_take_a_lock_again_that_others_have_found_free(server: Database) -> None:
    one = lease_for(server, "one")
    one.hold()
    ended_by_another(server, one)
    with pytest.raises(LeaseLostError, match="stood still"):
        # However short it was: longer than no time at all.
        one.show_life(0.0)
    one.let_go()


def test_whoever_did_not_stand_still_takes_its_lock_again(server: Database) -> None:
    """Its server was gone for a while."""
    one = lease_for(server, "one")
    one.hold()
    ended_by_another(server, one)
    one.show_life(SILENT)
    looks = lease_for(server, "looks")
    looks.hold()
    assert not looks.is_dead("one", SILENT)
    looks.let_go()
    one.let_go()
