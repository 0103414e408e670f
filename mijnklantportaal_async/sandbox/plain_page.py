"""Pages without any script: a frame around escaped text, and who may see them."""

from __future__ import annotations

import functools
import hashlib
from base64 import b64encode
from html import escape
from importlib import resources
from typing import TYPE_CHECKING

from aiohttp import web

from mijnklantportaal_async.sandbox.hosts import host_of, is_own_host
from mijnklantportaal_async.sandbox.visitor import Visitor
from mijnklantportaal_async.texts.words import words

if TYPE_CHECKING:
    from collections.abc import Mapping


def plain_page(
    request: web.BaseRequest,
    title: str,
    main: str,
    *,
    links: Mapping[str, str],
    status: int = 200,
    frames: bool = False,
    goes_to: str = "",
    referrer: str = "same-origin",
) -> web.Response:
    """Answer a page.

    Args:
        request: Who asks, and in which language.
        title: What it is about; said in that language and escaped here.
        main: What stands in it, as HTML: whatever came from elsewhere has to be escaped in it.
        links: Name -> path, for its head.
        status: Of the answer.
        frames: Whether it shows pages of this portal in frames.
        goes_to: The origin that its forms lead to in the end, beside this portal.
        referrer: To whom a browser says which page it comes from.
    """
    style, digest = _style()
    visitor = Visitor.of(request)
    said = visitor.say(title)
    head = "".join(f'<a href="{escape(visitor.way(path))}">{visitor.say(name)}</a>' for name, path in links.items())
    if request.method == "GET":
        other = visitor.say(words("nl"))
        address = escape(str(request.rel_url.update_query(language=other)))
        head += f'<a href="{address}" lang="{other}" hreflang="{other}">{visitor.say(words("Nederlands"))}</a>'
    page = (
        f'<!doctype html><html lang="{visitor.language.code}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{said}</title><style>{style}</style></head>"
        f"<body><header><h1>{said}</h1>{head}</header><main>{main}</main></body></html>"
    )
    frame = "frame-src 'self'; " if frames else ""
    forms = f"form-action 'self' {goes_to}".rstrip()
    policy = f"default-src 'none'; style-src '{digest}'; {frame}{forms}; base-uri 'none'; frame-ancestors 'none'"
    headers = {
        "Content-Security-Policy": policy,
        "Content-Language": visitor.language.code,
        "Vary": "Accept-Language",
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": referrer,
    }
    text = page.encode("utf-8", "replace")
    return web.Response(status=status, body=text, content_type="text/html", charset="utf-8", headers=headers)


def refusal(request: web.BaseRequest, bound_host: str) -> web.Response | None:
    """Answer whoever may not see or change anything here: a foreign host, or a form of another site."""
    if not is_own_host(request.headers.get("Host", ""), bound_host):
        return web.Response(status=403, text="These pages answer only to a loopback host name, such as 127.0.0.1.\n")
    origin = request.headers.get("Origin")
    if request.method == "POST" and (origin is None or host_and_port(origin) != request.headers.get("Host", "")):
        return web.Response(status=403, text="Only the pages of this portal itself can send this.\n")
    return None


def host_and_port(origin: str) -> str:
    """Return what an origin has in common with a `Host` header; empty when it has no host."""
    return origin.partition("://")[2] if host_of(origin) else ""


def see_other(address: str) -> web.Response:
    """Lead a browser on after a form, so that loading the page again sends nothing again."""
    return web.Response(status=303, headers={"Location": address})


@functools.cache
def _style() -> tuple[str, str]:
    style = resources.files(__name__.rpartition(".")[0]).joinpath("page", "plain.css").read_text("utf-8")
    return style, f"sha256-{b64encode(hashlib.sha256(style.encode()).digest()).decode()}"
