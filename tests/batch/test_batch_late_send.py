"""A machine that stands still between the fence and the first byte: nothing may leave then."""

import time
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
from batch_given import SPEED, booked, clock
from test_batch_flow import Journal, Memory, batch_row

from mijnklantportaal_async import PortalSession
from mijnklantportaal_async.batch import FlowSettings, SharedRateLimiter
from mijnklantportaal_async.batch.flow import RowFlow
from mijnklantportaal_async.calling.rate_limit import Priority
from mijnklantportaal_async.calling.retry import Timeouts
from mijnklantportaal_async.sandbox import Sandbox

Json = dict[str, Any]


class StandsStill(aiohttp.TCPConnector):
    """The whole process stands still, once, when the connection has just been made."""

    was_still = False

    async def connect(self, *args: Any, **more: Any) -> Any:
        connection = await super().connect(*args, **more)
        if not self.was_still:
            self.was_still = True
            time.sleep(0.4)  # noqa: ASYNC251 - nothing in the process may go on
        return connection


async def test_nothing_leaves_after_a_freeze_while_connecting(database: str) -> None:
    posts: list[int] = []

    class Watching(Journal):
        async def step(self, name: str, function: Callable[[], Awaitable[Json]]) -> Json:
            result = await super().step(name, function)
            if name == "attempt":
                posts.append(sum(request.method == "POST" for request in sandbox.requests))
            return result

    async with Sandbox(speed=SPEED) as sandbox:
        limiter = SharedRateLimiter(database, api_key=sandbox.api_key, clock=clock())
        async with PortalSession(
            api_key=sandbox.api_key,
            base_url=sandbox.url,
            rate_limit=limiter,
            reconcile=None,
            priority=Priority.BACKGROUND,
            connector_factory=StandsStill,
            timeouts=Timeouts(queue=None, attempt=None, call=None),
            clock=clock(),
        ) as portal:
            flow = RowFlow(
                portal=portal, limiter=limiter, ledger=Memory(), settings=FlowSettings(fence=0.2), clock=clock()
            )
            result = await flow.run(batch_row().to_json(), Watching([]))
            await flow.aclose()
        assert result["outcome"] == "done"
        # The first attempt sent nothing; the second, with a new fence, sent once.
        assert posts == [0, 1]
        assert sum(booked(sandbox).values()) == 1
        await limiter.aclose()
