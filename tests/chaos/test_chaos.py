"""500 appointments through a portal that fails every fifth request in every way it can."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
from given import moment
from moved_time import LoopClock

from mijnklantportaal_async import (
    NewAppointment,
    PortalSession,
    RateLimit,
    ReconcilePolicy,
    RetryPolicy,
    Scheduled,
    Timeouts,
)
from mijnklantportaal_async.sandbox import COMMON_FAULTS, Fault, Faults, Sandbox

COUNT = 500
CONCURRENCY = 32
SHARE = 0.2

# The service commits up to 2 s after it dropped a connection; what settles after 5 s is settled.
DELAY, SETTLE = 2.0, 5.0

TIMEOUTS = Timeouts(queue=None, attempt=8, call=None)
PATIENT = RetryPolicy(attempts=30, quota=None)


def wanted(count: int = COUNT) -> list[NewAppointment]:
    """Every tenth is an exact twin of the one before, on purpose: both have to be in the calendar."""
    requests: list[NewAppointment] = []
    for index in range(count):
        base = index - 1 if index % 10 == 9 else index
        starts = moment(2027, 3, 8, 8, 0) + timedelta(days=base % 25, minutes=15 * (base // 25))
        person: dict[str, Any] = (
            {"customer_id": f"cst_{base}"}
            if base % 2
            else {"attendee_name": f"Jan  de Vries {base}", "attendee_email": f"Jan.{base}@example.nl"}
        )
        requests.append(
            NewAppointment(
                name=f"Appointment {base}", starts_at=starts, ends_at=starts + timedelta(minutes=30), **person
            )
        )
    return requests


def identity(item: Any) -> tuple[object, ...]:
    # The sandbox makes up a name for a customer.
    person = item.customer_id or (item.attendee_name, item.attendee_email)
    return item.starts_at.timestamp(), item.ends_at.timestamp(), person


@asynccontextmanager
async def chaos(seed: int, reconcile: ReconcilePolicy | None) -> AsyncIterator[tuple[Sandbox, PortalSession]]:
    faults = Faults(seed=seed, share=SHARE, delay=DELAY, retry_after=1)
    async with (
        Sandbox(clock=LoopClock(), rate_limit=None, faults=faults) as sandbox,
        PortalSession(
            api_key=sandbox.api_key,
            base_url=sandbox.url,
            rate_limit=RateLimit(requests=None),
            timeouts=TIMEOUTS,
            retry=PATIENT,
            reconcile=reconcile,
            clock=LoopClock(),
        ) as portal,
    ):
        yield sandbox, portal


def faults_met(sandbox: Sandbox) -> Counter[Fault]:
    return Counter(received.fault for received in sandbox.requests if received.fault is not None)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("seed", [1, 2])
async def test_every_appointment_exists_exactly_once_and_every_result_tells_the_truth(seed: int) -> None:
    requests = wanted()
    async with chaos(seed, ReconcilePolicy(settle=SETTLE)) as (sandbox, portal):
        results = [result async for result in portal.schedule_appointments(requests, concurrency=CONCURRENCY)]

        assert sorted(result.index for result in results) == list(range(COUNT))
        scheduled = [result for result in results if isinstance(result, Scheduled)]
        assert len(scheduled) == COUNT, [result for result in results if not isinstance(result, Scheduled)]

        # In the calendar: each as often as it was asked for, and nothing else.
        assert Counter(map(identity, sandbox.appointments)) == Counter(map(identity, requests))
        # Each result names its own appointment, and the right one.
        stored = {item.id: item for item in sandbox.appointments}
        assert len({result.appointment.id for result in scheduled}) == COUNT
        for result in scheduled:
            assert identity(stored[result.appointment.id]) == identity(result.request)

        met = faults_met(sandbox)
        assert set(met) == set(COMMON_FAULTS), "the run has to meet every kind of fault"
        assert sum(met.values()) / len(sandbox.requests) == pytest.approx(SHARE, abs=0.05)
        assert portal.rate_limit.in_flight == 0
        assert portal.rate_limit.waiting == 0


@pytest.mark.timeout(300)
async def test_without_looking_the_same_run_has_duplicates() -> None:
    """What everybody else does: send again whatever came to an unclear end."""
    requests = wanted()
    async with chaos(1, None) as (sandbox, portal):
        todo = requests
        for _ in range(40):
            results = [result async for result in portal.schedule_appointments(todo, concurrency=CONCURRENCY)]
            todo = [result.request for result in results if not isinstance(result, Scheduled)]
            if not todo:
                break
        assert not todo
        calendar, asked_for = Counter(map(identity, sandbox.appointments)), Counter(map(identity, requests))
        assert (calendar - asked_for).total() > 20
        assert not asked_for - calendar


@pytest.mark.timeout(300)
async def test_with_too_short_a_settle_time_late_commits_are_duplicated() -> None:
    """The promise rests on the settle time, and says so."""
    only_late = Faults(seed=3, share=0.3, kinds=[Fault.LATE_COMMIT], delay=DELAY)
    requests = wanted(100)
    async with (
        Sandbox(clock=LoopClock(), rate_limit=None, faults=only_late) as sandbox,
        PortalSession(
            api_key=sandbox.api_key,
            base_url=sandbox.url,
            rate_limit=None,
            retry=PATIENT,
            timeouts=TIMEOUTS,
            reconcile=ReconcilePolicy(settle=0.0),
            clock=LoopClock(),
        ) as portal,
    ):
        results = [result async for result in portal.schedule_appointments(requests, concurrency=CONCURRENCY)]
        assert all(isinstance(result, Scheduled) for result in results)
        await wait_until(lambda: not sandbox.requests_in_progress)
        await asyncio.sleep(2 * DELAY)
        extra = Counter(map(identity, sandbox.appointments)) - Counter(map(identity, requests))
        assert extra.total() > 0


async def wait_until(condition: Callable[[], bool]) -> None:
    for _ in range(1000):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it never came to that")
