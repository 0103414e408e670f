"""The sliding window of a key, without waiting: who may send now, and when the next one may.

A log of calls is right whether the service counts in rolling or in fixed windows (the documentation says both), and
loses nothing. A bucket that refills one call a second would let 119 into a minute.

Source: https://docs.developers.mijnklantportaal.nl/getting-started/rate-limiting
"""

from collections import deque
from collections.abc import Callable

import attrs

from mijnklantportaal_async.calling.headers import LONGEST_WAIT
from mijnklantportaal_async.values.checks import check_count, check_seconds, check_truth

ARRIVAL_MARGIN = 0.02
"""The service counts a request when it arrives, which is later than we send it: up to this part of a window later."""

FIRST_CALLS = 4
"""Calls that go at once before an answer has told how much of the limit is left."""

CARE = 2
"""For how many windows others are reckoned with after they were last noticed."""

_UNTIL_TOLD = float("inf")

SHARE_WHEN_CONTENDED = 4
"""While other processes use the key: at most one in so many of the free places is under way from here at once."""

MOST_COUNTED = 100_000
"""A limit above says nothing that matters here: no process sends so much in a minute."""

STEPS = 64
"""In so many steps of a window the calls of others are counted."""

FIRST_PAUSE = 1.0
"""Seconds after a refusal that does not say how long; each one after it doubles them."""

LONGEST_PAUSE = 60.0
"""Seconds to which they grow. One that the service asks for may be longer."""


@attrs.frozen(kw_only=True)
class RateLimit:
    """How many calls a key may make.

    Args:
        requests: Calls in any `per` seconds; at least 1. None for no limit. A pause after a 429 holds all the same.
        per: Seconds; above 0.
        in_flight: Calls under way at once, and so connections; at least 1.
        follow_headers: Whether `X-RateLimit-Limit` corrects `requests`, and `X-RateLimit-Remaining` makes room for
            calls that other processes make with the key.

    Raises:
        TypeError: A number is of another type.
        ValueError: A number would let nothing through.
    """

    requests: int | None = 60
    per: float = 60.0
    in_flight: int = 100
    follow_headers: bool = True

    def __attrs_post_init__(self) -> None:
        if self.requests is not None:
            check_count(self.requests, "RateLimit(requests=...)")
        check_seconds(self.per, "RateLimit(per=...)")
        check_count(self.in_flight, "RateLimit(in_flight=...)")
        check_truth(self.follow_headers, "RateLimit(follow_headers=...)")


class Permit:
    """The right to send one request, and its place in the window afterwards."""

    __slots__ = ("expires", "is_valid", "started")

    def __init__(self, started: float, expires: float) -> None:
        self.started = started
        self.expires = expires
        # Asked at the very moment at which the body of a request leaves; None for a permit that does not grow old.
        self.is_valid: Callable[[], bool] | None = None


