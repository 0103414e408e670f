"""How many rows ended when: counted in spans of time that suit the length of the job."""

import math
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import attrs

from mijnklantportaal_async.batch.report.moments import clock, moment_in_words, short_day, span_of_time
from mijnklantportaal_async.batch.results import RowOutcome, RowResult
from mijnklantportaal_async.texts.words import counted, sentences, words

MOST_BUCKETS = 40
DAY = 86_400
_MINUTE = 60
STEPS = {
    1: words("second"),
    5: words("5 seconds"),
    10: words("10 seconds"),
    60: words("minute"),
    300: words("5 minutes"),
    900: words("15 minutes"),
    3_600: words("hour"),
    10_800: words("3 hours"),
    21_600: words("6 hours"),
    DAY: words("day"),
    7 * DAY: words("week"),
}
"""Spans that people count in, in seconds."""

_WORKED_ON = frozenset({RowOutcome.DONE, RowOutcome.REJECTED, RowOutcome.UNKNOWN})


@attrs.frozen(kw_only=True)
class Bucket:
    """What ended in a span of time."""

    begins_at: datetime
    """In the portal's zone."""
    ends_at: datetime
    done: int
    other: int
    """Rejected, or in need of a look."""
    so_far: int
    """All that ended until then."""

    @property
    def count(self) -> int:
        """All that ended in it."""
        return self.done + self.other


@attrs.frozen(kw_only=True)
class Pace:
    """The pace of a job."""

    buckets: tuple[Bucket, ...]
    unit: str
    """How long a bucket is, such as `minute`."""
    first: datetime
    last: datetime
    total: int
    """Rows of the job, ended or not."""
    undated: int
    """Rows that ended nobody knows when."""
    zone: ZoneInfo

    @property
    def ended(self) -> int:
        """Rows in the buckets."""
        return self.buckets[-1].so_far

    @property
    def summary(self) -> str:
        """The plot in words."""
        seconds = (self.last - self.first).total_seconds()
        busiest = max(self.buckets, key=lambda bucket: bucket.count)
        rows = counted("{count:,} row ended", "{count:,} rows ended", self.ended)
        first, last = self.first.astimezone(self.zone), self.last.astimezone(self.zone)
        took = span_of_time(seconds)
        if first.date() == last.date():
            began = clock(busiest.begins_at)
            said = words(
                "{rows} on {day} between {first} and {last}, in {took}",
                rows=rows,
                day=short_day(first.date()),
                first=clock(first),
                last=clock(last),
                took=took,
            )
        else:
            began = moment_in_words(busiest.begins_at, self.zone)
            said = words(
                "{rows} between {first} and {last}, in {took}",
                rows=rows,
                first=moment_in_words(first, self.zone),
                last=moment_in_words(last, self.zone),
                took=took,
            )
        if seconds >= _MINUTE:
            pace = self.ended / seconds * _MINUTE
            said = words("{said}: {pace:,.1f} a minute on average", said=said, pace=pace)
        peak = words(
            "The busiest {unit}, from {began}, saw {count:,}.", unit=self.unit, began=began, count=busiest.count
        )
        undated = words("For {count:,} more it is not known when they ended.", count=self.undated)
        return sentences(words("{said}.", said=said), peak, undated if self.undated else None)


def pace_of(rows: Iterable[RowResult], zone: ZoneInfo) -> Pace | None:
    """When rows ended; None when none did.

    Rows that were canceled before anything was sent are left out: no work went into them.

    Args:
        rows: All rows of the job.
        zone: In which zone to tell the time.
    """
    every = list(rows)
    worked_on = [row for row in every if row.outcome in _WORKED_ON]
    dated = sorted((row.ended_at.astimezone(UTC), row.outcome is RowOutcome.DONE) for row in worked_on if row.ended_at)
    if not dated:
        return None
    first, last = dated[0][0], dated[-1][0]
    step = step_for((last - first).total_seconds(), MOST_BUCKETS)
    edges = aligned_moments(first, last, step, zone)
    done, other = ([moment for moment, is_done in dated if is_done is wanted] for wanted in (True, False))
    return Pace(
        buckets=_buckets(edges, done, other, step, zone),
        unit=STEPS.get(step) or words("{count} days", count=step // DAY),
        first=first,
        last=last,
        total=len(every),
        undated=len(worked_on) - len(dated),
        zone=zone,
    )


def step_for(seconds: float, most: int) -> int:
    """The shortest span that people count in, of which there are not too many in these seconds."""
    for step in STEPS:
        if seconds / step < most:
            return step
    return math.ceil(seconds / DAY / most) * DAY


def aligned_moments(first: datetime, last: datetime, step: int, zone: ZoneInfo) -> list[datetime]:
    """Round moments in a zone, `step` seconds apart, from one not after `first` to one not after `last`.

    Args:
        first: Aware.
        last: Aware, not before `first`.
        step: Seconds; from a day on, whole days, which begin at the zone's midnight however long they are.
        zone: Whose clock they are round on.
    """
    local = first.astimezone(zone)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    moments: list[datetime] = []
    if step >= DAY:
        count = 0
        while (moment := midnight + timedelta(seconds=step * count)).timestamp() <= last.timestamp():
            moments.append(moment)
            count += 1
        return moments
    into_day = local.hour * 3600 + local.minute * 60 + local.second
    begins = first.replace(microsecond=0).astimezone(UTC) - timedelta(seconds=into_day % step)
    count = math.floor((last - begins).total_seconds() / step) + 1
    return [(begins + timedelta(seconds=step * place)).astimezone(zone) for place in range(count)]


def _buckets(
    edges: Sequence[datetime], done: Sequence[datetime], other: Sequence[datetime], step: int, zone: ZoneInfo
) -> tuple[Bucket, ...]:
    done_at, other_at = [moment.timestamp() for moment in done], [moment.timestamp() for moment in other]
    last = edges[-1] + timedelta(seconds=step)
    if step < DAY:
        # Across a change of the clock, digits of a zone are no distance.
        last = (edges[-1].astimezone(UTC) + timedelta(seconds=step)).astimezone(zone)
    borders = [edge.timestamp() for edge in (*edges[1:], last)]
    buckets: list[Bucket] = []
    before = (0, 0)
    for begins_at, ends_at, border in zip(edges, (*edges[1:], last), borders, strict=True):
        until = (_before(done_at, border), _before(other_at, border))
        buckets.append(
            Bucket(
                begins_at=begins_at,
                ends_at=ends_at,
                done=until[0] - before[0],
                other=until[1] - before[1],
                so_far=sum(until),
            )
        )
        before = until
    return tuple(buckets)


def _before(moments: Sequence[float], border: float) -> int:
    # A border belongs to the span that begins there.
    return bisect_right(moments, math.nextafter(border, -math.inf))
