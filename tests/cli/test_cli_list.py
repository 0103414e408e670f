"""`list` into files and other programs: JSON, iCalendar, the standard output."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import icalendar
import pytest
from cli_support import Command

from mijnklantportaal_async.cli.appointment_calendar import as_calendar
from mijnklantportaal_async.models import Appointment, AppointmentStatus

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
SEEDED = ("--sandbox", "--sandbox-seeded")


def appointment(identifier: str, starts_at: datetime, **changes: object) -> Appointment:
    return Appointment(
        **(
            {
                "id": identifier,
                "starts_at": starts_at,
                "ends_at": starts_at + timedelta(minutes=90),
                "customer_id": None,
                "attendee_name": "Zoë; de Vries, Jr.",
                "attendee_email": "zoe@example.nl",
                "status": AppointmentStatus.SCHEDULED,
                "online_meeting_link": None,
                "created_at": datetime(2027, 1, 2, 3, 4, tzinfo=UTC),
            }
            | changes
        )
    )


SUMMER = appointment("apt_2", datetime(2027, 7, 5, 12, 30, tzinfo=UTC))
WINTER = appointment("apt_1", datetime(2027, 3, 5, 13, 30, tzinfo=UTC), online_meeting_link="https://meet.example/x")


def test_a_calendar_is_valid_and_has_the_portals_times() -> None:
    calendar = icalendar.Calendar.from_ical(as_calendar([SUMMER, WINTER], AMSTERDAM, "portal.example"))
    first, second = calendar.events

    assert calendar.errors == []
    assert (first.uid, second.uid) == ("apt_1@portal.example", "apt_2@portal.example")
    assert first.start == WINTER.starts_at
    assert second.end == SUMMER.ends_at
    assert [event["dtstart"].params["TZID"] for event in calendar.events] == ["Europe/Amsterdam"] * 2
    assert [zone.tz_name for zone in calendar.timezones] == ["Europe/Amsterdam"]
    assert second.start.astimezone(AMSTERDAM).hour == 14
    assert first["summary"] == "Zoë; de Vries, Jr."
    assert first["url"] == "https://meet.example/x"
    assert first["status"] == "CONFIRMED"


def test_the_same_calendar_is_the_same_file_and_a_cancellation_shows() -> None:
    before = as_calendar([WINTER, SUMMER], AMSTERDAM, "portal.example")
    canceled = appointment("apt_2", SUMMER.starts_at, status=AppointmentStatus.CANCELED)
    after = icalendar.Calendar.from_ical(as_calendar([WINTER, canceled], AMSTERDAM, "portal.example"))

    assert as_calendar([SUMMER, WINTER], AMSTERDAM, "portal.example") == before
    event = after.events[1]
    assert (event.uid, event["status"], event["sequence"]) == ("apt_2@portal.example", "CANCELLED", 1)


@pytest.mark.parametrize(
    ("changes", "summary"),
    [({"attendee_name": None, "customer_id": "cst_1"}, "cst_1"), ({"attendee_name": None}, "Appointment")],
)
def test_an_event_is_called_after_whoever_is_known(changes: dict[str, object], summary: str) -> None:
    one = appointment("apt_1", WINTER.starts_at, **changes)
    calendar = icalendar.Calendar.from_ical(as_calendar([one], AMSTERDAM, "portal.example"))

    assert calendar.events[0]["summary"] == summary


def test_a_week_goes_into_a_file_which_is_replaced_only_when_asked(command: Command, tmp_path: Path) -> None:
    file = tmp_path / "week.ics"
    written = command("list", "--ics", "--output", file, *SEEDED)
    first = file.read_bytes()
    refused = command("list", "--ics", "-o", file, *SEEDED)
    again = command("list", "--ics", "-o", file, "--overwrite", *SEEDED)

    assert (written.code, written.output) == (0, "")
    assert f"from now: {file}" in written.messages
    assert len(icalendar.Calendar.from_ical(first).events) > 5
    assert (refused.code, again.code) == (2, 0)
    assert "exists already. Name another file, or say --overwrite." in refused.messages
    assert [path.name for path in tmp_path.iterdir()] == ["week.ics"]


def test_the_standard_output_has_the_file_and_nothing_else(command: Command) -> None:
    for words in (("--ics",), ("--ics", "--output", "-")):
        answer = command("list", *words, *SEEDED)
        assert answer.output.startswith("BEGIN:VCALENDAR")
        assert answer.output.rstrip().endswith("END:VCALENDAR")
        assert "appointments in 7 days from now." in answer.messages
    assert isinstance(json.loads(command("list", "--json", "--output", "-", *SEEDED).output), list)


@pytest.mark.parametrize(
    ("words", "hint"),
    [(("--json", "--ics"), "do not go together"), (("--output", "x.txt"), "--output is for --json or --ics")],
)
def test_what_makes_no_sense_is_refused(command: Command, words: tuple[str, ...], hint: str) -> None:
    answer = command("list", *words, "--sandbox")

    assert answer.code == 2
    assert hint in answer.messages
