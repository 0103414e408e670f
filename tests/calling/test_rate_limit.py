"""The sliding window by itself, on a clock that the test moves."""

import asyncio
from collections import deque
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from moved_time import HandClock

from mijnklantportaal_async import CallTimeoutError, Clock, Priority, RateLimit, RateLimiter, RateLimitWaitError
from mijnklantportaal_async.calling.window import ARRIVAL_MARGIN, Permit, SlidingWindow

INTERACTIVE, BACKGROUND = Priority.INTERACTIVE, Priority.BACKGROUND


def limiter_of(requests: int | None, per: float = 60.0, in_flight: int = 100) -> tuple[RateLimiter, HandClock]:
    clock = HandClock()
    return RateLimiter(RateLimit(requests=requests, per=per, in_flight=in_flight), clock=clock), clock


def take(limiter: RateLimiter, priority: Priority = INTERACTIVE) -> Permit:
    permit = limiter.take_now(priority)
    assert permit is not None
    return permit


@given(
    limit=st.integers(1, 10),
    steps=st.lists(st.tuples(st.floats(0, 30), st.floats(0, 5)), min_size=1, max_size=120),
)
def test_never_more_than_the_limit_in_any_window(limit: int, steps: list[tuple[float, float]]) -> None:
    """However calls come and however long their answers take: no window of the service sees too many arrive."""
    limiter, clock = limiter_of(limit)
    arrivals: list[float] = []
    under_way: deque[tuple[float, Permit]] = deque()
    for wait, latency in steps:
        clock.now += wait
        while under_way and under_way[0][0] <= clock.now:
            limiter.finish(under_way.popleft()[1])
        permit = limiter.take_now(INTERACTIVE)
        if permit is not None:
            # The request arrives somewhere between leaving and its answer, within the margin for a slow network.
            arrivals.append(clock.now + min(latency / 2, 60 * ARRIVAL_MARGIN))
            under_way.append((clock.now + latency, permit))
    arrivals.sort()
    for first, last in zip(arrivals, arrivals[limit:], strict=False):
        assert last - first >= 60 - 60 * ARRIVAL_MARGIN


@given(limit=st.integers(1, 20), gap=st.floats(0.01, 3))
def test_a_full_window_is_used_up_and_no_more(limit: int, gap: float) -> None:
    limiter, clock = limiter_of(limit)
    sent = 0
    end = clock.now + 600
    while clock.now < end:
        while (permit := limiter.take_now(INTERACTIVE)) is not None:
            limiter.finish(permit)
            sent += 1
        clock.now += gap
    assert sent <= limit * 10
    assert sent >= limit * 600 // (60 + gap + 0.001)


@given(
    began=st.floats(0, 1e9),
    steps=st.lists(st.tuples(st.sampled_from(["grant", "finish", "refused"]), st.floats(0, 30)), max_size=12),
)
def test_who_may_not_go_is_told_a_later_moment_and_waits_for_none_twice(
    began: float, steps: list[tuple[str, float]]
) -> None:
    """To the last bit: a timer that goes off a hair too early would be set again without end."""
    window, now, under_way = SlidingWindow(RateLimit(requests=6, per=60.0)), began, list[Permit]()
    for action, seconds in steps:
        now += seconds
        if action == "grant" and window.may_go(now):
            under_way.append(window.grant(now))
        elif action == "finish" and under_way:
            window.finish(under_way.pop(0), now)
        elif action == "refused":
            window.pause(seconds, now)
    for _ in range(20):
        if window.may_go(now):
            break
        chance = window.next_chance(now)
        assert chance > now
        now = chance
    else:
        raise AssertionError("nobody ever goes")


async def test_a_token_bucket_would_let_119_into_a_minute_and_this_does_not() -> None:
    limiter, clock = limiter_of(60)
    sent = 0
    for _ in range(61):
        while (permit := limiter.take_now(INTERACTIVE)) is not None:
            limiter.finish(permit)
            sent += 1
        clock.now += 1 - 1e-9 if clock.now < 1059 else 0
    assert sent == 60


