"""The other host: where temporary links to files lead. It must never be sent a key."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING
from urllib.parse import quote

import attrs
from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from mijnklantportaal_async.sandbox.documents import Documents


@attrs.frozen(kw_only=True)
class Download:
    """One request to the host of files."""

    path: str
    status: int
    had_key: bool
    """Whether an `Authorization` header came along: a client gave a key away."""


class FileHost:
    """Hands out the bytes of files, each to whoever knows its link, for some minutes."""

    def __init__(self, documents: Callable[[], Documents], now: Callable[[], datetime]) -> None:
        self._documents = documents
        self._now = now
        self._links: dict[str, tuple[str, datetime]] = {}
        self.downloads: list[Download] = []

    def link(self, identifier: str, name: str, expires: datetime) -> str:
        """Make the path of a link."""
        secret = secrets.token_urlsafe(16)
        self._links[f"/{secret}/{name}"] = (identifier, expires)
        return f"/{secret}/{quote(name)}"

    def clear(self) -> None:
        """Forget the links and the requests."""
        self._links.clear()
        self.downloads.clear()

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request."""
        had_key = "Authorization" in request.headers
        # Decoded: how a client writes a quote or a semicolon of a name is its own affair.
        identifier, expires = self._links.get(request.rel_url.path, ("", None))
        file = self._documents().file(identifier)
        if had_key:
            answer = web.Response(status=400, text="Only one kind of authorization is allowed.\n")
        elif file is None or expires is None or request.method != "GET":
            answer = web.Response(status=404, text="There is no such file.\n")
        elif self._now() >= expires:
            answer = web.Response(status=403, text="The link has expired.\n")
        else:
            answer = web.Response(body=file[2], content_type=file[1])
        self.downloads.append(Download(path=request.rel_url.raw_path, status=answer.status, had_key=had_key))
        return answer
