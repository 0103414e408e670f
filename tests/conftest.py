import asyncio
import gc
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable, Generator
from importlib import import_module
from pathlib import Path
from typing import Any

import left_behind
import pytest
from browser import browser, browser_program  # noqa: F401 - fixtures, for all tests
from given import SECRET, MakePortal
from hypothesis import HealthCheck, settings
from moved_time import LoopClock, MovedTimeLoop
from postgresql_server import (  # noqa: F401 - fixtures, for all tests
    postgresql_database,
    postgresql_server,
    postgresql_url,
)
from tenacity import wait_none

from mijnklantportaal_async import PortalSession, ReconcilePolicy, RetryPolicy

HERE = Path(__file__).parent

ON_A_LOOP_ALONE = {
    "api",
    "calling",
    "chaos",
    "memory",
    "oauth",
    "rate",
    "sandbox",
    "session",
    "telemetry",
    "transfers",
    "values",
}
"""Rooms whose tests wait neither for other processes nor for threads of their own."""

LONGEST_NAME = 60
"""Characters of a value that names a test."""

# A busy machine is no fault of the code: no test asserts on wall-clock speed.
UNHURRIED: dict[str, Any] = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow], "database": None}
# The same examples in each run: more of them are for the soak, which has new ones.
settings.register_profile("the same every time", derandomize=True, max_examples=40, **UNHURRIED)
settings.register_profile("new seeds", print_blob=True, max_examples=1000, **UNHURRIED)  # for `nox -s soak`
settings.load_profile("the same every time")


def pytest_configure(config: pytest.Config) -> None:
    left_behind.begin(config)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    left_behind.finish(session)


@pytest.hookimpl(wrapper=True)
def pytest_collection(session: pytest.Session) -> Generator[None, object, object]:
    """What is collected stays to the end: nobody need look through it again for what could be let go."""
    gc.disable()
    try:
        import_own_share(session.config)
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def import_own_share(config: pytest.Config) -> None:
    """Of several that collect all tests each begins elsewhere, and finds the rest compiled by the others."""
    worker = getattr(config, "workerinput", None)
    if worker is None or config.args != config.getini("testpaths"):
        return
    number, count = int(worker["workerid"].removeprefix("gw")), int(worker["workercount"])
    for path in sorted(HERE.rglob("test_*.py"))[number::count]:
        # As pytest itself does it, when it comes to them.
        sys.path.insert(0, str(path.parent))
        import_module(path.stem)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """One line for each thing that is not here, however many tests wanted it."""
    skipped = terminalreporter.stats.get("skipped", ())
    reasons = Counter(str(report.longrepr[2]).removeprefix("Skipped: ") for report in skipped)
    for reason, count in reasons.items():
        terminalreporter.write_line(f"{count} left out: {reason}", yellow=True)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--seeds", type=int, help="how many seeds each soak test is run with")
    parser.addoption("--rows", type=int, default=2000, help="how many rows the soak tests of batches are run with")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Tests that take `soak_seed` are run with many; their module says with how many where nobody else does."""
    if "soak_seed" in metafunc.fixturenames:
        asked = metafunc.config.getoption("--seeds")
        metafunc.parametrize("soak_seed", range(100, 100 + (asked or metafunc.module.SEEDS)))


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Long values are no names: packed ones hold the moment in which they were made, and each process has its own."""
    return argname if isinstance(val, str | bytes) and len(val) > LONGEST_NAME else None


def pytest_asyncio_loop_factories(item: pytest.Item) -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Where nothing but the test's own loop is at work, time is moved instead of waited for."""
    alone = item.path.relative_to(HERE).parts[0] in ON_A_LOOP_ALONE and "machine_time" not in item.keywords
    return {"loop": MovedTimeLoop if alone else asyncio.new_event_loop}


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
            "clock": LoopClock(),
        }
        if "auth" in settings:
            del defaults["api_key"]
        session = PortalSession(**defaults | settings)
        sessions.append(session)
        return session

    yield make
    for session in sessions:
        await session.aclose()
