"""What only the outside does, by `put`: tickets, payments, answers of customers, the files that they were asked for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from contract_walk import OPERATIONS
from jsonschema import Draft202012Validator
from sandbox_calls import Caller

from mijnklantportaal_async.sandbox.contract import load_contract

if TYPE_CHECKING:
    from mijnklantportaal_async.sandbox import Sandbox

LISTS = sorted({item.path for item in OPERATIONS if item.is_paged} | {"/files", "/appointments"})
FIXED = {"title": "Question", "source": "email", "status": "open", "messages": []}


@pytest.mark.parametrize("path", LISTS)
async def test_what_is_put_is_answered_by_the_contract(sandbox: Sandbox, call: Caller, path: str) -> None:
    owner = None
    if "{" in path:
        owner = sandbox.put(path[: path.index("/{")])["id"]
        path = path.replace(path[path.index("{") : path.index("}") + 1], owner)
    record = sandbox.put(path)
    operation = load_contract().records_of(f"{path}/{record['id']}") or load_contract().records_of(path)
    assert operation is not None
    if operation.path.endswith("}"):
        answered = (await call("GET", f"{path}/{record['id']}")).json
    else:
        (answered,) = (await call("GET", path)).json["data"]
    assert answered["id"] == record["id"]
    assert set(answered) == set(operation.answer.properties)
    assert not list(Draft202012Validator(operation.answer.whole).iter_errors(answered))
    assert owner is None or owner in answered.values(), "it belongs to whose list it stands in"


async def test_a_payment_pays_its_link(sandbox: Sandbox, call: Caller) -> None:
    body = {"description": "a", "amount": "9.95"}
    for reusable, status in ((False, "paid"), (True, "open")):
        link = (await call("POST", "/payment-links", json=body | {"reusable": reusable})).json
        sandbox.put(f"/payment-links/{link['id']}/payments", amount="9.95", status="open")
        assert (await call("GET", f"/payment-links/{link['id']}")).json == link
        payment = sandbox.put(f"/payment-links/{link['id']}/payments", amount="9.95")
        assert payment["paymentLinkId"] == link["id"]
        after = (await call("GET", f"/payment-links/{link['id']}")).json
        assert (after["status"], after["checkoutUrl"] is None) == (status, status == "paid")
        assert len((await call("GET", f"/payment-links/{link['id']}/payments")).json["data"]) == 2


async def test_a_file_that_was_asked_for_appears(sandbox: Sandbox, call: Caller) -> None:
    directory = (await call("POST", "/files", json={"name": "In"})).json["id"]
    wanted = [{"name": "Logo"}, {"name": "Text", "required": True}, {"name": "Photo", "required": False}]
    body = {"name": "Site", "requestedFiles": wanted, "directoryId": directory}
    request = (await call("POST", "/file-requests", json=body)).json
    place = f"/file-requests/{request['id']}"
    for number, done in ((0, False), (1, True), (2, True)):
        asked = request["requestedFiles"][number]["id"]
        file = sandbox.put("/files", name=f"{number}.bin", content=b"12345", requestedFileId=asked)
        assert (file["size"], file["directory"]) == (5, directory)
        now = (await call("GET", place)).json
        assert now["requestedFiles"][number]["uploadedFileId"] == file["id"]
        assert (now["completedAt"] is not None) is done
        link = (await call("GET", f"/files/{file['id']}/download")).json["link"]
        async with call.session.get(link) as response:
            assert await response.read() == b"12345"


async def test_a_record_is_changed_past_the_api(sandbox: Sandbox, call: Caller) -> None:
    ticket = sandbox.put("/tickets", **FIXED)
    sandbox.put(f"/tickets/{ticket['id']}", status="closed")
    assert (await call("GET", f"/tickets/{ticket['id']}")).json["status"] == "closed"
    assert len(sandbox.records("/tickets")) == 1
    appointment = sandbox.put("/appointments", startsAt="2027-03-05T13:30:00Z", endsAt="2027-03-05T15:00:00Z")
    sandbox.put(f"/appointments/{appointment['id']}", startsAt="2027-03-05T12:30:00+00:00")
    assert sandbox.appointments[0].starts_at == datetime(2027, 3, 5, 12, 30, tzinfo=UTC)
    listed = await call("GET", "/appointments?start_at=2027-03-05 13:30&days=1")
    assert listed.json["data"][0]["startsAt"] == "2027-03-05T13:30:00+01:00"
    async with call.session.get(sandbox.page_url + "calendar.json?from=2027-03-05&days=1") as page:
        assert [item["name"] for item in (await page.json())["appointments"]] == ["Appointment"]


async def test_a_card_expires_and_a_directory_has_no_size(sandbox: Sandbox, call: Caller) -> None:
    card = sandbox.put("/punch-cards")
    place = f"/punch-cards/{card['id']}/issued"
    yesterday = (datetime.now(UTC) - timedelta(days=1)).isoformat()
    issued = sandbox.put(place, expiresAt=yesterday, punchesLeft=3)
    assert issued["punchCardId"] == card["id"]
    assert (await call("GET", f"{place}/{issued['id']}")).json["status"] == "expired"
    assert (await call("POST", f"{place}/{issued['id']}/stamp", json={"stamps": 1})).status == 422
    directory = sandbox.put("/files", type="directory", name="In")
    assert (directory["id"][:4], directory["size"], directory["mime"]) == ("fsd_", None, None)


@pytest.mark.parametrize(
    ("path", "fields", "said"),
    [
        ("/nowhere", {}, "the contract has no list at /nowhere"),
        ("/customer-invoices/manual", {}, "the contract has no list"),
        ("/tickets", {"sorce": "chat"}, "the records at /tickets have no sorce"),
        ("/tickets/tic_nobody", {}, "the portal has not every record of /tickets/tic_nobody"),
        ("/payment-links/plk_nobody/payments", {}, "the portal has not every record"),
    ],
)
def test_what_cannot_be_put(sandbox: Sandbox, path: str, fields: dict[str, Any], said: str) -> None:
    with pytest.raises(LookupError, match=said):
        sandbox.put(path, **fields)


def test_when_it_was_made(sandbox: Sandbox) -> None:
    made = sandbox.put("/tickets", created_at=datetime(2027, 3, 5, 13, 30, tzinfo=UTC))
    assert made["createdAt"] == "2027-03-05T14:30:00+01:00"
    with pytest.raises(ValueError, match="created_at must be aware"):
        sandbox.put("/tickets", created_at=datetime(2027, 3, 5))
