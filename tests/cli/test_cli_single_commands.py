"""`schedule`, `list`, `cancel` and the help, in this process."""

import json
from pathlib import Path

import pytest
from cli_support import Command

VISIT = ("--name", "Intake", "--starts-at", "5-3-2027 14:30", "--customer-id", "cst_1")


@pytest.fixture
def kept(tmp_path: Path) -> tuple[str, ...]:
    return ("--sandbox", "--sandbox-database", str(tmp_path / "portal.sqlite3"))


def test_one_appointment_from_beginning_to_end(command: Command, kept: tuple[str, ...]) -> None:
    made = command("schedule", *VISIT, "--ends-at", "16:00", *kept)
    assert made.code == 0
    assert "Fri 05-03-2027 14:30 to 16:00" in made.output
    assert "Scheduled: Intake" in made.messages

    listed = command("list", "--start-at", "2027-03-01", "--days", "7", "--json", *kept)
    (appointment,) = json.loads(listed.output)
    assert appointment["starts_at"] == "2027-03-05T14:30:00+01:00"
    assert appointment["customer_id"] == "cst_1"

    canceled = command("cancel", appointment["id"], "--yes", *kept)
    assert canceled.code == 0
    assert "Canceled." in canceled.messages

    again = command("cancel", appointment["id"], "--yes", *kept)
    assert again.code == 0
    assert "It is canceled already." in again.messages


def test_a_duration_instead_of_the_end_and_json_instead_of_a_card(command: Command) -> None:
    person = ("--attendee-name", "Jan", "--attendee-email", "jan@example.nl")
    result = command(
        "schedule",
        "--name",
        "Intake",
        "--starts-at",
        "2027-03-05T13:30Z",
        "--duration",
        "45",
        *person,
        "--sandbox",
        "--json",
    )

    assert result.code == 0
    appointment = json.loads(result.output)
    assert appointment["ends_at"] == "2027-03-05T15:15:00+01:00"
    assert appointment["attendee_email"] == "jan@example.nl"


@pytest.mark.parametrize(
    ("options", "hint"),
    [
        ((*VISIT,), "--ends-at: is empty"),
        ((*VISIT, "--ends-at", "14:00"), "--ends-at '14:00': must lie after the start"),
        ((*VISIT[:2], "--starts-at", "28-3-2027 2:30", "--duration", "30", "--customer-id", "cst_1"), "does not exist"),
        (
            (*VISIT[:2], "--starts-at", "soon", "--duration", "30", "--customer-id", "cst_1"),
            "--starts-at 'soon': is no date",
        ),
        ((*VISIT[:4], "--duration", "30"), "nobody to meet: fill in --customer-id, or --attendee-name"),
    ],
)
def test_what_cannot_be_scheduled_names_the_option(command: Command, options: tuple[str, ...], hint: str) -> None:
    result = command("schedule", *options, "--sandbox")

    assert result.code == 2
    assert hint in result.messages
    assert "Nothing was sent." in result.messages


def test_what_the_portal_refuses_is_an_exit_code_of_its_own(command: Command) -> None:
    result = command("schedule", *VISIT[:4], "--duration", "30", "--customer-id", "nobody", "--sandbox")

    assert result.code == 1
    assert "422" in result.messages


def test_titles_are_text_not_markup(command: Command) -> None:
    result = command("schedule", "--name", "[red]Intake[/red]", *VISIT[2:], "--duration", "30", "--sandbox")

    assert "Scheduled: [red]Intake[/red]" in result.messages


def test_cancel_asks_nobody_when_nobody_is_there(command: Command) -> None:
    result = command("cancel", "apt_1", "--sandbox")

    assert result.code == 2
    assert "say --yes" in result.messages


@pytest.mark.parametrize(("appointment_id", "code"), [("apt_1", 1), ("a b", 2), ("..", 2)])
def test_cancel_of_something_that_is_not_there(command: Command, appointment_id: str, code: int) -> None:
    assert command("cancel", appointment_id, "--yes", "--sandbox").code == code


def test_list_of_an_empty_calendar(command: Command) -> None:
    result = command("list", "--sandbox")

    assert result.code == 0
    assert "0 appointments in 7 days from now." in result.messages
    assert command("list", "--sandbox", "--json").output == "[]\n"


@pytest.mark.parametrize("start", ["soon", "14:30", "31-02-2027"])
def test_list_from_a_day_that_is_none(command: Command, start: str) -> None:
    result = command("list", "--sandbox", "--start-at", start)

    assert result.code == 2
    assert "Error: --start-at: " in result.messages


def test_help_tells_the_exit_codes(command: Command) -> None:
    for arguments in ((), ("schedule",), ("schedule-file",), ("list",), ("cancel",), ("doctor",)):
        result = command(*arguments, "--help")
        assert result.code == 0
        assert "130 stopped by Ctrl-C" in " ".join(result.output.split())
    assert command("sandbox", "--help").code == 0


def test_no_command_at_all_shows_the_help(command: Command) -> None:
    result = command()

    assert result.code == 2
    assert "schedule-file" in result.everything


def test_the_version(command: Command) -> None:
    assert command("--version").output.strip()


def test_no_option_takes_a_key(command: Command) -> None:
    for name in ("schedule", "schedule-file", "list", "cancel", "doctor", "sandbox", "call"):
        assert "--api-key" not in command(name, "--help").output
