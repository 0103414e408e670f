"""What the bot understands and says. Part of `telegram_bot.py`."""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from endings import Ending, fields_at_fault, in_words, seconds_to_wait

from mijnklantportaal_async import Appointment, AppointmentStatus

MOST_LINES = 40
"""A message of Telegram holds 4096 characters."""

Deed = Literal["booked", "canceled", "read"]

HOW_TO_CORRECT: Mapping[str, str] = {
    "name": "Please give a shorter subject, on one line.",
    "starts_at": "The calendar cannot take it at that time.",
    "ends_at": "The calendar cannot take it for that long.",
    "attendee_name": "Please check their name.",
    "attendee_email": "That is not an e-mail address. It should look like name@example.nl.",
}
"""What the package calls a field that was typed -> what to do about it."""


class NotUnderstoodError(Exception):
    """What the person wrote cannot be meant; the text says what can."""


def read_day(text: str, today: date) -> date:
    """A day as people write it: `tomorrow`, `5-3`, `5-3-2027`, `2027-03-05`.

    Raises:
        NotUnderstoodError: It is no day, or not one of the coming year.
    """
    words = {"today": today, "tomorrow": today + timedelta(days=1)}
    day = words.get(text.strip().lower()) or _day_from_digits(text.strip(), today)
    if day is None:
        raise NotUnderstoodError("I do not know that day. Write it as tomorrow, 5-3 or 2027-03-05.")
    if not today <= day <= today + timedelta(days=366):
        raise NotUnderstoodError("Please give a day within the coming year.")
    return day


def read_start(text: str, day: date, now: datetime, zone: ZoneInfo) -> datetime:
    """The moment at which it starts, from a time such as `14:30`, `14.30` or `9`.

    Raises:
        NotUnderstoodError: It is no time, has passed, or the clock is changed in that hour.
    """
    found = re.fullmatch(r"(\d{1,2})(?:[:.](\d{2}))?", text.strip())
    hour, minute = (int(found[1]), int(found[2] or 0)) if found else (24, 0)
    if hour > 23 or minute > 59:
        raise NotUnderstoodError("I do not know that time. Write it as 14:30 or 9.")
    starts_at = datetime.combine(day, time(hour, minute), tzinfo=zone)
    if _clock_changes(starts_at):
        raise NotUnderstoodError("The clock is changed in that hour, so it does not name one moment. Another time?")
    if starts_at <= now:
        raise NotUnderstoodError("That has passed. Please give a later time.")
    return starts_at


def read_end(text: str, starts_at: datetime) -> datetime:
    """The moment at which it ends, from a number of minutes.

    Raises:
        NotUnderstoodError: It is no fitting number, or the clock is changed in the hour of the end.
    """
    found = re.fullmatch(r"(\d{1,3})(?: ?min(?:utes)?)?", text.strip().lower())
    minutes = int(found[1]) if found else 0
    if not 5 <= minutes <= 480:
        raise NotUnderstoodError("How many minutes? A number from 5 to 480, such as 60.")
    # By way of UTC: `+` on local time would be an hour off in the nights in which the clock is changed.
    ends_at = (starts_at.astimezone(UTC) + timedelta(minutes=minutes)).astimezone(starts_at.tzinfo)
    if _clock_changes(ends_at):
        raise NotUnderstoodError("It would end in the hour in which the clock is changed. Another length?")
    return ends_at


def show_span(starts_at: datetime, ends_at: datetime, zone: ZoneInfo) -> str:
    """Such as `Friday 5 March 2027, 14:30 to 15:30`."""
    starts, ends = starts_at.astimezone(zone), ends_at.astimezone(zone)
    return f"{starts:%A} {starts.day} {starts:%B %Y}, {starts:%H:%M} to {ends:%H:%M}"


def show_appointments(appointments: Iterable[Appointment], zone: ZoneInfo) -> str:
    """A line for each appointment that stands."""
    standing = sorted(
        (one for one in appointments if one.status != AppointmentStatus.CANCELED), key=lambda one: one.starts_at
    )
    if not standing:
        return "Nothing in the coming week."
    lines = [_show_appointment(one, zone) for one in standing[:MOST_LINES]]
    if more := len(standing) - len(lines):
        lines.append(f"and {more} more")
    return "\n".join(lines)


def words_for(ending: Ending, deed: Deed, error: Exception) -> str:
    """What to say about a call that did not go well. Nothing in it is a text of the error's."""
    nothing = "" if deed == "read" else f" Nothing was {deed}."
    match ending:
        case Ending.WRONG_INPUT:
            return f"{how_to_correct(error)}{nothing} /book begins anew."
        case Ending.NOT_THEN:
            return f"The calendar cannot take it then.{nothing} /book begins anew, with another time."
        case Ending.BUSY:
            return f"It is very busy just now.{nothing} Please wait {in_words(seconds_to_wait(error))}."
        case Ending.OUT_OF_REACH:
            return f"I cannot reach the calendar just now.{nothing} Try again in a minute."
        case Ending.FOR_THE_OWNER:
            return f"I cannot do that until something is mended.{nothing} Whoever runs me has been told."
        case Ending.DONE:
            return f"It was {deed}. I cannot show you the details."
        case Ending.IN_DOUBT:
            return (
                f"I do not know whether it was {deed}. Please do not do it once more: whoever runs me has been told, "
                "will look, and tell you."
            )


def how_to_correct(error: Exception) -> str:
    """What a person can do about something that the package or the portal refuses."""
    at_fault = [HOW_TO_CORRECT[field] for field in fields_at_fault(error) if field in HOW_TO_CORRECT]
    return " ".join(at_fault) or "Something in this cannot be right."


def _clock_changes(moment: datetime) -> bool:
    """Whether its digits name no moment that night, or two."""
    return moment.replace(fold=0).utcoffset() != moment.replace(fold=1).utcoffset()


def _day_from_digits(text: str, today: date) -> date | None:
    found = re.fullmatch(r"(\d{1,2})[-/.](\d{1,2})(?:[-/.](\d{4}))?", text, re.ASCII)
    try:
        if found is None:
            return date.fromisoformat(text)
        day = date(int(found[3] or today.year), int(found[2]), int(found[1]))
        # Without a year the next such day is meant.
        return day.replace(year=today.year + 1) if day < today and found[3] is None else day
    except ValueError:
        return None


def _show_appointment(one: Appointment, zone: ZoneInfo) -> str:
    whom = one.attendee_name or one.customer_id or "somebody"
    pending = " (pending)" if one.status == AppointmentStatus.PENDING else ""
    return f"{show_span(one.starts_at, one.ends_at, zone)}: {whom}{pending}\n/cancel {one.id}"
