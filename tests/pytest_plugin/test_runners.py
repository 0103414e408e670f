"""The fixtures under every runner of asynchronous tests that users have, each in a run of pytest of its own."""

import re
from typing import Any

import pytest

pytest_plugins = ["pytester"]

OTHERS = ("schemathesis", "hypothesispytest", "timeout", "aiohttp", "xdist")
"""Plugins that these runs have nothing to do with, and that take time to begin."""

GIVEN = """
import asyncio
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

ZONE = ZoneInfo("Europe/Amsterdam")
WANTED = {
    "name": "Intake",
    "starts_at": datetime(2027, 3, 5, 14, 30, tzinfo=ZONE),
    "ends_at": datetime(2027, 3, 5, 15, 0, tzinfo=ZONE),
    "customer_id": "cst_1",
}
"""

LOST_ANSWER = """
async def lost_answer(portal, portal_sandbox, portal_faults, portal_calls):
    portal_faults.lose_answer("schedule_appointment")
    made = await portal.schedule_appointment(**WANTED)
    assert [kept.id for kept in portal_sandbox.appointments] == [made.id]
    assert portal_calls.names == ["schedule_appointment", "list_appointments"]
"""

ASYNCIO_TESTS = """
PLACE_OF_MARK

async def test_lost_answer(portal, portal_sandbox, portal_faults, portal_calls):
    await lost_answer(portal, portal_sandbox, portal_faults, portal_calls)

class TestClass:
    async def test_one_more(self, portal, portal_calls):
        await portal.schedule_appointment(**WANTED)
        assert len(portal_calls) == 1

@FIXTURE
async def service(portal):
    await portal.schedule_appointment(**WANTED)
    yield portal
    await portal.list_appointments()  # the session is closed after those who use it

async def test_in_a_fixture(service, portal_sandbox, portal_calls):
    assert len(portal_sandbox.appointments) == 1
    await portal_sandbox.settle_deliveries()
    assert len(portal_calls) == 1

def test_without_a_loop(portal, portal_sandbox):
    asyncio.run(portal.schedule_appointment(**WANTED))
    assert len(portal_sandbox.appointments) == 1

def test_that_sends_nothing(portal, portal_calls):
    assert list(portal_calls) == []

def test_sessions_of_ones_own_on_any_loop(portal_settings, portal_calls):
    from mijnklantportaal_async import PortalSession

    async def book():
        async with PortalSession(**portal_settings) as portal:
            await portal.schedule_appointment(**WANTED)

    asyncio.run(book())
    asyncio.run(book())
    assert len(portal_calls.of("schedule_appointment")) == 2
"""


CLASS = """
@pytest.mark.asyncio(loop_scope="class")
class TestClass:
    async def test_one(self, portal, portal_sandbox, portal_faults, portal_calls):
        await lost_answer(portal, portal_sandbox, portal_faults, portal_calls)

    async def test_another(self, portal, portal_sandbox, portal_faults, portal_calls):
        await lost_answer(portal, portal_sandbox, portal_faults, portal_calls)
"""

ANYIO = """
@pytest.fixture
def anyio_backend():
    return "asyncio"
"""


def run(
    pytester: pytest.Pytester,
    source: str,
    *options: str,
    using: tuple[str, ...] = (),
    alone: bool = False,
    **ini: str,
) -> Any:
    """A run of pytest; in a process of its own where it is about what a process has loaded."""
    settings = {"filterwarnings": "error"} | ini
    if "-pno:asyncio" not in options:
        # Deprecated by its absence.
        settings = {"asyncio_default_fixture_loop_scope": "function"} | settings
    pytester.makeini("\n".join(["[pytest]", *(f"{name} = {value}" for name, value in settings.items())]))
    pytester.makepyfile(GIVEN + LOST_ANSWER + source)
    without = [f"-pno:{name}" for name in OTHERS if name not in using]
    # No summary: how much of a message it repeats depends on the terminal's width, and on CI being set.
    arguments = (*without, "-pno:cacheprovider", "-rN", *options)
    if alone:
        return pytester.runpytest_subprocess(*arguments, timeout=200)
    return pytester.runpytest_inprocess(*arguments)


def asyncio_tests(*, mark: str = "", fixture: str = "pytest.fixture") -> str:
    return ASYNCIO_TESTS.replace("PLACE_OF_MARK", mark).replace("FIXTURE", fixture)


MORE = pytest.mark.soak
"""Of settings that are alike the main tests try one; and under xdist they run themselves, these fixtures among them."""