class SlidingWindow:
    """What was sent lately, here and, as far as the answers tell, elsewhere. Every method takes the time.

    Args:
        rate_limit: The limit to begin with.

    Attributes:
        limit: Calls in any window; None for no limit.
        most_in_flight: As many as may be under way.
        follows_headers: Whether `learn` is of any use.
    """

    def __init__(self, rate_limit: RateLimit) -> None:
        self.limit = rate_limit.requests
        self.most_in_flight = rate_limit.in_flight
        self.follows_headers = rate_limit.follow_headers and rate_limit.requests is not None
        self._per = rate_limit.per
        self._margin = rate_limit.per * ARRIVAL_MARGIN
        self._under_way: set[Permit] = set()
        self._log: deque[Permit] = deque()
        # How many calls of others there were, and when those have left the window at the latest.
        self._foreign: deque[tuple[int, float]] = deque()
        self._others = 0
        self._paused_until = float("-inf")
        self._refusals = 0
        # Until the first answer says how much is left, others may be sending as well.
        self._contended_until = _UNTIL_TOLD if self.follows_headers else float("-inf")
        self._left = FIRST_CALLS * SHARE_WHEN_CONTENDED

    @property
    def in_flight(self) -> int:
        """Calls under way."""
        return len(self._under_way)

    def remembers_for(self, now: float) -> float:
        """Seconds until nothing of what happened so far matters any more, a pause included."""
        return max(0.0, self._paused_until - now) + self._margin + self._per

    def may_go(self, now: float) -> bool:
        """Whether another call may go now."""
        if len(self._under_way) >= self.most_in_flight or now < self._paused_until:
            return False
        if self.limit is None:
            return True
        free = self.free(now)
        if free > 0 and now < self._contended_until:
            # Others send as well: what is under way here and there together must not run over the edge.
            return self._not_counted_yet(now) < self._share(free)
        return free > 0

    def grant(self, now: float) -> Permit:
        """Takes a place."""
        # Until it is finished it counts as long as it possibly can.
        permit = Permit(now, now + self._margin + self._per)
        self._under_way.add(permit)
        if self.limit is not None:
            self._log.append(permit)
        return permit

    def finish(self, permit: Permit, now: float) -> None:
        """The request was answered, or failed: it was counted between being sent and now. Once for each permit."""
        if permit in self._under_way:
            self._under_way.remove(permit)
            permit.expires = min(now, permit.started + self._margin) + self._per

    def give_back(self, permit: Permit) -> None:
        """The request never left: its place is free again. Nothing for a permit that was finished."""
        if permit in self._under_way:
            self._under_way.remove(permit)
            if permit in self._log:
                self._log.remove(permit)

    def abandon(self) -> None:
        """Nobody will finish what is under way: its event loop is gone."""
        self._under_way.clear()

    @property
    def is_curious(self) -> bool:
        """Whether `learn` would change anything."""
        return self.follows_headers or self._refusals > 0

    def learn(self, limit: int | None, left: int | None, now: float) -> None:
        """Takes over what an answer says of the limit and of the calls left in it."""
        if now >= self._paused_until:
            self._refusals = 0
        if not self.follows_headers or self.limit is None:
            return
        if limit is not None:
            # A limit of nothing is how some services say that there is none.
            limit, left = (min(limit, MOST_COUNTED), left) if limit > 0 else (self.limit, None)
            self.limit = limit
        if left is None:
            # A service that does not tell is believed to be ours alone.
            self._contended_until = min(self._contended_until, now)
            return
        self._left = left
        # Only what cannot be ours: calls of ours under way may not have been counted yet.
        others = self.free(now) + self._others - left
        if others > 0:
            self._contended_until = now + CARE * self._per
        elif self._contended_until == _UNTIL_TOLD:
            self._contended_until = now
        if others > self._others:
            self._notice(others - self._others, now + self._per)
        elif self._others:
            self._forget(self._others - max(0, others))

    def pause(self, seconds: float | None, now: float, jitter: float = 0.0) -> float:
        """After a 429: nobody calls for so many seconds, and then with care. Returns the seconds that it comes to.

        Where the service names none, or next to none, they grow from one refusal to the next.
        """
        if now >= self._paused_until:
            # Calls that were under way together are refused together: that is one refusal.
            self._refusals += 1
        grown = min(FIRST_PAUSE * 2.0 ** min(self._refusals - 1, 10), LONGEST_PAUSE)
        # NaN is not above anything.
        wait = min(seconds, 2 * LONGEST_WAIT) if seconds is not None and seconds > grown else grown
        self._paused_until = max(self._paused_until, now + wait + jitter)
        self._contended_until = self._paused_until + CARE * self._per
        self._left = 0
        return self._paused_until - now

    def free(self, now: float) -> int:
        """Places that are free now, a pause and contention not counted; below 0 after the limit was lowered."""
        while self._log and self._log[0].expires <= now:
            self._log.popleft()
        while self._foreign and self._foreign[0][1] <= now:
            self._others -= self._foreign.popleft()[0]
        return (self.limit or 0) - len(self._log) - self._others

    def next_chance(self, now: float) -> float:
        """The earliest moment at which another call could go, if no answer changes that."""
        moment = max(now, self._paused_until)
        if self.limit is None:
            return moment
        free = self.free(now)
        if free <= 0:
            first = self._log[0].expires if self._log else float("inf")
            return max(moment, min(first, self._foreign[0][1]) if self._foreign else first)
        if moment < self._contended_until and self._not_counted_yet(now) >= self._share(free):
            # By then those under way have arrived.
            return max(moment, self._log[-1].started + self._margin)
        return moment

    def certain_wait(self, ahead: int, now: float) -> float:
        """Seconds that a call with so many ahead of it has to wait at the least, however fast the answers come."""
        wait = max(0.0, self._paused_until - now)
        if self.limit is None:
            return wait
        self.free(now)
        # What others did is a guess that the next answer may correct; only our own calls are certain.
        short = ahead + 1 - (self.limit - len(self._log))
        if short <= 0:
            return wait
        rounds, place = divmod(short - 1, self.limit)
        expiry = self._log[place].expires if place < len(self._log) else now
        return max(wait, expiry - self._margin - now + rounds * self._per)

    def _notice(self, calls: int, expires: float) -> None:
        """More calls of others than were known of."""
        self._others += calls
        if self._foreign and expires - self._foreign[-1][1] < self._per / STEPS:
            calls += self._foreign.pop()[0]
        self._foreign.append((calls, expires))

    def _forget(self, calls: int) -> None:
        """Fewer calls of others: the oldest have left the window."""
        self._others -= calls
        while calls > 0:
            count, expires = self._foreign.popleft()
            if count > calls:
                self._foreign.appendleft((count - calls, expires))
            calls -= count

    def _share(self, free: int) -> int:
        return max(1, min(free, self._left) // SHARE_WHEN_CONTENDED)

    def _not_counted_yet(self, now: float) -> int:
        """Calls under way that may not have arrived at the service yet."""
        count = 0
        for permit in reversed(self._log):
            # The same sum as in `next_chance`: at that moment they have arrived, to the last bit.
            if permit.started + self._margin <= now:
                break
            count += permit in self._under_way
        return count
