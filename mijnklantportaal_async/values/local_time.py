"""Between aware datetimes and the wall time, without an offset, that the portal reads.

Source: https://docs.developers.mijnklantportaal.nl/api-reference/appointments-api/schedule-appointment
"""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

DEFAULT_TIMEZONE = "Europe/Amsterdam"


def portal_zone(timezone: str | ZoneInfo) -> ZoneInfo:
    """The zone of a portal by its IANA name.

    Raises:
        TypeError: It is neither a name nor a `ZoneInfo`, such as a zone of another library.
        ValueError: There is no zone of that name, or the zone has none.
    """
    if isinstance(timezone, ZoneInfo):
        if timezone.key is None:
            raise ValueError(f"timezone has no name; give an IANA name such as {DEFAULT_TIMEZONE!r}")
        return timezone
    if not isinstance(timezone, str):
        raise TypeError(
            f"timezone must be an IANA name such as {DEFAULT_TIMEZONE!r}, or a ZoneInfo, "
            f"not {type(timezone).__name__}: {timezone!r}"
        )
    try:
        return ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(
            f"timezone={timezone!r} is not a time zone; give an IANA name such as {DEFAULT_TIMEZONE!r}"
        ) from error


def to_wall_time(moment: datetime, zone: ZoneInfo, field: str) -> str:
    """`moment` as the portal reads it, `Y-m-d H:i` in its own zone.

    Args:
        moment: An aware datetime in any zone, on a whole minute.
        zone: The portal's zone.
        field: What the moment is called in error messages.

    Raises:
        TypeError: `moment` is not a datetime.
        ValueError: `moment` is naive, not on a whole minute, does not exist, or its wall time exists twice.
    """
    check_moment(moment, field)
    local = moment if moment.tzinfo is zone else _in_zone(moment, zone, field)
    # An offset that depends on the fold is the mark of digits that are skipped or come twice.
    if local.utcoffset() != local.replace(fold=1 - local.fold).utcoffset():
        raise _unclear(local, zone, field)
    if local.second or local.microsecond:
        raise ValueError(
            f"{field}={moment.isoformat()} is not on a whole minute in {zone.key}; the portal takes no seconds, "
            f"and none are cut off here: round it, for example with {field}.replace(second=0, microsecond=0)"
        )
    # Without the offset at its end.
    return local.isoformat(" ", "minutes")[:16]


def to_wall_seconds(moment: datetime, zone: ZoneInfo, field: str) -> str:
    """`moment` as the portal reads what has happened, `Y-m-d H:i:s` in its own zone: finer than that it keeps nothing.

    In the hour that comes twice in autumn the same digits stand for both.

    Args:
        moment: An aware datetime in any zone.
        zone: The portal's zone.
        field: What the moment is called in error messages.

    Raises:
        TypeError: `moment` is not a datetime.
        ValueError: `moment` is naive, or does not exist.
    """
    check_moment(moment, field)
    return _in_zone(moment, zone, field).isoformat(" ", "seconds")[:19]


def check_moment(moment: object, field: str) -> None:
    """Refuses what is not an aware datetime, and shows the fix.

    Raises:
        TypeError: `moment` is not a datetime.
        ValueError: `moment` has no time zone.
    """
    if not isinstance(moment, datetime):
        raise TypeError(f"{field} must be an aware datetime, not {type(moment).__name__}: {moment!r}")
    if moment.tzinfo is None or moment.utcoffset() is None:
        parts = f"{moment.year}, {moment.month}, {moment.day}, {moment.hour}, {moment.minute}"
        raise ValueError(
            f"{field}={moment.isoformat(' ')} has no time zone, so it names no moment. "
            f'Write datetime({parts}, tzinfo=ZoneInfo("{DEFAULT_TIMEZONE}")), with the zone that you mean'
        )


def from_wall_time(wall: datetime, zone: ZoneInfo, field: str) -> datetime:
    """What a person wrote without an offset, understood as the portal's local time.

    Args:
        wall: A naive datetime: the digits on the clock.
        zone: The portal's zone.
        field: What the moment is called in error messages.

    Raises:
        ValueError: No clock shows that time that day, or it shows it twice.
    """
    aware = wall.replace(tzinfo=zone, fold=0)
    if aware.utcoffset() != aware.replace(fold=1).utcoffset():
        raise _unclear(aware, zone, field)
    return aware


def read_moment(text: str) -> datetime:
    """A moment from an answer: ATOM (`2025-03-05T16:00:00+02:00`), with `Z` or milliseconds too.

    Raises:
        ValueError: The text is no date and time, or has no offset.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} has no offset")
    return moment


def read_day(text: str) -> date:
    """A day from an answer: `2025-03-05`, or the moment at which it begins (`2025-03-05T00:00:00.000Z`).

    Raises:
        ValueError: The text is neither.
    """
    if len(text) <= 10:
        return date.fromisoformat(text)
    moment = read_moment(text)
    # A day that was turned into UTC begins the evening before.
    return (moment if moment.time() == time() else moment.astimezone(ZoneInfo(DEFAULT_TIMEZONE))).date()


def is_after(later: datetime, earlier: datetime) -> bool:
    """Whether one moment follows another, as instants.

    Python compares two datetimes of the same zone by their digits, which is an hour off across a clock change.
    """
    if later.tzinfo is not earlier.tzinfo or later.utcoffset() == earlier.utcoffset():
        return later > earlier
    return later.astimezone(UTC) > earlier.astimezone(UTC)


def is_same_instant(one: datetime, other: datetime) -> bool:
    """Whether two aware datetimes are the same moment."""
    # Moments of different zones are subtracted as instants; those of the same zone, again, by their digits.
    if one.tzinfo is not other.tzinfo:
        return not one - other
    return one.astimezone(UTC) == other.astimezone(UTC)


def _in_zone(moment: datetime, zone: ZoneInfo, field: str) -> datetime:
    tzinfo = moment.tzinfo
    # Digits that the clock of the given zone skips name no moment; digits that come twice do, by their fold.
    if isinstance(tzinfo, ZoneInfo) and _is_skipped(moment):
        raise _unclear(moment, tzinfo, field)
    try:
        return moment.astimezone(zone)
    except OverflowError as error:
        raise ValueError(f"{field}={moment.isoformat()} lies outside the years a calendar can hold") from error


def _is_skipped(moment: datetime) -> bool:
    """True for the digits that the clock skips in spring: there the earlier reading has the smaller offset."""
    first, second = moment.replace(fold=0).utcoffset(), moment.replace(fold=1).utcoffset()
    return first is not None and second is not None and first < second


def _unclear(moment: datetime, zone: ZoneInfo, field: str) -> ValueError:
    """Why digits do not say a moment that the portal could understand."""
    wall = f"{moment:%Y-%m-%d %H:%M}"
    if _is_skipped(moment):
        return ValueError(
            f"{field}: {wall} does not exist in {zone.key}: the clock is set forward that night and skips it. "
            "Choose a time that a clock shows"
        )
    first, second = moment.replace(fold=0), moment.replace(fold=1)
    return ValueError(
        f"{field}: {wall} comes twice in {zone.key} that night, because the clock is set back ({first.isoformat()} and "
        f"{second.isoformat()}); the portal takes no offset and could read it as an hour off. "
        "Choose a time outside that hour"
    )
