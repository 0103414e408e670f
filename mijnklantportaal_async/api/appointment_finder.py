"""Which appointment of a list is the one that a lost answer would have named.

Source: https://docs.developers.mijnklantportaal.nl/api-reference/appointments-api/list-appointments
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from mijnklantportaal_async import models
from mijnklantportaal_async.calling.claims import Place
from mijnklantportaal_async.calling.list_finder import ListFinder
from mijnklantportaal_async.texts.words import words
from mijnklantportaal_async.values.likeness import Match, fold

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from mijnklantportaal_async.calling.wire import Operation, Request
    from mijnklantportaal_async.values.readings import Readings

_AROUND = timedelta(days=1)
"""Listed before and after the days of the appointment: the list's bounds are not documented to the minute, and a day on
which the clock is set has 23 or 25 hours."""

_ANOTHER_MOMENT = timedelta(hours=26)
"""No two clocks of the world show times that are further apart."""


class AppointmentFinder(ListFinder["models.Appointment"]):
    """Finds the appointment that a request made: the same start, end and person.

    Args:
        new: What was asked for.
        starts: Its start as wall time of the portal.
        ends: Its end likewise.
        listing: The operation that lists appointments.
        zone: The portal's.
    """

    __slots__ = ("_ends", "_listing", "_new", "_starts")

    made = "created_at"
    likeness = "start, end and person"
    is_paged = False
    shows_what_was_sent = True

    def __init__(self, new: models.NewAppointment, starts: str, ends: str, listing: Operation, zone: ZoneInfo) -> None:
        whom = new.customer_id or (fold(new.attendee_name or ""), fold(new.attendee_email or ""))
        # The portal may know somebody who is named as the customer that another request names by ID.
        super().__init__((Place((starts, ends, whom)), Place((starts, ends), new.customer_id is None)), zone)
        self._new = new
        self._starts = starts
        self._ends = ends
        self._listing = listing

    @property
    def kind(self) -> type[models.Appointment]:  # type: ignore[override]
        """Loaded at its first use."""
        return models.Appointment

    def first_page(self) -> Request:
        """The days of the appointment, and those around them."""
        first = datetime.fromisoformat(self._starts[:10]) - _AROUND
        last = datetime.fromisoformat(self._ends[:10]) + _AROUND
        days = (last - first).days + 1
        return self._listing.request(query={"start_at": first.isoformat(" ", "minutes"), "days": days})

    def compare(self, record: models.Appointment, readings: Readings) -> Match:
        """The person, and both moments in the readings that the service has shown."""
        new, zone = self._new, self.zone
        whom = _compare_person(new, record)
        if whom is Match.OTHER:
            return whom
        return min(
            whom,
            readings.compare(new.starts_at, self._starts, record.starts_at, zone),
            readings.compare(new.ends_at, self._ends, record.ends_at, zone),
        )

    def comes_last(self, record: models.Appointment) -> bool:
        """Somebody may have canceled ours already; one that stands is the likelier."""
        return record.status == models.AppointmentStatus.CANCELED

    def is_plainly_its(self, record: models.Appointment) -> bool:
        """The same customer, at the same time."""
        new = self._new
        is_whom = new.customer_id is not None and record.customer_id == new.customer_id
        return is_whom and abs(record.starts_at - new.starts_at) < _ANOTHER_MOMENT

    def says_otherwise(self, record: models.Appointment) -> str:
        """Another customer or address, or a time that no reading makes of ours."""
        new = self._new
        if new.customer_id is not None:
            if record.customer_id is not None and record.customer_id != new.customer_id:
                return words("it names the customer {customer_id}", customer_id=record.customer_id)
        elif record.attendee_email is not None and fold(record.attendee_email) != fold(new.attendee_email or ""):
            return words("it names somebody with another e-mail address")
        if abs(record.starts_at - new.starts_at) > _ANOTHER_MOMENT:
            return words("it names {moment}", moment=record.starts_at.isoformat())
        return ""

    def learn_moments(self, record: models.Appointment, readings: Readings) -> None:
        """Start and end."""
        readings.learn_of(self._new.starts_at, self._starts, record.starts_at)
        readings.learn_of(self._new.ends_at, self._ends, record.ends_at)


def _compare_person(new: models.NewAppointment, item: models.Appointment) -> Match:
    if new.customer_id is not None:
        return Match.ALIKE if item.customer_id == new.customer_id else Match.OTHER
    if item.attendee_email is not None and fold(item.attendee_email) != fold(new.attendee_email or ""):
        return Match.OTHER
    is_as_sent = item.attendee_email == new.attendee_email and item.attendee_name == new.attendee_name
    # Whom the portal knows it may show as it knows them: under another spelling, or as a customer.
    return Match.ALIKE if is_as_sent and item.customer_id is None else Match.NEARLY
