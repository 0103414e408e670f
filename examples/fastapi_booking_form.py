"""The visitor's form, and what it asks of the calendar. Part of `fastapi_booking.py`."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from mijnklantportaal_async import NewAppointment

FORM_FIELDS: Mapping[str, str] = {
    "name": "subject",
    "starts_at": "time",
    "ends_at": "minutes",
    "attendee_name": "visitor_name",
    "attendee_email": "visitor_email",
}
"""What the package calls a field -> what the form calls it."""

HOW_TO_CORRECT: Mapping[str, str] = {
    "subject": "Please shorten this, and write it on one line.",
    "time": "Our calendar cannot take an appointment at this time. Please choose another.",
    "minutes": "Our calendar cannot take an appointment that ends then. Please choose another length.",
    "visitor_name": "Please check your name, and write it on one line.",
    "visitor_email": "Please check this address; it should look like name@example.nl.",
}
"""What the form calls a field -> what a visitor can do when the package or the portal refuses it."""

# What pydantic calls a problem -> what a visitor can do about it.
_WORDS: Mapping[str, str] = {
    "missing": "Please fill this in.",
    "string_too_short": "Please fill this in.",
    "string_too_long": "Please shorten this to 255 characters.",
    "string_pattern_mismatch": "Please check this address; it should look like name@example.nl.",
    "date_from_datetime_parsing": "Please choose a day.",
    "time_parsing": "Please choose a time.",
    "int_parsing": "Please choose how long.",
    "greater_than_equal": "Please choose 5 minutes or more.",
    "less_than_equal": "Please choose 480 minutes or less.",
}

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=255)]
Email = Annotated[Text, StringConstraints(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")]


class FormError(Exception):
    """A field that the visitor can correct; an empty field means the form as a whole."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


def _on_the_minute(value: time) -> time:
    if value.tzinfo is not None or value.second or value.microsecond:
        raise ValueError("Please give hours and minutes only, such as 14:30.")
    return value


class BookingForm(BaseModel):
    """What the visitor filled in. Two forms that are equal are two clicks on one button."""

    model_config = ConfigDict(frozen=True)

    form_token: Annotated[str, StringConstraints(min_length=16, max_length=100)]
    subject: Text
    day: date
    time: Annotated[time, AfterValidator(_on_the_minute)]
    minutes: Annotated[int, Field(ge=5, le=480)] = 60
    visitor_name: Text
    visitor_email: Email

    def to_request(self, zone: ZoneInfo, now: datetime) -> NewAppointment:
        """What to put into the calendar.

        Args:
            zone: Whose wall time the form speaks.
            now: To refuse what has passed.

        Raises:
            FormError: Something that the visitor can correct.
            ValueError: Something that the package refuses.
        """
        if not now.date() <= self.day <= now.date() + timedelta(days=366):
            raise FormError("day", "Please choose a day within the coming year.")
        starts_at = _moment(datetime.combine(self.day, self.time), zone)
        if starts_at <= now:
            raise FormError("time", "This time has passed. Please choose a later one.")
        # By way of UTC: `+` on local time would be an hour off in the nights in which the clock is changed.
        ends_at = (starts_at.astimezone(UTC) + timedelta(minutes=self.minutes)).astimezone(zone)
        return NewAppointment(
            name=self.subject,
            starts_at=starts_at,
            ends_at=ends_at,
            attendee_name=self.visitor_name,
            attendee_email=self.visitor_email,
        )


def errors_by_field(problems: Sequence[Any]) -> dict[str, list[str]]:
    """The problems that pydantic found, in words for a visitor."""
    errors: dict[str, list[str]] = {}
    for problem in problems:
        field = str(problem["loc"][-1])
        if field not in {"day", *FORM_FIELDS.values()}:
            # Not what they typed: the page is an old one, or it is no page that asks.
            field, message = "", "Please load this page again, and fill in the form there."
        elif problem["type"] == "value_error":
            message = str(problem["msg"]).removeprefix("Value error, ")  # our own
        else:
            message = _WORDS.get("missing" if problem["input"] == "" else problem["type"], "Please check this.")
        errors.setdefault(field, []).append(message)
    return errors


def _moment(wall: datetime, zone: ZoneInfo) -> datetime:
    """The moment that the visitor means, unless the clock is changed in that hour."""
    first, second = wall.replace(tzinfo=zone), wall.replace(tzinfo=zone, fold=1)
    before, after = first.utcoffset() or timedelta(), second.utcoffset() or timedelta()
    if before < after:
        raise FormError("time", "This time does not exist: that night the clock is set forward. Please choose another.")
    if before > after:
        raise FormError("time", "This time comes twice: that night the clock is set back. Please choose another.")
    return first
