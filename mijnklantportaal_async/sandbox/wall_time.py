"""Wall time of the portal, read and written in the manner of PHP."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

# Exactly `Y-m-d H:i` or `Y-m-d H:i:s`: PHP's format characters take these widths and ASCII digits only.
_TO_THE_MINUTE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} (?!24)[0-9]{2}:[0-9]{2}")
_TO_THE_SECOND = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} (?!24)[0-9]{2}:[0-9]{2}:[0-9]{2}")


def read_wall_time(text: str, *, seconds_allowed: bool) -> datetime | None:
    """Read a wall time without offset; `None` when it is not one in exactly the documented format."""
    if not (_TO_THE_MINUTE.fullmatch(text) or (seconds_allowed and _TO_THE_SECOND.fullmatch(text))):
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def timestamp_of(wall: datetime, zone: ZoneInfo) -> int:
    """Return the UNIX time at which `zone` shows `wall`.

    As PHP does: a time in the gap of spring moves forward by the length of the gap, a time that occurs twice in
    autumn is the first of the two. `fold=0` means exactly this.

    Raises:
        OverflowError: at the very edges of the calendar.
    """
    return int(wall.replace(tzinfo=zone, fold=0).timestamp())


def moment(timestamp: float, zone: ZoneInfo) -> datetime:
    """Return the aware datetime of a UNIX time in `zone`, in whole seconds."""
    return datetime.fromtimestamp(int(timestamp // 1), zone)


def atom(when: datetime) -> str:
    """Write an aware datetime in ATOM format (`2027-03-05T14:30:00+01:00`)."""
    # isoformat() would write the seconds of an offset before 1937, which ATOM does not have.
    return when.replace(tzinfo=None, microsecond=0).isoformat() + atom_offset(when)


def atom_offset(when: datetime, *, in_winter: bool = False) -> str:
    """Write the offset of an aware datetime (`+01:00`), or the one that its zone has in winter."""
    offset = when.utcoffset() or timedelta()
    if in_winter:
        offset -= when.dst() or timedelta()
    minutes = int(offset.total_seconds()) // 60
    sign = "-" if minutes < 0 else "+"
    hours, minutes = divmod(abs(minutes), 60)
    return f"{sign}{hours:02}:{minutes:02}"


def months_later(day: date, months: int) -> date:
    """Return the same day some months later, or the last one of a month that is shorter."""
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
