"""What the headers of an answer say of time and of the rate limit.

They come from outside: whatever they hold, nothing here raises, and every number has an end.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

LONGEST_WAIT = 300.0
"""Seconds: whoever limits calls by the minute and asks for more than five of them is asked again by then."""

_LONGEST_DATE = 64
_MOST_DIGITS = 20
_YEARS = range(1970, 9000)
"""Years between which nothing that is reckoned with a date runs over the ends of the calendar."""

_FIRST_MILLISECONDS = 1e11
_FIRST_EPOCH_SECONDS = 1e9
"""A number below is a number of seconds; from here on the seconds since 1970, or the milliseconds."""

_NUMBER = re.compile(r"[0-9]+(\.[0-9]*)?|\.[0-9]+", re.ASCII)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait before the next try, from `retry-after` or `x-ratelimit-reset`; never above `LONGEST_WAIT`.

    None where they say nothing, or nothing that makes sense.

    Source: https://docs.developers.mijnklantportaal.nl/getting-started/rate-limiting
    """
    asked = asked_wait(headers)
    return None if asked is None else min(asked, LONGEST_WAIT)


def asked_wait(headers: Mapping[str, str]) -> float | None:
    """As `retry_after`, without an upper end."""
    text = headers.get("retry-after")
    if text is not None:
        # The same header twice comes as a list; a date has a comma as well, and is no number.
        numbers = [number for part in text.split(",", 3) if (number := _number(part)) is not None]
        if numbers:
            return max(numbers)
        if moment := http_date(text):
            return max(0.0, (moment - _now(headers)).total_seconds())
    reset = _number(headers.get("x-ratelimit-reset"))
    if reset is None:
        return None
    if reset >= _FIRST_EPOCH_SECONDS:
        reset = (reset / 1000 if reset >= _FIRST_MILLISECONDS else reset) - _now(headers).timestamp()
    # A moment that is over says nothing of when the next call is free.
    return reset if reset > 0 else None


def server_time(headers: Mapping[str, str]) -> datetime | None:
    """The service's own clock, by the `Date` header."""
    return http_date(headers.get("date"))


def whole_number(text: str | None) -> int | None:
    """A header's whole number, the first of a list (`60, 60;w=60`); None for anything else."""
    if text is None:
        return None
    if not text.isdecimal():
        text = text.partition(",")[0].partition(";")[0].strip()
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS else None


def _now(headers: Mapping[str, str]) -> datetime:
    """By the clock of the service, which set the date; by our own where it does not tell."""
    return server_time(headers) or datetime.now(UTC)


def http_date(text: str | None) -> datetime | None:
    """The moment of a header such as `Date`; None where it names none that could be."""
    if text is None or len(text) > _LONGEST_DATE:
        return None
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError, TypeError, IndexError):
        return None
    if moment.year not in _YEARS:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _number(text: str | None) -> float | None:
    """A number of seconds, with a fraction perhaps; infinite where it has more digits than a number of seconds has."""
    if text is None:
        return None
    text = text.strip()
    if not _NUMBER.fullmatch(text):
        return None
    return float(text) if len(text) <= _MOST_DIGITS else float("inf")
