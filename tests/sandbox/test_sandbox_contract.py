"""The sandbox against the contract: schemathesis sends what the contract allows, and what it does not."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.specs.openapi import checks

from mijnklantportaal_async.sandbox import ALL_SCOPES, Sandbox
from mijnklantportaal_async.sandbox.contract import load_contract_document

if TYPE_CHECKING:
    from collections.abc import Iterator

schema = schemathesis.openapi.from_dict(load_contract_document()).include(tag="Appointments API")

# Every other check of schemathesis applies.
EXCLUDED = [
    # 400, 401, 403, 405, 415 and the 422 of a list are undocumented, but a portal must answer something.
    checks.status_code_conformance,
    # The formats of dates and e-mail addresses stand in the prose, not in the schemas: most strings are refused.
    checks.positive_data_acceptance,
    # `customerId: null` counts as left out, empty bodies as `{}`, and unknown query parameters are ignored, as in Laravel.
    checks.negative_data_rejection,
]


@pytest.fixture(scope="module")
def portal() -> Iterator[Sandbox]:
    sandbox = Sandbox(rate_limit=None, keys={"contract-key": ALL_SCOPES})
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        asyncio.run_coroutine_threadsafe(sandbox.start(), loop).result(20)
        yield sandbox
        asyncio.run_coroutine_threadsafe(sandbox.stop(), loop).result(20)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(20)
        loop.close()


@schema.parametrize()
@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
def test_contract(case: schemathesis.Case, portal: Sandbox) -> None:
    headers = {"Authorization": f"Bearer {portal.api_key}"}
    case.call_and_validate(base_url=portal.url, headers=headers, excluded_checks=EXCLUDED)
