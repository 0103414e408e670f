"""A portal in a sandbox as a context manager, for any test runner."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from mijnklantportaal_async.sandbox import Sandbox
from mijnklantportaal_async.session import PortalSession
from mijnklantportaal_async.testing.clock import SPEED
from mijnklantportaal_async.values.clock import Clock


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
