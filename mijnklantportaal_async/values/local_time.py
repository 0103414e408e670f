"""Between aware datetimes and the wall time, without an offset, that the portal reads.

Source: https://docs.developers.mijnklantportaal.nl/api-reference/appointments-api/schedule-appointment
"""

from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from mijnklantportaal_async.texts.words import words

DEFAULT_TIMEZONE = "Europe/Amsterdam"

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TWO_DIGITS = tuple(f"{number:02}" for number in range(60))


def portal_zone(timezone: str | ZoneInfo) -> ZoneInfo:
    """The zone of a portal by its IANA name.

    Raises:
        TypeError: It is neither a name nor a `ZoneInfo`, such as a zone of another library.
        ValueError: There is no zone of that name, or the zone has none.
    """
    if isinstance(timezone, ZoneInfo):
        # Of `ZoneInfo.from_file` without a name, whatever its type says.
        if not timezone.key:
            raise ValueError(f"timezone has no name; give an IANA name such as {DEFAULT_TIMEZONE!r}")
        return timezone
    if not isinstance(timezone, str):
        raise TypeError(
            f"timezone must be an IANA name such as {DEFAULT_TIMEZONE!r}, or a ZoneInfo, not "
            f"{type(timezone).__name__}: {timezone!r}"
        )
    try:
        return ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(
            words(
                "timezone={timezone} is not a time zone; give an IANA name such as {default_timezone}",
                timezone=repr(timezone),
                default_timezone=repr(DEFAULT_TIMEZONE),
            )
        ) from error


def to_wall_time(moment: datetime, zone: ZoneInfo, field: str) -> str:
    """`moment` as the portal reads it, `Y-m-d H:i` in its own zone.

    Args:
        moment: An aware datetime in any zone, on a whole minute.
        zone: The portal's zone.
        field: What the moment is called in error messages.

    Raises:
        TypeError: `moment` is not a datetime.
        ValueError: `moment` is naive, not on a whole minute, does not exist, or its wall time exists twice; or its
            zone is one of pytz that was not localized.
    """
    check_moment(moment, field)
    return wall_time(moment, zone, field)


def wall_time(moment: datetime, zone: ZoneInfo, field: str) -> str:
    """As `to_wall_time`, for a moment that has passed `check_moment`."""
    check_exists(moment, field)
    local = _in_zone(moment, zone, field)
    day = _plain_day(local.toordinal(), zone)
    # An offset that depends on the fold is the mark of digits that are skipped or come twice.
    if day is None and local.utcoffset() != local.replace(fold=1 - local.fold).utcoffset():
        raise _unclear(local, zone, field)
    # Moments of pandas are finer than Python's.
    if local.second or local.microsecond or (type(moment) is not datetime and getattr(moment, "nanosecond", 0)):
        raise ValueError(
            words(
                "{field}={isoformat} is not on a whole minute in {zone_key}; the portal takes no seconds, and "
                "none are cut off here: round it, for example with {field}.replace(second=0, microsecond=0)",
                field=field,
                isoformat=moment.isoformat(),
                zone_key=zone.key,
            )
        )
    return f"{day or local.date()} {_TWO_DIGITS[local.hour]}:{_TWO_DIGITS[local.minute]}"


@lru_cache(maxsize=1024)
def _plain_day(ordinal: int, zone: ZoneInfo) -> str | None:
    """A day on which every time is shown once, as text; None near a change of the clock, where only looking tells."""
    try:
        midnight = datetime.fromordinal(ordinal).replace(tzinfo=zone)
        offsets = {(midnight + timedelta(days=days)).utcoffset() for days in (-1, 0, 1, 2)}
    except OverflowError:
        return None
    return None if len(offsets) > 1 else midnight.date().isoformat()


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
    check_exists(moment, field)
    return _in_zone(moment, zone, field).isoformat(" ", "seconds")[:19]


def check_moment(moment: object, field: str) -> None:
    """Refuses what is not an aware datetime, and shows the fix.

    Raises:
        TypeError: `moment` is not a datetime.
        ValueError: `moment` has no time zone.
    """
    # "Not a time" of pandas calls itself a datetime, and is not even equal to itself.
    if not isinstance(moment, datetime) or moment != moment:
        hint = "; give its .datetime" if isinstance(getattr(moment, "datetime", None), datetime) else ""
        raise TypeError(f"{field} must be an aware datetime, not {type(moment).__name__}: {moment!r}{hint}")
    if moment.tzinfo is None or moment.utcoffset() is None:
        parts = f"{moment.year}, {moment.month}, {moment.day}, {moment.hour}, {moment.minute}"
        raise ValueError(
            f"{field}={moment.isoformat(' ')} has no time zone, so it names no moment. "
            f'Write datetime({parts}, tzinfo=ZoneInfo("{DEFAULT_TIMEZONE}")), with the zone that you mean'
        )


