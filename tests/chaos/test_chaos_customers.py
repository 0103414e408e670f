"""150 customers through a portal that fails every fifth request: a look reads pages, and these fail as well."""

import asyncio
from collections import Counter
from typing import Any

import pytest
from test_chaos import SETTLE, SHARE, chaos, faults_met

from mijnklantportaal_async import Customer, MijnKlantportaalError, PortalSession, ReconcilePolicy
from mijnklantportaal_async.sandbox import COMMON_FAULTS

COUNT = 150
CONCURRENCY = 16


def wanted() -> list[dict[str, Any]]:
    """Every tenth is an exact twin of the one before, on purpose."""
    return [
        {
            "company_name": f"Company {base}",
            "address": f"Teststreet {base}",
            "zip_code": "1234 AB",
            "city": "Amsterdam",
            "primary_email": f"info.{base}@example.nl",
        }
        for base in (index - 1 if index % 10 == 9 else index for index in range(COUNT))
    ]


async def create_all(portal: PortalSession, requests: list[dict[str, Any]], tries: int) -> list[Customer]:
    """Customers for all requests; with several tries as everybody writes it: sent again whatever the error says."""
    places = asyncio.Semaphore(CONCURRENCY)

    async def create(request: dict[str, Any]) -> Customer:
        async with places:
            for _ in range(tries - 1):
                try:
                    return await portal.create_customer(**request)
                except MijnKlantportaalError:
                    pass
            return await portal.create_customer(**request)

    return await asyncio.gather(*(create(request) for request in requests))


@pytest.mark.timeout(300)
@pytest.mark.parametrize("seed", [1, 2])
async def test_every_customer_exists_exactly_once(seed: int) -> None:
    requests = wanted()
    async with chaos(seed, ReconcilePolicy(settle=SETTLE)) as (sandbox, portal):
        made = await create_all(portal, requests, tries=1)
        names = Counter(request["company_name"] for request in requests)
        assert Counter(item.company_name for item in sandbox.customers) == names
        assert {item.id for item in made} == {item.id for item in sandbox.customers}
        assert [item.company_name for item in made] == [request["company_name"] for request in requests]

        met = faults_met(sandbox)
        assert set(met) == set(COMMON_FAULTS), "the run has to meet every kind of fault"
        assert sum(met.values()) / len(sandbox.requests) == pytest.approx(SHARE, abs=0.06)
        assert portal.rate_limit.in_flight == 0
        assert portal.rate_limit.waiting == 0


@pytest.mark.timeout(300)
async def test_without_looking_the_same_run_has_duplicates() -> None:
    async with chaos(1, None) as (sandbox, portal):
        await create_all(portal, wanted(), tries=40)
        assert len(sandbox.customers) > COUNT + 5
