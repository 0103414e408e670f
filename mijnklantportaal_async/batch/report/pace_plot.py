"""The pace as a drawing: places and lengths in user units of an SVG, nothing but numbers and labels."""

import math
from datetime import datetime

import attrs

from mijnklantportaal_async.batch.report.moments import clock
from mijnklantportaal_async.batch.report.pace import DAY, Pace, aligned_moments, step_for
from mijnklantportaal_async.texts.words import words

_LEFT = 44.0
_RIGHT = 14.0
_TOP = 26.0
_PANEL = 118.0
_BETWEEN = 44.0
_BELOW = 26.0
_UNITS_OF_A_TICK = 90.0
_MOST_HEIGHTS = 4


@attrs.frozen(kw_only=True)
class Tick:
    """A mark on an axis."""

    at: float
    label: str
    anchor: str = "middle"


@attrs.frozen(kw_only=True)
class Bar:
    """What ended in a span of time: done below, all else on top."""

    left: float
    width: float
    done_top: float
    done_height: float
    other_top: float
    other_height: float


@attrs.frozen(kw_only=True)
class Plot:
    """Two panels above one axis of time: all that ended so far, and how many ended in each span."""

    name: str
    """Tells the sizes of one plot apart."""
    width: float
    height: float
    left: float
    right: float
    so_far_top: float
    so_far_base: float
    so_far_ticks: tuple[Tick, ...]
    total: float
    """Height of the line that says how many rows there are."""
    line: str
    area: str
    bars_top: float
    bars_base: float
    bars_ticks: tuple[Tick, ...]
    bars: tuple[Bar, ...]
    time_ticks: tuple[Tick, ...]


def plot_of(pace: Pace, name: str, width: float) -> Plot:
    """Draws the pace.

    Args:
        pace: What to draw.
        name: Of this size.
        width: In user units, each about a CSS pixel.
    """
    right = width - _RIGHT
    so_far_base = _TOP + _PANEL
    bars_top = so_far_base + _BETWEEN
    bars_base = bars_top + _PANEL
    begins, ends = pace.buckets[0].begins_at.timestamp(), pace.buckets[-1].ends_at.timestamp()

    def across(moment: datetime) -> float:
        return _LEFT + (moment.timestamp() - begins) / (ends - begins) * (right - _LEFT)

    most = _round_up(pace.total)
    highest = _round_up(max(bucket.count for bucket in pace.buckets))
    scale, bar_scale = _PANEL / most, _PANEL / highest
    points = [(_LEFT, so_far_base)]
    points += [(across(bucket.ends_at), so_far_base - bucket.so_far * scale) for bucket in pace.buckets]
    line = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    bars: list[Bar] = []
    for bucket in pace.buckets:
        left, end = across(bucket.begins_at), across(bucket.ends_at)
        # A gap tells bars apart, where there is room for one.
        gap = min(2.0, (end - left) * 0.2)
        done, other = bucket.done * bar_scale, bucket.other * bar_scale
        if bucket.count:
            bars.append(
                Bar(
                    left=left,
                    width=end - left - gap,
                    done_top=bars_base - done,
                    done_height=done,
                    other_top=bars_base - done - other,
                    other_height=other,
                )
            )
    return Plot(
        name=name,
        width=width,
        height=bars_base + _BELOW,
        left=_LEFT,
        right=right,
        so_far_top=_TOP,
        so_far_base=so_far_base,
        so_far_ticks=_heights(most, so_far_base),
        total=so_far_base - pace.total * scale,
        line=line,
        area=f"{line}L{points[-1][0]:.1f} {so_far_base:.1f}Z",
        bars_top=bars_top,
        bars_base=bars_base,
        bars_ticks=_heights(highest, bars_base),
        bars=tuple(bars),
        time_ticks=tuple(
            Tick(at=at, label=label, anchor="start" if at < _LEFT + 20 else "end" if at > right - 20 else "middle")
            for moment, label in _time_labels(pace, math.floor((right - _LEFT) / _UNITS_OF_A_TICK))
            if _LEFT <= (at := across(moment)) <= right
        ),
    )


def _time_labels(pace: Pace, most: int) -> list[tuple[datetime, str]]:
    first, last = pace.buckets[0].begins_at, pace.buckets[-1].ends_at
    step = step_for(last.timestamp() - first.timestamp(), most)
    days = step >= DAY
    return [
        (moment, words("{number} {day:%b}", number=moment.day, day=moment) if days else clock(moment))
        for moment in aligned_moments(first, last, step, pace.zone)
    ]


def _round_up(count: int) -> int:
    """The next number that divides well; 1 for none."""
    magnitude: int = 10 ** max(0, len(str(max(1, count))) - 1)
    for factor in (1, 2, 3, 4, 5, 6, 8):
        if factor * magnitude >= count:
            return factor * magnitude
    return 10 * magnitude


def _heights(most: int, base: float) -> tuple[Tick, ...]:
    parts = next((parts for parts in range(_MOST_HEIGHTS, 1, -1) if most % parts == 0), 1)
    return tuple(
        Tick(at=base - _PANEL * part / parts, label=words("{count:,}", count=most * part // parts))
        for part in range(parts + 1)
    )
