"""What all endpoints have in common: one way in for aiohttp.web, one for ASGI, and the table of what they answer."""

import inspect
import logging
from typing import TYPE_CHECKING, Any, ClassVar

import attrs

from mijnklantportaal_async.callbacks.asgi_endpoint import AsgiApplication, path_pattern
from mijnklantportaal_async.callbacks.incoming import Answer, BodyLimits, ClientGoneError, IncomingRequest, RefusedError

if TYPE_CHECKING:
    from aiohttp import web

LOGGER = logging.getLogger("mijnklantportaal_async.callbacks")


async def outcome_of(result: object) -> Any:
    """What somebody else's function came to, whether it is a coroutine or done already."""
    return await result if inspect.isawaitable(result) else result


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
    def asgi(self) -> AsgiApplication:
        """Answers ASGI requests: `Route("/hooks/{owner}", endpoint.asgi)`."""
        return AsgiApplication(self.respond)

    def asgi_at(self, path: str) -> AsgiApplication:
        """As `asgi`, reading the path by itself, with or without a slash at its end; another path is answered 404.

        For servers that have no routes, and where an application can only be mounted: Litestar gives an `asgi` handler
        no parameters of the path.

        Args:
            path: What is left of the path where it is mounted, such as `"/{owner}"`.
        """
        return AsgiApplication(self.respond, path_pattern(path))

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
