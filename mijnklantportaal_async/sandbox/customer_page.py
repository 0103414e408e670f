"""The page of a customer, with the blocks and forms that the owner's server serves.

What that server answers is shown sealed off: in a frame of its own, without scripts, that can reach nothing.
"""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from aiohttp import web

from mijnklantportaal_async.sandbox.plain_page import plain_page, refusal
from mijnklantportaal_async.sandbox.visitor import Visitor
from mijnklantportaal_async.texts.words import words

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from mijnklantportaal_async.sandbox.owner_calls import Block, Form, OwnerAnswer, OwnerCalls
    from mijnklantportaal_async.sandbox.owner_pages import OwnerPages

_PATH = re.compile(r"/customers/([^/]+)(?:/(blocks|forms)/([^/]+))?")
_MOST_SENT = 65_536
SEALED = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data: https: http:; frame-ancestors 'self'"


class CustomerPage:
    """Serves `/customers/<id>`, its frames and its forms."""

    def __init__(self, pages: OwnerPages, calls: OwnerCalls, host: str) -> None:
        self._pages = pages
        self._calls = calls
        self._host = host

    def handler_of(self, request: web.BaseRequest) -> Callable[[web.BaseRequest], Awaitable[web.StreamResponse]] | None:
        """Return what answers a request for the page; None for any other."""
        found = _PATH.fullmatch(request.rel_url.raw_path)
        if found and (
            (request.method == "GET" and found[2] != "forms") or (request.method == "POST" and found[2] == "forms")
        ):
            return self._answer
        return None

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        if (refused := refusal(request, self._host)) is not None:
            return refused
        found = _PATH.fullmatch(request.rel_url.raw_path)
        assert found is not None, "handler_of saw it"  # noqa: S101
        visitor = Visitor.of(request)
        customer_id, kind, which = unquote(found[1]), found[2], unquote(found[3] or "")
        name = self._pages.name_of(customer_id)
        if name is None:
            return _missing(visitor, words("There is no such customer."))
        if kind == "blocks":
            block = next((one for one in self._pages.blocks if one.page_id == which), None)
            return _missing(visitor) if block is None else _sealed(visitor, await self._calls.block(block, customer_id))
        if kind == "forms":
            form = next((one for one in self._pages.forms if one.form_id == which), None)
            return _missing(visitor) if form is None else await self._sent(request, form, customer_id)
        return await self._page(request, customer_id, name)

    async def _page(self, request: web.BaseRequest, customer_id: str, name: str) -> web.StreamResponse:
        visitor = Visitor.of(request)
        place = f"/customers/{quote(customer_id, safe='')}"
        sections = [_block(visitor, block, place) for block in self._pages.blocks]
        for form in self._pages.forms:
            filled_in = await self._calls.prefill(form, customer_id)
            sections.append(_form(visitor, form, place, filled_in))
        if not sections:
            nothing = visitor.say(words("There is no block and no form yet."))
            how = visitor.say(words("sandbox.owner_pages.add_block and add_form make them."))
            sections = [f'<section><p>{nothing}</p><p class="soft">{how}</p></section>']
        links = {words("Look again"): place, words("Deliveries"): "/deliveries", words("Calendar"): "/"}
        return plain_page(request, name, "".join(sections), links=links, frames=True)

    async def _sent(self, request: web.BaseRequest, form: Form, customer_id: str) -> web.StreamResponse:
        visitor = Visitor.of(request)
        if (request.content_length or 0) > _MOST_SENT:
            return _plain(visitor, 413, words("That is too much for a form."))
        filled_in = await request.post()
        answer = await self._calls.submit(
            form, customer_id, {name: str(filled_in.get(name, "")) for name in form.fields}
        )
        said = f'<p class="good">{visitor.say(words("It was sent. Thank you."))}</p>'
        if answer.problem:
            said = _trouble(visitor, words("Something went wrong, please try again."), answer.problem)
        links = {words("Back"): f"/customers/{quote(customer_id, safe='')}"}
        status = 502 if answer.problem else 200
        return plain_page(request, form.name, f"<section>{said}</section>", links=links, status=status)


def _block(visitor: Visitor, block: Block, place: str) -> str:
    heading = visitor.say(words("Block on {page}", page=block.page_id))
    address = visitor.way(f"{place}/blocks/{quote(block.page_id, safe='')}")
    frame = f'<iframe sandbox="" title="{escape(block.page_id)}" src="{address}"></iframe>'
    return f"<section><h2>{heading}</h2>{frame}</section>"


def _form(visitor: Visitor, form: Form, place: str, filled_in: OwnerAnswer) -> str:
    problem = ""
    if filled_in.problem:
        problem = _trouble(visitor, words("It could not be filled in."), filled_in.problem)
    address = visitor.way(f"{place}/forms/{quote(form.form_id, safe='')}")
    fields = "".join(
        f'<label>{escape(name)}<input name="{escape(name)}" value="{escape(filled_in.values.get(name, ""))}"></label>'
        for name in form.fields
    )
    return (
        f'<section><h2>{escape(form.name)}</h2>{problem}<form method="post" '
        f'action="{address}">{fields}<button>{visitor.say(words("Send"))}</button></form></section>'
    )


def _trouble(visitor: Visitor, what: str, why: str) -> str:
    return f'<p class="bad">{visitor.say(what)}</p><p class="soft">{visitor.say(why)}</p>'


def _sealed(visitor: Visitor, answer: OwnerAnswer) -> web.StreamResponse:
    shown = answer.body
    if answer.problem:
        said = visitor.say(words("The block is dropped: {problem}.", problem=answer.problem))
        shown = f'<!doctype html><meta charset="utf-8"><p style="font: 15px system-ui">{said}</p>'.encode()
    headers = {"Content-Security-Policy": SEALED, "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    return web.Response(body=shown, content_type="text/html", headers={**headers, "Referrer-Policy": "no-referrer"})


def _missing(visitor: Visitor, what: str | None = None) -> web.Response:
    return _plain(visitor, 404, what or words("There is nothing here."))


def _plain(visitor: Visitor, status: int, text: str) -> web.Response:
    return web.Response(status=status, text=f"{visitor.language.of(text)}\n")
