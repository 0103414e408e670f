"""What the icalendar library writes is read back to the same appointments, in any zone."""

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from pathlib import Path
from typing import TypeAlias
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar, Event, vCalAddress

from mijnklantportaal_async.files import AppointmentFile, RowFileError, parse_appointments
from mijnklantportaal_async.files.cleaning import cleaned, damage_in
from mijnklantportaal_async.files.letters import was_encoded_twice
from mijnklantportaal_async.files.meaning import is_off_by_title
from mijnklantportaal_async.files.words import says_nothing
from mijnklantportaal_async.models.appointments import NewAppointment
from mijnklantportaal_async.values.local_time import to_wall_time

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
NEW_YORK = ZoneInfo("America/New_York")
ZONES: list[tzinfo | None] = [None, UTC, AMSTERDAM, NEW_YORK, ZoneInfo("Asia/Kolkata"), ZoneInfo("Australia/Lord_Howe")]
"""None: without a zone, so the portal's."""

Zones: TypeAlias = tuple[tzinfo | None, tzinfo | None]


def speakable(moment: datetime) -> bool:
    try:
        to_wall_time(moment, AMSTERDAM, "moment")
    except ValueError:
        return False
    return True


texts = (
    st.text(st.characters(exclude_categories=["C", "Zl", "Zp"], exclude_characters="\xa0"), min_size=1, max_size=100)
    .map(cleaned)
    .filter(lambda text: text and not says_nothing(text) and damage_in(text) is None)
    .filter(lambda text: was_encoded_twice(text) is None and not is_off_by_title(text))
    # The library writes a backslash before an N as the line break that the two would mean.
    .filter(lambda text: text and "\\N" not in text)
)
# A parameter has no way to write these two that all programs understand, the library included.
names = (
    texts.map(lambda text: text.replace('"', "'").replace("\\", "/"))
    .filter(lambda text: not says_nothing(text))
    # Outlook puts them around names, so they are read as none of it.
    .filter(lambda text: not text[0] == text[-1] == "'")
)
moments = (
    st.datetimes(min_value=datetime(2001, 1, 2), max_value=datetime(2037, 1, 1), timezones=st.just(UTC))
    .map(lambda moment: moment.replace(second=0, microsecond=0).astimezone(AMSTERDAM))
    .filter(speakable)
)
emails = st.from_regex(r"[a-z0-9+][a-z0-9.+]{0,7}@[a-z]{1,8}\.nl", fullmatch=True)
portals = st.none() | st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,20}", fullmatch=True)


@st.composite
def appointments(draw: st.DrawFn) -> NewAppointment:
    starts_at = draw(moments)
    ends_at = (starts_at.astimezone(UTC) + timedelta(minutes=draw(st.integers(1, 3000)))).astimezone(AMSTERDAM)
    if not speakable(ends_at):
        ends_at = (ends_at.astimezone(UTC) + timedelta(hours=2)).astimezone(AMSTERDAM)
    if draw(st.booleans()):
        customer = "cst_" + draw(st.text("abc123", min_size=1, max_size=8))
        return NewAppointment(name=draw(texts), starts_at=starts_at, ends_at=ends_at, customer_id=customer)
    return NewAppointment(
        name=draw(texts), starts_at=starts_at, ends_at=ends_at, attendee_name=draw(names), attendee_email=draw(emails)
    )


def in_zone(moment: datetime, zone: tzinfo | None) -> datetime:
    """The moment as a program in that zone writes it; in UTC where that would be taken for another moment."""
    if zone is None:
        return moment.replace(tzinfo=None)
    written = moment.astimezone(zone)
    return written.astimezone(UTC) if written.fold else written


def event_of(new: NewAppointment, zones: Zones, portal: str | None, *, lasting: bool) -> Event:
    event = Event()
    event.add("summary", new.name)
    event.add("dtstart", in_zone(new.starts_at, zones[0]))
    length = new.ends_at.astimezone(UTC) - new.starts_at.astimezone(UTC)
    if lasting and length < timedelta(days=1):
        event.add("duration", length)
    else:
        event.add("dtend", in_zone(new.ends_at, zones[1]))
    if new.customer_id is not None:
        event.add("x-mijnklantportaal-customer-id", new.customer_id)
    if portal is not None:
        event.add("x-mijnklantportaal-portal", portal)
    if new.attendee_name is not None:
        attendee = vCalAddress(f"mailto:{new.attendee_email}")
        attendee.params["CN"] = new.attendee_name
        event.add("attendee", attendee)
    return event


