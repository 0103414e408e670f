from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mijnklantportaal_async.files.durations import Unit, read_minutes
from mijnklantportaal_async.files.moment_errors import MomentError, MonthFirstError
from mijnklantportaal_async.files.moments import MomentParts, end_after, parts_of_cell, read_moment, read_parts

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
DAY = date(2027, 3, 5)


@pytest.mark.parametrize(
    "text",
    [
        "05-03-2027",
        "5-3-2027",
        "05/03/2027",
        "5/3/2027",
        "05.03.2027",
        "2027-03-05",
        "2027/03/05",
        "2027-3-5",
        " 5-3-2027 ",
    ],
)
def test_dates_are_day_month_year_or_year_first(text: str) -> None:
    parts = read_parts(text)

    assert parts.date == DAY
    assert parts.time is None


@pytest.mark.parametrize(
    "text", ["14:30", "14.30", "14u30", "14h30", "14:30:00", "14:30 uur", "14:30u", "14:30:00.000"]
)
def test_times_of_24_hours(text: str) -> None:
    parts = read_parts(text)

    assert parts.date is None
    assert parts.time == time(14, 30)


@pytest.mark.parametrize(("text", "hour"), [("9:05", 9), ("09:05", 9), ("0:05", 0), ("9u05", 9)])
def test_hours_of_one_digit(text: str, hour: int) -> None:
    assert read_parts(text).time == time(hour, 5)


@pytest.mark.parametrize(
    "text",
    [
        "2027-03-05 14:30",
        "2027-03-05T14:30",
        "2027-03-05T14:30:00",
        "05-03-2027 14:30",
        "5/3/2027 14.30",
        "05-03-2027, 14u30",
        "2027-03-05  14:30",
        "2027-03-05T14:30+01:00",
        "2027-03-05T13:30:00Z",
        "2027-03-05 14:30 +0100",
        "2027-03-05T15:30:00+02",
    ],
)
def test_date_and_time_together(text: str) -> None:
    moment = read_moment(text, AMSTERDAM, "start")

    assert moment == datetime(2027, 3, 5, 14, 30, tzinfo=AMSTERDAM)
    assert moment.tzinfo is AMSTERDAM


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("", "no date or time"),
        ("tomorrow", "no date or time"),
        ("46451.60416", "no date or time"),
        ("14", "no date or time"),
        ("05-03/2027", "no date or time"),
        ("05-03-20270 14:30", "no date or time"),
        ("05-03-2027x", "no date or time"),
        ("05-03-27", "two digits"),
        ("31-02-2027", "no day of the calendar"),
        ("00-03-2027", "no day of the calendar"),
        ("2027-13-01", "no day of the calendar"),
        ("05-03-0207", "year 0207"),
        ("24:00", "00:00 with the date of the next day"),
        ("14:60", "no time of the day"),
        ("14:30:30", "whole minutes"),
        ("14:30:00.5", "whole minutes"),
        ("3/5/2027 2:30 p.m.", "AM or PM"),
        ("14:30+15:00", "offset"),
        ("14:30+01:75", "offset"),
    ],
)
def test_what_has_no_single_meaning_is_refused_with_what_to_write(text: str, hint: str) -> None:
    with pytest.raises(MomentError, match=hint.replace("+", r"\+")):
        read_parts(text)


@pytest.mark.parametrize(
    "text",
    [
        "5 maart 2027",
        "vrijdag 5 maart 2027",
        "vr 5-3-2027",
        "5-mrt-2027",
        "05-mrt-27",
        "5 mrt. '27",
        "5 March 2027",
        "March 5, 2027",
        "Fri, 5 Mar 2027",
        "5th March 2027",
        "2027-mrt-05",
        "2027.03.05",
        "5. 3. 2027",
        "20270305",
    ],
)
def test_days_in_words_and_as_programs_write_them(text: str) -> None:
    assert read_parts(text) == MomentParts(date=DAY, time=None)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("9u", time(9)),
        ("9 u", time(9)),
        ("9 uur", time(9)),
        ("9:00\u202fAM", time(9)),
        ("12:00 AM", time(0)),
        ("12:00 PM", time(12)),
        ("2:30 p.m.", time(14, 30)),
        ("2:30 n.m.", time(14, 30)),
        ("9 am", time(9)),
        ("9:00:00,00", time(9)),
    ],
)
def test_times_in_words_and_of_twelve_hours(text: str, at: time) -> None:
    assert read_parts(text) == MomentParts(date=None, time=at)


@pytest.mark.parametrize("text", ["5 maart 2027 om 14:30", "March 5, 2027 at 2:30 pm", "vr 5-3-2027, 14u30"])
def test_days_in_words_with_a_time(text: str) -> None:
    assert read_parts(text) == MomentParts(date=DAY, time=time(14, 30))


@pytest.mark.parametrize("text", ["do 5-3-2027", "Monday, March 5, 2027"])
def test_a_day_of_the_week_that_does_not_fit_is_refused(text: str) -> None:
    with pytest.raises(MomentError, match="is a Friday; correct the day or its date"):
        read_parts(text)


