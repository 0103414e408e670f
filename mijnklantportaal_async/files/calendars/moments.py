"""Times of iCalendar: which moment a DTSTART or DTEND is, and how long a DURATION."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

import icalendar

from mijnklantportaal_async.files.calendars.described_zone import DescribedZone, DescriptionError
from mijnklantportaal_async.files.calendars.lines import Component
from mijnklantportaal_async.files.calendars.properties import Property, property_of
from mijnklantportaal_async.files.dates import FIRST_YEAR, LAST_YEAR
from mijnklantportaal_async.files.printable import shown_value
from mijnklantportaal_async.files.zones import (
    ZoneError,
    has_seasons,
    instant_of,
    meanings,
    moment_in,
    named_zone,
    of_place,
)
from mijnklantportaal_async.values.local_time import from_wall_time, to_wall_time

# Its functions have annotations in part; what they give is annotated where it is taken.
_ICALENDAR: Any = icalendar

_DAY = re.compile(r"\d{8}", re.ASCII)
_MOMENT = re.compile(r"\d{8}T\d{6}(?P<utc>Z)?", re.ASCII)
_MICROSOFT = "tzone://Microsoft/"


class Zones:
    """The time zones that a calendar names.

    A name of IANA or of Windows says more than most descriptions. That of a zone whose clock is never set (GMT, EST) is
    what some programs call a zone that they describe with summer time: there the description counts.

    Args:
        described: The VTIMEZONEs of the file.
        here: The portal's zone.
    """

    def __init__(self, described: Sequence[Component], here: ZoneInfo) -> None:
        self.here = here
        self._described: dict[str, Component] = {}
        self._made: dict[str, tzinfo | DescribedZone] = {}
        for component in described:
            for line in component.lines:
                if line.name == "TZID":
                    self._described.setdefault(property_of(line).text.strip(), component)

    def instant(self, wall: datetime, name: str) -> datetime:
        """The moment, in UTC, at which a clock in a zone shows these digits; the first one of two.

        Raises:
            ZoneError: Nobody knows the zone, or its clock skips them.
        """
        zone = self._zone(name)
        if isinstance(zone, DescribedZone):
            return zone.instant(wall, name)
        if name.strip() not in self._described and named_zone(name) is None and len(meanings(name)) > 1:
            # Pacific, PST: where its meanings agree that day it does not matter which is meant.
            return moment_in(wall.date(), wall.time(), name, self.here)
        return instant_of(wall, zone, name)

    def wall(self, moment: datetime, name: str) -> datetime:
        """What a clock in a zone shows at a moment; without a name in the portal's.

        Raises:
            ZoneError: Nobody knows the zone.
        """
        zone = self._zone(name) if name else self.here
        return zone.wall(moment) if isinstance(zone, DescribedZone) else moment.astimezone(zone).replace(tzinfo=None)

    # --- inside ------------------------------------------------------------------------------------------------

    def _zone(self, name: str) -> tzinfo | DescribedZone:
        if name not in self._made:
            self._made[name] = self._found(name)
        return self._made[name]

    def _found(self, name: str) -> tzinfo | DescribedZone:
        component = self._described.get(name.strip())
        zone = _known(name)
        if component is not None and (zone is None or not has_seasons(zone)):
            try:
                return DescribedZone(component, self.here)
            except ValueError as error:
                if zone is None:
                    why = str(error) if isinstance(error, DescriptionError) else "it is broken"
                    raise ZoneError(
                        f"has the time zone {shown_value(name)!r}, and its description on line {component.line} cannot "
                        f"be understood: {why}; choose a zone such as Europe/Amsterdam in the calendar program"
                    ) from error
        if zone is None:
            raise ZoneError(
                f"has the time zone {shown_value(name)!r}, which is no IANA name and is not described in the file "
                "either; choose one such as Europe/Amsterdam in the calendar program"
            )
        return zone


def _known(name: str) -> tzinfo | None:
    """The zone of a name: of IANA, of Windows, with a copy's number, or the path of a program before it."""
    plain_name = name.strip().removeprefix(_MICROSOFT).strip("/")
    if (zone := named_zone(plain_name)) is not None:
        return zone
    parts = plain_name.split("/")
    for count in (3, 2):
        if len(parts) > count and (zone := named_zone("/".join(parts[-count:]))) is not None:
            return zone
    found = of_place(plain_name)
    return found[0] if found else None


def is_day_alone(found: Property | None) -> bool:
    """Whether a DTSTART has no time of the day."""
    return found is not None and _DAY.fullmatch(found.value.strip()) is not None


def moment_of(found: Property, zones: Zones) -> datetime:
    """The moment of a DTSTART or DTEND, in the portal's zone.

    Args:
        found: The property.
        zones: Those of the file, and the portal's, meant when the property names none.

    Raises:
        ValueError: It is none that the portal can be told.
    """
    zone = zones.here
    if is_day_alone(found):
        raise ValueError(
            "has no time of day (an all-day event), and the portal's appointments need one; give the event a start "
            "and an end in the calendar program, or leave it out"
        )
    form = _MOMENT.fullmatch(found.value)
    if form is None:
        raise ValueError("is no date and time; it is written as in 20270325T143000")
    wall = wall_digits(found.value)
    name = found.parameters.get("TZID")
    if form["utc"]:
        if name is not None:
            raise ValueError("ends with Z (UTC) and names a time zone too; it cannot mean both: leave one of them out")
        moment = wall.replace(tzinfo=UTC)
    elif not name:
        return _of_the_portal(wall, zone, found.name)
    else:
        moment = zones.instant(wall, name)
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


def wall_digits(text: str) -> datetime:
    """The digits of a moment, without its zone.

    Raises:
        ValueError: They are none that the portal can be told.
    """
    try:
        wall = datetime.fromisoformat(text[:15])
    except ValueError as error:
        raise ValueError("is no day of the calendar, or no time of the day") from error
    if not FIRST_YEAR <= wall.year <= LAST_YEAR:
        raise ValueError(f"has the year {wall.year:04}, which cannot be right")
    if wall.second:
        raise ValueError(
            "has seconds; the portal takes whole minutes: give the event a start and an end on whole minutes in the "
            "calendar program"
        )
    return wall


def _of_the_portal(wall: datetime, zone: ZoneInfo, name: str) -> datetime:
    try:
        return from_wall_time(wall, zone, name)
    except ValueError as error:
        raise ValueError(str(error).removeprefix(f"{name}: ")) from error
