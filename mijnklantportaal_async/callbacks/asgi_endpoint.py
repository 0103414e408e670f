"""Endpoints under ASGI, which Starlette, FastAPI and Litestar speak."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from mijnklantportaal_async.callbacks.endpoint import Receive, Scope, Send
from mijnklantportaal_async.callbacks.incoming import Answer, ClientGoneError, IncomingRequest


async def answer_asgi(
    respond: Callable[[IncomingRequest], Awaitable[Answer]],
    scope: Scope,
    receive: Receive,
    send: Send,
    pattern: re.Pattern[str] | None,
) -> None:
    """Answers one request.

    Raises:
        RuntimeError: The connection is no HTTP request.
    """
    if scope["type"] != "http":
        raise RuntimeError(f"this application answers HTTP only, not {scope['type']}")

    async def chunks() -> AsyncIterator[bytes]:
        more = True
        while more:
            message = await receive()
            if message["type"] != "http.request":
                raise ClientGoneError
            more = message.get("more_body", False)
            if body := message.get("body", b""):
                yield bytes(body)

    parameters: dict[str, Any] | None = scope.get("path_params") or {}
    if pattern is not None:
        # What is mounted is told the whole path by some frameworks, and its own part by others.
        path, mounted_at = scope["path"], scope.get("root_path", "")
        found = pattern.fullmatch(path.removeprefix(mounted_at)) or pattern.fullmatch(path)
        parameters = None if found is None else found.groupdict()
    if parameters is None:
        await _send(send, Answer(status=404, body=b"There is nothing here.\n"))
        return
    incoming = IncomingRequest(
        method=scope["method"],
        query=scope.get("query_string", b""),
        headers=tuple((bytes(name), bytes(value)) for name, value in scope["headers"]),
        parameters={name: str(value) for name, value in parameters.items()},
        chunks=chunks,
    )
    try:
        answer = await respond(incoming)
    except ClientGoneError:
        return
    await _send(send, answer)


async def _send(send: Send, answer: Answer) -> None:
    headers = [("Content-Type", answer.content_type), ("Content-Length", str(len(answer.body))), *answer.headers]
    raw = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
    await send({"type": "http.response.start", "status": answer.status, "headers": raw})
    await send({"type": "http.response.body", "body": answer.body})
