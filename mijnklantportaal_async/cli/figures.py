"""What happened on the way, counted from the events of the calls. No terminal here."""

import math
from collections import Counter, deque
from typing import Protocol

import attrs

from mijnklantportaal_async import errors
from mijnklantportaal_async.calling.rate_limit import RateLimitSnapshot
from mijnklantportaal_async.events import AttemptFinished, AttemptStarted, Event, OutcomeReconciled, RetryPlanned
from mijnklantportaal_async.values.clock import Clock

_MINUTE = 60.0

_SLOW = 3.0
"""Seconds after which an answer is waited for."""


@attrs.define(kw_only=True)
class Figures:
    """Counts events; give `note` to a session as a hook."""

    clock: Clock
    requests: int = 0
    """Sent, or tried to be."""
    mishaps: Counter[str] = attrs.field(factory=Counter[str])
    """What went wrong with single requests, by kind."""
    retries: int = 0
    found: int = 0
    """Lost answers whose appointment was in the calendar."""
    not_found: int = 0
    """Lost answers whose appointment was not, so that it was safe to send again."""
    waited: float = 0.0
    """Seconds in which only the rate limit held things up."""
    last_trouble: str = ""
    under_way: list[float] = attrs.field(factory=list[float])
    """When the requests without an answer yet were sent, by the clock."""
    tries_at: float | None = None
    """When something that failed is tried again; None when an answer has come since."""
    _sent_at: deque[float] = attrs.field(factory=deque[float])

    def note(self, event: Event) -> None:
        """Counts an event."""
        match event:
            case AttemptStarted():
                self.requests += 1
                now = self.clock.monotonic()
                self._sent_at.append(now)
                self.under_way.append(now)
            case AttemptFinished():
                self._end(event)
                if mishap := _mishap(event):
                    self.mishaps[mishap] += 1
            case RetryPlanned():
                self.retries += 1
                self.last_trouble = event.error.message
                self.tries_at = self.clock.monotonic() + event.wait
            case OutcomeReconciled():
                self.found += event.found
                self.not_found += not event.found
            case _:
                pass

    def why_it_waits(self, snapshot: RateLimitSnapshot) -> str:
        """Why nothing moves, and until when; empty where something does.

        Args:
            snapshot: How the rate limit stands.
        """
        now = self.clock.monotonic()
        if is_held_up(snapshot):
            return f"rate limit, next in {in_time(snapshot.resets_in)}"
        if self.under_way:
            longest = now - min(self.under_way)
            return f"no answer for {in_time(longest)}" if longest >= _SLOW else ""
        if self.tries_at is not None:
            return f"{self.last_trouble}; next try in {in_time(max(0.0, self.tries_at - now))}"
        return ""

    def _end(self, event: AttemptFinished) -> None:
        """A request is over: of those under way the one that began then."""
        began = self.clock.monotonic() - event.elapsed
        if self.under_way:
            self.under_way.remove(min(self.under_way, key=lambda sent: abs(sent - began)))
        if event.status is not None and event.status < 500:
            self.tries_at = None

    def requests_a_minute(self) -> int:
        """Requests of the last 60 seconds."""
        since = self.clock.monotonic() - _MINUTE
        while self._sent_at and self._sent_at[0] < since:
            self._sent_at.popleft()
        return len(self._sent_at)

    def mishaps_in_words(self) -> str:
        """As in `3 connections lost, 1 refusal by the rate limit (429)`."""
        return ", ".join(f"{count} {_WORDS[kind][count != 1]}" for kind, count in self.mishaps.most_common())


class HasRateLimit(Protocol):
    """A session, as far as waiting is about it."""

    @property
    def rate_limit(self) -> RateLimitSnapshot:
        """How the rate limit stands."""
        ...


class Waiting:
    """Says why nothing moves while somebody waits for a single call.

    Args:
        portal: Whose calls.
        figures: What is heard of them.
    """

    def __init__(self, portal: HasRateLimit, figures: Figures) -> None:
        self._portal = portal
        self._figures = figures

    def look(self) -> None:
        """Nothing is added up."""

    def lines(self) -> list[str]:
        """The reason, where there is one."""
        why = self._figures.why_it_waits(self._portal.rate_limit)
        return [f"Waiting: {why}."] if why else []


def is_held_up(snapshot: RateLimitSnapshot) -> bool:
    """Whether only the rate limit holds things up."""
    return snapshot.waiting > 0 and snapshot.remaining == 0


def seconds_left(rows_left: int, rows_done: int, requests: int, snapshot: RateLimitSnapshot) -> float | None:
    """About how long it will take, by the rate limit alone; None when nothing can be said yet.

    Args:
        rows_left: Rows without a result.
        rows_done: Rows with one.
        requests: Requests so far.
        snapshot: How the rate limit stands.
    """
    if not rows_done or snapshot.limit is None:
        return None
    # Looking and trying again are requests too.
    needed = math.ceil(rows_left * max(1.0, requests / (rows_done + snapshot.in_flight + snapshot.waiting)))
    needed -= snapshot.remaining or 0
    if needed <= 0:
        return 1.0
    return snapshot.resets_in + math.floor((needed - 1) / snapshot.limit) * _MINUTE + 1.0


def in_time(seconds: float) -> str:
    """A span of time as a person says it."""
    if seconds < 0.0995:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest:02} s" if minutes < 10 else f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60:02} min"


_WORDS = {
    "lost": ("connection lost", "connections lost"),
    "unreachable": ("time without a connection", "times without a connection"),
    "timeout": ("request without an answer in time", "requests without an answer in time"),
    "server": ("server error (5xx)", "server errors (5xx)"),
    "limited": ("refusal by the rate limit (429)", "refusals by the rate limit (429)"),
}


def _mishap(event: AttemptFinished) -> str | None:
    match event.error:
        case errors.CallTimeoutError():
            return "timeout"
        case errors.ConnectError():
            return "unreachable"
        case errors.TransportError():
            return "lost"
        case _:
            pass
    if event.status == 429:
        return "limited"
    return "server" if event.status is not None and event.status >= 500 else None
