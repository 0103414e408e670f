from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mijnklantportaal_async.batch.report.calendar_months import MOST_IN_A_CELL, Day, Item, months_of
from mijnklantportaal_async.batch.report.moments import (
    change_of_clock,
    clock,
    day_in_words,
    hours_in_words,
    moment_in_words,
    read_time,
    span_of_time,
)

AMSTERDAM = ZoneInfo("Europe/Amsterdam")


def at(*parts: int, fold: int = 0) -> datetime:
    year, month, day, hour, minute = parts
    return datetime(year, month, day, hour, minute, tzinfo=AMSTERDAM, fold=fold)


def item(starts_at: datetime, ends_at: datetime | None = None, number: int = 1) -> Item:
    return Item(number=number, place="", starts_at=starts_at, ends_at=ends_at, title="Intake")


def shown(days: tuple[Day, ...]) -> dict[int, list[str]]:
    return {day.number: [entry.hours for entry in day.entries] for day in days if day.entries}


def test_times_are_told_in_the_zone_of_the_portal() -> None:
    assert read_time("2027-03-08T14:30:00+00:00", AMSTERDAM) == at(2027, 3, 8, 15, 30)
    assert read_time("2027-07-08T14:30:00Z", AMSTERDAM) == at(2027, 7, 8, 16, 30)
    assert read_time("2027-07-08T14:30:00", AMSTERDAM) == at(2027, 7, 8, 14, 30), "no offset: the portal's own clock"
    assert moment_in_words(datetime(2027, 7, 8, 22, 30, tzinfo=UTC), AMSTERDAM) == "Fri 9 July 2027, 00:30"
    assert day_in_words(date(2027, 3, 8)) == "Monday 8 March 2027"


@pytest.mark.parametrize("odd", [None, 5, "", "soon", "2027-13-01T00:00:00Z", "0001-01-01T00:00:00+14:00", ["x"]])
def test_what_is_no_time_is_none(odd: object) -> None:
    assert read_time(odd, AMSTERDAM) is None


def test_the_hour_that_comes_twice_says_which_one_it_is() -> None:
    assert clock(at(2027, 10, 31, 2, 30)) == "02:30 (+02:00)"
    assert clock(at(2027, 10, 31, 2, 30, fold=1)) == "02:30 (+01:00)"
    assert clock(at(2027, 10, 31, 3, 30)) == "03:30"
    assert clock(at(2027, 10, 31, 3, 30).replace(second=9)) == "03:30:09"


def test_hours_say_where_they_end() -> None:
    start = at(2027, 3, 8, 23, 30)
    assert hours_in_words(start, None) == "23:30"
    assert hours_in_words(start, at(2027, 3, 8, 23, 45)) == "23:30\N{EN DASH}23:45"
    assert hours_in_words(start, at(2027, 3, 9, 1, 0)) == "23:30\N{EN DASH}01:00 (next day)"
    assert hours_in_words(start, at(2027, 3, 10, 1, 0)) == "23:30 \N{EN DASH} Wed 10 March 2027, 01:00"
    assert hours_in_words(start, at(2027, 3, 7, 1, 0)) == "23:30 \N{EN DASH} Sun 7 March 2027, 01:00"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "1 s"),
        (59.4, "59 s"),
        (60, "1 min"),
        (750, "12 min 30 s"),
        (5400, "1 h 30 min"),
        (86_400, "1 d"),
        (1e5, "1 d 4 h"),
    ],
)
def test_spans_of_time(seconds: float, words: str) -> None:
    assert span_of_time(seconds) == words


def test_days_on_which_the_clock_changes_say_so() -> None:
    days = [date(2027, 1, 1) + timedelta(days=number) for number in range(365)]
    notes = {day: note for day in days if (note := change_of_clock(day, AMSTERDAM))}
    assert notes == {date(2027, 3, 28): "clock goes forward", date(2027, 10, 31): "clock goes back"}
    assert {change_of_clock(day, ZoneInfo("UTC")) for day in days} == {""}


