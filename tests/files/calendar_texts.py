"""Calendars as texts, and what is read from them."""

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from mijnklantportaal_async.files import AppointmentFile, Problem, Row, parse_appointments
from mijnklantportaal_async.models.appointments import NewAppointment

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
TITLE = "SUMMARY:Intake"
START = "DTSTART;TZID=Europe/Amsterdam:20270305T143000"
END = "DTEND;TZID=Europe/Amsterdam:20270305T150000"
PERSON = 'ATTENDEE;CN="De Vries, Anna";PARTSTAT=ACCEPTED:mailto:anna@example.nl'
CUSTOMER = "X-MIJNKLANTPORTAAL-CUSTOMER-ID:cst_1"
GOOD = (TITLE, START, END, PERSON)

HOUSE_ZONE = """BEGIN:VTIMEZONE
TZID:House time
BEGIN:STANDARD
DTSTART:19700101T000000
TZOFFSETFROM:{offset}
TZOFFSETTO:{offset}
END:STANDARD
END:VTIMEZONE"""


def event(*lines: str) -> str:
    return "\n".join(["BEGIN:VEVENT", *lines, "END:VEVENT"])


def calendar(*parts: str) -> str:
    return "\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", *parts, "END:VCALENDAR", ""])


def parse(text: str | bytes, name: str = "agenda.ics", **options: object) -> AppointmentFile:
    data = text.encode() if isinstance(text, str) else text
    return parse_appointments(data, path=Path(name), zone=AMSTERDAM, **options)  # type: ignore[arg-type]


def row_of(*lines: str, before: str = "X-SOMETHING:else") -> Row[NewAppointment]:
    file = parse(calendar(before, event(*lines)))
    assert not file.problems
    (row,) = file.rows
    return row


def problem_of(*lines: str, before: str = "X-SOMETHING:else") -> Problem:
    file = parse(calendar(before, event(*lines)))
    assert not file.rows
    (problem,) = file.problems
    return problem


def at(hour: int, minute: int = 0, *, day: int = 5, month: int = 3) -> datetime:
    return datetime(2027, month, day, hour, minute, tzinfo=AMSTERDAM)
