"""One table for both ways out: the same answers, and the same word on whether something was sent."""

import asyncio
import gzip
import socket
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import aiohttp
import pytest
import trustme
from given import SECRET
from moved_time import LoopClock
from scripted_server import Exchange, ScriptedServer, answer, drop, stall

from mijnklantportaal_async import CallTimeoutError, ConnectError, ConnectionLostError, Outcome
from mijnklantportaal_async.calling import aiohttp_inside as inside
from mijnklantportaal_async.calling import transport as rim
from mijnklantportaal_async.calling.auth import Token
from mijnklantportaal_async.calling.record import CallRecord, State
from mijnklantportaal_async.calling.transport import Transport
from mijnklantportaal_async.calling.wire import Answer, Effect, Operation, Request
from mijnklantportaal_async.errors import TransportError

CREATE = Request(Operation("create", "POST", "/things", Effect.CREATE), "/things", b'{"name": "x"}')
READ = Request(Operation("read", "GET", "/things", Effect.READ), "/things")
REMOVE = Request(Operation("remove", "DELETE", "/things/1", Effect.REMOVE), "/things/1")

WAYS = ("short", "long", "long, session of the user's", "long, with a middleware of the user's")

MakeTransport = Callable[..., Transport]


def a_transport(base_url: str, **settings: Any) -> Transport:
    defaults: dict[str, Any] = {
        "http": None,
        "connector_factory": None,
        "proxy": None,
        "ssl": True,
        "user_agent": "tests/1",
        "clock": LoopClock(),
    }
    transport = Transport(base_url, **defaults | settings)
    transport.check_usable()
    return transport


