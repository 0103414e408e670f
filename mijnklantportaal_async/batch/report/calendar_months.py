"""A calendar as months of days: which day holds what, and what a month looks like from afar."""

import calendar
from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import attrs

from mijnklantportaal_async.batch.report.moments import change_of_clock, clock, hours_in_words
from mijnklantportaal_async.texts.words import words

MOST_IN_A_CELL = 5
"""A day with more shows one fewer, and `+n more`."""

MOST_DAYS_CONTINUED = 14
"""On how many days after its first an appointment is shown again."""

_BAR_HEIGHT = 16
_BAR_STEP = 4
_SATURDAY = 5
_DAYS_OF_A_WEEK = 7


@attrs.frozen(kw_only=True)
class Item:
    """An appointment that is in the portal."""

    number: int
    place: str
    starts_at: datetime
    """In the portal's zone."""
    ends_at: datetime | None = None
    title: str
    person: str = ""
    status: str = ""
    """What the portal says of it, unless that is just `scheduled`."""
    remarkable: bool = False
    """There is something to read about it elsewhere on the page."""


@attrs.frozen(kw_only=True)
class Entry:
    """An appointment on one of its days."""

    item: Item
    hours: str
    is_continued: bool
    """It began on a day before."""


@attrs.frozen(kw_only=True)
class Day:
    """A day of a month, and what happens on it."""

    number: int
    name: str
    is_weekend: bool
    note: str
    """Where the clock changes; empty on other days."""
    entries: tuple[Entry, ...]

    @property
    def more(self) -> int:
        """How many entries a small cell leaves out at first."""
        return 0 if len(self.entries) <= MOST_IN_A_CELL else len(self.entries) - MOST_IN_A_CELL + 1


@attrs.frozen(kw_only=True)
class Month:
    """The weeks of a month from the first to the last in which something happens."""

    name: str
    short_name: str
    """Without the year."""
    count: int
    """How many appointments begin in it."""
    column: int
    """Of the first day, from 1 for Monday."""
    days: tuple[Day, ...]
    has_weekends: bool
    """Whether anything happens on a Saturday or Sunday."""
    bars: str
    """The path of a small picture of all its days, each as high as it is busy."""
    bars_width: int


def months_of(items: Iterable[Item], zone: ZoneInfo) -> tuple[Month, ...]:
    """The months in which something begins, in order.

    Args:
        items: Appointments, in any order.
        zone: The portal's zone, for the days on which its clock changes.
    """
    entries: defaultdict[date, list[Entry]] = defaultdict(list)
    months: set[tuple[int, int]] = set()
    # Instants: in the hour that comes twice, the digits are out of order.
    for item in sorted(items, key=lambda item: (item.starts_at.timestamp(), item.number)):
        first = item.starts_at.date()
        months.add((first.year, first.month))
        entries[first].append(Entry(item=item, hours=hours_in_words(item.starts_at, item.ends_at), is_continued=False))
        for day in _days_after(item):
            entries[day].append(_continued(item, day))
    busiest = max((_beginning(on_day) for on_day in entries.values()), default=0)
    return tuple(_month(year, month, entries, busiest, zone) for year, month in sorted(months))


def _days_after(item: Item) -> list[date]:
    """The days after the first on which an appointment goes on."""
    if item.ends_at is None:
        return []
    first = item.starts_at.date()
    # An appointment that ends at midnight has nothing on the day that begins there.
    last = item.ends_at.date() - timedelta(days=item.ends_at.time() == time() and item.ends_at.date() > first)
    return [first + timedelta(days=day) for day in range(1, min((last - first).days, MOST_DAYS_CONTINUED) + 1)]


def _continued(item: Item, day: date) -> Entry:
    ends_at = item.ends_at
    is_last = ends_at is not None and ends_at.date() == day
    hours = words("until {clock}", clock=clock(ends_at)) if ends_at is not None and is_last else words("all day")
    return Entry(item=item, hours=hours, is_continued=True)


def _beginning(entries: list[Entry]) -> int:
    return sum(not entry.is_continued for entry in entries)


def _month(year: int, month: int, entries: defaultdict[date, list[Entry]], busiest: int, zone: ZoneInfo) -> Month:
    blank, length = calendar.monthrange(year, month)
    dates = [date(year, month, number) for number in range(1, length + 1)]
    found = {day: entries[day] for day in dates if day in entries}
    # Weeks before and after everything tell nothing: a job of three days is not a page of empty cells.
    week_of = {day: (blank + day.day - 1) // _DAYS_OF_A_WEEK for day in dates}
    first_week, last_week = week_of[min(found)], week_of[max(found)]
    shown = [day for day in dates if first_week <= week_of[day] <= last_week]
    counts = [_beginning(found.get(day, [])) for day in dates]
    return Month(
        name=words("{day:%B} {year}", day=dates[0], year=year),
        short_name=words("{day:%B}", day=dates[0]),
        count=sum(counts),
        column=shown[0].weekday() + 1,
        days=tuple(_day(day, found.get(day, []), zone) for day in shown),
        has_weekends=any(day.weekday() >= _SATURDAY for day in found),
        bars=_bars(counts, busiest),
        bars_width=length * _BAR_STEP,
    )


def _day(day: date, entries: list[Entry], zone: ZoneInfo) -> Day:
    # What goes on from the day before comes first: it does so from midnight.
    ordered = sorted(entries, key=lambda entry: not entry.is_continued)
    return Day(
        number=day.day,
        name=words("{day:%a}", day=day),
        is_weekend=day.weekday() >= _SATURDAY,
        note=change_of_clock(day, zone),
        entries=tuple(ordered),
    )


def _bars(counts: list[int], busiest: int) -> str:
    heights = [max(2, round(_BAR_HEIGHT * count / busiest)) if count else 0 for count in counts]
    return "".join(
        f"M{place * _BAR_STEP} {_BAR_HEIGHT}v-{height}h3v{height}z" for place, height in enumerate(heights) if height
    )