async def test_first_come_first_served_within_a_priority_and_persons_before_batches() -> None:
    limiter, _ = limiter_of(None, in_flight=1)
    order: list[str] = []

    async def call(name: str, priority: Priority) -> None:
        permit = await limiter.take(priority, None)
        order.append(name)
        limiter.finish(permit)

    holding = take(limiter)
    tasks: list[asyncio.Task[None]] = []
    for name, priority in [
        ("b1", BACKGROUND),
        ("b2", BACKGROUND),
        ("i1", INTERACTIVE),
        ("b3", BACKGROUND),
        ("i2", INTERACTIVE),
    ]:
        tasks.append(asyncio.create_task(call(name, priority)))
        await asyncio.sleep(0)
    assert limiter.snapshot().waiting == 5
    limiter.finish(holding)
    await asyncio.gather(*tasks)
    assert order == ["i1", "i2", "b1", "b2", "b3"]


async def test_an_interactive_call_overtakes_500_waiting_background_calls() -> None:
    clock = Clock(speed=1000)
    limiter = RateLimiter(RateLimit(requests=60, per=60), clock=clock)
    order: list[Priority] = []

    async def call(priority: Priority) -> None:
        permit = await limiter.take(priority, None)
        order.append(priority)
        limiter.finish(permit)

    tasks = [asyncio.create_task(call(BACKGROUND)) for _ in range(560)]
    while limiter.snapshot().waiting < 500:
        await asyncio.sleep(0)
    tasks.append(asyncio.create_task(call(INTERACTIVE)))
    await asyncio.gather(*tasks)
    assert order.index(INTERACTIVE) == 60


async def test_nobody_overtakes_those_who_wait_already() -> None:
    limiter, clock = limiter_of(1, per=60)
    limiter.finish(take(limiter))
    waiting = asyncio.create_task(limiter.take(INTERACTIVE, None))
    await asyncio.sleep(0)
    clock.now += 61
    assert limiter.take_now(INTERACTIVE) is None
    assert limiter.take_now(BACKGROUND) is None
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert limiter.take_now(BACKGROUND) is not None


async def test_a_permit_granted_at_the_moment_of_cancelling_is_given_back() -> None:
    limiter, _ = limiter_of(5, in_flight=1)
    holding = take(limiter)
    waiting = asyncio.create_task(limiter.take(INTERACTIVE, None))
    await asyncio.sleep(0)
    limiter.finish(holding)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert limiter.snapshot().in_flight == 0
    assert limiter.snapshot().remaining == 4


async def test_a_cancelled_waiter_in_the_middle_is_skipped() -> None:
    limiter, _ = limiter_of(None, in_flight=1)
    holding = take(limiter)
    tasks = [asyncio.create_task(limiter.take(INTERACTIVE, None)) for _ in range(3)]
    await asyncio.sleep(0)
    tasks[0].cancel()
    # Finished in the same turn of the loop: the waiter is cancelled but still in the queue.
    limiter.finish(holding)
    permit = await tasks[1]
    assert limiter.snapshot().in_flight == 1
    limiter.finish(permit)
    limiter.finish(await tasks[2])
    assert limiter.snapshot().in_flight == 0


def test_what_was_never_sent_uses_up_nothing() -> None:
    limiter, _ = limiter_of(1)
    limiter.give_back(take(limiter))
    assert limiter.take_now(INTERACTIVE) is not None
    assert limiter.take_now(INTERACTIVE) is None


def test_without_a_limit_only_the_places_count() -> None:
    limiter, _ = limiter_of(None, in_flight=2)
    permit, _ = take(limiter), take(limiter)
    assert limiter.take_now(INTERACTIVE) is None
    limiter.give_back(permit)
    assert limiter.take_now(INTERACTIVE) is not None
    assert limiter.snapshot().limit is None
    assert limiter.snapshot().remaining is None


def test_a_pause_holds_the_whole_key() -> None:
    limiter, clock = limiter_of(60)
    limiter.pause(10)
    limiter.pause(5)
    assert limiter.take_now(INTERACTIVE) is None
    assert limiter.snapshot().remaining == 0
    assert limiter.snapshot().resets_in == 10
    clock.now += 10
    assert limiter.take_now(INTERACTIVE) is not None


async def test_a_pause_longer_than_the_queue_refuses_at_once_even_without_a_limit() -> None:
    limiter, _ = limiter_of(None)
    limiter.pause(30)
    with pytest.raises(RateLimitWaitError) as caught:
        await limiter.take(INTERACTIVE, 5)
    assert caught.value.retry_after == 30