async def pass_on(request: aiohttp.ClientRequest, send: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """Nobody knows how long such a one takes, so aiohttp looks after the time."""
    return await send(request)


@pytest.fixture(params=WAYS)
async def make(request: pytest.FixtureRequest) -> AsyncIterator[MakeTransport]:
    """Transports that go one way or the other."""
    opened: list[Transport | aiohttp.ClientSession] = []

    def make_one(
        base_url: str, *, connector: Callable[[], aiohttp.BaseConnector] | None = None, **settings: Any
    ) -> Transport:
        http = None
        if request.param in WAYS[2:]:
            middlewares = (pass_on,) if request.param == WAYS[3] else ()
            http = aiohttp.ClientSession(connector=connector() if connector else None, middlewares=middlewares)
            opened.append(http)
        transport = a_transport(base_url, http=http, connector_factory=None if http else connector, **settings)
        if request.param == WAYS[1]:
            transport.long_way = "the test wants it"
        opened.append(transport)
        return transport

    yield make_one
    for one in opened:
        await (one.close() if isinstance(one, aiohttp.ClientSession) else one.aclose())


async def send(
    transport: Transport, request: Request = CREATE, *, timeout: float | None = 5.0, token: str = SECRET
) -> Answer:
    return await transport.send(request, Token(token), timeout, CallRecord())


async def failure(transport: Transport, request: Request = CREATE, **settings: Any) -> TransportError:
    with pytest.raises(TransportError) as caught:
        await send(transport, request, **settings)
    return caught.value


def raw(*parts: bytes, close: bool = False) -> Callable[[Exchange], Awaitable[None]]:
    """Writes bytes as they are."""

    async def step(exchange: Exchange) -> None:
        for part in parts:
            exchange.writer.write(part)
            await exchange.writer.drain()
        if close:
            exchange.writer.close()

    return step


def http(status: str = "201 Created", body: bytes = b'{"id": 1}', more: bytes = b"") -> bytes:
    return b"HTTP/1.1 %b\r\n%bContent-Length: %d\r\n\r\n%b" % (status.encode(), more, len(body), body)


# --- answers ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("step", "status", "body", "connections"),
    [
        (raw(http()), 201, b'{"id": 1}', 1),
        (
            raw(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n", http()),
            201,
            b'{"id": 1}',
            1,
        ),
        (raw(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"), 101, b"", 2),
        (raw(http("204 No Content", b"")), 204, b"", 1),
        (raw(http(more=b"Connection: close\r\n")), 201, b'{"id": 1}', 2),
        (raw(b"HTTP/1.0 201 Created\r\n\r\n[1]", close=True), 201, b"[1]", 2),
        (raw(b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n[1]\r\n0\r\n\r\n"), 201, b"[1]", 1),
        (raw(http(body=gzip.compress(b"[1]"), more=b"Content-Encoding: gzip\r\n")), 201, b"[1]", 1),
        # A second answer in the same packet belongs to nobody.
        (raw(http() + http(body=b'{"evil": 1}')), 201, b'{"id": 1}', 2),
    ],
    ids=["plain", "1xx first", "101", "204", "close", "HTTP/1.0", "chunked", "gzip", "two at once"],
)
async def test_answers(
    make: MakeTransport, step: Callable[[Exchange], Awaitable[None]], status: int, body: bytes, connections: int
) -> None:
    async with ScriptedServer(otherwise=step) as server:
        transport = make(server.url)
        for _ in range(2):
            found = await send(transport)
            assert (found.status, bytes(found.body), found.broken) == (status, body, None)
        assert len(server.received) == 2
        assert server.connections_accepted == connections


@pytest.mark.parametrize("body", [b'{"id": 1}', b""], ids=["body", "no body"])
async def test_a_connection_over_tls_that_ends_with_its_answer(
    make: MakeTransport, authority: trustme.CA, body: bytes
) -> None:
    theirs, ours = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    authority.issue_cert("127.0.0.1").configure_cert(theirs)
    authority.configure_trust(ours)
    parts = (b"HTTP/1.1 201 Created\r\n\r\n" + body, http(body=body, more=b"Connection: close\r\n"), http(body=body))
    async with ScriptedServer(*(raw(part, close=True) for part in parts), tls=theirs) as server:
        transport = make(server.url, ssl=ours)
        for _ in parts:
            found = await send(transport)
            assert (found.status, bytes(found.body), found.broken) == (201, body, None)
        assert len(server.received) == 3


async def test_what_goes_over_the_wire(make: MakeTransport) -> None:
    async with ScriptedServer(otherwise=answer(200)) as server:
        transport = make(server.url)
        await send(transport)
        await send(transport, READ)
        posted, asked = server.received
    assert (posted.method, posted.path, posted.body) == ("POST", "/v1/things", CREATE.body)
    assert (asked.method, asked.path, asked.body) == ("GET", "/v1/things", b"")
    for received in (posted, asked):
        assert received.headers.pop("host").startswith("127.0.0.1:")
        assert "gzip" in received.headers.pop("accept-encoding")
    shared = {"accept": "application/json", "user-agent": "tests/1", "authorization": f"Bearer {SECRET}"}
    assert asked.headers == shared
    assert posted.headers == shared | {"content-type": "application/json", "content-length": str(len(posted.body))}


async def test_headers_are_found_in_any_case(make: MakeTransport) -> None:
    async with ScriptedServer(answer(200, headers={"X-RateLimit-Limit": "60"})) as server:
        headers = (await send(make(server.url))).headers
    assert headers.get("x-ratelimit-limit") == headers.get("X-RateLimit-Limit") == "60"
    assert headers.get("retry-after") is None


@pytest.mark.parametrize(
    "nonsense",
    [
        b"HTTP/1.1 abc\r\n\r\n",
        b"\x15\x03\x01\x00\x02\x02\x46",
        http(more=b"X: " + b"a" * 20_000 + b"\r\n"),
        b"HTTP/1.1 201 Created\r\nContent-Length: 3\r\nContent-Length: 9\r\n\r\n" + b'{"id": 1}',
    ],
    ids=["status", "TLS alert", "header too long", "two lengths"],
)
async def test_what_is_no_answer_leaves_the_outcome_open(make: MakeTransport, nonsense: bytes) -> None:
    async with ScriptedServer(otherwise=raw(nonsense, close=True)) as server:
        error = await failure(make(server.url))
        assert type(error) is ConnectionLostError
        assert error.outcome is Outcome.UNKNOWN
        assert len(str(error)) < 600
        assert len(server.received) == 1


@pytest.mark.parametrize(
    ("step", "kind"),
    [
        (raw(b"HTTP/1.1 201 Created\r\nContent-Length: 100\r\n\r\n[1]", close=True), ConnectionLostError),
        (raw(http(body=b"\x1f\x8bxxxxxxxx", more=b"Content-Encoding: gzip\r\n")), ConnectionLostError),
        (raw(b"HTTP/1.1 201 Created\r\nContent-Length: 9\r\n\r\n[1]"), CallTimeoutError),
        (raw(b"HTTP/1.1 201 Created\r\n\r\n[1]"), CallTimeoutError),
    ],
    ids=["cut", "broken gzip", "silence", "silence without a length"],
)
async def test_a_body_that_does_not_come_whole(
    make: MakeTransport, step: Callable[[Exchange], Awaitable[None]], kind: type[TransportError]
) -> None:
    async with ScriptedServer(otherwise=step) as server:
        found = await send(make(server.url), timeout=1.0)
        assert found.status == 201
        assert type(found.broken) is kind
        assert found.broken.outcome is Outcome.UNKNOWN


async def test_a_body_that_is_too_large(make: MakeTransport, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rim, "LARGEST_BODY", 100)
    bomb = gzip.compress(b"0" * 100_000)
    async with ScriptedServer(
        raw(http(body=b"x" * 101)), raw(http(body=bomb, more=b"Content-Encoding: gzip\r\n"))
    ) as server:
        transport = make(server.url)
        for _ in range(2):
            broken = (await send(transport)).broken
            assert broken is not None
            assert "larger than 100 bytes" in broken.message


async def test_a_line_that_breaks_within_a_body_without_a_length(make: MakeTransport) -> None:
    """Half of it must not count as all of it. Through ClientSession it does: nothing tells."""

    async def part(exchange: Exchange) -> None:
        exchange.writer.write(b"HTTP/1.1 200 OK\r\n\r\n[1]")
        await exchange.writer.drain()
        await asyncio.sleep(0.1)
        handle = exchange.writer.get_extra_info("socket")
        handle.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        exchange.drop()

    async with ScriptedServer(part) as server:
        transport = make(server.url)
        found = await send(transport, READ)
        assert (found.broken is not None) is (transport.long_way is None)


# --- nothing was sent --------------------------------------------------------------------------------------------


async def test_nobody_listens(make: MakeTransport) -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        error = await failure(make(f"http://127.0.0.1:{reserved.getsockname()[1]}/v1"))
    assert type(error) is ConnectError
    assert error.outcome is Outcome.NOT_SENT
    assert not error.is_permanent


class Spoiled(aiohttp.TCPConnector):
    """Hands out connections that ended a moment before."""

    turns = 0

    async def connect(self, *args: Any, **settings: Any) -> Any:
        connection = await super().connect(*args, **settings)
        assert connection.transport is not None
        connection.transport.abort()
        for _ in range(self.turns):
            await asyncio.sleep(0)
        return connection


@pytest.mark.parametrize("request_", [CREATE, READ, REMOVE], ids=["POST", "GET", "DELETE"])
@pytest.mark.parametrize("turns", [0, 3], ids=["closing", "closed"])
async def test_a_connection_that_ends_before_the_request_leaves(
    make: MakeTransport, request_: Request, turns: int
) -> None:
    class Connector(Spoiled):
        pass

    Connector.turns = turns
    async with ScriptedServer(otherwise=answer(201)) as server:
        error = await failure(make(server.url, connector=Connector), request_)
        assert type(error) is ConnectError
        assert error.outcome is Outcome.NOT_SENT
        assert server.received == []


@pytest.mark.parametrize("request_", [CREATE, READ], ids=["POST", "GET"])
async def test_a_connection_that_comes_too_late(make: MakeTransport, request_: Request) -> None:
    class Slow(aiohttp.TCPConnector):
        async def connect(self, *args: Any, **settings: Any) -> Any:
            connection = await super().connect(*args, **settings)
            valid.clear()
            return connection

    valid = {"yes"}
    record = CallRecord()
    record.is_valid = lambda: bool(valid)
    async with ScriptedServer(otherwise=answer(201)) as server:
        transport = make(server.url, connector=Slow)
        with pytest.raises(ConnectError, match="took too long until the request could leave") as caught:
            await transport.send(request_, Token(SECRET), 5.0, record)
        assert caught.value.outcome is Outcome.NOT_SENT
        assert record.state is State.SENDING
        assert server.received == []


async def test_the_deadline_passes_while_connecting(make: MakeTransport) -> None:
    """aiohttp rounds long waits up to whole seconds: what connects in between must not be used any more."""

    class Slow(aiohttp.TCPConnector):
        async def connect(self, *args: Any, **settings: Any) -> Any:
            connection = await super().connect(*args, **settings)
            # Nothing that aiohttp's own clocks look after.
            await asyncio.shield(asyncio.sleep(5.4))
            return connection

    async with ScriptedServer(otherwise=answer(201)) as server:
        error = await failure(make(server.url, connector=Slow), timeout=5.3)
        assert type(error) is CallTimeoutError
        assert error.outcome is Outcome.NOT_SENT
        assert server.received == []


@pytest.mark.parametrize(
    ("token", "path"),
    [("a\r\nX-Evil: 1", "/a"), ("tök", "/a"), ("a\0", "/a"), (SECRET, "/a\r\nX-Evil: 1"), (SECRET, "/a b")],
)
async def test_control_characters_never_reach_the_wire(make: MakeTransport, token: str, path: str) -> None:
    async with ScriptedServer(otherwise=answer(201)) as server:
        transport = make(server.url)
        error = await failure(transport, Request(CREATE.operation, path, b"{}"), token=token)
        assert isinstance(error, ConnectError)
        assert error.outcome is Outcome.NOT_SENT
        assert error.is_permanent
        assert token not in str(error)
        await send(transport)
        assert len(server.received) == 1


# --- something was sent ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("request_", [CREATE, READ, REMOVE], ids=["POST", "GET", "DELETE"])
@pytest.mark.parametrize("kept", [False, True], ids=["new", "kept"])
async def test_a_lost_answer(make: MakeTransport, request_: Request, kept: bool) -> None:
    async with ScriptedServer(*[answer(200)] * kept, otherwise=drop) as server:
        transport = make(server.url)
        if kept:
            await send(transport, READ)
        error = await failure(transport, request_)
        assert type(error) is ConnectionLostError
        assert error.outcome is Outcome.UNKNOWN
        assert len(server.received) == 1 + kept


@pytest.mark.parametrize("request_", [CREATE, READ, REMOVE], ids=["POST", "GET", "DELETE"])
async def test_no_answer_in_time(make: MakeTransport, request_: Request) -> None:
    async with ScriptedServer(otherwise=stall) as server:
        error = await failure(make(server.url), request_, timeout=0.5)
        assert type(error) is CallTimeoutError
        assert error.outcome is Outcome.UNKNOWN
        assert "No answer within 0.5 s" in error.message
        assert len(server.received) == 1


async def test_cancelled_while_the_answer_comes(make: MakeTransport) -> None:
    async with ScriptedServer(raw(b"HTTP/1.1 201 Created\r\nContent-Length: 9\r\n\r\n[1]"), raw(http())) as server:
        transport = make(server.url)
        sending = asyncio.ensure_future(send(transport))
        await server.wait_for(1)
        await asyncio.sleep(0.2)
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending
        assert (await send(transport)).status == 201
        assert server.connections_accepted == 2


async def test_one_timer_serves_all_deadlines(make: MakeTransport) -> None:
    async def by_name(exchange: Exchange) -> None:
        await asyncio.sleep(float(exchange.received.path.rpartition("/")[2]))
        await exchange.answer(200, b"{}")

    async with ScriptedServer(otherwise=by_name) as server:
        transport = make(server.url)
        loop = asyncio.get_running_loop()

        async def one(takes: float, allowed: float) -> float | None:
            began = loop.time()
            request = Request(READ.operation, f"/{takes}")
            try:
                await send(transport, request, timeout=allowed)
            except CallTimeoutError:
                return round(loop.time() - began, 3)
            return None

        ended = await asyncio.gather(one(9, 3), one(1, 2), one(9, 1), one(4, 5), one(9, 4))
        assert ended == [3, None, 1, None, 4]


# --- connections with something on them --------------------------------------------------------------------------


@pytest.mark.parametrize("request_", [CREATE, READ], ids=["POST", "GET"])
@pytest.mark.parametrize("busy", [False, True], ids=["the loop has read it", "it lies in the kernel"])
async def test_an_answer_that_nobody_asked_for_is_not_taken(make: MakeTransport, request_: Request, busy: bool) -> None:
    writers: list[asyncio.StreamWriter] = []

    async def remember(exchange: Exchange) -> None:
        writers.append(exchange.writer)
        exchange.writer.write(http(body=b'{"n": %d}' % len(writers)))

    async with ScriptedServer(otherwise=remember) as server:
        transport = make(server.url)
        await send(transport)
        writers[0].write(http(body=b'{"evil": 1}'))
        if busy:
            time.sleep(0.02)  # noqa: ASYNC251 - the loop is busy, and does not read
        else:
            await asyncio.sleep(0.2)
        assert bytes((await send(transport, request_)).body) == b'{"n": 2}'
        assert len(server.received) == 2
        assert server.connections_accepted == 2


async def test_a_kept_connection_that_was_closed_is_not_used(make: MakeTransport) -> None:
    """Not even where the loop has not been told yet: what is sent then would leave the outcome open."""
    async with ScriptedServer(otherwise=raw(http(), close=True)) as server:
        transport = make(server.url)
        await send(transport)
        time.sleep(0.02)  # noqa: ASYNC251 - the loop is busy, and does not read
        assert (await send(transport)).status == 201
        assert len(server.received) == 2


# --- an attempt that is given up is over -------------------------------------------------------------------------


class Deaf:
    """A server that reads nothing until it is told to, and then tells how the connection ended."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.tls = tls
        self.connected = asyncio.Event()
        self.listens = asyncio.Event()
        self.ended: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.size = 0

    async def __aenter__(self) -> "Deaf":
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self.tls, limit=1024)
        self._server.sockets[0].setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        return self

    @property
    def url(self) -> str:
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/v1"

    async def __aexit__(self, *_: object) -> None:
        self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connected.set()
        await self.listens.wait()
        how = "closed politely"
        try:
            while part := await reader.read(65536):
                self.size += len(part)
        except OSError as error:
            how = type(error).__name__
        writer.close()
        self.ended.set_result(how)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.mark.parametrize("end", ["timeout", "cancellation", "the session is closed"])
@pytest.mark.parametrize("is_encrypted", [False, True], ids=["plain", "TLS"])
@pytest.mark.parametrize("size", [20, 300_000], ids=["small", "large"])
async def test_nothing_of_it_arrives_later(
    make: MakeTransport, authority: trustme.CA, end: str, is_encrypted: bool, size: int
) -> None:
    """The kernel would deliver the rest, as soon as the other end reads, and then close politely."""
    theirs, ours = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    authority.issue_cert("127.0.0.1").configure_cert(theirs)
    authority.configure_trust(ours)
    request = Request(CREATE.operation, "/things", b"x" * size)
    async with Deaf(theirs if is_encrypted else None) as server:
        transport = make(server.url, ssl=ours)
        sending = asyncio.ensure_future(send(transport, request, timeout=1.0))
        await server.connected.wait()
        await asyncio.sleep(0.5)
        if end == "cancellation":
            sending.cancel()
        elif end == "the session is closed":
            await transport.aclose()
        await asyncio.wait([sending])
        await asyncio.sleep(0.1)
        server.listens.set()
        assert await server.ended == "ConnectionResetError"
        assert server.size < size or size < 1000
        if end == "cancellation":
            assert sending.cancelled()
        else:
            error = sending.exception()
            assert isinstance(error, TransportError)
            assert error.outcome is Outcome.UNKNOWN


async def test_with_documented_names_alone_a_body_is_over_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inside, "TESTED", frozenset())
    inside.why_not.cache_clear()
    try:
        async with Deaf() as server:
            transport = a_transport(server.url)
            assert transport.long_way is not None
            error = await failure(transport, Request(CREATE.operation, "/things", b"x" * 300_000), timeout=0.5)
            assert error.outcome is Outcome.UNKNOWN
            server.listens.set()
            assert await server.ended == "ConnectionResetError"
            await transport.aclose()
    finally:
        inside.why_not.cache_clear()


@pytest.mark.parametrize("request_", [READ, REMOVE], ids=["GET", "DELETE"])
async def test_a_request_without_a_body_is_over_as_well(make: MakeTransport, request_: Request) -> None:
    async with Deaf() as server:
        error = await failure(make(server.url), request_, timeout=0.5)
        assert error.outcome is Outcome.UNKNOWN
        server.listens.set()
        assert await server.ended == "ConnectionResetError"


@pytest.mark.parametrize("is_encrypted", [False, True], ids=["plain", "TLS"])
async def test_a_final_answer_ends_the_sending(make: MakeTransport, authority: trustme.CA, is_encrypted: bool) -> None:
    """The answer is read; what of the body has not left by then never does, and the connection is not used again."""
    theirs, ours = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    authority.issue_cert("127.0.0.1").configure_cert(theirs)
    authority.configure_trust(ours)
    size, got, connections = 30_000_000, [0], [0]

    async def early(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections[0] += 1
        head = await reader.readuntil(b"\r\n\r\n")
        is_large = b"Content-Length: %d" % size in head
        writer.write(http("401 Unauthorized" if is_large else "201 Created", b"{}"))
        if not is_large:
            writer.close()
            return
        await asyncio.sleep(1)
        try:
            while part := await reader.read(65536):
                got[0] += len(part)
        except OSError:
            pass
        writer.close()

    server = await asyncio.start_server(early, "127.0.0.1", 0, limit=1024, ssl=theirs if is_encrypted else None)
    async with server:
        scheme = "https" if is_encrypted else "http"
        transport = make(f"{scheme}://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1", ssl=ours)
        request = Request(CREATE.operation, "/things", b"x" * size)
        assert (await send(transport, request)).status == 401
        assert (await send(transport)).status == 201
        assert connections == [2]
        await asyncio.sleep(2)
        assert got[0] < size


# --- what errors show --------------------------------------------------------------------------------------------


async def test_no_error_holds_the_key(make: MakeTransport) -> None:
    echo = b"HTTP/1.1 200 OK\r\nX-Echo " + SECRET.encode() + b"\r\n\r\n"
    async with ScriptedServer(drop, raw(echo, close=True), raw(http(more=b"X: " + b"a" * 20_000 + b"\r\n"))) as server:
        transport = make(server.url)
        for _ in range(3):
            error: BaseException | None = await failure(transport)
            while error is not None:
                assert SECRET not in f"{error} {error!r} {vars(error)!r}"
                assert error.__context__ is None or error.__context__ is error.__cause__
                assert not hasattr(error, "request_info")
                error = error.__cause__


# --- through a proxy ---------------------------------------------------------------------------------------------

PASSWORD = "proxy-pass%2Fword"


@pytest.mark.parametrize(
    ("said", "kind", "text"),
    [
        (b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n", ConnectError, "status 407"),
        (b"SSH-2.0-OpenSSH\r\n\r\n", ConnectError, "broke before sending"),
        (b"", ConnectError, "broke before sending"),
        (None, ConnectError, "No connection to the proxy"),
    ],
    ids=["refuses", "nonsense", "hangs up", "is not there"],
)
async def test_a_proxy_that_does_not_let_us_through(said: bytes | None, kind: type[TransportError], text: str) -> None:
    heads: list[bytes] = []

    async def answer_connect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(said or b"")
        writer.close()

    server = await asyncio.start_server(answer_connect, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    if said is None:
        server.close()
    async with server:
        transport = a_transport("https://portal.example/v1", proxy=f"http://user:{PASSWORD}@127.0.0.1:{port}")
        error: BaseException | None = await failure(transport)
        assert type(error) is kind
        assert error.outcome is Outcome.NOT_SENT
        assert text in error.message
        while error is not None:
            shown = f"{error} {error!r} {vars(error)!r}"
            for secret in (SECRET, PASSWORD, "proxy-pass/word", "dXNlcjpwcm94eS1wYXNzL3dvcmQ="):
                assert secret not in shown
            assert not hasattr(error, "request_info")
            error = error.__cause__
        assert SECRET.encode() not in b"".join(heads)
        await transport.aclose()
