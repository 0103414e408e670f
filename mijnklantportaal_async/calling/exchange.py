"""The short way: one request and its answer over a connection of aiohttp's pool.

Pool, TLS, names and the parser are aiohttp's; left out is what ClientSession does for others: redirects, cookies,
forms, traces, a task and a timer for each request. Nothing is ever sent again here.
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, Literal

import aiohttp
from aiohttp import hdrs
from yarl import URL

from mijnklantportaal_async.calling import aiohttp_inside as inside
from mijnklantportaal_async.calling.auth import Token
from mijnklantportaal_async.calling.connections import NEVER, Connections
from mijnklantportaal_async.calling.record import CallRecord, State
from mijnklantportaal_async.calling.wire import Answer, Request

MOST_UNFIT = 3
"""Connections of the pool that are thrown away for one request, because they turn out to be useless."""

_FRESH = b"Cache-Control: no-cache\r\n"
"""Said by looks: what comes out of a cache says nothing of what became of a call a moment ago."""

_OURS = frozenset({hdrs.AUTHORIZATION.lower(), hdrs.CONTENT_TYPE.lower(), hdrs.CONTENT_LENGTH.lower()})


class TooLateError(OSError):
    """The request was not to leave any more."""

    def __init__(self) -> None:
        super().__init__("it took too long until the request could leave")


class TooLargeError(aiohttp.ClientError):
    """The body is larger than anything that the service sends."""


class Unfit(Exception):  # noqa: N818 - another connection is taken, and nobody hears of it
    """A connection that must not be written to."""


class UnfitError(aiohttp.ClientConnectionError):
    """No connection could be written to."""

    def __init__(self) -> None:
        super().__init__(f"{MOST_UNFIT} connections in a row were not fit for use before anything was sent")


class ClientTimeouts:
    """aiohttp's timeouts for so many seconds; made once for those that come again and again.

    Args:
        limits: What has an end: `total`; or `connect`, waiting for a connection, where we look after the rest.
    """

    __slots__ = ("_kept", "_limits")

    def __init__(self, limits: Literal["total", "connect"]) -> None:
        self._limits = limits
        self._kept: dict[float | None, aiohttp.ClientTimeout] = {}

    def of(self, seconds: float | None) -> aiohttp.ClientTimeout:
        """The one for so many seconds; None for no end."""
        return self._kept.get(seconds) or self._make(seconds)

    def _make(self, seconds: float | None) -> aiohttp.ClientTimeout:
        total, connect = (seconds, None) if self._limits == "total" else (None, seconds)
        timeout = aiohttp.ClientTimeout(total=total, connect=connect, sock_connect=None, sock_read=None)
        if len(self._kept) < 16:
            self._kept[seconds] = timeout
        return timeout

    def __len__(self) -> int:
        return len(self._kept)


class Exchange:
    """Sends requests to one host.

    Args:
        connector: The pool.
        connections: Those under way.
        pattern: A request of aiohttp's own making: whom the pool connects to, and what is said in each head.
        base_url: Where the paths of requests begin.
    """

    __slots__ = (
        "_connections",
        "_connector",
        "_head",
        "_head_of_all",
        "_loop",
        "_path",
        "_pattern",
        "_token",
        "timeouts",
    )

    def __init__(
        self, connector: aiohttp.BaseConnector, connections: Connections, pattern: aiohttp.ClientRequest, base_url: str
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._connector = connector
        self._connections = connections
        self._pattern = pattern
        self._path = URL(base_url, encoded=True).raw_path.rstrip("/")
        self._head_of_all = _lines(pattern.headers)
        self._token: Token | None = None
        self._head = b""
        self.timeouts = ClientTimeouts("connect")

    async def send(
        self, request: Request, token: Token, seconds: float | None, record: CallRecord, largest: int
    ) -> tuple[Answer, Exception | None]:
        """Sends a request once.

        Args:
            request: What to send; its path is checked.
            token: Goes into the Authorization header; checked.
            seconds: For everything until the last byte of the answer.
            record: Its state is `LEFT` just before the first byte may leave.
            largest: Bytes of an answer that are read.

        Returns:
            The answer; and why its body did not come whole, where it did not.

        Raises:
            Exception: There was no answer, or nothing was sent: the state of `record` tells.
        """
        loop, connections = self._loop, self._connections
        end = NEVER if seconds is None else loop.time() + seconds
        size = len(request.body or b"")
        timeout = self.timeouts.of(seconds)
        # What comes up in one turn of the loop leaves together: the other end wakes once for all, not for each.
        await asyncio.sleep(0)
        connection = await inside.connect(self._connector, self._pattern, timeout)
        transport = fit_transport(connection, connections)
        if transport is None:
            connection, transport = await self._connect_again(connection, timeout)
        reader: Any = None
        try:
            reader = inside.reader_of_answers(connection)
            self._write(transport, request, token, end, record)
            message, payload = await reader.read()
            # 101 is an answer as well: what comes after it is no HTTP.
            while message.code < 200 and message.code != 101:
                message, payload = await reader.read()
            answer = Answer(message.code, message.headers, b"")
            body = inside.whole_body(payload, largest)
            if body is not None:
                answer.body = body
                connections.end(transport, size)
                connection.release()
                return answer, None
        except BaseException as error:
            self._give_up(connection, transport, record)
            if record.state is State.LEFT and loop.time() >= end and isinstance(error, aiohttp.ClientError):
                raise TimeoutError from error
            documented = inside.readable(error)
            if documented is not error:
                raise documented from error.__cause__
            raise
        parts: list[bytes] = []
        try:
            answer.body = await read_bounded(payload, largest, parts)
            if loop.time() >= end:
                # Its time was over, and the connection with it: that ends a body without a length too.
                raise TimeoutError
            if inside.was_cut(reader) and _has_no_length(message.headers):
                raise aiohttp.ClientPayloadError("the connection broke, and the answer does not say how long it is")
        except Exception as error:  # noqa: BLE001 - whatever it was, the status is known
            self._give_up(connection, transport, record)
            answer.body = b"".join(parts)
            return answer, TimeoutError() if loop.time() >= end else error
        except BaseException:
            self._give_up(connection, transport, record)
            raise
        connections.end(transport, size)
        connection.release()
        return answer, None

    async def hold(self, seconds: float) -> Callable[[], None]:
        """A connection that nobody else gets, until the function is called that this returns: then it is the next's."""
        connection = await inside.connect(self._connector, self._pattern, self.timeouts.of(seconds))
        return connection.release

    async def _connect_again(
        self, unfit: "aiohttp.connector.Connection", timeout: aiohttp.ClientTimeout
    ) -> "tuple[aiohttp.connector.Connection, asyncio.Transport]":
        """A connection that can be written to, after one that cannot."""
        unfit.close()
        for _ in range(MOST_UNFIT - 1):
            connection = await inside.connect(self._connector, self._pattern, timeout)
            transport = fit_transport(connection, self._connections)
            if transport is not None:
                return connection, transport
            connection.close()
        raise UnfitError

    def _write(
        self, transport: asyncio.Transport, request: Request, token: Token, end: float, record: CallRecord
    ) -> None:
        start = f"{request.operation.method} {self._path}{request.path} HTTP/1.1\r\n".encode("ascii")
        # From here to the write nothing may wait: what is asked has to be so when the request leaves.
        if self._loop.time() >= end:
            raise TimeoutError
        is_valid = record.is_valid
        if is_valid is not None and not is_valid():
            # The machine stood still while the connection was made: what is sent now, nobody reckons with any more.
            raise TooLateError
        self._connections.begin(transport, end)
        record.state = State.LEFT
        # Bytes: a form goes the long way.
        body: Any = request.body
        fresh = _FRESH if request.is_look else b""
        if token is not self._token:
            self._make_head(token)
        # Nothing that holds the key gets a name: what prints the variables of a traceback would print it.
        if body is None:
            transport.write(b"%b%b%b\r\n" % (start, self._head, fresh))
            return
        transport.write(
            b"%b%b%bContent-Type: %b\r\nContent-Length: %d\r\n\r\n%b"
            % (
                start,
                self._head,
                fresh,
                request.content_type.encode("ascii"),
                len(body),
                body,
            )
        )

    def _make_head(self, token: Token) -> None:
        """The headers for a token; kept until another token comes."""
        self._token = token
        self._head = f"{self._head_of_all}Authorization: Bearer {token.reveal()}\r\n".encode("ascii")

    def _give_up(
        self, connection: "aiohttp.connector.Connection", transport: asyncio.Transport, record: CallRecord
    ) -> None:
        if record.state is State.LEFT:
            self._connections.give_up(transport)
        connection.close()


