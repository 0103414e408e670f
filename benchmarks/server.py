"""A server that costs next to nothing: reads just enough HTTP to find the end of a request, answers what it names.

`python -m benchmarks.server` prints its port and serves until its standard input ends.
"""

import asyncio
import email.utils
import sys
import threading
import time
from collections.abc import Callable

import orjson

from benchmarks.appointment import ANSWER, MOST_CALLS
from benchmarks.processors import pin

METER_PATH = "/meter"


def answer_bytes(status: str, body: bytes) -> bytes:
    head = (
        f"HTTP/1.1 {status}\r\n"
        f"Date: {email.utils.formatdate(usegmt=True)}\r\n"
        "Content-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n"
        f"X-RateLimit-Limit: {MOST_CALLS}\r\n"
        f"X-RateLimit-Remaining: {MOST_CALLS - 1}\r\n"
        "\r\n"
    )
    return head.encode("ascii") + body


class Appointments:
    """Answers with the appointment that was asked for, under an id of its own."""

    def __init__(self) -> None:
        template = orjson.dumps(ANSWER)
        for name in (b"ID", b"CUSTOMER", b"STARTS", b"ENDS"):
            template = template.replace(b'"%b"' % name, b'"%b"')
        self._body = template
        self._head, _, self._end = answer_bytes("201 Created", b"").partition(b"Content-Length: 0\r\n")

    def answer(self, request: bytes, number: int) -> bytes:
        starts, ends = _moment(_field(request, b'"startsAt"')), _moment(_field(request, b'"endsAt"'))
        identifier = b"apt_%014d" % number
        body = self._body % (identifier, _field(request, b'"customerId"'), starts, ends)
        return b"%bContent-Length: %d\r\n%b%b" % (self._head, len(body), self._end, body)


def _field(request: bytes, name: bytes) -> bytes:
    begin = request.find(b'"', request.find(b":", request.find(name))) + 1
    return request[begin : request.find(b'"', begin)]


def _moment(wall: bytes) -> bytes:
    # The days of the benchmarks lie in 2027.
    offset = b"+02:00" if b"2027-03-28" < wall < b"2027-10-31" else b"+01:00"
    return b"%bT%b:00%b" % (wall[:10], wall[11:], offset)


EMPTY_LIST = answer_bytes("200 OK", orjson.dumps({"data": []}))


class Meter:
    """Counts requests and bytes of files, so that nobody can be fast by sending fewer."""

    def __init__(self) -> None:
        self.requests = 0
        self.bytes = 0

    def read(self) -> bytes:
        said = {"requests": self.requests, "bytes": self.bytes, "cpu_seconds": time.process_time()}
        body = orjson.dumps(said)
        return answer_bytes("200 OK", body)


class CannedPortal(asyncio.Protocol):
    """One connection."""

    def __init__(self, appointments: Appointments, meter: Meter) -> None:
        self._appointments = appointments
        self._meter = meter
        self._buffer = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        data = self._buffer + data if self._buffer else data
        while (size := request_size(data)) and len(data) >= size:
            self._respond(data)
            data = data[size:]
        self._buffer = data

    def _respond(self, request: bytes) -> None:
        assert self._transport is not None
        if request.startswith(b"POST"):
            self._meter.requests += 1
            self._transport.write(self._appointments.answer(request, self._meter.requests))
        elif METER_PATH.encode() in request[:64]:
            self._transport.write(self._meter.read())
        else:
            self._transport.write(EMPTY_LIST)


def request_size(data: bytes) -> int:
    """Bytes of the first request, or 0 while its head is not complete."""
    end = data.find(b"\r\n\r\n")
    if end < 0:
        return 0
    head = data[:end].lower()
    place = head.find(b"content-length:")
    if place < 0:
        return end + 4
    stop = head.find(b"\r\n", place)
    length = head[place + 15 : stop if stop >= 0 else end]
    return end + 4 + int(length)


async def serve(answers: Callable[[], asyncio.Protocol]) -> None:
    """Serves with a protocol for each connection."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(answers, "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    ended = asyncio.Event()

    def wait_for_end_of_input() -> None:
        sys.stdin.read()
        loop.call_soon_threadsafe(ended.set)

    threading.Thread(target=wait_for_end_of_input, daemon=True).start()
    await ended.wait()
    server.close()


if __name__ == "__main__":
    pin("server")
    appointments, meter = Appointments(), Meter()
    asyncio.run(serve(lambda: CannedPortal(appointments, meter)))
