"""Which of many appointments are in the calendar already, whoever put them there."""

from __future__ import annotations

import enum
from collections.abc import AsyncGenerator, Sequence

import attrs

from mijnklantportaal_async import errors, models
from mijnklantportaal_async.api.appointment_finder import AppointmentFinder
from mijnklantportaal_async.api.appointments import LIST_APPOINTMENTS, Appointments
from mijnklantportaal_async.calling.finder import CannotTellError
from mijnklantportaal_async.values.local_time import wall_time

_TRIES = 3
"""A broken answer to a look says nothing, and asking again does no harm."""


class Verdict(enum.Enum):
    """What a look says of an appointment."""

    FOUND = "found"
    ABSENT = "absent"
    UNSURE = "unsure"


@attrs.frozen
class Presence:
    """Whether an appointment is in the calendar."""

    index: int
    """Its place among those that were asked for."""
    verdict: Verdict
    appointment: models.Appointment | None = None
    """The one that is found. The portal does not tell titles: it has the same start, end and person."""
    reason: str = ""
    """Why nobody can tell, where it is unsure."""


async def look_for_appointments(
    portal: Appointments, requests: Sequence[models.NewAppointment]
) -> AsyncGenerator[Presence, None]:
    """Looks which appointments are in the calendar already: once for each day on which some of them begin.

    A record counts for one appointment only: of two equal ones, with one in the calendar, the second is absent. What
    was canceled is not in the calendar.

    Args:
        portal: Where to look; its key needs the scope `appointments.read`.
        requests: Which; none may have a moment without a clear wall time.

    Yields:
        One verdict for each, day by day.

    Raises:
        MijnKlantportaalError: The calendar cannot be looked at.
    """
    zone = portal._zone  # pyright: ignore[reportPrivateUsage] - the same portal, as `put_into_calendar` uses it
    days: dict[tuple[str, str], list[tuple[int, AppointmentFinder]]] = {}
    for index, new in enumerate(requests):
        starts, ends = wall_time(new.starts_at, zone, "starts_at"), wall_time(new.ends_at, zone, "ends_at")
        finder = AppointmentFinder(new, starts, ends, LIST_APPOINTMENTS, zone)
        # The same start and end lie in one group, so a record that two groups show is claimed in one of them.
        days.setdefault((starts[:10], ends[:10]), []).append((index, finder))
    taken: set[str] = set()
    for _, finders in sorted(days.items()):
        records, unreadable = await _listed(portal, finders[0][1])
        standing = [record for record in records if record.status != models.AppointmentStatus.CANCELED]
        for presence in _compare(finders, standing, unreadable, taken):
            yield presence


async def _listed(portal: Appointments, finder: AppointmentFinder) -> tuple[Sequence[models.Appointment], str]:
    """A day of the calendar with those around it, and what of it cannot be read."""
    listing = portal._list_whole  # pyright: ignore[reportPrivateUsage]
    for tries_left in reversed(range(_TRIES)):
        try:
            return await listing(finder.request(), models.Appointment), ""
        except errors.DecodeError as error:
            if error.records:
                return [record for record in error.records if isinstance(record, models.Appointment)], error.message
            if not tries_left:
                raise
    raise AssertionError("the last try returns or raises")


def _compare(
    finders: Sequence[tuple[int, AppointmentFinder]],
    records: Sequence[models.Appointment],
    unreadable: str,
    taken: set[str],
) -> list[Presence]:
    """The verdicts of a day. Those that are found go first: what is theirs leaves nobody else in doubt."""
    verdicts: list[Presence] = []
    open_ones: list[tuple[int, AppointmentFinder]] = []
    for index, finder in finders:
        alike = [record for record in records if record.id not in taken and finder.is_alike(record)]
        found = finder.pick_of(alike, taken)
        if found is None:
            open_ones.append((index, finder))
            continue
        taken.add(found.id)
        verdicts.append(Presence(index, Verdict.FOUND, found))
    for index, finder in open_ones:
        try:
            finder.pick_of(records, taken)
        except CannotTellError as error:
            verdicts.append(Presence(index, Verdict.UNSURE, reason=str(error)))
            continue
        if unreadable:
            reason = f"something in the calendar of that day cannot be read, and may be it ({unreadable})"
            verdicts.append(Presence(index, Verdict.UNSURE, reason=reason))
            continue
        verdicts.append(Presence(index, Verdict.ABSENT))
    return verdicts
