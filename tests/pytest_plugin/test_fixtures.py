"""What the fixtures give a test."""

import asyncio
import threading
from datetime import UTC, datetime
from importlib.metadata import entry_points

import pytest
from given import SECRET, WANTED
from test_runners import run

from mijnklantportaal_async import Clock, PortalSession, RateLimit, RateLimitWaitError, Timeouts
from mijnklantportaal_async.sandbox import Manner, Sandbox
from mijnklantportaal_async.testing import MovableClock, PortalCalls

pytest_plugins = ["pytester"]

NEW_YEAR = datetime(2027, 1, 1, 12, tzinfo=UTC)


async def test_a_sandbox_on_a_thread_of_its_own(portal_sandbox: Sandbox, portal: PortalSession) -> None:
    names = {thread.name for thread in threading.enumerate()}
    assert "mijnklantportaal sandbox" in names
    await portal.schedule_appointment(**WANTED)
    # Everything is done over there: looking, putting, setting, awaiting.
    assert len(portal_sandbox.appointments) == 1
    stored = portal_sandbox.add_customer(
        company_name="Test Company BV", address="x", zip_code="1234AB", city="x", primary_email="john.doe@example.nl"
    )
    assert (await portal.get_customer(stored.id)).company_name == "Test Company BV"
    portal_sandbox.manners = {Manner.NEWEST_FIRST}
    assert portal_sandbox.manners == {Manner.NEWEST_FIRST}
    await portal_sandbox.settle_deliveries()
    with pytest.raises(ValueError, match="times"):
        portal_sandbox.fail_next("stall", times=0)  # type: ignore[arg-type]
    await portal_sandbox.stop()
    await portal_sandbox.start()
    assert len(portal_sandbox.appointments) == 1


async def test_calls_as_they_went_over_the_wire(portal: PortalSession, portal_calls: PortalCalls) -> None:
    made = await portal.schedule_appointment(**WANTED)
    await portal.get_appointment(made.id)
    await portal.request("GET", "/appointments", query={"page": 1})
    assert portal_calls.names == ["schedule_appointment", "get_appointment", "list_appointments"]
    (booked,) = portal_calls.of("schedule_appointment")
    assert (booked.method, booked.path, booked.status) == ("POST", "/v1/appointments", 201)
    assert booked.json["startsAt"] == "2027-03-05 14:30"
    assert portal_calls[-1].query == {"page": "1"}
    assert [call.json for call in portal_calls[1:]] == [None, None]
    assert "schedule_appointment POST /v1/appointments -> 201" in repr(portal_calls)
    assert "sandbox-key" not in repr(portal_calls)


@pytest.mark.mijnklantportaal(
    speed=1, rate_limit=2, session={"rate_limit": RateLimit(requests=2), "timeouts": Timeouts(queue=5)}
)
async def test_a_clock_that_is_moved(portal: PortalSession, portal_clock: MovableClock) -> None:
    """The minute of the limit is over at once, for both ends."""
    for _ in range(2):
        await portal.list_appointments()
    with pytest.raises(RateLimitWaitError):
        await portal.list_appointments()
    portal_clock.move_on(70)
    await portal.list_appointments()
    with pytest.raises(ValueError, match="time goes on only"):
        portal_clock.move_on(-1)


@pytest.mark.mijnklantportaal(begins_at=NEW_YEAR, speed=50)
async def test_a_portal_at_another_time(
    portal_sandbox: Sandbox, portal: PortalSession, portal_clock: MovableClock
) -> None:
    assert portal_clock.speed == 50
    made = await portal.schedule_appointment(**WANTED)
    portal_clock.move_on(24 * 3600)
    await portal.schedule_appointment(**WANTED)
    first, second = portal_sandbox.appointments
    assert made.id == first.id
    assert (first.created_at.date(), second.created_at.date()) == (NEW_YEAR.date(), NEW_YEAR.replace(day=2).date())


@pytest.mark.mijnklantportaal(seeded=True)
async def test_data_to_begin_with(portal: PortalSession, portal_sandbox: Sandbox) -> None:
    assert portal_sandbox.customers[0].company_name == "Bakkerij De Bakker"
    assert (await portal.get_customer(portal_sandbox.customers[0].id)).company_name == "Bakkerij De Bakker"


@pytest.mark.mijnklantportaal(keys={SECRET: ["appointments.read"]}, rate_limit=5)
class TestMarksOfAClass:
    @pytest.mark.mijnklantportaal(rate_limit=7)
    async def test_the_nearer_one_counts(self, portal: PortalSession, portal_sandbox: Sandbox) -> None:
        assert portal_sandbox.api_key == SECRET
        await portal.list_appointments()
        assert portal.rate_limit.limit == 7


class TestAClockOfOnesOwn:
    @pytest.fixture
    def portal_clock(self) -> Clock:
        return Clock(123.0)

    def test_is_passed_in(self, portal_settings: dict[str, object], portal_clock: Clock) -> None:
        assert portal_settings["clock"] is portal_clock


class TestAFixtureOfTheUsers:
    @pytest.fixture
    def portal(self) -> str:
        return "mine"

    def test_breaks_nothing(self, portal: str, portal_calls: PortalCalls, portal_settings: dict[str, object]) -> None:
        assert portal == "mine"
        asyncio.run(PortalSession(**portal_settings).aclose())  # type: ignore[arg-type]
        assert len(portal_calls) == 0


# --- What it costs whoever does not use it --------------------------------------------------------------------------

UNUSED = """
import sys

def test_nothing():
    ours = {name for name in sys.modules if name.startswith("mijnklantportaal")}
    assert ours == {"mijnklantportaal_pytest"}
    assert not {"aiohttp", "attrs", "orjson"} & set(sys.modules)
"""


def test_a_run_that_does_not_use_it_imports_nothing_of_it(pytester: pytest.Pytester) -> None:
    result = run(pytester, UNUSED, "-pno:asyncio", "-pno:anyio", alone=True)
    result.assert_outcomes(passed=1)


MARKS = """
def pytest_load_initial_conftests(early_config):
    # As pytest does for all that a wheel with a plugin holds.
    early_config.pluginmanager.rewrite_hook.mark_rewrite("mijnklantportaal_async", "mijnklantportaal_pytest")
"""

REWRITTEN = """
def test_what_loads_the_package():
    import mijnklantportaal_async.session as loaded
    print("LOADED BY", type(loaded.__loader__).__name__)
"""


@pytest.mark.parametrize(
    ("options", "loader"),
    [
        pytest.param((), "SourceFileLoader", id="with the plugin"),
        pytest.param(
            ("-pno:mijnklantportaal",), "AssertionRewritingHook", id="the control without it", marks=pytest.mark.soak
        ),
    ],
)
def test_the_package_is_not_rewritten(pytester: pytest.Pytester, options: tuple[str, ...], loader: str) -> None:
    pytester.makepyfile(marks=MARKS)
    # Before 9.2 pytest says that it comes too late for the plugin itself.
    quiet = "-Wignore::pytest.PytestAssertRewriteWarning"
    result = run(pytester, REWRITTEN, "-pmarks", "-s", "-pno:asyncio", "-pno:anyio", quiet, *options, alone=True)
    result.stdout.fnmatch_lines([f"*LOADED BY {loader}*"])


def test_the_entry_point_names_a_module_beside_the_package() -> None:
    (found,) = entry_points(group="pytest11", name="mijnklantportaal")
    assert found.value == "mijnklantportaal_pytest"
