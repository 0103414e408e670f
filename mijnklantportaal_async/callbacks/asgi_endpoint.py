"""Endpoints under ASGI, which Starlette, FastAPI and Litestar speak."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from typing import Any, TypeAlias

from mijnklantportaal_async.callbacks.incoming import Answer, ClientGoneError, IncomingRequest

Scope: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send: TypeAlias = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Respond: TypeAlias = Callable[[IncomingRequest], Awaitable[Answer]]


class AsgiApplication:
    """An endpoint as an ASGI application.

    An object, because frameworks take functions for handlers of their own.
    """

    def __init__(self, respond: Respond, pattern: re.Pattern[str] | None = None) -> None:
        self._respond = respond
        self._pattern = pattern

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request.

        Raises:
            RuntimeError: The connection is no HTTP request.
        """
        if scope["type"] != "http":
            raise RuntimeError(f"this application answers HTTP only, not {scope['type']}")
        parameters = self._parameters(scope)
        if parameters is None:
            await _send(send, Answer(status=404, body=b"There is nothing here.\n"))
            return
        incoming = IncomingRequest(
            method=scope["method"],
            query=scope.get("query_string", b""),
            headers=tuple((bytes(name), bytes(value)) for name, value in scope["headers"]),
            parameters={name: str(value) for name, value in parameters.items()},
            chunks=lambda: _chunks(receive),
        )
        try:
            answer = await self._respond(incoming)
        except ClientGoneError:
            return
        await _send(send, answer)

    def _parameters(self, scope: Scope) -> dict[str, Any] | None:
        """Of the path; None when it is another path."""
        if self._pattern is None:
            return scope.get("path_params") or {}
        # What is mounted is told the whole path by some frameworks, and its own part by others.
        path = scope["path"]
        found = self._pattern.fullmatch(path.removeprefix(scope.get("root_path", ""))) or self._pattern.fullmatch(path)
        return None if found is None else found.groupdict()


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


async def _chunks(receive: Receive) -> AsyncIterator[bytes]:
    more = True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            raise ClientGoneError
        more = message.get("more_body", False)
        if body := message.get("body", b""):
            yield bytes(body)


async def _send(send: Send, answer: Answer) -> None:
    headers = [("Content-Type", answer.content_type), ("Content-Length", str(len(answer.body))), *answer.headers]
    raw = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
    await send({"type": "http.response.start", "status": answer.status, "headers": raw})
    await send({"type": "http.response.body", "body": answer.body})
