from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from report_data import ENDED_AT, appointment

from mijnklantportaal_async.batch.report.pace import MOST_BUCKETS, Pace, aligned_moments, pace_of
from mijnklantportaal_async.batch.report.pace_plot import plot_of
from mijnklantportaal_async.batch.results import RowOutcome, RowResult

AMSTERDAM = ZoneInfo("Europe/Amsterdam")


def ended(*seconds: float, outcome: RowOutcome = RowOutcome.DONE, since: datetime = ENDED_AT) -> list[RowResult]:
    return [appointment(outcome=outcome, ended_at=since + timedelta(seconds=second)) for second in seconds]


def pace(rows: list[RowResult]) -> Pace:
    found = pace_of(rows, AMSTERDAM)
    assert found is not None
    return found


def test_nothing_ended_has_no_pace() -> None:
    waiting = appointment(outcome=RowOutcome.WAITING)
    canceled = appointment(outcome=RowOutcome.NOT_STARTED, ended_at=ENDED_AT)
    assert pace_of([], AMSTERDAM) is None
    assert pace_of([waiting, canceled, appointment(ended_at=None)], AMSTERDAM) is None


def test_rows_are_counted_by_the_minute() -> None:
    rows = [*ended(15, 20, 70), *ended(30, outcome=RowOutcome.UNKNOWN), *ended(600, outcome=RowOutcome.REJECTED)]
    found = pace([*rows, appointment(ended_at=None), appointment(outcome=RowOutcome.WAITING)])
    assert found.unit == "minute"
    assert [(bucket.done, bucket.other) for bucket in found.buckets] == [(2, 1), (1, 0), *[(0, 0)] * 8, (0, 1)]
    assert [bucket.so_far for bucket in found.buckets] == [3, *[4] * 9, 5]
    assert (found.total, found.ended, found.undated) == (7, 5, 1)
    assert found.buckets[0].begins_at == datetime(2027, 2, 26, 9, 30, tzinfo=AMSTERDAM)
    assert found.summary == (
        "5 rows ended on Fri 26 February 2027 between 09:30:15 and 09:40, in 9 min 45 s: 0.5 a minute on average. "
        "The busiest minute, from 09:30, saw 3. For 1 more it is not known when they ended."
    )


@pytest.mark.parametrize(
    ("seconds", "unit"),
    [
        (0, "second"),
        (39, "second"),
        (190, "5 seconds"),
        (400, "minute"),
        (86_000, "hour"),
        (39 * 86_400, "day"),
        (900 * 86_400, "23 days"),
    ],
)
def test_spans_suit_the_length_of_the_job(seconds: int, unit: str) -> None:
    assert pace(ended(0, seconds)).unit == unit


@pytest.mark.parametrize("day", [28, 31])
def test_hours_go_on_where_the_clock_changes(day: int) -> None:
    month = 3 if day == 28 else 10
    since = datetime(2027, month, day, tzinfo=AMSTERDAM).astimezone(UTC)
    found = pace(ended(*(600 + 3600 * hour for hour in range(23)), since=since))
    assert found.unit == "hour"
    assert [bucket.done for bucket in found.buckets] == [1] * 23
    assert {
        after.begins_at.timestamp() - before.begins_at.timestamp() for before, after in pairwise(found.buckets)
    } == {3600.0}


def test_days_begin_at_midnight_however_long_they_are() -> None:
    first = datetime(2027, 3, 27, 15, 0, tzinfo=AMSTERDAM)
    moments = aligned_moments(first, first + timedelta(days=2), 86_400, AMSTERDAM)
    assert [str(moment) for moment in moments] == [
        "2027-03-27 00:00:00+01:00",
        "2027-03-28 00:00:00+01:00",
        "2027-03-29 00:00:00+02:00",
    ]


moments = st.datetimes(datetime(2000, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC))
spans = st.floats(0, 30) | st.floats(0, 10_000) | st.floats(0, 3e9)
outcomes = st.sampled_from([RowOutcome.DONE, RowOutcome.REJECTED, RowOutcome.UNKNOWN])


@given(moments, st.lists(st.tuples(spans, outcomes), min_size=1, max_size=60))
def test_every_row_is_counted_once_where_it_ended(since: datetime, drawn: list[tuple[float, RowOutcome]]) -> None:
    rows = [appointment(outcome=outcome, ended_at=since + timedelta(seconds=span)) for span, outcome in drawn]
    found = pace(rows)
    assert len(found.buckets) <= MOST_BUCKETS + 1
    assert sum(bucket.count for bucket in found.buckets) == found.ended == len(rows)
    assert sum(bucket.done for bucket in found.buckets) == sum(row.outcome is RowOutcome.DONE for row in rows)
    for before, after in pairwise(found.buckets):
        assert before.ends_at.timestamp() == after.begins_at.timestamp() > before.begins_at.timestamp()
    for bucket in found.buckets:
        inside = [
            row
            for row in rows
            if row.ended_at and bucket.begins_at.timestamp() <= row.ended_at.timestamp() < bucket.ends_at.timestamp()
        ]
        assert len(inside) == bucket.count


@given(st.lists(spans, min_size=1, max_size=40), st.integers(0, 20_000), st.sampled_from([340.0, 960.0]))
def test_the_plot_stays_inside_its_frame(drawn: list[float], waiting: int, width: float) -> None:
    rows = ended(*drawn) + [appointment(outcome=RowOutcome.WAITING)] * waiting
    found = pace(rows)
    plot = plot_of(found, "wide", width)
    points = [tuple(map(float, point.split())) for point in plot.line[1:].split("L")]
    assert [x for x, _ in points] == sorted(x for x, _ in points)
    assert [y for _, y in points] == sorted((y for _, y in points), reverse=True), "what ended never un-ends"
    assert points[0] == (plot.left, plot.so_far_base)
    assert plot.so_far_top - 0.1 <= plot.total <= points[-1][1] + 0.1
    for bar in plot.bars:
        assert plot.left <= bar.left < bar.left + bar.width <= plot.right + 0.01
        assert plot.bars_top - 0.01 <= bar.other_top <= bar.done_top <= plot.bars_base
        assert bar.done_top + bar.done_height == pytest.approx(plot.bars_base)
    places = [tick.at for tick in plot.time_ticks]
    assert places == sorted(set(places))
    assert all(after - before > 40 for before, after in pairwise(places)), "labels do not run into each other"
    for ticks in (plot.so_far_ticks, plot.bars_ticks):
        labels = [int(tick.label.replace(",", "")) for tick in ticks]
        assert labels[0] == 0
        assert labels == sorted(set(labels))
    assert int(plot.so_far_ticks[-1].label.replace(",", "")) >= len(rows)
