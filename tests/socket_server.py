"""A server on a real socket for tests: it counts who connects, and ends with its block."""

import asyncio
import ssl
from contextlib import suppress
from types import TracebackType
from typing import Self


class SocketServer:
    """What becomes of a connection, `serve` says."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.tls = tls
        self.connections_accepted = 0
        self._connections: set[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    @property
    def origin(self) -> str:
        assert self._server is not None
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    @property
    def url(self) -> str:
        return f"{self.origin}/v1"

    @property
    def connections_open(self) -> int:
        """Those that the client has not closed, whatever the server does with them."""
        return sum(self.is_open(reader, writer) for reader, writer in self._connections)

    def is_open(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        return not reader.at_eof() and not writer.is_closing()

    async def wait_until_idle(self) -> None:
        """Until no client is connected any more."""
        for _ in range(500):
            if not self.connections_open:
                return
            await asyncio.sleep(0.01)
        raise AssertionError(f"{self.connections_open} connections are still open")

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """All requests of one connection."""
        raise NotImplementedError

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0, ssl=self.tls)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self._connections.add((reader, writer))
        self.connections_accepted += 1
        try:
            await self.serve(reader, writer)
        except (asyncio.CancelledError, ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self._tasks.discard(task)
            self._connections.discard((reader, writer))
            with suppress(ConnectionError):
                writer.close()
