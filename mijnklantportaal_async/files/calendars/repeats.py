"""Events that repeat: each occurrence an event of its own, within the days that were asked for."""

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import attrs
import icalendar

from mijnklantportaal_async.files.calendars.event import Event
from mijnklantportaal_async.files.calendars.moments import Zones, is_day_alone, wall_digits
from mijnklantportaal_async.files.calendars.properties import Property
from mijnklantportaal_async.files.zones import ZoneError

MOST_OCCURRENCES = 2000
"""Of one series; more are a slip of the rule."""

_ICALENDAR: Any = icalendar
_ENDLESS = re.compile(r"FREQ\s*=\s*(?:SECONDLY|MINUTELY|HOURLY)|BY(?:HOUR|MINUTE|SECOND)\s*=", re.IGNORECASE)
_UNTIL = re.compile(r"UNTIL\s*=\s*(?P<moment>\d{8}(?:T\d{6}Z?)?)", re.IGNORECASE)
_COUNT = re.compile(r"COUNT\s*=\s*\d", re.IGNORECASE)


class RepeatError(ValueError):
    """A series that cannot be followed; its text says what to do."""


@attrs.frozen(kw_only=True)
class Occurrences:
    """What became of a series."""

    events: tuple[Event, ...]
    before: int
    """Occurrences that lie before the first day."""
    waits_for_end: bool = False
    """Whether it repeats without an end, and nobody said how far."""


def has_end(event: Event) -> bool:
    """Whether a series comes to an end by itself."""
    return all(_UNTIL.search(rule.value) or _COUNT.search(rule.value) for rule in event.series.get("RRULE", ()))


def occurrences_of(
    event: Event,
    changed: Sequence[Event],
    canceled: Sequence[Event],
    zones: Zones,
    *,
    since: date | None,
    until: date | None,
) -> Occurrences:
    """The occurrences of a series; those that were moved are events of their own, and not among them.

    Args:
        event: The series.
        changed: Events that stand for one occurrence of it each.
        canceled: Those that were called off.
        zones: Those of its calendar.
        since: The first day that is wanted.
        until: The last one.

    Raises:
        RepeatError: It cannot be followed.
    """
    if until is None and not has_end(event):
        return Occurrences(events=(), before=0, waits_for_end=True)
    start = event.properties.get("DTSTART")
    if start is None or is_day_alone(start):
        raise RepeatError("repeats, and has no start with a time")
    if any(_ENDLESS.search(rule.value) for rule in event.series.get("RRULE", ())) or "EXRULE" in event.series:
        raise RepeatError(f"repeats by a rule that is not followed here; {_SINGLE_EVENTS}")
    if any(one.properties["RECURRENCE-ID"].parameters.get("RANGE") for one in (*changed, *canceled)):
        raise RepeatError(f"was changed from one occurrence on; {_SINGLE_EVENTS}")
    try:
        aside = [_wall_of(one.properties["RECURRENCE-ID"], start, zones) for one in (*changed, *canceled)]
        walls = _walls(event, start, zones, aside, until)
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, OverflowError, ZoneError) as error:
        raise RepeatError(f"repeats in a way that cannot be understood ({error}); {_SINGLE_EVENTS}") from error
    if len(walls) > MOST_OCCURRENCES:
        raise RepeatError(
            f"repeats {len(walls)} times; {MOST_OCCURRENCES} is the most. Say --until with an earlier day"
        )
    wanted = [wall for wall in walls if since is None or wall.date() >= since]
    return Occurrences(events=tuple(_at(event, wall) for wall in wanted), before=len(walls) - len(wanted))


_SINGLE_EVENTS = "make single events of it in the calendar program, or write the dates into a table"


