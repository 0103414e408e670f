"""Where the API is reached: one address, also for a portal that goes away and comes back."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from typing import TYPE_CHECKING

from aiohttp import web

if TYPE_CHECKING:
    from mijnklantportaal_async.sandbox.connections import Connections, PortalServer
    from mijnklantportaal_async.sandbox.pending import PendingCommits

# How long a stop waits for a request that is still being received.
PATIENCE = 0.25


class Listener:
    """Listens for the server of a portal until it is stopped."""

    def __init__(self, host: str, port: int, connections: Connections, pending: PendingCommits) -> None:
        self._host = host
        self._connections = connections
        self._pending = pending
        self._runner: web.ServerRunner | None = None
        self._site: web.TCPSite | None = None
        self._away: asyncio.Task[None] | None = None
        self.port = port
        """0 for any free one, until it listens."""

    async def start(self, server: PortalServer) -> None:
        """Begin to listen."""
        self._runner = web.ServerRunner(server, shutdown_timeout=PATIENCE)
        await self._runner.setup()
        self._site = await self._open(self._runner)
        self.port = int(self._runner.addresses[0][1])

    async def stop(self) -> None:
        """End every connection."""
        if self._away is not None:
            await self._away
        self._connections.release()
        if self._runner is not None:
            await self._runner.cleanup()

    def leave(self, real_seconds: float) -> None:
        """Reset every connection, and refuse new ones for some time; nothing new for one who is away already."""
        if self._away is None or self._away.done():
            self._away = asyncio.get_running_loop().create_task(self._be_away(real_seconds))

    async def _be_away(self, real_seconds: float) -> None:
        if self._site is None or self._runner is None:
            return
        await self._site.stop()
        self._connections.reset()
        with _reserved(self._host, self.port):
            await self._pending.pause(real_seconds)
        if not self._pending.stopping:
            self._site = await self._open(self._runner)

    async def _open(self, runner: web.ServerRunner) -> web.TCPSite:
        site = web.TCPSite(runner, self._host, self.port)
        await site.start()
        return site


def _reserved(host: str, port: int) -> socket.socket:
    """Bind a port without listening, so that nobody else is given it: connections to it are refused."""
    kept = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    if os.name == "posix":
        kept.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    # Where two may not bind the same port it is free all the same, only not kept free.
    with contextlib.suppress(OSError):
        kept.bind((host, port))
    return kept
