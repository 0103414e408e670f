"""Dates and times as people write them, understood the Dutch way: day before month, 24 hours.

A time without an offset is the portal's local time. Whatever could be read in two ways is refused.
"""

import re
from datetime import UTC, date, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

import attrs

from mijnklantportaal_async.tables.printable import shown_value
from mijnklantportaal_async.values.local_time import from_wall_time, to_wall_time

DATE_FORMS = "25-03-2027 (day-month-year) or 2027-03-25"
TIME_FORMS = "14:30"
LONGEST_DURATION = 7 * 24 * 60
"""Minutes; a longer appointment is not believed."""

FIRST_YEAR, LAST_YEAR = 2000, 2999
"""Others are slips of the hand."""

_DATE = re.compile(
    r"(?:(?P<year>\d{4})(?P<mark>[-/.])(?P<month>\d{1,2})(?P=mark)(?P<day>\d{1,2})"
    r"|(?P<first>\d{1,2})(?P<other_mark>[-/.])(?P<second>\d{1,2})(?P=other_mark)(?P<last>\d{4}|\d{2}))(?!\d)",
    re.ASCII,
)
_BETWEEN = re.compile(r"(?:T|,?\s+)", re.IGNORECASE)
_TIME = re.compile(
    r"(?P<hour>\d{1,2})(?:[:.](?P<minute>\d{2})(?::(?P<seconds>\d{2})(?:[.,](?P<fraction>\d{1,9}))?)?"
    r"|[uh](?P<spoken_minute>\d{2})?)(?:\s?(?:uur|u|h))?"
    r"(?:\s?(?P<offset>Z|[+-]\d{2}(?::?\d{2})?))?",
    re.ASCII | re.IGNORECASE,
)
_HALF_DAY = re.compile(r"\d\s*[ap]\.?m\.?$", re.IGNORECASE)
_DURATION = re.compile(
    r"(?P<minutes>\d{1,6})(?:[.,]0+)?\s?(?:minuten|minutes|minuut|minute|min\.?|m)?"
    r"|(?P<hours>\d{1,3}):(?P<rest>[0-5]\d)(?::00)?",
    re.ASCII | re.IGNORECASE,
)


class MomentError(ValueError):
    """A cell that is no date or time, or none that has one meaning; its text says what to write."""


class MonthFirstError(MomentError):
    """A date that makes sense only with the month before the day, so that others of the file may be meant so too."""


@attrs.frozen(kw_only=True)
class MomentParts:
    """What a cell says: a date, a time, or both."""

    date: date | None
    time: time | None
    """With an offset if the cell has one."""


def read_moment(text: str, zone: ZoneInfo, field: str, *, midnight: bool = False) -> datetime:
    """A date and time as a person writes it, such as `25-03-2027 14:30`.

    Args:
        text: What the person wrote.
        zone: The portal's zone, meant when there is no offset.
        field: What to call it in messages.
        midnight: Take a date alone for its beginning.

    Raises:
        ValueError: It is no moment that the portal can be told; the message says what to write.
    """
    parts = read_parts(text)
    if parts.date is None:
        raise MomentError(f"the date is missing; write it as {DATE_FORMS}")
    if parts.time is None and not midnight:
        raise MomentError(f"the time is missing; write it after the date, as in 2027-03-25 {TIME_FORMS}")
    return moment_of(parts.date, parts.time or time(), zone, field)


def read_parts(text: str, *, seconds: bool = False) -> MomentParts:
    """A cell with a date, a time, or both.

    Args:
        text: What stands in it.
        seconds: Take seconds and parts of them too; otherwise they are refused.

    Raises:
        MomentError: It is neither, or could be read in two ways.
    """
    text = text.strip()
    if _HALF_DAY.search(text):
        # Who writes 2:30 PM may well write the month first too: nothing of it is taken.
        raise MomentError(
            f"{shown_value(text)!r} has AM or PM; write a time of 24 hours, as in {TIME_FORMS}, "
            f"and dates as {DATE_FORMS}"
        )
    found = _DATE.match(text)
    day = None if found is None else _day_of(found, text)
    rest = text[found.end() :] if found is not None else text
    if found is not None and rest:
        between = _BETWEEN.match(rest)
        if between is None:
            raise _unreadable(text)
        rest = rest[between.end() :]
    if not rest and day is not None:
        return MomentParts(date=day, time=None)
    found = _TIME.fullmatch(rest)
    if found is None:
        raise _unreadable(text)
    return MomentParts(date=day, time=_time_of(found, text, seconds))


