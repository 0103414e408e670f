"""Answers that go over the wire exactly as they are given: without a `Date`, cut off, or asked for by nobody."""

from __future__ import annotations

from http.client import responses
from typing import TYPE_CHECKING

from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aiohttp.abc import AbstractStreamWriter


def http_bytes(status: int, headers: Mapping[str, str], body: bytes, media_type: str = "application/json") -> bytes:
    """Write a whole HTTP answer."""
    framing = {} if status == 204 else {"Content-Type": media_type, "Content-Length": str(len(body))}
    lines = [f"{name}: {value}" for name, value in {**framing, **headers}.items()]
    return "\r\n".join([f"HTTP/1.1 {status} {responses.get(status, '')}", *lines, "", ""]).encode() + body


class RawResponse(web.StreamResponse):
    """An answer whose bytes are given."""

    def __init__(self, status: int, data: bytes, *, closes: bool = False) -> None:
        super().__init__(status=status)
        self._data = data
        self._closes = closes
        self._asked: web.BaseRequest | None = None

    @property
    def keep_alive(self) -> bool | None:
        """Whether the connection stays."""
        return not self._closes and self._asked is not None and self._asked.keep_alive

    async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter | None:
        """Write everything."""
        self._asked = request
        if request.transport is not None:
            request.transport.write(self._data)
            if self._closes:
                # close(), not abort(): what was written must arrive before the end does.
                request.transport.close()
        return None

    async def write_eof(self, data: bytes = b"") -> None:
        """Nothing is left to be written."""
