"""What the contenders schedule: days that differ from call to call, and a customer of its own for every call."""

from datetime import datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

TITLE = "Contract extension"
STARTS_AT = datetime(2027, 3, 5, 14, 30, tzinfo=ZoneInfo("Europe/Amsterdam"))
ENDS_AT = datetime(2027, 3, 5, 16, 0, tzinfo=ZoneInfo("Europe/Amsterdam"))

API_KEY = "benchmark_key_of_a_usual_length_0123456789"
ATTEMPT_SECONDS = 30.0
"""The time limit of a request, for contenders that set one."""
MOST_CALLS = 1_000_000
"""The rate limit of the server, so high that nobody waits for it."""
CONNECTIONS = 100
"""Requests under way at the most: aiohttp's default, and the package's."""

ANSWER: dict[str, Any] = {
    "id": "ID",
    "customerId": "CUSTOMER",
    "attendeeName": "John Doe",
    "attendeeEmail": "john.doe@example.com",
    "startsAt": "STARTS",
    "endsAt": "ENDS",
    "status": "scheduled",
    "onlineMeetingLink": None,
    "createdAt": "2027-03-01T09:12:44+01:00",
}
"""What the server answers; it fills in an id of its own, and what it was asked for."""


class Wanted(NamedTuple):
    """One appointment, in the forms that the contenders take."""

    customer_id: str
    starts_at: datetime
    ends_at: datetime
    starts_at_wall: str
    """Raw clients are given text: what it costs to make it is part of what the package does."""
    ends_at_wall: str


def wanted(index: int) -> Wanted:
    """The appointment of a call. Equal requests would wait for each other in the package, on purpose."""
    return Wanted(f"cst_{index:012d}", *_TIMES[index % len(_TIMES)])


def _times() -> list[tuple[datetime, datetime, str, str]]:
    """Half a year of days, in an order that never has the same day twice in a row."""
    times: list[tuple[datetime, datetime, str, str]] = []
    for number in range(181):
        starts, ends = (moment + timedelta(days=number * 67 % 181) for moment in (STARTS_AT, ENDS_AT))
        times.append((starts, ends, f"{starts:%Y-%m-%d %H:%M}", f"{ends:%Y-%m-%d %H:%M}"))
    return times


_TIMES = _times()
