"""The values of an iCalendar file: properties, time zones, moments, durations. What they are, icalendar knows."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

import attrs
import icalendar
from icalendar.parser import Contentline
from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

from mijnklantportaal_async.appointment_files.calendar_lines import Component, Line
from mijnklantportaal_async.appointment_files.moments import FIRST_YEAR, LAST_YEAR
from mijnklantportaal_async.tables.printable import shown_value
from mijnklantportaal_async.values.local_time import from_wall_time, portal_zone, to_wall_time

# Its functions have annotations in part; what they give is annotated where it is taken.
_ICALENDAR: Any = icalendar
_CONTENT_LINE: Any = Contentline

_DAY = re.compile(r"\d{8}", re.ASCII)
_MOMENT = re.compile(r"\d{8}T\d{6}(?P<utc>Z)?", re.ASCII)
# Others are legal and nobody writes them; the library would step through all the seconds since 1601.
_ENDLESS_RULE = re.compile(
    r"^RRULE\b(?!.*FREQ=YEARLY)|^RRULE\b.*BY(?:HOUR|MINUTE|SECOND)", re.MULTILINE | re.IGNORECASE
)


@attrs.frozen(kw_only=True)
class Property:
    """A line of a component, taken apart."""

    name: str
    parameters: Mapping[str, str]
    value: str
    """Without its backslashes."""


def property_of(line: Line) -> Property:
    """Takes a line apart.

    Raises:
        ValueError: It is no property.
    """
    name: str
    parameters: Mapping[str, str | list[str]]
    value: str
    try:
        name, parameters, value = _CONTENT_LINE(line.text).parts()
    except ValueError as error:
        raise ValueError(f"line {line.number}, {shown_value(line.text)!r}, is no iCalendar") from error
    # A parameter with a comma that should stand in quotation marks comes as a list.
    texts = {key: text if isinstance(text, str) else ",".join(text) for key, text in parameters.items()}
    return Property(name=name.upper(), parameters=texts, value=value)


class Zones:
    """The time zones that a calendar names.

    Args:
        described: Its own VTIMEZONEs. A name of IANA or of Windows goes before them: it says more than they do.
    """

    def __init__(self, described: Sequence[Component]) -> None:
        self._described: dict[str, Component] = {}
        self._made: dict[str, tzinfo] = {}
        for component in described:
            for line in component.lines:
                if line.name == "TZID":
                    self._described.setdefault(property_of(line).value, component)

    def find(self, name: str) -> tzinfo:
        """The zone of a name.

        Raises:
            ValueError: Nobody knows it.
        """
        if name not in self._made:
            self._made[name] = self._found(name)
        return self._made[name]

    def _found(self, name: str) -> tzinfo:
        plain_name = name.strip("/")
        try:
            return portal_zone(WINDOWS_TO_OLSON.get(plain_name, plain_name))
        except ValueError:
            if (component := self._described.get(name)) is None:
                raise ValueError(
                    f"has the time zone {shown_value(name)!r}, which is no IANA name and is not described in the "
                    "file either; choose one such as Europe/Amsterdam in the calendar program"
                ) from None
        text = str(component)
        try:
            if _ENDLESS_RULE.search(text):
                raise ValueError("a rule that is not yearly")
            # A zone of its own for each file: two files may mean different zones by one name.
            zone: tzinfo = _ICALENDAR.Timezone.from_ical(f"{text}\r\n").to_tz(lookup_tzid=False)
        except (ValueError, TypeError, KeyError, AttributeError, IndexError, OverflowError) as error:
            raise ValueError(
                f"has the time zone {shown_value(name)!r}, and its description on line {component.line} cannot be "
                "understood; choose a zone such as Europe/Amsterdam in the calendar program"
            ) from error
        return zone


def moment_of(found: Property, zones: Zones, zone: ZoneInfo) -> datetime:
    """The moment of a DTSTART or DTEND, in the portal's zone.

    Args:
        found: The property.
        zones: Those of the file.
        zone: The portal's zone, meant when the property names none.

    Raises:
        ValueError: It is none that the portal can be told.
    """
    if _DAY.fullmatch(found.value):
        raise ValueError(
            "has no time of day (an all-day event), and the portal's appointments need one; give the event a start "
            "and an end in the calendar program, or leave it out"
        )
    form = _MOMENT.fullmatch(found.value)
    if form is None:
        raise ValueError("is no date and time; it is written as in 20270325T143000")
    wall = _digits(found.value)
    name = found.parameters.get("TZID")
    if form["utc"]:
        if name is not None:
            raise ValueError("ends with Z (UTC) and names a time zone too; it cannot mean both: leave one of them out")
        moment = wall.replace(tzinfo=UTC)
    elif name is None:
        return _of_the_portal(wall, zone, found.name)
    else:
        moment = _in_zone(wall, zones.find(name), name)
    try:
        to_wall_time(moment, zone, found.name)
    except ValueError as error:
        raise ValueError(str(error).removeprefix(f"{found.name}: ")) from error
    return moment.astimezone(zone)


def minutes_of(found: Property) -> int:
    """The minutes of a DURATION.

    Raises:
        ValueError: It is none, has seconds, or is not positive.
    """
    try:
        lasting: timedelta = _ICALENDAR.vDuration.from_ical(found.value)
    except (ValueError, OverflowError) as error:
        raise ValueError("is no duration; it is written as in PT45M") from error
    minutes, rest = divmod(lasting.total_seconds(), 60)
    if rest:
        raise ValueError("has seconds; the portal takes whole minutes")
    return int(minutes)


# --- inside ----------------------------------------------------------------------------------------------------


def _digits(text: str) -> datetime:
    try:
        wall: datetime = _ICALENDAR.vDatetime.from_ical(text.removesuffix("Z"))
    except ValueError as error:
        raise ValueError("is no day of the calendar, or no time of the day") from error
    if not FIRST_YEAR <= wall.year <= LAST_YEAR:
        raise ValueError(f"has the year {wall.year:04}, which cannot be right")
    if wall.second:
        raise ValueError("has seconds; the portal takes whole minutes")
    return wall


def _of_the_portal(wall: datetime, zone: ZoneInfo, name: str) -> datetime:
    try:
        return from_wall_time(wall, zone, name)
    except ValueError as error:
        raise ValueError(str(error).removeprefix(f"{name}: ")) from error


def _in_zone(wall: datetime, own: tzinfo, name: str) -> datetime:
    """Digits that come twice are meant the first time, by RFC 5545; those that the clock skips name no moment."""
    try:
        moment = wall.replace(tzinfo=own)
        there = moment.astimezone(UTC).astimezone(own).replace(tzinfo=None)
    except (ValueError, TypeError, AttributeError, OverflowError) as error:
        raise ValueError(f"cannot be understood in the time zone {shown_value(name)!r}") from error
    if there != wall:
        raise ValueError(
            f"{wall:%Y-%m-%d %H:%M} does not exist in {shown_value(name)}: the clock is set forward that night and "
            "skips it. Choose a time that a clock shows"
        )
    return moment.astimezone(UTC)
