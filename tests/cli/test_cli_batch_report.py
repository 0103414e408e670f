"""What is said of a job at its end: tables, exit codes, files, the comparison with the sandbox."""

import csv
import io
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from batch_cli_support import AMSTERDAM, progress, row
from rich.console import Console

from mijnklantportaal_async.batch import DatabaseTroubleError, RowOutcome
from mijnklantportaal_async.cli.batch.failures import translated
from mijnklantportaal_async.cli.batch.job_report import (
    exit_code_for,
    failure_table,
    outcome_table,
    places_in_words,
    portal_table,
)
from mijnklantportaal_async.cli.batch.proof import compare
from mijnklantportaal_async.cli.batch.results_file import as_json_lines, as_table
from mijnklantportaal_async.cli.failures import CommandError
from mijnklantportaal_async.cli.written_file import write_whole
from mijnklantportaal_async.files.results.formats import PLAIN, table_bytes
from mijnklantportaal_async.sandbox import Sandbox


def text_of(table: Any) -> str:
    stream = io.StringIO()
    Console(file=stream, width=200, legacy_windows=False).print(table)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("counts", "code"),
    [
        ({"done": 100}, 0),
        ({"done": 99, "rejected": 1}, 1),
        ({"done": 99, "not_started": 1}, 1),
        ({"done": 99}, 1),
        ({"done": 98, "rejected": 1, "unknown": 1}, 3),
    ],
)
def test_the_exit_code(counts: dict[str, int], code: int) -> None:
    assert exit_code_for(progress(**counts)) == code


def test_rows_that_need_a_person_come_first_and_equal_reasons_together() -> None:
    rows = [
        row(1, RowOutcome.DONE),
        row(2, RowOutcome.REJECTED, message="422 after 3 attempts"),
        row(3, RowOutcome.REJECTED, message="422 after 4 attempts"),
        row(4, RowOutcome.UNKNOWN, message="the answer was lost", how_to_check="Look in the calendar."),
        row(5, RowOutcome.DONE, message="starts_at is 09:00 in the portal"),
    ]
    lines = text_of(failure_table(rows, with_portals=False)).splitlines()

    assert lines[1].startswith("line 5")
    assert "2027-03-05 09:00 Visit 4 (cst_4)" in lines[1]
    assert "Look in the calendar." in lines[2]
    assert lines[3].startswith("lines 3-4")
    assert "2 rows" in lines[3]
    assert lines[4].startswith("line 6")
    assert failure_table(rows[:1], with_portals=False) is None


def test_only_the_first_twenty_are_named() -> None:
    rows = [row(number, RowOutcome.REJECTED, message=f"reason {'x' * number}") for number in range(1, 26)]
    text = text_of(failure_table(rows, with_portals=True))

    assert "line 21" in text
    assert "line 22" not in text
    assert "5 more; `batch results` writes them all to a file." in text


def test_places() -> None:
    assert places_in_words([row(1, RowOutcome.DONE)]) == "line 2"
    assert places_in_words([row(number, RowOutcome.DONE) for number in (1, 2, 5)]) == "lines 2-3, 6"
    events = [row(number, RowOutcome.DONE, place=f"event {number}") for number in (1, 2, 3, 4)]
    assert places_in_words(events) == "event 1, event 2, event 3 and 1 more"


def test_how_many_ended_how() -> None:
    rows = [row(1, RowOutcome.DONE), row(2, RowOutcome.DONE, portal="oost"), row(3, RowOutcome.WAITING, portal="oost")]

    outcomes = [line.split()[:2] for line in text_of(outcome_table(rows)).splitlines()[1:]]
    assert outcomes == [["done", "2"], ["waiting", "1"]]
    assert [line.split() for line in text_of(portal_table(rows)).splitlines()] == [
        ["Portal", "Done", "Waiting"],
        ["default", "1", "0"],
        ["oost", "1", "1"],
        ["all", "2", "1"],
    ]


# --- files -------------------------------------------------------------------------------------------------------


