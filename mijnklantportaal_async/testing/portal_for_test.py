"""What one test gets: a portal, and what it needs to look at it and to speak to it."""

import asyncio
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any

import aiohttp

from mijnklantportaal_async.sandbox import Faults, Sandbox
from mijnklantportaal_async.session import PortalSession
from mijnklantportaal_async.testing.portal_thread import PortalThread, SandboxOnThread
from mijnklantportaal_async.values.clock import Clock


@contextmanager
def sandbox_on_thread(
    thread: PortalThread, clock: Clock, *, seed: int, faults: Faults | float | None = None, **settings: Any
) -> Generator[Sandbox]:
    """A sandbox for one test.

    Args:
        thread: Where it lives.
        clock: Where its time comes from.
        seed: Of random faults.
        faults: Random ones, or the share of requests that they hit.
        settings: Other arguments of `Sandbox`.
    """
    if isinstance(faults, int | float):
        faults = Faults(seed=seed, share=faults)
    sandbox = SandboxOnThread(thread, clock=clock, faults=faults, **settings)
    thread.run(lambda: sandbox.start())
    try:
        yield sandbox
    finally:
        thread.run(lambda: sandbox.stop())


@contextmanager
def session_on_any_loop(settings: Mapping[str, Any]) -> Generator[PortalSession]:
    """A session that a test may use on its own loop, and that is closed when that loop has ended or stands still.

    It keeps no connection open between requests: a loop that has ended could close none.

    Args:
        settings: Arguments of `PortalSession`.
    """
    used_on: list[asyncio.AbstractEventLoop] = []

    def connector() -> aiohttp.BaseConnector:
        used_on.append(asyncio.get_running_loop())
        return aiohttp.TCPConnector(limit=0, force_close=True)

    is_users = "http" in settings or "connector_factory" in settings
    session = PortalSession(**settings) if is_users else PortalSession(connector_factory=connector, **settings)
    try:
        yield session
    finally:
        _close(session, used_on[0] if used_on else None)


def _close(session: PortalSession, loop: asyncio.AbstractEventLoop | None) -> None:
    if loop is not None and not loop.is_closed() and not loop.is_running():
        loop.run_until_complete(session.aclose())
        return
    # Its own loop is gone, and with it whatever was under way there; not the loop that the test runner goes on with.
    spare = asyncio.new_event_loop()
    try:
        spare.run_until_complete(session.aclose())
    finally:
        spare.close()