@pytest.mark.parametrize("scope", [pytest.param("function", marks=MORE), pytest.param("module", marks=MORE), "session"])
def test_pytest_asyncio_by_itself(pytester: pytest.Pytester, scope: str) -> None:
    scopes = {"asyncio_default_test_loop_scope": scope, "asyncio_default_fixture_loop_scope": scope}
    run(pytester, asyncio_tests(), asyncio_mode="auto", **scopes).assert_outcomes(passed=6)


@pytest.mark.parametrize("scope", [pytest.param("function", marks=MORE), "module"])
def test_pytest_asyncio_by_its_marks(pytester: pytest.Pytester, scope: str) -> None:
    mark = f"@pytest.mark.asyncio(loop_scope='{scope}')"
    tests = asyncio_tests(fixture=f"__import__('pytest_asyncio').fixture(loop_scope='{scope}')")
    marked = re.sub(r"^( *)(?=async def test_)", rf"\1{mark}\n\1", tests, flags=re.M)
    run(pytester, marked, asyncio_mode="strict").assert_outcomes(passed=6)


@MORE
def test_pytest_asyncio_with_a_loop_for_a_class(pytester: pytest.Pytester) -> None:
    run(pytester, CLASS, asyncio_mode="strict").assert_outcomes(passed=2)


@MORE
def test_anyio(pytester: pytest.Pytester) -> None:
    tests = asyncio_tests(mark="pytestmark = pytest.mark.anyio") + ANYIO
    run(pytester, tests, "-pno:asyncio").assert_outcomes(passed=6)


def test_anyio_beside_pytest_asyncio(pytester: pytest.Pytester) -> None:
    tests = asyncio_tests(mark="pytestmark = pytest.mark.anyio") + ANYIO
    run(pytester, tests, asyncio_mode="strict").assert_outcomes(passed=6)


@MORE
def test_xdist(pytester: pytest.Pytester) -> None:
    many = (
        "@pytest.mark.parametrize('number', range(6))\nasync def test_side_by_side(number, portal, portal_sandbox):\n"
    )
    many += "    await portal.schedule_appointment(**WANTED)\n    assert len(portal_sandbox.appointments) == 1\n"
    result = run(pytester, many, "-n2", using=("xdist",), alone=True, asyncio_mode="auto")
    result.assert_outcomes(passed=6)


FASTAPI = """
from contextlib import asynccontextmanager
from fastapi import FastAPI, Request
from fastapi.testclient import TestClient
from mijnklantportaal_async import PortalSession

def application(settings):
    @asynccontextmanager
    async def lifespan(app):
        async with PortalSession(**settings) as app.state.portal:
            yield
    app = FastAPI(lifespan=lifespan)

    @app.post("/book")
    async def book(request: Request):
        made = await request.app.state.portal.schedule_appointment(**WANTED)
        return {"id": made.id}

    return app

def test_booking(portal_settings, portal_sandbox, portal_faults):
    portal_faults.lose_answer("schedule_appointment")
    with TestClient(application(portal_settings)) as client:
        answered = client.post("/book").json()
    assert [kept.id for kept in portal_sandbox.appointments] == [answered["id"]]
"""


AIOHTTP = """
from aiohttp import web

async def book(request):
    made = await request.app["portal"].schedule_appointment(**WANTED)
    return web.json_response({"id": made.id})

async def test_booking_of_aiohttp(aiohttp_client, portal, portal_sandbox, portal_faults):
    portal_faults.lose_answer("schedule_appointment")
    app = web.Application()
    app["portal"] = portal
    app.router.add_post("/book", book)
    client = await aiohttp_client(app)
    answered = await (await client.post("/book")).json()
    assert [kept.id for kept in portal_sandbox.appointments] == [answered["id"]]
"""


def test_the_clients_of_fastapi_and_aiohttp(pytester: pytest.Pytester) -> None:
    # Starlette's client warns of its own dependencies, which is none of ours; and older ones are warned of by them.
    ignored = (
        "ignore:.*httpx",
        "ignore:The anyio.abc:DeprecationWarning",
        "ignore::aiohttp.web_exceptions.NotAppKeyWarning",
    )
    ini = {"asyncio_mode": "auto", "filterwarnings": "\n    ".join(["error", *ignored])}
    run(pytester, FASTAPI + AIOHTTP, using=("aiohttp",), **ini).assert_outcomes(passed=2)
