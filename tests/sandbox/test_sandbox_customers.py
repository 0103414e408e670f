from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import aiohttp
import pytest
from sandbox_calls import COMMITTED, Caller, DroppedError, Reply, until

from mijnklantportaal_async.sandbox import Fault, Sandbox
from mijnklantportaal_async.sandbox.contract import load_contract_document

if TYPE_CHECKING:
    from pathlib import Path

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
CUSTOMER = {
    "companyName": "Test Company BV",
    "address": "Teststreet 123",
    "zipCode": "1234AB",
    "city": "Amsterdam",
    "primaryEmail": "john.doe@example.com",
}
STORED: dict[str, Any] = {
    "company_name": "Test Company BV",
    "address": "Teststreet 123",
    "zip_code": "1234AB",
    "city": "Amsterdam",
    "primary_email": "john.doe@example.com",
}


async def create(call: Caller, **changes: object) -> Reply:
    return await call("POST", "/customers", json={**CUSTOMER, **changes})


def fill(sandbox: Sandbox, count: int) -> None:
    for number in range(count):
        sandbox.add_customer(**STORED | {"company_name": str(number)})


# --- Creating ----------------------------------------------------------------------------------------------------


async def test_create_answers_exactly_the_fields_of_the_contract(sandbox: Sandbox, call: Caller) -> None:
    reply = await create(call)
    assert reply.status == 201
    contract = load_contract_document()["components"]["schemas"]["Customer"]["properties"]
    assert set(reply.json) == set(contract)
    assert reply.json | {"id": "", "createdAt": ""} == CUSTOMER | {
        "id": "",
        "countryCode": "NL",
        "phone": None,
        "integration": None,
        "integrationId": None,
        "customerGroups": [],
        "createdAt": "",
    }
    assert reply.json["id"].startswith("cst_")
    (stored,) = sandbox.customers
    assert (stored.id, stored.company_name, stored.country_code) == (reply.json["id"], "Test Company BV", "NL")
    assert abs(stored.created_at - datetime.now(AMSTERDAM)) < timedelta(minutes=1)


async def test_two_that_look_alike_are_two(sandbox: Sandbox, call: Caller) -> None:
    assert (await create(call)).json["id"] != (await create(call)).json["id"]
    assert len(sandbox.customers) == 2


async def test_a_country_can_be_given(call: Caller) -> None:
    assert (await create(call, countryCode="BE")).json["countryCode"] == "BE"


REFUSED: list[tuple[dict[str, Any], dict[str, list[str]]]] = [
    *(
        ({field: nothing}, {field: [f"The {name} field is required."]})
        for field, name in [
            ("companyName", "company name"),
            ("address", "address"),
            ("zipCode", "zip code"),
            ("city", "city"),
            ("primaryEmail", "primary email"),
        ]
        for nothing in [None, "", "  "]
    ),
    ({"city": 7}, {"city": ["The city field must be a string."]}),
    ({"address": "x" * 256}, {"address": ["The address field must not be greater than 255 characters."]}),
    ({"primaryEmail": "john"}, {"primaryEmail": ["The primary email field must be a valid email address."]}),
    *(
        ({"countryCode": text}, {"countryCode": ["The country code field must be 2 letters."]})
        for text in ["NLD", "N", "12", "ÉÉ"]
    ),
]


@pytest.mark.parametrize(("changes", "errors"), REFUSED)
async def test_create_refuses(
    sandbox: Sandbox, call: Caller, changes: dict[str, Any], errors: dict[str, list[str]]
) -> None:
    reply = await create(call, **changes)
    assert (reply.status, reply.json["errors"]) == (422, errors)
    assert reply.json["message"] == next(iter(errors.values()))[0]
    assert sandbox.customers == ()


async def test_several_errors_are_in_the_order_of_the_documentation(call: Caller) -> None:
    reply = await call("POST", "/customers", json={"countryCode": "x"})
    assert reply.json["message"] == "The company name field is required. (and 5 more errors)"
    assert list(reply.json["errors"]) == [*CUSTOMER, "countryCode"]


# --- One customer ------------------------------------------------------------------------------------------------


async def test_get(call: Caller) -> None:
    created = (await create(call)).json
    reply = await call("GET", f"/customers/{created['id']}")
    assert (reply.status, reply.json) == (200, created)
    unknown = await call("GET", "/customers/cst_unknown")
    assert (unknown.status, unknown.json) == (404, {"message": "No customer has this ID."})


