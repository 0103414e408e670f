"""A time zone as a calendar describes it (VTIMEZONE), also where programs leave out what the standard asks for."""

import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import attrs

from mijnklantportaal_async.files.calendars.lines import Component
from mijnklantportaal_async.files.calendars.properties import Property, property_of
from mijnklantportaal_async.files.zones import ZoneError, instant_of

_OFFSET = re.compile(r"(?P<sign>[+-])?(?P<hours>\d{2}):?(?P<minutes>\d{2})(?:\d{2})?")
_WALL = re.compile(r"\d{8}T\d{6}Z?|\d{8}")
_BY_DAY = re.compile(r"(?P<place>[+-]?[1-5])?(?P<day>MO|TU|WE|TH|FR|SA|SU)")
_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_PARTS = {
    "FREQ",
    "BYMONTH",
    "BYDAY",
    "BYMONTHDAY",
    "BYHOUR",
    "BYMINUTE",
    "BYSECOND",
    "UNTIL",
    "INTERVAL",
    "WKST",
    "COUNT",
}
_LONGEST_SUMMER = timedelta(days=250)


class DescriptionError(ValueError):
    """A description that says too little, or what nobody writes."""


@attrs.frozen(kw_only=True)
class _Rule:
    """On which day of each year a clock is set."""

    month: int
    place: int | None
    weekday: int | None
    month_days: tuple[int, ...]
    until: datetime | None
    """As the clock showed it before."""

    def day(self, year: int) -> int | None:
        """The day of the month; None when that month has none."""
        first = date(year, self.month, 1)
        following = date(year + self.month // 12, self.month % 12 + 1, 1)
        days = list(range(1, (following - first).days + 1))
        if self.month_days:
            days = [day for day in days if day in self.month_days]
        if self.weekday is not None:
            days = [day for day in days if (first.weekday() + day - 1) % 7 == self.weekday]
        if not days:
            return None
        place = self.place or 1
        return days[place - 1 if place > 0 else place] if abs(place) <= len(days) else None


@attrs.frozen(kw_only=True)
class _Observance:
    """One side of the year: when it begins, and how far the clock is from UTC then."""

    start: datetime
    before: timedelta
    offset: timedelta
    is_summer: bool
    rule: _Rule | None
    dates: tuple[datetime, ...]

    def last_onset(self, wall: datetime) -> datetime | None:
        """When it last began, by the clock before it; None when it had not begun yet."""
        onsets = [one for one in (self.start, *self.dates) if one <= wall]
        if self.rule is not None:
            year = wall.year if self.rule.until is None else min(wall.year, self.rule.until.year)
            for one_year in range(year, max(year - 3, self.start.year - 1), -1):
                day = self.rule.day(one_year)
                onset = None if day is None else self.start.replace(year=one_year, month=self.rule.month, day=day)
                if (
                    onset is not None
                    and self.start <= onset <= wall
                    and (self.rule.until is None or onset <= self.rule.until)
                ):
                    onsets.append(onset)
                    break
        return max(onsets, default=None)

    @property
    def goes_on(self) -> bool:
        """Whether it begins anew every year."""
        return self.rule is not None and self.rule.until is None


class DescribedZone:
    """A zone made of what a calendar says of it.

    Args:
        component: The VTIMEZONE.
        here: The portal's zone, which it may well be where the description ends too early.

    Raises:
        DescriptionError: It cannot be understood.
    """

    def __init__(self, component: Component, here: ZoneInfo) -> None:
        parts = [_properties(part) for part in component.parts if part.name in {"STANDARD", "DAYLIGHT"}]
        names = [part.name for part in component.parts if part.name in {"STANDARD", "DAYLIGHT"}]
        if not parts:
            raise DescriptionError("nothing is described")
        offsets = [_offset(part, "TZOFFSETTO") for part in parts]
        self._observances = [
            _observance(part, name, offset, offsets[1 - number] if len(offsets) == 2 else offset)
            for number, (part, name, offset) in enumerate(zip(parts, names, offsets, strict=True))
        ]
        self._here = here
        self._years: dict[int, list[tuple[datetime, _Observance]]] = {}
        end = [property_of(line).value for line in component.lines if line.name == "TZUNTIL"]
        self._until = _wall(end[0]) if end and _WALL.fullmatch(end[0]) else None

    def instant(self, wall: datetime, name: str) -> datetime:
        """The moment, in UTC, at which a clock in the zone shows these digits; the first one of two.

        Raises:
            ZoneError: The clock skips them, or the description has ended before.
        """
        onsets = self._onsets(wall)
        if self._until is not None and wall > self._until:
            return self._beyond(wall, name, self._until)
        if not onsets:
            first = min(self._observances, key=lambda one: one.start)
            return (wall - first.before).replace(tzinfo=UTC)
        onset, current = onsets[-1]
        if wall < onset + (current.offset - current.before):
            raise ZoneError(
                f"{wall:%Y-%m-%d %H:%M} does not exist in {name}: the clock is set forward that night and skips it. "
                "Choose a time that a clock shows"
            )
        moment = (wall - current.offset).replace(tzinfo=UTC)
        is_old = current.is_summer and wall > onset + _LONGEST_SUMMER
        if is_old and not current.goes_on and moment.astimezone(self._here).utcoffset() != current.offset:
            return self._beyond(wall, name, onset)
        return moment

    def wall(self, moment: datetime) -> datetime:
        """What a clock in the zone shows at a moment."""
        for one in self._observances:
            shown = (moment + one.offset).astimezone(UTC).replace(tzinfo=None)
            try:
                if self.instant(shown, "") == moment:
                    return shown
            except ZoneError:
                continue
        return moment.astimezone(self._here).replace(tzinfo=None)

    # --- inside ------------------------------------------------------------------------------------------------

    def _onsets(self, wall: datetime) -> list[tuple[datetime, _Observance]]:
        """Each observance with its last beginning before a time, the current one last."""
        known = self._years.get(wall.year)
        if known is None:
            # A year has few beginnings: they are worked out once.
            end_of_year = wall.replace(month=12, day=31, hour=23, minute=59)
            found: set[tuple[datetime, int]] = set()
            for number, one in enumerate(self._observances):
                onset = one.last_onset(end_of_year)
                while onset is not None:
                    found.add((onset, number))
                    if onset.year < wall.year:
                        break
                    onset = one.last_onset(onset - timedelta(seconds=1))
            known = [(onset, self._observances[number]) for onset, number in sorted(found)]
            self._years[wall.year] = known
        return [one for one in known if one[0] <= wall]

    def _beyond(self, wall: datetime, name: str, end: datetime) -> datetime:
        """After the end of a description that fits the portal's own zone until then, it is that zone."""
        if self._is_here(end):
            return instant_of(wall, self._here, name)
        raise ZoneError(
            f"lies after the end of what the file says of the time zone {name!r}, {end:%Y-%m-%d}; choose a zone such "
            "as Europe/Amsterdam in the calendar program"
        )

    def _is_here(self, end: datetime) -> bool:
        seen = 0
        for one in self._observances:
            onset = one.last_onset(end)
            while onset is not None and seen < 10:
                moment = (onset - one.before).replace(tzinfo=UTC)
                around = [(moment + timedelta(hours=hours)).astimezone(self._here).utcoffset() for hours in (-1, 1)]
                if around != [one.before, one.offset]:
                    return False
                seen += 1
                onset = one.last_onset(onset - timedelta(seconds=1))
        return seen > 1


def _properties(part: Component) -> dict[str, list[Property]]:
    found: dict[str, list[Property]] = {}
    for line in part.lines:
        if line.name in {"DTSTART", "TZOFFSETFROM", "TZOFFSETTO", "RRULE", "RDATE"}:
            found.setdefault(line.name, []).append(property_of(line))
    return found


def _observance(part: dict[str, list[Property]], name: str, offset: timedelta, other: timedelta) -> _Observance:
    if "DTSTART" not in part:
        raise DescriptionError("it does not say when the clock is set")
    start = _wall(part["DTSTART"][0].value)
    before = _offset(part, "TZOFFSETFROM") if "TZOFFSETFROM" in part else other
    rules = [rule.value for rule in part.get("RRULE", []) if rule.value.strip()]
    rule = None
    for text in rules:
        rule, start = _rule(text, start, before)
    dates = [one for line in part.get("RDATE", []) for one in line.value.split(",") if _WALL.fullmatch(one.strip())]
    return _Observance(
        start=start,
        before=before,
        offset=offset,
        is_summer=name == "DAYLIGHT",
        rule=rule,
        dates=tuple(_local(one.strip(), before) for one in dates),
    )


def _rule(text: str, start: datetime, before: timedelta) -> tuple[_Rule | None, datetime]:
    parts: dict[str, str] = {}
    for piece in text.strip().strip(";").split(";"):
        key, equals, value = piece.partition("=")
        if not equals or key.strip().upper() not in _PARTS:
            raise DescriptionError("it has a rule that is not understood")
        parts[key.strip().upper()] = value.strip().upper()
    if parts.get("FREQ") != "YEARLY" or parts.get("INTERVAL", "1") != "1" or "," in parts.get("BYMONTH", ""):
        raise DescriptionError("it has a rule that is not yearly")
    try:
        clock = {
            key: int(parts[f"BY{key.upper()}"]) for key in ("hour", "minute", "second") if f"BY{key.upper()}" in parts
        }
        start = start.replace(**clock)  # type: ignore[arg-type]
        month = int(parts.get("BYMONTH", start.month))
        days = tuple(int(day) for day in parts["BYMONTHDAY"].split(",")) if "BYMONTHDAY" in parts else ()
        by_day = _BY_DAY.fullmatch(parts["BYDAY"]) if "BYDAY" in parts else None
        if not 1 <= month <= 12 or ("BYDAY" in parts and by_day is None):
            raise DescriptionError("it has a rule that is not understood")
        until = None
        if "COUNT" in parts:
            until = start.replace(year=start.year + int(parts["COUNT"]) - 1, month=12, day=31)
        if "UNTIL" in parts:
            until = _local(parts["UNTIL"], before)
    except ValueError as error:
        raise DescriptionError("it has a rule that is not understood") from error
    if by_day is None and not days:
        days = (start.day,)
    rule = _Rule(
        month=month,
        place=int(by_day["place"]) if by_day is not None and by_day["place"] else None,
        weekday=_DAYS.index(by_day["day"]) if by_day is not None else None,
        month_days=days,
        until=until,
    )
    return rule, start


def _offset(part: dict[str, list[Property]], name: str) -> timedelta:
    found = _OFFSET.fullmatch(part[name][0].value.strip()) if name in part else None
    if found is None or int(found["hours"]) > 15 or int(found["minutes"]) > 59:
        raise DescriptionError("it does not say how far the clock is from UTC")
    offset = timedelta(hours=int(found["hours"]), minutes=int(found["minutes"]))
    return -offset if found["sign"] == "-" else offset


def _wall(text: str) -> datetime:
    if not _WALL.fullmatch(text):
        raise DescriptionError("it has a date that is none")
    try:
        return datetime.fromisoformat(text.removesuffix("Z"))
    except ValueError as error:
        raise DescriptionError("it has a date that is none") from error


def _local(text: str, before: timedelta) -> datetime:
    """A moment by the clock before it was set; with Z it is in UTC."""
    return _wall(text) + (before if text.endswith("Z") else timedelta())
