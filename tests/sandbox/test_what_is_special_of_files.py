"""What tags do with files in a way of their own: forms, PDFs, attachments, what is shared."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import aiohttp
import pytest
from sandbox_calls import Caller

from mijnklantportaal_async.sandbox import Sandbox

NOW = datetime.now(ZoneInfo("Europe/Amsterdam")).replace(microsecond=0)
LONG_AGO = (NOW - timedelta(minutes=6)).isoformat()
MESSAGE = {"id": "tim_1", "message": "x", "postedAt": LONG_AGO, "attachments": []}


def form(**fields: tuple[bytes, str] | str) -> aiohttp.FormData:
    """Texts and files, each with its name."""
    made = aiohttp.FormData(default_to_multipart=True)
    for name, value in fields.items():
        if isinstance(value, str):
            made.add_field(name, value)
        else:
            made.add_field(name, io.BytesIO(value[0]), filename=value[1], content_type="application/octet-stream")
    return made


@pytest.mark.parametrize("kind", ["invoice", "offer"])
async def test_a_pdf_is_a_pdf(sandbox: Sandbox, call: Caller, kind: str) -> None:
    told = {"customerId": "cst_1", f"{kind}Number": "7", "issuedAt": "2027-03-05", "amount": "9.95"}
    told |= {"expiresAt": "2027-04-05"} if kind == "offer" else {}
    path = f"/customer-{kind}s"
    for pdf in ("a text", (b"GIF89a", "a.pdf")):
        reply = await call("POST", path, data=form(**told, pdf=pdf))
        assert reply.status == 422
        assert reply.json["errors"]["pdf"][0].startswith("The pdf field must be a file")
    moments = {"invoice": {"paidAt": "2027-03-06 10:00"}, "offer": {"acceptedAt": "2027-03-06 10:00"}}[kind]
    reply = await call("POST", path, data=form(**told, **moments, pdf=(b"%PDF-1.4", "a.pdf")))
    assert reply.status == 201
    assert [reply.json[name] for name in moments] == ["2027-03-06T10:00:00+01:00"]
    assert (
        await call("POST", path, data=form(**told | {"amount": (b"9.95", "amount")}, pdf=(b"%PDF", "a")))
    ).status == 422
    assert len(sandbox.records(path)) == 1


async def test_agreements(sandbox: Sandbox, call: Caller) -> None:
    told = {"name": "Contract", "signerName": "Jo", "signerSignatureData": "data:image/png;base64,AAAA"}
    signer = '{"firstName": "Dirk", "lastName": "Bakker", "email": "d@example.com", "shouldIdentify": true}'
    made = await call("POST", "/agreements", data=form(**told, signers=signer, documents=(b"%PDF-1.4", "a.pdf")))
    assert made.status == 201
    agreement = made.json
    assert (agreement["status"], agreement["signerSignature"]) == ("sent", told["signerSignatureData"])
    assert [(one["firstName"], one.get("signedAt")) for one in agreement["signers"]] == [("Dirk", None)]
    (document,) = agreement["documents"]
    assert (document["documentName"], document["fileSize"]) == ("a.pdf", 8)
    place = f"/agreements/{agreement['id']}"
    link = (await call("GET", f"{place}/documents/{document['id']}/download")).json["link"]
    async with call.session.get(link) as response:
        assert await response.read() == b"%PDF-1.4"
    assert (await call("GET", f"{place}/documents/agd_nobody/download")).status == 404
    listed = (await call("GET", "/agreements")).json["data"]
    assert listed == [{name: agreement[name] for name in ("id", "name", "status", "createdAt")}]
    large = form(**told, signers=signer, documents=(b"x" * (5 * 1024 * 1024 + 1), "a.pdf"))
    reply = await call("POST", "/agreements", data=large)
    assert reply.json["errors"] == {"documents": ["The documents field must not be greater than 5120 kilobytes."]}
    six = form(**told, documents=(b"x", "a.pdf"))
    for _ in range(6):
        six.add_field("signers", signer)
    assert (await call("POST", "/agreements", data=six)).json["errors"].keys() == {"signers"}
    assert len(sandbox.records("/agreements")) == 1


async def test_files_and_shares(sandbox: Sandbox, call: Caller) -> None:
    directory = (await call("POST", "/files", json={"name": "Contracts"})).json
    assert (directory["id"][:4], directory["type"], directory["size"]) == ("fsd_", "directory", None)
    assert (await call("GET", f"/files/{directory['id']}/download")).status == 404
    assert (await call("POST", "/files", json={})).status == 422
    assert (await call("POST", "/files", json={"name": 7})).status == 422
    assert (await call("POST", "/files", data=form(name="x"))).status == 422
    assert (await call("POST", "/files", data=form(file="x"))).status == 422
    assert (await call("POST", "/files?directory=fsd_nobody", json={"name": "x"})).status == 422
    stored = (await call("POST", f"/files?directory={directory['id']}", data=form(file=(b"1", "a.bin")))).json
    assert sandbox.records("/files")[1]["directory"] == directory["id"]
    assert (await call("POST", f"/files?directory={stored['id']}", json={"name": "x"})).status == 422
    share = (await call("POST", "/file-shares", json={"content": [directory["id"]]})).json
    assert share["sharedContent"][0]["name"] == "Contracts"
    assert share["sharedContent"][0]["fileShareId"] == share["id"]
    assert "publicShare" in share["links"]
    assert (await call("POST", "/file-shares", json={"content": ["fsf_nobody"]})).status == 422
    assert (await call("POST", "/file-shares", json={"content": []})).status == 422
    assert len(sandbox.records("/file-shares")) == 1
    body = {"content": [stored["id"]], "customerId": "cst_1"}
    assert (await call("POST", "/file-shares", json=body)).json["links"].keys() == {"customer"}
    page = (await call("GET", "/file-shares")).json["data"][0]
    assert page == share, "also its public address stays"


async def test_a_large_form_is_read_and_a_large_json_body_is_not(call: Caller) -> None:
    stored = await call("POST", "/files", data=form(file=(b"x" * 1_100_000, "a.bin")))
    assert (stored.status, stored.json["size"]) == (201, 1_100_000)


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


async def test_a_chat_gets_no_attachment_and_a_message_is_one_of_the_ticket(sandbox: Sandbox, call: Caller) -> None:
    young = {**MESSAGE, "postedAt": NOW.replace(year=9996).isoformat()}
    for source, message, status in (("chat", "tim_1", 422), ("email", "tim_1", 201), ("email", "tim_2", 404)):
        ticket = sandbox.put("/tickets", source=source, messages=[young])
        place = f"/tickets/{ticket['id']}/message/{message}/attachment"
        assert (await call("POST", place, data=form(attachment=(b"1", "a.png")))).status == status


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"--x\r\n", "multipart/form-data"),
        (b"nothing", "multipart/form-data; boundary=x"),
        (b'--x\r\nContent-Disposition: form-data; name="file"\r\n\r\n1', "multipart/form-data; boundary=x"),
        (b"--x\r\nContent-Disposition: form-data\r\n\r\n1\r\n--x--\r\n", "multipart/form-data; boundary=x"),
    ],
)
async def test_a_form_that_is_none(call: Caller, body: bytes, content_type: str) -> None:
    reply = await call("POST", "/files", data=body, headers={"Content-Type": content_type})
    assert (reply.status, "form" in reply.json["message"]) == (400, True)


@pytest.mark.parametrize("name", ['a "b".pdf', "100%.pdf", "a;b.pdf", "it's.pdf", "été +.pdf", "a/b.pdf"])
async def test_whatever_a_file_is_called_its_link_leads_to_it(session: aiohttp.ClientSession, name: str) -> None:
    async with Sandbox(rate_limit=None) as sandbox:
        file = sandbox.put("/files", name=name, content=b"%PDF")
        link = (await Caller(sandbox, session)("GET", f"/files/{file['id']}/download")).json["link"]
        async with session.get(link) as response:
            assert (response.status, await response.read()) == (200, b"%PDF")


async def test_a_link_is_good_for_five_minutes_and_for_nothing_else(session: aiohttp.ClientSession) -> None:
    async with Sandbox(rate_limit=None) as sandbox:
        file = sandbox.put("/files", name="a.pdf", content=b"%PDF")
        answer = (await Caller(sandbox, session)("GET", f"/files/{file['id']}/download")).json
        left = datetime.fromisoformat(answer["expiresAt"]) - datetime.now(UTC)
        assert timedelta(minutes=4) < left <= timedelta(minutes=5)
        for method, link, status in (
            ("GET", answer["link"], 200),
            ("PUT", answer["link"], 404),
            ("GET", answer["link"] + "x", 404),
        ):
            async with session.request(method, link) as response:
                assert response.status == status
    # Where five minutes are three millionths of a second.
    async with Sandbox(rate_limit=None, speed=1e8) as hasty:
        file = hasty.put("/files", name="a.pdf", content=b"%PDF")
        link = (await Caller(hasty, session)("GET", f"/files/{file['id']}/download")).json["link"]
        async with session.get(link) as response:
            assert (response.status, await response.text()) == (403, "The link has expired.\n")
