"""An application on a real uvicorn, and a portal that always answers the same."""

import asyncio
import socket
import ssl
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import httpx
import uvicorn
from aiohttp import web


@asynccontextmanager
async def served(app: Any) -> AsyncGenerator[httpx.AsyncClient]:
    """A client of the application; leaving stops the server as Ctrl-C does."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False))
        task = asyncio.create_task(server.serve(sockets=[listening]))
        while not server.started:
            await asyncio.sleep(0.005)
            if task.done():
                await task
        try:
            url = f"http://127.0.0.1:{listening.getsockname()[1]}"
            async with httpx.AsyncClient(base_url=url, timeout=30) as client:
                yield client
        finally:
            server.should_exit = True
            await task


@asynccontextmanager
async def portal_that_answers(
    status: int, document: object, headers: Mapping[str, str] | None = None, tls: ssl.SSLContext | None = None
) -> AsyncGenerator[str]:
    """The base URL of a portal that answers every request alike."""

    async def answer(_: web.BaseRequest) -> web.StreamResponse:
        return web.json_response(document, status=status, headers=headers)

    runner = web.ServerRunner(web.Server(answer), shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls).start()
    try:
        yield f"http{'s' if tls else ''}://127.0.0.1:{runner.addresses[0][1]}/v1"
    finally:
        await runner.cleanup()
