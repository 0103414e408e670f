"""What the commands show of a file before anything is sent, what they ask, and what they leave out."""

import csv
import re
import sys
from pathlib import Path

import pytest
from batch_cli_support import FAST as FAST_BATCH
from batch_cli_support import database_url, own_folder
from cli_support import Command, Sit, needs_proc

FAST = ("--sandbox", "--sandbox-speed", "60", "--sandbox-rate-limit", "1000")
HEADERS = "title,start,end,customer_id,Timezone,Status,Kamer"
PETRA = "ATTENDEE;CN=Petra Eigenaar:mailto:petra@praktijk.example"


def table(tmp_path: Path, *rows: str, name: str = "rows.csv", headers: str = HEADERS) -> Path:
    path = tmp_path / name
    path.write_text("\n".join([headers, *rows, ""]), "utf-8")
    return path


def agenda(tmp_path: Path, *events: str) -> Path:
    path = tmp_path / "agenda.ics"
    path.write_text("\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", *events, "END:VCALENDAR", ""]))
    return path


def event(number: int, *lines: str, start: str = "DTSTART;TZID=Europe/Amsterdam:20970305T143000") -> str:
    own = (f"UID:{number}", f"SUMMARY:Visit {number}", start, "DURATION:PT30M")
    return "\n".join(["BEGIN:VEVENT", *own, *lines, "END:VEVENT"])


def guest(number: int) -> str:
    return f"ATTENDEE;CN=Klant {number}:mailto:klant{number}@example.nl"


def test_the_first_rows_are_shown_as_they_were_understood(command: Command, tmp_path: Path) -> None:
    path = table(
        tmp_path,
        "Call,2027-07-20 09:00,09:30,cst_1,America/New_York,confirmed,2",
        "Late,2027-07-20 23:30,2027-07-21 00:30,cst_2,,confirmed,2",
        "Off,2027-07-20 09:00,09:30,cst_1,,canceled,2",
    )

    result = command("schedule-file", path, "--dry-run")

    assert result.code == 0
    shown = re.sub(" +", " ", result.messages)
    assert "2 Tue 20-07-2027 15:00-15:30 America/New_York Call cst_1" in shown
    assert "3 Tue 20-07-2027 23:30-21-07 00:30 the portal's Late cst_2" in shown
    assert (
        "Left out, because the file says that they are none: 1 row.\n line 4 'Off': canceled (Status: canceled)"
        in shown
    )
    assert "Not used: Kamer." in result.messages
    assert result.messages.index("Call") < result.messages.index("Nothing was sent (--dry-run).")


def test_of_many_rows_some_are_shown(command: Command, tmp_path: Path) -> None:
    rows = [f"Visit {number},2027-07-20 09:00,09:30,cst_{number},,," for number in range(30)]

    result = command("schedule-file", table(tmp_path, *rows), "--dry-run")

    assert "Visit 7" in result.messages
    assert "Visit 8" not in result.messages
    assert "… and 22 more." in result.messages


def test_what_the_file_leaves_out_is_in_the_results_and_no_failure(command: Command, tmp_path: Path) -> None:
    path = table(tmp_path, "In,2027-07-20 09:00,09:30,cst_1,,ok,", "Out,2027-07-20 10:00,10:30,cst_1,,geannuleerd,")
    output = tmp_path / "results.csv"

    result = command("schedule-file", path, *FAST, "--output", output)

    assert result.code == 0, result.messages
    assert "1 new appointments for 1 scheduled rows" in result.messages
    with output.open(newline="") as file:
        rows = {row["row"]: row for row in csv.DictReader(file)}
    assert {line: row["outcome"] for line, row in rows.items()} == {"2": "scheduled", "3": "left out"}
    assert rows["3"]["what to do"] == "canceled (Status: geannuleerd)"


def test_each_occurrence_of_a_series_is_made_once(command: Command, tmp_path: Path) -> None:
    path = agenda(tmp_path, event(1, guest(1), "RRULE:FREQ=WEEKLY"))

    refused = command("schedule-file", path, *FAST)
    made = command("schedule-file", path, *FAST, "--since", "12-03-2097", "--until", "2097-03-31")

    assert refused.code == 2
    assert "up to which day should it be made? Say --until DAY" in refused.messages
    assert made.code == 0, made.messages
    assert "3 new appointments for 3 scheduled rows: none missing, none twice" in made.messages
    assert "1 of its occurrences lie before the first day" in made.messages


def test_what_nobody_can_be_asked_is_said_with_the_option(command: Command, tmp_path: Path) -> None:
    path = agenda(tmp_path, *(event(number, PETRA, guest(number)) for number in range(30)))

    refused = command("schedule-file", path, *FAST)
    made = command("schedule-file", path, *FAST, "--me", "petra@praktijk.example")

    assert refused.code == 2
    assert "Say --me petra@praktijk.example (Petra Eigenaar, in 30 of 30 such events) or " in refused.messages
    # One question, and not thirty problems.
    assert "Visit 7" not in refused.everything
    assert made.code == 0, made.messages
    assert "30 new appointments for 30 scheduled rows" in made.messages


