from collections.abc import AsyncIterator
from typing import Any

import pytest
from given import SECRET, MakePortal
from hypothesis import HealthCheck, settings
from postgresql_server import postgresql_server, postgresql_url  # noqa: F401 - fixtures, for all tests
from tenacity import wait_none

from mijnklantportaal_async import Clock, PortalSession, ReconcilePolicy, RetryPolicy

# A busy machine is no fault of the code: no test asserts on wall-clock speed.
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--seeds", type=int, help="how many seeds each soak test is run with")
    parser.addoption("--rows", type=int, default=2000, help="how many rows the soak tests of batches are run with")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Tests that take `soak_seed` are run with many; their module says with how many where nobody else does."""
    if "soak_seed" in metafunc.fixturenames:
        asked = metafunc.config.getoption("--seeds")
        metafunc.parametrize("soak_seed", range(100, 100 + (asked or metafunc.module.SEEDS)))


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
