"""A file that is given a second time: what is there is not made again."""

import csv
from collections.abc import Callable
from pathlib import Path

import pytest
from cli_support import KEY, Command, Start

from mijnklantportaal_async.files.results.reading import read_results
from mijnklantportaal_async.sandbox import Sandbox

Writer = Callable[..., Path]


def kept(tmp_path: Path) -> tuple[str | Path, ...]:
    return ("--sandbox", "--sandbox-speed", "60", "--sandbox-database", tmp_path / "portal.sqlite3")


def made(tmp_path: Path) -> int:
    return len(Sandbox(database=tmp_path / "portal.sqlite3").appointments)


def test_a_second_run_does_nothing_and_says_so(command: Command, csv_file: Writer, tmp_path: Path) -> None:
    assert command("schedule-file", csv_file(3), *kept(tmp_path)).code == 0
    again = command("schedule-file", csv_file(3), "--yes", "-o", tmp_path / "results.csv", *kept(tmp_path))

    assert again.code == 0
    assert "3 of 3 are there already; nothing to do." in again.messages
    assert "in the calendar before this run; nothing was sent" in again.output
    assert made(tmp_path) == 3
    with (tmp_path / "results.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["outcome"] for row in rows] == ["there already"] * 3
    assert len({row["id"] for row in rows}) == 3


def test_only_what_is_missing_is_made(command: Command, csv_file: Writer, tmp_path: Path) -> None:
    assert command("schedule-file", csv_file(2), *kept(tmp_path)).code == 0
    more = command("schedule-file", csv_file(5), *kept(tmp_path))

    assert more.code == 0
    assert "2 of 5 are there already; 3 to schedule." in more.messages
    assert "3 new appointments for 3 scheduled rows: none missing, none twice" in more.messages
    assert made(tmp_path) == 5


def test_a_second_time_is_asked_for_by_name(command: Command, csv_file: Writer, tmp_path: Path) -> None:
    assert command("schedule-file", csv_file(2), *kept(tmp_path)).code == 0
    again = command("schedule-file", csv_file(2), "--again", *kept(tmp_path))

    assert again.code == 0
    assert made(tmp_path) == 4


def test_equal_rows_have_a_record_each(command: Command, csv_file: Writer, tmp_path: Path) -> None:
    row = "Visit 0,2027-03-01 08:00,2027-03-01 20:00,cst_0"
    assert command("schedule-file", csv_file(1), *kept(tmp_path)).code == 0
    twice = command("schedule-file", csv_file(1, row), *kept(tmp_path))

    assert "1 of 2 are there already; 1 to schedule." in twice.messages
    assert made(tmp_path) == 2


def test_what_was_canceled_is_not_there(command: Command, csv_file: Writer, tmp_path: Path) -> None:
    assert command("schedule-file", csv_file(1), *kept(tmp_path)).code == 0
    (first,) = Sandbox(database=tmp_path / "portal.sqlite3").appointments
    assert command("cancel", first.id, "--yes", *kept(tmp_path)).code == 0
    again = command("schedule-file", csv_file(1), *kept(tmp_path))

    assert "Scheduled 1 of 1 appointment" in again.messages


def test_one_that_may_be_it_is_told_with_one_command_and_not_sent(
    command: Command, tmp_path: Path, csv_file: Writer
) -> None:
    file = tmp_path / "rows.csv"
    header, row = "name,starts_at,ends_at,attendee_name,attendee_email", "2027-03-05 14:30,2027-03-05 15:00"
    file.write_text(f"{header}\nIntake,{row},Jan de Wit,jan@example.nl\n")
    assert command("schedule-file", file, *kept(tmp_path)).code == 0
    file.write_text(f"{header}\nIntake,{row},J. de Wit,jan@example.nl\n")
    again = command("schedule-file", file, *kept(tmp_path))

    assert again.code == 3
    assert made(tmp_path) == 1
    shown = " ".join(again.output.split())
    assert "Fri 05-03-2027 14:30-15:00 with J. de Wit <jan@example.nl>" in shown
    assert "mijnklantportaal schedule --name Intake --starts-at 2027-03-05T14:30:00+01:00" in shown


async def test_one_look_per_day_of_the_file(started: Start, csv_file: Writer) -> None:
    keys = {KEY: ["appointments.read", "appointments.write"]}
    rows = csv_file(3, "Visit 3,2027-03-04 08:00,2027-03-04 09:00,cst_1")
    async with Sandbox(keys=keys, rate_limit=None) as sandbox:
        assert (await (await started("schedule-file", rows, base_url=sandbox.url)).end()).code == 0
        methods = [request.method for request in sandbox.requests]
        assert (methods[:2], methods.count("GET"), methods.count("POST")) == (["GET", "GET"], 2, 4)
        again = await (await started("schedule-file", rows, "--yes", base_url=sandbox.url)).end()
        methods = [request.method for request in sandbox.requests]

    assert "4 of 4 are there already; nothing to do." in again.messages
    assert (methods.count("GET"), methods.count("POST")) == (4, 4)


async def test_without_a_look_nothing_is_sent(started: Start, csv_file: Writer) -> None:
    async with Sandbox(keys={KEY: ["appointments.write"]}, rate_limit=None) as sandbox:
        result = await (await started("schedule-file", csv_file(3), base_url=sandbox.url)).end()
        assert [request.method for request in sandbox.requests] == ["GET"]

    assert result.code == 4
    assert "--again schedules all of them without a look." in " ".join(result.output.split())


# --- its own results, given again --------------------------------------------------------------------------------


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8-sig") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("name", ["results.csv", "results.xlsx"])
def test_a_run_goes_on_from_its_own_results(command: Command, csv_file: Writer, tmp_path: Path, name: str) -> None:
    output = tmp_path / name
    assert command("schedule-file", csv_file(2), "-o", output, *kept(tmp_path)).code == 0
    more = command("schedule-file", csv_file(4), "-o", output, *kept(tmp_path))

    assert more.code == 0, more.messages
    assert "2 of 4 are there already; 2 to schedule." in more.messages
    found = read_results(output).rows
    assert [row.outcome for row in found] == ["scheduled earlier"] * 2 + ["scheduled"] * 2
    assert len({row.identifier for row in found}) == made(tmp_path) == 4


def test_what_was_canceled_since_is_not_made_again_by_the_run_that_made_it(
    command: Command, csv_file: Writer, tmp_path: Path
) -> None:
    output = tmp_path / "results.csv"
    assert command("schedule-file", csv_file(2), "-o", output, *kept(tmp_path)).code == 0
    first, _ = rows_of(output)
    assert command("cancel", first["id"], "--yes", *kept(tmp_path)).code == 0
    again = command("schedule-file", csv_file(2), "-o", output, *kept(tmp_path))

    assert again.code == 0
    assert "2 of 2 are there already; nothing to do." in again.messages
    assert rows_of(output)[0]["what to do"] == "Canceled in the portal since; not made again."
    assert made(tmp_path) == 2


def test_results_of_a_trial_in_a_sandbox_do_not_count_elsewhere(
    command: Command, csv_file: Writer, tmp_path: Path
) -> None:
    output = tmp_path / "results.csv"
    assert command("schedule-file", csv_file(2), "-o", output, "--sandbox", "--sandbox-speed", "60").code == 0
    real = command("schedule-file", csv_file(2), "-o", output, *kept(tmp_path))

    assert "Scheduled 2 of 2" in real.messages
    assert [row["outcome"] for row in rows_of(output)] == ["scheduled"] * 2
    assert made(tmp_path) == 2


def test_again_does_not_mean_what_the_same_run_has_made(command: Command, csv_file: Writer, tmp_path: Path) -> None:
    output = tmp_path / "results.csv"
    assert command("schedule-file", csv_file(2), *kept(tmp_path)).code == 0
    once_more = ("schedule-file", csv_file(2), "--again", "-o", output, *kept(tmp_path))
    assert command(*once_more).code == 0
    assert made(tmp_path) == 4
    assert command(*once_more).code == 0

    assert made(tmp_path) == 4
    assert {row["outcome"] for row in rows_of(output)} == {"scheduled earlier"}


def test_rows_that_left_the_file_stay_in_the_results(command: Command, csv_file: Writer, tmp_path: Path) -> None:
    output = tmp_path / "results.csv"
    assert command("schedule-file", csv_file(3), "-o", output, *kept(tmp_path)).code == 0
    fewer = command("schedule-file", csv_file(1), "-o", output, *kept(tmp_path))

    assert "2 appointments of the earlier run stand in the results, and not in the file" in fewer.messages
    assert [row["what to do"] for row in rows_of(output)] == ["", *["Not in the file any more."] * 2]
    assert all(row["id"] for row in rows_of(output))


def test_after_a_run_that_was_killed_what_it_sent_may_still_arrive(
    command: Command, csv_file: Writer, tmp_path: Path
) -> None:
    output = tmp_path / "results.csv"
    assert command("schedule-file", csv_file(1), "-o", output, *kept(tmp_path)).code == 0
    killed = command("schedule-file", csv_file(3), "-o", output, *kept(tmp_path))
    over = command("schedule-file", csv_file(3), "-o", output, *kept(tmp_path))

    assert "The earlier run did not come to its end" in killed.messages
    assert "The earlier run did not come to its end" not in over.messages


# --- and taken back ----------------------------------------------------------------------------------------------


def standing(tmp_path: Path) -> int:
    return sum(one.status != "canceled" for one in Sandbox(database=tmp_path / "portal.sqlite3").appointments)


@pytest.mark.parametrize("name", ["results.csv", "results.xlsx"])
def test_a_run_is_taken_back_by_its_results(command: Command, csv_file: Writer, tmp_path: Path, name: str) -> None:
    output = tmp_path / name
    assert command("schedule-file", csv_file(1), *kept(tmp_path)).code == 0
    assert command("schedule-file", csv_file(4), "-o", output, *kept(tmp_path)).code == 0
    asked = command("cancel", output, *kept(tmp_path))
    assert asked.code == 2
    assert "say --yes to cancel 3 appointments" in asked.messages
    assert standing(tmp_path) == 4

    undone = command("cancel", output, "--yes", *kept(tmp_path))
    assert undone.code == 0, undone.messages
    assert "1 appointment was there before that run, and not canceled." in undone.messages
    assert "Visit 1" in undone.messages
    assert standing(tmp_path) == 1

    once_more = command("cancel", output, "--yes", *kept(tmp_path))
    assert once_more.code == 0
    assert "was canceled before" in once_more.output
    elsewhere = command("cancel", output, "--yes", "--sandbox")
    assert elsewhere.code == 0
    assert "not there any more" in elsewhere.output


def test_only_results_are_taken_back(command: Command, csv_file: Writer, tmp_path: Path) -> None:
    wrong = command("cancel", csv_file(1), "--yes", *kept(tmp_path))
    missing = command("cancel", tmp_path / "results.csv", "--yes", *kept(tmp_path))

    assert (wrong.code, missing.code) == (2, 2)
    assert "is no table of results" in wrong.messages
    assert "There is no file" in missing.messages


async def test_what_cannot_be_taken_back_is_told(started: Start, csv_file: Writer, tmp_path: Path) -> None:
    output = tmp_path / "results.csv"
    keys = {KEY: ["appointments.read", "appointments.write"]}
    async with Sandbox(keys=keys, rate_limit=None) as sandbox:
        run = await started("schedule-file", csv_file(3), "-o", output, base_url=sandbox.url)
        assert (await run.end()).code == 0
        keys[KEY] = ["appointments.read"]
    async with Sandbox(keys=keys, rate_limit=None) as sandbox:
        refused = await (await started("cancel", output, "--yes", base_url=sandbox.url)).end()
        assert len(sandbox.requests) <= 3

    assert refused.code == 4
    assert "The same command again is safe" in refused.messages
