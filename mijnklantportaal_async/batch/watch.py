"""How far somebody who watches a job has seen it."""

from collections import deque
from datetime import datetime, timedelta

import attrs

PACE_SECONDS = 60.0
"""Over how long the pace of a job is measured."""


@attrs.define
class Watch:
    """What somebody who watches a job has seen of it."""

    last: float | None = None
    seen: set[int] = attrs.field(factory=set[int])
    _paces: deque[tuple[datetime, int]] = attrs.field(factory=deque[tuple[datetime, int]])

    def pace(self, now: datetime, over: int) -> float:
        """Rows in a minute."""
        paces = self._paces
        paces.append((now, over))
        while now - paces[0][0] > timedelta(seconds=PACE_SECONDS):
            paces.popleft()
        seconds = (now - paces[0][0]).total_seconds()
        return max(0.0, 60.0 * (over - paces[0][1]) / seconds) if seconds > 0 else 0.0
