"""Dynamic HTML: a block of a page of the portal that your server fills in for the customer who looks at it.

The portal asks with `X-Customer-Id` and `X-Page-Id`, and shows the HTML only with an `X-Checksum` made with the key of
the block. The checksum is over the two ids, not over the HTML: it proves that whoever answers has the key.
"""

import hashlib
import hmac
from collections.abc import Awaitable, Callable
from typing import ClassVar, TypeAlias

import attrs

from mijnklantportaal_async.callbacks.endpoint import StatusRow, outcome_of
from mijnklantportaal_async.callbacks.guards import Guard
from mijnklantportaal_async.callbacks.html import Html, text
from mijnklantportaal_async.callbacks.incoming import Answer, IncomingRequest
from mijnklantportaal_async.callbacks.page_endpoint import PageEndpoint, one_header

CHECKSUM_HEADER = "X-Checksum"


@attrs.frozen(kw_only=True)
class BlockRequest:
    """A customer opens a page that has the block."""

    customer_id: str
    """Customer who looks, `cst_...`: whoever is let in by the guard can name any."""
    page_id: str
    """Page that the block stands on, `pag_...`."""
    parameters: dict[str, str] = attrs.field(factory=dict[str, str], repr=False)
    """Of the path of your route."""


BlockHandler: TypeAlias = Callable[[BlockRequest], Awaitable[Html | str]]


def checksum(customer_id: str, page_id: str, key: str) -> str:
    """What `X-Checksum` holds: the hex HMAC-SHA256 of `<customer id>,<page id>` under the key of the block.

    Args:
        customer_id: From `X-Customer-Id` of this very request.
        page_id: From `X-Page-Id` of this very request.
        key: As it was entered for the block.

    Raises:
        ValueError: The key is empty.
    """
    if not key:
        raise ValueError("the key of the block is empty; enter one in the portal, and give the same here")
    return hmac.new(key.encode(), f"{customer_id},{page_id}".encode(), hashlib.sha256).hexdigest()


class DynamicHtmlEndpoint(PageEndpoint):
    """Fills one block.

    Args:
        handler: Gets who asks, and returns `Html`; a plain `str` is text, and is escaped.
        key: As it was entered for the block in the portal.
        guard: Who may ask: the portal signs nothing. None, by name, lets everybody in.
    """

    statuses: ClassVar = (
        StatusRow(200, "the HTML, with its checksum"),
        StatusRow(400, "X-Customer-Id or X-Page-Id is missing, empty or there twice"),
        StatusRow(401, "the guard does not let it in"),
        StatusRow(405, "the method is not GET, HEAD or POST: the documentation does not say which one it is"),
        StatusRow(500, "the handler failed"),
    )

    def __init__(self, handler: BlockHandler, *, key: str, guard: Guard | None) -> None:
        super().__init__(guard=guard)
        checksum("", "", key)  # refuses an empty key here, not at the first customer
        self._handler = handler
        self._key = key

    async def _answer(self, request: IncomingRequest) -> Answer:
        asked = BlockRequest(
            customer_id=one_header(request, "X-Customer-Id"),
            page_id=one_header(request, "X-Page-Id"),
            parameters=dict(request.parameters),
        )
        shown = text(await outcome_of(self._handler(asked)))
        proof = checksum(asked.customer_id, asked.page_id, self._key)
        return Answer(
            status=200,
            body=shown.markup.encode("ascii"),
            # To the letter: the documentation has no character set in it, and the body needs none.
            content_type="text/html",
            headers=((CHECKSUM_HEADER, proof), ("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff")),
        )


def dynamic_html(*, key: str, guard: Guard | None) -> Callable[[BlockHandler], DynamicHtmlEndpoint]:
    """Makes a coroutine the endpoint of a block.

    ```python
    @dynamic_html(key=os.environ["BLOCK_KEY"], guard=BasicAuth("portal", os.environ["BLOCK_PASSWORD"]))
    async def orders(block: BlockRequest) -> Html: ...

    app.router.add_route("*", "/orders", orders.aiohttp)
    ```

    Args:
        key: As it was entered for the block in the portal.
        guard: Who may ask: the portal signs nothing. None, by name, lets everybody in.
    """
    return lambda handler: DynamicHtmlEndpoint(handler, key=key, guard=guard)
