"""Between aware datetimes and the wall time, without an offset, that the portal reads.

Source: https://docs.developers.mijnklantportaal.nl/api-reference/appointments-api/schedule-appointment
"""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

DEFAULT_TIMEZONE = "Europe/Amsterdam"


def portal_zone(timezone: str | ZoneInfo) -> ZoneInfo:
    """The zone of a portal by its IANA name.

    Raises:
        ValueError: There is no zone of that name.
    """
    if isinstance(timezone, ZoneInfo):
        return timezone
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
    if moment.tzinfo is zone:
        local = moment
        if not _exists(local):
            raise ValueError(_missing_message(field, local, zone))
    else:
        if not _exists(moment):
            raise ValueError(_missing_message(field, moment, moment.tzinfo))
        try:
            local = moment.astimezone(zone)
        except OverflowError as error:
            raise ValueError(f"{field}={moment.isoformat()} lies outside the years a calendar can hold") from error
    if local.second or local.microsecond:
        raise ValueError(
            f"{field}={moment.isoformat()} is not on a whole minute in {zone.key}; the portal takes no seconds, "
            f"and none are cut off here: round it, for example with {field}.replace(second=0, microsecond=0)"
        )
    wall = local.replace(tzinfo=None, fold=0)
    if _is_ambiguous(wall, zone):
        raise ValueError(
            f"{field}={moment.isoformat()} is {wall:%Y-%m-%d %H:%M} in {zone.key}, a wall time that comes twice that "
            "night because the clock is set back; the portal takes no offset and could read it as an hour off. "
            "Choose a time outside that hour"
        )
    return wall.isoformat(" ", "minutes")


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
    if not _exists(aware):
        raise ValueError(_missing_message(field, aware, zone))
    if _is_ambiguous(wall, zone):
        first, second = aware, aware.replace(fold=1)
        raise ValueError(
            f"{field}: {wall:%Y-%m-%d %H:%M} comes twice in {zone.key} that night ({first.isoformat()} and "
            f"{second.isoformat()}) and the portal cannot tell them apart. Choose a time outside that hour"
        )
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


def is_after(later: datetime, earlier: datetime) -> bool:
    """Whether one moment follows another, as instants.

    Python compares two datetimes of the same zone by their digits, which is an hour off across a clock change.
    """
    return later.astimezone(UTC) > earlier.astimezone(UTC)


def is_same_instant(one: datetime, other: datetime) -> bool:
    """Whether two aware datetimes are the same moment."""
    return one.astimezone(UTC) == other.astimezone(UTC)


def _exists(aware: datetime) -> bool:
    """False for the digits that the clock skips in spring."""
    tzinfo = aware.tzinfo
    if not isinstance(tzinfo, ZoneInfo):
        return True
    # A skipped time has two readings whose offsets are the wrong way round: the later fold has the larger offset.
    first, second = aware.replace(fold=0).utcoffset(), aware.replace(fold=1).utcoffset()
    return first is None or second is None or second <= first


def _is_ambiguous(wall: datetime, zone: ZoneInfo) -> bool:
    first = wall.replace(tzinfo=zone, fold=0).utcoffset()
    second = wall.replace(tzinfo=zone, fold=1).utcoffset()
    return first is not None and second is not None and second < first


def _missing_message(field: str, moment: datetime, zone: object) -> str:
    wall = moment.replace(tzinfo=None)
    name = zone.key if isinstance(zone, ZoneInfo) else str(zone)
    offset = moment.utcoffset() or timedelta()
    return (
        f"{field}: {wall:%Y-%m-%d %H:%M} does not exist in {name} (read with offset {offset}): the clock is set "
        "forward that night and skips it. Choose a time that a clock shows"
    )
