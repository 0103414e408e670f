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
from mijnklantportaal_async.sandbox.visitor import Visitor
from mijnklantportaal_async.texts.words import words

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
            return self._consent(request, self._desk.wish_of(query), query)
        except WrongWishError as error:
            # Nobody is sent to an address that nobody has registered.
            return self._wrong(request, error)

    def _consent(self, request: web.BaseRequest, wish: Wish, query: Mapping[str, str]) -> web.StreamResponse:
        visitor, name = Visitor.of(request), wish.application.name
        asked = "".join(f"<li><code>{escape(scope)}</code></li>" for scope in wish.scopes)
        parts = urlsplit(wish.redirect_uri)
        again = ""
        if query.get("prompt") == "login":
            again = f'<p class="soft">{visitor.say(words("You were asked to log in again."))}</p>'
        wants = visitor.say(words("{name} asks for:", name=name))
        afterwards = visitor.say(words("Afterwards you go back to {host}.", host=parts.netloc))
        allow, refuse = visitor.say(words("Allow")), visitor.say(words("Refuse"))
        return self._page(
            request,
            200,
            words("Let {name} into your portal?", name=name),
            _section(
                f'{again}<p>{wants}</p><ul>{asked}</ul><p class="soft">{afterwards}</p>'
                f'<form method="post" action="{visitor.way(AUTHORIZE)}">{self._hidden(query)}<p class="buttons">'
                f'<button name="answer" value="yes">{allow}</button>'
                f'<button class="quiet" name="answer" value="no">{refuse}</button></p></form>'
            ),
            # Browsers apply it to where a form leads in the end, too.
            goes_to=f"{parts.scheme}://{parts.netloc}",
        )

    async def _applications(self, request: web.BaseRequest) -> web.StreamResponse:
        visitor = Visitor.of(request)
        if request.method == "POST":
            try:
                said = await self._form_of(request)
            except WrongWishError as error:
                return self._wrong(request, error)
            if (grant := said.get("grant", "")) in {one.id for one in self._desk.grants}:
                self._desk.revoke(grant)
            return self._send(visitor.way(APPLICATIONS))
        names = {one.client_id: one.name for one in self._desk.applications}
        disconnect, none = visitor.say(words("Disconnect")), visitor.say(words("None is connected."))
        rows = "".join(
            _section(
                f'<div class="row"><div><h2>{escape(names.get(grant.client_id, grant.client_id))}</h2>'
                f'<p class="soft">{escape(" ".join(sorted(grant.scopes)))}</p></div>'
                f'<form method="post" action="{visitor.way(APPLICATIONS)}">{self._hidden({"grant": grant.id})}'
                f"<button>{disconnect}</button></form></div>"
            )
            for grant in self._desk.grants
            if not grant.is_revoked
        )
        return self._page(request, 200, words("Applications"), rows or _section(f"<p>{none}</p>"))

    async def _form_of(self, request: web.BaseRequest) -> dict[str, str]:
        try:
            body = await request.clone(client_max_size=64 * 1024).read()
        except (HTTPException, web.RequestPayloadError) as error:
            raise WrongWishError(words("The form cannot be read.")) from error
        said = dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
        if not secrets.compare_digest(said.pop("form_key", "").encode(), self._form_key.encode()):
            raise WrongWishError(words("This form was not sent by this page."))
        return said

    def _wrong(self, request: web.BaseRequest, error: WrongWishError) -> web.StreamResponse:
        why = Visitor.of(request).say(error.why)
        return self._page(request, 400, words("This does not work"), _section(f'<p class="bad">{why}</p>'))

    async def _foreign_host(self, request: web.BaseRequest) -> web.StreamResponse:
        why = Visitor.of(request).say(words("These pages answer only to a loopback host name."))
        return self._page(request, 403, words("Not here"), _section(f"<p>{why}</p>"))

    def _hidden(self, fields: Mapping[str, str]) -> str:
        return "".join(
            f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
            for name, value in {**fields, "form_key": self._form_key}.items()
        )

    def _send(self, url: str) -> web.StreamResponse:
        response = see_other(url)
        response.headers.update({"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"})
        return response

    def _page(
        self, request: web.BaseRequest, status: int, title: str, main: str, goes_to: str = ""
    ) -> web.StreamResponse:
        links = {words("Applications"): APPLICATIONS, words("Calendar"): "/"}
        # What brought the owner here is nobody's business.
        return plain_page(request, title, main, links=links, status=status, goes_to=goes_to, referrer="no-referrer")


def _section(main: str) -> str:
    return f"<section>{main}</section>"
