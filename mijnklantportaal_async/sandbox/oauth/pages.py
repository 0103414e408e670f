"""What an owner sees: the consent page of an application, and the list of those that were let in."""

from __future__ import annotations

import secrets
from html import escape
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import parse_qsl, urlsplit

from aiohttp import web
from aiohttp.web_exceptions import HTTPException

from mijnklantportaal_async.sandbox.hosts import is_own_host
from mijnklantportaal_async.sandbox.oauth.desk import APPLICATIONS, AUTHORIZE, WrongWishError
from mijnklantportaal_async.sandbox.plain_page import plain_page, see_other

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from mijnklantportaal_async.sandbox.oauth.desk import OAuthDesk, Wish

    Handler: TypeAlias = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


class OAuthPages:
    """Serves `/oauth/authorize` and `/oauth/applications` to a browser on this machine.

    The portal of a sandbox has one owner, who is always logged in: so, as with the calendar page, only requests that
    name a loopback host are answered, and forms only take what these pages have sent.
    """

    def __init__(self, desk: OAuthDesk, host: str) -> None:
        self._desk = desk
        self._host = host
        self._form_key = secrets.token_urlsafe(16)

    def handler_of(self, request: web.BaseRequest) -> Handler | None:
        """Return what answers a request for one of the pages; `None` for any other."""
        handlers = {AUTHORIZE: self._authorize, APPLICATIONS: self._applications}
        handler = handlers.get(request.rel_url.raw_path)
        if handler is None:
            return None
        return handler if is_own_host(request.headers.get("Host", ""), self._host) else self._foreign_host

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
            return self._wrong(error)

    def _consent(self, wish: Wish, query: Mapping[str, str]) -> web.StreamResponse:
        name = escape(wish.application.name)
        asked = "".join(f"<li><code>{escape(scope)}</code></li>" for scope in wish.scopes)
        again = '<p class="soft">You were asked to log in again.</p>' if query.get("prompt") == "login" else ""
        parts = urlsplit(wish.redirect_uri)
        return self._page(
            200,
            f"Let {wish.application.name} into your portal?",
            _section(
                f"{again}<p>{name} asks for:</p><ul>{asked}</ul>"
                f'<p class="soft">Afterwards you go back to {escape(parts.netloc)}.</p>'
                f'<form method="post" action="{AUTHORIZE}">{self._hidden(query)}<p class="buttons">'
                '<button name="answer" value="yes">Allow</button>'
                '<button class="quiet" name="answer" value="no">Refuse</button></p></form>'
            ),
            # Browsers apply it to where a form leads in the end, too.
            goes_to=f"{parts.scheme}://{parts.netloc}",
        )

    async def _applications(self, request: web.BaseRequest) -> web.StreamResponse:
        if request.method == "POST":
            try:
                said = await self._form_of(request)
            except WrongWishError as error:
                return self._wrong(error)
            if (grant := said.get("grant", "")) in {one.id for one in self._desk.grants}:
                self._desk.revoke(grant)
            return self._send(APPLICATIONS)
        names = {one.client_id: one.name for one in self._desk.applications}
        rows = "".join(
            _section(
                f'<div class="row"><div><h2>{escape(names.get(grant.client_id, grant.client_id))}</h2>'
                f'<p class="soft">{escape(" ".join(sorted(grant.scopes)))}</p></div>'
                f'<form method="post" action="{APPLICATIONS}">{self._hidden({"grant": grant.id})}'
                "<button>Disconnect</button></form></div>"
            )
            for grant in self._desk.grants
            if not grant.is_revoked
        )
        return self._page(200, "Applications", rows or _section("<p>None is connected.</p>"))

    async def _form_of(self, request: web.BaseRequest) -> dict[str, str]:
        try:
            body = await request.clone(client_max_size=64 * 1024).read()
        except (HTTPException, web.RequestPayloadError) as error:
            raise WrongWishError("The form cannot be read.") from error
        said = dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
        if not secrets.compare_digest(said.pop("form_key", "").encode(), self._form_key.encode()):
            raise WrongWishError("This form was not sent by this page.")
        return said

    def _wrong(self, error: WrongWishError) -> web.StreamResponse:
        return self._page(400, "This does not work", _section(f'<p class="bad">{escape(str(error))}</p>'))

    async def _foreign_host(self, _: web.BaseRequest) -> web.StreamResponse:
        return self._page(403, "Not here", _section("<p>These pages answer only to a loopback host name.</p>"))

    def _hidden(self, fields: Mapping[str, str]) -> str:
        return "".join(
            f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
            for name, value in {**fields, "form_key": self._form_key}.items()
        )

    def _send(self, url: str) -> web.StreamResponse:
        response = see_other(url)
        response.headers.update({"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"})
        return response

    def _page(self, status: int, title: str, main: str, goes_to: str = "") -> web.StreamResponse:
        links = {"Applications": APPLICATIONS, "Calendar": "/"}
        # What brought the owner here is nobody's business.
        return plain_page(title, main, links=links, status=status, goes_to=goes_to, referrer="no-referrer")


def _section(main: str) -> str:
    return f"<section>{main}</section>"
