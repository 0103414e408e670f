"""A server of bytes: reads requests as slowly as a test wants, answers when it wants, and keeps what came."""

import asyncio
import re
import socket
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import attrs
import orjson
from socket_server import SocketServer

STORED: dict[str, Any] = {
    "id": "fsf_1",
    "type": "file",
    "name": "a.pdf",
    "size": 1,
    "mime": "application/pdf",
    "fileShareId": None,
    "createdAt": "2027-03-05T14:30:00+01:00",
}


@attrs.define
class Came:
    """One request, as far as it came."""

    line: str
    headers: dict[str, str]
    body: bytes = b""
    size: int = 0
    """Bytes of the body, also of those that are not kept."""

    @property
    def length(self) -> int:
        return int(self.headers.get("content-length", 0))

    @property
    def content(self) -> bytes:
        """Of the only file of the form."""
        return self.files[0][1]

    @property
    def files(self) -> list[tuple[str, bytes]]:
        """Name and bytes of each file of the form."""
        boundary = self.headers["content-type"].partition("boundary=")[2].encode()
        found = []
        for part in self.body.split(b"--" + boundary)[1:-1]:
            head, _, content = part.removeprefix(b"\r\n").removesuffix(b"\r\n").partition(b"\r\n\r\n")
            name = re.search(rb'filename="([^"]*)"', head)
            if name is not None:
                found.append((name[1].decode(), content))
        return found


@attrs.define
class Conversation:
    """One request on one connection."""

    came: Came
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def read(
        self, most: int | None = None, *, piece: int = 1 << 16, pause: float = 0.0, keep: bool = True
    ) -> None:
        """Reads the body, or no more than so many bytes of it."""
        wanted = self.came.length if most is None else most
        parts = []
        while self.came.size < wanted:
            part = await self.reader.read(min(piece, wanted - self.came.size))
            if not part:
                break
            self.came.size += len(part)
            if keep:
                parts.append(part)
            if pause:
                await asyncio.sleep(pause)
        self.came.body += b"".join(parts)

    async def answer(self, status: int, body: Any = None, headers: dict[str, str] | None = None) -> None:
        content = body if isinstance(body, bytes) else orjson.dumps(STORED if body is None else body)
        told = {"Content-Type": "application/json", "Content-Length": str(len(content))} | (headers or {})
        head = f"HTTP/1.1 {status} X\r\n" + "".join(f"{name}: {value}\r\n" for name, value in told.items() if value)
        self.writer.write(head.encode() + b"\r\n" + content)
        await self.writer.drain()

    def drop(self) -> None:
        self.writer.transport.abort()


Step = Callable[[Conversation], Awaitable[None]]


def takes(status: int = 201, body: Any = None, headers: dict[str, str] | None = None) -> Step:
    """Reads all of it, then answers."""

    async def step(talk: Conversation) -> None:
        await talk.read()
        await talk.answer(status, body, headers)

    return step


class ByteServer(SocketServer):
    """Takes one step for each request; the last one for all that follow."""

    def __init__(self, *steps: Step) -> None:
        super().__init__()
        self.steps = list(steps)
        self.came: list[Came] = []

    def is_open(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        return not _is_gone(writer)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while not writer.is_closing():
            line, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (one.partition(":") for one in lines if one)}
            came = Came(line, headers)
            self.came.append(came)
            step = self.steps.pop(0) if len(self.steps) > 1 else self.steps[0]
            await step(Conversation(came, reader, writer))


def _is_gone(writer: asyncio.StreamWriter) -> bool:
    if writer.is_closing():
        return True
    made = writer.get_extra_info("socket")
    # Of what is not read nobody hears otherwise. 8: the other side has closed politely.
    return made.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) != 0 or (
        sys.platform == "linux" and made.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0] in {7, 8}
    )
