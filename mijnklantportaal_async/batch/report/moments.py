"""Moments as a person reads them, in the portal's zone."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from mijnklantportaal_async.texts.words import words

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
    return words("{day:%A} {number} {day:%B} {year}", day=day, number=day.day, year=day.year)


def short_day(day: date) -> str:
    """As in `Mon 8 March 2027`."""
    return words("{day:%a} {number} {day:%B} {year}", day=day, number=day.day, year=day.year)


def moment_in_words(moment: datetime, zone: ZoneInfo) -> str:
    """As in `Mon 8 March 2027, 14:30`."""
    local = moment.astimezone(zone)
    return words("{day}, {clock}", day=short_day(local.date()), clock=clock(local))


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
        return words("{begin}\N{EN DASH}{end} (next day)", begin=clock(starts_at), end=clock(ends_at))
    day = short_day(ends_at.date())
    return words("{begin} \N{EN DASH} {day}, {end}", begin=clock(starts_at), day=day, end=clock(ends_at))


def span_of_time(seconds: float) -> str:
    """How long something took, as in `12 min 30 s`."""
    whole = max(1, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s" if whole % 60 else f"{whole // 60} min"
    minutes = round(seconds / 60)
    if minutes < 24 * 60:
        if not minutes % 60:
            return words("{hours} h", hours=minutes // 60)
        return words("{hours} h {minutes} min", hours=minutes // 60, minutes=minutes % 60)
    hours = round(seconds / 3600)
    if not hours % 24:
        return words("{days} d", days=hours // 24)
    return words("{days} d {hours} h", days=hours // 24, hours=hours % 24)


def change_of_clock(day: date, zone: ZoneInfo) -> str:
    """What happens to the clock on a day; empty on nearly all days."""
    begins = datetime(day.year, day.month, day.day, tzinfo=zone)
    ends = begins.replace(hour=23, minute=59)
    before, after = begins.utcoffset(), ends.utcoffset()
    if before is None or after is None or before == after:
        return ""
    return words("clock goes forward") if after > before else words("clock goes back")
