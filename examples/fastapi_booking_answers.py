"""What a visitor is told: an honest answer for each way in which booking can end. Part of `fastapi_booking.py`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from endings import Ending, fields_at_fault, seconds_to_wait
from fastapi.responses import JSONResponse
from fastapi_booking_form import FORM_FIELDS, HOW_TO_CORRECT
from fastapi_booking_texts import Language, say, span_in_words, wait_in_words

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
    """What the visitor gets, in whatever language: a second click may come from another browser."""

    status: int
    state: State
    message: str
    when: tuple[datetime, datetime] | None = None
    email: str = ""
    appointment_id: str | None = None
    errors: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    retry_after: int | None = None

    @property
    def is_final(self) -> bool:
        """Whether booking again could make a second appointment."""
        return self.state in {"booked", "in_doubt"}

    def to_response(self, language: Language, zone: ZoneInfo) -> JSONResponse:
        """As JSON for the page."""
        wait = wait_in_words(language, self.retry_after or 0)
        content: dict[str, Any] = {
            "state": self.state,
            "message": say(language, self.message, wait=wait, email=self.email),
            "when": "" if self.when is None else span_in_words(language, *self.when, zone),
            "appointment_id": self.appointment_id,
            "errors": {name: [say(language, text) for text in texts] for name, texts in self.errors.items()},
        }
        headers = {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}
        return JSONResponse(content, self.status, headers)


def booked(appointment: Appointment) -> Answer:
    """It is in the calendar, at the time that the portal says."""
    return Answer(
        201,
        "booked",
        "Your appointment is in our calendar.",
        when=(appointment.starts_at, appointment.ends_at),
        appointment_id=appointment.id,
    )


def not_accepted(errors: dict[str, list[str]]) -> Answer:
    """The visitor can correct it."""
    # What belongs to no field stands above the form.
    general = " ".join(errors.get("", []))
    return Answer(422, "refused", general or "Please look at the fields marked below.", errors=errors)


def answer_to(ending: Ending, error: Exception, asked_for: NewAppointment | None, email: str) -> Answer:
    """What to say to a visitor whose booking did not go well. Nothing in it is a text of the error's.

    Args:
        ending: How it was sorted.
        error: What was raised.
        asked_for: What the visitor wanted to have in the calendar; None for what cannot be meant.
        email: Where they can be told more.
    """
    status, state, message = ANSWERS[ending]
    when = None if asked_for is None else (asked_for.starts_at, asked_for.ends_at)
    match ending:
        case Ending.WRONG_INPUT:
            fields = [FORM_FIELDS[name] for name in fields_at_fault(error) if name in FORM_FIELDS]
            return not_accepted({field: [HOW_TO_CORRECT[field]] for field in fields})
        case Ending.BUSY | Ending.OUT_OF_REACH:
            return Answer(status, state, message, retry_after=seconds_to_wait(error))
        case Ending.DONE:
            return Answer(status, state, message, when=when, appointment_id=getattr(error, "identifier", None))
        case Ending.IN_DOUBT:
            return Answer(status, state, message, when=when, email=email)
        case _:
            return Answer(status, state, message)
