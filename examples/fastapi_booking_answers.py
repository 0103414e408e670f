"""What a visitor is told: an honest answer for each way in which booking can end. Part of `fastapi_booking.py`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from zoneinfo import ZoneInfo

from endings import Ending, fields_at_fault, in_words, seconds_to_wait
from fastapi.responses import JSONResponse
from fastapi_booking_form import FORM_FIELDS, HOW_TO_CORRECT

from mijnklantportaal_async import Appointment, NewAppointment

State = Literal["booked", "in_doubt", "refused", "busy", "broken"]

# "Try again" is only said where it helps, and where nothing was booked.
ANSWERS: Mapping[Ending, tuple[int, State, str]] = {
    Ending.WRONG_INPUT: (422, "refused", "Please look at the fields marked below."),
    Ending.NOT_THEN: (409, "refused", "Our calendar cannot take this appointment then. Please choose another time."),
    Ending.BUSY: (503, "busy", "It is very busy just now. Nothing was booked; please wait {wait} and try again."),
    Ending.OUT_OF_REACH: (
        503,
        "busy",
        "We cannot reach our calendar just now. Nothing was booked; please try again in a minute.",
    ),
    Ending.FOR_THE_OWNER: (
        500,
        "broken",
        "We cannot book this for you here. Nothing was booked, and we have been told. Please call us.",
    ),
    Ending.DONE: (201, "booked", "Your appointment is in our calendar. We have no further details of it yet."),
    Ending.IN_DOUBT: (
        202,
        "in_doubt",
        "We do not know yet whether your appointment is in our calendar. We will look, and confirm it to {email}. "
        "Please do not book it again: it could be in there twice.",
    ),
}


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
        when=span(appointment, zone),
        appointment_id=appointment.id,
    )


def not_accepted(errors: dict[str, list[str]]) -> Answer:
    """The visitor can correct it."""
    # What belongs to no field stands above the form.
    general = " ".join(errors.get("", []))
    return Answer(422, "refused", general or "Please look at the fields marked below.", errors=errors)


def answer_to(ending: Ending, error: Exception, when: str, email: str) -> Answer:
    """What to say to a visitor whose booking did not go well. Nothing in it is a text of the error's.

    Args:
        ending: How it was sorted.
        error: What was raised.
        when: What the visitor asked for.
        email: Where they can be told more.
    """
    status, state, message = ANSWERS[ending]
    message = message.format(wait=in_words(seconds_to_wait(error)), email=email)
    match ending:
        case Ending.WRONG_INPUT:
            fields = [FORM_FIELDS[name] for name in fields_at_fault(error) if name in FORM_FIELDS]
            return not_accepted({field: [HOW_TO_CORRECT[field]] for field in fields})
        case Ending.BUSY | Ending.OUT_OF_REACH:
            return Answer(status, state, message, retry_after=seconds_to_wait(error))
        case Ending.DONE:
            return Answer(status, state, message, when=when, appointment_id=getattr(error, "identifier", None))
        case Ending.IN_DOUBT:
            return Answer(status, state, message, when=when)
        case _:
            return Answer(status, state, message)


def span(of: NewAppointment | Appointment, zone: ZoneInfo) -> str:
    """Such as `Friday 5 March 2027, 14:30 to 15:30`."""
    starts, ends = of.starts_at.astimezone(zone), of.ends_at.astimezone(zone)
    return f"{starts:%A} {starts.day} {starts:%B %Y}, {starts:%H:%M} to {ends:%H:%M}"
