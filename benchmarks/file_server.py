"""A server of files that costs next to nothing: gives as many bytes as are asked for, takes what comes and counts it.

`python -m benchmarks.file_server` prints its port and serves until its standard input ends.
"""

import asyncio
import re

import orjson

from benchmarks.processors import pin
from benchmarks.server import METER_PATH, Meter, answer_bytes, serve

FILES_PATH = "/files/"
"""With a number of bytes behind it: a file of that many."""

_PIECE = bytes(range(256)) * 1024
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.I)
_STORED = {
    "id": "fsf_1",
    "type": "file",
    "name": "file.bin",
    "size": None,
    "mime": "application/octet-stream",
    "fileShareId": None,
    "createdAt": "2027-03-01T09:12:44+01:00",
}


class FilePortal(asyncio.Protocol):
    """One connection."""

    def __init__(self, meter: Meter) -> None:
        self._meter = meter
        self._head = b""
        self._coming = self._left = 0
        self._is_full = False
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.set_write_buffer_limits(high=len(_PIECE))

    def data_received(self, data: bytes) -> None:
        if not self._coming:
            head, end, data = (self._head + data).partition(b"\r\n\r\n")
            if not end:
                self._head = head
                return
            self._head = b""
            self._begin(head)
        if self._coming:
            self._coming -= len(data)
            self._meter.bytes += len(data)
            if self._coming <= 0:
                self._coming = 0
                self._answer("201 Created", orjson.dumps(_STORED))

    def pause_writing(self) -> None:
        self._is_full = True

    def resume_writing(self) -> None:
        self._is_full = False
        self._give()

    def _begin(self, head: bytes) -> None:
        method, path, _ = head.split(b" ", 2)
        if method == b"POST":
            length = _LENGTH.search(head)
            self._coming = int(length[1]) if length else 0
            self._meter.requests += 1
        elif path == METER_PATH.encode():
            self._write(self._meter.read())
        else:
            size = int(path.removeprefix(FILES_PATH.encode()))
            self._meter.requests += 1
            self._meter.bytes += size
            head = answer_bytes("200 OK", b"").replace(b"Content-Length: 0", b"Content-Length: %d" % size)
            self._left = size
            first = min(size, len(_PIECE))
            # What is small leaves at once, as from any server.
            self._left -= first
            self._write(head + _PIECE[:first])
            self._give()

    def _give(self) -> None:
        while self._left and not self._is_full:
            piece = _PIECE if self._left >= len(_PIECE) else _PIECE[: self._left]
            self._left -= len(piece)
            self._write(piece)

    def _answer(self, status: str, body: bytes) -> None:
        self._write(answer_bytes(status, body))

    def _write(self, content: bytes) -> None:
        assert self._transport is not None
        self._transport.write(content)


if __name__ == "__main__":
    pin("server")
    meter = Meter()
    asyncio.run(serve(lambda: FilePortal(meter)))
