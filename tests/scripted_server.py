"""A server over a real socket that does exactly what a test tells it, request by request, and remembers everything."""

import asyncio
import json
import ssl
from collections import deque
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any
from zoneinfo import ZoneInfo

import attrs
from moved_time import wall_now
from socket_server import SocketServer


@attrs.define
class Received:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@attrs.define
class Exchange:
    """What a step may do with one request."""

    received: Received
    writer: asyncio.StreamWriter
    server: "ScriptedServer"

    async def answer(
        self, status: int, body: bytes | dict[str, Any], headers: dict[str, str] | None = None, cut: int | None = None
    ) -> None:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        lines = {
            "Content-Type": "application/json",
            "Content-Length": str(len(content)),
            "Date": format_datetime(wall_now(), usegmt=True),
        } | (headers or {})
        head = f"HTTP/1.1 {status} X\r\n" + "".join(f"{k}: {v}\r\n" for k, v in lines.items() if v) + "\r\n"
        self.writer.write(head.encode() + content[:cut])
        await self.writer.drain()

    def drop(self) -> None:
        transport = self.writer.transport
        assert isinstance(transport, asyncio.Transport)
        transport.abort()


Step = Callable[[Exchange], Awaitable[None]]


def answer(status: int, body: bytes | dict[str, Any] = b"{}", headers: dict[str, str] | None = None) -> Step:
    async def step(exchange: Exchange) -> None:
        await exchange.answer(status, body, headers)

    return step


def appointment(**changes: Any) -> dict[str, Any]:
    return {
        "id": "apt_1",
        "customerId": "cst_1",
        "attendeeName": "Jan",
        "attendeeEmail": "jan@example.nl",
        "startsAt": "2027-03-05T14:30:00+01:00",
        "endsAt": "2027-03-05T15:30:00+01:00",
        "status": "scheduled",
        "onlineMeetingLink": None,
        "createdAt": made_now(),
    } | changes


def made_now() -> str:
    """As the documentation's examples have it: with the offset of the Netherlands."""
    try:
        now = wall_now()
    except RuntimeError:
        now = datetime.now(UTC)
    return now.astimezone(ZoneInfo("Europe/Amsterdam")).replace(microsecond=0).isoformat()


def created(**changes: Any) -> Step:
    return answer(201, appointment(**changes))


def listed(*items: dict[str, Any], headers: dict[str, str] | None = None) -> Step:
    return answer(200, {"data": list(items)}, headers)


def customer(**changes: Any) -> dict[str, Any]:
    return {
        "id": "cst_1",
        "companyName": "Test Company BV",
        "address": "Teststreet 123",
        "zipCode": "1234AB",
        "city": "Amsterdam",
        "countryCode": "NL",
        "primaryEmail": "john.doe@example.nl",
        "phone": None,
        "integration": None,
        "integrationId": None,
        "customerGroups": [],
        "createdAt": made_now(),
    } | changes


def paged(
    *items: dict[str, Any], number: int = 1, leads_to: int | None = None, headers: dict[str, str] | None = None
) -> Step:
    """A page of a list, with the stray comma of the documentation's examples, on a host that nobody should visit."""
    url = f"https://elsewhere.example/v1/customers?page={leads_to}," if leads_to else None
    document = {"current_page": number, "data": list(items), "per_page": 15, "next_page_url": url}
    return answer(200, document, headers)


async def drop(exchange: Exchange) -> None:
    exchange.drop()


async def stall(exchange: Exchange) -> None:
    await asyncio.Event().wait()


async def half_body(exchange: Exchange) -> None:
    await exchange.answer(201, appointment(), cut=20)
    exchange.drop()


def hold(gate: asyncio.Event, then: Step) -> Step:
    """Answers only once the test opens the gate."""

    async def step(exchange: Exchange) -> None:
        await gate.wait()
        await then(exchange)

    return step


class ScriptedServer(SocketServer):
    """Takes one step of the script for each request; `otherwise` when the script is used up."""

    def __init__(self, *script: Step, otherwise: Step | None = None, tls: ssl.SSLContext | None = None) -> None:
        super().__init__(tls)
        self.script = deque(script)
        self.otherwise = otherwise or answer(500, {"message": "the script is used up"})
        self.received: list[Received] = []
        self.arrived = asyncio.Condition()

    def count(self, method: str) -> int:
        return sum(received.method == method for received in self.received)

    async def wait_for(self, requests: int) -> None:
        async with self.arrived:
            await asyncio.wait_for(self.arrived.wait_for(lambda: len(self.received) >= requests), 10)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            method, path, _ = head[0].split(" ")
            headers = {
                name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)
            }
            body = await reader.readexactly(int(headers.get("content-length", 0)))
            received = Received(method, path, headers, body)
            async with self.arrived:
                self.received.append(received)
                self.arrived.notify_all()
            step = self.script.popleft() if self.script else self.otherwise
            await step(Exchange(received, writer, self))
            if writer.is_closing():
                return
