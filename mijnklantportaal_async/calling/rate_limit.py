"""The rate limit of a key: at most so many calls in any so many seconds.

A sliding window log is right whether the service counts in rolling or in fixed windows (the documentation says both),
and loses nothing. A bucket that refills one call a second would let 119 into a minute.

Source: https://docs.developers.mijnklantportaal.nl/getting-started/rate-limiting
"""

import asyncio
import enum
from collections import deque
from collections.abc import Mapping

import attrs

from mijnklantportaal_async.calling.claims import Claims
from mijnklantportaal_async.calling.wire import whole_number
from mijnklantportaal_async.errors import CallTimeoutError, Outcome, RateLimitWaitError
from mijnklantportaal_async.values.clock import Clock


class Priority(enum.Enum):
    """Who goes first when calls have to wait."""

    INTERACTIVE = "interactive"
    """A person waits for the answer."""
    BACKGROUND = "background"
    """A batch: takes what nobody else wants."""


@attrs.frozen(kw_only=True)
class RateLimit:
    """How many calls a key may make.

    Args:
        requests: Calls in any `per` seconds; at least 1. None for no limit. A pause after a 429 holds all the same.
        per: Seconds; above 0.
        in_flight: Calls under way at once, and so connections; at least 1.
        follow_headers: Whether `X-RateLimit-Limit` corrects `requests`, and `X-RateLimit-Remaining` makes room for
            calls that other processes make with the key.
    """

    requests: int | None = attrs.field(default=60)
    per: float = attrs.field(default=60.0)
    in_flight: int = attrs.field(default=100)
    follow_headers: bool = True

    def __attrs_post_init__(self) -> None:
        if self.requests is not None and self.requests < 1:
            raise ValueError(f"RateLimit(requests={self.requests}) would let nothing through; give 1 or more, or None")
        if not self.per > 0 or self.in_flight < 1:
            raise ValueError(f"RateLimit(per={self.per}, in_flight={self.in_flight}): give a positive number to both")


@attrs.frozen(kw_only=True)
class RateLimitSnapshot:
    """How a limiter stands at one moment."""

    limit: int | None
    """Calls in any window; None for no limit."""
    remaining: int | None
    """Calls that could go at once."""
    resets_in: float
    """Seconds until another call becomes free; 0 when one is."""
    waiting: int
    """Calls that wait for a permit."""
    in_flight: int
    """Calls under way."""


class Permit:
    """The right to send one request, and its place in the window afterwards."""

    __slots__ = ("expires", "finished", "started")

    def __init__(self, started: float, expires: float) -> None:
        self.started = started
        self.expires = expires
        self.finished = False


_Waiter = asyncio.Future[Permit]

FIRST_CALLS = 4
"""Calls that a new session sends at once, before an answer has told it how much of the limit is left."""

SHARE_WHEN_CONTENDED = 4
"""While other processes use the key: at most one in so many of the free places is under way from here at once."""

ARRIVAL_MARGIN = 0.02
"""The service counts a request when it arrives, which is later than we send it: up to this part of a window later."""


