"""The page of deliveries: what webhooks were told, what they answered, and a button to tell them again.

Secrets and signatures are not on it: read literally, the signature is the secret.
"""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING

import orjson
from aiohttp import web

from mijnklantportaal_async.sandbox.plain_page import plain_page, refusal, see_other
from mijnklantportaal_async.sandbox.visitor import Visitor
from mijnklantportaal_async.texts.words import words

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from mijnklantportaal_async.sandbox.deliveries import Deliveries, Delivery

PATH = "/deliveries"
_AGAIN = re.compile(r"/deliveries/(\d{1,9})/again")
_MOST_SHOWN = 200
_STATES = {
    "under way": (words("under way"), "soft"),
    "delivered": (words("delivered"), "good"),
    "given up": (words("given up"), "bad"),
    "not called": (words("not called"), "bad"),
}


class DeliveriesPage:
    """Serves `/deliveries`, and takes its button."""

    def __init__(self, deliveries: Deliveries, host: str) -> None:
        self._deliveries = deliveries
        self._host = host

    def handler_of(self, request: web.BaseRequest) -> Callable[[web.BaseRequest], Awaitable[web.StreamResponse]] | None:
        """Return what answers a request for the page; None for any other."""
        path = request.rel_url.raw_path
        if (path == PATH and request.method == "GET") or (_AGAIN.fullmatch(path) and request.method == "POST"):
            return self._answer
        return None

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        if (refused := refusal(request, self._host)) is not None:
            return refused
        visitor = Visitor.of(request)
        if found := _AGAIN.fullmatch(request.rel_url.raw_path):
            try:
                self._deliveries.again(int(found[1]))
            except LookupError as error:
                return web.Response(status=404, text=f"{error}\n")
            return see_other(visitor.way(PATH))
        made = self._deliveries.made
        shown = list(enumerate(made, 1))[-_MOST_SHOWN:][::-1]
        main = "".join(_section(visitor, number, delivery) for number, delivery in shown)
        nothing = visitor.say(words("No webhook was called yet."))
        how = visitor.say(words("Make one with create_webhook, and something that it listens to."))
        links = {words("Look again"): PATH, words("Calendar"): "/"}
        empty = f'<section><p>{nothing}</p><p class="soft">{how}</p></section>'
        return plain_page(request, words("Deliveries"), main or empty, links=links)


def _section(visitor: Visitor, number: int, delivery: Delivery) -> str:
    state, tone = _STATES[delivery.state]
    about = str(delivery.document.get("id") or "")
    attempts = "".join(
        f"<li>{attempt.at:.1f} s: {attempt.status if attempt.status is not None else escape(attempt.problem)}</li>"
        for attempt in delivery.attempts
    )
    why = ""
    if delivery.state == "not called":
        only = words("Only this machine is called; name the host in webhook_hosts.")
        why = f'<p class="soft">{visitor.say(only)}</p>'
    body = orjson.dumps({"event": delivery.event, "data": delivery.document}, option=orjson.OPT_INDENT_2).decode()
    action = visitor.way(f"{PATH}/{number}/again")
    again = f'<form method="post" action="{action}"><button>{visitor.say(words("Tell again"))}</button></form>'
    heading = f'{number}. {escape(delivery.event)} <span class="soft">{escape(about)}</span>'
    return (
        f'<section><div class="row"><div><h2>{heading}</h2><p>{escape(delivery.url)}</p>'
        f'<p class="{tone}">{visitor.say(state)}</p>{why}</div>{again}</div>'
        f"<ol>{attempts}</ol><details><summary>{visitor.say(words('Body'))}</summary><pre>{escape(body)}</pre></details></section>"
    )
