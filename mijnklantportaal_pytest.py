"""The fixtures of mijnklantportaal-async for pytest, which finds them by itself.

This file lies beside the package and imports pytest alone: every test run of an environment imports it, and those that
use none of this shall not notice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from mijnklantportaal_async import Clock, PortalSession
    from mijnklantportaal_async.sandbox import Sandbox
    from mijnklantportaal_async.testing import PortalCalls, PortalFaults
    from mijnklantportaal_async.testing.portal_thread import PortalThread

MARKER = "mijnklantportaal"
_FAULTS = pytest.StashKey["PortalFaults"]()


def pytest_configure(config: pytest.Config) -> None:
    """Name the marker, for `--strict-markers`, and keep the package as it is."""
    # pytest rewrites the asserts of whatever is installed with a plugin; here there are none that it could explain, and
    # importing the package would take twice as long. The name is not documented: without it all is right, and slower.
    marked = getattr(getattr(config.pluginmanager, "rewrite_hook", None), "_must_rewrite", None)
    if isinstance(marked, set):
        marked.discard("mijnklantportaal_async")
    config.addinivalue_line(
        "markers",
        f"{MARKER}(speed=20, session={{}}, unused_faults=False, **settings): the portal of this test; settings are "
        "arguments of Sandbox, such as seeded=True, rate_limit=5, faults=0.2, begins_at=..., and session holds those "
        "of PortalSession.",
    )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """A fault that never happened fails a test that has passed without it."""
    result = yield
    faults = item.stash.get(_FAULTS, None)
    if faults is not None and (unused := faults.unused):
        pytest.fail(
            "scripted with portal_faults, and never happened: "
            + "; ".join(unused)
            + f". Mark the test with @pytest.mark.{MARKER}(unused_faults=True) if that may be.",
            pytrace=False,
        )
    return result


@pytest.fixture
def portal_seed(request: pytest.FixtureRequest) -> int:
    """A number that is the same for this test in every run, on every worker, in any order."""
    from zlib import crc32

    return crc32(request.node.nodeid.encode())


@pytest.fixture
def portal_clock(request: pytest.FixtureRequest) -> Clock:
    """Where the portal and `portal` take their time from: a `MovableClock`, twenty times as fast as real time.

    Give it to sessions of your own, or replace this fixture with a clock of yours.
    """
    from mijnklantportaal_async.testing.clock import SPEED, MovableClock

    return MovableClock(_asked(request).get("speed", SPEED))


@pytest.fixture(scope="session")
def _mijnklantportaal_thread() -> Iterator[PortalThread]:
    from mijnklantportaal_async.testing.portal_thread import PortalThread

    thread = PortalThread()
    yield thread
    thread.close()


@pytest.fixture
def _mijnklantportaal_sandbox(
    request: pytest.FixtureRequest, _mijnklantportaal_thread: PortalThread, portal_clock: Clock
) -> Iterator[Sandbox]:
    from zlib import crc32

    from mijnklantportaal_async.testing.portal_for_test import sandbox_on_thread

    settings = _asked(request)
    for ours in ("speed", "session", "unused_faults"):
        settings.pop(ours, None)
    seed = crc32(request.node.nodeid.encode())
    with sandbox_on_thread(_mijnklantportaal_thread, portal_clock, seed=seed, **settings) as sandbox:
        yield sandbox


@pytest.fixture
def _mijnklantportaal_settings(
    request: pytest.FixtureRequest, _mijnklantportaal_sandbox: Sandbox, portal_clock: Clock
) -> dict[str, Any]:
    sandbox = _mijnklantportaal_sandbox
    settings: dict[str, Any] = {"api_key": sandbox.api_key, "base_url": sandbox.url, "clock": portal_clock}
    settings.update(_asked(request).get("session", {}))
    return settings


@pytest.fixture
def portal_sandbox(_mijnklantportaal_sandbox: Sandbox) -> Sandbox:
    """A portal of this test's own, on a thread and event loop of its own: look into it, and put records there."""
    return _mijnklantportaal_sandbox


@pytest.fixture
def portal_settings(_mijnklantportaal_settings: dict[str, Any]) -> dict[str, Any]:
    """Arguments for sessions of your own with the portal of this test: `PortalSession(**portal_settings)`."""
    return _mijnklantportaal_settings


@pytest.fixture
def portal(_mijnklantportaal_settings: dict[str, Any]) -> Iterator[PortalSession]:
    """A session with the portal of this test, for the loop that first uses it; closed at the end."""
    from mijnklantportaal_async.testing.portal_for_test import session_on_any_loop

    with session_on_any_loop(_mijnklantportaal_settings) as session:
        yield session


@pytest.fixture
def portal_calls(_mijnklantportaal_sandbox: Sandbox) -> PortalCalls:
    """What went over the wire to the portal of this test."""
    from mijnklantportaal_async.testing.portal_calls import PortalCalls

    return PortalCalls(lambda: _mijnklantportaal_sandbox.requests)


@pytest.fixture
def portal_faults(request: pytest.FixtureRequest, _mijnklantportaal_sandbox: Sandbox) -> PortalFaults:
    """What goes wrong, in words; whatever has not happened at the end of the test fails it."""
    from mijnklantportaal_async.testing.portal_faults import PortalFaults

    faults = PortalFaults(_mijnklantportaal_sandbox.fail_next)
    if not _asked(request).get("unused_faults", False):
        request.node.stash[_FAULTS] = faults
    return faults


def _asked(request: pytest.FixtureRequest) -> dict[str, Any]:
    """The arguments of the marker, those nearest to the test first."""
    asked: dict[str, Any] = {}
    for marker in request.node.iter_markers(MARKER):
        asked = {**marker.kwargs, **asked}
    return asked
