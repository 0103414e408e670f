"""`schedule-file` against the embedded sandbox, in this process."""

import csv
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from cli_support import Command

EXAMPLES = Path(__file__).parents[2] / "examples"
FAST = ("--sandbox", "--sandbox-speed", "60", "--sandbox-rate-limit", "1000")
FAULTY = ("--sandbox", "--sandbox-speed", "40")
Writer = Callable[..., Path]


def results_of(path: Path, separator: str = ",") -> dict[int, dict[str, str]]:
    with path.open(newline="", encoding="utf-8-sig") as file:
        return {int(row["row"]): row for row in csv.DictReader(file, delimiter=separator)}


def test_the_example_is_scheduled_once_row_by_row(command: Command, tmp_path: Path) -> None:
    result = command("schedule-file", EXAMPLES / "appointments.csv", *FAST, "--output", tmp_path / "results.csv")

    assert result.code == 0
    assert "72 appointments from Mon 15-03-2027 to Thu 08-04-2027, no bad row." in result.messages
    assert "Scheduled 72 of 72 appointments" in result.messages
    assert "72 new appointments for 72 scheduled rows: none missing, none twice" in result.messages
    assert "2-73" in result.output
    results = results_of(tmp_path / "results.csv")
    assert sorted(results) == list(range(2, 74))
    assert {row["outcome"] for row in results.values()} == {"scheduled"}
    assert len({row["id"] for row in results.values()}) == 72
    assert (results[2]["day"], results[2]["time"][:5]) == ("2027-03-15", "08:30")


def test_lost_answers_and_the_rate_limit_are_survived(command: Command, csv_file: Writer) -> None:
    result = command("schedule-file", csv_file(30), *FAULTY, "--sandbox-faults", "0.3", "--sandbox-rate-limit", "20")

    assert result.code == 0, result.messages
    assert "30 new appointments for 30 scheduled rows: none missing, none twice" in result.messages
    assert "On the way: " in result.messages
    assert "the calendar was looked at before anything was sent again" in result.messages
    assert "for the rate limit of 20 requests a minute" in result.messages


def test_a_file_with_bad_rows_sends_nothing(command: Command, tmp_path: Path) -> None:
    output = tmp_path / "results.csv"
    result = command("schedule-file", EXAMPLES / "appointments-broken.csv", *FAST, "--output", output)

    assert result.code == 2
    assert "16 bad rows. Nothing was sent." in result.messages
    assert "--skip-bad-rows to schedule the 2 good rows" in result.messages
    for line in (3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 16, 17, 18, 19, 20):
        assert f"\n{line:>4}  " in result.output
    assert not output.exists()


def test_good_rows_are_sent_without_the_bad_ones_when_asked(command: Command, tmp_path: Path) -> None:
    output = tmp_path / "results.csv"
    result = command(
        "schedule-file", EXAMPLES / "appointments-broken.csv", *FAST, "--skip-bad-rows", "--output", output
    )

    assert result.code == 1
    assert "Scheduled 2 of 2 appointments" in result.messages
    results = results_of(output)
    assert len(results) == 18
    assert results[2]["outcome"] == results[10]["outcome"] == "scheduled"
    assert results[4]["outcome"] == "bad row"
    assert results[4]["what to do"].startswith("date: is no day of the calendar")


def test_a_dry_run_needs_no_portal(command: Command) -> None:
    good = command("schedule-file", EXAMPLES / "appointments.csv", "--dry-run")
    bad = command("schedule-file", EXAMPLES / "appointments-broken.csv", "--dry-run")

    assert (good.code, bad.code) == (0, 2)
    assert "Nothing was sent (--dry-run)." in good.messages
    assert "31-02-2027" in bad.output


def test_the_results_of_a_dutch_file_open_in_the_same_spreadsheet(command: Command, tmp_path: Path) -> None:
    output = tmp_path / "resultaten.csv"
    result = command("schedule-file", EXAMPLES / "afspraken.csv", *FAST, "-o", output)

    assert result.code == 0
    assert "Note: 'Naam' was taken for the attendee's name" in result.messages
    assert output.read_bytes().startswith(b"\xef\xbb\xbfrow;outcome;")
    assert len(results_of(output, ";")) == 12


def test_the_events_of_a_calendar_are_scheduled(command: Command, tmp_path: Path) -> None:
    result = command("schedule-file", EXAMPLES / "appointments.ics", *FAST, "--output", tmp_path / "results.csv")

    assert result.code == 0, result.messages
    assert "  line 124 'Spoedoverleg naheffing': canceled" in result.messages
    assert "12 new appointments for 12 scheduled rows: none missing, none twice" in result.messages
    results = results_of(tmp_path / "results.csv")
    assert (results[64]["day"], results[64]["time"][:5]) == ("2027-03-10", "16:00")


