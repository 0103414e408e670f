"""The Customers API: what goes out, what comes in, what is refused before anything is sent."""

from typing import Any

import pytest
from given import WANTED_CUSTOMER, MakePortal
from scripted_server import ScriptedServer, answer, customer

from mijnklantportaal_async import (
    UNSET,
    ConnectionLostError,
    Customer,
    DecodeError,
    NewCustomer,
    NotFoundError,
    Outcome,
    PortalSession,
    RetryPolicy,
    ServerError,
    ValidationError,
)
from mijnklantportaal_async.sandbox import Fault, Sandbox


async def test_the_whole_life_of_a_customer_in_the_sandbox() -> None:
    async with Sandbox() as sandbox, PortalSession(api_key=sandbox.api_key, base_url=sandbox.url) as portal:
        made = await portal.create_customer(**WANTED_CUSTOMER)
        assert isinstance(made, Customer)
        (stored,) = sandbox.customers
        assert (stored.id, stored.company_name, stored.zip_code) == (made.id, "Test Company BV", "1234AB")
        assert (made.country_code, made.customer_groups, made.phone) == ("NL", (), None)
        assert made.created_at == stored.created_at

        assert await portal.get_customer(made.id) == made
        assert await portal.list_customers().collect() == [made]
        changed = await portal.edit_customer(made.id, city="Utrecht", zip_code="3511 AB")
        assert (changed.city, changed.zip_code, changed.address) == ("Utrecht", "3511 AB", "Teststreet 123")
        assert await portal.get_customer(made.id) == changed
        with pytest.raises(NotFoundError, match="get_customer: 404"):
            await portal.get_customer("cst_nobody")
        with pytest.raises(NotFoundError, match="edit_customer: 404"):
            await portal.edit_customer("cst_nobody", city="Utrecht")


async def test_all_that_a_customer_has(make_portal: MakePortal) -> None:
    linked = customer(phone="+3120", integration="acumulus", integrationId="7", customerGroups=["cug_1", "cug_2"])
    async with ScriptedServer(answer(200, linked | {"colour": "blue"})) as server:
        found = await make_portal(server.url).get_customer("cst_1")
    assert (found.phone, found.integration, found.integration_id) == ("+3120", "acumulus", "7")
    assert found.customer_groups == ("cug_1", "cug_2")
    assert found.created_at.tzinfo is not None
    assert found.raw["colour"] == "blue"
    assert "colour" not in repr(found)


async def test_what_the_documentation_leaves_open_may_be_missing(make_portal: MakePortal) -> None:
    spare = {key: value for key, value in customer().items() if key not in {"countryCode", "phone", "integration"}}
    async with ScriptedServer(answer(200, spare)) as server:
        found = await make_portal(server.url).get_customer("cst_1")
    assert (found.country_code, found.phone, found.integration) == (None, None, None)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"customerGroups": "cug_1"}, r"\$\.customerGroups: must be a list, not a text"),
        ({"customerGroups": [1]}, r"\$\.customerGroups: must be a text, not the number 1"),
        ({"customerGroups": None}, r"\$\.customerGroups: must be a list, not null"),
        ({"createdAt": None}, r"\$\.createdAt: must be a date and time, not null"),
        ({"zipCode": 1234}, r"\$\.zipCode: must be a text, not the number 1234"),
    ],
)
async def test_an_answer_of_another_shape(make_portal: MakePortal, changes: dict[str, Any], problem: str) -> None:
    async with ScriptedServer(answer(200, customer(**changes))) as server:
        with pytest.raises(DecodeError, match=problem) as caught:
            await make_portal(server.url).get_customer("cst_1")
        assert caught.value.identifier == "cst_1"


# --- Creating ----------------------------------------------------------------------------------------------------


async def test_what_goes_out(make_portal: MakePortal) -> None:
    async with ScriptedServer(otherwise=answer(201, customer())) as server:
        portal = make_portal(server.url)
        await portal.create_customer(**WANTED_CUSTOMER)
        await portal.create_customer(**WANTED_CUSTOMER, country_code="be")
        assert server.received[0].json == {
            "companyName": "Test Company BV",
            "address": "Teststreet 123",
            "zipCode": "1234AB",
            "city": "Amsterdam",
            "primaryEmail": "john.doe@example.nl",
        }
        assert server.received[1].json == server.received[0].json | {"countryCode": "be"}
        assert {(received.method, received.path) for received in server.received} == {("POST", "/v1/customers")}


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"company_name": ""}, ValueError, "company_name is empty"),
        ({"company_name": None}, TypeError, "company_name must be a str, not NoneType"),
        ({"address": " "}, ValueError, "address is empty"),
        ({"zip_code": 1234}, TypeError, "zip_code must be a str, not int"),
        ({"city": "a\nb"}, ValueError, "city holds the control character"),
        ({"city": "x" * 256}, ValueError, "city has 256 characters"),
        ({"primary_email": "john"}, ValueError, "primary_email='john' is not an e-mail address"),
        ({"primary_email": UNSET}, TypeError, "primary_email must be a str, not UnsetType"),
        ({"country_code": "Netherlands"}, ValueError, "country_code='Netherlands' is not a country code"),
        ({"country_code": "N1"}, ValueError, "give two letters, such as 'NL'"),
        ({"country_code": "ÉÉ"}, ValueError, "not a country code"),
        ({"country_code": None}, TypeError, "country_code must be a str, not NoneType"),
    ],
)
async def test_what_cannot_be_right_is_refused_before_anything_is_sent(
    make_portal: MakePortal, changes: dict[str, Any], error: type[Exception], message: str
) -> None:
    async with ScriptedServer(otherwise=answer(201, customer())) as server:
        with pytest.raises(error, match=message):
            await make_portal(server.url).create_customer(**WANTED_CUSTOMER | changes)
        assert server.connections_accepted == 0


