"""The portal's clock: it starts at the real time and runs `speed` times as fast."""

from __future__ import annotations

import time
from email.utils import formatdate


class PortalClock:
    """Tells the portal's time; never goes back."""

    def __init__(self, speed: float = 1.0) -> None:
        if not speed > 0:
            raise ValueError(f"speed must be above 0, not {speed}")
        self.speed = speed
        self._started_at = time.time()
        self._monotonic_start = time.monotonic()

    def seconds(self) -> float:
        """Return the portal seconds since the clock was made."""
        return (time.monotonic() - self._monotonic_start) * self.speed

    def timestamp(self) -> float:
        """Return the portal's UNIX time."""
        return self._started_at + self.seconds()

    def http_date(self) -> str:
        """Return the portal's time for a `Date` header."""
        return formatdate(int(self.timestamp()), usegmt=True)

    def real_seconds(self, portal_seconds: float) -> float:
        """Return how long `portal_seconds` last for somebody outside."""
        return portal_seconds / self.speed