def test_a_bad_event_is_named_by_its_title(command: Command, tmp_path: Path) -> None:
    text = (EXAMPLES / "appointments.ics").read_bytes()
    (tmp_path / "agenda.ics").write_bytes(text.replace(b"DURATION:PT45M", b"RRULE:FREQ=SECONDLY;COUNT=3"))

    result = command("schedule-file", tmp_path / "agenda.ics", *FAST)

    assert result.code == 2
    assert "1 bad row. Nothing was sent." in result.messages
    shown = " ".join(result.output.split())
    assert "event 8, UID afspraak-08@agenda.example.nl" in shown
    assert "repeats by a rule that is not followed here" in shown


@pytest.mark.parametrize("options", [FAST, ("--dry-run",)])
def test_rows_for_several_portals_are_not_scheduled_into_one(
    command: Command, tmp_path: Path, options: tuple[str, ...]
) -> None:
    row = "Intake,2027-03-05 14:30,30,cst_1"
    file = tmp_path / "rows.csv"
    file.write_text(f"name,start,duration,customer_id,Portaal\n{row},noord\n{row},\n")

    result = command("schedule-file", file, *options)

    assert result.code == 2
    assert "for several portals ('noord', none), and a run schedules into one. Nothing was sent." in result.messages
    assert "--ignore-column 'Portaal'" in result.messages
    ignored = command("schedule-file", file, *options, "--ignore-column", "Portaal")
    assert ignored.code == 0, ignored.messages


