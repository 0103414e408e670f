"""The names of aiohttp that it does not document: all of them stand here, each with why, and in no other file.

They are the same from 3.12.0 to 3.14.5. `nox -s aiohttp` runs the core on the first and the last patch of each minor in
`TESTED`. With another minor, or where a name is not as it was, requests go through documented names alone: slower, and
as right.
"""

import inspect
import types
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import cache
from typing import Any

import aiohttp
from aiohttp.abc import AbstractStreamWriter
from yarl import URL

TESTED = frozenset({"3.12", "3.13", "3.14"})
"""Minor versions that the short way was tested with."""


class Taken(Exception):  # noqa: N818 - not an error: it ends a request that was never to be sent
    """A request object was taken from aiohttp."""


@cache
def why_not() -> str | None:
    """Why the short way cannot be gone with this aiohttp; None where it can."""
    version = aiohttp.__version__
    if ".".join(version.split(".")[:2]) not in TESTED:
        return f"aiohttp {version} is not among the tested ({', '.join(sorted(TESTED))})"
    missing = [name for name, is_as_expected in _names().items() if not is_as_expected]
    return f"aiohttp {version} is not as expected: {', '.join(missing)}" if missing else None


def _names() -> dict[str, bool]:
    connection, handler, reader, request = (
        getattr(getattr(aiohttp, module, None), name, None)
        for module, name in (
            ("connector", "Connection"),
            ("client_proto", "ResponseHandler"),
            ("streams", "StreamReader"),
            ("client_reqrep", "ClientRequest"),
        )
    )
    return {
        # Documented as `connect(request)`; ClientSession itself gives the other two as well.
        "BaseConnector.connect": _takes(aiohttp.BaseConnector, "connect", "req", "traces", "timeout"),
        # What speaks HTTP over a connection; only its `transport` is documented.
        "Connection.protocol": _has_property(connection, "protocol"),
        # Makes it ready for an answer, and brings the answer.
        "ResponseHandler.set_response_params": _takes(handler, "set_response_params", "read_until_eof"),
        "ResponseHandler.read": inspect.iscoroutinefunction(getattr(handler, "read", None)),
        # Whether there is something to read that nobody asked for.
        "ResponseHandler.should_close": _has_property(handler, "should_close"),
        # How a connection ended: a body without a length is whole only where the end was a polite one.
        "ResponseHandler.exception": callable(getattr(handler, "exception", None)),
        # How long a body is that has come already.
        "StreamReader.total_bytes": hasattr(reader, "total_bytes"),
        # Which connections of the pool a request can have; and the step in which it begins to leave.
        "ClientRequest.connection_key": hasattr(request, "connection_key"),
        "ClientRequest.send": inspect.iscoroutinefunction(getattr(request, "send", None)),
    }


def _takes(owner: object, name: str, *arguments: str) -> bool:
    function = getattr(owner, name, None)
    return callable(function) and set(arguments) <= set(inspect.signature(function).parameters)


def _has_property(owner: object, name: str) -> bool:
    return isinstance(getattr(owner, name, None), property)


# --- whether a ClientSession is as aiohttp made it -------------------------------------------------------------


def _own(function: object) -> object:
    """A function that aiohttp wrote itself; otherwise something that is nobody's."""
    is_own = isinstance(function, types.FunctionType) and function.__code__.co_filename == aiohttp.client.__file__
    return function if is_own else object()


_INIT, _REQUEST, _CALL = (_own(vars(aiohttp.ClientSession).get(name)) for name in ("__init__", "_request", "request"))
"""What tracers and mocks replace: OpenTelemetry and Sentry the first, vcrpy and aioresponses the second."""


_SEND = getattr(aiohttp.ClientRequest, "send", None)


def is_untouched(kind: type[aiohttp.ClientSession] = aiohttp.ClientSession) -> bool:
    """Whether requests of this class are aiohttp's own doing, now: they may be recorded, mocked or cached by others."""
    return kind._request is _REQUEST and kind.request is _CALL  # pyright: ignore[reportPrivateUsage]


