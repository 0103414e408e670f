"""Every row has a way on: `batch settle`, `batch retry`, `--again` and `--restored`."""

import re
import shutil
import sqlite3
import sys
from pathlib import Path

import pytest
from batch_cli_support import FAST, calendar_of, database_url, once_each, own_folder, status_of, visits
from cli_support import Command

from mijnklantportaal_async.cli import prompts

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="XDG_DATA_HOME")


@pytest.fixture(autouse=True)
def _own_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    own_folder(monkeypatch, tmp_path)


@pytest.fixture
def place(tmp_path: Path) -> tuple[str, ...]:
    return ("--sandbox", "--database", database_url(tmp_path))


@pytest.fixture
def here(place: tuple[str, ...]) -> tuple[str, ...]:
    return (*place, *FAST)


def end_row(folder: Path, number: int, state: str) -> None:
    """A row whose end nobody has seen, or that the portal did not want."""
    connection = sqlite3.connect(folder / "jobs.db")
    with connection:
        connection.execute(
            "UPDATE mijnklantportaal_rows SET state = ?, first_sent = submitted_at WHERE number = ?",
            (state, number),
        )
    connection.close()


def test_rows_that_nobody_knows_of_are_settled(
    command: Command, tmp_path: Path, place: tuple[str, ...], here: tuple[str, ...]
) -> None:
    file = visits(tmp_path, 3)
    command("batch", "submit", file, "--job", "spring", *place)
    end_row(tmp_path, 1, "unknown")
    unsettled = command("batch", "run", file, "--job", "spring", *here)
    settled = command("batch", "settle", "spring", *place)
    looked_for = command("batch", "run", file, "--job", "spring", *here)
    before = calendar_of(tmp_path)
    sent = command("batch", "settle", "spring", "--send-again", *place)
    done = command("batch", "run", file, "--job", "spring", *here)
    nothing = command("batch", "settle", "spring", *place)

    assert unsettled.code == 3
    assert "mijnklantportaal batch settle spring --sandbox" in unsettled.messages
    assert "1 row of job 'spring' will be looked for. Nothing is sent." in settled.messages
    assert (looked_for.code, before.total()) == (1, 2)
    assert "has proven that nothing of it is in the portal" in looked_for.output
    assert "What is proven not to be there is sent." in sent.messages
    assert done.code == 0
    assert calendar_of(tmp_path) == once_each(3)
    assert "nothing to settle" in nothing.messages


def test_rejected_rows_are_sent_again_if_that_is_said(
    command: Command, tmp_path: Path, place: tuple[str, ...], here: tuple[str, ...]
) -> None:
    file = visits(tmp_path, 3)
    command("batch", "submit", file, "--job", "spring", *place)
    end_row(tmp_path, 1, "rejected")
    other = command("batch", "retry", "spring", "--outcome", "not started", "--yes", *place)
    unasked = command("batch", "retry", "spring", *place)
    agreed = command("batch", "retry", "spring", "--outcome", "rejected", "--yes", *place)
    command("batch", "run", file, "--job", "spring", *here)

    assert "No row of job 'spring' is not started" in other.messages
    assert (unasked.code, agreed.code) == (2, 0)
    assert "1 row of job 'spring' wait again." in agreed.messages
    assert calendar_of(tmp_path) == once_each(3)


def test_the_same_file_under_a_second_name_is_made_once_more_only_with_again(
    command: Command, tmp_path: Path, here: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = command("batch", "run", visits(tmp_path, 3), *here)
    second = visits(tmp_path, 3, name="visits (1).csv")
    refused = command("batch", "run", second, *here, "--yes")
    with monkeypatch.context() as terminal:
        terminal.setattr(prompts, "somebody_is_there", lambda: True)
        asked = command("batch", "run", second, *here, "--yes", answer="n\n")
    before = calendar_of(tmp_path)
    again = command("batch", "run", second, *here, "--again")

    assert first.code == 0
    assert (refused.code, asked.code) == (2, 1)
    assert "3 stand in job 'visits.csv' of the same portal already" in refused.messages
    assert "Say --again to have them made once more" in refused.messages
    assert "Make them once more, as job 'visits (1).csv'?" in asked.messages
    assert before == once_each(3)
    assert again.code == 0
    assert calendar_of(tmp_path) == once_each(3) + once_each(3)
    # What is said of the end counts what is there, and not only what this job made.
    assert re.search(r"holds 6 records for 3 rows done and 3 equal rows of other jobs", again.messages)
    assert "none twice" not in again.messages


def test_a_backup_that_was_put_back(
    command: Command, tmp_path: Path, place: tuple[str, ...], here: tuple[str, ...]
) -> None:
    file = visits(tmp_path, 4)
    command("batch", "submit", file, "--job", "spring", *place)
    shutil.copy(tmp_path / "jobs.db", tmp_path / "backup.db")
    command("batch", "run", file, "--job", "spring", *here)
    for end in ("-wal", "-shm"):
        (tmp_path / f"jobs.db{end}").unlink(missing_ok=True)
    shutil.copy(tmp_path / "backup.db", tmp_path / "jobs.db")
    restored = command("batch", "work", "--until-done", "spring", "--restored", *here)

    assert restored.code == 0, restored.everything
    assert status_of(command, "spring", *place)["done"] == 4
    assert calendar_of(tmp_path) == once_each(4)