def fit_transport(connection: "aiohttp.connector.Connection", connections: Connections) -> asyncio.Transport | None:
    """What a request may be written to: a connection that stands, and on which nothing lies that nobody asked for."""
    transport = connection.transport
    if (
        transport is None
        or transport.is_closing()
        or inside.has_unasked(connection)
        or connections.has_unread(transport)
    ):
        return None
    return transport


async def read_bounded(payload: aiohttp.StreamReader, largest: int, parts: list[bytes]) -> bytes:
    """A body that is not there yet.

    Args:
        payload: Where it comes from.
        largest: Bytes that it may have.
        parts: What has come of it, also where it breaks off.

    Raises:
        TooLargeError: It is longer than so many bytes.
    """
    size = 0
    async for part in payload.iter_any():
        size += len(part)
        if size > largest:
            raise TooLargeError(f"it is larger than {largest} bytes")
        parts.append(part)
    return b"".join(parts)


def _lines(headers: Mapping[str, str]) -> str:
    """The headers that aiohttp would send, without those that differ from request to request."""
    text = "".join(f"{name}: {value}\r\n" for name, value in headers.items() if name.lower() not in _OURS)
    check_text(text.replace("\r\n", ""), "a header")
    return text


def check_text(text: str, what: str) -> None:
    """Makes sure that a text cannot end a line of the head before its time.

    Raises:
        ValueError: It holds something else than printable ASCII. It is not repeated: it may be the key.
    """
    if not (text.isascii() and text.isprintable()):
        raise ValueError(f"{what} holds something else than printable ASCII")


def _has_no_length(headers: Mapping[str, str]) -> bool:
    return hdrs.CONTENT_LENGTH not in headers and hdrs.TRANSFER_ENCODING not in headers
