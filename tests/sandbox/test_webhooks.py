"""The calls that webhooks make: to whom, with what, how often."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import web
from sandbox_calls import BODY, Caller

from mijnklantportaal_async.sandbox import Sandbox
from mijnklantportaal_async.sandbox.clock import PortalClock
from mijnklantportaal_async.sandbox.database import Database
from mijnklantportaal_async.sandbox.deliveries import Deliveries, DeliverySettings
from mijnklantportaal_async.sandbox.documents import Documents

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import aiohttp

OFFER = {"offerNumber": "7", "issuedAt": "2027-03-05", "expiresAt": "2027-04-05"}
LINES = [{"description": "a", "amountExclVat": "10.00", "vatRate": 21}]
CUSTOMER = {"companyName": "A", "address": "B", "zipCode": "1", "city": "C", "primaryEmail": "a@b.nl"}
TERM = {"customerId": "cst_1", "interval": "1 month", "amount": "5.00", "vatRate": 21, "startDate": "2027-01-31"}
PACKAGE = {"name": "Phone", "interval": "1 month", "amount": "5.00", "vatRate": 21}
FAST = 100_000.0
"""Portal seconds in a real one: eleven minutes of waiting are a few milliseconds."""


class Receiver:
    """Somebody who listens, and answers what a test says."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.received: list[tuple[dict[str, str], bytes]] = []
        self.answers: list[int] = []

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        self.received.append((dict(request.headers), await request.read()))
        status = self.answers.pop(0) if self.answers else 204
        headers = {"Location": self.url} if 300 <= status < 400 else None
        return web.Response(status=status, headers=headers)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    receiver = Receiver("")
    runner = web.ServerRunner(web.Server(receiver.handle))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    receiver.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    yield receiver
    await runner.cleanup()


async def listen(call: Caller, receiver: Receiver, *events: str) -> dict[str, Any]:
    for event in events:
        hook: dict[str, Any] = (await call("POST", "/webhooks", json={"url": receiver.url, "type": event})).json
    return hook


async def test_a_call_carries_the_secret_and_the_record_as_the_api_shows_it(
    sandbox: Sandbox, call: Caller, receiver: Receiver
) -> None:
    hook = await listen(call, receiver, "appointment-created")
    appointment = (await call.schedule()).json
    await call("POST", "/customers", json=CUSTOMER)
    await sandbox.settle_deliveries()
    ((headers, body),) = receiver.received
    (delivery,) = sandbox.deliveries
    assert headers["X-Webhook-Signature"] == hook["secret"]
    assert headers["Content-Type"] == "application/json"
    assert "Authorization" not in headers
    assert sandbox.api_key.encode() not in body
    assert delivery.document == appointment, "not what the portal keeps besides, such as the title"
    assert (delivery.state, delivery.status, delivery.webhook_id) == ("delivered", 204, hook["id"])
    assert (delivery.event, delivery.url, len(delivery.attempts)) == ("appointment-created", receiver.url, 1)


async def test_the_other_reading_of_the_signature(session: aiohttp.ClientSession, receiver: Receiver) -> None:
    async with Sandbox(webhook_signature="hmac") as sandbox:
        hook = await listen(Caller(sandbox, session), receiver, "customer-created")
        await Caller(sandbox, session)("POST", "/customers", json=CUSTOMER)
        await sandbox.settle_deliveries()
    ((headers, body),) = receiver.received
    assert headers["X-Webhook-Signature"] == hmac.new(hook["secret"].encode(), body, hashlib.sha256).hexdigest()


@pytest.mark.parametrize(
    ("answers", "state", "statuses"),
    [
        ([500, 302, 204], "delivered", [500, 302, 204]),
        ([500, 503, 404, 410], "given up", [500, 503, 404, 410]),
    ],
)
async def test_a_call_that_is_not_answered_with_success_is_made_again(
    session: aiohttp.ClientSession, receiver: Receiver, answers: list[int], state: str, statuses: list[int]
) -> None:
    async with Sandbox(speed=FAST, rate_limit=None) as sandbox:
        call = Caller(sandbox, session)
        await listen(call, receiver, "customer-created")
        receiver.answers = answers
        await call("POST", "/customers", json=CUSTOMER)
        await sandbox.settle_deliveries()
        (delivery,) = sandbox.deliveries
        assert (delivery.state, [attempt.status for attempt in delivery.attempts]) == (state, statuses)
        assert len({body for _, body in receiver.received}) == 1, "the same each time"


