"""Names of time zones as people and programs write them, and what each can mean."""

import re
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from mijnklantportaal_async.values.local_time import portal_zone

# Several meanings: the fixed offset that the letters stand for, and the place where people say them all year.
_ABBREVIATIONS = {
    "utc": "+00:00",
    "z": "+00:00",
    "zulu": "+00:00",
    "gmt": "+00:00 Europe/London",
    "bst": "+01:00 Europe/London",
    "wet": "+00:00 Europe/Lisbon",
    "west": "+01:00 Europe/Lisbon",
    "cet": "+01:00 Europe/Amsterdam",
    "cest": "+02:00 Europe/Amsterdam",
    "met": "+01:00 Europe/Amsterdam",
    "mez": "+01:00 Europe/Amsterdam",
    "mesz": "+02:00 Europe/Amsterdam",
    "eet": "+02:00 Europe/Athens",
    "eest": "+03:00 Europe/Athens",
    "est": "-05:00 America/New_York",
    "edt": "-04:00 America/New_York",
    "et": "America/New_York",
    "cst": "-06:00 America/Chicago Asia/Shanghai",
    "cdt": "-05:00 America/Chicago",
    "ct": "America/Chicago",
    "mst": "-07:00 America/Denver",
    "mdt": "-06:00 America/Denver",
    "pst": "-08:00 America/Los_Angeles",
    "pdt": "-07:00 America/Los_Angeles",
    "pt": "America/Los_Angeles",
    "ist": "Asia/Kolkata Europe/Dublin Asia/Jerusalem",
    "jst": "Asia/Tokyo",
}
_SPOKEN = {
    "central european time": "Europe/Amsterdam",
    "central european standard time": "Europe/Amsterdam",
    "central european summer time": "Europe/Amsterdam",
    "midden europese tijd": "Europe/Amsterdam",
    "middeneuropese tijd": "Europe/Amsterdam",
    "eastern european time": "Europe/Athens",
    "western european time": "Europe/Lisbon",
    "uk time": "Europe/London",
    "uk, ireland, lisbon time": "Europe/London",
    "british time": "Europe/London",
    "greenwich mean time": "Europe/London",
    "coordinated universal time": "UTC",
    "eastern time": "America/New_York",
    "eastern time - us & canada": "America/New_York",
    "central time": "America/Chicago",
    "central time - us & canada": "America/Chicago",
    "mountain time": "America/Denver",
    "mountain time - us & canada": "America/Denver",
    "pacific time": "America/Los_Angeles",
    "eastern": "America/New_York",
    "eastern time (us & canada)": "America/New_York",
    "central time (us & canada)": "America/Chicago",
    "mountain time (us & canada)": "America/Denver",
    "pacific time (us & canada)": "America/Los_Angeles",
    "pacific time - us & canada": "America/Los_Angeles",
}
_PLACES = {
    "londen": "Europe/London",
    "engeland": "Europe/London",
    "uk": "Europe/London",
    "parijs": "Europe/Paris",
    "berlijn": "Europe/Berlin",
    "brussel": "Europe/Brussels",
    "wenen": "Europe/Vienna",
    "lissabon": "Europe/Lisbon",
    "athene": "Europe/Athens",
}
_HERE = frozenset(
    {"local", "local time", "lokaal", "lokale tijd", "plaatselijke tijd", "nederland", "nl", "nederlandse tijd", "here"}
)
_OFFSET = re.compile(
    r"(?:UTC|GMT)?\s*(?P<sign>[+\u2212-])\s*(?P<hours>\d{1,2})(?:[:.]?(?P<minutes>\d{2}))?", re.IGNORECASE
)
_DISPLAYED = re.compile(r"\((?:UTC|GMT)(?P<offset>[+-]\d{2}[:.]\d{2})?\)\s*(?P<cities>\D.*)", re.IGNORECASE)
_SHORTEST_BEGINNING = 7
_COPY = re.compile(r"\s+\d{1,2}$")


class ZoneError(ValueError):
    """A name that means no time zone, or several."""


@lru_cache(maxsize=512)
def meanings(name: str) -> tuple[tzinfo | None, ...]:
    """What the name of a zone can mean; None among them is the portal's own zone. Nothing when nobody knows it."""
    words = " ".join(name.strip().strip("/").split())
    low = words.casefold()
    if low in _HERE:
        return (None,)
    if low in _ABBREVIATIONS:
        return tuple(_zone(one) for one in _ABBREVIATIONS[low].split())
    if low in _SPOKEN:
        return (_zone(_SPOKEN[low]),)
    if (offset := _offset(words)) is not None:
        return (offset,)
    for one in (words, _COPY.sub("", words)):
        if (zone := named_zone(one)) is not None:
            return (zone,)
    return _of_cities(words) or _truncated(words)


