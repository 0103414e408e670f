"""Endpoints under aiohttp.web."""

from collections.abc import AsyncIterator, Awaitable, Callable

from aiohttp import web

from mijnklantportaal_async.callbacks.incoming import Answer, ClientGoneError, IncomingRequest


async def answer_aiohttp(
    respond: Callable[[IncomingRequest], Awaitable[Answer]], request: web.Request
) -> web.StreamResponse:
    """Answers one request."""

    async def chunks() -> AsyncIterator[bytes]:
        try:
            async for chunk in request.content.iter_any():
                yield chunk
        except (ConnectionError, web.RequestPayloadError, web.PayloadAccessError) as error:
            raise ClientGoneError from error

    incoming = IncomingRequest(
        method=request.method,
        query=request.rel_url.raw_query_string.encode(),
        headers=tuple(request.raw_headers),
        parameters=dict(request.match_info),
        chunks=chunks,
    )
    try:
        answer = await respond(incoming)
    except ClientGoneError:
        answer = Answer(status=400)
    response = web.Response(status=answer.status, body=answer.body)
    # As it stands: aiohttp would take it apart and write it anew.
    response.headers["Content-Type"] = answer.content_type
    response.headers.extend(answer.headers)
    return response