def test_a_calendar_of_three_days_is_one_week() -> None:
    items = [item(at(2027, 3, day, 9, 0), at(2027, 3, day, 10, 0)) for day in (9, 10, 11)]
    (month,) = months_of(items, AMSTERDAM)
    assert month.name == "March 2027"
    assert [day.number for day in month.days] == [8, 9, 10, 11, 12, 13, 14]
    assert (month.column, month.count, month.has_weekends) == (1, 3, False)


def test_a_calendar_of_a_year_has_only_months_in_which_something_begins() -> None:
    items = [item(at(2027, month, 17, 9, 0)) for month in (1, 3, 12)] + [item(at(2028, 1, 1, 9, 0))]
    months = months_of(items, AMSTERDAM)
    assert [month.name for month in months] == ["January 2027", "March 2027", "December 2027", "January 2028"]
    assert months[-1].column == 6, "1 January 2028 is a Saturday"
    assert months[-1].has_weekends
    assert [day.number for day in months[-1].days] == [1, 2]
    assert (months[0].bars_width, months[1].bars.count("M")) == (124, 1)


def test_an_appointment_across_midnight_is_on_both_days() -> None:
    (month,) = months_of([item(at(2027, 3, 9, 23, 30), at(2027, 3, 10, 1, 0)), item(at(2027, 3, 10, 0, 30))], AMSTERDAM)
    assert shown(month.days) == {9: ["23:30\N{EN DASH}01:00 (next day)"], 10: ["until 01:00", "00:30"]}
    assert month.count == 2


def test_an_appointment_that_ends_at_midnight_is_on_one_day() -> None:
    (month,) = months_of([item(at(2027, 3, 9, 23, 0), at(2027, 3, 10, 0, 0))], AMSTERDAM)
    assert shown(month.days) == {9: ["23:00\N{EN DASH}00:00 (next day)"]}


def test_an_appointment_of_days_is_on_all_of_them_but_not_for_ever() -> None:
    (month,) = months_of([item(at(2027, 3, 1, 12, 0), at(2027, 3, 4, 9, 0))], AMSTERDAM)
    assert list(shown(month.days).values())[1:] == [["all day"], ["all day"], ["until 09:00"]]
    (month,) = months_of([item(at(2027, 3, 1, 12, 0), at(9999, 12, 31, 23, 59))], AMSTERDAM)
    assert list(shown(month.days)) == list(range(1, 16))


def test_the_hour_that_comes_twice_is_in_order() -> None:
    late, early = at(2027, 10, 31, 2, 10, fold=1), at(2027, 10, 31, 2, 50)
    (month,) = months_of([item(late), item(early)], AMSTERDAM)
    assert shown(month.days) == {31: ["02:50 (+02:00)", "02:10 (+01:00)"]}
    assert next(day.note for day in month.days if day.number == 31) == "clock goes back"


def test_a_full_day_leaves_out_more_than_one() -> None:
    for count, more in ((MOST_IN_A_CELL, 0), (MOST_IN_A_CELL + 1, 2), (40, 36)):
        (month,) = months_of([item(at(2027, 3, 9, 9, 0), number=number) for number in range(count)], AMSTERDAM)
        day = next(day for day in month.days if day.entries)
        assert (len(day.entries), day.more) == (count, more)


@given(
    st.lists(
        st.tuples(
            st.datetimes(datetime(1900, 1, 1), datetime(9999, 12, 30), timezones=st.just(AMSTERDAM)),
            st.none() | st.timedeltas(timedelta(days=-3), timedelta(days=40)),
        ),
        max_size=30,
    )
)
def test_every_appointment_begins_on_exactly_one_day(drawn: list[tuple[datetime, timedelta | None]]) -> None:
    items = [
        item(start, start if span is None or start.year == 9999 else start + span, number=number)
        for number, (start, span) in enumerate(drawn)
    ]
    months = months_of(items, AMSTERDAM)
    begun = [
        (entry.item.number, f"{day.number} {month.name}")
        for month in months
        for day in month.days
        for entry in day.entries
        if not entry.is_continued
    ]
    assert sorted(begun) == [(each.number, day_in_words(each.starts_at.date()).split(" ", 1)[1]) for each in items]
    assert sum(month.count for month in months) == len(items)