def of_place(name: str) -> tuple[tzinfo | None, ...]:
    """As `meanings`, of a city too, where it is certain that a zone is meant: London, Londen."""
    if found := meanings(name):
        return found
    low = " ".join(name.split()).casefold()
    key = _PLACES.get(low) or _by_city().get(low.replace(" ", "_"))
    return () if key is None else (ZoneInfo(key),)


def is_zone(name: str) -> bool:
    """Whether a word can be the name of a time zone."""
    return bool(meanings(name))


def moment_in(day: date, at: time, name: str, here: ZoneInfo) -> datetime:
    """What a clock shows in a zone, as a moment.

    Args:
        day: The day that the clock shows.
        at: The time, without an offset.
        name: The zone, as somebody wrote it.
        here: The portal's zone.

    Raises:
        ZoneError: Nobody knows the zone, its meanings differ for that moment, or its clock skips the time.
    """
    wall = datetime.combine(day, at)
    moments = [instant_of(wall, zone or here, name) for zone in of_place(name)]
    if not moments:
        raise ZoneError(f"the time zone {name!r} is not known; write one such as Europe/Amsterdam, UTC or +01:00")
    if len(set(moments)) > 1:
        raise ZoneError(
            f"the time zone {name!r} could mean several that differ on that day; write one such as Europe/Amsterdam, "
            "UTC or +01:00"
        )
    return moments[0]


def instant_of(wall: datetime, zone: tzinfo, name: str) -> datetime:
    """The moment, in UTC, at which a clock in a zone shows these digits; the first one of two.

    Raises:
        ZoneError: The clock skips them.
    """
    try:
        moment = wall.replace(tzinfo=zone).astimezone(UTC)
        there = moment.astimezone(zone).replace(tzinfo=None)
    except (ValueError, TypeError, AttributeError, OverflowError) as error:
        raise ZoneError(f"cannot be understood in the time zone {name!r}") from error
    if there != wall:
        raise ZoneError(
            f"{wall:%Y-%m-%d %H:%M} does not exist in {name}: the clock is set forward that night and skips it. Choose "
            "a time that a clock shows"
        )
    return moment


@lru_cache(maxsize=512)
def named_zone(name: str) -> ZoneInfo | None:
    """The zone of a name of IANA, however its letters are written, or of Windows."""
    try:
        return portal_zone(_windows_names().get(name, name))
    except ValueError:
        pass
    key = name.replace(" ", "_").casefold()
    spelled = _by_spelling().get(key) if "/" in key else None
    return None if spelled is None else ZoneInfo(spelled)


def has_seasons(zone: tzinfo) -> bool:
    """Whether the clock of a zone is set twice a year, nowadays."""
    return len({datetime(2027, month, 15, tzinfo=zone).utcoffset() for month in (1, 4, 7, 10)}) > 1


# --- inside ----------------------------------------------------------------------------------------------------


def _zone(text: str) -> tzinfo:
    return _offset(text) or ZoneInfo(text)


def _offset(text: str) -> timezone | None:
    found = _OFFSET.fullmatch(text)
    if found is None:
        return None
    minutes = int(found["hours"]) * 60 + int(found["minutes"] or 0)
    if minutes > 14 * 60 or int(found["minutes"] or 0) > 59:
        return None
    return timezone(timedelta(minutes=minutes if found["sign"] == "+" else -minutes))


def _of_cities(name: str) -> tuple[tzinfo, ...]:
    """Windows shows `(UTC+01:00) Amsterdam, Berlin, ...`: the zone of the first city that IANA knows too."""
    found = _DISPLAYED.fullmatch(name)
    if found is None:
        return ()
    offset = _offset((found["offset"] or "+00:00").replace(".", ":"))
    for city in re.split(r"[,/;]", found["cities"]):
        key = _by_city().get(city.strip().replace(" ", "_").casefold())
        if key is not None and offset is not None:
            zone = ZoneInfo(key)
            if datetime(2027, 1, 15, tzinfo=zone).utcoffset() == offset.utcoffset(None):
                return (zone,)
    return ()


def _truncated(name: str) -> tuple[tzinfo, ...]:
    """The zones of Windows whose names begin like this: some programs cut them off, or leave out `Standard Time`."""
    if len(name) < _SHORTEST_BEGINNING:
        return ()
    found = {iana for windows, iana in _windows_names().items() if windows.startswith(name)}
    return tuple(ZoneInfo(iana) for iana in sorted(found))


@lru_cache(maxsize=1)
def _by_spelling() -> dict[str, str]:
    return {key.casefold(): key for key in available_timezones()}


@lru_cache(maxsize=1)
def _by_city() -> dict[str, str]:
    return {key.rpartition("/")[2].casefold(): key for key in sorted(available_timezones()) if "/" in key}


@lru_cache(maxsize=1)
def _windows_names() -> dict[str, str]:
    try:
        from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON
    except ImportError:
        return {}
    return dict(WINDOWS_TO_OLSON)
