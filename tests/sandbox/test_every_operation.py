"""Every operation of the contract, played by the sandbox over plain HTTP: what it answers, and what it refuses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aiohttp
import aiohttp.web
import orjson
import pytest
from contract_walk import OPERATIONS, example_of, fill
from jsonschema import Draft202012Validator
from sandbox_calls import Caller, Reply, until

from mijnklantportaal_async.sandbox import ALL_SCOPES, Sandbox

if TYPE_CHECKING:
    from mijnklantportaal_async.sandbox.contract import ContractOperation

IDS = [operation.id for operation in OPERATIONS]
every = pytest.mark.parametrize("operation", OPERATIONS, ids=IDS)
# What an example leaves open: records that have to be there, or a state that the operation needs.
FORM = "multipart/form-data"


def body_for(sandbox: Sandbox, operation: ContractOperation, leave_out: str = "") -> dict[str, Any]:
    """The arguments of a request with the documentation's example as body."""
    if not operation.bodies:
        return {}
    media_type, schema = next(iter(operation.bodies.items()))
    fields = {name: example_of(inner) for name, inner in schema.properties.items() if name != leave_out}
    if operation.id == "create-file-share":
        fields |= {} if leave_out == "content" else {"content": [sandbox.put("/files")["id"]]}
    if media_type != FORM:
        return {"json": fields}
    form = aiohttp.FormData(default_to_multipart=True)
    for name, inner in schema.properties.items():
        if name in fields and (inner.get("format") == "binary" or "contentMediaType" in inner.get("items", {})):
            form.add_field(name, b"%PDF-1.4 \r\n\x00\xff", filename="a.pdf", content_type="application/pdf")
        elif name in fields:
            value = fields[name][0] if isinstance(fields[name], list) else fields[name]
            form.add_field(name, value if isinstance(value, str) else orjson.dumps(value).decode())
    return {"data": form}


def check_answer(operation: ContractOperation, reply: Reply) -> None:
    """A success with the contract's status, fields and types."""
    assert reply.status == operation.status, reply.json
    records = reply.json["data"] if operation.is_list else [reply.json]
    for record in records:
        assert not list(Draft202012Validator(operation.answer.whole).iter_errors(record))
        if operation.answer.properties:
            assert set(record) <= set(operation.answer.properties)


@every
async def test_what_is_answered(sandbox: Sandbox, call: Caller, operation: ContractOperation) -> None:
    path = fill(sandbox, operation)
    if operation.is_list and operation.method == "GET":
        query = "?start_at=2025-03-05 00:00" if operation.id == "list-appointments" else ""
        sandbox.put(path, **({"begins": 1741174200, "ends": 1741176000} if query else {}))
        reply = await call("GET", path + query)
        assert len(reply.json["data"]) == 1
    else:
        reply = await call(operation.method, path, **body_for(sandbox, operation))
    check_answer(operation, reply)
    assert await call("GET", "/appointments"), "the portal goes on"


@pytest.mark.parametrize("operation", [item for item in OPERATIONS if item.parameters], ids=lambda item: item.id)
async def test_an_unknown_id(sandbox: Sandbox, call: Caller, operation: ContractOperation) -> None:
    path = operation.path
    for parameter in operation.parameters:
        path = path.replace(f"{{{parameter}}}", "xyz_unknown")
    reply = await call(operation.method, path, **body_for(sandbox, operation))
    assert (reply.status, set(reply.json)) == (404, {"message"})
    assert reply.json["message"].startswith("No ")


REQUIRED = [
    (operation, field) for operation in OPERATIONS for schema in operation.bodies.values() for field in schema.required
]


@pytest.mark.parametrize(("operation", "field"), REQUIRED, ids=[f"{one.id}-{field}" for one, field in REQUIRED])
async def test_a_field_that_is_missing(
    sandbox: Sandbox, call: Caller, operation: ContractOperation, field: str
) -> None:
    path = fill(sandbox, operation)
    reply = await call(operation.method, path, **body_for(sandbox, operation, leave_out=field))
    assert reply.status == 422
    assert "required" in reply.json["errors"][field][0]


async def test_scopes_decide(session: aiohttp.ClientSession) -> None:
    async with Sandbox(keys={"everything": ALL_SCOPES, "nothing": ["none"]}, rate_limit=None) as sandbox:
        call = Caller(sandbox, session)
        for operation in OPERATIONS:
            path = fill(sandbox, operation)
            reply = await call(operation.method, path, key="nothing", **body_for(sandbox, operation))
            # No scope is documented for punch cards, nor for writing invoices.
            free = operation.tag == "Punch Cards" or (
                operation.tag == "Customer Invoices" and operation.method != "GET"
            )
            assert (reply.status == 403) is not free, operation.id
            assert (await call(operation.method, path, key="wrong")).status == 401


async def test_what_the_licence_does_not_have(session: aiohttp.ClientSession) -> None:
    async with Sandbox(unlicensed=["Tickets"]) as sandbox:
        call = Caller(sandbox, session)
        assert (await call("GET", "/tickets")).status == 426
        assert (await call("GET", "/customers")).status == 200


async def test_webhooks_are_called(sandbox: Sandbox, call: Caller) -> None:
    received: list[tuple[str, Any]] = []

    async def receive(request: aiohttp.web.Request) -> aiohttp.web.Response:
        received.append((request.headers["X-Webhook-Signature"], await request.json()))
        return aiohttp.web.Response(status=204)

    application = aiohttp.web.Application()
    application.router.add_post("/hook", receive)
    runner = aiohttp.web.AppRunner(application)
    await runner.setup()
    await aiohttp.web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    hook = (await call("POST", "/webhooks", json={"url": url, "type": "appointment-created"})).json
    appointment = (await call.schedule()).json
    await until(lambda: bool(received) and sandbox.deliveries[0].status == 204)
    ((secret, payload),) = received
    assert (secret, payload["event"], payload["data"]["id"]) == (
        hook["secret"],
        "appointment-created",
        appointment["id"],
    )
    await runner.cleanup()


async def test_a_link_leads_to_the_bytes_without_the_key(sandbox: Sandbox, call: Caller) -> None:
    form = aiohttp.FormData(quote_fields=False, default_to_multipart=True)
    form.add_field("file", b"\x00\r\n--x\xff", filename="é.bin", content_type="application/x-thing")
    stored = (await call("POST", "/files", data=form)).json
    assert (stored["name"], stored["size"], stored["mime"]) == ("é.bin", 7, "application/x-thing")
    link = (await call("GET", f"/files/{stored['id']}/download")).json["link"]
    assert not link.startswith(sandbox.url.removesuffix("/v1"))
    async with call.session.get(link) as response:
        assert (response.status, await response.read()) == (200, b"\x00\r\n--x\xff")
    async with call.session.get(link, headers={"Authorization": "Bearer x"}) as response:
        assert response.status == 400
    assert [(item.status, item.had_key) for item in sandbox.downloads] == [(200, False), (400, True)]


def test_a_slip_of_the_sandbox_is_no_silence(sandbox: Sandbox) -> None:
    """A field that the contract does not know, and that no tag hides, is a mistake of ours: a 500, not a loss."""
    documents = sandbox._documents()
    links = sandbox._tags(documents)["Payment Links"]
    with pytest.raises(LookupError, match="has no {'stauts'}"):
        links.change(sandbox.put("/payment-links"), stauts="closed")


def test_a_tag_that_is_not_there_cannot_be_unlicensed() -> None:
    with pytest.raises(ValueError, match=r"unlicensed has \['tickets'\]: the tags are Agreements, Appointments"):
        Sandbox(unlicensed=["tickets"])
