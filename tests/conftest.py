from collections.abc import AsyncIterator
from typing import Any

import pytest
from given import SECRET, MakePortal
from hypothesis import HealthCheck, settings
from tenacity import wait_none

from mijnklantportaal_async import Clock, PortalSession, ReconcilePolicy, RetryPolicy

# A busy machine is no fault of the code: no test asserts on wall-clock speed.
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")


@pytest.fixture
async def make_portal() -> AsyncIterator[MakePortal]:
    """Sessions that never sleep between attempts and settle at once, closed at the end."""
    sessions: list[PortalSession] = []

    def make(base_url: str, **settings: Any) -> PortalSession:
        defaults: dict[str, Any] = {
            "api_key": SECRET,
            "base_url": base_url,
            "retry": RetryPolicy(wait=wait_none()),
            "reconcile": ReconcilePolicy(settle=0.05),
            "rate_limit": None,
            "clock": Clock(),
        }
        if "auth" in settings:
            del defaults["api_key"]
        session = PortalSession(**defaults | settings)
        sessions.append(session)
        return session

    yield make
    for session in sessions:
        await session.aclose()
