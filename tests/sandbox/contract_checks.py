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

THE_SAME_EVERY_TIME = settings(max_examples=15, deadline=None, derandomize=True, database=None)

# One call of each operation that a portal has to accept, whatever was made up for the others: path, body, status.
ACCEPTED: dict[str, tuple[dict[str, str], dict[str, Any] | None, int]] = {
    "list-appointments": ({}, None, 200),
    "schedule-appointment": (
        {},
        {
            "name": "Intake",
            "startsAt": "2027-03-05 14:30",
            "endsAt": "2027-03-05 16:00",
            "customerId": "cst_abcde123fgh",
        },
        201,
    ),
    "get-appointment": ({"appointmentId": "appointment"}, None, 200),
    "change-appointment-status": ({"appointmentId": "appointment"}, {"status": "canceled"}, 200),
    "cancel-appointment": ({"appointmentId": "appointment"}, None, 200),
    "list-customers": ({}, None, 200),
    "create-customer": (
        {},
        {
            "companyName": "Bakkerij",
            "address": "Dorpsstraat 1",
            "zipCode": "1234AB",
            "city": "Utrecht",
            "primaryEmail": "a@example.nl",
        },
        201,
    ),
    "get-customer": ({"customerId": "customer"}, None, 200),
    "edit-customer": ({"customerId": "customer"}, {"city": "Utrecht"}, 200),
}


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
@THE_SAME_EVERY_TIME
def test_contract(case: schemathesis.Case[Any], portal: Sandbox) -> None:
    validate(case, portal)


@schema.include(path="/appointments/{appointmentId}").parametrize()
@THE_SAME_EVERY_TIME
def test_contract_of_appointments_that_exist(case: schemathesis.Case[Any], portal: Sandbox) -> None:
    stored = portal.add_appointment(name="x", starts_at=START, ends_at=START + timedelta(hours=1), status="pending")
    case.path_parameters = {"appointmentId": stored.id}
    assert validate(case, portal) != 404


@schema.include(path="/customers/{customerId}").parametrize()
@THE_SAME_EVERY_TIME
def test_contract_of_customers_that_exist(case: schemathesis.Case[Any], portal: Sandbox) -> None:
    stored = portal.add_customer(company_name="x", address="x", zip_code="x", city="x", primary_email="x@example.com")
    case.path_parameters = {"customerId": stored.id}
    assert validate(case, portal) != 404


@schema.include(operation_id="schedule-appointment").parametrize()
@THE_SAME_EVERY_TIME
def test_contract_of_appointments_with_real_dates(case: schemathesis.Case[Any], portal: Sandbox) -> None:
    if isinstance(case.body, dict):
        case.body |= {"startsAt": "2027-03-05 14:30", "endsAt": "2027-03-05 16:00", "customerId": "cst_abcde123fgh"}
        case.body.pop("attendeeEmail", None)
    validate(case, portal)


@pytest.mark.parametrize("operation_id", ACCEPTED)
def test_what_the_contract_allows_is_accepted(operation_id: str, portal: Sandbox) -> None:
    """Or the tests above might never have come further than the door."""
    path, body, status = ACCEPTED[operation_id]
    stored = {
        "appointment": portal.add_appointment(
            name="x", starts_at=START, ends_at=START + timedelta(hours=1), status="pending"
        ).id,
        "customer": portal.add_customer(
            company_name="x", address="x", zip_code="x", city="x", primary_email="x@example.com"
        ).id,
    }
    operation = schema.find_operation_by_id(operation_id)
    case = operation.Case(path_parameters={name: stored[kind] for name, kind in path.items()})
    if body is not None:
        case.body, case.media_type = body, "application/json"
    assert validate(case, portal) == status


def test_nothing_was_too_much_for_the_portal(portal: Sandbox) -> None:
    assert all(request.status is not None and request.status < 500 for request in portal.requests)