async def test_the_services_messages_by_field(make_portal: MakePortal) -> None:
    body = {"message": "The given data was invalid.", "errors": {"zipCode": ["Not a zip code."]}}
    async with ScriptedServer(answer(422, body)) as server:
        with pytest.raises(ValidationError) as caught:
            await make_portal(server.url).create_customer(**WANTED_CUSTOMER)
    assert caught.value.errors == {"zip_code": ["Not a zip code."]}
    assert caught.value.outcome is Outcome.REJECTED


def test_a_request_can_be_made_ahead() -> None:
    new = NewCustomer(**WANTED_CUSTOMER)
    assert new == NewCustomer(**WANTED_CUSTOMER, country_code=UNSET)
    assert hash(new) == hash(NewCustomer(**WANTED_CUSTOMER))
    assert new.country_code is UNSET
    with pytest.raises(AttributeError):
        new.city = "other"  # type: ignore[misc]


# --- Editing -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "body"),
    [
        ({"city": "Utrecht"}, {"city": "Utrecht"}),
        ({"city": None}, {"city": None}),
        ({"city": UNSET, "address": "A 1"}, {"address": "A 1"}),
        (
            {"company_name": "A", "address": "B", "zip_code": "C", "city": "D", "primary_email": "e@example.nl"},
            {"companyName": "A", "address": "B", "zipCode": "C", "city": "D", "primaryEmail": "e@example.nl"},
        ),
        ({"primary_email": None, "zip_code": "3511AB"}, {"primaryEmail": None, "zipCode": "3511AB"}),
    ],
)
async def test_what_is_not_given_stays_and_none_clears(
    make_portal: MakePortal, changes: dict[str, Any], body: dict[str, Any]
) -> None:
    async with ScriptedServer(answer(200, customer())) as server:
        await make_portal(server.url).edit_customer("cst_1", **changes)
        (received,) = server.received
        assert (received.method, received.path, received.json) == ("PATCH", "/v1/customers/cst_1", body)


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({}, ValueError, "nothing to change; give at least one of company_name, address, zip_code, city"),
        ({"city": UNSET}, ValueError, "nothing to change"),
        ({"city": ""}, ValueError, "city is empty"),
        ({"city": 7}, TypeError, "city must be a str, not int"),
        ({"primary_email": "john"}, ValueError, "primary_email='john' is not an e-mail address"),
        ({"country_code": "NL"}, TypeError, "country_code"),
    ],
)
async def test_changes_that_cannot_be_right(
    make_portal: MakePortal, changes: dict[str, Any], error: type[Exception], message: str
) -> None:
    async with ScriptedServer(otherwise=answer(200, customer())) as server:
        with pytest.raises(error, match=message):
            await make_portal(server.url).edit_customer("cst_1", **changes)
        assert server.connections_accepted == 0


async def test_a_field_that_cannot_be_cleared_is_the_portals_to_judge() -> None:
    async with Sandbox() as sandbox, PortalSession(api_key=sandbox.api_key, base_url=sandbox.url) as portal:
        stored = sandbox.add_customer(**WANTED_CUSTOMER)
        with pytest.raises(ValidationError) as caught:
            await portal.edit_customer(stored.id, city=None)
        assert caught.value.errors == {"city": ["The city field must be a string."]}
        assert sandbox.customers == (stored,)


@pytest.mark.parametrize(
    "fault", [Fault.DROP_BEFORE_COMMIT, Fault.DROP_AFTER_COMMIT, Fault.UNAVAILABLE_AFTER_COMMIT, Fault.BAD_GATEWAY]
)
async def test_a_change_is_repeated_after_a_passing_failure(make_portal: MakePortal, fault: Fault) -> None:
    """It sets values: twice is as good as once."""
    async with Sandbox(rate_limit=None) as sandbox:
        stored = sandbox.add_customer(**WANTED_CUSTOMER)
        sandbox.fail_next(fault)
        portal = make_portal(sandbox.url, api_key=sandbox.api_key)
        assert (await portal.edit_customer(stored.id, city="Utrecht")).city == "Utrecht"
        assert [request.method for request in sandbox.requests] == ["PATCH", "PATCH"]
        sandbox.fail_next(fault)
        once = portal.with_options(retry=RetryPolicy(attempts=1))
        with pytest.raises(ConnectionLostError if "drop" in fault.value else ServerError):
            await once.edit_customer(stored.id, city="Breda")


# --- Ids ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("identifier", ["", ".", "..", "a b", "x\r\n"])
async def test_ids_that_cannot_be_right_are_refused(make_portal: MakePortal, identifier: str) -> None:
    async with ScriptedServer() as server:
        portal = make_portal(server.url)
        for call in (portal.get_customer(identifier), portal.edit_customer(identifier, city="Utrecht")):
            with pytest.raises(ValueError, match="customer_id"):
                await call
        assert server.connections_accepted == 0


async def test_an_id_is_one_segment_of_the_path(make_portal: MakePortal) -> None:
    async with ScriptedServer(answer(200, customer())) as server:
        await make_portal(server.url).get_customer("../appointments?x=1#y")
        assert server.received[0].path == "/v1/customers/..%2Fappointments%3Fx%3D1%23y"