def moment_of(day: date, at: time, zone: ZoneInfo, field: str) -> datetime:
    """An aware datetime of the portal's zone that the portal can be told.

    Args:
        day: Its date.
        at: Its time; without an offset it is the portal's local time.
        zone: The portal's zone.
        field: What to call it in messages.

    Raises:
        ValueError: The clock skips that time or shows it twice.
    """
    written = datetime.combine(day, at)
    if written.tzinfo is None:
        return from_wall_time(written, zone, field)
    to_wall_time(written, zone, field)
    return written.astimezone(zone)


def end_after(start: datetime, minutes: int, zone: ZoneInfo, field: str) -> datetime:
    """The end of an appointment that lasts so many minutes, whatever the clock does meanwhile.

    Raises:
        ValueError: The portal cannot be told that time.
    """
    end = (start.astimezone(UTC) + timedelta(minutes=minutes)).astimezone(zone)
    to_wall_time(end, zone, field)
    return end


def read_minutes(text: str) -> int:
    """A duration: `45`, `45 min` or `0:45`.

    Raises:
        MomentError: It is none, or one that nobody means.
    """
    found = _DURATION.fullmatch(text.strip())
    if found is None:
        raise MomentError(f"{shown_value(text)!r} is no duration; write whole minutes, as in 45, or 0:45")
    hours = found["hours"]
    minutes = int(found["minutes"]) if hours is None else int(hours) * 60 + int(found["rest"])
    if not 1 <= minutes <= LONGEST_DURATION:
        raise MomentError(
            f"{minutes} minutes cannot be right; give 1 to {LONGEST_DURATION} minutes, or the end instead"
        )
    return minutes


# --- inside ----------------------------------------------------------------------------------------------------


def _day_of(found: re.Match[str], text: str) -> date:
    if found["year"] is not None:
        year, month, day = int(found["year"]), int(found["month"]), int(found["day"])
    else:
        if len(found["last"]) == 2:
            raise MomentError(f"{shown_value(text)!r} has a year of two digits; write {DATE_FORMS}")
        year, month, day = int(found["last"]), int(found["second"]), int(found["first"])
        if month > 12 >= day and _is_date(year, day, month):
            raise MonthFirstError(
                f"{shown_value(text)!r} has no month {month}: dates here are day-month-year. If the file has the month "
                f"first, every date of it is read wrongly: write them all as {DATE_FORMS}"
            )
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise MomentError(f"the year {year:04} in {shown_value(text)!r} cannot be right; write {DATE_FORMS}")
    if not _is_date(year, month, day):
        raise MomentError(f"{shown_value(text)!r} is no day of the calendar; write {DATE_FORMS}")
    return date(year, month, day)


def _is_date(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


def _time_of(found: re.Match[str], text: str, seconds: bool) -> time:
    hour, minute = int(found["hour"]), int(found["minute"] or found["spoken_minute"] or 0)
    if hour > 23 or minute > 59:
        hint = ". For midnight write 00:00 with the date of the next day" if (hour, minute) == (24, 0) else ""
        raise MomentError(f"{shown_value(text)!r} is no time of the day; write {TIME_FORMS}{hint}")
    second, fraction = int(found["seconds"] or 0), found["fraction"] or ""
    if not seconds and (second or fraction.strip("0")):
        raise MomentError(f"{shown_value(text)!r} has seconds; the portal takes whole minutes: write {TIME_FORMS}")
    if second > 59:
        raise MomentError(f"{shown_value(text)!r} is no time of the day; write {TIME_FORMS}")
    return time(hour, minute, second, int(fraction[:6].ljust(6, "0")), tzinfo=_offset_of(found["offset"], text))


def _offset_of(offset: str | None, text: str) -> timezone | None:
    if offset is None:
        return None
    if offset in "Zz":
        return UTC
    digits = offset[1:].replace(":", "").ljust(4, "0")
    minutes = int(digits[:2]) * 60 + int(digits[2:])
    if int(digits[2:]) > 59 or minutes > 14 * 60:
        raise MomentError(f"the offset {offset} in {shown_value(text)!r} does not exist; write +01:00, or leave it out")
    return timezone(timedelta(minutes=-minutes if offset[0] == "-" else minutes))


def _unreadable(text: str) -> MomentError:
    return MomentError(
        f"{shown_value(text)!r} is no date or time; write dates as {DATE_FORMS} and times as {TIME_FORMS}"
    )
