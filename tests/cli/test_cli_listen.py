"""`listen` as a process of its own, between a portal and an application that are really there."""

from __future__ import annotations

import asyncio
import io
import re
import signal
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import RawTestServer
from cli_support import Command, RealProcess

from mijnklantportaal_async import PortalSession
from mijnklantportaal_async.callbacks import sign
from mijnklantportaal_async.callbacks.signature import Secret
from mijnklantportaal_async.cli.relay import MOST, Passed, Relay
from mijnklantportaal_async.models.webhooks import Webhook
from mijnklantportaal_async.sandbox import Fault, Sandbox

Start = Callable[..., Awaitable[RealProcess]]
SECRET = "s" * 20


class Application:
    """Answers what a test says, and keeps the bytes of what came."""

    def __init__(self) -> None:
        self.url = ""
        self.received: list[tuple[str, str, list[tuple[bytes, bytes]], bytes]] = []
        self.answer: dict[str, Any] = {"status": 204}

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        self.received.append((request.method, request.raw_path, list(request.raw_headers), await request.read()))
        return web.Response(**self.answer)


@pytest.fixture
async def application() -> AsyncIterator[Application]:
    application = Application()
    runner = web.ServerRunner(web.Server(application.handle), shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    application.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield application
    await runner.cleanup()


async def shown_by(process: RealProcess, text: str) -> str:
    """Reads stdout up to a text."""
    assert process.process.stdout is not None
    said = ""
    async with asyncio.timeout(60):
        while text not in said:
            line = await process.process.stdout.readline()
            assert line, f"it ended before it showed {text!r}: {said}"
            said += line.decode()
    return said


@pytest.mark.parametrize("signature", ["hmac", pytest.param("secret", marks=pytest.mark.soak)])
async def test_a_call_goes_on_byte_for_byte_and_its_answer_back(
    started: Start, application: Application, signature: Any
) -> None:
    async with Sandbox(rate_limit=None, webhook_retries=(), webhook_signature=signature) as sandbox:
        target = f"{application.url}/hook/?a=%2F&b=1"
        process = await started(
            "listen", "--forward-to", target, "--port", "0", base_url=sandbox.url, key=sandbox.api_key
        )
        shown = await process.until_it_says("Press Ctrl-C")
        assert "23 types of events; 23 webhooks were made" in shown
        sandbox.emit("customer-created", {"id": "cst_1", "companyName": "Zoë 🎈"})
        await sandbox.settle_deliveries()
        (delivery,) = sandbox.deliveries
        assert delivery.status == 204, "the application's own"
        ((method, path, headers, body),) = application.received
        assert (method, path) == ("POST", "/hook/?a=%2F&b=1")
        assert body.decode() == '{"event":"customer-created","data":{"id":"cst_1","companyName":"Zoë 🎈"}}'
        given = [value for name, value in headers if name.lower() == b"x-webhook-signature"]
        assert len(given) == 1
        (hook,) = [item for item in sandbox.records("/webhooks") if item["type"] == "customer-created"]
        assert (given[0].decode() == hook["secret"]) is (signature == "secret")
        said = await shown_by(process, "-> 204")
        assert re.search(rf"customer-created cst_1 +\(proven by {signature}\) +-> 204", said)
        application.answer = {"status": 307, "headers": {"Location": "/elsewhere"}}
        sandbox.deliver_again(1)
        await sandbox.settle_deliveries()
        assert sandbox.deliveries[1].status == 307
        assert "no webhook follows" in await shown_by(process, "-> 307")
        application.answer = {"status": 500}
        sandbox.deliver_again(1)
        await sandbox.settle_deliveries()
        assert "its log says why" in await shown_by(process, "-> 500")
        process.send(signal.SIGINT)
        outcome = await process.end()
    assert outcome.code == 0
    assert len(application.received) == 3
    for secret in (hook["secret"], given[0].decode(), sandbox.api_key):
        assert secret not in outcome.everything


@pytest.mark.parametrize(("pieces", "arrives"), [(3, True), (20, False)])
async def test_an_answer_in_pieces_goes_back_whole_or_not_at_all(
    application: Application, pieces: int, arrives: bool
) -> None:
    piece, shown = b"x" * 65_536, list[Passed]()

    async def answer() -> AsyncIterator[bytes]:
        for _ in range(pieces):
            yield piece
            # Each piece on its own: one that waits for all before it answers would not notice.
            await asyncio.sleep(0.001)

    application.answer = {"status": 201, "body": answer()}

    async def secrets_of(_: bool) -> list[Secret]:
        return [SECRET]

    relay = Relay(application.url, secrets_of, shown.append)
    async with RawTestServer(relay.handle, auto_decompress=False) as server, aiohttp.ClientSession() as http:
        body = b'{"event":"invoice-paid"}'
        async with http.post(server.make_url("/"), data=body, headers=sign(body, SECRET)) as reply:
            assert reply.status == 201, "the application's own"
            assert await reply.read() == (piece * pieces if arrives else b"")
        async with http.post(server.make_url("/"), data=io.BytesIO(b"x" * (MOST + 1))) as reply:
            assert reply.status == 413
    await relay.close()
    (passed,) = shown
    assert (passed.type, passed.proof, "1 MiB" in passed.hint) == ("invoice-paid", "hmac", not arrives)
    assert len(application.received) == 1, "what is too much goes nowhere"


@pytest.mark.skipif(not socket.has_ipv6, reason="there is no IPv6 here")
async def test_an_application_that_comes_later_a_stranger_and_both_families(started: Start) -> None:
    """The family that applications listen on by default differs from one to the next."""
    application = Application()
    runner = web.ServerRunner(web.Server(application.handle), shutdown_timeout=0.1)
    await runner.setup()
    with socket.socket(socket.AF_INET6) as place:
        place.bind(("::1", 0))
        target = f"http://localhost:{place.getsockname()[1]}/hook"
        async with Sandbox(rate_limit=None, webhook_retries=()) as sandbox, aiohttp.ClientSession() as http:
            arguments = ("listen", "--forward-to", target, "--port", "0", "--type", "invoice-paid")
            process = await started(*arguments, base_url=sandbox.url, key=sandbox.api_key)
            found = re.search(r"http://127\.0\.0\.1(:\d+/)", await process.until_it_says("Press Ctrl-C"))
            assert found
            assert len(sandbox.records("/webhooks")) == 1
            async with http.post(f"http://127.0.0.1{found[1]}", data=b"{}") as reply:
                assert reply.status == 502
                assert "start your application" in await reply.text()
            assert "has no X-Webhook-Signature" in await shown_by(process, "-> 502")
            place.listen()
            await web.SockSite(runner, place).start()
            for host in ("127.0.0.1", "[::1]"):
                async with http.post(f"http://{host}{found[1]}", data=b"{}") as reply:
                    assert reply.status == 204
            process.send(signal.SIGINT)
            assert (await process.end()).code == 0
        await runner.cleanup()
    assert len(application.received) == 2


async def test_what_proves_a_call_by_the_secret_itself_is_passed_on_and_shown_by_name(
    application: Application,
) -> None:
    shown = list[Passed]()

    async def secrets_of(_: bool) -> list[Secret]:
        return [SECRET]

    relay = Relay(application.url, secrets_of, shown.append)
    async with RawTestServer(relay.handle, auto_decompress=False) as server, aiohttp.ClientSession() as http:
        headers = {"X-Webhook-Signature": SECRET}
        async with http.post(server.make_url("/"), data=b'{"event":"invoice-paid"}', headers=headers) as reply:
            assert reply.status == 204
    await relay.close()
    (passed,) = shown
    assert (passed.type, passed.proof) == ("invoice-paid", "secret")
    assert SECRET not in repr(passed)
    ((_, _, given, _),) = application.received
    assert [value for name, value in given if name.lower() == b"x-webhook-signature"] == [SECRET.encode()]


@pytest.mark.parametrize("is_away", [False, True])
async def test_calls_go_on_also_where_their_secrets_cannot_be_looked_up(
    application: Application, is_away: bool
) -> None:
    """A portal that is away, say: what comes in is passed on, and said not to be checked."""
    shown, body = list[Passed](), b'{"event":"invoice-paid"}'
    async with (
        Sandbox(rate_limit=None) as sandbox,
        PortalSession(api_key=sandbox.api_key, base_url=sandbox.url) as portal,
        aiohttp.ClientSession() as http,
    ):

        async def secrets_of(_: bool) -> list[Webhook]:
            return await portal.list_webhooks().collect()

        if is_away:
            sandbox.fail_next(Fault.MALFORMED_JSON, method="GET", path="/webhooks")
        relay = Relay(application.url, secrets_of, shown.append)
        async with (
            RawTestServer(relay.handle, auto_decompress=False) as server,
            http.post(server.make_url("/"), data=body, headers=sign(body, SECRET)) as reply,
        ):
            assert reply.status == 204
        await relay.close()
    (passed,) = shown
    assert passed.proof == ""
    assert ("secrets could not be looked up" if is_away else "no webhook is known") in passed.problem
    assert len(application.received) == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--forward-to", "localhost:3000"), "is not a URL"),
        (("--forward-to", "http://x", "--type", "invoice-payed"), "no documented type"),
    ],
)
def test_what_cannot_be_right(command: Command, arguments: tuple[str, ...], words: str) -> None:
    outcome = command("listen", *arguments)
    assert outcome.code == 2
    assert words in outcome.everything
