from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from calendar_texts import CUSTOMER, END, HOUSE_ZONE, START, TITLE, at, calendar, event, problem_of, row_of

from mijnklantportaal_async.files import parse_appointments


@pytest.mark.parametrize(
    "start",
    [
        "DTSTART:20270305T133000Z",
        "DTSTART:20270305T143000",
        "DTSTART;VALUE=DATE-TIME:20270305T143000",
        "DTSTART;TZID=W. Europe Standard Time:20270305T143000",
        "DTSTART;TZID=Europe/London:20270305T133000",
        'DTSTART;TZID="America/New_York":20270305T083000',
        "dtstart;tzid=/Europe/Amsterdam:20270305T143000",
    ],
)
def test_ways_to_write_the_same_start(start: str) -> None:
    assert row_of(TITLE, start, END, CUSTOMER).new.starts_at == at(14, 30)


def test_a_time_without_a_zone_is_the_portals_whatever_the_portals_zone() -> None:
    text = calendar(event(TITLE, "DTSTART:20270305T143000", "DURATION:PT30M", CUSTOMER))
    tokyo = ZoneInfo("Asia/Tokyo")

    (row,) = parse_appointments(text.encode(), path=Path("agenda.ics"), zone=tokyo).rows

    assert row.new.starts_at == datetime(2027, 3, 5, 14, 30, tzinfo=tokyo)


def test_a_zone_of_the_files_own_is_understood() -> None:
    start, end = "DTSTART;TZID=House time:20270305T143000", "DTEND;TZID=House time:20270305T150000"

    row = row_of(TITLE, start, end, CUSTOMER, before=HOUSE_ZONE.format(offset="+0530"))

    assert row.new.starts_at == at(10)


def test_zones_of_one_name_in_two_files_are_two_zones() -> None:
    start, end = "DTSTART;TZID=House time:20270305T143000", "DTEND;TZID=House time:20270305T150000"

    starts = [
        row_of(TITLE, start, end, CUSTOMER, before=HOUSE_ZONE.format(offset=offset)).new.starts_at
        for offset in ("+0530", "-0500", "+0530")
    ]

    assert starts == [at(10), at(20, 30), at(10)]


@pytest.mark.parametrize(
    "rule", ["RRULE:FREQ=SECONDLY", "RRULE:INTERVAL=1;FREQ=MINUTELY", "RRULE:FREQ=YEARLY;BYSECOND=1,2", "RRULE:x"]
)
def test_a_zone_that_changes_every_second_is_refused_at_once(rule: str) -> None:
    zone = HOUSE_ZONE.format(offset="+0100").replace("END:STANDARD", f"{rule}\nEND:STANDARD")
    zone = zone.replace("19700101", "16010101")

    problem = problem_of(TITLE, "DTSTART;TZID=House time:20270305T143000", END, CUSTOMER, before=zone)

    assert "its description on line 3 cannot be understood" in problem.message


def test_a_zone_that_nobody_knows_is_not_guessed() -> None:
    problem = problem_of(TITLE, "DTSTART;TZID=Klein Zwitserland:20270305T143000", END, CUSTOMER)

    assert (problem.column, problem.value) == ("DTSTART", "20270305T143000")
    assert "'Klein Zwitserland', which is no IANA name" in problem.message


@pytest.mark.parametrize("length", ["DURATION:PT30M", "DURATION:PT0H30M0S", "DURATION:+PT30M"])
def test_a_duration_stands_for_the_end(length: str) -> None:
    assert row_of(TITLE, START, length, CUSTOMER).new.ends_at == at(15)


def test_a_duration_counts_minutes_that_pass() -> None:
    row = row_of(TITLE, "DTSTART;TZID=Europe/Amsterdam:20270328T013000", "DURATION:PT1H", CUSTOMER)

    assert row.new.ends_at == at(3, 30, day=28)


def test_the_alarm_of_an_event_has_a_duration_of_its_own() -> None:
    alarm = ("BEGIN:VALARM", "TRIGGER:-PT30M", "DURATION:PT5M", "SUMMARY:Soon", "END:VALARM")

    assert row_of(TITLE, START, END, CUSTOMER, *alarm).new.ends_at == at(15)


def test_the_first_reading_of_an_hour_that_comes_twice_elsewhere_is_meant() -> None:
    new_york = "TZID=America/New_York"
    row = row_of(TITLE, f"DTSTART;{new_york}:20271107T013000", f"DTEND;{new_york}:20271107T030000", CUSTOMER)

    assert row.new.starts_at == at(6, 30, day=7, month=11)
    assert row.new.ends_at == at(9, day=7, month=11)


@pytest.mark.parametrize(
    ("start", "end", "column", "hint"),
    [
        ("DTSTART:20270305T1430", END, "DTSTART", "is no date and time"),
        ("DTSTART:20270305T143000+0100", END, "DTSTART", "is no date and time"),
        ("DTSTART:20270231T143000", END, "DTSTART", "no day of the calendar"),
        ("DTSTART:20270305T253000", END, "DTSTART", "no time of the day"),
        ("DTSTART:02070305T143000", END, "DTSTART", "year 0207"),
        ("DTSTART:20270305T143015", END, "DTSTART", "has seconds"),
        ("DTSTART;TZID=Europe/Amsterdam:20270305T143000Z", END, "DTSTART", "names a time zone too"),
        ("DTSTART;TZID=Europe/Amsterdam:20270328T023000", "DURATION:PT1H", "DTSTART", "does not exist"),
        ("DTSTART:20270328T023000", "DURATION:PT1H", "DTSTART", "does not exist"),
        ("DTSTART;TZID=America/New_York:20270314T023000", "DURATION:PT1H", "DTSTART", "not exist in America/New_York"),
        ("DTSTART;TZID=Europe/Amsterdam:20271031T023000", "DURATION:PT1H", "DTSTART", "comes twice"),
        ("DTSTART:20271031T023000", "DURATION:PT1H", "DTSTART", "comes twice"),
        ("DTSTART:20271031T003000Z", "DURATION:PT2H", "DTSTART", "comes twice"),
        ("DTSTART:20271031T013000", "DURATION:PT1H", "DURATION", "comes twice"),
        (START, "DTEND;TZID=Europe/Amsterdam:20270305T143000", "DTEND", "must lie after the start"),
        (START, "DTEND;VALUE=DATE:20270306", "DTEND", "all-day event"),
        (START, "COMMENT:no end", "DTEND", "is missing"),
        ("COMMENT:no start", END, "DTSTART", "is missing"),
        (START, "DURATION:45 minutes", "DURATION", "is no duration"),
        (START, "DURATION:PT45M30S", "DURATION", "has seconds"),
        (START, "DURATION:-PT45M", "DURATION", "is -45 minutes"),
        (START, "DURATION:P52W", "DURATION", "cannot be right"),
        (START, f"{END}\nDURATION:PT45M", "DURATION", "does not fit the end"),
        ("DTSTART:20270327T120000", "DURATION:P1D", "DURATION", "change of the clock"),
    ],
)
def test_times_that_cannot_be_told_to_the_portal(start: str, end: str, column: str, hint: str) -> None:
    problem = problem_of(TITLE, start, end, CUSTOMER)

    assert problem.column == column
    assert hint in problem.message


def test_an_end_and_a_duration_that_agree_are_one() -> None:
    assert row_of(TITLE, START, END, "DURATION:PT30M", CUSTOMER).new.ends_at == at(15)