def test_a_file_for_one_portal_asks_whether_the_key_is_right(command: Command, tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    file.write_text("name,start,duration,customer_id,portal\nIntake,2027-03-05 14:30,30,cst_1,noord\n")

    result = command("schedule-file", file, *FAST)

    assert result.code == 0
    assert "Note: The file is for the portal 'noord'; is the key of that portal set?" in result.messages


def test_an_earlier_account_is_only_replaced_when_asked(command: Command, csv_file: Writer, tmp_path: Path) -> None:
    output = tmp_path / "results.csv"
    output.write_text("yesterday")

    refused = command("schedule-file", csv_file(1), *FAST, "-o", output)
    assert refused.code == 2
    assert "exists already" in refused.messages
    assert output.read_text() == "yesterday"

    assert command("schedule-file", csv_file(1), *FAST, "-o", output, "--overwrite").code == 0
    assert len(results_of(output)) == 1


def test_an_output_that_cannot_be_written_is_said_before_anything_is_sent(command: Command, csv_file: Writer) -> None:
    result = command("schedule-file", csv_file(1), *FAST, "-o", "/nowhere/results.csv")

    assert result.code == 2
    assert "cannot be written: No such file or directory. Nothing was sent." in result.messages


def test_columns_are_named_by_options(command: Command, tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("Wat;Van;Tot;Wie;Kamer\nIntake;5-3-2027 14:30;15:00;cst_1;2\n")

    without = command("schedule-file", path, "--dry-run")
    assert without.code == 2
    assert "A column is missing for name (the title); and for customer_id" in without.messages

    mapping = ("--column", "name=Wat", "--column", "customer_id=Wie", "--ignore-column", "Kamer")
    assert command("schedule-file", path, "--dry-run", *mapping).code == 0


@pytest.mark.parametrize("pair", ["name", "=Omschrijving", "name=", ""])
def test_a_mapping_that_is_none(command: Command, csv_file: Writer, pair: str) -> None:
    result = command("schedule-file", csv_file(1), "--dry-run", "--column", pair)

    assert result.code == 2
    assert "must be FIELD=HEADER" in result.messages


def test_the_encoding_is_said_by_option(command: Command, tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_bytes("name;start;end;naam;email\nIntake;5-3-2027 14:30;15:00;Zoë;zoe@example.nl\n".encode("cp1252"))

    assert "--encoding cp1252" in command("schedule-file", path, "--dry-run").messages
    assert command("schedule-file", path, "--dry-run", "--encoding", "cp1252").code == 0


def test_dates_with_the_month_first_cannot_be_skipped(command: Command, csv_file: Writer) -> None:
    path = csv_file(3, "Visit,03/25/2027 10:00,03/25/2027 11:00,cst_1")
    result = command("schedule-file", path, *FAST, "--skip-bad-rows")

    assert result.code == 2
    assert "month first" in result.messages


def test_the_same_row_twice_is_two_appointments(command: Command, csv_file: Writer) -> None:
    row = "Visit,2027-04-05 10:00,2027-04-05 11:00,cst_1"
    result = command("schedule-file", csv_file(0, row, row), *FAST)

    assert result.code == 0
    assert "Lines 2-3 are the same appointment: it will be scheduled 2 times." in result.messages
    assert "2 new appointments for 2 scheduled rows" in result.messages


def test_what_the_portal_refuses_is_told_with_its_reason(command: Command, csv_file: Writer, tmp_path: Path) -> None:
    path = csv_file(
        2, "Visit,2027-04-05 10:00,2027-04-05 11:00,nobody-1", "Visit,2027-04-05 10:00,2027-04-05 11:00,nobody-2"
    )
    result = command("schedule-file", path, *FAST, "-o", tmp_path / "results.csv")

    assert result.code == 1
    assert "ids of the portal's customers begin with cst_" in result.messages
    assert re.search(r"4-5 +rejected +2 rows", result.output)
    assert "The selected customer id is invalid" in result.output
    assert "selected customer id" in results_of(tmp_path / "results.csv")[4]["what to do"]


def test_the_calendar_is_one_file_with_everything_in_it(command: Command, csv_file: Writer, tmp_path: Path) -> None:
    calendar = tmp_path / "calendar.html"
    strange = "</script><b>Visit,2027-08-05 10:00,2027-08-05 11:00,cst_1"
    result = command("schedule-file", csv_file(3, strange), *FAST, "--calendar", calendar)

    page = calendar.read_text("utf-8")
    assert result.code == 0
    assert f"Calendar: {calendar}" in result.messages
    assert page.index('id="snapshot"') < page.index("window.fetch") < page.index("calendar.json")
    assert all(f'"name": "Visit {number}"' in page for number in range(3))
    # Months apart, and still in it; and it does not end the script that holds it.
    assert "\\u003c/script>\\u003cb>Visit" in page
    assert "</script><b>Visit" not in page


def test_a_sandbox_on_disk_is_still_there_for_the_next_command(
    command: Command, csv_file: Writer, tmp_path: Path
) -> None:
    kept = ("--sandbox", "--sandbox-database", tmp_path / "portal.sqlite3")
    assert command("schedule-file", csv_file(2), *kept).code == 0
    again = command("schedule-file", csv_file(2), "--again", *kept)
    listed = command("list", "--start-at", "1-3-2027", *kept)

    # What was there before does not count as doubled.
    assert "2 new appointments for 2 scheduled rows: none missing, none twice" in again.messages
    assert listed.output.count("apt_") == 4


@pytest.mark.parametrize(
    ("options", "hint"),
    [
        (("--sandbox-faults", "0.2"), "needs --sandbox"),
        (("--calendar", "calendar.html"), "needs --sandbox"),
        (("--keep-open",), "needs --sandbox"),
        (("--sandbox", "--base-url", "http://localhost/v1"), "does not go together with --sandbox"),
        (("--sandbox-faults", "2"), "--sandbox-faults"),
        (("--concurrency", "0"), "--concurrency"),
        (("--timezone", "Mars/Olympus"), "is not a time zone"),
    ],
)
def test_options_that_cannot_be_right(command: Command, csv_file: Writer, options: tuple[str, ...], hint: str) -> None:
    result = command("schedule-file", csv_file(1), *options)

    assert result.code == 2
    assert hint in result.messages


def test_without_a_key_nothing_begins(command: Command, csv_file: Writer) -> None:
    result = command("schedule-file", csv_file(1))

    assert result.code == 2
    assert "There is no API key" in result.messages
    assert "--sandbox" in result.messages


@pytest.mark.parametrize(
    ("content", "hint"),
    [
        ("", "The file is empty"),
        ("name,start,end,customer_id\n", "has no appointments"),
        ("a,b\n1,2\n", "must name the columns"),
    ],
)
def test_files_without_appointments(command: Command, tmp_path: Path, content: str, hint: str) -> None:
    path = tmp_path / "rows.csv"
    path.write_text(content)
    result = command("schedule-file", path, *FAST)

    assert result.code == 2
    assert hint in result.messages


def test_what_lies_in_the_past_is_mentioned(command: Command, csv_file: Writer) -> None:
    rows = [f"Visit,{year}-03-05 10:00,{year}-03-05 11:00,cst_1" for year in (2097, 2017)]
    result = command("schedule-file", csv_file(0, *rows), "--dry-run")

    assert "Lines 3 lie in the past; is the year right?" in result.messages
