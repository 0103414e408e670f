"""What a visitor is told: an honest answer for each way in which booking can end. Part of `fastapi_booking.py`."""

import logging
import math
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from fastapi.responses import JSONResponse
from fastapi_booking_form import FORM_FIELDS

from mijnklantportaal_async import (
    Appointment,
    ConflictError,
    DecodeError,
    MijnKlantportaalError,
    NewAppointment,
    Outcome,
    RateLimitError,
    ValidationError,
)

State = Literal["booked", "in_doubt", "refused", "busy", "broken"]

_logger = logging.getLogger("booking")


@dataclass(frozen=True)
class Answer:
    """What the visitor gets."""

    status: int
    state: State
    message: str
    when: str = ""
    appointment_id: str | None = None
    errors: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    retry_after: int | None = None

    @property
    def is_final(self) -> bool:
        """Whether booking again could make a second appointment."""
        return self.state in {"booked", "in_doubt"}

    def to_response(self) -> JSONResponse:
        """As JSON for the page."""
        content: dict[str, Any] = {
            "state": self.state,
            "message": self.message,
            "when": self.when,
            "appointment_id": self.appointment_id,
            "errors": self.errors,
        }
        headers = {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}
        return JSONResponse(content, self.status, headers)


def booked(appointment: Appointment, zone: ZoneInfo) -> Answer:
    """It is in the calendar, at the time that the portal says."""
    return Answer(
        201,
        "booked",
        "Your appointment is in our calendar.",
        when=_span(appointment.starts_at, appointment.ends_at, zone),
        appointment_id=appointment.id,
    )


def not_accepted(errors: dict[str, list[str]]) -> Answer:
    """The visitor can correct it."""
    # What belongs to no field stands above the form.
    general = " ".join(errors.get("", []))
    return Answer(422, "refused", general or "Please look at the fields marked below.", errors=errors)


def answer_to(error: MijnKlantportaalError, request: NewAppointment, zone: ZoneInfo) -> Answer:
    """What to say to a visitor whose booking ended with an error. What the owner has to do goes into the log."""
    when = _span(request.starts_at, request.ends_at, zone)
    match error:
        case DecodeError():
            # It was booked; only the answer was unreadable.
            _logger.error("booked, but the answer could not be read (%s): %s", when, error)
            message = "Your appointment is in our calendar. We have no further details of it yet."
            return Answer(201, "booked", message, when=when, appointment_id=error.identifier)
        case ValidationError():
            return not_accepted(_by_form_field(error))
        case ConflictError():
            return Answer(409, "refused", "The calendar cannot take this appointment then. Please choose another time.")
        case RateLimitError():
            seconds = max(1, math.ceil(60 if error.retry_after is None else error.retry_after))
            message = f"It is very busy just now. Nothing was booked; please try again in {_seconds(seconds)}."
            return Answer(503, "busy", message, retry_after=seconds)
        case _ if error.outcome is Outcome.NOT_SENT:
            _logger.warning("could not reach the portal: %s", error)
            message = "We cannot reach our calendar just now. Nothing was booked; please try again in a minute."
            return Answer(503, "busy", message, retry_after=60)
        case _ if error.outcome is Outcome.REJECTED:
            # A wrong key, a missing scope, a licence: nothing that a visitor could mend or should read.
            _logger.error("the portal refuses to book: %s", error)
            message = "Something is wrong on our side. Nothing was booked, and we have been told. Please call us."
            return Answer(500, "broken", message)
        case _:
            # Somebody has to look and to write back, so the log names the visitor.
            _logger.error("LOOK IN THE CALENDAR for %s, %s, %s: %s", when, request.name, request.attendee_email, error)
            message = (
                "We do not know yet whether your appointment is in our calendar. Please do not book again: it could "
                f"be in there twice. We will look, and write to {request.attendee_email}."
            )
            return Answer(202, "in_doubt", message, when=when)


def _by_form_field(error: ValidationError) -> dict[str, list[str]]:
    known = {FORM_FIELDS[name]: messages for name, messages in error.errors.items() if name in FORM_FIELDS}
    return known or {"": [error.service_message or "The calendar does not accept this appointment."]}


def _seconds(seconds: int) -> str:
    return "a second" if seconds == 1 else f"{seconds} seconds"


def _span(starts_at: datetime, ends_at: datetime, zone: ZoneInfo) -> str:
    starts, ends = starts_at.astimezone(zone), ends_at.astimezone(zone)
    return f"{starts:%A} {starts.day} {starts:%B %Y}, {starts:%H:%M} to {ends:%H:%M}"
