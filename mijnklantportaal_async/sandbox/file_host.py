"""The other host: where temporary links to files lead. It must never be sent a key."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import re
import secrets
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

import attrs
from aiohttp import web

from mijnklantportaal_async.sandbox.file_faults import FileFault, FileFaultPlan
from mijnklantportaal_async.sandbox.raw_response import RawResponse, http_bytes

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from mijnklantportaal_async.sandbox.clock import PortalClock
    from mijnklantportaal_async.sandbox.documents import Documents

_RANGE = re.compile(r"bytes=(\d+)-(\d*)")
_PAGE = b"<html><body>Something went wrong.</body></html>"
_PIECES = 10


@attrs.frozen(kw_only=True)
class Download:
    """One request to the host of files."""

    path: str
    status: int
    had_key: bool
    """Whether an `Authorization` header came along: a client gave a key away."""
    headers: dict[str, str] = attrs.field(factory=dict[str, str], repr=False)
    """As they came, names in lower case."""
    fault: FileFault | None = None
    """What hit it."""


@attrs.frozen
class _Stored:
    """A file, and which part of it is asked for."""

    content: bytes
    media_type: str
    tag: str
    start: int | None
    end: int

    def headers(self) -> dict[str, str]:
        return {"Content-Type": self.media_type, "ETag": self.tag, "Accept-Ranges": "bytes"}

    def asked_for(self) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body, as they should be."""
        size = len(self.content)
        if self.start is None:
            return 200, self.headers(), self.content
        if self.start >= size:
            return 416, {**self.headers(), "Content-Range": f"bytes */{size}"}, b""
        part = self.content[self.start : self.end]
        told = {"Content-Range": f"bytes {self.start}-{self.start + len(part) - 1}/{size}"}
        return 206, {**self.headers(), **told}, part


class FileHost:
    """Hands out the bytes of files, each to whoever knows its link, for some minutes, whole or in part."""

    def __init__(
        self,
        documents: Callable[[], Documents],
        now: Callable[[], datetime],
        clock: PortalClock,
        plan: FileFaultPlan,
    ) -> None:
        self._documents = documents
        self._now = now
        self._clock = clock
        self.plan = plan
        self._links: dict[str, tuple[str, str, datetime]] = {}
        self.downloads: list[Download] = []

    def link(self, identifier: str, name: str, expires: datetime) -> str:
        """Make the path of a link."""
        secret = secrets.token_urlsafe(16)
        written = f"/{secret}/{quote(name)}"
        self._links[f"/{secret}/{name}"] = (identifier, written, expires)
        return written

    def clear(self) -> None:
        """Forget the links, the requests and the scripted faults."""
        self._links.clear()
        self.downloads.clear()
        self.plan.forget_script()

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request."""
        path = request.raw_path.partition("?")[0]
        # Decoded: how a client writes a quote or a semicolon of a name is its own affair, mostly.
        link = unquote(path)
        headers = {name.lower(): value for name, value in request.headers.items()}
        had_key = "authorization" in headers
        identifier, written, expires = self._links.get(link, ("", "", None))
        file = self._documents().file(identifier)
        fault = None
        if had_key:
            answer: web.StreamResponse = web.Response(status=400, text="Only one kind of authorization is allowed.\n")
        elif file is None or expires is None or request.method != "GET":
            answer = web.Response(status=404, text="There is no such file.\n")
        elif self._now() >= expires:
            answer = web.Response(status=403, text="The link has expired.\n")
        else:
            fault = self.plan.next()
            if fault is FileFault.PARTICULAR and path == written:
                fault = None
            answer = await self._give(request, link, _stored(file[2], file[1], headers, fault), fault)
        self.downloads.append(Download(path=path, status=answer.status, had_key=had_key, headers=headers, fault=fault))
        return answer

    async def _give(
        self, request: web.BaseRequest, link: str, file: _Stored, fault: FileFault | None
    ) -> web.StreamResponse:
        status, headers, body = file.asked_for()
        whole, content = file.headers(), file.content
        size = len(content)
        match fault:
            case FileFault.DROPPED:
                if request.transport is not None:
                    request.transport.abort()
                return web.Response()
            case FileFault.CUT:
                promised = http_bytes(status, headers, body, file.media_type)
                return RawResponse(status, promised[: len(promised) - len(body) + len(body) // 2], closes=True)
            case FileFault.WITHOUT_LENGTH | FileFault.CUT_WITHOUT_LENGTH:
                lines = b"".join(f"{name}: {value}\r\n".encode() for name, value in whole.items())
                given = content if fault is FileFault.WITHOUT_LENGTH else content[: size // 2]
                return RawResponse(
                    200, b"HTTP/1.1 200 OK\r\nConnection: close\r\n" + lines + b"\r\n" + given, closes=True
                )
            case FileFault.RANGE_IGNORED | FileFault.OTHER_VERSION:
                return web.Response(status=200, headers=whole, body=content)
            case FileFault.OTHER_RANGE if size:
                told = {"Content-Range": f"bytes 0-{max(0, size // 3 - 1)}/{size}"}
                return web.Response(status=206, headers={**whole, **told}, body=content[: max(1, size // 3)])
            case FileFault.NOT_SATISFIABLE if file.start is not None:
                return web.Response(status=416, headers={"Content-Range": f"bytes */{size}"})
            case FileFault.PACKED:
                return web.Response(
                    status=200, headers={**whole, "Content-Encoding": "gzip"}, body=gzip.compress(content, 1)
                )
            case FileFault.REDIRECTED:
                return web.Response(status=302, headers={"Location": self._moved(link)})
            case FileFault.PARTICULAR:
                return web.Response(status=403, text="The signature is of another address.\n")
            case FileFault.EXPIRED:
                return web.Response(status=403, text="The link has expired.\n")
            case FileFault.UNAVAILABLE:
                return web.Response(status=503, text="Come again.\n")
            case FileFault.PAGE:
                return web.Response(status=200, body=_PAGE, content_type="text/html")
            case FileFault.SLOW:
                return await self._slowly(request, status, headers, body)
            case _:
                return web.Response(status=status, headers=headers, body=body)

    def _moved(self, link: str) -> str:
        identifier, _, expires = self._links[link]
        return self.link(identifier, link.rpartition("/")[2], expires)

    async def _slowly(
        self, request: web.BaseRequest, status: int, headers: dict[str, str], body: bytes
    ) -> web.StreamResponse:
        response = web.StreamResponse(status=status, headers=headers)
        response.content_length = len(body)
        await response.prepare(request)
        length = max(1, len(body) // _PIECES)
        for start in range(0, len(body), length):
            await asyncio.sleep(self._clock.real_seconds(1))
            await response.write(body[start : start + length])
        await response.write_eof()
        return response


def _stored(content: bytes, media_type: str, headers: dict[str, str], fault: FileFault | None) -> _Stored:
    version = b"another" if fault is FileFault.OTHER_VERSION else b""
    tag = f'"{hashlib.sha256(version + content).hexdigest()[:16]}"'
    found = _RANGE.fullmatch(headers.get("range", ""))
    if found is None or headers.get("if-range", tag) != tag:
        return _Stored(content, media_type, tag, None, len(content))
    return _Stored(content, media_type, tag, int(found[1]), int(found[2] or len(content)) + bool(found[2]))
