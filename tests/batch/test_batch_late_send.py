"""A machine that stands still between the fence and the first byte: nothing may leave then."""

import asyncio
import time
from typing import Any

import aiohttp
from batch_given import SPEED, booked
from one_row import OneRow

from mijnklantportaal_async.batch.rows import State
from mijnklantportaal_async.sandbox import Sandbox


class StandsStill(aiohttp.TCPConnector):
    """The whole process stands still, once, when the request has just got its connection."""

    connections = 0

    async def connect(self, *args: Any, **more: Any) -> Any:
        connection = await super().connect(*args, **more)
        StandsStill.connections += 1
        # The first is held while the row waits for its slot; the second is the request's.
        if StandsStill.connections == 2:
            time.sleep(0.4)  # noqa: ASYNC251 - nothing in the process may go on
        return connection


async def test_nothing_leaves_after_a_freeze_while_connecting(database: str) -> None:
    StandsStill.connections = 0
    async with Sandbox(speed=SPEED) as sandbox:
        one = await OneRow(database, sandbox, fence=0.2).submit()
        verdict = await one.live(connector_factory=StandsStill)
        assert verdict.state is State.DONE
        # The first round sent nothing, and left no doubt: nobody looked.
        assert [end.state for end in one.ledger.ends] == [State.WAITING, State.DONE]
        assert [request.method for request in sandbox.requests] == ["POST"]
        assert sum(booked(sandbox).values()) == 1
        one.close()


class SlowToConnect(aiohttp.TCPConnector):
    """A handshake that takes longer than a fence is good for."""

    async def _create_connection(self, *args: Any, **more: Any) -> Any:
        await asyncio.sleep(0.4)
        return await super()._create_connection(*args, **more)


async def test_a_slow_handshake_makes_no_fence_stale(database: str) -> None:
    async with Sandbox(speed=SPEED) as sandbox:
        one = await OneRow(database, sandbox, fence=0.2).submit()
        verdict = await one.live(rounds=1, connector_factory=SlowToConnect)
        assert verdict.state is State.DONE
        assert [request.method for request in sandbox.requests] == ["POST"]
        one.close()