def is_opened_untouched() -> bool:
    """Whether nobody adds something of his own to each new session."""
    return aiohttp.ClientSession.__init__ is _INIT


def is_plain(http: aiohttp.ClientSession) -> bool:
    """Whether nobody does or awaits anything in a session while it works on a request, besides aiohttp."""
    kind = getattr(http, "_request_class", None)
    return why_not() is None and kind is aiohttp.ClientRequest and not http.trace_configs and not middlewares(http)


def middlewares(http: aiohttp.ClientSession) -> tuple[aiohttp.ClientMiddlewareType, ...]:
    """Those of a session. aiohttp has no public way to read them, and those of a request replace them."""
    return tuple(getattr(http, "_middlewares", None) or ())


# --- a request that aiohttp made --------------------------------------------------------------------------------


async def take_request(http: aiohttp.ClientSession, url: URL, ssl: Any) -> aiohttp.ClientRequest:
    """A request object of aiohttp's own making, never sent: it tells the pool whom to connect to, and how."""
    taken: list[aiohttp.ClientRequest] = []

    async def take(request: aiohttp.ClientRequest, _: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
        taken.append(request)
        raise Taken

    with suppress(Taken):
        await http.request("GET", url, ssl=ssl, allow_redirects=False, middlewares=(take,))
    return taken[0]


def before_sending(request: aiohttp.ClientRequest, check: "Callable[[aiohttp.connector.Connection], None]") -> bool:
    """Has the connection shown to `check`, once, in the step in which a request of a ClientSession begins to leave.

    No public name tells which connection a request goes over, before there is an answer. aiohttp closes the connection
    if `check` raises, and nothing has left then.

    Returns:
        Whether it will be shown.
    """
    if why_not() is not None or getattr(type(request), "send", None) is not _SEND:
        return False
    send: Callable[..., Awaitable[aiohttp.ClientResponse]] = request.send

    def checked(connection: "aiohttp.connector.Connection") -> Awaitable[aiohttp.ClientResponse]:
        # Taken out at once: the two would keep each other alive.
        del request.send
        check(connection)
        return send(connection)

    request.send = checked  # type: ignore[method-assign, assignment]
    return True


def transport_of(writer: AbstractStreamWriter) -> Any:
    """What a body is written to; only the writer's methods are documented."""
    return getattr(writer, "transport", None)


# --- a connection, its request and its answer -------------------------------------------------------------------


def connect(
    connector: aiohttp.BaseConnector, request: aiohttp.ClientRequest, timeout: aiohttp.ClientTimeout
) -> "Awaitable[aiohttp.connector.Connection]":
    """A connection of the pool, new or kept; asked for in the same words as ClientSession does."""
    return connector.connect(request, traces=[], timeout=timeout)


def has_unasked(connection: "aiohttp.connector.Connection") -> bool:
    """Whether something came over it that belongs to no request, or it cannot be used for another reason."""
    protocol = connection.protocol
    return protocol is None or protocol.should_close


def reader_of_answers(connection: "aiohttp.connector.Connection") -> Any:
    """Made ready for one answer. `read` brings its head, with `code` and `headers`, and its body as it comes."""
    protocol: Any = connection.protocol
    protocol.set_response_params(read_until_eof=True)
    return protocol


def whole_body(payload: aiohttp.StreamReader, largest: int) -> bytes | None:
    """A body that is there already and not too large; None where it has to be waited for."""
    return payload.read_nowait() if payload.is_eof() and payload.total_bytes <= largest else None


def was_cut(reader: Any) -> bool:
    """Whether the connection of an answer ended by an error, which a body without a length does not show."""
    return isinstance(reader.exception(), aiohttp.ClientOSError)


def readable(error: BaseException) -> BaseException:
    """An error of the parser of HTTP as one of those that are documented."""
    kind: Any = getattr(getattr(aiohttp, "http_exceptions", None), "HttpProcessingError", ())
    if isinstance(error, kind):
        return aiohttp.ClientPayloadError(f"not HTTP: {getattr(error, 'message', error)}")
    return error
