"""When to try again, how long to wait before, and when to stop.

The table of `judge` is printed in docs/retries.md as a contract.
"""

import enum
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import attrs

from mijnklantportaal_async import errors
from mijnklantportaal_async.calling.answers import LOST_ANSWERS
from mijnklantportaal_async.calling.record import CallRecord
from mijnklantportaal_async.calling.wire import Effect
from mijnklantportaal_async.errors import Outcome
from mijnklantportaal_async.texts.words import words
from mijnklantportaal_async.values.checks import check_count, check_seconds

if TYPE_CHECKING:
    from tenacity import AsyncRetrying, RetryCallState
    from tenacity.stop import StopBaseT
    from tenacity.wait import WaitBaseT

    from mijnklantportaal_async.calling.closing import Closing
    from mijnklantportaal_async.values.clock import Clock


DONE_STATUSES = frozenset({201, 202})
"""With these a service says that it has done it, or will: it is never told again, whatever else the answer says."""


@attrs.frozen(kw_only=True)
class Timeouts:
    """Three clocks, in seconds; None for no end.

    Args:
        queue: Waiting for the rate limit, all attempts of a call together.
        attempt: One request, from sending to the last byte of the answer. Starts once the permit is there.
        call: A whole call: attempts, backoff and looking, without the queue.
    """

    queue: float | None = 60.0
    attempt: float | None = 30.0
    call: float | None = 90.0

    def __attrs_post_init__(self) -> None:
        for name in ("queue", "attempt", "call"):
            seconds = getattr(self, name)
            if seconds is not None:
                check_seconds(seconds, f"Timeouts({name}=...)", otherwise="or None for no end")


@attrs.frozen(kw_only=True)
class RetryPolicy:
    """How often and how patiently to try again. Which failures allow it is not a matter of policy.

    Args:
        attempts: Requests sent for one call at the most, refusals by the rate limit not counted. 1: never again.
        stop: A tenacity stop strategy instead of `attempts`; counts every failure.
        wait: A tenacity wait strategy; by default full jitter, `rand * min(0.5 * 2**n, 20)` seconds.
        quota: How many failures the session retries before successes have to make up for them; retrying stops by
            itself when the service is down. None for no quota.
    """

    attempts: int = 4
    stop: "StopBaseT | None" = None
    wait: "WaitBaseT | None" = None
    quota: int | None = 100

    def __attrs_post_init__(self) -> None:
        check_count(self.attempts, "RetryPolicy(attempts=...)")
        if self.quota is not None:
            check_count(self.quota, "RetryPolicy(quota=...)", least=0)
        for name in ("stop", "wait"):
            strategy = getattr(self, name)
            if strategy is not None and (isinstance(strategy, type) or not callable(strategy)):
                raise TypeError(f"RetryPolicy({name}=...) must be a strategy such as tenacity.{name}_... makes one")


class RetryQuota:
    """A purse for retries: each takes one coin, a success gives back what its call took, and a little more."""

    __slots__ = ("_capacity", "_left")

    REFILL = 0.2
    """Coins for a success that needed no retry."""

    def __init__(self, capacity: int | None) -> None:
        self._capacity = float("inf") if capacity is None else float(capacity)
        self._left = self._capacity

    def take(self) -> bool:
        """Whether one more retry is allowed, which it then counts."""
        if self._left < 1:
            return False
        self._left -= 1
        return True

    def give_back(self, retries: int) -> None:
        """After a success."""
        if self._left < self._capacity:
            self._left = min(self._capacity, self._left + (retries or self.REFILL))


class Step(enum.Enum):
    """What to do after a failure."""

    RETRY = "retry"
    LOOK = "look"
    """Find out whether it happened; never send blindly."""
    RAISE = "raise"


