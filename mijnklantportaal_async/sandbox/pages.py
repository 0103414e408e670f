"""Pages for people, beside the API: who answers a request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from aiohttp import web


class Page(Protocol):
    """One or several pages."""

    def handler_of(self, request: web.BaseRequest) -> Callable[[web.BaseRequest], Awaitable[web.StreamResponse]] | None:
        """Return what answers a request; None when it is for somebody else."""
        ...


def by_path(
    pages: Sequence[Page], otherwise: Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]
) -> Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]:
    """Answer with the first page that wants a request; with `otherwise` where none does."""

    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        handler = next((found for page in pages if (found := page.handler_of(request)) is not None), otherwise)
        return await handler(request)

    return handle
