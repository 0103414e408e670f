"""The command in the language of whoever gives it."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from cli_support import Command

Writer = Callable[..., Path]

REFUSED = "http://127.0.0.1:1/v1"


@pytest.fixture(autouse=True)
def _no_language_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "MIJNKLANTPORTAAL_LANGUAGE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "en_US.UTF-8")


@pytest.mark.parametrize(
    ("before", "behind"),
    [(("--language", "nl"), ()), ((), ("--language", "nl")), ((), ("--language=nl",))],
    ids=["before", "behind", "in one word"],
)
def test_it_is_said_with_any_command(
    command: Command, csv_file: Writer, before: tuple[str, ...], behind: tuple[str, ...]
) -> None:
    run = command(*before, "schedule-file", csv_file(2), "--dry-run", *behind)

    assert run.code == 0, run.messages
    assert "2 afspraken van ma 01-03-2027 tot ma 01-03-2027, geen foute rij." in run.messages
    assert "Er is niets verstuurd (--dry-run)." in run.messages


@pytest.mark.parametrize(
    "environment", [{"LANG": "nl_NL.UTF-8"}, {"LC_ALL": "nl_BE"}, {"MIJNKLANTPORTAAL_LANGUAGE": "nl"}], ids=str
)
def test_it_is_that_of_the_terminal(
    command: Command, csv_file: Writer, monkeypatch: pytest.MonkeyPatch, environment: dict[str, str]
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    assert "Er is niets verstuurd" in command("schedule-file", csv_file(1), "--dry-run").messages
    assert "Nothing was sent" in command("--language", "en", "schedule-file", csv_file(1), "--dry-run").messages


def test_what_was_said_once_is_forgotten(command: Command, csv_file: Writer) -> None:
    assert "Er is niets verstuurd" in command("schedule-file", csv_file(1), "--dry-run", "--language", "nl").messages
    assert "Nothing was sent" in command("schedule-file", csv_file(1), "--dry-run").messages


def test_there_is_no_other(command: Command) -> None:
    refused = command("list", "--language", "fr")
    assert refused.code == 2
    assert "--language: it is none of en, nl." in refused.messages


def test_help(command: Command) -> None:
    page = command("schedule", "--help", "--language", "nl").output

    assert page.startswith("Zet één afspraak in de agenda, precies één keer.\n\nVoorbeelden\n")
    assert "Gebruik: mijnklantportaal schedule" in page
    assert "[verplicht]" in page
    assert "[standaard: 15]" in page
    assert "Toon dit en stop." in page
    whole = command("--language", "nl", "--help").output
    assert "Zet de afspraken uit een bestand in de agenda" in whole


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("list", "--dys", "3"), "Er is geen optie --dys. Bedoelt u --days of --ics?"),
        (("lst",), "Er is geen commando 'lst'."),
        (("zzz",), "Er is geen commando 'zzz'. Er is niets verstuurd."),
        (("schedule",), "--name ontbreekt."),
        (("schedule", "--name"), "--name heeft een waarde nodig."),
        (("list", "--days", "0"), "--days: het moet een getal zijn van ten minste 1."),
        (("list", "--sandbox", "--sandbox-faults", "2"), "--sandbox-faults: het moet een getal zijn van 0 tot 1."),
        (("sandbox", "--rate-window", "x"), "--rate-window: het is geen van fixed, rolling."),
        (("list", "--keep-open"), "--keep-open: heeft --sandbox nodig."),
        (("list", "today"), "Niemand weet wat 'today' hier moet zijn."),
    ],
)
def test_mistakes_on_the_command_line(command: Command, arguments: tuple[str, ...], said: str) -> None:
    refused = command("--language", "nl", *arguments)

    assert refused.code == 2
    assert refused.messages.startswith(f"Fout: {said}")
    assert "Er is niets verstuurd." in refused.messages


def test_what_the_package_says_of_an_error(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIJNKLANTPORTAAL_API_KEY", "abcdefghijklmnop")
    failed = command("call", "--base-url", REFUSED, "--language", "nl", "get_customer", "--customer-id", "apt_1")
    assert failed.code == 2
    assert "is het id van iets anders; id's van deze soort beginnen met 'cst_'" in failed.messages

    failed = command("list", "--base-url", "https://key@127.0.0.1:1/v1", "--language", "nl")
    assert failed.code == 2
    assert "base_url mag geen gebruikersnaam of wachtwoord bevatten" in failed.messages


def test_bad_rows_of_a_file(command: Command, csv_file: Writer) -> None:
    bad = csv_file(1, "Visit,2027-02-31 10:00,2027-03-01 11:00,cst_1", "Visit,2027-03-01 10:00,2027-03-01 09:00,cst_1")
    refused = command("schedule-file", bad, "--dry-run", "--language", "nl")

    assert refused.code == 2
    assert "2027-02-31 10:00  is geen dag van de kalender" in refused.output
    assert "moet na het begin liggen, 2027-03-01 10:00; zijn de twee verwisseld" in refused.output


def test_what_programs_read_stays_as_it_is(command: Command) -> None:
    checks = [json.loads(command("doctor", "--sandbox", "--json", "--language", code).output) for code in ("en", "nl")]

    assert [check["subject"] for check in checks[0]] == [check["subject"] for check in checks[1]]
    assert checks[1][0]["verdict"] == "ok"


def test_a_run_and_its_undoing(command: Command, csv_file: Writer, tmp_path: Path) -> None:
    kept = ("--sandbox", "--sandbox-database", tmp_path / "kept.db", "--language", "nl")
    output = tmp_path / "resultaat.csv"
    first = command("schedule-file", csv_file(3), "-o", output, *kept)
    assert first.code == 0, first.messages
    assert "3 van 3 afspraken ingepland" in first.messages
    assert "ingepland" in first.output
    assert output.read_text("utf-8-sig").startswith("rij,uitkomst,dag,")

    again = command("schedule-file", csv_file(3), "-o", output, *kept)
    assert "3 van 3 staan er al; niets te doen." in again.messages

    undone = command("cancel", output, "--yes", *kept)
    assert undone.code == 0, undone.messages
    assert "geannuleerd" in undone.output


def test_a_batch(command: Command, csv_file: Writer, tmp_path: Path) -> None:
    database = ("--database", f"sqlite:///{tmp_path / 'jobs.db'}", "--language", "nl")
    run = command("batch", "run", csv_file(2), "--sandbox", *database)
    assert run.code == 0, run.messages
    assert "Opdracht 'appointments.csv' is nieuw: 2 rijen." in run.messages
    assert "in het portaal, één keer" in run.output

    missing = command("batch", "status", "nowhere", "--sandbox", *database)
    assert missing.code == 2
    assert "er is geen opdracht 'nowhere'" in missing.messages.lower()


def test_the_calendar_as_a_file(command: Command, csv_file: Writer, tmp_path: Path) -> None:
    page = tmp_path / "week.html"
    run = command("schedule-file", csv_file(1), "--sandbox", "--calendar", page, "--language", "nl")

    assert run.code == 0, run.messages
    text = page.read_text("utf-8")
    assert '<html lang="nl">' in text
    assert "Net binnen" in text
    # Nothing answers behind them.
    assert text.count('<a class="language" hidden ') == 2


def test_a_question_with_its_answers(command: Command, tmp_path: Path) -> None:
    file = tmp_path / "afspraken.csv"
    file.write_text(
        "name,starts_at,ends_at,customer_id\nIntake,03/05/2027 10:00,03/05/2027 10:30,cst_1\n", encoding="utf-8"
    )

    run = command("--language", "nl", "schedule-file", file, "--dry-run")

    assert (
        "Zeg --dates day-first (03/04/2027 is drie april) of --dates month-first (03/04/2027 is vier maart)."
        in " ".join(run.messages.split())
    )


def test_a_reason_that_another_error_gives(command: Command, tmp_path: Path) -> None:
    file = tmp_path / "agenda.ics"
    file.write_text(
        "\r\n".join(
            (
                *("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//test//", "BEGIN:VTIMEZONE", "TZID:Eigen zone"),
                *("BEGIN:STANDARD", "DTSTART:19701025T030000", "TZOFFSETFROM:+0200", "END:STANDARD", "END:VTIMEZONE"),
                *("BEGIN:VEVENT", "UID:1", "DTSTAMP:20270101T000000Z", "SUMMARY:Intake"),
                *("DTSTART;TZID=Eigen zone:20270708T090000", "DTEND;TZID=Eigen zone:20270708T100000"),
                *("ATTENDEE;CN=Anna:mailto:anna@example.nl", "END:VEVENT", "END:VCALENDAR", ""),
            )
        ),
        encoding="utf-8",
    )

    run = command("--language", "nl", "schedule-file", file, "--dry-run")

    assert run.code == 2
    assert "er staat niet hoeveel de klok" in " ".join(run.output.split())
