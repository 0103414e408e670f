"""The server's TCP connections: counted, and known when the client leaves."""

from __future__ import annotations

import asyncio
import os
import socket
import struct
from typing import TYPE_CHECKING

import orjson
from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

# struct linger: on, 0 seconds.
_RESET = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)


class Connections:
    """The connections of a sandbox."""

    def __init__(self) -> None:
        self.accepted = 0
        self._left: dict[web.RequestHandler, asyncio.Event] = {}

    @property
    def open(self) -> int:
        """How many connections are open now."""
        return len(self._left)

    def opened(self, protocol: web.RequestHandler) -> None:
        """Note a new connection."""
        self.accepted += 1
        self._left[protocol] = asyncio.Event()

    def closed(self, protocol: web.RequestHandler) -> None:
        """Note the end of a connection."""
        left = self._left.pop(protocol, None)
        if left is not None:
            left.set()

    async def until_left(self, request: web.BaseRequest) -> None:
        """Wait until the client of a request leaves or `release()` is called."""
        left = self._left.get(request.protocol)
        if left is not None:
            await left.wait()

    def reset(self) -> None:
        """Reset every connection: what was sent last may be lost, and the client hears of it at once."""
        for protocol in list(self._left):
            if (transport := protocol.transport) is not None:
                made = transport.get_extra_info("socket")
                made.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                transport.abort()

    def release(self) -> None:
        """Wake everybody who waits for a client to leave."""
        for left in self._left.values():
            left.set()


class PortalServer(web.Server):
    """aiohttp's low-level server, which tells `Connections` about each connection."""

    def __init__(
        self,
        handler: Callable[[web.BaseRequest], Awaitable[web.StreamResponse]],
        connections: Connections,
        http_date: Callable[[], str],
    ) -> None:
        super().__init__(handler)
        self.http_date = http_date
        self._portal_connections = connections

    def __call__(self) -> web.RequestHandler:
        """Make the protocol of one connection."""
        return _PortalProtocol(self, asyncio.get_running_loop())

    def connection_made(self, handler: web.RequestHandler, transport: asyncio.Transport) -> None:
        """Note a new connection."""
        self._portal_connections.opened(handler)
        super().connection_made(handler, transport)

    def connection_lost(self, handler: web.RequestHandler, exc: BaseException | None = None) -> None:
        """Note the end of a connection."""
        self._portal_connections.closed(handler)
        super().connection_lost(handler, exc)


class _PortalProtocol(web.RequestHandler):
    """One connection; what is no proper HTTP is refused in JSON, too."""

    __slots__ = ("_http_date",)

    def __init__(self, server: PortalServer, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(server, loop=loop)
        self._http_date = server.http_date

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Answer what aiohttp itself could not make sense of."""
        said = "Server Error" if status >= 500 else f"Bad request: {message or exc or 'not HTTP'}"
        if status >= 500:
            self.log_exception("Error handling request", exc_info=exc)
        response = web.Response(
            status=status,
            body=orjson.dumps({"message": said}),
            content_type="application/json",
            headers={"Date": self._http_date()},
        )
        response.force_close()
        return response


def is_reset(request: web.BaseRequest) -> bool:
    """Tell whether the client of a request reset the connection, also where nothing is read from it."""
    made = None if request.transport is None else request.transport.get_extra_info("socket")
    return made is None or made.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) != 0
