"""Which appointment of a list is the one that a lost answer would have named.

Source: https://docs.developers.mijnklantportaal.nl/api-reference/appointments-api/list-appointments
"""

from datetime import datetime, timedelta

from mijnklantportaal_async.api.appointment_models import Appointment, AppointmentStatus, NewAppointment
from mijnklantportaal_async.calling.reconcile import made_since, plain
from mijnklantportaal_async.calling.wire import Answer, Operation, Request, with_query
from mijnklantportaal_async.values.local_time import is_same_instant
from mijnklantportaal_async.values.serde import read_list

# The list's bounds are not documented to the minute, so the day before is looked through as well.
_DAYS_BEFORE = 1


def list_query(start_at: str | None, days: int | None) -> dict[str, str | int | None]:
    """The query of `list_appointments`.

    Raises:
        TypeError: `days` is not an `int`.
        ValueError: `days` is below 1.
    """
    if days is not None and (isinstance(days, bool) or not isinstance(days, int)):
        raise TypeError(f"days must be an int, not {type(days).__name__}: {days!r}")
    if days is not None and days < 1:
        raise ValueError(f"days={days} must be 1 or more")
    return {"start_at": start_at, "days": days}


class AppointmentFinder:
    """Finds the appointment that a request made: the same start, end and person, new, and nobody else's.

    Args:
        new: What was asked for.
        starts: Its start as wall time of the portal.
        ends: Its end likewise.
        listing: The operation that lists appointments.
    """

    __slots__ = ("_ends", "_listing", "_new", "_starts", "key")

    def __init__(self, new: NewAppointment, starts: str, ends: str, listing: Operation) -> None:
        self._new = new
        self._starts = starts
        self._ends = ends
        self._listing = listing
        self.key = (starts, ends, new.customer_id or (plain(new.attendee_name), plain(new.attendee_email)))

    def request(self) -> Request:
        """The list of the day in question."""
        day = datetime.fromisoformat(self._starts).replace(hour=0, minute=0) - timedelta(days=_DAYS_BEFORE)
        query = list_query(day.isoformat(" ", "minutes"), 1 + _DAYS_BEFORE)
        return Request(self._listing, with_query(self._listing.path, query))

    def following(self, request: Request, answer: Answer) -> None:
        """Nothing: this list is not paged."""

    def pick(self, answer: Answer, *, since: datetime | None, claimed: frozenset[str]) -> Appointment | None:
        """The appointment, if the list shows one that was made since then and belongs to no other call.

        Raises:
            CannotTellError: There is one that may be it, and no clock to judge its age by.
            UnreadableError: The list could not be understood.
        """
        shown = read_list(answer.body, Appointment)
        alike = [item for item in shown if item.id not in claimed and self.is_alike(item)]
        new = made_since(alike, since, "the calendar has {ids} at that time for that person")
        # Somebody may have canceled ours already; one that stands is the likelier.
        new.sort(key=lambda item: (item.status == AppointmentStatus.CANCELED, item.created_at))
        return new[0] if new else None

    def identifier(self, record: Appointment) -> str:
        """Its id."""
        return record.id

    def is_alike(self, item: Appointment) -> bool:
        """Whether an appointment has the start, end and person that were asked for, whoever made it and when."""
        new = self._new
        if not (
            _is_when(item.starts_at, new.starts_at, self._starts) and _is_when(item.ends_at, new.ends_at, self._ends)
        ):
            return False
        if new.customer_id is not None:
            return item.customer_id == new.customer_id
        return plain(item.attendee_name) == plain(new.attendee_name) and plain(item.attendee_email) == plain(
            new.attendee_email
        )


def _is_when(answered: datetime, asked: datetime, wall: str) -> bool:
    # The documentation's examples carry offsets that the Netherlands never has then: the digits count as well.
    return is_same_instant(answered, asked) or answered.replace(tzinfo=None).isoformat(" ", "minutes") == wall
