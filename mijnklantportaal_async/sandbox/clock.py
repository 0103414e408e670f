"""The portal's clock: it starts at the real time, or another, and runs on as the clock that it is given."""

from __future__ import annotations

import time
from email.utils import formatdate

from mijnklantportaal_async.values.clock import Clock


class PortalClock:
    """Tells the portal's time; never goes back."""

    def __init__(self, clock: Clock, begins_at: float | None = None) -> None:
        self._clock = clock
        self._started_at = time.time() if begins_at is None else begins_at
        self._begin: float | None = None

    def seconds(self) -> float:
        """Return the portal seconds since the clock was first looked at."""
        now = self._clock.monotonic()
        if self._begin is None:
            self._begin = now
        return now - self._begin

    def timestamp(self) -> float:
        """Return the portal's UNIX time."""
        return self._started_at + self.seconds()

    def http_date(self) -> str:
        """Return the portal's time for a `Date` header."""
        return formatdate(int(self.timestamp()), usegmt=True)

    def real_seconds(self, portal_seconds: float) -> float:
        """Return how long `portal_seconds` last for somebody outside."""
        return self._clock.real(portal_seconds)