@pytest.mark.parametrize(
    ("headers", "row", "option", "value"),
    [
        (
            "Subject,Start Date,Start Time,Duration,customer_id",
            "Visit,03/05/2027,9:00 AM,30,cst_1",
            "--dates",
            "month-first",
        ),
        ("title,start,duration,naam,email", "Visit,2027-03-05 09:00,30,ZoÃ«,a@b.nl", "--encoding", "utf-8-twice"),
    ],
)
def test_a_question_about_the_file_is_answered_by_its_option(
    command: Command, tmp_path: Path, headers: str, row: str, option: str, value: str
) -> None:
    path = table(tmp_path, row, headers=headers)

    refused = command("schedule-file", path, "--dry-run")

    assert refused.code == 2
    assert f"{option} {value}" in refused.messages
    answered = command("schedule-file", path, "--dry-run", option, value)
    assert answered.code == 0
    assert "Fri 05-03-2027  09:00-09:30" in answered.messages


def test_a_bad_day_of_an_option(command: Command, tmp_path: Path) -> None:
    result = command("schedule-file", table(tmp_path), "--dry-run", "--until", "soon")

    assert result.code == 2
    assert "--until" in result.messages


# --- batches -----------------------------------------------------------------------------------------------------


@pytest.mark.skipif(sys.platform != "linux", reason="XDG_DATA_HOME")
def test_a_batch_goes_on_without_what_is_no_row_and_without_bad_ones_when_asked(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own_folder(monkeypatch, tmp_path)
    here = ("--sandbox", *FAST_BATCH, "--database", database_url(tmp_path))
    holiday = "BEGIN:VEVENT\nUID:h\nSUMMARY:Koningsdag\nDTSTART;VALUE=DATE:20970427\nEND:VEVENT"
    good = agenda(tmp_path, event(1, guest(1)), event(2, guest(2)), holiday, event(9))
    bad = table(tmp_path, "In,2027-07-20 09:00,09:30,cst_1,,ok,", "Bad,2027-07-20 19:00,09:30,cst_1,,ok,")

    season = command("batch", "run", good, *here)
    refused = command("batch", "run", bad, *here)
    skipped = command("batch", "run", bad, *here, "--skip-bad-rows")

    assert season.code == 0, season.messages
    assert "'Koningsdag': all day" in season.messages
    assert "'Visit 9': nobody to meet" in season.messages
    assert "The sandbox holds 2 records for 2 rows done" in season.messages
    assert refused.code == 2
    assert "1 bad row. Nothing was submitted. Correct the file, or say --skip-bad-rows to submit" in refused.messages
    assert skipped.code == 0, skipped.messages
    assert "1 bad row left out (--skip-bad-rows)." in skipped.messages


@pytest.mark.skipif(sys.platform != "linux", reason="XDG_DATA_HOME")
def test_customers_are_shown_as_they_were_understood(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own_folder(monkeypatch, tmp_path)
    path = table(
        tmp_path,
        "Brood,Kerkstraat 12a,12,a,1017 GC,Amsterdam,a@b.nl",
        headers="bedrijf,straat,huisnummer,toevoeging,postcode,plaats,mail",
    )
    options = ("--operation", "create_customer", "--job", "x", "--dry-run", "--database", database_url(tmp_path))

    result = command("batch", "submit", path, *options)

    assert "Kerkstraat 12a, 1017 GC Amsterdam, a@b.nl" in result.messages


# --- at a terminal ---------------------------------------------------------------------------------------------


@needs_proc
async def test_a_person_is_asked_what_the_file_leaves_open(tmp_path: Path, at_terminal: Sit) -> None:
    path = agenda(
        tmp_path,
        event(1, PETRA, guest(1)),
        event(2, PETRA, guest(2), guest(3)),
        event(3, guest(4), "RRULE:FREQ=WEEKLY"),
        event(4, "ATTENDEE;CN=Nobody:x"),
    )
    seat = at_terminal("schedule-file", path, *FAST, environment={})
    await seat.until_it_shows("Which? A number, or write another; nothing to leave those rows out")
    seat.type("7\n")
    await seat.until_it_shows("'7' is none of them.")
    seat.type("1\n")
    await seat.until_it_shows("Which? A number; nothing")
    seat.type("each\n")
    await seat.until_it_shows("A day, as in 31-12-2027")
    seat.type("15-03-2097\n")
    await seat.until_it_shows("1 bad row. Leave them out and go on with the 5 good rows?")
    seat.type("y\n")
    code = await seat.end()

    assert code == 1, seat.shown
    assert "5 new appointments for 5 scheduled rows: none missing, none twice" in seat.shown


@needs_proc
async def test_a_question_that_is_left_open_stops_or_leaves_those_rows_out(tmp_path: Path, at_terminal: Sit) -> None:
    several = table(
        tmp_path, "Visit,03/05/2027,9:00 AM,30,cst_1", headers="Subject,Start Date,Start Time,Duration,customer_id"
    )
    seat = at_terminal("schedule-file", several, *FAST, environment={})
    await seat.until_it_shows("Which? A number; nothing to stop")
    seat.type("\n")

    assert await seat.end() == 1
    assert "Nothing was sent." in seat.shown

    groups = agenda(tmp_path, event(1, "ORGANIZER:mailto:p@example.nl", guest(1), guest(2)), event(2, guest(3)))
    seat = at_terminal("schedule-file", groups, *FAST, "--dry-run", environment={})
    await seat.until_it_shows("nothing to leave those rows out")
    seat.type("\n")

    assert await seat.end() == 2
    assert "1 appointment from" in seat.shown