async def test_edit_changes_what_is_given_and_nothing_else(sandbox: Sandbox, call: Caller) -> None:
    created, other = (await create(call)).json, (await create(call)).json
    one = f"/customers/{created['id']}"
    reply = await call("PATCH", one, json={"city": " Utrecht ", "zipCode": "3511 AB"})
    assert (reply.status, reply.json) == (200, created | {"city": "Utrecht", "zipCode": "3511 AB"})
    assert (await call("GET", one)).json == reply.json
    assert (await call("GET", f"/customers/{other['id']}")).json == other
    assert [item.city for item in sandbox.customers] == ["Utrecht", "Amsterdam"]


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ({"city": None}, {"city": ["The city field must be a string."]}),
        ({"city": " "}, {"city": ["The city field must be a string."]}),
        ({"city": "Breda", "zipCode": 1}, {"zipCode": ["The zip code field must be a string."]}),
        ({"primaryEmail": "x"}, {"primaryEmail": ["The primary email field must be a valid email address."]}),
        ({}, None),
        ({"countryCode": "BE"}, {"countryCode": ["The country code field is not in the documentation."]}),
    ],
)
async def test_edit_refuses(
    sandbox: Sandbox, call: Caller, body: dict[str, Any], errors: dict[str, list[str]] | None
) -> None:
    stored = sandbox.add_customer(**STORED)
    reply = await call("PATCH", f"/customers/{stored.id}", json=body)
    assert (reply.status, reply.json.get("errors")) == (422, errors)
    if errors is None:
        assert reply.json["message"].startswith("At least one of these fields is required: companyName, address")
    assert sandbox.customers == (stored,)
    assert (await call("PATCH", "/customers/cst_unknown", json=body)).status == 404


# --- The list ----------------------------------------------------------------------------------------------------


async def test_a_page_has_the_documented_shape(sandbox: Sandbox, call: Caller) -> None:
    fill(sandbox, 31)
    url = sandbox.url + "/customers"
    pages = [(await call("GET", f"/customers{query}")).json for query in ("", "?page=2", "?page=3")]
    envelopes = [{key: value for key, value in page.items() if key != "data"} for page in pages]
    contract = load_contract_document()["components"]["schemas"]["Pagination"]["properties"]
    assert all(set(page) == set(contract) for page in pages)
    same = {"first_page_url": f"{url}?page=1", "path": url, "per_page": 15}
    assert envelopes == [
        {"current_page": 1, "from": 1, "to": 15, "prev_page_url": None, "next_page_url": f"{url}?page=2", **same},
        {
            "current_page": 2,
            "from": 16,
            "to": 30,
            "prev_page_url": f"{url}?page=1",
            "next_page_url": f"{url}?page=3",
            **same,
        },
        {"current_page": 3, "from": 31, "to": 31, "prev_page_url": f"{url}?page=2", "next_page_url": None, **same},
    ]
    assert [item["companyName"] for page in pages for item in page["data"]] == [str(number) for number in range(31)]


@pytest.mark.parametrize("count", [0, 15])
async def test_a_full_or_empty_page_is_the_last(sandbox: Sandbox, call: Caller, count: int) -> None:
    fill(sandbox, count)
    page = (await call("GET", "/customers")).json
    assert (len(page["data"]), page["next_page_url"]) == (count, None)
    beyond = (await call("GET", "/customers?page=9")).json
    assert (beyond["data"], beyond["current_page"], beyond["next_page_url"]) == ([], 9, None)


@pytest.mark.parametrize("page", ["0", "-1", "x", "", "1.5", "2,", "9" * 40, "%00", "٢"])
async def test_what_is_no_page_is_the_first_one(sandbox: Sandbox, call: Caller, page: str) -> None:
    """As in Laravel. So a client that takes the stray comma for a part of the number goes round in a circle."""
    fill(sandbox, 16)
    reply = await call("GET", f"/customers?page={page}")
    assert (reply.status, reply.json["current_page"], len(reply.json["data"])) == (200, 1, 15)


async def test_the_order_and_the_stray_comma_can_be_chosen(session: aiohttp.ClientSession) -> None:
    async with Sandbox(newest_first=True, stray_comma=True) as sandbox:
        fill(sandbox, 16)
        page = (await Caller(sandbox, session)("GET", "/customers")).json
        assert page["data"][0]["companyName"] == "15"
        assert page["next_page_url"] == f"{sandbox.url}/customers?page=2,"


# --- As every operation ------------------------------------------------------------------------------------------


