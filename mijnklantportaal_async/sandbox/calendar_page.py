"""The calendar page of a sandbox, its data and its live updates."""

from __future__ import annotations

import functools
import hashlib
import re
from base64 import b64encode
from collections.abc import Awaitable, Callable, Mapping
from importlib import resources
from typing import TYPE_CHECKING, TypeAlias

import orjson
from aiohttp import web

from mijnklantportaal_async.sandbox.hosts import is_own_host
from mijnklantportaal_async.sandbox.visitor import Visitor
from mijnklantportaal_async.texts.language import Language
from mijnklantportaal_async.texts.pages import page_in

if TYPE_CHECKING:
    from mijnklantportaal_async.sandbox.calendar_data import CalendarData
    from mijnklantportaal_async.sandbox.pending import PendingCommits

_Handler: TypeAlias = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]
_TICK = 0.25
_TICKS_BETWEEN_HEARTBEATS = 40


class CalendarPage:
    """Serves `/`, `/calendar.json` and `/events` to a browser on this machine.

    They need no key. So that no web site can read them through the browser of somebody who runs a sandbox (DNS
    rebinding), they answer only requests whose `Host` header names a loopback host or the host that is listened on.
    """

    def __init__(self, data: CalendarData, host: str, pending: PendingCommits, http_date: Callable[[], str]) -> None:
        self._data = data
        self._host = host
        self._pending = pending
        self._http_date = http_date
        self._handlers: Mapping[str, _Handler] = {
            "/": self._page,
            "/calendar.json": self._calendar,
            "/events": self._events,
            "/favicon.ico": self._no_icon,
        }

    def handler_of(self, request: web.BaseRequest) -> _Handler | None:
        """Return what answers a request for the page; `None` when the request is for the API."""
        handler = self._handlers.get(request.rel_url.raw_path)
        if handler is None or request.method != "GET":
            return None
        return handler if is_own_host(request.headers.get("Host", ""), self._host) else self._foreign_host

    async def _page(self, request: web.BaseRequest) -> web.StreamResponse:
        code = Visitor.of(request).language.code
        page, policy = _page_and_policy(code)
        headers = {
            "Content-Security-Policy": policy,
            "Content-Language": code,
            "Vary": "Accept-Language",
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
        }
        return self._response(200, page, "text/html", headers)

    async def _calendar(self, request: web.BaseRequest) -> web.StreamResponse:
        document = self._data.between(request.query.get("from"), request.query.get("days"))
        headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
        return self._response(200, orjson.dumps(document), "application/json", headers)

    async def _events(self, request: web.BaseRequest) -> web.StreamResponse:
        response = web.StreamResponse(
            headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store", "Date": self._http_date()}
        )
        response.force_close()
        await response.prepare(request)
        last, quiet_ticks = b"", 0
        # Looking at a few numbers four times a second costs nothing, and works from every thread and task alike.
        while not self._pending.stopping and request.transport is not None and not request.transport.is_closing():
            pulse = orjson.dumps(self._data.pulse())
            if pulse != last:
                await response.write(b"data: " + pulse + b"\n\n")
                last, quiet_ticks = pulse, 0
            elif quiet_ticks >= _TICKS_BETWEEN_HEARTBEATS:
                await response.write(b": still here\n\n")
                quiet_ticks = 0
            quiet_ticks += 1
            await self._pending.pause(_TICK)
        return response

    async def _no_icon(self, _: web.BaseRequest) -> web.StreamResponse:
        return self._response(204, b"", "image/x-icon", {})

    async def _foreign_host(self, _: web.BaseRequest) -> web.StreamResponse:
        body = b"The calendar page answers only to a loopback host name, such as 127.0.0.1 or localhost.\n"
        return self._response(403, body, "text/plain", {})

    def _response(self, status: int, body: bytes, content_type: str, headers: Mapping[str, str]) -> web.Response:
        charset = "utf-8" if content_type.startswith("text/") else None
        return web.Response(
            status=status,
            body=body,
            content_type=content_type,
            charset=charset,
            headers={"Date": self._http_date(), **headers},
        )


@functools.cache
def _page_and_policy(code: str) -> tuple[bytes, str]:
    """Return the page and the policy under which nothing but its own script and style runs."""
    source = resources.files(__name__.rpartition(".")[0]).joinpath("page", "calendar.html").read_text("utf-8")
    page = page_in(Language(code), source)
    hashes = {
        tag: " ".join(
            f"'sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
            for text in re.findall(rf"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
        )
        for tag in ("script", "style")
    }
    policy = (
        f"default-src 'none'; script-src {hashes['script']}; style-src {hashes['style']}; connect-src 'self'; "
        "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return page.encode(), policy
