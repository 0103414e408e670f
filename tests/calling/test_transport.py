"""The rim: TLS, broken bodies, bodies that are too large."""

import asyncio
import codecs
import gzip
import ssl

import aiohttp
import orjson
import pytest
import trustme
from given import WANTED, MakePortal
from scripted_server import Exchange, ScriptedServer, answer, appointment, created, listed, stall

from mijnklantportaal_async import (
    CallTimeoutError,
    ConnectError,
    ConnectionLostError,
    Outcome,
    OutcomeUnknownError,
    RetryPolicy,
    Timeouts,
    ValidationError,
)
from mijnklantportaal_async.calling import transport

ONCE = RetryPolicy(attempts=1)
ANSWERS = {
    201: appointment(),
    200: {"data": [appointment()]},
    422: {"message": "Start lies in the past"},
}


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def tls(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context


async def test_a_ca_of_the_user(make_portal: MakePortal, authority: trustme.CA, tls: ssl.SSLContext) -> None:
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    async with ScriptedServer(created(), tls=tls) as server:
        assert (await make_portal(server.url, ssl=trusting).schedule_appointment(**WANTED)).id == "apt_1"


# The server's side of a refused handshake is not what is tested.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
async def test_a_certificate_that_nobody_knows_is_not_tried_again(make_portal: MakePortal, tls: ssl.SSLContext) -> None:
    async with ScriptedServer(otherwise=created(), tls=tls) as server:
        with pytest.raises(ConnectError, match="is not accepted.*give the right CA with ssl=") as caught:
            await make_portal(server.url).schedule_appointment(**WANTED)
        assert caught.value.is_permanent
        assert caught.value.outcome is Outcome.NOT_SENT
        assert caught.value.attempts == 1
        assert server.received == []


async def test_a_server_that_speaks_no_tls_was_sent_nothing(make_portal: MakePortal) -> None:
    async with ScriptedServer(otherwise=created()) as server:
        url, timeouts = server.url.replace("http:", "https:"), Timeouts(attempt=0.1)
        with pytest.raises(CallTimeoutError, match="Not sent within 0.1 s") as caught:
            await make_portal(url, retry=ONCE, timeouts=timeouts).schedule_appointment(**WANTED)
        assert caught.value.outcome is Outcome.NOT_SENT


async def stalling_body(exchange: Exchange) -> None:
    await exchange.answer(201, appointment(), cut=10)
    await stall(exchange)


async def test_an_answer_that_does_not_end_is_an_applied_one(make_portal: MakePortal) -> None:
    async with ScriptedServer(stalling_body, listed(appointment(id="apt_5"))) as server:
        portal = make_portal(server.url, timeouts=Timeouts(attempt=0.1))
        assert (await portal.schedule_appointment(**WANTED)).id == "apt_5"
        assert server.count("POST") == 1


async def test_an_answer_that_does_not_end_in_time_to_a_reading_call(make_portal: MakePortal) -> None:
    async with ScriptedServer(stalling_body) as server:
        portal = make_portal(server.url, timeouts=Timeouts(attempt=0.1), retry=ONCE)
        with pytest.raises(CallTimeoutError, match=r"The answer did not end within 0.1 s"):
            await portal.get_appointment("apt_1")


async def test_a_body_without_end_is_not_read_for_ever(
    make_portal: MakePortal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "LARGEST_BODY", 1000)

    async def endless(exchange: Exchange) -> None:
        exchange.writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while not exchange.writer.is_closing():
            exchange.writer.write(b"64\r\n" + b"x" * 100 + b"\r\n")
            await exchange.writer.drain()
            await asyncio.sleep(0)

    async with ScriptedServer(endless, answer(200, b"x" * 1001)) as server:
        portal = make_portal(server.url, retry=ONCE)
        for _ in range(2):
            with pytest.raises(ConnectionLostError, match="larger than 1000 bytes"):
                await portal.get_appointment("apt_1")


async def test_a_small_body_that_unpacks_to_a_huge_one_is_refused(
    make_portal: MakePortal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "LARGEST_BODY", 10_000)
    bomb = gzip.compress(b"0" * 1_000_000)
    async with ScriptedServer(answer(200, bomb, {"Content-Encoding": "gzip"})) as server:
        with pytest.raises(ConnectionLostError, match="larger than 10000 bytes"):
            await make_portal(server.url, retry=ONCE).get_appointment("apt_1")


async def test_a_compressed_and_a_chunked_answer_are_read(make_portal: MakePortal) -> None:
    async def chunked(exchange: Exchange) -> None:
        body = gzip.compress(b'{"data": []}')
        head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Encoding: gzip\r\n\r\n"
        exchange.writer.write(head + b"%x\r\n" % len(body) + body + b"\r\n0\r\n\r\n")

    async with ScriptedServer(chunked, chunked) as server:
        portal = make_portal(server.url)
        assert await portal.list_appointments() == []
        assert await portal.list_appointments() == []
        assert server.connections_accepted == 1


async def test_a_byte_order_mark_before_an_answer_makes_no_outcome_unknown(make_portal: MakePortal) -> None:
    marked = {status: codecs.BOM_UTF8 + orjson.dumps(body) for status, body in ANSWERS.items()}
    async with ScriptedServer(answer(201, marked[201]), answer(200, marked[200]), answer(422, marked[422])) as server:
        portal = make_portal(server.url, retry=ONCE)
        assert (await portal.schedule_appointment(**WANTED)).id == "apt_1"
        assert [one.id for one in await portal.list_appointments()] == ["apt_1"]
        with pytest.raises(ValidationError, match="422 Start lies in the past"):
            await portal.schedule_appointment(**WANTED)
        assert server.count("POST") == 2


async def test_an_answer_that_is_no_http(make_portal: MakePortal) -> None:
    async def nonsense(exchange: Exchange) -> None:
        exchange.writer.write(b"SSH-2.0-OpenSSH_9.6\r\n\r\n")

    async with ScriptedServer(nonsense) as server:
        with pytest.raises(OutcomeUnknownError) as caught:
            await make_portal(server.url, reconcile=None).schedule_appointment(**WANTED)
        assert isinstance(caught.value.__cause__, ConnectionLostError)


async def test_a_connector_that_fails_before_sending_is_not_sent(make_portal: MakePortal) -> None:
    class Broken(aiohttp.TCPConnector):
        async def connect(self, *args: object, **kwargs: object) -> aiohttp.connector.Connection:
            raise aiohttp.ServerDisconnectedError

    portal = make_portal("http://127.0.0.1:1/v1", connector_factory=Broken, retry=ONCE)
    with pytest.raises(ConnectError, match="The connection broke before sending: ServerDisconnectedError") as caught:
        await portal.schedule_appointment(**WANTED)
    assert caught.value.outcome is Outcome.NOT_SENT


async def test_many_different_timeouts_are_not_remembered(make_portal: MakePortal) -> None:
    async with ScriptedServer(otherwise=answer(200, appointment())) as server:
        portal = make_portal(server.url)
        for seconds in range(1, 40):
            await portal.with_options(timeouts=Timeouts(attempt=seconds)).get_appointment("apt_1")
        short = portal._caller.sender.transport._short
        assert short is not None
        assert len(short.timeouts) <= 16


async def test_looking_in_vain_for_an_applied_record_is_told(make_portal: MakePortal) -> None:
    refused = answer(403, {"message": "no"})
    async with ScriptedServer(answer(201, b"not json"), refused) as server:
        with pytest.raises(OutcomeUnknownError, match="did not help: list_appointments: 403"):
            await make_portal(server.url).schedule_appointment(**WANTED)
        assert server.count("POST") == 1
