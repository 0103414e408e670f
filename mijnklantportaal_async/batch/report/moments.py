"""Moments as a person reads them, in the portal's zone. English words, whatever the machine's locale."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

DAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTH_NAMES = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)

_DAY = timedelta(days=1)
_TO = "\N{EN DASH}"


def read_time(value: object, zone: ZoneInfo) -> datetime | None:
    """A moment from a request or a record, in the portal's zone; None when it is not there or cannot be read.

    Args:
        value: ISO 8601 text. Without an offset it is taken for wall time of the portal.
        zone: The portal's zone.
    """
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
        return moment.replace(tzinfo=zone) if moment.tzinfo is None else moment.astimezone(zone)
    except (ValueError, OverflowError):
        return None


def clock(moment: datetime) -> str:
    """The time of day: `09:05`; with the offset, `02:30 (+01:00)`, in the hour that comes twice in autumn."""
    digits = moment.strftime("%H:%M:%S" if moment.second else "%H:%M")
    if moment.utcoffset() == moment.replace(fold=1 - moment.fold).utcoffset():
        return digits
    return f"{digits} ({moment.isoformat(timespec='seconds')[19:]})"


def day_in_words(day: date) -> str:
    """As in `Monday 8 March 2027`."""
    return f"{DAY_NAMES[day.weekday()]} {day.day} {MONTH_NAMES[day.month - 1]} {day.year}"


def short_day(day: date) -> str:
    """As in `Mon 8 March 2027`."""
    return f"{DAY_NAMES[day.weekday()][:3]} {day.day} {MONTH_NAMES[day.month - 1]} {day.year}"


def moment_in_words(moment: datetime, zone: ZoneInfo) -> str:
    """As in `Mon 8 March 2027, 14:30`."""
    local = moment.astimezone(zone)
    return f"{short_day(local.date())}, {clock(local)}"


def hours_in_words(starts_at: datetime, ends_at: datetime | None) -> str:
    """From when to when, and where it ends when that is not the same day.

    Args:
        starts_at: In the portal's zone.
        ends_at: In the portal's zone, if it is known.
    """
    if ends_at is None:
        return clock(starts_at)
    apart = ends_at.date() - starts_at.date()
    if not apart:
        return f"{clock(starts_at)}{_TO}{clock(ends_at)}"
    if apart == _DAY:
        return f"{clock(starts_at)}{_TO}{clock(ends_at)} (next day)"
    return f"{clock(starts_at)} {_TO} {short_day(ends_at.date())}, {clock(ends_at)}"


def span_of_time(seconds: float) -> str:
    """How long something took, as in `12 min 30 s`."""
    whole = max(1, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s" if whole % 60 else f"{whole // 60} min"
    minutes = round(seconds / 60)
    if minutes < 24 * 60:
        return f"{minutes // 60} h {minutes % 60} min" if minutes % 60 else f"{minutes // 60} h"
    hours = round(seconds / 3600)
    return f"{hours // 24} d {hours % 24} h" if hours % 24 else f"{hours // 24} d"


def change_of_clock(day: date, zone: ZoneInfo) -> str:
    """What happens to the clock on a day; empty on nearly all days."""
    begins = datetime(day.year, day.month, day.day, tzinfo=zone)
    ends = begins.replace(hour=23, minute=59)
    before, after = begins.utcoffset(), ends.utcoffset()
    if before is None or after is None or before == after:
        return ""
    return "clock goes forward" if after > before else "clock goes back"