@given(
    st.lists(st.tuples(appointments(), portals, st.booleans()), min_size=1, max_size=4),
    st.tuples(st.sampled_from(ZONES), st.sampled_from(ZONES)),
    st.booleans(),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    st.sampled_from(["\r\n", "\n"]),
)
def test_a_written_calendar_is_read_back(
    wanted: list[tuple[NewAppointment, str | None, bool]],
    zones: Zones,
    described: bool,
    encoding: str,
    end: str,
) -> None:
    calendar = Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", "-//test//NL")
    for new, portal, lasting in wanted:
        calendar.add_component(event_of(new, zones, portal, lasting=lasting))
    if described:
        # What the file says of a zone of IANA must not change what it means.
        calendar.add_missing_timezones()

    text = calendar.to_ical().decode().replace("\r\n", end)
    file = parse(text.encode(encoding))

    assert not file.problems
    assert [(row.new, row.portal) for row in file.rows] == [(new, portal) for new, portal, _ in wanted]
    lines = text.split(end)
    assert all(lines[row.line - 1] == "BEGIN:VEVENT" for row in file.rows)


CHANGES = [date(2027, 3, 14), date(2027, 3, 28), date(2027, 4, 4), date(2027, 10, 3), date(2027, 10, 31)]
"""Nights in which one of the zones sets its clock."""


@pytest.mark.parametrize("zone", ZONES, ids=str)
@pytest.mark.parametrize("day", CHANGES, ids=str)
def test_every_start_of_a_night_is_read_as_its_instant_or_refused(day: date, zone: tzinfo | None) -> None:
    for minutes in range(0, 5 * 60, 15):
        check_start(datetime.combine(day, time(minutes // 60, minutes % 60)), zone)


@given(st.datetimes(min_value=datetime(2027, 1, 1), max_value=datetime(2037, 12, 31)), st.sampled_from(ZONES))
def test_a_start_is_read_as_its_instant_or_refused(wall: datetime, zone: tzinfo | None) -> None:
    check_start(wall.replace(second=0, microsecond=0), zone)


def check_start(wall: datetime, zone: tzinfo | None) -> None:
    meant = wall.replace(tzinfo=zone or AMSTERDAM)
    event = Event()
    event.add("summary", "Intake")
    event.add("x-mijnklantportaal-customer-id", "cst_1")
    event.add("dtstart", wall if zone is None else meant)
    event.add("duration", timedelta(minutes=30))
    calendar = Calendar()
    calendar.add_component(event)

    file = parse(calendar.to_ical())

    real = meant.astimezone(UTC).astimezone(meant.tzinfo).replace(tzinfo=None) == wall
    end = (meant.astimezone(UTC) + timedelta(minutes=30)).astimezone(AMSTERDAM)
    if real and speakable(meant.astimezone(AMSTERDAM)) and speakable(end):
        (row,) = file.rows
        assert row.new.starts_at.astimezone(UTC) == meant.astimezone(UTC)
    else:
        assert not file.rows
        assert all("exist" in problem.message or "comes twice" in problem.message for problem in file.problems)


lines = st.sampled_from(
    [
        "BEGIN:VCALENDAR",
        "END:VCALENDAR",
        "BEGIN:VEVENT",
        "END:VEVENT",
        "BEGIN:VTIMEZONE",
        "TZID:Own",
        "BEGIN:STANDARD",
        "TZOFFSETTO:+9999",
        "TZOFFSETFROM:x",
        "RRULE:FREQ=YEARLY;BYDAY=-1SU",
        "END:STANDARD",
        "END:VTIMEZONE",
        "SUMMARY:x",
        "DTSTART;TZID=Own:20270305T143000",
        "DTSTART;TZID=../../etc:20270305T143000",
        "DTEND:29991231T235900Z",
        "DURATION:PT1M",
        "DURATION:P99999999999D",
        "ATTENDEE;CN=x:mailto:",
        "X-MIJNKLANTPORTAAL-CUSTOMER-ID:cst_1",
        " ",
        "\t:",
    ]
) | st.text(max_size=10)


@given(st.lists(lines, max_size=12), st.booleans())
def test_any_lines_are_understood_or_refused(inside: list[str], wrapped: bool) -> None:
    whole = ["BEGIN:VCALENDAR", "BEGIN:VEVENT", *inside, "END:VEVENT", "END:VCALENDAR"] if wrapped else inside
    try:
        file = parse("\r\n".join(whole).encode("utf-8", "surrogatepass"))
    except RowFileError as error:
        assert all(problem and problem.replace("\n", "").isprintable() for problem in error.problems)
        return
    assert all(problem.message.isprintable() and problem.place.isprintable() for problem in file.problems)
    assert all(note.isprintable() for note in file.notes)
    assert not {row.line for row in file.rows} & set(file.bad_lines)


def parse(data: bytes) -> AppointmentFile:
    return parse_appointments(data, path=Path("agenda.ics"), zone=AMSTERDAM)
