"""The sandbox against the contract: schemathesis sends what the contract allows, and what it does not."""

# schemathesis is typed, but with unknown type arguments.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownParameterType=false
# pyright: reportUntypedFunctionDecorator=false

from __future__ import annotations

import asyncio
import threading
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
import schemathesis
from hypothesis import settings
from schemathesis.specs.openapi import checks

from mijnklantportaal_async.sandbox import ALL_SCOPES, Sandbox
from mijnklantportaal_async.sandbox.contract import load_contract_document

if TYPE_CHECKING:
    from collections.abc import Iterator

schema = schemathesis.openapi.from_dict(load_contract_document())
START = datetime(2027, 3, 5, 14, 30, tzinfo=ZoneInfo("Europe/Amsterdam"))

# Every other check of schemathesis applies.
EXCLUDED = [
    # 400, 401, 403, 405, 415 and the 422 of a list are undocumented, but a portal must answer something.
    checks.status_code_conformance,
    # The formats of dates and e-mail addresses stand in the prose, not in the schemas: most strings are refused.
    checks.positive_data_acceptance,
    # As in Laravel, a null counts as left out, an empty body as `{}`, and unknown query parameters are ignored.
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


def validate(case: schemathesis.Case[Any], portal: Sandbox) -> int:
    headers = {"Authorization": f"Bearer {portal.api_key}"}
    return case.call_and_validate(base_url=portal.url, headers=headers, excluded_checks=EXCLUDED).status_code


@schema.parametrize()
@settings(max_examples=25, deadline=None)
def test_contract(case: schemathesis.Case[Any], portal: Sandbox) -> None:
    validate(case, portal)


@schema.include(path="/appointments/{appointmentId}").parametrize()
@settings(max_examples=40, deadline=None)
def test_contract_of_appointments_that_exist(case: schemathesis.Case[Any], portal: Sandbox) -> None:
    stored = portal.add_appointment(name="x", starts_at=START, ends_at=START + timedelta(hours=1), status="pending")
    case.path_parameters = {"appointmentId": stored.id}
    assert validate(case, portal) != 404


@schema.include(path="/customers/{customerId}").parametrize()
@settings(max_examples=40, deadline=None)
def test_contract_of_customers_that_exist(case: schemathesis.Case[Any], portal: Sandbox) -> None:
    stored = portal.add_customer(company_name="x", address="x", zip_code="x", city="x", primary_email="x@example.com")
    case.path_parameters = {"customerId": stored.id}
    assert validate(case, portal) != 404


@schema.include(operation_id="schedule-appointment").parametrize()
@settings(max_examples=40, deadline=None)
def test_contract_of_appointments_with_real_dates(case: schemathesis.Case[Any], portal: Sandbox) -> None:
    if isinstance(case.body, dict):
        case.body |= {"startsAt": "2027-03-05 14:30", "endsAt": "2027-03-05 16:00", "customerId": "cst_abcde123fgh"}
        case.body.pop("attendeeEmail", None)
    validate(case, portal)


def test_the_contract_was_really_tried(portal: Sandbox) -> None:
    """What the tests above sent must have got past the door."""
    if len(portal.requests) < 200:
        pytest.skip("the tests above did not all run")
    statuses = [(request.method, request.path.split("/")[2], request.status) for request in portal.requests]
    appointments = [
        ("POST", 201),
        ("POST", 422),
        ("GET", 200),
        ("PATCH", 200),
        ("PATCH", 422),
        ("DELETE", 200),
    ]
    for method, status in appointments:
        assert statuses.count((method, "appointments", status)) >= 5, (method, status)
    for method, status in [("POST", 422), ("GET", 200), ("PATCH", 200), ("PATCH", 422)]:
        assert statuses.count((method, "customers", status)) >= 5, (method, status)
    assert all(request.status is not None and request.status < 500 for request in portal.requests)
