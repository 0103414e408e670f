"""What the headers of an answer say of time and of the rate limit."""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait after a 429, from `retry-after` or `x-ratelimit-reset`.

    Source: https://docs.developers.mijnklantportaal.nl/getting-started/rate-limiting
    """
    text = headers.get("retry-after")
    if text is not None:
        if text.strip().isdecimal():
            return float(text)
        moment, now = _http_date(text), server_time(headers)
        if moment and now:
            return max(0.0, (moment - now).total_seconds())
    reset, now = whole_number(headers.get("x-ratelimit-reset")), server_time(headers)
    if reset is not None and now:
        return max(0.0, reset - now.timestamp())
    return None


def server_time(headers: Mapping[str, str]) -> datetime | None:
    """The service's own clock, by the `Date` header."""
    return _http_date(headers.get("date"))


def _http_date(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def whole_number(text: str | None) -> int | None:
    """A header's whole number, or None for anything else."""
    return int(text) if text is not None and text.isascii() and text.strip().isdecimal() else None
