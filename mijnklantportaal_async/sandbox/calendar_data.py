"""What the calendar page shows, as JSON documents."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING

from mijnklantportaal_async.sandbox.tags.appointments import CALENDAR
from mijnklantportaal_async.sandbox.wall_time import atom, moment, read_wall_time, timestamp_of

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from mijnklantportaal_async.sandbox.answers import JsonObject
    from mijnklantportaal_async.sandbox.documents import Document
    from mijnklantportaal_async.sandbox.portal import Portal
    from mijnklantportaal_async.sandbox.tag import Tag

_MOST_DAYS = 62
_MOST_APPOINTMENTS = 5_000
_LATEST = 20


class CalendarData:
    """Reads a portal and its calendar for the page."""

    def __init__(self, portal: Portal, calendar: Tag, zone: ZoneInfo) -> None:
        self._portal = portal
        self._calendar = calendar
        self._documents = calendar.documents
        self._zone = zone
        self._shape = calendar.record

    def between(self, first_day: str | None, days: str | None) -> JsonObject:
        """Return everything the page shows: the appointments of some days, the latest ones, the counters."""
        begins, ends = self._window(first_day, days)
        shown = self._documents.overlapping(CALENDAR, begins, ends, _MOST_APPOINTMENTS + 1)
        latest = self._documents.some(CALENDAR, 0, _LATEST, newest_first=True)
        return {
            **self.pulse(),
            "readAt": atom(moment(self._portal.clock.timestamp(), self._zone)),
            "appointments": [self._document(appointment) for appointment in shown[:_MOST_APPOINTMENTS]],
            "cut": len(shown) > _MOST_APPOINTMENTS,
            "latest": [self._document(appointment) for appointment in latest],
        }

    def pulse(self) -> JsonObject:
        """Return the figures that tell whether anything changed."""
        counts = self._documents.counts(CALENDAR)
        counters = self._portal.counters
        return {
            "timezone": self._zone.key,
            "now": atom(moment(self._portal.clock.timestamp(), self._zone))[:16],
            "version": self._documents.version,
            "counters": {
                "appointments": sum(counts.values()),
                "canceled": counts.get("canceled", 0),
                "pending": counts.get("pending", 0),
                "requests": counters.received,
                "faults": counters.faulted,
                "tooMany": counters.too_many,
            },
            "rate": self._fullest_window(),
        }

    def _fullest_window(self) -> JsonObject | None:
        limit = self._portal.rate.limit
        if limit is None:
            return None
        used = max((limit - verdict.remaining for verdict in self._portal.rate_verdicts().values()), default=0)
        return {"used": used, "limit": limit, "period": self._portal.rate.period}

    def _window(self, first_day: str | None, days: str | None) -> tuple[int, int]:
        now = moment(self._portal.clock.timestamp(), self._zone)
        day = read_wall_time(f"{first_day} 00:00", seconds_allowed=False) if first_day else None
        begins = day or datetime.combine(now.date(), time())
        count = int(days) if days and days.isascii() and days.isdigit() and len(days) < 4 else 7
        try:
            ends = begins + timedelta(days=min(max(count, 1), _MOST_DAYS))
            return timestamp_of(begins, self._zone), timestamp_of(ends, self._zone)
        except OverflowError:
            return 0, 0

    def _document(self, appointment: Document) -> JsonObject:
        return {"name": appointment["title"], **self._calendar.shown(appointment, self._shape)}
