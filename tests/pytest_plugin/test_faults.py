"""Faults in words, and the test that is told of those that never happened."""

from zlib import crc32

import pytest
from given import WANTED
from test_runners import run

from mijnklantportaal_async import (
    CallTimeoutError,
    DecodeError,
    NotFoundError,
    PortalSession,
    RateLimitedError,
    RetryPolicy,
    Timeouts,
)
from mijnklantportaal_async.sandbox import Fault, Sandbox
from mijnklantportaal_async.testing import PortalCalls, PortalFaults

pytest_plugins = ["pytester"]

UNUSED = """
from mijnklantportaal_async.sandbox import Fault

def test_unused(portal_faults):
    portal_faults.lose_answer("schedule_appointment")
    portal_faults.refuse("get_customer", retry_after=4, times=3)

def test_partly(portal_faults, portal):
    portal_faults.be_unavailable(times=2)
    async def ask():
        async with portal:
            await portal.request("GET", "/appointments")
            portal_faults.play(Fault.HALF_BODY, "list_customers")
    asyncio.run(ask())

@pytest.mark.mijnklantportaal(unused_faults=True)
def test_relaxed(portal_faults):
    portal_faults.lose_answer()

def test_its_own_failure_comes_first(portal_faults):
    portal_faults.lose_answer()
    raise ZeroDivisionError("its own")

def test_skipped(portal_faults):
    portal_faults.lose_answer()
    pytest.skip("not today")

@pytest.mark.xfail(reason="its own", raises=ZeroDivisionError, strict=True)
def test_expected(portal_faults):
    portal_faults.lose_answer()
    raise ZeroDivisionError
"""


def test_a_fault_that_never_happened_fails_the_test_by_name(pytester: pytest.Pytester) -> None:
    result = run(pytester, UNUSED, "--strict-markers")
    result.assert_outcomes(failed=3, passed=1, skipped=1, xfailed=1)
    text = result.stdout.str()
    first = "the answer to the next schedule_appointment is lost after the commit"
    assert f"never happened: {first}; the next get_customer is refused with 429 for 4 s (3 times)." in text
    assert "never happened: Fault.HALF_BODY at the next list_customers." in text
    assert "ZeroDivisionError: its own" in text
    assert text.count("and never happened: ") == 2


async def test_each_word_is_what_happens(
    portal: PortalSession, portal_faults: PortalFaults, portal_calls: PortalCalls, portal_sandbox: Sandbox
) -> None:
    portal_faults.lose_answer("schedule_appointment")
    await portal.schedule_appointment(**WANTED)
    portal_faults.lose_request("schedule_appointment")
    portal_faults.be_unavailable_after_commit("schedule_appointment")
    await portal.schedule_appointment(**WANTED)
    portal_faults.garble("list_customers")
    with pytest.raises(DecodeError):
        await portal.list_customers().collect()
    portal_faults.be_unavailable("get_customer")
    portal_faults.refuse("get_customer", retry_after=77)
    with pytest.raises(RateLimitedError) as refused:
        await portal.get_customer("cst_1")
    assert refused.value.retry_after == 77
    assert [(call.operation, call.fault) for call in portal_calls if call.fault] == [
        ("schedule_appointment", Fault.DROP_AFTER_COMMIT),
        ("schedule_appointment", Fault.DROP_BEFORE_COMMIT),
        ("schedule_appointment", Fault.UNAVAILABLE_AFTER_COMMIT),
        ("list_customers", Fault.MALFORMED_JSON),
        ("get_customer", Fault.UNAVAILABLE_BEFORE_COMMIT),
        ("get_customer", Fault.TOO_MANY_REQUESTS),
    ]
    assert len(portal_sandbox.appointments) == 2


@pytest.mark.mijnklantportaal(session={"retry": RetryPolicy(attempts=1), "timeouts": Timeouts(attempt=2)})
async def test_silence(portal: PortalSession, portal_faults: PortalFaults, portal_sandbox: Sandbox) -> None:
    portal_faults.stay_silent("get_customer")
    with pytest.raises(CallTimeoutError):
        await portal.get_customer("cst_1")
    portal_faults.stay_silent_after_commit("schedule_appointment")
    made = await portal.schedule_appointment(**WANTED)
    assert [kept.id for kept in portal_sandbox.appointments] == [made.id]


async def test_a_fault_of_one_operation_hits_no_other_of_a_longer_path(
    portal: PortalSession, portal_faults: PortalFaults, portal_sandbox: Sandbox
) -> None:
    link = portal_sandbox.put("/payment-links")["id"]
    portal_faults.play(Fault.HALF_BODY, "get_payment_link")
    await portal.request("GET", f"/payment-links/{link}/payments")
    assert portal_faults.unused == ["Fault.HALF_BODY at the next get_payment_link"]
    await portal.get_payment_link(link)
    assert portal_faults.unused == []


def test_a_name_that_is_none(portal_faults: PortalFaults, portal_calls: PortalCalls) -> None:
    with pytest.raises(ValueError, match="schedule_appointment"):
        portal_faults.lose_answer("schedule_apointment")
    with pytest.raises(ValueError, match="no coroutine of PortalSession"):
        portal_calls.of("book")


def test_the_seed_is_that_of_the_test(portal_seed: int, request: pytest.FixtureRequest) -> None:
    """The same in every run, on every worker, in any order."""
    assert portal_seed == crc32(request.node.nodeid.encode())


@pytest.mark.mijnklantportaal(faults=0.3)
async def test_a_storm(portal: PortalSession, portal_sandbox: Sandbox, portal_calls: PortalCalls) -> None:
    made = [(await portal.schedule_appointment(**WANTED)).id for _ in range(3)]
    assert sorted(kept.id for kept in portal_sandbox.appointments) == sorted(made)
    with pytest.raises(NotFoundError):
        await portal.get_appointment("apt_none")