def check_exists(moment: datetime, field: str) -> None:
    """Refuses digits that name no moment in their own zone. Digits that come twice do, by their fold.

    Raises:
        ValueError: The clock of the zone skips `moment`; or the zone is one of pytz that was not localized.
    """
    given = moment.tzinfo
    if isinstance(given, ZoneInfo):
        if not _plain_day(moment.toordinal(), given) and _is_skipped(_plain(moment)):
            raise _unclear(_plain(moment), given, field)
    elif given is not None and type(given) is not timezone:
        _check_other_zone(_plain(moment), given, field)


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
        raise ValueError(words("{text} has no offset", text=repr(text)))
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
    return later - _EPOCH > earlier - _EPOCH


def is_same_instant(one: datetime, other: datetime) -> bool:
    """Whether two aware datetimes are the same moment."""
    # Moments of different zones are subtracted as instants; those of the same zone, again, by their digits.
    if one.tzinfo is not other.tzinfo:
        return not one - other
    return one - _EPOCH == other - _EPOCH


def _in_zone(moment: datetime, zone: ZoneInfo, field: str) -> datetime:
    plain = _plain(moment)
    if plain.tzinfo is zone:
        return plain
    try:
        return plain.astimezone(zone)
    except OverflowError as error:
        raise ValueError(
            words(
                "{field}={isoformat} lies outside the years a calendar can hold",
                field=field,
                isoformat=moment.isoformat(),
            )
        ) from error


def _plain(moment: datetime) -> datetime:
    """A datetime of another library as Python's own, which does what its documentation says."""
    if type(moment) is datetime:
        return moment
    clock = (moment.hour, moment.minute, moment.second, moment.microsecond)
    return datetime(moment.year, moment.month, moment.day, *clock, tzinfo=moment.tzinfo, fold=moment.fold)


def _check_other_zone(moment: datetime, given: tzinfo, field: str) -> None:
    """Zones of other libraries know of no fold, or not in our way: digits that come back as others name no moment."""
    try:
        again = moment.astimezone(UTC).astimezone(given)
    except (OverflowError, ValueError, NotImplementedError):
        # The end of the calendar, which is judged later; or a zone that cannot be asked.
        return
    if again.replace(tzinfo=None) == moment.replace(tzinfo=None):
        return
    if hasattr(given, "localize"):
        parts = f"{moment.year}, {moment.month}, {moment.day}, {moment.hour}, {moment.minute}"
        raise ValueError(
            f"{field}={moment.isoformat()}: its pytz zone has the offset of another time, because it was "
            f"given as tzinfo=, or the clock changed between. Write datetime({parts}, "
            f"tzinfo=ZoneInfo({_name_of(given)!r})), or pytz's own localize() and normalize()"
        )
    raise ValueError(
        words(
            "{field}: {moment:%Y-%m-%d %H:%M} does not exist in {given}: the clock is set forward that night "
            "and skips it. Choose a time that a clock shows",
            field=field,
            moment=moment,
            given=_name_of(given),
        )
    )


def _name_of(zone: tzinfo) -> str:
    return str(getattr(zone, "key", None) or getattr(zone, "zone", None) or zone)


def _is_skipped(moment: datetime) -> bool:
    """True for the digits that the clock skips in spring: there the earlier reading has the smaller offset."""
    first, second = moment.replace(fold=0).utcoffset(), moment.replace(fold=1).utcoffset()
    return first is not None and second is not None and first < second


def _unclear(moment: datetime, zone: ZoneInfo, field: str) -> ValueError:
    """Why digits do not say a moment that the portal could understand."""
    wall = f"{moment:%Y-%m-%d %H:%M}"
    if _is_skipped(moment):
        return ValueError(
            words(
                "{field}: {wall} does not exist in {zone_key}: the clock is set forward that night and skips "
                "it. Choose a time that a clock shows",
                field=field,
                wall=wall,
                zone_key=zone.key,
            )
        )
    first, second = moment.replace(fold=0), moment.replace(fold=1)
    return ValueError(
        words(
            "{field}: {wall} comes twice in {zone_key} that night, because the clock is set back ({first} "
            "and {second}); the portal takes no offset and could read it as an hour off. Choose a time "
            "outside that hour",
            field=field,
            wall=wall,
            zone_key=zone.key,
            first=first.isoformat(),
            second=second.isoformat(),
        )
    )
