"""Dates and times together, understood the Dutch way: day before month.

A time without an offset is the portal's local time. Whatever could be read in two ways is refused.
"""

import re
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import attrs

from mijnklantportaal_async.files.cleaning import cleaned
from mijnklantportaal_async.files.dates import DATE_FORMS, day_of_serial, leading_day, numbers_in
from mijnklantportaal_async.files.moment_errors import MomentError
from mijnklantportaal_async.files.printable import shown_value
from mijnklantportaal_async.files.times import TIME_FORMS, has_half_day, time_of
from mijnklantportaal_async.files.zones import is_zone
from mijnklantportaal_async.values.local_time import from_wall_time, to_wall_time

_BETWEEN = re.compile(r"T|,?\s+(?:(?:om|at)\s+)?", re.IGNORECASE)
_NUMBER = re.compile(r"(?P<whole>\d+)(?:[.,](?P<fraction>\d+))?", re.ASCII)
_SPAN = re.compile(
    r"(?:van\s+|from\s+)?(?P<start>.*\d.*?)(?:\s*[\u2013\u2014]\s*|\s+-\s+|\s+(?:tot|to|until|t/m)\s+|(?<=\d)-(?=\d{1,2}[:.uh]))"
    r"(?P<end>\d{1,2}(?:[:.uh]\d{2})?(?::\d{2})?(?:\s?(?:uur|u|h|[ap]\.?\s?m\.?))?)",
    re.ASCII | re.IGNORECASE,
)
_WITH_ZONE = re.compile(r"(?P<moment>.*\d.*?)[\s(\[]+(?P<zone>[A-Za-z][A-Za-z/_]+(?:[+-]\d{1,2}(?::?\d{2})?)?)[)\]]?")
_DAY_SECONDS = 24 * 60 * 60
_FIRST_SECOND, _LAST_SECOND = 946684800, 4102444800


Clock = time


@attrs.frozen(kw_only=True)
class MomentParts:
    """What a cell says: a date, a time, or both."""

    date: date | None
    time: Clock | None
    """With an offset if the cell has one."""
    until: Clock | None = None
    """The end, where a cell has both: `09:00 - 09:30`."""
    zone: str = ""
    """The name of a time zone behind the time, as in `14:30 CET`."""


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


def read_parts(text: str, *, seconds: bool = False, month_first: bool | None = None) -> MomentParts:
    """A text with a date, a time, or both.

    Args:
        text: What was written.
        seconds: Take seconds and parts of them too; otherwise they are refused.
        month_first: Whether 03/05/2027 is the fifth of March. None: it is not, and beside AM or PM it is refused.

    Raises:
        MomentError: It is neither, or could be read in two ways.
    """
    text = cleaned(text)
    found = leading_day(text, month_first or False)
    day, rest = (None, text) if found is None else found
    if found is not None and rest:
        between = _BETWEEN.match(rest)
        if between is None:
            raise _unreadable(text)
        rest = rest[between.end() :]
    if not rest and day is not None:
        return MomentParts(date=day, time=None)
    at = time_of(rest, text, seconds=seconds)
    if at is None:
        raise _unreadable(text)
    numbers = numbers_in(text) if month_first is None and has_half_day(text) else None
    if numbers is not None and max(numbers[0], numbers[2]) <= 12 and numbers[0] != numbers[2]:
        # Who writes 2:30 PM may well write the month first too.
        raise MomentError(
            f"{shown_value(text)!r} has AM or PM, so that its date may begin with the month; write a time of 24 hours, "
            f"as in {TIME_FORMS}, and dates as {DATE_FORMS}"
        )
    return MomentParts(date=day, time=at)


@lru_cache(maxsize=8192)
def parts_of_cell(text: str, month_first: bool = False) -> MomentParts:
    """As `read_parts`, of a cell of a table, where programs keep numbers, spans and names of zones too.

    Args:
        text: What stands in it.
        month_first: Whether 03/05/2027 is the fifth of March.

    Raises:
        MomentError: It is no date or time, or could be read in two ways.
    """
    if (number := _NUMBER.fullmatch(text)) is not None and not (number["fraction"] and len(number["fraction"]) == 2):
        return _of_number(number, text)
    try:
        return read_parts(text, month_first=month_first)
    except MomentError:
        if (span := _SPAN.fullmatch(text)) is not None:
            return _of_span(span, text, month_first)
        named = _WITH_ZONE.fullmatch(text)
        if named is None or not is_zone(named["zone"]):
            raise
    return attrs.evolve(read_parts(named["moment"], month_first=month_first), zone=named["zone"])


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


# --- inside ----------------------------------------------------------------------------------------------------


def _of_number(found: re.Match[str], text: str) -> MomentParts:
    """A number: 46451 and 46451,375 of a spreadsheet, seconds since 1970, 930, 9."""
    digits, fraction = found["whole"], found["fraction"]
    if fraction is not None:
        share = round(float(f"0.{fraction}") * _DAY_SECONDS)
        day = day_of_serial(int(digits)) if len(digits) == 5 else None
        if day is not None or (digits.strip("0") == "" and len(fraction) > 2):
            if share % 60 or share >= _DAY_SECONDS:
                raise MomentError(
                    f"{shown_value(text)!r} has seconds; the portal takes whole minutes: write {TIME_FORMS}"
                )
            return MomentParts(date=day, time=time(share // 3600, share // 60 % 60))
        raise MomentError(
            f"{shown_value(text)!r} is a number that could be several times; write {TIME_FORMS}, or give the column "
            "the format of a time in the spreadsheet"
        )
    if len(digits) in {10, 13}:
        since_1970 = int(digits) / (1 if len(digits) == 10 else 1000)
        if _FIRST_SECOND <= since_1970 < _LAST_SECOND and not since_1970 % 60:
            moment = datetime.fromtimestamp(since_1970, UTC)
            return MomentParts(date=moment.date(), time=moment.timetz())
    elif len(digits) == 8:
        return read_parts(text)
    elif len(digits) == 5 and (day := day_of_serial(int(digits))) is not None:
        return MomentParts(date=day, time=None)
    elif len(digits) in {3, 4} and (at := time_of(f"{digits[:-2]}:{digits[-2:]}", text)) is not None:
        return MomentParts(date=None, time=at)
    elif len(digits) <= 2 and int(digits) < 24:
        return MomentParts(date=None, time=time(int(digits)))
    raise _unreadable(text)


def _of_span(found: re.Match[str], text: str, month_first: bool) -> MomentParts:
    start = parts_of_cell(found["start"].strip(), month_first)
    end = parts_of_cell(found["end"].strip())
    if start.time is None or end.time is None or start.until is not None:
        raise _unreadable(text)
    return attrs.evolve(start, until=end.time)


def _unreadable(text: str) -> MomentError:
    return MomentError(
        f"{shown_value(text)!r} is no date or time; write dates as {DATE_FORMS} and times as {TIME_FORMS}"
    )