class Waits(PortalClock):
    """A clock on which waiting takes no time, and is written down."""

    def __init__(self) -> None:
        self.asked: list[float] = []

    def seconds(self) -> float:
        return sum(self.asked)

    def real_seconds(self, portal_seconds: float) -> float:
        self.asked.append(portal_seconds)
        return 0.0


async def test_it_waits_longer_each_time(receiver: Receiver) -> None:
    documents, clock = Documents(Database(None)), Waits()
    documents.add("/webhooks", {"id": "wbh_1", "type": "invoice-paid", "url": receiver.url, "secret": "x"})
    settings = DeliverySettings(retries=(10.0, 60.0, 600.0), signature="secret", hosts=())
    deliveries = Deliveries(lambda: documents, clock, settings)
    deliveries.start()
    receiver.answers = [500] * 4
    deliveries.emit("invoice-paid", {})
    await deliveries.settle()
    await deliveries.stop()
    assert clock.asked == [0.0, 10.0, 60.0, 600.0]
    assert [attempt.at for attempt in deliveries.made[0].attempts] == [0.0, 10.0, 70.0, 670.0]


async def test_nobody_answers(session: aiohttp.ClientSession, receiver: Receiver, unused_url: str) -> None:
    async with Sandbox(webhook_retries=()) as sandbox:
        call = Caller(sandbox, session)
        await call("POST", "/webhooks", json={"url": unused_url, "type": "customer-created"})
        assert (await call("POST", "/customers", json=CUSTOMER)).status == 201
        await sandbox.settle_deliveries()
        (delivery,) = sandbox.deliveries
    assert (delivery.state, delivery.status, len(delivery.attempts)) == ("given up", None, 1)
    assert "connect" in delivery.attempts[0].problem.lower()


@pytest.fixture
async def unused_url() -> str:
    """The address of a server that has gone."""
    server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    return f"http://127.0.0.1:{port}/"


async def test_only_this_machine_is_called_unless_a_host_is_named(
    session: aiohttp.ClientSession, receiver: Receiver
) -> None:
    """The example of the documentation is an address of somebody real."""
    for hosts, states in (((), ["not called"] * 3), (("portal.invalid",), ["given up", "not called", "not called"])):
        async with Sandbox(webhook_hosts=hosts, webhook_retries=()) as sandbox:
            call = Caller(sandbox, session)
            for url in ("http://portal.invalid:1/", "https://mijnklantportaal.nl/webhook-incoming", "http://[::2/"):
                await call("POST", "/webhooks", json={"url": url, "type": "customer-created"})
            await call("POST", "/customers", json=CUSTOMER)
            await sandbox.settle_deliveries()
            assert [delivery.state for delivery in sandbox.deliveries] == states
            async with session.get(sandbox.deliveries_url) as page:
                assert (await page.text()).count("name the host in webhook_hosts") == states.count("not called")
            sandbox.clear()
            assert sandbox.deliveries == []


async def test_a_portal_that_stops_gives_up(session: aiohttp.ClientSession, receiver: Receiver) -> None:
    async with Sandbox() as sandbox:
        call = Caller(sandbox, session)
        await listen(call, receiver, "customer-created")
        receiver.answers = [500]
        await call("POST", "/customers", json=CUSTOMER)
        while not sandbox.deliveries[0].attempts:
            await asyncio.sleep(0)
        assert sandbox.deliveries[0].state == "under way"
    assert sandbox.deliveries[0].state == "given up"
    sandbox.put("/customers")
    assert len(sandbox.deliveries) == 1, "nobody is told what happens while it is stopped"


