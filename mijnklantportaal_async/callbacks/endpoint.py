"""What all endpoints have in common: one way in for aiohttp.web, one for ASGI, and the table of what they answer."""

import logging
import re
from collections.abc import Awaitable, Callable, MutableMapping
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

import attrs

from mijnklantportaal_async.callbacks.incoming import Answer, BodyLimits, ClientGoneError, IncomingRequest, RefusedError

if TYPE_CHECKING:
    from aiohttp import web

Scope: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send: TypeAlias = Callable[[MutableMapping[str, Any]], Awaitable[None]]

LOGGER = logging.getLogger("mijnklantportaal_async.callbacks")


@attrs.frozen
class StatusRow:
    """One line of the table of an endpoint's answers."""

    status: int
    when: str


class Endpoint:
    """Answers one kind of request of the portal, under any framework.

    `endpoint.aiohttp` is a handler for aiohttp.web, `endpoint.asgi` an application for a `Route` of Starlette or
    FastAPI and for `asgi(...)` of Litestar. Route every method to them: what is not taken is answered with 405 here.
    """

    statuses: ClassVar[tuple[StatusRow, ...]] = ()
    """What is answered, and when."""

    def __init__(self, limits: BodyLimits) -> None:
        self._limits = limits

    @property
    def status_table(self) -> str:
        """What is answered, and when, as text to print."""
        return "\n".join(f"{row.status}  {row.when}" for row in self.statuses)

    async def aiohttp(self, request: "web.Request") -> "web.StreamResponse":
        """Answers a request of aiohttp.web: `app.router.add_route("*", "/hooks/{owner}", endpoint.aiohttp)`."""
        from mijnklantportaal_async.callbacks.aiohttp_endpoint import answer_aiohttp

        return await answer_aiohttp(self.respond, request)

    @property
    def asgi(self) -> "AsgiApplication":
        """Answers ASGI requests: `Route("/hooks/{owner}", endpoint.asgi)`."""
        return AsgiApplication(self)

    def asgi_at(self, path: str) -> "AsgiApplication":
        """As `asgi`, reading the path by itself, with or without a slash at its end; another path is answered 404.

        For servers that have no routes, and where an application can only be mounted: Litestar gives an `asgi` handler
        no parameters of the path.

        Args:
            path: What is left of the path where it is mounted, such as `"/{owner}"`.
        """
        return AsgiApplication(self, path_pattern(path))

    async def respond(self, request: IncomingRequest) -> Answer:
        """The answer to a request, whatever happens.

        Raises:
            ClientGoneError: Nobody waits for it.
        """
        try:
            return await self._respond(request)
        except RefusedError as refusal:
            return refusal.answer
        except ClientGoneError:
            raise
        except Exception:
            LOGGER.exception("an endpoint of %s failed", type(self).__name__)
            return Answer(status=500, body=b"It could not be worked through.\n")

    async def _respond(self, request: IncomingRequest) -> Answer:
        raise NotImplementedError


class AsgiApplication:
    """An endpoint as an ASGI application.

    An object, because frameworks take functions for handlers of their own.
    """

    def __init__(self, endpoint: Endpoint, pattern: re.Pattern[str] | None = None) -> None:
        self._endpoint = endpoint
        self._pattern = pattern

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        from mijnklantportaal_async.callbacks.asgi_endpoint import answer_asgi

        await answer_asgi(self._endpoint.respond, scope, receive, send, self._pattern)


def path_pattern(path: str) -> re.Pattern[str]:
    """What recognises a path with parameters in braces.

    Raises:
        ValueError: It does not begin with a slash, or a parameter has no name.
    """
    parts = re.split(r"\{(\w+)\}", path.rstrip("/"))
    if not path.startswith("/") or "{" in "".join(parts[::2]):
        raise ValueError(f"the path {path!r} must look like '/hooks/{{owner}}'")
    pattern = "".join(f"(?P<{part}>[^/]+)" if place % 2 else re.escape(part) for place, part in enumerate(parts))
    return re.compile(f"{pattern}/?")