def judge(effect: Effect, error: errors.MijnKlantportaalError) -> Step:
    """The table: what a failure allows, by what sending the operation twice would do."""
    match error:
        case errors.ConnectError():
            return Step.RAISE if error.is_permanent else Step.RETRY
        case errors.RateLimitedError():
            return Step.RETRY
        case errors.CallTimeoutError() if error.clock != "attempt":
            return Step.RAISE
        case errors.CallTimeoutError() if error.outcome is Outcome.NOT_SENT:
            return Step.RETRY
        case errors.OutcomeUnknownError():
            return Step.RAISE if effect.may_repeat else Step.LOOK
        case errors.DecodeError():
            return Step.RAISE if effect.may_repeat else Step.LOOK
        case errors.TransportError() | errors.ServerError() if error.outcome is not Outcome.REJECTED:
            return Step.RETRY if effect.may_repeat else Step.LOOK
        case errors.APIStatusError() if error.status in LOST_ANSWERS:
            return Step.RETRY if effect.may_repeat else Step.LOOK
        case errors.APIStatusError() if error.outcome is Outcome.UNKNOWN:
            return Step.RAISE if effect.may_repeat else Step.LOOK
        case _:
            return Step.RAISE


def may_send_again(error: errors.MijnKlantportaalError) -> bool:
    """Whether something that must not be done twice is sent again once it is certain that it is not there."""
    if isinstance(error, errors.DecodeError):
        # Anybody on the way answers 200 with a page of his own; a service says 201 when it has done it.
        return error.outcome is Outcome.UNKNOWN and error.status not in DONE_STATUSES
    return judge(Effect.SET, error) is Step.RETRY


def retrying(
    policy: RetryPolicy,
    timeouts: Timeouts,
    *,
    clock: "Clock",
    record: CallRecord,
    quota: RetryQuota,
    may_repeat: Callable[[errors.MijnKlantportaalError], bool],
    before_sleep: Callable[[int, float, errors.MijnKlantportaalError], None],
    closing: "Closing | None" = None,
) -> "AsyncRetrying":
    """A fresh tenacity object for one call: shared ones mix up the failures of concurrent tasks.

    A session that is closed ends the wait before another try: the failure that it followed is raised then.
    """
    # Imported at the first failure: most programs never see one, and importing this package stays cheap.
    import tenacity

    full_jitter = policy.wait or tenacity.wait_random_exponential(multiplier=0.5, max=20)

    def failure_of(state: "RetryCallState") -> Any:
        return state.outcome.exception() if state.outcome else None

    def wait(state: "RetryCallState") -> float:
        error = failure_of(state)
        # After a 429 the limiter holds the whole key; the next attempt waits there, under the queue clock.
        if isinstance(error, errors.RateLimitedError):
            return 0.0
        # A service that says when it will be back is not asked before.
        asked = error.retry_after if isinstance(error, errors.APIStatusError) else None
        return max(asked or 0.0, full_jitter(state))

    def attempts_are_used_up(state: "RetryCallState") -> bool:
        if policy.attempts == 1:
            return True
        return not isinstance(failure_of(state), errors.RateLimitedError) and record.failures >= policy.attempts

    def call_clock_would_run_out(state: "RetryCallState") -> bool:
        spent = clock.monotonic() - record.started - record.queued - record.moving
        return timeouts.call is not None and spent + state.upcoming_sleep >= timeouts.call

    def quota_is_spent(state: "RetryCallState") -> bool:
        error = failure_of(state)
        if isinstance(error, errors.RateLimitedError) or quota.take():
            return False
        error.add_note(words("Not tried again: too many calls of this session have failed lately (RetryPolicy.quota)."))
        return True

    def stop(state: "RetryCallState") -> bool:
        enough = policy.stop or attempts_are_used_up
        # The quota last: asking for a coin takes it.
        return enough(state) or call_clock_would_run_out(state) or quota_is_spent(state)

    failures: list[errors.MijnKlantportaalError] = []

    def announce(state: "RetryCallState") -> None:
        failures[:] = [failure_of(state)]
        before_sleep(record.attempts, state.upcoming_sleep, failures[0])

    async def sleep(seconds: float) -> None:
        if closing is None:
            await clock.sleep(seconds)
            return
        try:
            await closing.sleep(seconds)
        except errors.ConnectError:
            failures[0].add_note(words("Not tried again: the session was closed."))
            raise failures[0] from failures[0].__cause__

    return tenacity.AsyncRetrying(
        sleep=sleep,
        stop=stop,
        wait=wait,
        # Our own errors only: anything wider would swallow a cancellation.
        retry=tenacity.retry_if_exception(lambda e: isinstance(e, errors.MijnKlantportaalError) and may_repeat(e)),
        before_sleep=announce,
        reraise=True,
    )