async def test_every_event_that_the_portal_can_bring_about(sandbox: Sandbox, call: Caller, receiver: Receiver) -> None:
    told: list[str] = []

    async def after(what: Any, *events: str) -> Any:
        reply = await what if asyncio.iscoroutine(what) else what
        await sandbox.settle_deliveries()
        told.extend(events)
        assert [delivery.event for delivery in sandbox.deliveries] == told
        assert all(delivery.state == "delivered" for delivery in sandbox.deliveries)
        return reply.json if hasattr(reply, "json") else reply

    happening = [
        *("appointment-created", "appointment-canceled", "customer-created", "offer-created", "offer-accepted"),
        *("offer-rejected", "invoice-created", "invoice-paid", "payment-link-created", "payment-link-expired"),
        *("payment-link-paid", "ticket-created", "ticket-reply-customer", "ticket-reply-employee"),
        *("subscription-created", "subscription-updated", "invoice-chargeback"),
    ]
    await listen(call, receiver, *happening)
    appointment = await after(call("POST", "/appointments", json=BODY), "appointment-created")
    await after(call("PATCH", f"/appointments/{appointment['id']}", json={"status": "scheduled"}))
    await after(call("DELETE", f"/appointments/{appointment['id']}"), "appointment-canceled")
    assert sandbox.deliveries[-1].document["status"] == "canceled"
    await after(call("PATCH", f"/appointments/{appointment['id']}", json={"status": "canceled"}))
    customer = await after(call("POST", "/customers", json=CUSTOMER), "customer-created")
    whose = {"customerId": customer["id"], "lines": LINES}
    offer = await after(call("POST", "/customer-offers/manual", json=OFFER | whose), "offer-created")
    both = {"acceptedAt": "2027-03-06 10:00", "rejectedAt": "2027-03-06 10:00"}
    await after(call("PATCH", f"/customer-offers/{offer['id']}", json=both), "offer-accepted", "offer-rejected")
    body = {"invoiceNumber": "7", "issuedAt": "2027-03-05", **whose}
    invoice = await after(call("POST", "/customer-invoices/manual", json=body), "invoice-created")
    place = f"/customer-invoices/{invoice['id']}"
    await after(call("PATCH", place, json={"paidAt": "2027-03-06 10:00"}), "invoice-paid")
    await after(call("PATCH", place, json={"paidAt": "2027-03-06 10:00"}))
    for reusable in (False, True):
        body = {"description": "a", "amount": "9.95", "reusable": reusable}
        link = await after(call("POST", "/payment-links", json=body), "payment-link-created")
        await after(sandbox.put(f"/payment-links/{link['id']}/payments"), "payment-link-paid")
    await after(sandbox.put(f"/payment-links/{link['id']}", status="expired"), "payment-link-expired")
    ticket = await after(sandbox.put("/tickets", source="email", messages=[]), "ticket-created")
    place = f"/tickets/{ticket['id']}"
    replied = await after(call("POST", place, json={"message": "x"}), "ticket-reply-employee")
    message = {**replied["messages"][0], "id": "tim_2", "isPostedByCustomer": True}
    await after(sandbox.put(place, messages=[*replied["messages"], message]), "ticket-reply-customer")
    await after(call("PATCH", place))
    one = await after(call("POST", "/customer-subscriptions", json=TERM | {"description": "x"}), "subscription-created")
    await after(call("PATCH", f"/customer-subscriptions/{one['id']}", json={}))
    await after(call("PATCH", f"/customer-subscriptions/{one['id']}", json={"vatRate": 9}), "subscription-updated")
    package = await after(call("POST", "/customer-subscription-packages", json=PACKAGE))
    sign_up = {"customerId": "cst_1", "startDate": "2027-01-31"}
    place = f"/customer-subscription-packages/{package['id']}/sign-up"
    await after(call("POST", place, json=sign_up), "subscription-created")
    # What neither the API nor a record can bring about, a test says itself.
    await after(sandbox.emit("invoice-chargeback", invoice), "invoice-chargeback")
    assert sandbox.deliveries[-1].document == invoice
    assert set(told) == set(happening)


async def test_a_record_is_put_from_another_thread(sandbox: Sandbox, call: Caller, receiver: Receiver) -> None:
    await listen(call, receiver, "ticket-created")
    await asyncio.to_thread(sandbox.put, "/tickets")
    await sandbox.settle_deliveries()
    assert [delivery.state for delivery in sandbox.deliveries] == ["delivered"]
