"""For the tests of your own code: a portal in a sandbox, as a context manager and as pytest fixtures.

In `conftest.py`: `pytest_plugins = ["mijnklantportaal_async.testing"]`. Needs the extra `sandbox`, and for the fixtures
pytest-asyncio.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from mijnklantportaal_async.sandbox import Sandbox
from mijnklantportaal_async.session import PortalSession
from mijnklantportaal_async.values.clock import Clock

try:
    import pytest_asyncio
except ImportError:  # pragma: no cover - the context manager works without pytest
    pytest_asyncio = None  # type: ignore[assignment]

SPEED = 20.0
"""Portal seconds for each real second, so that backoff, settling and the rate limit take no time in a test."""


@asynccontextmanager
async def portal_in_sandbox(
    *,
    speed: float = SPEED,
    clock: Clock | None = None,
    session: Mapping[str, Any] | None = None,
    **sandbox_settings: Any,
) -> AsyncGenerator[tuple[PortalSession, Sandbox]]:
    """A session with a portal that exists for this block only, on loopback.

    Args:
        speed: How much faster than real time both live.
        clock: Where both take their time from instead, such as one that a test moves.
        session: Arguments of `PortalSession`, such as `retry` or `timeouts`.
        sandbox_settings: Arguments of `Sandbox`, such as `faults` or `rate_limit`.

    Yields:
        The session and the sandbox.
    """
    clock = clock or Clock(speed)
    async with Sandbox(clock=clock, **sandbox_settings) as sandbox:
        settings: dict[str, Any] = {"api_key": sandbox.api_key, "base_url": sandbox.url, "clock": clock}
        async with PortalSession(**settings | dict(session or {})) as portal:
            yield portal, sandbox


if pytest_asyncio is not None:

    @pytest_asyncio.fixture
    async def portal_sandbox() -> AsyncIterator[Sandbox]:
        """An empty sandbox portal, twenty times as fast as real time."""
        async with Sandbox(speed=SPEED) as sandbox:
            yield sandbox

    @pytest_asyncio.fixture
    async def portal_session(portal_sandbox: Sandbox) -> AsyncIterator[PortalSession]:
        """A session with the portal of `portal_sandbox`."""
        async with PortalSession(
            api_key=portal_sandbox.api_key, base_url=portal_sandbox.url, clock=Clock(SPEED)
        ) as session:
            yield session
