"""How fast a job goes, and when it will be over. Pure."""

from collections import deque
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from mijnklantportaal_async.batch import Progress
from mijnklantportaal_async.texts.words import words

_USUAL_LIMIT = 60
"""Calls that a key may make a minute, as far as anybody has said."""

_WINDOW = 300.0
"""Seconds over which the pace is measured: bursts even out in it."""

_BURST = 120.0
"""Seconds in which a whole minute's calls, sent at once at the beginning, would promise too much."""


class Pace:
    """Measures how many rows end in a minute of the portal's clock.

    Args:
        portals: How many portals the rows are for; each has a rate limit of its own.
        speed: Seconds of the portal for each of the machine; not 1 for a sandbox.
    """

    def __init__(self, *, portals: int = 1, speed: float = 1.0) -> None:
        self._limit = float(_USUAL_LIMIT * max(1, portals))
        self._speed = speed
        self._looks: deque[tuple[datetime, int]] = deque()

    def note(self, progress: Progress) -> None:
        """Takes what a look has shown."""
        self._looks.append((progress.at, progress.over))
        while self._seconds() > _WINDOW and len(self._looks) > 2:
            self._looks.popleft()

    @property
    def per_minute(self) -> float:
        """Rows in a minute of the portal; 0 when nothing moves, or nothing is known yet."""
        seconds = self._seconds()
        if seconds <= 0:
            return 0.0
        measured = 60.0 * (self._looks[-1][1] - self._looks[0][1]) / seconds
        return max(0.0, min(measured, self._limit) if seconds < _BURST else measured)

    def ends_at(self, progress: Progress) -> datetime | None:
        """When the job will be over at this pace, by the machine's clock; None when nobody can tell."""
        left, pace = progress.total - progress.over, self.per_minute
        if left <= 0 or pace <= 0:
            return None
        return progress.at + timedelta(minutes=left / pace / self._speed)

    def _seconds(self) -> float:
        """How long it was watched, by the portal's clock."""
        if len(self._looks) < 2:
            return 0.0
        return (self._looks[-1][0] - self._looks[0][0]).total_seconds() * self._speed


def end_in_words(ends_at: datetime, zone: ZoneInfo, now: datetime) -> str:
    """As a person would say it: `14:32`, `Thu 14:32`, `Thu 04-03 14:32`; the zone where it is not the machine's.

    Args:
        ends_at: Which moment.
        zone: The portal's zone.
        now: This moment, in the machine's zone.
    """
    end, today = ends_at.astimezone(zone), now.astimezone(zone).date()
    days = (end.date() - today).days
    day = "" if days == 0 else words("{end:%a} ", end=end) if days < 7 else words("{end:%a %d-%m} ", end=end)
    other_zone = "" if end.utcoffset() == ends_at.astimezone(now.tzinfo).utcoffset() else f" {end:%Z}"
    return words("{day}{end:%H:%M}{other_zone}", day=day, end=end, other_zone=other_zone)
