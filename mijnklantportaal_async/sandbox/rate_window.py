"""The portal's rate limit under both readings of its documentation, as plain objects that are told the time."""

from __future__ import annotations

from collections import deque
from typing import Literal, Protocol, TypeAlias

import attrs

RateWindowKind: TypeAlias = Literal["rolling", "fixed"]


@attrs.frozen
class RateVerdict:
    """What the limit says to one request."""

    allowed: bool
    limit: int
    remaining: int
    """Requests that are still allowed at this moment."""
    wait: float
    """Seconds until there is room again; 0 when there is."""


class RateWindow(Protocol):
    """A limit of `limit` requests in `period` seconds for one key."""

    limit: int
    period: float

    def take(self, now: float) -> RateVerdict:
        """Judge a request at `now` and count it when it is allowed."""
        ...

    def look(self, now: float) -> RateVerdict:
        """Tell what a request at `now` would hear, without counting it."""
        ...


class RollingWindow:
    """At most `limit` requests in any `period` seconds."""

    def __init__(self, limit: int, period: float) -> None:
        self.limit = limit
        self.period = period
        self._taken: deque[float] = deque()

    def look(self, now: float) -> RateVerdict:
        """Tell what a request at `now` would hear, without counting it."""
        while self._taken and now - self._taken[0] >= self.period:
            self._taken.popleft()
        remaining = self.limit - len(self._taken)
        if remaining > 0:
            return RateVerdict(True, self.limit, remaining, 0.0)
        return RateVerdict(False, self.limit, 0, self._taken[0] + self.period - now)

    def take(self, now: float) -> RateVerdict:
        """Judge a request at `now` and count it when it is allowed."""
        verdict = self.look(now)
        if not verdict.allowed:
            return verdict
        self._taken.append(now)
        return attrs.evolve(verdict, remaining=verdict.remaining - 1)


class FixedWindow:
    """At most `limit` requests in a window that opens with a request and lasts `period` seconds."""

    def __init__(self, limit: int, period: float) -> None:
        self.limit = limit
        self.period = period
        self._opened_at = float("-inf")
        self._taken = 0

    def look(self, now: float) -> RateVerdict:
        """Tell what a request at `now` would hear, without counting it."""
        if now - self._opened_at >= self.period:
            return RateVerdict(True, self.limit, self.limit, 0.0)
        remaining = self.limit - self._taken
        if remaining > 0:
            return RateVerdict(True, self.limit, remaining, 0.0)
        return RateVerdict(False, self.limit, 0, self._opened_at + self.period - now)

    def take(self, now: float) -> RateVerdict:
        """Judge a request at `now` and count it when it is allowed."""
        verdict = self.look(now)
        if not verdict.allowed:
            return verdict
        if now - self._opened_at >= self.period:
            self._opened_at = now
            self._taken = 0
        self._taken += 1
        return attrs.evolve(verdict, remaining=verdict.remaining - 1)


def open_rate_window(kind: RateWindowKind, limit: int, period: float) -> RateWindow:
    """Make the window of one key.

    Raises:
        ValueError: when the limit or the period is not above zero, or the kind is unknown.
    """
    if limit < 1 or not period > 0:
        raise ValueError(f"a rate limit needs at least 1 request and a period above 0, not {limit} in {period} s")
    if kind == "rolling":
        return RollingWindow(limit, period)
    if kind == "fixed":
        return FixedWindow(limit, period)
    raise ValueError(f"rate_window is 'rolling' or 'fixed', not {kind!r}")
