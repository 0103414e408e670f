"""What the bot understands and says. Part of `telegram_bot.py`."""

import logging
import math
import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from mijnklantportaal_async import (
    Appointment,
    AppointmentStatus,
    DecodeError,
    MijnKlantportaalError,
    NotFoundError,
    Outcome,
    RateLimitError,
    ServerError,
    TransportError,
    ValidationError,
)

MOST_LINES = 40
"""A message of Telegram holds 4096 characters."""

Deed = Literal["booked", "canceled", "read"]

_logger = logging.getLogger("bot")


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


def what_happened(error: MijnKlantportaalError, deed: Deed) -> str:
    """What to say about an error. What only the owner can mend goes into the log."""
    match error:
        case ValidationError():
            reasons = [message for messages in error.errors.values() for message in messages]
            return f"The portal does not accept it: {' '.join(reasons) or error.service_message or 'no reason given'}"
        case NotFoundError():
            return "The portal does not know that number."
        case RateLimitError():
            seconds = max(1, math.ceil(60 if error.retry_after is None else error.retry_after))
            return f"Too busy just now; nothing was {deed}. Try again in {seconds} s."
        case _ if error.outcome is Outcome.NOT_SENT:
            return f"I cannot reach the portal; nothing was {deed}. Try again in a minute."
        case TransportError() | ServerError() | DecodeError() if deed == "read":
            return "The portal does not answer properly just now. Try again in a minute."
        case DecodeError():
            number = f" Its number is {error.identifier}." if error.identifier else ""
            return f"It was {deed}, but the portal's answer was unreadable.{number}"
        case _ if error.outcome is Outcome.REJECTED:
            _logger.error("refused by the portal: %s", error)
            return f"The portal refused, so nothing was {deed}. Whoever runs me finds the reason in my log."
        case _ if deed == "canceled":
            return "I do not know whether it was canceled. Cancel it again: that does no harm."
        case _:
            _logger.error("in doubt: %s", error)
            return "I do not know whether it was booked. Do not do it again; look with /appointments or in the portal."


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
