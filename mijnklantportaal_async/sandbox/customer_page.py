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

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from mijnklantportaal_async.sandbox.owner_calls import Form, OwnerAnswer, OwnerCalls
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
        customer_id, kind, which = unquote(found[1]), found[2], unquote(found[3] or "")
        name = self._pages.name_of(customer_id)
        if name is None:
            return web.Response(status=404, text="There is no such customer.\n")
        if kind == "blocks":
            block = next((one for one in self._pages.blocks if one.page_id == which), None)
            return _missing() if block is None else _sealed(await self._calls.block(block, customer_id))
        if kind == "forms":
            form = next((one for one in self._pages.forms if one.form_id == which), None)
            return _missing() if form is None else await self._sent(request, form, customer_id)
        return await self._page(customer_id, name)

    async def _page(self, customer_id: str, name: str) -> web.StreamResponse:
        place = f"/customers/{quote(customer_id, safe='')}"
        sections = [
            f'<section><h2>Block on {escape(block.page_id)}</h2><iframe sandbox="" title="{escape(block.page_id)}" '
            f'src="{place}/blocks/{quote(block.page_id, safe="")}"></iframe></section>'
            for block in self._pages.blocks
        ]
        for form in self._pages.forms:
            filled_in = await self._calls.prefill(form, customer_id)
            sections.append(_form(form, place, filled_in))
        nothing = "<section><p>There is no block and no form yet.</p>"
        nothing += '<p class="soft">sandbox.owner_pages.add_block and add_form make them.</p></section>'
        links = {"Look again": place, "Deliveries": "/deliveries", "Calendar": "/"}
        return plain_page(name, "".join(sections) or nothing, links=links, frames=True)

    async def _sent(self, request: web.BaseRequest, form: Form, customer_id: str) -> web.StreamResponse:
        if (request.content_length or 0) > _MOST_SENT:
            return web.Response(status=413, text="That is too much for a form.\n")
        filled_in = await request.post()
        answer = await self._calls.submit(
            form, customer_id, {name: str(filled_in.get(name, "")) for name in form.fields}
        )
        said = '<p class="good">It was sent. Thank you.</p>'
        if answer.problem:
            said = '<p class="bad">Something went wrong, please try again.</p>'
            said += f'<p class="soft">{escape(answer.problem)}</p>'
        links = {"Back": f"/customers/{quote(customer_id, safe='')}"}
        return plain_page(form.name, f"<section>{said}</section>", links=links, status=502 if answer.problem else 200)


def _form(form: Form, place: str, filled_in: OwnerAnswer) -> str:
    problem = ""
    if filled_in.problem:
        problem = f'<p class="bad">It could not be filled in.</p><p class="soft">{escape(filled_in.problem)}</p>'
    fields = "".join(
        f'<label>{escape(name)}<input name="{escape(name)}" value="{escape(filled_in.values.get(name, ""))}"></label>'
        for name in form.fields
    )
    return (
        f'<section><h2>{escape(form.name)}</h2>{problem}<form method="post" '
        f'action="{place}/forms/{quote(form.form_id, safe="")}">{fields}<button>Send</button></form></section>'
    )


def _sealed(answer: OwnerAnswer) -> web.StreamResponse:
    shown = answer.body
    if answer.problem:
        said = f"The block is dropped: {answer.problem}."
        shown = f'<!doctype html><meta charset="utf-8"><p style="font: 15px system-ui">{escape(said)}</p>'.encode()
    headers = {"Content-Security-Policy": SEALED, "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    return web.Response(body=shown, content_type="text/html", headers={**headers, "Referrer-Policy": "no-referrer"})


def _missing() -> web.Response:
    return web.Response(status=404, text="There is nothing here.\n")