class RateLimiter:
    """Hands out permits, first come first served within a priority. Give one object to several sessions of one key.

    Args:
        rate_limit: The limit to begin with.
        clock: Where time comes from.

    Attributes:
        claims: What the sessions that share this limiter have scheduled lately (see `calling/claims.py`).
    """

    def __init__(self, rate_limit: RateLimit | None = None, *, clock: Clock | None = None) -> None:
        settings = rate_limit or RateLimit(requests=None)
        self.claims = Claims()
        self._clock = clock or Clock()
        self._limit = settings.requests
        self._follow_headers = settings.follow_headers and settings.requests is not None
        self._per = settings.per
        self._margin = settings.per * ARRIVAL_MARGIN
        self._most_in_flight = settings.in_flight
        self._in_flight = 0
        self._log: deque[Permit] = deque()
        self._foreign: deque[float] = deque()
        self._paused_until = float("-inf")
        # Until the first answer says how much is left, others may be sending as well.
        self._contended_until = float("inf") if self._follow_headers else float("-inf")
        self._left = FIRST_CALLS * SHARE_WHEN_CONTENDED
        self._waiters: dict[Priority, deque[_Waiter]] = {priority: deque() for priority in Priority}
        self._timer: asyncio.TimerHandle | None = None

    def snapshot(self) -> RateLimitSnapshot:
        """How it stands now."""
        now = self._clock.monotonic()
        self._forget_expired(now)
        remaining = None if self._limit is None else max(0, self._free_places())
        if self._paused_until > now:
            remaining = 0
        return RateLimitSnapshot(
            limit=self._limit,
            remaining=remaining,
            resets_in=max(0.0, self._next_chance(now) - now),
            waiting=sum(len(waiters) for waiters in self._waiters.values()),
            in_flight=self._in_flight,
        )

    # --- taking a permit ---------------------------------------------------------------------------------------

    def take_now(self, priority: Priority) -> Permit | None:
        """A permit if one is free and nobody waits who goes first; without any waiting."""
        if self._waiters[Priority.INTERACTIVE] or (priority is Priority.BACKGROUND and self._waiters[priority]):
            return None
        now = self._clock.monotonic()
        return self._grant(now) if self._may_go(now) else None

    async def take(self, priority: Priority, timeout: float | None) -> Permit:
        """A permit, waiting for it up to `timeout` seconds. Cancelling gives back what was granted meanwhile.

        Raises:
            RateLimitWaitError: The rate limit leaves no call free in that time; raised at once where that is certain.
            CallTimeoutError: All `in_flight` places stayed taken that long (`clock="queue"`).
        """
        if (permit := self.take_now(priority)) is not None:
            return permit
        if timeout is not None and (certain := self._certain_wait(priority)) > timeout:
            raise _refusal(certain, timeout)
        waiters = self._waiters[priority]
        waiter: _Waiter = asyncio.get_running_loop().create_future()
        waiters.append(waiter)
        self._schedule_wake()
        try:
            async with asyncio.timeout(None if timeout is None else self._clock.real(timeout)):
                return await waiter
        except BaseException as error:
            if waiter in waiters:
                waiters.remove(waiter)
            if waiter.done() and not waiter.cancelled():
                self.give_back(waiter.result())
            self._wake()
            if isinstance(error, TimeoutError) and timeout is not None:
                raise self._queue_error(timeout) from None
            raise

    def finish(self, permit: Permit) -> None:
        """The request of this permit was answered, or failed: it keeps its place in the window."""
        now = self._clock.monotonic()
        # It was counted between being sent and being answered.
        permit.expires = min(now, permit.started + self._margin) + self._per
        permit.finished = True
        self._in_flight -= 1
        if self._is_awaited():
            self._wake()

    def give_back(self, permit: Permit) -> None:
        """The request of this permit never left: its place in the window is free again."""
        self._in_flight -= 1
        if permit in self._log:
            self._log.remove(permit)
        self._wake()

    # --- what the service says ---------------------------------------------------------------------------------

    def learn(self, headers: Mapping[str, str]) -> None:
        """Corrects the limit, and makes room for calls that others make with the key."""
        if not self._follow_headers:
            return
        limit, remaining = whole_number(headers.get("X-RateLimit-Limit")), headers.get("X-RateLimit-Remaining")
        if limit:
            self._limit = limit
        left = whole_number(remaining)
        now = self._clock.monotonic()
        if left is None or self._limit is None:
            self._contended_until = min(self._contended_until, now + self._per)
            return
        self._left = left
        self._forget_expired(now)
        # Only what cannot be ours: calls of ours under way may not have been counted yet.
        others = self._limit - left - len(self._log)
        if others > 0:
            self._contended_until = now + self._per
        elif self._contended_until == float("inf"):
            self._contended_until = now
        while len(self._foreign) > max(0, others):
            self._foreign.popleft()
        while len(self._foreign) < others:
            self._foreign.append(now + self._per)
        if self._is_awaited():
            self._wake()

    def pause(self, seconds: float) -> None:
        """After a 429: nobody calls with this key for so many seconds, and then with care for a whole window."""
        now = self._clock.monotonic()
        self._paused_until = max(self._paused_until, now + seconds)
        self._contended_until = self._paused_until + self._per
        self._left = 0

    # --- inside ------------------------------------------------------------------------------------------------

    def _is_awaited(self) -> bool:
        return any(self._waiters.values())

    def _free_places(self) -> int:
        return (self._limit or 0) - len(self._log) - len(self._foreign)

    def _forget_expired(self, now: float) -> None:
        while self._log and self._log[0].expires <= now:
            self._log.popleft()
        while self._foreign and self._foreign[0] <= now:
            self._foreign.popleft()

    def _may_go(self, now: float) -> bool:
        if self._in_flight >= self._most_in_flight or now < self._paused_until:
            return False
        if self._limit is None:
            return True
        self._forget_expired(now)
        free = self._free_places()
        if now < self._contended_until:
            # Others send as well: what is under way here and there together must not run over the edge.
            return free > 0 and self._not_counted_yet(now) < self._share(free)
        return free > 0

    def _share(self, free: int) -> int:
        return max(1, min(free, self._left) // SHARE_WHEN_CONTENDED)

    def _not_counted_yet(self, now: float) -> int:
        """Calls under way that may not have arrived at the service yet."""
        count = 0
        for permit in reversed(self._log):
            if permit.started < now - self._margin:
                break
            count += not permit.finished
        return count

    def _grant(self, now: float) -> Permit:
        # Until it is finished it counts as long as it possibly can.
        permit = Permit(now, now + self._margin + self._per)
        self._in_flight += 1
        if self._limit is not None:
            self._log.append(permit)
        return permit

    def _wake(self) -> None:
        """Hands out what is free, and sets the timer for what is not."""
        now = self._clock.monotonic()
        for waiters in self._waiters.values():
            while waiters and self._may_go(now):
                waiter = waiters.popleft()
                if not waiter.done():
                    waiter.set_result(self._grant(now))
        self._schedule_wake()

    def _schedule_wake(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        now = self._clock.monotonic()
        # With every place taken the next answer wakes us, not the clock.
        if not self._is_awaited() or self._in_flight >= self._most_in_flight:
            return
        delay = max(0.0, self._next_chance(now) - now)
        self._timer = asyncio.get_running_loop().call_later(self._clock.real(delay), self._wake)

    def _next_chance(self, now: float) -> float:
        """The earliest moment at which another call could go."""
        moment = max(now, self._paused_until)
        if self._limit is None:
            return moment
        if self._free_places() <= 0:
            ends: list[float] = [self._log[0].expires] if self._log else []
            if self._foreign:
                ends.append(self._foreign[0])
            return max(moment, min(ends, default=now))
        if moment < self._contended_until and self._not_counted_yet(now) >= self._share(self._free_places()):
            # Those under way have arrived by then, if no answer wakes us before.
            return max(moment, self._log[-1].started + self._margin)
        return moment

    def _certain_wait(self, priority: Priority) -> float:
        """Seconds that a new waiter has to wait at the least, however fast the answers come."""
        now = self._clock.monotonic()
        wait = max(0.0, self._paused_until - now)
        if self._limit is None:
            return wait
        self._forget_expired(now)
        ahead = len(self._waiters[Priority.INTERACTIVE])
        if priority is Priority.BACKGROUND:
            ahead += len(self._waiters[Priority.BACKGROUND])
        # What others did is a guess that the next answer may correct; only our own calls are certain.
        short = ahead + 1 - (self._limit - len(self._log))
        if short <= 0:
            return wait
        rounds, place = divmod(short - 1, self._limit)
        expiry = self._log[place].expires if place < len(self._log) else now
        return max(wait, expiry - self._margin - now + rounds * self._per)

    def _queue_error(self, timeout: float) -> RateLimitWaitError | CallTimeoutError:
        now = self._clock.monotonic()
        if self._in_flight >= self._most_in_flight:
            return CallTimeoutError(
                f"All {self._most_in_flight} places for calls under way stayed taken for {timeout:g} s",
                clock="queue",
                seconds=timeout,
                outcome=Outcome.NOT_SENT,
            )
        return _refusal(max(0.0, self._next_chance(now) - now), timeout)


def _refusal(wait: float, timeout: float) -> RateLimitWaitError:
    return RateLimitWaitError(
        f"The rate limit leaves no call free within {timeout:g} s (Timeouts.queue)", retry_after=wait
    )
