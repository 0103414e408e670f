"""60 calls a minute, scaled, against a portal that counts: in rolling and in fixed windows."""

import asyncio
import json
import sys
import time
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import Literal

import pytest

from mijnklantportaal_async import Clock, PortalSession, RateLimit, RateLimiter, RateLimitError, RetryPolicy, Timeouts
from mijnklantportaal_async.sandbox import Sandbox

SPEED = 40.0
"""A minute takes 1.5 s."""

WINDOWS = 3
Window = Literal["rolling", "fixed"]


def session(sandbox: Sandbox, limiter: RateLimiter | RateLimit) -> PortalSession:
    return PortalSession(
        api_key=sandbox.api_key,
        base_url=sandbox.url,
        rate_limit=limiter,
        timeouts=Timeouts(queue=None, call=None),
        retry=RetryPolicy(attempts=1),
        clock=Clock(SPEED),
    )


async def saturate(sandbox: Sandbox, portals: list[PortalSession]) -> float:
    """As many calls as go in `WINDOWS` windows; how many of those allowed were done."""
    calls = 60 * WINDOWS + 1
    todo = iter(range(calls))

    async def work(portal: PortalSession) -> None:
        for _ in todo:
            with suppress(RateLimitError):
                await portal.list_appointments()

    await asyncio.gather(*(work(portal) for portal in portals for _ in range(30 // len(portals))))
    received = sandbox.requests
    assert len(received) == calls
    # The last call could go, at best, exactly when the windows before it were over.
    return 60.0 * WINDOWS / (received[-1].at - received[0].at)


def refusals(sandbox: Sandbox) -> int:
    return sum(received.status == 429 for received in sandbox.requests)


@pytest.mark.parametrize("window", ["rolling", "fixed"])
async def test_one_session(window: Window) -> None:
    await uses_the_limit_in_full(window, sessions=1)


@pytest.mark.parametrize("window", ["rolling", "fixed"])
async def test_several_sessions_that_share_a_limiter(window: Window) -> None:
    await uses_the_limit_in_full(window, sessions=3)


async def uses_the_limit_in_full(window: Window, *, sessions: int) -> None:
    """One run of four without any refusal that uses 98 %.

    At this speed the margin for a slow network is 30 ms, and a busy machine can stand still for longer. A limiter that
    is wrong is wrong in every run.
    """
    seen: list[tuple[int, float]] = []
    for _ in range(4):
        limiter = RateLimiter(RateLimit(), clock=Clock(SPEED))
        async with AsyncExitStack() as stack:
            sandbox = await stack.enter_async_context(Sandbox(speed=SPEED, rate_window=window))
            portals = [await stack.enter_async_context(session(sandbox, limiter)) for _ in range(sessions)]
            used = await saturate(sandbox, portals)
            seen.append((refusals(sandbox), used))
            assert used <= 1.0
        refused, used = seen[-1]
        if not refused and used >= 0.98:
            return
    pytest.fail(f"refusals and use of the limit in each run: {seen}")


@pytest.mark.parametrize("window", ["rolling", "fixed"])
async def test_several_processes_that_share_only_the_key(window: Window) -> None:
    async with Sandbox(speed=SPEED, rate_window=window) as sandbox:
        # Beginning together, once all have started.
        until = time.time() + 2.0 + 60 / SPEED * WINDOWS
        command = [
            str(Path(__file__).parent / "caller_process.py"),
            sandbox.url,
            sandbox.api_key,
            str(SPEED),
            str(until),
            "10",
        ]
        processes = [
            await asyncio.create_subprocess_exec(sys.executable, *command, stdout=asyncio.subprocess.PIPE)
            for _ in range(3)
        ]
        outputs = [await process.communicate() for process in processes]
        counts = [json.loads(output) for output, _ in outputs]
        done, refused = (sum(count[name] for count in counts) for name in ("done", "refused"))
        windows = (sandbox.requests[-1].at - sandbox.requests[0].at) / 60
        print(f"{window}: {done} done, {refused} refused in {windows:.1f} windows")
        assert done >= 100
        # The windows are used in full, and few calls run over their edge: measured 6 to 15 %, half of it in the first
        # window, when nobody knows of the others yet. Without the care of `calling/window.py` it was 41 and 46 %.
        assert refused <= 0.25 * done
        assert refusals(sandbox) == refused


@pytest.mark.parametrize("window", ["rolling", "fixed"])
async def test_without_our_limiter_the_same_load_is_refused(window: Window) -> None:
    async with (
        Sandbox(speed=SPEED, rate_window=window) as sandbox,
        PortalSession(
            api_key=sandbox.api_key,
            base_url=sandbox.url,
            rate_limit=None,
            retry=RetryPolicy(attempts=1),
            clock=Clock(SPEED),
        ) as portal,
    ):
        await asyncio.gather(*(portal.list_appointments() for _ in range(90)), return_exceptions=True)
        assert refusals(sandbox) >= 20
