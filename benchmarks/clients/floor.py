"""The floor: hand-written HTTP on raw asyncio protocols, that trusts the server blindly. Nothing in Python is cheaper.

It drives the server harder than any contender can: what the server does for it, the server can do for them.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import orjson

from benchmarks.appointment import API_KEY, CONNECTIONS, TITLE, Wanted
from benchmarks.clients.contender import Contender, Schedule


class Connection(asyncio.Protocol):
    """One request at a time."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[bytes] | None = None
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        data = self._buffer + data if self._buffer else data
        end = data.find(b"\r\n\r\n")
        place = data.find(b"Content-Length: ")
        if end >= 0 and len(data) == end + 4 + int(data[place + 16 : data.find(b"\r\n", place)]):
            assert self._answer is not None
            self._buffer = b""
            self._answer.set_result(data[end + 4 :])
        else:
            self._buffer = data

    def connection_lost(self, exc: Exception | None) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(exc or ConnectionResetError("the server closed the connection"))

    def exchange(self, request: bytes) -> asyncio.Future[bytes]:
        assert self._transport is not None
        self._answer = self._loop.create_future()
        self._transport.write(request)
        return self._answer

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()


@asynccontextmanager
async def open_floor(base_url: str) -> AsyncGenerator[Schedule]:
    loop = asyncio.get_running_loop()
    parts = urlsplit(base_url)
    host, port = parts.hostname or "", parts.port or 80
    places = asyncio.Semaphore(CONNECTIONS)
    idle: list[Connection] = []
    head = (
        f"POST {parts.path}/appointments HTTP/1.1\r\nHost: {parts.netloc}\r\nAuthorization: Bearer {API_KEY}\r\n"
        "Accept: application/json\r\nContent-Type: application/json\r\nContent-Length: "
    ).encode("ascii")

    async def schedule(wanted: Wanted) -> str:
        body = orjson.dumps(
            {
                "name": TITLE,
                "startsAt": wanted.starts_at_wall,
                "endsAt": wanted.ends_at_wall,
                "customerId": wanted.customer_id,
            }
        )
        async with places:
            if idle:
                connection = idle.pop()
            else:
                _, connection = await loop.create_connection(Connection, host, port)
            content = await connection.exchange(b"%b%d\r\n\r\n%b" % (head, len(body), body))
            idle.append(connection)
        identifier: str = orjson.loads(content)["id"]
        return identifier

    try:
        yield schedule
    finally:
        for connection in idle:
            connection.close()


FLOOR = Contender("floor", "raw asyncio protocol (the floor)", open_floor)
