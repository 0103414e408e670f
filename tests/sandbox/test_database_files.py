"""Files that a sandbox is given: its own, those of its earlier self, and those of somebody else."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from typing import TYPE_CHECKING

import pytest

from mijnklantportaal_async.sandbox import DatabaseFileError, Sandbox

if TYPE_CHECKING:
    from pathlib import Path

# As the first version made them, with an appointment.
CALENDAR_OF_BEFORE = """
PRAGMA journal_mode = WAL;
CREATE TABLE IF NOT EXISTS appointments (
    number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, name TEXT NOT NULL, customer_id TEXT,
    attendee_name TEXT, attendee_email TEXT, starts_at INTEGER NOT NULL, ends_at INTEGER NOT NULL,
    status TEXT NOT NULL, online_meeting_link TEXT, created_at INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS appointments_by_start ON appointments (starts_at, number);
CREATE INDEX IF NOT EXISTS appointments_by_status ON appointments (status);
CREATE TABLE IF NOT EXISTS customers (
    number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, company_name TEXT NOT NULL,
    address TEXT NOT NULL, zip_code TEXT NOT NULL, city TEXT NOT NULL, country_code TEXT NOT NULL,
    primary_email TEXT NOT NULL, phone TEXT, integration TEXT, integration_id TEXT, customer_groups TEXT NOT NULL,
    created_at INTEGER NOT NULL
);
INSERT INTO appointments VALUES (1, 'apt_1', 'Intake', 'cst_1', NULL, NULL, 1, 2, 'scheduled', NULL, 0);
"""


@pytest.mark.parametrize(
    ("script", "said"),
    [
        (CALENDAR_OF_BEFORE, "is a calendar of an earlier version of the sandbox, .* this one cannot read it"),
        ("CREATE TABLE jobs (id TEXT);", "is the database of something else"),
        ("CREATE TABLE documents (id TEXT); PRAGMA user_version = 3;", "was made by a later version"),
        ("CREATE TABLE documents (id TEXT);", "is the database of something else"),
    ],
)
async def test_a_file_of_another_kind_is_refused_and_left_as_it_is(tmp_path: Path, script: str, said: str) -> None:
    path = tmp_path / "portal.sqlite"
    with contextlib.closing(sqlite3.connect(path)) as database:
        database.executescript(script)
    before = path.read_bytes()
    for _ in range(2):
        sandbox = Sandbox(database=path)
        with pytest.raises(DatabaseFileError, match=said) as refused:
            await sandbox.start()
        assert str(path) in str(refused.value)
        assert "Give another path, or move the file away, and a new one is made." in str(refused.value)
        assert repr(sandbox) == "<Sandbox not running>"
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["portal.sqlite"]


async def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    path = tmp_path / "appointments.csv"
    path.write_text("name,starts_at\n" * 100)
    with pytest.raises(DatabaseFileError, match="is not a SQLite database"):
        await Sandbox(database=path).start()


async def test_its_own_file_and_an_empty_one(tmp_path: Path) -> None:
    path = tmp_path / "portal.sqlite"
    path.touch()
    for number in range(2):
        async with Sandbox(database=path) as sandbox:
            assert len(sandbox.customers) == number
            sandbox.put("/customers")


async def test_a_place_that_is_not_there_is_an_error_of_the_database(tmp_path: Path) -> None:
    with pytest.raises(sqlite3.OperationalError):
        await Sandbox(database=tmp_path / "nowhere" / "portal.sqlite").start()
