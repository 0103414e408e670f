"""Connections that are gone say so in many ways, and none of them is an error."""

import asyncio
from typing import Any

import pytest

from mijnklantportaal_async.calling.connections import NEVER, Connections


class Gone(asyncio.Transport):
    """A transport that was closed, as each event loop has its own of."""

    def __init__(self, error: type[Exception]) -> None:
        super().__init__()
        self.error = error
        self.is_aborted = False

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        raise self.error

    def get_write_buffer_size(self) -> int:
        raise self.error

    def is_closing(self) -> bool:
        return True

    def abort(self) -> None:
        self.is_aborted = True


@pytest.mark.parametrize("error", [OSError, AttributeError, RuntimeError, ValueError])
async def test_a_connection_that_is_gone(error: type[Exception]) -> None:
    connections = Connections(asyncio.get_running_loop(), is_encrypted=False)
    transport = Gone(error)
    assert connections.has_unread(transport)
    connections.begin(transport, NEVER)
    connections.end(transport, 0)
    assert not transport.is_aborted
    connections.begin(transport, NEVER)
    connections.give_up(transport)
    assert transport.is_aborted


async def test_one_timer_for_the_earliest_deadline() -> None:
    loop = asyncio.get_running_loop()
    connections = Connections(loop, is_encrypted=False)
    early, late, never = (Gone(OSError) for _ in range(3))
    for transport, until in ((late, 3.0), (early, 1.0), (never, NEVER)):
        connections.begin(transport, loop.time() + until)
    await asyncio.sleep(2)
    assert [one.is_aborted for one in (early, late, never)] == [True, False, False]
    await asyncio.sleep(2)
    assert [one.is_aborted for one in (early, late, never)] == [True, True, False]
    connections.give_up_all()
    assert never.is_aborted