async def test_scopes_decide(session: aiohttp.ClientSession) -> None:
    keys = {"reader": ["customers.read"], "writer": ["customers.write"], "other": ["appointments.write"]}
    async with Sandbox(keys=keys, rate_limit=None) as sandbox:
        call = Caller(sandbox, session)
        one = f"/customers/{sandbox.add_customer(**STORED).id}"
        for method, path, body in [
            ("GET", "/customers", None),
            ("GET", one, None),
            ("POST", "/customers", CUSTOMER),
            ("PATCH", one, {"city": "Utrecht"}),
        ]:
            statuses = {key: (await call(method, path, json=body, key=key)).status for key in keys}
            good = 201 if method == "POST" else 200
            allowed = "reader" if method == "GET" else "writer"
            assert statuses == dict.fromkeys(keys, 403) | {allowed: good}


async def attempt(call: Caller, method: str, path: str, body: object) -> int | None:
    try:
        return (await call(method, path, json=body, patience=0.3)).status
    except (DroppedError, TimeoutError, aiohttp.ClientPayloadError):
        return None


@pytest.mark.parametrize("fault", [fault for fault in Fault if fault is not Fault.RESTART])
async def test_faults_hit_as_they_do_elsewhere(sandbox: Sandbox, call: Caller, fault: Fault) -> None:
    stored = sandbox.add_customer(**STORED | {"company_name": "First"})
    done = COMMITTED[fault]
    sandbox.fail_next(fault, delay=0.02, times=4)
    await attempt(call, "POST", "/customers", CUSTOMER)
    await attempt(call, "PATCH", f"/customers/{stored.id}", {"city": "Utrecht"})
    listed = await attempt(call, "GET", "/customers", None)
    got = await attempt(call, "GET", f"/customers/{stored.id}", None)
    if done:
        await until(lambda: len(sandbox.customers) == 2 and sandbox.customers[0].city == "Utrecht")
    await until(lambda: sandbox.requests_in_progress == 0)
    assert len(sandbox.customers) == 1 + done
    assert sandbox.customers[0].city == ("Utrecht" if done else "Amsterdam")
    assert [request.fault for request in sandbox.requests] == [fault] * 4
    assert listed == got
    assert (await call("GET", "/customers")).status == 200, "every fault was used up"


async def test_undocumented_keys_reach_the_records_of_a_page(sandbox: Sandbox, call: Caller) -> None:
    sandbox.add_customer(**STORED, customer_groups=("cug_1",))
    sandbox.fail_next(Fault.UNKNOWN_FIELDS)
    page = (await call("GET", "/customers")).json
    assert page["apiRevision"] == page["data"][0]["apiRevision"] == 7
    assert page["data"][0]["customerGroups"] == ["cug_1"]


async def test_a_slow_page_is_still_answered_while_the_portal_stops(session: aiohttp.ClientSession) -> None:
    sandbox = Sandbox()
    await sandbox.start()
    sandbox.fail_next(Fault.SLOW_COMMIT, delay=3600)
    slow = asyncio.create_task(Caller(sandbox, session)("GET", "/customers"))
    await until(lambda: sandbox.requests_in_progress == 1)
    await sandbox.stop()
    assert (await slow).status == 200


async def test_a_file_survives_a_restart(tmp_path: Path, session: aiohttp.ClientSession) -> None:
    database = tmp_path / "portal.sqlite"
    async with Sandbox(database=database) as sandbox:
        await create(Caller(sandbox, session))
        sandbox.add_customer(**STORED, phone="+3120", integration="acumulus", customer_groups=("cug_1", "cug_2"))
        await Caller(sandbox, session).schedule()
        before = sandbox.customers
    assert sandbox.customers == before, "a stopped sandbox can still be read"
    async with Sandbox(database=str(database)) as reopened:
        assert reopened.customers == before
        assert len(reopened.appointments) == 1
        assert reopened.customers[1].customer_groups == ("cug_1", "cug_2")


async def test_clear_removes_customers_too(sandbox: Sandbox, call: Caller) -> None:
    await create(call)
    sandbox.clear()
    assert sandbox.customers == ()
    assert (await call("GET", "/customers")).json["data"] == []


async def test_add_customer_wants_aware_times(sandbox: Sandbox) -> None:
    with pytest.raises(ValueError, match="created_at must be aware"):
        sandbox.add_customer(**STORED, created_at=datetime(2027, 3, 5, 14, 30))
    when = datetime(2027, 3, 5, 14, 30, tzinfo=AMSTERDAM)
    assert sandbox.add_customer(**STORED, created_at=when).created_at == when


async def test_an_appointment_may_still_name_any_customer(sandbox: Sandbox, call: Caller) -> None:
    created = (await create(call)).json["id"]
    for customer_id in (created, "cst_nobody"):
        body = {"name": "x", "startsAt": "2027-03-05 14:30", "endsAt": "2027-03-05 16:00", "customerId": customer_id}
        reply = await call("POST", "/appointments", json=body)
        assert (reply.status, reply.json["customerId"]) == (201, customer_id)
