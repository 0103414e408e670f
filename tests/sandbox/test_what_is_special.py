"""What tags do in a way of their own, as short stories: a call, its status, and what the answer says."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import aiohttp
import pytest
from sandbox_calls import Caller

if TYPE_CHECKING:
    from mijnklantportaal_async.sandbox import Sandbox

Step = tuple[str, dict[str, Any] | None, int, dict[str, Any]]
NOW = datetime.now(ZoneInfo("Europe/Amsterdam")).replace(microsecond=0)
LONG_AGO = (NOW - timedelta(minutes=6)).isoformat()
MESSAGE = {"id": "tim_1", "message": "x", "postedAt": LONG_AGO, "attachments": []}
LINES = [{"description": "a", "amountExclVat": "10.00", "vatRate": 21}, {"amountExclVat": "1.05", "vatRate": 9}]
INVOICE = {"customerId": "cst_1", "invoiceNumber": "7", "issuedAt": "2027-03-05", "lines": LINES}
PACKAGE = {"name": "Phone", "interval": "1 month", "amount": "5.00", "vatRate": 21}
PERSON = {"companyName": "A", "address": "B 1", "zipCode": "1", "city": "C", "email": "a@example.com"}
CARD = {"name": "Lessons", "punches": 2, "punchLabel": "lesson"}

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
    "a link is closed once": [
        (
            "POST /payment-links",
            {"description": "a", "amount": "1.50", "expiresAt": "2027-03-27"},
            201,
            {"expiresAt": "2027-03-28T00:00:00+01:00", "reusable": False, "status": "open"},
        ),
        ("DELETE /payment-links/<0>", None, 200, {"status": "closed", "checkoutUrl": None}),
        ("DELETE /payment-links/<0>", None, 422, {}),
        ("GET /payment-links/<0>/payments", None, 200, {"data": []}),
        ("POST /payment-links", {"description": "a", "amount": "1.505"}, 422, {}),
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
    ],
    "signing up, by two ways to one address": [
        ("POST /customer-subscription-packages", PACKAGE, 201, {"currency": "EUR", "availableForSale": False}),
        ("POST /customer-subscription-packages/<0>/sign-up", {"customerId": "cst_1"}, 422, {}),
        ("POST /customer-subscription-packages/<0>/sign-up", PERSON, 201, {}),
        ("POST /customer-subscription-packages/<1>/sign-up/", PERSON, 201, {}),
        (
            "POST /customer-subscription-packages/<2>/sign-up",
            {"customerId": "cst_1", "startDate": "2027-01-31"},
            201,
            {"status": "planned", "renewsAt": "2027-02-28", "description": "Phone", "amount": "5.00"},
        ),
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


async def test_tickets(sandbox: Sandbox, call: Caller) -> None:
    one = "/tickets/" + sandbox.put("/tickets", status="closed", source="email", messages=[MESSAGE])["id"]
    chat = "/tickets/" + sandbox.put("/tickets", source="chat", messages=[])["id"]
    assert (await call("PATCH", one)).status == 422
    reply = (await call("POST", one, json={"message": "<p>Yes</p>"})).json
    assert (reply["status"], len(reply["messages"]), reply["messages"][1]["isPostedByCustomer"]) == ("open", 2, False)
    assert (await call("POST", chat, json={"message": "x"})).status == 422
    for message, status in ((reply["messages"][1]["id"], 201), ("tim_1", 422), ("tim_nobody", 404)):
        form = aiohttp.FormData({}, default_to_multipart=True)
        form.add_field("attachment", b"123", filename="a.png", content_type="image/png")
        attached = await call("POST", f"{one}/message/{message}/attachment", data=form)
        assert attached.status == status, attached.json
    assert sandbox.records("/tickets")[0]["messages"][1]["attachments"][0]["size"] == 3
    assert (await call("PATCH", one)).json["status"] == "closed"
    assert "messages" not in (await call("GET", "/tickets")).json["data"][0]


async def test_files_and_shares(sandbox: Sandbox, call: Caller) -> None:
    directory = (await call("POST", "/files", json={"name": "Contracts"})).json
    assert (directory["id"][:4], directory["type"], directory["size"]) == ("fsd_", "directory", None)
    assert (await call("GET", f"/files/{directory['id']}/download")).status == 404
    assert (await call("POST", "/files", json={})).status == 422
    assert (await call("POST", "/files?directory=fsd_nobody", json={"name": "x"})).status == 422
    share = (await call("POST", "/file-shares", json={"content": [directory["id"]]})).json
    assert share["sharedContent"][0]["name"] == "Contracts"
    assert share["sharedContent"][0]["fileShareId"] == share["id"]
    assert "publicShare" in share["links"]
    assert (await call("POST", "/file-shares", json={"content": ["fsf_nobody"]})).status == 422
    assert len(sandbox.records("/file-shares")) == 1
