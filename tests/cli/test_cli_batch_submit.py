"""`mijnklantportaal batch submit` and the commands that only look: what is said, what is asked, what is kept."""

import json
import sys
from pathlib import Path

import pytest
from batch_cli_support import database_url, own_folder, status_of, visits
from cli_support import Command

from mijnklantportaal_async.cli import prompts

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="XDG_DATA_HOME")


@pytest.fixture(autouse=True)
def _own_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    own_folder(monkeypatch, tmp_path)


def somebody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prompts, "somebody_is_there", lambda: True)


def test_submitting_again_adds_nothing(command: Command, tmp_path: Path) -> None:
    file = visits(tmp_path, 5)
    first = command("batch", "submit", file, "--job", "spring")
    again = command("batch", "submit", file, "--job", "spring")

    assert (first.code, again.code) == (0, 0)
    assert "Job 'spring' is new: 5 rows." in first.messages
    assert "mijnklantportaal batch status spring --watch" in first.messages
    assert "has all of these rows already: nothing to submit." in again.messages
    assert status_of(command, "spring")["total"] == 5


def test_a_file_with_problems_is_not_submitted_and_all_are_shown(command: Command, tmp_path: Path) -> None:
    file = visits(tmp_path, 3)
    with file.open("a") as end:
        end.write("Night,2027-03-28 02:30,2027-03-28 04:00,cst_1,\nToday,soon,2027-03-05 10:00,cst_2,\n")
    answer = command("batch", "submit", file, "--job", "spring")

    assert answer.code == 2
    assert "does not exist in Europe/Amsterdam" in answer.output
    assert "soon" in answer.output
    assert "2 bad rows. Nothing was submitted." in answer.messages
    assert json.loads(command("batch", "list", "--json").output) == []


def test_a_changed_row_needs_a_yes(command: Command, tmp_path: Path) -> None:
    command("batch", "submit", visits(tmp_path, 5), "--job", "spring")
    changed = visits(tmp_path, 5, changed=2)
    refused = command("batch", "submit", changed, "--job", "spring")
    before = status_of(command, "spring")["total"]
    agreed = command("batch", "submit", changed, "--job", "spring", "--yes")

    assert refused.code == 2
    assert "it has 3 of these rows, and 2 are new to it" in refused.messages
    assert "2 rows of the job are not in the file" in refused.messages
    assert "Changed 1" in refused.output
    assert "Say --yes to add the 2 rows" in refused.messages
    assert (before, agreed.code, status_of(command, "spring")["total"]) == (5, 0, 7)


@pytest.mark.parametrize(("answer", "code", "total"), [("y\n", 0, 6), ("n\n", 1, 5), ("", 130, 5)])
def test_a_changed_row_is_asked_for(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: str, code: int, total: int
) -> None:
    command("batch", "submit", visits(tmp_path, 5), "--job", "spring")
    somebody(monkeypatch)
    asked = command("batch", "submit", visits(tmp_path, 5, changed=1), "--job", "spring", answer=answer)

    assert "Add 1 row to job 'spring'?" in asked.messages
    assert (asked.code, status_of(command, "spring")["total"]) == (code, total)


