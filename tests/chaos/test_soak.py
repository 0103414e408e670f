"""Chaos for longer than the main test command may take: many seeds, harder faults. Run by `nox -s soak`."""

from collections import Counter

import pytest
from test_chaos import CONCURRENCY, COUNT, SETTLE, chaos, identity, wanted

from mijnklantportaal_async import ReconcilePolicy, Scheduled


@pytest.mark.soak
@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", range(100, 140))
async def test_every_appointment_exists_exactly_once_whatever_the_seed(seed: int) -> None:
    requests = wanted()
    async with chaos(seed, ReconcilePolicy(settle=SETTLE)) as (sandbox, portal):
        results = [result async for result in portal.schedule_appointments(requests, concurrency=CONCURRENCY)]
        assert all(isinstance(result, Scheduled) for result in results)
        assert len({result.appointment.id for result in results if isinstance(result, Scheduled)}) == COUNT
        assert Counter(map(identity, sandbox.appointments)) == Counter(map(identity, requests))