def test_results_as_a_table() -> None:
    rows = [
        row(1, RowOutcome.DONE, identifier="apt_1", ended_at=datetime(2027, 7, 1, 10, tzinfo=UTC)),
        row(2, RowOutcome.UNKNOWN, message="=lost", how_to_check="Look.", request={"company_name": "Café"}),
    ]
    text = table_bytes(Path("results.csv"), as_table(rows), PLAIN).decode()
    first, second = csv.DictReader(io.StringIO(text))

    assert (first["row"], first["id"], first["title"], first["outcome"]) == ("2", "apt_1", "Visit 1", "done")
    # A spreadsheet would run what begins like a formula.
    assert second["what to do"] == "'=lost Look."
    assert "portal" not in first


def test_results_as_json_lines() -> None:
    (line,) = as_json_lines([row(1, RowOutcome.DONE, identifier="apt_1", record={"id": "apt_1"})]).splitlines()
    data = json.loads(line)

    assert data["request"]["name"] == "Visit 1"
    assert (data["record"], data["ended_at"]) == ({"id": "apt_1"}, None)


def test_a_file_is_replaced_as_a_whole(tmp_path: Path) -> None:
    path = tmp_path / "results.csv"
    path.write_text("old")
    link = tmp_path / "link.csv"
    link.symlink_to(path)
    write_whole(link, "new\r\n")

    assert path.read_bytes() == b"new\r\n"
    assert link.is_symlink()
    assert sorted(found.name for found in tmp_path.iterdir()) == ["link.csv", "results.csv"]


def test_a_file_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="cannot be written"):
        write_whole(tmp_path / "missing" / "results.csv", "new")


# --- the comparison with the sandbox -----------------------------------------------------------------------------


def put(sandbox: Sandbox, number: int) -> None:
    sandbox.add_appointment(
        name=f"Visit {number}",
        starts_at=datetime(2027, 3, 5, 9, tzinfo=AMSTERDAM),
        ends_at=datetime(2027, 3, 5, 10, tzinfo=AMSTERDAM),
        customer_id=f"cst_{number}",
    )


@pytest.mark.parametrize(
    ("numbers", "is_right", "words"),
    [
        ([1, 2], True, "none missing, none twice"),
        ([1, 2, 3], True, "none missing, none twice"),
        ([1, 2, 9], True, "none missing, none twice"),
        ([1], False, "1 missing, 0 too many"),
        ([1, 2, 2], False, "0 missing, 1 too many"),
        ([1, 2, 4, 4], True, "and 1 equal row of other jobs and 1 unknown: none missing, none more than was asked for"),
        ([1, 2, 4, 4, 4], False, "0 missing, 1 too many"),
    ],
)
def test_the_comparison(numbers: list[int], is_right: bool, words: str) -> None:
    sandbox = Sandbox()
    for number in numbers:
        put(sandbox, number)
    rows = [row(1, RowOutcome.DONE), row(2, RowOutcome.DONE), row(3, RowOutcome.UNKNOWN)]
    if 4 in numbers:
        rows.append(row(4, RowOutcome.DONE))
    others = [row(4, RowOutcome.DONE, job="summer")]
    verdict, text = compare(rows, others, {"default": sandbox})

    assert verdict is is_right
    assert words in text


def test_a_record_in_another_portal_does_not_count() -> None:
    here, there = Sandbox(), Sandbox()
    put(there, 1)
    verdict, _ = compare([row(1, RowOutcome.DONE)], [], {"default": here, "oost": there})

    assert verdict is False


# --- errors ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [KeyError, IndexError, ValueError, RuntimeError])
def test_mistakes_of_the_program_are_not_hidden(kind: type[Exception]) -> None:
    assert translated(kind("x")) is None


def test_a_path_keeps_its_small_letter() -> None:
    known = translated(LookupError("there is no job 'x'"))
    away = translated(DatabaseTroubleError("postgresql://me@host/jobs cannot be used"))
    assert str(known) == "There is no job 'x'."
    assert str(away) == "postgresql://me@host/jobs cannot be used."
