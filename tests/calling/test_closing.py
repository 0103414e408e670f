"""Closing a session ends what its calls wait for, and nothing of others."""

import asyncio

import pytest
from given import MakePortal
from moved_time import LoopClock
from scripted_server import ScriptedServer, answer

from mijnklantportaal_async import (
    CallTimeoutError,
    ConnectError,
    Outcome,
    Priority,
    RateLimit,
    RateLimiter,
    RetryPolicy,
    ServerError,
    Timeouts,
)
from mijnklantportaal_async.calling.closing import Closing
from mijnklantportaal_async.calling.record import CallRecord
from mijnklantportaal_async.calling.retry import RetryQuota, retrying


async def test_a_wait_goes_on_until_its_end_or_until_the_close() -> None:
    closing, loop = Closing(LoopClock()), asyncio.get_running_loop()
    began = loop.time()
    await closing.sleep(5)
    assert loop.time() - began == pytest.approx(5, abs=0.1)
    waiting = [asyncio.create_task(closing.sleep(60)) for _ in range(3)]
    await asyncio.sleep(1)
    closing.close()
    closing.close()
    for task in waiting:
        with pytest.raises(ConnectError, match="The session was closed while the call waited") as caught:
            await task
        assert caught.value.is_permanent
        assert caught.value.outcome is Outcome.NOT_SENT
    assert loop.time() - began < 7
    with pytest.raises(ConnectError, match="closed"):
        await closing.sleep(60)
    assert loop.time() - began < 7


async def test_what_waits_for_a_permit_of_a_shared_limiter_ends_alone() -> None:
    limiter = RateLimiter(RateLimit(requests=None, in_flight=1), clock=LoopClock())
    one, other = Closing(LoopClock()), Closing(LoopClock())
    holding = await limiter.take(Priority.INTERACTIVE, None)
    mine = asyncio.create_task(one.wrap(limiter.take(Priority.INTERACTIVE, None)))
    theirs = asyncio.create_task(other.wrap(limiter.take(Priority.INTERACTIVE, None)))
    await asyncio.sleep(0)
    one.close()
    with pytest.raises(ConnectError):
        await mine
    assert limiter.snapshot().waiting == 1
    limiter.finish(holding)
    limiter.finish(await theirs)
    assert limiter.snapshot().in_flight == 0


async def test_a_permit_that_comes_with_the_close_is_not_lost() -> None:
    limiter = RateLimiter(RateLimit(requests=None, in_flight=1), clock=LoopClock())
    closing = Closing(LoopClock())
    holding = await limiter.take(Priority.INTERACTIVE, None)
    waiting = asyncio.create_task(closing.wrap(limiter.take(Priority.INTERACTIVE, None)))
    await asyncio.sleep(0)
    limiter.finish(holding)
    closing.close()
    results = await asyncio.gather(waiting, return_exceptions=True)
    for result in results:
        if not isinstance(result, BaseException):
            limiter.finish(result)
    assert limiter.snapshot().in_flight == 0


async def test_other_ends_of_a_wait_stay_what_they_are() -> None:
    closing = Closing(LoopClock())
    limiter = RateLimiter(RateLimit(requests=None, in_flight=1), clock=LoopClock())
    await limiter.take(Priority.INTERACTIVE, None)
    with pytest.raises(CallTimeoutError, match="All 1 places"):
        await closing.wrap(limiter.take(Priority.INTERACTIVE, 1))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(1):
            await closing.sleep(60)
    task = asyncio.create_task(closing.sleep(60))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    async def fail() -> None:
        raise TimeoutError("somebody else's")

    with pytest.raises(TimeoutError, match="somebody else's"):
        await closing.wrap(fail())
    closing.close()


async def test_a_wait_before_another_try_ends_as_the_failure_that_it_followed() -> None:
    closing = Closing(LoopClock())
    attempts = retrying(
        RetryPolicy(),
        Timeouts(call=None),
        clock=LoopClock(),
        record=CallRecord(),
        quota=RetryQuota(None),
        may_repeat=lambda error: True,
        before_sleep=lambda *_: None,
        closing=closing,
    )

    async def call() -> None:
        async for attempt in attempts:
            with attempt:
                raise ServerError("503 busy", retry_after=3000, outcome=Outcome.UNKNOWN)

    task = asyncio.create_task(call())
    await asyncio.sleep(1)
    closing.close()
    with pytest.raises(ServerError, match="503 busy.*Effect: unknown") as caught:
        await task
    assert caught.value.__notes__ == ["Not tried again: the session was closed."]
    assert asyncio.get_running_loop().time() < 100


async def test_a_session_ends_its_waits_when_it_is_closed(make_portal: MakePortal) -> None:
    async with ScriptedServer(otherwise=answer(200, {"data": []})) as server:
        portal = make_portal(server.url)
        view = portal.with_options(timeouts=Timeouts())
        await view.aclose()
        assert not portal._caller.sender.closing.is_closed
        await portal.aclose()
        assert view._caller.sender.closing.is_closed
