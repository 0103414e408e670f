"""Which appointment of a list is the one that a lost answer would have named.

Source: https://docs.developers.mijnklantportaal.nl/api-reference/appointments-api/list-appointments
"""

from __future__ import annotations

from datetime import datetime, timedelta

from mijnklantportaal_async import models
from mijnklantportaal_async.calling.finder import ListFinder
from mijnklantportaal_async.calling.wire import Operation, Request
from mijnklantportaal_async.values.likeness import Match, fold
from mijnklantportaal_async.values.local_time import is_same_instant

# The list's bounds are not documented to the minute, so the day before is looked through as well.
_DAYS_BEFORE = 1


def appointment_finder(
    new: models.NewAppointment, starts: str, ends: str, listing: Operation
) -> ListFinder[models.Appointment]:
    """Finds the appointment that a request made: the same start, end and person.

    Args:
        new: What was asked for.
        starts: Its start as wall time of the portal.
        ends: Its end likewise.
        listing: The operation that lists appointments.
    """
    whom = new.customer_id or _attendee(new)

    def compare(item: models.Appointment) -> Match:
        if not (_is_when(item.starts_at, new.starts_at, starts) and _is_when(item.ends_at, new.ends_at, ends)):
            return Match.OTHER
        return Match.ALIKE if whom == (item.customer_id if new.customer_id else _attendee(item)) else Match.OTHER

    def list_the_day() -> Request:
        day = datetime.fromisoformat(starts).replace(hour=0, minute=0) - timedelta(days=_DAYS_BEFORE)
        return listing.request(query={"start_at": day.isoformat(" ", "minutes"), "days": 1 + _DAYS_BEFORE})

    return ListFinder(
        list_the_day,
        models.Appointment,
        key=(starts, ends, whom),
        compare=compare,
        shown="start, end and person",
        # Somebody may have canceled ours already; one that stands is the likelier.
        worse=lambda item: item.status == models.AppointmentStatus.CANCELED,
        is_paged=False,
    )


def _attendee(of: models.Appointment | models.NewAppointment) -> tuple[str, str]:
    return fold(of.attendee_name or ""), fold(of.attendee_email or "")


def _is_when(answered: datetime, asked: datetime, wall: str) -> bool:
    # The documentation's examples carry offsets that the Netherlands never has then: the digits count as well.
    return is_same_instant(answered, asked) or answered.replace(tzinfo=None).isoformat(" ", "minutes") == wall
