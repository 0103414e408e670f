"""Waiting for the rate limit: first come first served, persons before batches, safe to cancel."""

import asyncio
import enum
from collections import deque
from collections.abc import Mapping

import attrs

from mijnklantportaal_async.calling.headers import whole_number
from mijnklantportaal_async.calling.window import Permit, RateLimit, SlidingWindow
from mijnklantportaal_async.errors import CallTimeoutError, Outcome, RateLimitWaitError
from mijnklantportaal_async.texts.words import words
from mijnklantportaal_async.values.checks import check_setting
from mijnklantportaal_async.values.clock import Clock


class Priority(enum.Enum):
    """Who goes first when calls have to wait."""

    INTERACTIVE = "interactive"
    """A person waits for the answer."""
    BACKGROUND = "background"
    """A batch: takes what nobody else wants."""


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


_Waiter = asyncio.Future[Permit]


class RateLimiter:
    """Hands out permits. Give one object to several sessions of one key, on one event loop.

    Args:
        rate_limit: The limit to begin with; None for no limit.
        clock: Where time comes from; the same as the sessions'.
    """

    def __init__(self, rate_limit: RateLimit | None = None, *, clock: Clock | None = None) -> None:
        if rate_limit is not None:
            check_setting(rate_limit, RateLimit, "rate_limit", "RateLimit(requests=60)")
        self._clock = clock or Clock()
        self._window = SlidingWindow(rate_limit or RateLimit(requests=None))
        # Looks for what became of a call: everything else of that call waits for them.
        self._first: deque[_Waiter] = deque()
        self._interactive: deque[_Waiter] = deque()
        self._background: deque[_Waiter] = deque()
        self._queues = (self._first, self._interactive, self._background)
        self._timer: asyncio.TimerHandle | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def remembers_for(self) -> float:
        """Seconds after which a new limiter would do as well: the calls until now have left the window by then."""
        return self._window.remembers_for(self._clock.monotonic())

    def snapshot(self) -> RateLimitSnapshot:
        """How it stands now."""
        now, window = self._clock.monotonic(), self._window
        resets_in = max(0.0, window.next_chance(now) - now)
        remaining = None if window.limit is None else max(0, window.free(now))
        return RateLimitSnapshot(
            limit=window.limit,
            remaining=0 if resets_in > 0 else remaining,
            resets_in=resets_in,
            waiting=sum(map(len, self._queues)),
            in_flight=window.in_flight,
        )

    def check_usable(self) -> None:
        """Refuses use on another event loop than the first, as long as that is open.

        What waited on a loop that is closed is gone, and what was under way there is over: the next loop takes over.

        Raises:
            RuntimeError: With what to do instead.
        """
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            # Nobody can wait here, so nobody can be kept waiting.
            return
        if self._loop is loop:
            return
        if self._loop is not None:
            if not self._loop.is_closed():
                raise RuntimeError(
                    "This RateLimiter belongs to another event loop, which is still open; make one per loop "
                    "(processes and loops that share a key can share a SharedRateLimiter)"
                )
            self._forget_everybody()
        self._loop = loop

    def take_now(self, priority: Priority, first: bool = False) -> Permit | None:
        """A permit if one is free and nobody waits who goes first; without any waiting.

        Args:
            priority: Who asks.
            first: Whether it goes before all others, whatever their priority: a look for what became of a call.

        Raises:
            RuntimeError: The limiter belongs to another event loop.
        """
        self.check_usable()
        if self._first or (not first and (self._interactive or (self._background and priority is Priority.BACKGROUND))):
            return None
        now = self._clock.monotonic()
        return self._window.grant(now) if self._window.may_go(now) else None

    async def take(self, priority: Priority, timeout: float | None, first: bool = False) -> Permit:
        """A permit, waiting for it up to `timeout` seconds. Cancelling gives back what was granted meanwhile.

        Args:
            priority: Who asks.
            timeout: Seconds; None for no end.
            first: Whether it goes before all others, whatever their priority: a look for what became of a call.

        Raises:
            RateLimitWaitError: The rate limit leaves no call free in that time; raised at once where that is certain.
            CallTimeoutError: All `in_flight` places stayed taken that long (`clock="queue"`).
            RuntimeError: The limiter belongs to another event loop.
        """
        if (permit := self.take_now(priority, first)) is not None:
            return permit
        place = 0 if first else 1 if priority is Priority.INTERACTIVE else 2
        if timeout is not None:
            ahead = sum(map(len, self._queues[: place + 1]))
            certain = self._window.certain_wait(ahead, self._clock.monotonic())
            if certain > timeout:
                raise _refusal(certain, timeout)
        waiters = self._queues[place]
        waiter: _Waiter = asyncio.get_running_loop().create_future()
        waiters.append(waiter)
        self._set_timer()
        try:
            async with asyncio.timeout(None if timeout is None else self._clock.real(timeout)):
                return await waiter
        except BaseException as error:
            if waiter in waiters:
                waiters.remove(waiter)
            if waiter.done() and not waiter.cancelled():
                self._window.give_back(waiter.result())
            self._wake()
            if isinstance(error, TimeoutError) and timeout is not None:
                raise self._queue_error(timeout) from None
            raise

    def finish(self, permit: Permit, headers: Mapping[str, str] | None = None) -> None:
        """The request of this permit was answered, or failed: it keeps its place in the window.

        Any number of times, and never raises.

        Args:
            permit: Of the request.
            headers: Those of the answer, to learn from: they correct the limit, and tell of calls that others make
                with the key. None where there is no answer, or a 429.
        """
        now = self._clock.monotonic()
        # What the answer says comes before handing its place to the next.
        if headers is not None and self._window.is_curious:
            self._learn(headers, now)
        self._window.finish(permit, now)
        if self._interactive or self._background or self._first:
            self._wake()

    def give_back(self, permit: Permit) -> None:
        """The request of this permit never left: its place in the window is free again.

        Any number of times, also after `finish`, which it does not undo; never raises.
        """
        self._window.give_back(permit)
        self._wake()

    def learn(self, headers: Mapping[str, str]) -> None:
        """Corrects the limit, and makes room for calls that others make with the key. Never raises."""
        self._learn(headers, self._clock.monotonic())
        self._wake()

    def pause(self, seconds: float | None, jitter: float = 0.0) -> float:
        """After a 429: nobody calls with this key for so many seconds. Never raises.

        Args:
            seconds: As the answer asks; None where it does not say. As long as refusals follow each other, pauses
                grow, whatever is asked.
            jitter: Seconds on top, so that several processes do not all come back at once.

        Returns:
            Seconds that it comes to.
        """
        return self._window.pause(seconds, self._clock.monotonic(), jitter)

    # --- inside ------------------------------------------------------------------------------------------------

    def _learn(self, headers: Mapping[str, str], now: float) -> None:
        window = self._window
        limit = left = None
        if window.follows_headers:
            limit = whole_number(headers.get("X-RateLimit-Limit"))
            left = whole_number(headers.get("X-RateLimit-Remaining"))
        window.learn(limit, left, now)

    def _wake(self) -> None:
        """Hands out what is free, and sets the timer for what is not."""
        if not self._first and not self._interactive and not self._background:
            return
        if self._loop is None or self._loop.is_closed():
            self._forget_everybody()
            return
        now = self._clock.monotonic()
        for waiters in self._queues:
            while waiters and self._window.may_go(now):
                waiter = waiters.popleft()
                if not waiter.done():
                    waiter.set_result(self._window.grant(now))
        self._set_timer()

    def _set_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        # With every place taken the next answer wakes us, not the clock.
        is_full = self._window.in_flight >= self._window.most_in_flight
        if self._loop is not None and any(self._queues) and not is_full:
            now = self._clock.monotonic()
            delay = max(0.0, self._window.next_chance(now) - now)
            self._timer = self._loop.call_later(self._clock.real(delay), self._wake)

    def _forget_everybody(self) -> None:
        """The loop is closed: nobody there can be told anything any more."""
        for waiters in self._queues:
            waiters.clear()
        self._timer = None
        self._window.abandon()

    def _queue_error(self, timeout: float) -> RateLimitWaitError | CallTimeoutError:
        window, now = self._window, self._clock.monotonic()
        if window.in_flight >= window.most_in_flight:
            return CallTimeoutError(
                words(
                    "All {most_in_flight} places for calls under way stayed taken for {timeout:g} s",
                    most_in_flight=window.most_in_flight,
                    timeout=timeout,
                ),
                clock="queue",
                seconds=timeout,
                outcome=Outcome.NOT_SENT,
            )
        return _refusal(max(0.0, window.next_chance(now) - now), timeout)


def _refusal(wait: float, timeout: float) -> RateLimitWaitError:
    return RateLimitWaitError(
        words("The rate limit leaves no call free within {timeout:g} s (Timeouts.queue)", timeout=timeout),
        retry_after=wait,
    )
