"""Who carries files: the package, and raw aiohttp as its documentation shows it. All do the same over the same wire."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Protocol

import aiohttp
import attrs
import orjson

from benchmarks.appointment import API_KEY
from mijnklantportaal_async import CloudFile, PortalSession

MEGABYTE = 1024 * 1024
AT_ONCE = 64 * 1024
"""Bytes that raw aiohttp reads and writes at once, as in its documentation and in its own uploads."""


class Carrier(Protocol):
    """One client that is open."""

    async def download(self, link: CloudFile, target: Path) -> None:
        """Fetches a file to a path."""
        ...

    async def upload(self, source: Path) -> None:
        """Sends a file as a form."""
        ...


@attrs.frozen
class TransferContender:
    """A client under measurement."""

    key: str
    """Its name in the JSON report."""
    title: str
    """Its name in the table."""
    open: Callable[[str], AbstractAsyncContextManager[Carrier]]
    """Opens it for a base URL."""


@attrs.frozen
class _Raw:
    http: aiohttp.ClientSession
    base_url: str

    async def download(self, link: CloudFile, target: Path) -> None:
        async with self.http.get(link.link) as response:
            response.raise_for_status()
            with target.open("wb") as file:
                async for piece in response.content.iter_chunked(AT_ONCE):
                    file.write(piece)

    async def upload(self, source: Path) -> None:
        with source.open("rb") as file:
            form = aiohttp.FormData()
            form.add_field("file", file, filename=source.name, content_type="application/octet-stream")
            headers = {"Authorization": f"Bearer {API_KEY}"}
            async with self.http.post(f"{self.base_url}/files", data=form, headers=headers) as response:
                response.raise_for_status()
                orjson.loads(await response.read())


@attrs.frozen
class _RawOnThreads(_Raw):
    async def download(self, link: CloudFile, target: Path) -> None:
        beside = target.with_suffix(".part")
        async with self.http.get(link.link) as response:
            response.raise_for_status()
            file = await asyncio.to_thread(beside.open, "wb")
            try:
                async for piece in response.content.iter_chunked(MEGABYTE):
                    await asyncio.to_thread(file.write, piece)
            finally:
                await asyncio.to_thread(file.close)
            await asyncio.to_thread(beside.replace, target)


@attrs.frozen
class _Package:
    portal: PortalSession

    async def download(self, link: CloudFile, target: Path) -> None:
        await self.portal.save_file(link, target)

    async def upload(self, source: Path) -> None:
        await self.portal.upload_file(source)


@asynccontextmanager
async def _open_raw(base_url: str) -> AsyncGenerator[Carrier]:
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=None)) as http:
        yield _Raw(http, base_url)


@asynccontextmanager
async def _open_raw_on_threads(base_url: str) -> AsyncGenerator[Carrier]:
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=None)) as http:
        yield _RawOnThreads(http, base_url)


@asynccontextmanager
async def _open_package(base_url: str) -> AsyncGenerator[Carrier]:
    async with PortalSession(api_key=API_KEY, base_url=base_url, rate_limit=None) as portal:
        yield _Package(portal)


RAW = TransferContender("raw", "raw aiohttp", _open_raw)
"""The yardstick: as its documentation shows it. Writes on the event loop, and leaves half a file behind a failure."""
RAW_ON_THREADS = TransferContender("raw_on_threads", "raw aiohttp, on threads, renamed", _open_raw_on_threads)
"""Writes on threads, and puts a file into its place at the end; it sends as the yardstick does."""
PACKAGE = TransferContender("package", "mijnklantportaal_async", _open_package)
RAW_AGAIN = TransferContender("raw_again", "raw aiohttp (again)", _open_raw)
"""The same once more: how far its ratio strays from 1 is the noise of the machine."""

TRANSFER_CONTENDERS = (RAW, PACKAGE, RAW_ON_THREADS, RAW_AGAIN)
