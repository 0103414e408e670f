from __future__ import annotations

import asyncio
import io
from typing import TYPE_CHECKING

import aiohttp
import pytest
from sandbox_calls import BODY, Caller

from mijnklantportaal_async.sandbox import ALL_SCOPES, Sandbox

if TYPE_CHECKING:
    from collections.abc import Mapping

READ_ONLY, WRITE_ONLY = ["appointments.read"], ["appointments.write"]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer nobody"},
        {"Authorization": "Bearer "},
        {"Authorization": "sandbox-key"},
        {"Authorization": "Basic sandbox-key"},
        {"Authentication": "Bearer sandbox-key"},
    ],
)
async def test_no_key_no_entry(sandbox: Sandbox, session: aiohttp.ClientSession, headers: Mapping[str, str]) -> None:
    for path in ("/appointments", "/nowhere"):
        async with session.get(sandbox.url + path, headers=headers) as response:
            assert response.status == 401
            assert await response.json() == {"message": "Unauthenticated."}
    assert "sandbox-key" not in str(
        [request.headers for request in sandbox.requests if "authorization" in request.headers]
    )


async def test_scopes_decide(session: aiohttp.ClientSession) -> None:
    keys = {"everything": ALL_SCOPES, "reader": READ_ONLY, "writer": WRITE_ONLY}
    async with Sandbox(keys=keys, rate_limit=None) as sandbox:
        call = Caller(sandbox, session)
        assert sandbox.api_key == "everything"
        appointment_id = (await call.schedule()).json["id"]
        one = f"/appointments/{appointment_id}"
        reads = [("GET", "/appointments", None), ("GET", one, None)]
        writes = [("POST", "/appointments", BODY), ("PATCH", one, {"status": "canceled"}), ("DELETE", one, None)]
        for method, path, body in reads + writes:
            reader = await call(method, path, json=body, key="reader")
            writer = await call(method, path, json=body, key="writer")
            assert (reader.status == 403) == (method != "GET")
            assert (writer.status == 403) == (method == "GET")
            refused = reader if reader.status == 403 else writer
            assert refused.json == {"message": "Invalid scope(s) provided."}


def test_all_scopes_are_those_of_the_documentation() -> None:
    assert len(ALL_SCOPES) == 24
    assert {"appointments.read", "appointments.write", "invoices.read", "businessoperations.read"} <= ALL_SCOPES
    assert "invoices.write" not in ALL_SCOPES


async def test_unknown_paths_and_methods(call: Caller) -> None:
    unknown = await call("GET", "/nowhere")
    assert (unknown.status, unknown.json) == (404, {"message": "Not found."})
    assert (await call("GET", "/appointments/")).status == 404
    assert (await call("GET", "/appointments/apt_1/more")).status == 404
    wrong_method = await call("PUT", "/appointments")
    assert (wrong_method.status, wrong_method.headers["Allow"]) == (405, "GET, POST")
    assert "not supported" in wrong_method.json["message"]


async def test_a_missing_v1_is_said_and_recorded(sandbox: Sandbox, session: aiohttp.ClientSession) -> None:
    async with session.get(sandbox.page_url + "appointments") as response:
        assert response.status == 404
        assert await response.json() == {"message": "Not found."}
    assert sandbox.requests[-1].path == "/appointments"


async def test_bodies_that_cannot_be_read(call: Caller) -> None:
    json_type = {"Content-Type": "application/json"}
    too_large = await call("POST", "/appointments", data=io.BytesIO(b"x" * 1_100_000), headers=json_type)
    assert (too_large.status, too_large.json) == (413, {"message": "The body is larger than 1 MB."})
    not_gzip = {**json_type, "Content-Encoding": "gzip"}
    unreadable = await call("POST", "/appointments", data=b"this is not gzip", headers=not_gzip)
    assert unreadable.status == 400
    assert "message" in unreadable.json


async def test_what_is_not_http_is_refused_in_json(sandbox: Sandbox) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", int(sandbox.url.split(":")[2].split("/")[0]))
    writer.write(b"GET /v1/appointments HTTP/1.1\r\nHost: a\r\nbroken header\r\n\r\n")
    head, _, body = (await reader.read()).partition(b"\r\n\r\n")
    writer.close()
    await writer.wait_closed()
    assert b" 400 Bad Request" in head.splitlines()[0]
    assert b"application/json" in head
    assert body.startswith(b'{"message":"Bad request')


async def test_expect_100_continue(call: Caller) -> None:
    assert (await call("POST", "/appointments", json=BODY, expect100=True)).status == 201


async def test_every_answer_is_json_with_the_portals_date(call: Caller) -> None:
    created = (await call.schedule()).json["id"]
    for method, path in [
        ("GET", "/appointments"),
        ("GET", f"/appointments/{created}"),
        ("GET", "/appointments/apt_none"),
        ("POST", "/appointments"),
        ("PUT", "/appointments"),
        ("GET", "/nowhere"),
        ("GET", "/tickets"),
    ]:
        reply = await call(method, path)
        assert reply.headers["Content-Type"] == "application/json"
        assert reply.headers["Date"].endswith("GMT")
        assert isinstance(reply.json, dict)


async def test_requests_are_recorded_without_the_key(sandbox: Sandbox, call: Caller) -> None:
    await call("GET", "/appointments?days=3&days=4", headers={"X-Trace": "one"})
    await call.schedule()
    await call("GET", "/appointments/apt%2F1")
    first, second, third = sandbox.requests
    assert (first.number, first.method, first.path, first.query) == (1, "GET", "/v1/appointments", {"days": "4"})
    assert first.headers["authorization"] == "Bearer ***"
    assert first.headers["x-trace"] == "one"
    assert (first.body, first.status, first.fault) == (b"", 200, None)
    assert (second.status, b"Contract extension" in second.body) == (201, True)
    assert third.path == "/v1/appointments/apt%2F1"
    assert first.at < second.at < third.at
