"""Zones as calendars describe them, also where a program leaves out what the standard asks for."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from calendar_texts import CUSTOMER, TITLE, calendar, event, parse, problem_of
from hypothesis import given
from hypothesis import strategies as st
from office import starts

from mijnklantportaal_async.files.calendars.described_zone import DescribedZone
from mijnklantportaal_async.files.calendars.lines import read_calendars
from mijnklantportaal_async.files.zones import ZoneError

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
WINTER = """BEGIN:STANDARD
DTSTART:16011028T030000
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
END:STANDARD"""
SUMMER = """BEGIN:DAYLIGHT
DTSTART:16010325T020000
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
END:DAYLIGHT"""


def zone(name: str, *parts: str) -> str:
    return "\n".join(["BEGIN:VTIMEZONE", f"TZID:{name}", *parts, "END:VTIMEZONE"])


def start_in(name: str, described: str, digits: str = "20270721T140000") -> str:
    start = f'DTSTART;TZID="{name}":{digits}'
    file = parse(calendar(described, event(TITLE, start, "DURATION:PT30M", CUSTOMER)))
    assert file.rows[0].zone == name
    return starts(file)[0]


@pytest.mark.parametrize(
    "name",
    [
        "Customized Time Zone",
        "(GMT+01.00) Sarajevo/Warsaw/Zagreb",
        "GMT/+01.00",
        "tzone://Microsoft/Custom",
        "W. Europe Standard Time 1",
        "(UTC+01:00) Amsterdam, Berlin, Bern, Rom, Stockholm, Wien",
        "Western/Central Europe",
    ],
)
@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("escaped", [False, True])
def test_a_name_of_a_programs_own_is_what_the_file_says(name: str, turned: bool, escaped: bool) -> None:
    parts = [SUMMER, WINTER] if turned else [WINTER, SUMMER]
    described = zone(name.replace(",", "\\,") if escaped else name, *parts)

    assert start_in(name, described) == "21-07 14:00"
    assert start_in(name, described, "20270121T140000") == "21-01 14:00"


@pytest.mark.parametrize("name", ["GMT", "UTC", "EST", "Etc/GMT-1", "Greenwich Standard Time"])
def test_a_name_without_summer_time_means_what_the_file_describes(name: str) -> None:
    assert start_in(name, zone(name, WINTER, SUMMER)) == "21-07 14:00"


def test_a_name_without_summer_time_that_is_not_described_means_itself() -> None:
    assert start_in("GMT", "X-SOMETHING:else") == "21-07 16:00"


def test_lotus_notes_calls_london_gmt() -> None:
    hours = ";BYMINUTE=0;BYHOUR={}"
    described = zone(
        "GMT",
        WINTER.replace("+0100", "+0000").replace("+0200", "+0100").replace("RRULE:", "RRULE:") + "",
        SUMMER.replace("+0100", "+0000").replace("+0200", "+0100"),
    ).replace("FREQ=YEARLY", "FREQ=YEARLY" + hours.format(2))

    assert start_in("GMT", described) == "21-07 15:00"


def test_a_real_name_goes_before_its_description() -> None:
    assert start_in("Europe/Amsterdam", zone("Europe/Amsterdam", WINTER)) == "21-07 14:00"


@pytest.mark.parametrize(
    ("name", "start"),
    [
        ("/Europe/Vienna", "21-07 14:00"),
        ("/mozilla.org/20050126_1/Europe/Amsterdam", "21-07 14:00"),
        ("/freeassociation.sourceforge.net/America/New_York", "21-07 20:00"),
        ("W. Europe Standard Time 1", "21-07 14:00"),
        ("(UTC+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna", "21-07 14:00"),
        ("tzone://Microsoft/Utc", "21-07 16:00"),
        ("europe/amsterdam", "21-07 14:00"),
        ("Central European Standard Time", "21-07 14:00"),
    ],
)
def test_names_that_nobody_describes(name: str, start: str) -> None:
    assert start_in(name, "X-SOMETHING:else") == start


def test_a_zone_that_says_only_how_far_it_is_from_utc() -> None:
    described = zone(
        "(UTC+10:00) Brisbane",
        "X-ENTOURAGE:",
        "BEGIN:STANDARD\nTZOFFSETTO:+1000\nDTSTART:16010101T000000\nEND:STANDARD",
    )

    assert start_in("(UTC+10:00) Brisbane", described, "20270210T180000") == "10-02 09:00"


def test_before_the_first_change_the_clock_is_where_that_came_from() -> None:
    described = zone(
        "Own", "BEGIN:DAYLIGHT\nTZOFFSETFROM:+0100\nTZOFFSETTO:+0200\nDTSTART:20260329T030000\nEND:DAYLIGHT"
    )

    assert start_in("Own", described, "20260203T090000") == "03-02 09:00"
    assert start_in("Own", described, "20270403T090000") == "03-04 09:00"


def test_summer_that_never_ends_is_not_believed_in_winter() -> None:
    described = zone(
        "Own", "BEGIN:DAYLIGHT\nTZOFFSETFROM:+0100\nTZOFFSETTO:+0200\nDTSTART:20260329T030000\nEND:DAYLIGHT"
    )

    found = problem_of(TITLE, "DTSTART;TZID=Own:20270115T090000", "DURATION:PT30M", CUSTOMER, before=described)
    assert "lies after the end of what the file says" in found.message


def test_a_rule_that_ended_leaves_the_clock_where_it_was() -> None:
    described = zone(
        "Own",
        "BEGIN:DAYLIGHT\nTZOFFSETFROM:-0300\nRRULE:FREQ=YEARLY;UNTIL=20141005T050000Z;BYMONTH=10;BYDAY=1SU\n"
        "DTSTART:20061001T020000\nTZOFFSETTO:-0200\nEND:DAYLIGHT",
        "BEGIN:STANDARD\nTZOFFSETFROM:-0200\nRRULE:FREQ=YEARLY;UNTIL=20150308T040000Z;BYMONTH=3;BYDAY=2SU\n"
        "DTSTART:20070311T020000\nTZOFFSETTO:-0300\nEND:STANDARD",
    )

    assert start_in("Own", described, "20270120T080000") == "20-01 12:00"
    assert start_in("Own", described, "20120120T080000") == "20-01 11:00"


DATED = zone(
    "Own",
    "TZUNTIL:{until}",
    "BEGIN:STANDARD\nDTSTART:20251026T030000\nTZOFFSETFROM:+0200\nTZOFFSETTO:+0100\nRDATE:20261025T030000\nEND:STANDARD",
    "BEGIN:DAYLIGHT\nDTSTART:20250330T020000\nTZOFFSETFROM:+0100\nTZOFFSETTO:+0200\nRDATE:20260329T020000,20270328T020000\n"
    "END:DAYLIGHT",
)


def test_changes_by_date_and_after_their_end_the_portals_own_zone_where_they_fit() -> None:
    described = DATED.format(until="20271031T010000Z")

    assert start_in("Own", described, "20270210T090000") == "10-02 09:00"
    assert start_in("Own", described, "20270708T090000") == "08-07 09:00"
    assert start_in("Own", described, "20280110T090000") == "10-01 09:00"


def test_after_the_end_of_another_zone_nothing_is_guessed() -> None:
    described = DATED.format(until="20271031T010000Z").replace("+0100", "+0500").replace("+0200", "+0600")

    found = problem_of(TITLE, "DTSTART;TZID=Own:20280110T090000", "DURATION:PT30M", CUSTOMER, before=described)
    assert "lies after the end of what the file says of the time zone 'Own'" in found.message


@pytest.mark.parametrize(
    ("part", "why"),
    [
        (WINTER.replace("DTSTART:16011028T030000\n", ""), "it does not say when the clock is set"),
        (WINTER.replace("TZOFFSETTO:+0100\n", ""), "how far the clock is from UTC"),
        (WINTER.replace("YEARLY", "DAILY"), "a rule that is not yearly"),
        (WINTER.replace("BYMONTH=10", "BYWEEKNO=3"), "a rule that is not understood"),
        (WINTER.replace("BYDAY=-1SU", "BYDAY=9XX"), "a rule that is not understood"),
        (WINTER.replace("16011028", "16011328"), "a date that is none"),
        ("X-NOTHING:here", "nothing is described"),
    ],
)
def test_descriptions_that_say_too_little(part: str, why: str) -> None:
    found = problem_of(TITLE, "DTSTART;TZID=Own:20270721T140000", "DURATION:PT30M", CUSTOMER, before=zone("Own", part))

    assert "its description on line 3 cannot be understood: " in found.message
    assert why in found.message


def test_the_clock_of_a_described_zone_skips_and_repeats_hours() -> None:
    described = zone("Own", WINTER, SUMMER)

    skipped = problem_of(TITLE, "DTSTART;TZID=Own:20270328T023000", "DURATION:PT30M", CUSTOMER, before=described)
    assert "does not exist in Own" in skipped.message
    assert start_in("Own", described, "20270328T013000") == "28-03 01:30"
    assert start_in("Own", described, "20270328T030000") == "28-03 03:00"


@pytest.mark.parametrize(("start", "end"), [("DTSTART:20270708T140000", "DTEND:20270708T143000")])
def test_a_zone_of_a_calendar_after_its_end_belongs_to_it(start: str, end: str) -> None:
    text = calendar(event(TITLE, start.replace(":", ";TZID=Own:"), end.replace(":", ";TZID=Own:"), CUSTOMER))

    assert starts(parse(text + zone("Own", WINTER, SUMMER) + "\n")) == ["08-07 14:00"]


# --- against the zones that Python knows --------------------------------------------------------------------------

NAMES = (
    "Europe/Amsterdam",
    "America/New_York",
    "Australia/Lord_Howe",
    "America/Santiago",
    "Asia/Kolkata",
    "Pacific/Auckland",
)


def described_as(name: str) -> DescribedZone:
    """Every change of a clock as an observance of its own, by the clock before it."""
    own = ZoneInfo(name)
    moment, parts = datetime(2019, 1, 1, tzinfo=UTC), list[str]()
    while moment.year < 2031:
        before, after = (one.astimezone(own) for one in (moment, moment + timedelta(minutes=30)))
        if before.utcoffset() != after.utcoffset() or not parts:
            onset = (moment + timedelta(minutes=30) + (before.utcoffset() or timedelta())).replace(tzinfo=None)
            kind = "DAYLIGHT" if after.dst() else "STANDARD"
            parts.append(
                f"BEGIN:{kind}\nDTSTART:{onset:%Y%m%dT%H%M%S}\nTZOFFSETFROM:{before:%z}\nTZOFFSETTO:{after:%z}\nEND:{kind}"
            )
        moment += timedelta(minutes=30)
    (found,) = read_calendars(calendar(zone(name, *parts)))
    return DescribedZone(found.parts[0], AMSTERDAM)


ZONES = {name: described_as(name) for name in NAMES}


@given(
    st.sampled_from(NAMES),
    st.datetimes(datetime(2020, 6, 1), datetime(2030, 1, 1)).map(lambda one: one.replace(second=0, microsecond=0)),
)
def test_a_described_zone_is_the_zone(name: str, wall: datetime) -> None:
    check(name, wall)


@pytest.mark.parametrize("name", NAMES)
def test_every_quarter_around_a_change_is_right(name: str) -> None:
    own = ZoneInfo(name)
    moment = datetime(2027, 1, 1, tzinfo=UTC)
    while moment.year == 2027:
        following = moment + timedelta(days=1)
        if moment.astimezone(own).utcoffset() != following.astimezone(own).utcoffset():
            for quarters in range(-8, 40 * 4):
                check(name, moment.astimezone(own).replace(tzinfo=None, minute=0) + timedelta(minutes=15 * quarters))
        moment = following


def check(name: str, wall: datetime) -> None:
    meant = wall.replace(tzinfo=ZoneInfo(name)).astimezone(UTC)
    exists = meant.astimezone(ZoneInfo(name)).replace(tzinfo=None) == wall
    try:
        found = ZONES[name].instant(wall, name)
    except ZoneError:
        assert not exists
    else:
        assert exists
        assert found == meant