def _walls(
    event: Event, start: Property, zones: Zones, aside: Iterable[datetime], until: date | None
) -> list[datetime]:
    """When a clock shows its occurrences: by the digits of its own zone, since that is how a series repeats."""
    # Only here: few calendars have series, and it costs as much as all the rest.
    import recurring_ical_events  # type: ignore[import-untyped]

    first = wall_digits(start.value)
    copy: Any = _ICALENDAR.Event()
    copy.add("uid", "series")
    copy.add("dtstart", first)
    copy.add("dtend", first + timedelta(minutes=1))
    for rule in event.series.get("RRULE", ()):
        copy.add("rrule", _ICALENDAR.vRecur.from_ical(_local_rule(rule.value, start, zones)))
    for text in (text for one in event.series.get("RDATE", ()) for text in one.value.split(",") if "/" in text):
        raise ValueError(f"{text.strip()} has a length of its own")
    for one in event.series.get("RDATE", ()):
        for text in one.value.split(","):
            copy.add("rdate", _wall_of(attrs.evolve(one, value=text.strip()), start, zones))
    excluded = [
        _day_or_wall(attrs.evolve(one, value=text.strip()), start, zones)
        for one in event.series.get("EXDATE", ())
        for text in one.value.split(",")
    ]
    left_aside = [*excluded, *aside]
    for wall in left_aside:
        copy.add("exdate", wall)
    calendar: Any = _ICALENDAR.Calendar()
    calendar.add_component(copy)
    end = datetime.combine(until, time.max) if until is not None else _last_day(event, first)
    recurring: Any = recurring_ical_events
    found: list[Any] = recurring.of(calendar).between(first - timedelta(days=1), end)
    walls = {one["DTSTART"].dt for one in found}
    kept = sorted({wall.replace(tzinfo=None) for wall in walls if isinstance(wall, datetime) and wall <= end})
    # What was left out or moved, at a time that the series no longer has: the occurrence would be made all the same.
    if missed := {wall.date() for wall in left_aside} & {wall.date() for wall in kept}:
        raise ValueError(f"on {min(missed):%d-%m-%Y} one is left out or moved that begins at another time")
    return kept


def _last_day(event: Event, first: datetime) -> datetime:
    ends = [
        datetime.fromisoformat(found["moment"][:8])
        for rule in event.series.get("RRULE", ())
        if (found := _UNTIL.search(rule.value))
    ]
    counted = any(_COUNT.search(rule.value) for rule in event.series.get("RRULE", ()))
    dates = [
        datetime.fromisoformat(text.strip()[:8])
        for one in event.series.get("RDATE", ())
        for text in one.value.split(",")
    ]
    last = max([*ends, *dates, first], default=first) + timedelta(days=2)
    return max(last, first.replace(day=1, year=first.year + 30)) if counted and not ends else last


def _local_rule(rule: str, start: Property, zones: Zones) -> str:
    """A rule whose UNTIL is in UTC, with its digits in the zone of the series."""
    found = _UNTIL.search(rule)
    if found is None:
        return rule
    text = found["moment"]
    if len(text) == 8:
        text = f"{text}T235959"
    elif text.endswith("Z") and not start.value.endswith("Z"):
        moment = datetime.fromisoformat(text)
        text = zones.wall(moment, start.parameters.get("TZID", "")).strftime("%Y%m%dT%H%M%S")
    return rule.replace(found["moment"], text.removesuffix("Z"))


def _wall_of(one: Property, start: Property, zones: Zones) -> datetime:
    """A moment as the clock of the series shows it."""
    if len(one.value) == 8:
        # A day alone stands for the occurrence of that day.
        return datetime.fromisoformat(one.value + start.value[8:15])
    wall = wall_digits(one.value)
    name, own = one.parameters.get("TZID", ""), start.parameters.get("TZID", "")
    is_utc, starts_in_utc = one.value.endswith("Z"), start.value.endswith("Z")
    if is_utc == starts_in_utc and (is_utc or name == own):
        return wall
    moment = (
        wall.replace(tzinfo=UTC) if is_utc else zones.instant(wall, name) if name else wall.replace(tzinfo=zones.here)
    )
    return moment.astimezone(UTC).replace(tzinfo=None) if starts_in_utc else zones.wall(moment, own)


def _day_or_wall(one: Property, start: Property, zones: Zones) -> datetime:
    """As `_wall_of`; midnight is what some programs write for a day."""
    wall = _wall_of(one, start, zones)
    first = wall_digits(start.value)
    return datetime.combine(wall.date(), first.time()) if wall.time() == time() else wall


def _at(event: Event, wall: datetime) -> Event:
    """The event as if it were only this occurrence."""
    start = event.properties["DTSTART"]
    moved = {"DTSTART": attrs.evolve(start, value=_written(wall, start))}
    end = event.properties.get("DTEND")
    if end is not None:
        later = wall_digits(end.value) - wall_digits(start.value)
        moved["DTEND"] = attrs.evolve(end, value=_written(wall + later, end))
    return attrs.evolve(event, properties={**event.properties, **moved}, series={}, day=f"{wall:%d-%m-%Y}")


def _written(wall: datetime, like: Property) -> str:
    return wall.strftime("%Y%m%dT%H%M%S") + ("Z" if like.value.endswith("Z") else "")
