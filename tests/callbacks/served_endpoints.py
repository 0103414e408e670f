"""Endpoints on real sockets, under each framework, and a client that sends exactly what a test says."""

import asyncio
import socket
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import attrs
import uvicorn
from aiohttp import web
from fastapi import FastAPI
from litestar import Litestar, asgi
from starlette.applications import Starlette
from starlette.routing import Route

from mijnklantportaal_async.callbacks.endpoint import Endpoint

FRAMEWORKS = ("aiohttp", "starlette", "fastapi", "litestar")
PATH = "/at/{owner}"


@asynccontextmanager
async def served(framework: str, endpoint: Endpoint, path: str = PATH) -> AsyncGenerator[str]:
    """The URL of an endpoint, without the path."""
    if framework == "aiohttp":
        app = web.Application()
        app.router.add_route("*", path, endpoint.aiohttp)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        try:
            yield f"http://127.0.0.1:{runner.addresses[0][1]}"
        finally:
            await runner.cleanup()
        return
    with socket.create_server(("127.0.0.1", 0)) as listening:
        config = uvicorn.Config(asgi_app(framework, endpoint, path), log_config=None, access_log=False, lifespan="off")
        config.load()
        server = uvicorn.Server(config)
        server.lifespan = config.lifespan_class(config)
        # As `serve` does, without the tenths of a second for which it waits for signals, and for everybody to leave.
        await server.startup(sockets=[listening])
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            for listener in server.servers:
                listener.close()
            for connection in list(server.server_state.connections):
                connection.shutdown()
            while server.server_state.connections or server.server_state.tasks:
                await asyncio.sleep(0.002)
            for listener in server.servers:
                await listener.wait_closed()


def asgi_app(framework: str, endpoint: Endpoint, path: str) -> Any:
    match framework:
        case "starlette":
            return Starlette(routes=[Route(path, endpoint.asgi)])
        case "fastapi":
            app = FastAPI()
            app.router.routes.append(Route(path, endpoint.asgi))
            return app
        case _:
            place, _, rest = path[1:].partition("/")
            mounted = asgi(f"/{place}", is_mount=True, copy_scope=True)(endpoint.asgi_at(f"/{rest}"))
            return Litestar(route_handlers=[mounted], openapi_config=None, logging_config=None)


@attrs.frozen
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes


async def send(
    url: str,
    method: str = "POST",
    *,
    headers: Sequence[tuple[str, str | bytes]] = (),
    body: bytes = b"",
    length: int | None = None,
    parts: Sequence[bytes] | None = None,
) -> Reply:
    """One request on a connection of its own, its headers and bytes as given; `parts` are sent chunked."""
    address = urlsplit(url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    try:
        target = address.path + (f"?{address.query}" if address.query else "")
        lines = [f"{method} {target} HTTP/1.1\r\nHost: {address.netloc}\r\nConnection: close\r\n".encode()]
        for name, value in headers:
            lines.append(name.encode() + b": " + (value if isinstance(value, bytes) else value.encode()) + b"\r\n")
        if parts is not None:
            lines.append(b"Transfer-Encoding: chunked\r\n")
        elif method not in ("GET", "HEAD") or body:
            lines.append(b"Content-Length: %d\r\n" % (len(body) if length is None else length))
        writer.write(b"".join(lines) + b"\r\n" + body)
        for part in parts or ():
            writer.write(b"%x\r\n%b\r\n" % (len(part), part))
        if parts is not None:
            writer.write(b"0\r\n\r\n")
        async with asyncio.timeout(60):
            head = await reader.readuntil(b"\r\n\r\n")
            reply = _reply(head)
            # Not until the end: a server may wait for a body that is not going to come.
            most = 0 if method == "HEAD" else int(reply.headers.get("content-length", 0))
            return attrs.evolve(reply, body=await reader.readexactly(most))
    finally:
        writer.close()


def _reply(head: bytes) -> Reply:
    first, *lines = head.rstrip().decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    return Reply(int(first.split(" ")[1]), headers, b"")
