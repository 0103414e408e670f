"""Which appointment of a list is the one that a lost answer would have named.

Source: https://docs.developers.mijnklantportaal.nl/api-reference/appointments-api/list-appointments
"""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from mijnklantportaal_async import models
from mijnklantportaal_async.calling.claims import Place
from mijnklantportaal_async.calling.finder import ListFinder
from mijnklantportaal_async.calling.wire import Operation, Request
from mijnklantportaal_async.values.likeness import Match, fold
from mijnklantportaal_async.values.readings import Readings

_AROUND = timedelta(days=1)
"""Listed before and after the days of the appointment: the list's bounds are not documented to the minute, and a day on
which the clock is set has 23 or 25 hours."""

_ANOTHER_MOMENT = timedelta(hours=26)
"""No two clocks of the world show times that are further apart."""


def appointment_finder(
    new: models.NewAppointment, starts: str, ends: str, listing: Operation, zone: ZoneInfo
) -> ListFinder[models.Appointment]:
    """Finds the appointment that a request made: the same start, end and person.

    Args:
        new: What was asked for.
        starts: Its start as wall time of the portal.
        ends: Its end likewise.
        listing: The operation that lists appointments.
        zone: The portal's.
    """

    def compare(item: models.Appointment, readings: Readings) -> Match:
        whom = _compare_person(new, item)
        if whom is Match.OTHER:
            return whom
        return min(
            whom,
            readings.compare(new.starts_at, starts, item.starts_at, zone),
            readings.compare(new.ends_at, ends, item.ends_at, zone),
        )

    def contradiction(item: models.Appointment) -> str:
        if new.customer_id is not None:
            if item.customer_id is not None and item.customer_id != new.customer_id:
                return f"it names the customer {item.customer_id}"
        elif item.attendee_email is not None and fold(item.attendee_email) != fold(new.attendee_email or ""):
            return "it names somebody with another e-mail address"
        if abs(item.starts_at - new.starts_at) > _ANOTHER_MOMENT:
            return f"it names {item.starts_at.isoformat()}"
        return ""

    def learn(item: models.Appointment, readings: Readings) -> None:
        readings.learn_of(new.starts_at, starts, item.starts_at)
        readings.learn_of(new.ends_at, ends, item.ends_at)

    def list_the_days() -> Request:
        first = datetime.fromisoformat(starts[:10]) - _AROUND
        last = datetime.fromisoformat(ends[:10]) + _AROUND
        return listing.request(query={"start_at": first.isoformat(" ", "minutes"), "days": (last - first).days + 1})

    whom = new.customer_id or (fold(new.attendee_name or ""), fold(new.attendee_email or ""))
    return ListFinder(
        list_the_days,
        models.Appointment,
        # The portal may know somebody who is named as the customer that another request names by ID.
        places=(Place((starts, ends, whom)), Place((starts, ends), new.customer_id is None)),
        compare=compare,
        shown="start, end and person",
        zone=zone,
        # Somebody may have canceled ours already; one that stands is the likelier.
        worse=lambda item: item.status == models.AppointmentStatus.CANCELED,
        is_paged=False,
        contradiction=contradiction,
        learn=learn,
    )


def _compare_person(new: models.NewAppointment, item: models.Appointment) -> Match:
    if new.customer_id is not None:
        return Match.ALIKE if item.customer_id == new.customer_id else Match.OTHER
    if item.attendee_email is not None and fold(item.attendee_email) != fold(new.attendee_email or ""):
        return Match.OTHER
    is_as_sent = item.attendee_email == new.attendee_email and item.attendee_name == new.attendee_name
    # Whom the portal knows it may show as it knows them: under another spelling, or as a customer.
    return Match.ALIKE if is_as_sent and item.customer_id is None else Match.NEARLY
