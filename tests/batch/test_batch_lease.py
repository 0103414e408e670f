"""A lease beside a SQLite file: who looks whether another is alive gives no sign of life in its place."""

import os
import time
from pathlib import Path

import pytest

from mijnklantportaal_async.batch.database import Database
from mijnklantportaal_async.batch.lease import LeaseLostError, lease_for

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
        one.show_life()
    one.let_go()
    other.let_go()


def test_one_that_let_go_is_dead(database: Database) -> None:
    one, other = lease_for(database, "one"), lease_for(database, "other")
    one.hold()
    one.let_go()
    other.hold()
    assert other.is_dead("one", SILENT)
    other.let_go()