@pytest.mark.parametrize(
    ("cell", "parts"),
    [
        ("46451", MomentParts(date=DAY, time=None)),
        ("46451,375", MomentParts(date=DAY, time=time(9))),
        ("46451.60416667", MomentParts(date=DAY, time=time(14, 30))),
        ("0,375", MomentParts(date=None, time=time(9))),
        ("930", MomentParts(date=None, time=time(9, 30))),
        ("0900", MomentParts(date=None, time=time(9))),
        ("9", MomentParts(date=None, time=time(9))),
        ("1804239000", MomentParts(date=DAY, time=time(9, 30, tzinfo=UTC))),
        ("09:00 - 09:30", MomentParts(date=None, time=time(9), until=time(9, 30))),
        ("09:00-10:00", MomentParts(date=None, time=time(9), until=time(10))),
        ("5-3-2027 9.00 \u2013 9.30", MomentParts(date=DAY, time=time(9), until=time(9, 30))),
        ("14:30 CET", MomentParts(date=None, time=time(14, 30), zone="CET")),
        ("14:30 (Europe/London)", MomentParts(date=None, time=time(14, 30), zone="Europe/London")),
    ],
)
def test_what_only_programs_and_tables_write(cell: str, parts: MomentParts) -> None:
    assert parts_of_cell(cell) == parts


@pytest.mark.parametrize(
    "cell",
    ["9,5", "9.5", "0,5", "46451,3751", "99999", "2560", "12345678", "~9:00", "ca. 9:00", "09:00 Mars/Olympus", "24"],
)
def test_what_could_be_several_in_a_table_is_refused(cell: str) -> None:
    with pytest.raises(MomentError):
        parts_of_cell(cell)


def test_a_span_is_none_outside_of_tables() -> None:
    with pytest.raises(MomentError, match="could be from one time to another"):
        read_parts("09:00-10:00")


def test_am_beside_a_date_of_two_meanings_is_refused_where_nothing_is_known() -> None:
    with pytest.raises(MomentError, match="its date may begin with the month"):
        read_parts("3/5/2027 2:30 PM")
    assert read_parts("3/5/2027 2:30 PM", month_first=True) == MomentParts(date=DAY, time=time(14, 30))


def test_a_date_that_only_fits_with_the_month_first_is_told_apart() -> None:
    with pytest.raises(MonthFirstError, match="no month 25"):
        read_parts("03/25/2027")


def test_the_hour_that_the_clock_skips_is_refused() -> None:
    with pytest.raises(ValueError, match="does not exist"):
        read_moment("28-03-2027 02:30", AMSTERDAM, "start")


@pytest.mark.parametrize("text", ["31-10-2027 02:30", "2027-10-31T02:30+02:00", "2027-10-31T01:30Z"])
def test_the_hour_that_comes_twice_is_refused_even_with_an_offset(text: str) -> None:
    with pytest.raises(ValueError, match="comes twice"):
        read_moment(text, AMSTERDAM, "start")


def test_a_date_alone_is_its_beginning_only_where_that_is_wanted() -> None:
    assert read_moment("5-3-2027", AMSTERDAM, "start", midnight=True) == datetime(2027, 3, 5, tzinfo=AMSTERDAM)
    with pytest.raises(MomentError, match="time is missing"):
        read_moment("5-3-2027", AMSTERDAM, "start")
    with pytest.raises(MomentError, match="date is missing"):
        read_moment("14:30", AMSTERDAM, "start")


@pytest.mark.parametrize(
    ("text", "minutes"),
    [("45", 45), ("45 min", 45), ("45m", 45), ("90 minuten", 90), ("0:45", 45), ("1:30:00", 90), ("30.0", 30)],
)
def test_durations(text: str, minutes: int) -> None:
    assert read_minutes(text) == minutes


@pytest.mark.parametrize(
    ("text", "unit", "minutes"),
    [("1,5", Unit.HOURS, 90), ("3", Unit.MINUTES, 3), ("1800", Unit.SECONDS, 30), ("2", Unit.HOURS, 120)],
)
def test_durations_of_a_unit(text: str, unit: Unit, minutes: int) -> None:
    assert read_minutes(text, unit) == minutes


@pytest.mark.parametrize("text", ["", "0", "-5", "1.5", "1", "30:00", "99999", "0:75", "a while"])
def test_durations_that_nobody_means(text: str) -> None:
    with pytest.raises(MomentError):
        read_minutes(text)


def test_a_duration_counts_minutes_that_pass_not_minutes_on_the_clock() -> None:
    start = datetime(2027, 3, 28, 1, 30, tzinfo=AMSTERDAM)

    assert end_after(start, 60, AMSTERDAM, "duration") == datetime(2027, 3, 28, 3, 30, tzinfo=AMSTERDAM)


moments = st.datetimes(
    min_value=datetime(2000, 1, 2), max_value=datetime(2999, 12, 30), timezones=st.just(UTC), allow_imaginary=False
).map(lambda moment: moment.replace(second=0, microsecond=0))
offsets = st.integers(-13 * 60, 13 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(moments, offsets)
def test_any_instant_written_with_any_offset_is_read_as_itself(moment: datetime, offset: timezone) -> None:
    # UTC as the portal's zone: it has no hour that comes twice.
    assert read_moment(moment.astimezone(offset).isoformat(), ZoneInfo("UTC"), "start") == moment


@given(st.text(max_size=40) | st.text(alphabet="0123456789-/.:, TZ+uhpmAMCE()", max_size=25))
def test_any_text_is_a_moment_or_a_clear_refusal(text: str) -> None:
    readers: tuple[Callable[[str], object], ...] = (
        read_parts,
        parts_of_cell,
        read_minutes,
        lambda t: read_moment(t, AMSTERDAM, "start"),
    )
    for read in readers:
        try:
            read(text)
        except ValueError as error:
            assert str(error)
            assert str(error).isprintable()