async def test_the_certain_wait_counts_those_ahead() -> None:
    limiter, _ = limiter_of(2, per=60)
    for _ in range(2):
        limiter.finish(take(limiter))
    waiting = [asyncio.create_task(limiter.take(INTERACTIVE, None)) for _ in range(2)]
    background = asyncio.create_task(limiter.take(BACKGROUND, None))
    await asyncio.sleep(0)
    for timeout in (100, 110):
        with pytest.raises(RateLimitWaitError):
            await limiter.take(INTERACTIVE, timeout)
    with pytest.raises(RateLimitWaitError):
        await limiter.take(BACKGROUND, 110)
    assert limiter.snapshot().waiting == 3
    for task in (*waiting, background):
        task.cancel()


def test_the_headers_correct_the_limit_and_reveal_others() -> None:
    limiter, clock = limiter_of(60)
    permit = take(limiter)
    limiter.learn({"X-RateLimit-Limit": "30", "X-RateLimit-Remaining": "19"})
    limiter.finish(permit)
    # 11 of 30 used, 1 of them ours.
    assert limiter.snapshot().limit == 30
    assert limiter.snapshot().remaining == 19
    limiter.learn({"X-RateLimit-Limit": "30", "X-RateLimit-Remaining": "25"})
    assert limiter.snapshot().remaining == 25
    limiter.learn({"X-RateLimit-Limit": "30", "X-RateLimit-Remaining": "0"})
    assert limiter.snapshot().remaining == 0
    assert limiter.snapshot().resets_in > 0
    clock.now += 60.1
    assert limiter.snapshot().remaining == 30


@pytest.mark.parametrize("value", ["", "many", "-1", "1.5", "٣"])
def test_headers_that_are_no_numbers_are_ignored(value: str) -> None:
    limiter, _ = limiter_of(60)
    limiter.learn({"X-RateLimit-Limit": value, "X-RateLimit-Remaining": value})
    assert limiter.snapshot().limit == 60
    assert limiter.snapshot().remaining == 60


def test_headers_can_be_ignored() -> None:
    limiter = RateLimiter(RateLimit(requests=30, follow_headers=False))
    limiter.learn({"X-RateLimit-Limit": "60", "X-RateLimit-Remaining": "0"})
    assert limiter.snapshot().remaining == 30


async def test_an_answer_that_reveals_room_wakes_those_who_wait() -> None:
    limiter, _ = limiter_of(10)
    limiter.learn({"X-RateLimit-Remaining": "0"})
    waiting = asyncio.create_task(limiter.take(INTERACTIVE, None))
    await asyncio.sleep(0)
    assert not waiting.done()
    limiter.learn({"X-RateLimit-Remaining": "10"})
    await waiting


async def test_all_places_taken_is_another_error_than_the_rate() -> None:
    limiter = RateLimiter(RateLimit(requests=None, in_flight=1))
    take(limiter)
    with pytest.raises(CallTimeoutError, match="All 1 places"):
        await limiter.take(INTERACTIVE, 0.01)


@pytest.mark.parametrize("settings", [{"requests": 0}, {"per": 0}, {"in_flight": 0}])
def test_a_limit_that_lets_nothing_through_is_refused(settings: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="RateLimit"):
        RateLimit(**settings)


def test_a_window_without_a_limit_learns_none() -> None:
    window = SlidingWindow(RateLimit(requests=None))
    window.learn(1, 0, now=0.0)
    assert window.limit is None
    assert window.may_go(0.0)


# --- Looks, ends, other loops --------------------------------------------------------------------------------------


async def test_looks_go_before_everything_else_that_waits() -> None:
    limiter, _ = limiter_of(None, in_flight=1)
    order: list[str] = []

    async def call(name: str, priority: Priority, first: bool) -> None:
        permit = await limiter.take(priority, None, first=first)
        order.append(name)
        limiter.finish(permit)

    holding = take(limiter)
    tasks: list[asyncio.Task[None]] = []
    for name, priority, first in [
        ("batch", BACKGROUND, False),
        ("person", INTERACTIVE, False),
        ("look of a batch", BACKGROUND, True),
        ("look of a person", INTERACTIVE, True),
    ]:
        tasks.append(asyncio.create_task(call(name, priority, first)))
        await asyncio.sleep(0)
    assert limiter.snapshot().waiting == 4
    limiter.finish(holding)
    await asyncio.gather(*tasks)
    assert order == ["look of a batch", "look of a person", "person", "batch"]