def test_a_new_job_is_asked_for_at_a_terminal(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    somebody(monkeypatch)
    monkeypatch.setenv("MIJNKLANTPORTAAL_BASE_URL_OOST", "https://oost.example/v1")
    file = visits(tmp_path, 2, portals="oost")
    asked = command("batch", "submit", file, "--job", "spring", answer="n\n")

    assert "Submit 2 rows for portal oost (https://oost.example/v1) as job 'spring'?" in asked.messages
    assert asked.code == 1
    assert json.loads(command("batch", "list", "--json").output) == []


def test_a_dry_run_submits_nothing(command: Command, tmp_path: Path) -> None:
    answer = command("batch", "submit", visits(tmp_path, 5), "--job", "spring", "--dry-run")

    assert answer.code == 0
    assert "Job 'spring' is new: 5 rows." in answer.messages
    assert json.loads(command("batch", "list", "--json").output) == []


def test_rows_keep_their_portals(command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIJNKLANTPORTAAL_BASE_URL_OOST", "https://oost.example/v1")
    file = visits(tmp_path, 4, portals="oost west")
    command("batch", "submit", file, "--job", "spring", "--base-url", "https://all.example/v1")

    assert status_of(command, "spring")["portals"] == [
        {"name": "oost", "address": "https://oost.example/v1", "timezone": "Europe/Amsterdam"},
        {"name": "west", "address": "https://all.example/v1", "timezone": "Europe/Amsterdam"},
    ]


def test_portals_in_several_zones_are_refused(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MIJNKLANTPORTAAL_TIMEZONE_WEST", "Europe/London")
    answer = command("batch", "submit", visits(tmp_path, 4, portals="oost west"), "--job", "spring")

    assert answer.code == 2
    assert "Europe/London: west" in answer.messages


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (("--portal", "a b"), "portal name 'a b'"),
        (("--timezone", "Mars/Olympus"), "Mars/Olympus"),
        (("--job", " "), "job=' '"),
        (("--column", "name"), "must be FIELD=HEADER"),
        (("--database", "jobs.db"), "sqlite:///path/to/file"),
        (("--calendar", "x.html", "--sandbox"), "No such option: --calendar"),
    ],
)
def test_what_cannot_be_right(command: Command, tmp_path: Path, options: tuple[str, ...], text: str) -> None:
    answer = command("batch", "submit", visits(tmp_path, 1), "--job", "spring", *options)

    assert answer.code == 2
    assert text in answer.messages


# --- which database ----------------------------------------------------------------------------------------------


def test_a_database_that_is_misspelt_is_not_made(command: Command, tmp_path: Path) -> None:
    answer = command("batch", "status", "spring", "--database", database_url(tmp_path))

    assert answer.code == 2
    assert f"{tmp_path / 'jobs.db'} does not exist" in answer.messages
    assert not (tmp_path / "jobs.db").exists()


def test_the_environment_names_the_database_but_not_that_of_a_sandbox(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MIJNKLANTPORTAAL_BATCH_DATABASE", database_url(tmp_path))
    command("batch", "submit", visits(tmp_path, 1), "--job", "real")
    command("batch", "submit", visits(tmp_path, 2), "--job", "played", "--sandbox")

    real = json.loads(command("batch", "list", "--json", "--database", database_url(tmp_path)).output)
    played = json.loads(command("batch", "list", "--json", "--sandbox").output)
    assert [job["job"] for job in real] == ["real"]
    assert [job["job"] for job in played] == ["played"]
    assert played[0]["portals"][0]["address"] == "sandbox"


def test_the_folder_of_the_jobs_is_private(command: Command, tmp_path: Path) -> None:
    command("batch", "submit", visits(tmp_path, 1), "--job", "spring")

    assert (tmp_path / "mijnklantportaal").stat().st_mode & 0o077 == 0


def test_a_server_that_is_away_is_an_error_without_the_password(command: Command) -> None:
    answer = command("batch", "status", "--database", "postgresql://me:open-sesame@127.0.0.1:1/jobs")

    assert answer.code == 1
    assert "postgresql://me:***@127.0.0.1:1/jobs cannot be used" in answer.messages
    assert "open-sesame" not in answer.everything


# --- looking and managing ----------------------------------------------------------------------------------------


def test_a_job_that_is_not_there(command: Command, tmp_path: Path) -> None:
    command("batch", "submit", visits(tmp_path, 1), "--job", "spring")
    for words in (("status", "summer"), ("results", "summer", "-o", tmp_path / "x.csv"), ("resume", "summer")):
        answer = command("batch", *words)
        assert answer.code == 2
        assert "There is no job 'summer'" in answer.messages
        assert "'spring'" in answer.messages


def test_the_status_of_a_job_that_nobody_works_on(command: Command, tmp_path: Path) -> None:
    command("batch", "submit", visits(tmp_path, 3), "--job", "spring")
    answer = command("batch", "status")

    assert answer.code == 0
    assert "0 of 3 rows over; no worker has any of it just now" in answer.output
    assert status_of(command, "spring") | {"submitted_at": "", "portals": []} == {
        "job": "spring",
        "source": "visits.csv",
        "submitted_at": "",
        "portals": [],
        "operations": ["schedule_appointment"],
        "total": 3,
        "done": 0,
        "rejected": 0,
        "unknown": 0,
        "not_started": 0,
        "under_way": 0,
        "waiting": 3,
        "is_over": False,
        "troubles": ["no worker is at work for the portal default (https://api.mijnklantportaal.nl/v1)"],
    }


def test_cancel_resume_and_delete(command: Command, tmp_path: Path) -> None:
    command("batch", "submit", visits(tmp_path, 3), "--job", "spring")
    too_early = command("batch", "delete", "spring", "--yes")
    unasked = command("batch", "cancel", "spring")
    canceled = command("batch", "cancel", "spring", "--yes")
    standing = status_of(command, "spring")
    resumed = command("batch", "resume", "spring")
    waiting = status_of(command, "spring")["waiting"]
    command("batch", "cancel", "spring", "--yes")
    deleted = command("batch", "delete", "spring", "--yes")

    assert (too_early.code, unasked.code) == (2, 2)
    assert "cancel it first: mijnklantportaal batch cancel spring" in too_early.messages
    assert "say --yes" in unasked.messages
    assert (canceled.code, standing["not_started"], standing["is_over"]) == (0, 3, True)
    assert "mijnklantportaal batch resume spring" in canceled.messages
    assert (resumed.code, waiting) == (0, 3)
    assert deleted.code == 0
    assert "makes everything a second time" in deleted.messages
    assert json.loads(command("batch", "list", "--json").output) == []


def test_watching_a_job_that_is_over_ends_with_its_code(command: Command, tmp_path: Path) -> None:
    command("batch", "submit", visits(tmp_path, 3), "--job", "spring")
    command("batch", "cancel", "spring", "--yes")
    answer = command("batch", "status", "spring", "--watch")

    assert answer.code == 1
    assert "spring: 0 done, 3 not started." in answer.messages


def test_watch_and_json_exclude_each_other(command: Command) -> None:
    assert command("batch", "status", "--watch", "--json").code == 2


def test_results_of_a_job_that_is_not_over(command: Command, tmp_path: Path) -> None:
    command("batch", "submit", visits(tmp_path, 3), "--job", "spring")
    output = tmp_path / "results.jsonl"
    answer = command("batch", "results", "spring", "--output", output)
    again = command("batch", "results", "spring", "--output", output)
    wrong = command("batch", "results", "spring", "--output", tmp_path / "results.txt")

    rows = [json.loads(line) for line in output.read_text("utf-8").splitlines()]
    assert [(row["number"], row["place"], row["outcome"]) for row in rows] == [
        (1, "line 2", "waiting"),
        (2, "line 3", "waiting"),
        (3, "line 4", "waiting"),
    ]
    assert "3 rows had not come to an end" in answer.messages
    assert again.code == 2
    assert "say --overwrite" in again.messages
    assert wrong.code == 2
    assert ".csv, .xlsx, .jsonl" in wrong.messages


# --- decisions ---------------------------------------------------------------------------------------------------


def test_decisions_are_about_rows_in_doubt_of_the_same_job(command: Command, tmp_path: Path) -> None:
    command("batch", "submit", visits(tmp_path, 1), "--job", "spring")
    file = tmp_path / "spring.decisions.json"
    file.write_text(json.dumps({"version": 1, "job": "spring", "decisions": [{"row": 1, "found": "there"}]}))
    answer = command("batch", "settle", "spring", "--decisions", file)
    assert answer.code == 1
    assert "Row 1 stays as it is: it is not in doubt any more: waiting." in answer.messages

    file.write_text(json.dumps({"version": 1, "job": "autumn", "decisions": []}))
    answer = command("batch", "settle", "spring", "--decisions", file)
    assert answer.code == 2
    assert "is about job 'autumn'. Nothing was changed." in answer.messages
    file.write_text("rubbish")
    assert command("batch", "settle", "spring", "--decisions", file).code == 2
    assert command("batch", "settle", "spring", "--decisions", tmp_path / "nothing.json").code == 2
