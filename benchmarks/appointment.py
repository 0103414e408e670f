"""The one appointment that every contender schedules, and the answer that the server has ready for it."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

TITLE = "Contract extension"
STARTS_AT = datetime(2027, 3, 5, 14, 30, tzinfo=ZoneInfo("Europe/Amsterdam"))
ENDS_AT = datetime(2027, 3, 5, 16, 0, tzinfo=ZoneInfo("Europe/Amsterdam"))
STARTS_AT_WALL = "2027-03-05 14:30"
ENDS_AT_WALL = "2027-03-05 16:00"

API_KEY = "benchmark_key_of_a_usual_length_0123456789"
ATTEMPT_SECONDS = 30.0
"""The time limit of a request, for contenders that set one."""
CONNECTIONS = 100
"""Requests under way at the most: aiohttp's default, and the package's."""

ANSWER: dict[str, Any] = {
    "id": "apt_abc12346def678",
    "customerId": "cst_abcde123fgh",
    "attendeeName": "John Doe",
    "attendeeEmail": "john.doe@example.com",
    "startsAt": "2027-03-05T14:30:00+01:00",
    "endsAt": "2027-03-05T16:00:00+01:00",
    "status": "scheduled",
    "onlineMeetingLink": None,
    "createdAt": "2027-03-01T09:12:44+01:00",
}


def customer(index: int) -> str:
    """A customer of its own for every call: the package sends equal requests one after the other, on purpose."""
    return f"cst_{index:012d}"