async def test_a_look_overtakes_those_who_wait_and_nobody_overtakes_it() -> None:
    limiter, clock = limiter_of(1, per=60)
    limiter.finish(take(limiter))
    waiting = asyncio.create_task(limiter.take(INTERACTIVE, None))
    await asyncio.sleep(0)
    clock.now += 62
    permit = limiter.take_now(BACKGROUND, first=True)
    assert permit is not None
    limiter.finish(permit)
    look = asyncio.create_task(limiter.take(BACKGROUND, None, first=True))
    await asyncio.sleep(0)
    clock.now += 62
    assert limiter.take_now(INTERACTIVE) is None
    assert limiter.take_now(INTERACTIVE, first=True) is None
    for task in (waiting, look):
        task.cancel()


async def test_what_a_look_has_to_wait_for_at_the_least_are_other_looks() -> None:
    limiter, _ = limiter_of(1, per=60)
    limiter.finish(take(limiter))
    waiting = [asyncio.create_task(limiter.take(INTERACTIVE, None)) for _ in range(5)]
    await asyncio.sleep(0)
    look = asyncio.create_task(limiter.take(INTERACTIVE, 65, first=True))
    await asyncio.sleep(0)
    assert not look.done()
    for task in (*waiting, look):
        task.cancel()


@pytest.mark.parametrize("limit", [5, None])
def test_a_permit_ends_once_however_often_it_is_ended(limit: int | None) -> None:
    limiter, _ = limiter_of(limit)
    limiter.learn({})
    permit, other = take(limiter), take(limiter)
    for _ in range(3):
        limiter.finish(permit)
        limiter.give_back(permit)
        limiter.finish(permit, {"X-RateLimit-Remaining": "x"})
    assert limiter.snapshot().in_flight == 1
    for _ in range(3):
        limiter.give_back(other)
        limiter.finish(other)
    assert limiter.snapshot().in_flight == 0
    # What was finished keeps its place in the window, what was given back does not.
    assert limiter.snapshot().remaining == (None if limit is None else limit - 1)


def test_finishing_learns_from_the_headers() -> None:
    limiter, _ = limiter_of(60)
    limiter.finish(take(limiter), {"X-RateLimit-Limit": "30", "X-RateLimit-Remaining": "19"})
    assert limiter.snapshot().limit == 30
    assert limiter.snapshot().remaining == 19


def test_calls_that_are_refused_together_are_one_refusal() -> None:
    limiter, clock = limiter_of(60)
    assert [limiter.pause(None) for _ in range(20)] == [1.0] * 20
    clock.now += 1
    assert [limiter.pause(0) for _ in range(20)] == [2.0] * 20
    clock.now += 2
    assert limiter.pause(30) == 30
    clock.now += 30
    for wait in (8, 16, 32, 60, 60):
        assert limiter.pause(None) == wait
        clock.now += wait
    limiter.learn({})
    assert limiter.pause(None) == 1


def test_a_limiter_of_another_loop_is_refused_as_long_as_that_is_open() -> None:
    """Who waits here could be woken there: nobody would notice, and the call would hang."""
    limiter = RateLimiter(RateLimit())

    async def use() -> Permit:
        return limiter.take_now(INTERACTIVE) or await limiter.take(INTERACTIVE, 1)

    first = asyncio.new_event_loop()
    try:
        first.run_until_complete(use())
        with pytest.raises(RuntimeError, match="belongs to another event loop, which is still open; make one per loop"):
            asyncio.run(use())
    finally:
        first.close()


def test_a_limiter_whose_loop_is_closed_is_taken_over() -> None:
    """Such as one of a module, in one `asyncio.run` after another: what was lost there keeps nobody waiting here."""
    limiter, clock = limiter_of(3, in_flight=2)
    limiter.learn({})
    lost: list[Permit] = []

    async def leave_behind() -> None:
        lost.extend(take(limiter) for _ in range(2))
        waiting = limiter.take(INTERACTIVE, None)
        waiting.send(None)
        left.append(waiting)

    async def use() -> None:
        assert limiter.snapshot().waiting == 1
        permit = await limiter.take(INTERACTIVE, 5)
        for late in lost:
            limiter.finish(late)
        assert limiter.snapshot().in_flight == 1
        assert limiter.snapshot().waiting == 0
        limiter.finish(permit)
        # The places in the window stay taken: something may have been sent.
        assert limiter.snapshot().remaining == 0

    left: list[Any] = []
    loop = asyncio.new_event_loop()
    loop.run_until_complete(leave_behind())
    loop.close()
    asyncio.run(use())
    assert clock.now == 1000
    for waiting in left:
        with suppress(RuntimeError):
            waiting.close()
    assert limiter.snapshot().in_flight == 0
