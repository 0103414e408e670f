"""The records of the Appointments API.

Source: https://docs.developers.mijnklantportaal.nl/api-reference/appointments-api/schedule-appointment
"""

from datetime import datetime

import attrs

from mijnklantportaal_async.models.record import Record
from mijnklantportaal_async.texts.words import Sentences, words
from mijnklantportaal_async.values.checks import check_email, check_identifier, check_text
from mijnklantportaal_async.values.local_time import check_exists, check_moment, is_after
from mijnklantportaal_async.values.open_enum import OpenStrEnum


class AppointmentStatus(OpenStrEnum):
    """Where an appointment stands. A value that nobody has documented yet is kept as it came."""

    SCHEDULED = "scheduled"
    CANCELED = "canceled"
    PENDING = "pending"


@attrs.frozen(kw_only=True)
class Appointment(Record):
    """An appointment as the portal answers it. The title given when scheduling is not part of it.

    Source: https://docs.developers.mijnklantportaal.nl/api-reference/appointments-api/get-appointment
    """

    id: str
    """ID, `apt_...`."""
    customer_id: str | None = None
    """Customer it is with, `cst_...`; None when it is with somebody else."""
    attendee_name: str | None = None
    """The attendee's name."""
    attendee_email: str | None = None
    """The attendee's e-mail address."""
    starts_at: datetime
    """Start, aware, with the offset that the portal gave."""
    ends_at: datetime
    """End, as `starts_at`."""
    status: AppointmentStatus
    """Where it stands."""
    online_meeting_link: str | None = None
    """Link of the online meeting, when an integration of the portal supplies one."""
    created_at: datetime
    """When it was entered, aware, whole seconds."""


@attrs.frozen(kw_only=True)
class NewAppointment:
    """An appointment to be scheduled. Checked when it is made, as far as that goes without knowing the portal's zone.

    Raises:
        TypeError: A field is of another type.
        ValueError: A field cannot be right; the message says what to do.

    Source: https://docs.developers.mijnklantportaal.nl/api-reference/appointments-api/schedule-appointment
    """

    name: str
    """Title in the calendar, at most 255 characters."""
    starts_at: datetime
    """Start, aware, on a whole minute."""
    ends_at: datetime
    """End, aware, on a whole minute, after the start."""
    customer_id: str | None = None
    """Customer it is with, `cst_...`."""
    attendee_name: str | None = None
    """Who it is with; needed when there is no customer."""
    attendee_email: str | None = None
    """Their e-mail address; needed when there is no customer."""

    def __attrs_post_init__(self) -> None:
        check_text(self.name, "name")
        check_moment(self.starts_at, "starts_at")
        check_moment(self.ends_at, "ends_at")
        if not is_after(self.ends_at, self.starts_at):
            # In a night in which the clock is set forward, that one of them does not exist is what helps.
            check_exists(self.starts_at, "starts_at")
            check_exists(self.ends_at, "ends_at")
            raise ValueError(
                words(
                    "ends_at={ends_at} must lie after starts_at={starts_at}; are the two swapped, or does "
                    "it end on the next day?",
                    ends_at=self.ends_at.isoformat(),
                    starts_at=self.starts_at.isoformat(),
                )
            )
        if self.customer_id is not None:
            check_identifier(self.customer_id, "customer_id")
        if self.attendee_name is not None:
            check_text(self.attendee_name, "attendee_name")
        if self.attendee_email is not None:
            check_email(self.attendee_email, "attendee_email")
        if self.customer_id is None and (self.attendee_name is None or self.attendee_email is None):
            missing = [field for field in ("attendee_name", "attendee_email") if getattr(self, field) is None]
            raise ValueError(
                words(
                    "say who the appointment is with: give customer_id, or attendee_name and attendee_email "
                    "(missing: {missing})",
                    missing=Sentences(missing, words(" and ")),
                )
            )

    def to_json(self, starts_at: str, ends_at: str) -> dict[str, str]:
        """The body of the request.

        Args:
            starts_at: The start as the portal reads it, `Y-m-d H:i` in its own zone.
            ends_at: The end likewise.
        """
        data = {"name": self.name, "startsAt": starts_at, "endsAt": ends_at}
        if self.customer_id is not None:
            data["customerId"] = self.customer_id
        if self.attendee_name is not None:
            data["attendeeName"] = self.attendee_name
        if self.attendee_email is not None:
            data["attendeeEmail"] = self.attendee_email
        return data


@attrs.frozen(kw_only=True)
class Scheduled:
    """A request of `schedule_appointments` that is in the calendar."""

    index: int
    """Place of the request among those given, from 0."""
    request: NewAppointment
    """What was asked for."""
    appointment: Appointment
    """What is in the calendar."""
    attempts: int
    """Requests sent for it; looking is not counted."""
