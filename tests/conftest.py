from collections.abc import AsyncIterator, Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from tenacity import wait_none

from mijnklantportaal_async import Clock, PortalSession, ReconcilePolicy, RetryPolicy

AMSTERDAM = ZoneInfo("Europe/Amsterdam")

SECRET = "sk-very-secret-0123456789"


def moment(*parts: int) -> datetime:
    year, month, day, hour, minute = parts
    return datetime(year, month, day, hour, minute, tzinfo=AMSTERDAM)


WANTED: dict[str, Any] = {
    "name": "Contract extension",
    "starts_at": moment(2027, 3, 5, 14, 30),
    "ends_at": moment(2027, 3, 5, 15, 30),
    "customer_id": "cst_1",
}
"""Arguments of `schedule_appointment` that match `scripted_server.appointment()`."""

MakePortal = Callable[..., PortalSession]


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
