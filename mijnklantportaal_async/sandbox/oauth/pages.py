"""What an owner sees: the consent page of an application, and the list of those that were let in."""

from __future__ import annotations

import secrets
from html import escape
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import parse_qsl, urlsplit

from aiohttp import web
from aiohttp.web_exceptions import HTTPException

from mijnklantportaal_async.sandbox.hosts import host_of, is_loopback
from mijnklantportaal_async.sandbox.oauth.desk import APPLICATIONS, AUTHORIZE, WrongWishError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from mijnklantportaal_async.sandbox.oauth.desk import OAuthDesk, Wish

    Handler: TypeAlias = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]

_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:34rem;margin:3rem auto;padding:0 1rem;color:#1c2430}"
    "main{border:1px solid #d5dae2;border-radius:12px;padding:1.5rem 2rem}code{background:#eef1f6;padding:0 .3em}"
    "button{font:inherit;padding:.5rem 1.2rem;border-radius:8px;border:1px solid #3949ab;margin-right:.5rem;"
    "background:#fff;color:#3949ab;cursor:pointer}button.yes{background:#3949ab;color:#fff}small{color:#5b6675}"
)


class OAuthPages:
    """Serves `/oauth/authorize` and `/oauth/applications` to a browser on this machine.

    The portal of a sandbox has one owner, who is always logged in: so, as with the calendar page, only requests that
    name a loopback host are answered, and forms only take what these pages have sent.
    """

    def __init__(self, desk: OAuthDesk, host: str, http_date: Callable[[], str]) -> None:
        self._desk = desk
        self._host = host
        self._http_date = http_date
        self._form_key = secrets.token_urlsafe(16)

    def handler_of(self, request: web.BaseRequest) -> Handler | None:
        """Return what answers a request for one of the pages; `None` for any other."""
        name = host_of(f"//{request.headers.get('Host', '')}")
        handlers = {AUTHORIZE: self._authorize, APPLICATIONS: self._applications}
        handler = handlers.get(request.rel_url.raw_path)
        if handler is None:
            return None
        return handler if is_loopback(name) or name == self._host.lower() else self._foreign_host

    async def _authorize(self, request: web.BaseRequest) -> web.StreamResponse:
        try:
            if request.method == "POST":
                said = await self._form_of(request)
                wish = self._desk.wish_of(said)
                yes = said.get("answer") == "yes"
                return self._send(self._desk.say_yes(wish, wish.scopes) if yes else self._desk.say_no(wish))
            query = dict(parse_qsl(request.rel_url.raw_query_string, keep_blank_values=True))
            return self._consent(self._desk.wish_of(query), query)
        except WrongWishError as error:
            # Nobody is sent to an address that nobody has registered.
            return self._page(400, "This does not work", f"<p>{escape(str(error))}</p>")

    def _consent(self, wish: Wish, query: Mapping[str, str]) -> web.StreamResponse:
        name = escape(wish.application.name)
        asked = "".join(f"<li><code>{escape(scope)}</code></li>" for scope in wish.scopes)
        again = "<p><small>You were asked to log in again.</small></p>" if query.get("prompt") == "login" else ""
        parts = urlsplit(wish.redirect_uri)
        return self._page(
            200,
            f"Let {name} into your portal?",
            f"{again}<p>{name} asks for:</p><ul>{asked}</ul>"
            f"<p><small>Afterwards you go back to {escape(parts.netloc)}.</small></p>"
            f'<form method="post" action="{AUTHORIZE}">{self._hidden(query)}'
            '<button class="yes" name="answer" value="yes">Allow</button>'
            '<button name="answer" value="no">Refuse</button></form>',
            # Browsers apply it to where a form leads in the end, too.
            goes_to=f"{parts.scheme}://{parts.netloc}",
        )

    async def _applications(self, request: web.BaseRequest) -> web.StreamResponse:
        if request.method == "POST":
            said = await self._form_of(request)
            if (grant := said.get("grant", "")) in {one.id for one in self._desk.grants}:
                self._desk.revoke(grant)
            return self._send(APPLICATIONS)
        names = {one.client_id: one.name for one in self._desk.applications}
        rows = "".join(
            f"<li><b>{escape(names.get(grant.client_id, grant.client_id))}</b> "
            f"<small>{escape(' '.join(sorted(grant.scopes)))}</small>"
            f'<form method="post" action="{APPLICATIONS}">{self._hidden({"grant": grant.id})}'
            "<button>Disconnect</button></form></li>"
            for grant in self._desk.grants
            if not grant.is_revoked
        )
        return self._page(200, "Applications", f"<ul>{rows}</ul>" if rows else "<p>None is connected.</p>")

    async def _form_of(self, request: web.BaseRequest) -> dict[str, str]:
        try:
            body = await request.clone(client_max_size=64 * 1024).read()
        except (HTTPException, web.RequestPayloadError) as error:
            raise WrongWishError("The form cannot be read.") from error
        said = dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
        if not secrets.compare_digest(said.pop("form_key", "").encode(), self._form_key.encode()):
            raise WrongWishError("This form was not sent by this page.")
        return said

    async def _foreign_host(self, _: web.BaseRequest) -> web.StreamResponse:
        return self._page(403, "Not here", "<p>These pages answer only to a loopback host name.</p>")

    def _hidden(self, fields: Mapping[str, str]) -> str:
        return "".join(
            f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
            for name, value in {**fields, "form_key": self._form_key}.items()
        )

    def _send(self, url: str) -> web.StreamResponse:
        return web.Response(status=303, headers={"Location": url, "Date": self._http_date(), **_QUIET})

    def _page(self, status: int, title: str, body: str, goes_to: str = "") -> web.StreamResponse:
        policy = (
            f"default-src 'none'; style-src 'unsafe-inline'; form-action 'self' {goes_to}; base-uri 'none'; "
            "frame-ancestors 'none'"
        )
        page = (
            f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title><style>{_STYLE}</style>'
            f"<main><h1>{title}</h1>{body}</main><p><small>A sandbox: nothing here is real.</small></p></html>"
        )
        return web.Response(
            status=status,
            text=page,
            content_type="text/html",
            headers={"Content-Security-Policy": policy, "Date": self._http_date(), **_QUIET},
        )


_QUIET = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Content-Type-Options": "nosniff"}
