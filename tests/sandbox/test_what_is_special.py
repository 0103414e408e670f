"""What tags do in a way of their own, as short stories: a call, its status, and what the answer says."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest
from sandbox_calls import Caller

from mijnklantportaal_async.sandbox.tags.subscriptions import renewal

Step = tuple[str, dict[str, Any] | None, int, dict[str, Any]]
LINES = [{"description": "a", "amountExclVat": "10.00", "vatRate": 21}, {"amountExclVat": "1.05", "vatRate": 9}]
INVOICE = {"customerId": "cst_1", "invoiceNumber": "7", "issuedAt": "2027-03-05", "lines": LINES}
PACKAGE = {"name": "Phone", "interval": "1 month", "amount": "5.00", "vatRate": 21}
PERSON = {"companyName": "A", "address": "B 1", "zipCode": "1", "city": "C", "email": "a@example.com"}
SIGN_UP = {"customerId": "cst_1", "startDate": "2999-01-31"}
CUSTOMER = {"companyName": "A", "address": "B", "zipCode": "1", "city": "C", "primaryEmail": "a@b.nl"}
CARD = {"name": "Lessons", "punches": 2, "punchLabel": "lesson"}
OFFER = {"customerId": "cst_1", "offerNumber": "7", "issuedAt": "2027-03-05", "expiresAt": "2027-04-05", "lines": LINES}
TERM = {"customerId": "cst_1", "description": "Care", "interval": "1 month", "amount": "5.00", "vatRate": 21}
WANTED = [{"name": "Logo", "required": True}]

# The id of the last record but n that was answered stands in a path or body as `<n>`.
STORIES: dict[str, list[Step]] = {
    "a card fills up": [
        (
            "POST /punch-cards",
            CARD | {"expiryValue": "3", "expirePeriod": "days"},
            201,
            {"expiryValue": 3, "price": None},
        ),
        ("POST /punch-cards/<0>/issued", {"customerId": "cst_1"}, 201, {"punchesLeft": 2, "status": "active"}),
        ("POST /punch-cards/<1>/issued/<0>/stamp", {"stamps": 3}, 422, {}),
        ("POST /punch-cards/<1>/issued/<0>/stamp", {}, 201, {"punchesLeft": 1, "status": "active"}),
        ("POST /punch-cards/<1>/issued/<0>/stamp", {"stamps": 1}, 201, {"punchesLeft": 0, "status": "fully_used"}),
        ("POST /punch-cards/<1>/issued/<0>/stamp", {"stamps": 1}, 422, {}),
        ("POST /punch-cards/<1>/issued", {}, 422, {}),
    ],
    "what is for sale has a price": [
        ("POST /punch-cards", CARD | {"forSale": True}, 422, {}),
        ("POST /punch-cards", CARD | {"forSale": True, "price": "9.95", "vatRate": 21}, 201, {"price": "9.95"}),
        ("PATCH /punch-cards/<0>", {"forSale": False}, 200, {"price": None, "vatRate": None}),
        ("PATCH /punch-cards/<0>", {"forSale": True}, 422, {}),
        ("PATCH /punch-cards/<0>", {"forSale": False, "price": None}, 422, {}),
    ],
    "a card that makes no sense": [
        ("POST /punch-cards", CARD | {"punches": 0}, 422, {}),
        ("POST /punch-cards", CARD | {"punches": 1.0}, 422, {}),
        ("POST /punch-cards", CARD | {"punches": 10**30}, 422, {}),
        ("POST /punch-cards", CARD | {"expiryValue": "٣"}, 422, {}),
        ("POST /punch-cards", CARD | {"expiryValue": "0"}, 422, {}),
        ("POST /punch-cards", CARD | {"expiryValue": "1001", "expirePeriod": "years"}, 422, {}),
        ("POST /punch-cards", CARD | {"expiryValue": "1000", "expirePeriod": "years"}, 201, {}),
        ("POST /punch-cards/<0>/issued", {"customerId": "cst_1"}, 201, {}),
        ("POST /punch-cards", CARD, 201, {"expiryPeriode": None}),
        ("POST /punch-cards/<0>/issued", {"customerId": "cst_1"}, 201, {"expiresAt": None}),
    ],
    "an invoice is paid once": [
        ("POST /customer-invoices/manual", INVOICE, 201, {"amount": "13.24", "paidAt": None, "currency": "EUR"}),
        (
            "PATCH /customer-invoices/<0>",
            {"paidAt": "2027-07-05 12:00:01"},
            200,
            {"paidAt": "2027-07-05T12:00:01+02:00"},
        ),
        ("PATCH /customer-invoices/<0>", {"paidAt": "2027-07-05 12:00:01"}, 422, {}),
        ("GET /customer-invoices/<0>/pdf", None, 200, {}),
        ("POST /customer-invoices/manual", INVOICE | {"issuedAt": "2027-02-30"}, 422, {}),
    ],
    "an invoice of lines": [
        ("POST /customer-invoices/manual", INVOICE | {"lines": []}, 422, {}),
        ("POST /customer-invoices/manual", INVOICE | {"lines": [{"amountExclVat": "1", "vat": 9}]}, 422, {}),
        # Half a cent is rounded away from zero.
        (
            "POST /customer-invoices/manual",
            INVOICE | {"lines": [{"amountExclVat": "0.50", "vatRate": 21}]},
            201,
            {"amount": "0.61"},
        ),
        ("PATCH /customer-invoices/<0>", {"paidAt": "2027-07-05"}, 200, {"paidAt": "2027-07-05T00:00:00+02:00"}),
        ("PATCH /customer-invoices/<0>", {"paidAt": "0001-01-01 00:00"}, 422, {}),
    ],
    "an offer is decided": [
        ("POST /customer-offers/manual", OFFER, 201, {"amount": "13.24", "acceptedAt": None, "rejectedAt": None}),
        ("PATCH /customer-offers/<0>", {}, 422, {}),
        ("PATCH /customer-offers/<0>", {"acceptedViaIp": "192.0.2.1"}, 422, {}),
        (
            "PATCH /customer-offers/<0>",
            {"rejectedAt": "2027-03-06 09:00:00", "acceptedViaIp": "192.0.2.1"},
            200,
            {"acceptedAt": None, "acceptedViaIp": None, "rejectedAt": "2027-03-06T09:00:00+01:00"},
        ),
        (
            "PATCH /customer-offers/<0>",
            {"acceptedAt": "2027-03-07 09:00:00", "acceptedViaIp": "192.0.2.1"},
            200,
            {
                "acceptedAt": "2027-03-07T09:00:00+01:00",
                "acceptedViaIp": "192.0.2.1",
                "rejectedAt": "2027-03-06T09:00:00+01:00",
            },
        ),
    ],
    "a link is closed once": [
        (
            "POST /payment-links",
            {"description": "a", "amount": "1.50", "expiresAt": "2090-03-25"},
            201,
            {"expiresAt": "2090-03-26T00:00:00+01:00", "reusable": False, "status": "open"},
        ),
        ("DELETE /payment-links/<0>", None, 200, {"status": "closed", "checkoutUrl": None}),
        ("DELETE /payment-links/<0>", None, 422, {}),
        ("GET /payment-links/<0>/payments", None, 200, {"data": []}),
        ("POST /payment-links", {"description": "a", "amount": "1.505"}, 422, {}),
        ("POST /payment-links", {"description": "a", "amount": "1.50", "expiresAt": "9999-12-31"}, 422, {}),
    ],
    "a link that has expired can be closed": [
        (
            "POST /payment-links",
            {"description": "a", "amount": "1.50", "expiresAt": "2020-03-27"},
            201,
            {"status": "expired", "checkoutUrl": None},
        ),
        ("DELETE /payment-links/<0>", None, 200, {"status": "closed"}),
    ],
    "a group and its members": [
        (
            "POST /customers",
            {"companyName": "A", "address": "B", "zipCode": "1", "city": "C", "primaryEmail": "a@b.nl"},
            201,
            {},
        ),
        ("POST /customer-groups", {"name": "G", "customers": ["cst_nobody"]}, 201, {}),
        ("POST /customer-groups/<0>/customers", {"customers": ["<1>", "<1>", "cst_nobody"]}, 200, {}),
        ("GET /customers/<1>", None, 200, {"customerGroups": ["<0>"]}),
        ("POST /customer-groups/<0>/customers", {}, 422, {}),
        ("PATCH /customer-groups/<0>", {"name": "H"}, 200, {"name": "H"}),
    ],
    "a country, and what an edit cannot say": [
        ("POST /customers", CUSTOMER | {"countryCode": "Belgium"}, 422, {}),
        ("POST /customers", CUSTOMER, 201, {"countryCode": "NL"}),
        ("PATCH /customers/<0>", {"city": None}, 422, {}),
        ("PATCH /customers/<0>", {}, 422, {}),
    ],
    "a subscription stands as the calendar says": [
        (
            "POST /customer-subscriptions",
            TERM | {"startDate": "2020-01-31", "createInvoice": True},
            201,
            {"status": "in_progress", "options": {"createInvoice": True}, "currency": "EUR"},
        ),
        (
            "PATCH /customer-subscriptions/<0>",
            {"terminatedAt": "9000-01-01 00:00:00"},
            200,
            {"status": "in_progress", "terminatedAt": "9000-01-01T00:00:00+01:00"},
        ),
        ("PATCH /customer-subscriptions/<0>", {"terminatedAt": "2021-01-01 00:00:00"}, 200, {"status": "terminated"}),
        ("PATCH /customer-subscriptions/<0>", {"description": "x"}, 200, {"status": "terminated"}),
        ("PATCH /customer-subscriptions/<0>", {"amount": None}, 422, {}),
        ("POST /customer-subscriptions", TERM | {"startDate": "2999-01-01"}, 201, {"status": "planned"}),
        ("POST /customer-subscriptions", TERM | {"startDate": "9999-01-01"}, 422, {}),
        ("POST /customer-subscriptions", TERM | {"startDate": "2999-01-01", "createPayment": True}, 201, {}),
    ],
    "a package": [
        ("POST /customer-subscription-packages", PACKAGE, 201, {"currency": "EUR", "availableForSale": False}),
        ("PATCH /customer-subscription-packages/<0>", {"vatRate": 9}, 200, {"vatRate": 9, "amount": "5.00"}),
        ("PATCH /customer-subscription-packages/<0>", {}, 200, {"vatRate": 9}),
        ("PATCH /customer-subscription-packages/<0>", {"vatRate": 8}, 422, {}),
    ],
    "signing up, by two ways to one address": [
        ("POST /customer-subscription-packages", PACKAGE, 201, {}),
        ("POST /customer-subscription-packages/<0>/sign-up", {}, 422, {}),
        ("POST /customer-subscription-packages/<0>/sign-up", {"customerId": "cst_1"}, 422, {}),
        ("POST /customer-subscription-packages/<0>/sign-up", {"companyName": "A"}, 422, {}),
        ("POST /customer-subscription-packages/<0>/sign-up/", {}, 422, {}),
        ("POST /customer-subscription-packages/<0>/sign-up", PERSON | SIGN_UP, 422, {}),
        ("POST /customer-subscription-packages/<0>/sign-up", PERSON, 201, {}),
        ("POST /customer-subscription-packages/<1>/sign-up/", PERSON, 201, {}),
        (
            "POST /customer-subscription-packages/<2>/sign-up/",
            SIGN_UP,
            201,
            {
                "status": "planned",
                "renewsAt": "2999-02-28",
                "description": "Phone",
                "amount": "5.00",
                "options": {"createInvoice": False, "invoiceDescription": "Phone"},
            },
        ),
        (
            "POST /customer-subscription-packages/<3>/sign-up",
            SIGN_UP | {"createInvoice": True, "invoiceText": "Calls"},
            201,
            {"options": {"createInvoice": True, "invoiceDescription": "Calls"}},
        ),
    ],
    "files are asked for": [
        ("POST /file-requests", {"name": "a", "requestedFiles": WANTED * 11}, 422, {}),
        ("POST /file-requests", {"name": "a", "requestedFiles": []}, 422, {}),
        ("POST /file-requests", {"name": "a", "requestedFiles": [{"nam": "Logo"}]}, 422, {}),
        (
            "POST /file-requests",
            {"name": "a", "requestedFiles": WANTED, "customerId": "cst_1"},
            201,
            {"completedAt": None},
        ),
    ],
    "a field that nobody asked for": [
        ("POST /appointments", {"colour": "blue"}, 422, {}),
        ("POST /webhooks", {"url": "http://127.0.0.1/", "type": "invoice-paid", "secret": "mine"}, 422, {}),
        ("POST /webhooks", {"url": "http://127.0.0.1/" + "x" * 300, "type": "invoice-paid"}, 201, {}),
        ("POST /webhooks", {"url": "http://127.0.0.1/", "type": "invoice-payed"}, 422, {}),
    ],
}


@pytest.mark.parametrize("story", STORIES)
async def test_story(call: Caller, story: str) -> None:
    made: list[str] = []

    def told(value: Any) -> Any:
        if isinstance(value, str):
            return re.sub(r"<(\d)>", lambda found: made[-1 - int(found[1])], value)
        if isinstance(value, list):
            return [told(item) for item in value]
        return {name: told(inner) for name, inner in value.items()} if isinstance(value, dict) else value

    for asked, body, status, expected in STORIES[story]:
        method, path = told(asked).split(" ")
        reply = await call(method, path, json=told(body))
        assert reply.status == status, (asked, reply.json)
        assert reply.json | told(expected) == reply.json, asked
        if status == 201 and reply.json["id"] not in made:
            made.append(reply.json["id"])


async def test_a_field_that_nobody_asked_for_is_named(call: Caller) -> None:
    lines = [{"description": "a", "amountExclVat": "1.00", "vat": 9}]
    reply = await call("POST", "/customer-invoices/manual", json=INVOICE | {"lines": lines, "colour": "blue"})
    assert reply.json["errors"] == {
        "lines.0.vat": ["The vat field is not in the documentation."],
        "colour": ["The colour field is not in the documentation."],
    }


@pytest.mark.parametrize(
    ("starts", "interval", "today", "renews"),
    [
        ("2027-01-31", "1 month", "2027-01-31", "2027-02-28"),
        ("2027-01-31", "1 month", "2027-02-28", "2027-03-31"),
        ("2027-01-31", "2 months", "2027-04-01", "2027-05-31"),
        ("2024-02-29", "1 year", "2027-03-01", "2028-02-29"),
        ("2020-01-01", "6 months", "2027-01-01", "2027-07-01"),
        ("2027-01-01", "14 days", "2027-01-14", "2027-01-15"),
        ("2027-01-01", "14 days", "2027-01-15", "2027-01-29"),
        ("2028-01-01", "14 days", "2027-01-01", "2028-01-15"),
        ("2028-01-31", "1 month", "2027-01-01", "2028-02-29"),
    ],
)
def test_a_subscription_renews_next(starts: str, interval: str, today: str, renews: str) -> None:
    assert renewal(date.fromisoformat(starts), interval, date.fromisoformat(today)) == date.fromisoformat(renews)


async def test_a_body_of_blanks_is_no_empty_body(call: Caller) -> None:
    package = (await call("POST", "/customer-subscription-packages", json=PACKAGE)).json
    place = f"/customer-subscription-packages/{package['id']}"
    for body, status in ((b"", 200), (b" ", 400)):
        reply = await call("PATCH", place, data=body, headers={"Content-Type": "application/json"})
        assert (reply.status, body) == (status, body)
