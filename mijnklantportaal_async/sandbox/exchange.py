"""One request over the wire and back, with the fault that hits it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, TypeAlias

from aiohttp import web
from aiohttp.web_exceptions import HTTPException, HTTPRequestEntityTooLarge

from mijnklantportaal_async.sandbox.answers import Answer
from mijnklantportaal_async.sandbox.faults import Fault, FaultOrder
from mijnklantportaal_async.sandbox.garbling import malformed, with_unknown_fields, with_unknown_status
from mijnklantportaal_async.sandbox.portal import Portal, Reception
from mijnklantportaal_async.sandbox.request_body import FORM, media_type_of
from mijnklantportaal_async.sandbox.scopes import without_token

if TYPE_CHECKING:
    from mijnklantportaal_async.sandbox.connections import Connections
    from mijnklantportaal_async.sandbox.pending import PendingCommits
    from mijnklantportaal_async.sandbox.records import ReceivedRequest

_BAD_GATEWAY_PAGE = b"""<html>
<head><title>502 Bad Gateway</title></head>
<body>
<center><h1>502 Bad Gateway</h1></center>
<hr><center>nginx</center>
</body>
</html>
"""
_MOST_MEGABYTES_OF_A_FORM = 64
_UNAVAILABLE = Answer(503, {"message": "Service Unavailable"})
_Play: TypeAlias = Callable[[web.BaseRequest, Reception, FaultOrder], Awaitable[web.StreamResponse]]


class Exchange:
    """Reads requests, has the portal judge them, plays the faults, writes the answers."""

    def __init__(self, portal: Portal, connections: Connections, pending: PendingCommits) -> None:
        self._portal = portal
        self._connections = connections
        self._pending = pending
        self.in_progress = 0
        self._plays: Mapping[Fault, _Play] = {
            Fault.DROP_BEFORE_COMMIT: self._drop_before_commit,
            Fault.DROP_AFTER_COMMIT: self._drop_after_commit,
            Fault.STALL: self._stall,
            Fault.STALL_AFTER_COMMIT: self._stall_after_commit,
            Fault.SLOW_COMMIT: self._slow_commit,
            Fault.LATE_COMMIT: self._late_commit,
            Fault.HALF_BODY: self._half_body,
            Fault.BAD_GATEWAY: self._bad_gateway,
            Fault.UNAVAILABLE_BEFORE_COMMIT: self._unavailable_before_commit,
            Fault.UNAVAILABLE_AFTER_COMMIT: self._unavailable_after_commit,
            Fault.TOO_MANY_REQUESTS: self._too_many_requests,
            Fault.MALFORMED_JSON: self._malformed_json,
            Fault.UNKNOWN_FIELDS: self._unknown_fields,
            Fault.UNKNOWN_STATUS: self._unknown_status,
        }

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Handle one request to the API."""
        self.in_progress += 1
        try:
            # Of a repeated parameter the last one counts, as in PHP.
            query = {name: value for name, value in request.query.items()}  # noqa: C416 - dict() keeps the first
            record = self._portal.note(request.method, path_as_received(request), query, shown_headers(request))
            problem = await self._read_body(request, record)
            reception = self._portal.receive(record, request.headers.get("Authorization"))
            refusal = reception.refusal or problem
            if refusal is not None:
                return self._respond(reception, refusal)
            if reception.fault is None:
                return self._respond(reception, self._portal.commit(reception))
            return await self._plays[reception.fault.fault](request, reception, reception.fault)
        finally:
            self.in_progress -= 1

    async def _read_body(self, request: web.BaseRequest, record: ReceivedRequest) -> Answer | None:
        if request.headers.get("Expect", "").lower() == "100-continue":
            await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            request.writer.output_size = 0
        is_form = media_type_of(request.headers.get("Content-Type", "")) == FORM
        most = _MOST_MEGABYTES_OF_A_FORM if is_form else 1
        try:
            record.body = await request.clone(client_max_size=most * 1024 * 1024).read()
        except HTTPRequestEntityTooLarge:
            return Answer(413, {"message": f"The body is larger than {most} MB."})
        except (HTTPException, web.RequestPayloadError) as error:
            return Answer(400, {"message": f"The body could not be read: {error}."})
        return None

    def _respond(self, reception: Reception, answer: Answer, body: bytes | None = None) -> web.Response:
        reception.record.status = answer.status
        return self.response(
            answer.status, answer.body() if body is None else body, {**reception.headers, **answer.headers}
        )

    def response(
        self, status: int, body: bytes, headers: Mapping[str, str], content_type: str = "application/json"
    ) -> web.Response:
        """Build a response that carries the portal's date."""
        return web.Response(
            status=status,
            body=body,
            content_type=content_type,
            headers={"Date": self._portal.clock.http_date(), **headers},
        )

    async def _drop_before_commit(self, request: web.BaseRequest, _: Reception, __: FaultOrder) -> web.StreamResponse:
        return drop(request)

    async def _drop_after_commit(
        self, request: web.BaseRequest, reception: Reception, _: FaultOrder
    ) -> web.StreamResponse:
        self._portal.commit(reception)
        return drop(request)

    async def _stall(self, request: web.BaseRequest, _: Reception, __: FaultOrder) -> web.StreamResponse:
        await self._connections.until_left(request)
        return drop(request)

    async def _stall_after_commit(
        self, request: web.BaseRequest, reception: Reception, order: FaultOrder
    ) -> web.StreamResponse:
        self._portal.commit(reception)
        return await self._stall(request, reception, order)

    async def _slow_commit(
        self, request: web.BaseRequest, reception: Reception, order: FaultOrder
    ) -> web.StreamResponse:
        await self._pending.pause(self._portal.clock.real_seconds(order.delay))
        answer = self._portal.commit(reception)
        if request.transport is None or request.transport.is_closing():
            return drop(request)  # the client has left: nothing is answered, and the journal says so
        return self._respond(reception, answer)

    async def _late_commit(
        self, request: web.BaseRequest, reception: Reception, order: FaultOrder
    ) -> web.StreamResponse:
        delay = self._portal.clock.real_seconds(order.delay)
        self._pending.commit_later(delay, lambda: self._portal.commit(reception))
        return drop(request)

    async def _half_body(self, request: web.BaseRequest, reception: Reception, _: FaultOrder) -> web.StreamResponse:
        answer = self._portal.commit(reception)
        body = answer.body()
        reception.record.status = answer.status
        response = web.StreamResponse(
            status=answer.status,
            headers={"Date": self._portal.clock.http_date(), **reception.headers, **answer.headers},
        )
        response.content_type = "application/json"
        response.content_length = len(body)
        await response.prepare(request)
        await response.write(body[: len(body) // 2])
        # close(), not abort(): the half that was written must arrive before the end does.
        if request.transport is not None:
            request.transport.close()
        return response

    async def _bad_gateway(self, _: web.BaseRequest, reception: Reception, __: FaultOrder) -> web.StreamResponse:
        reception.record.status = 502
        return self.response(502, _BAD_GATEWAY_PAGE, reception.headers, "text/html")

    async def _unavailable_before_commit(
        self, _: web.BaseRequest, reception: Reception, order: FaultOrder
    ) -> web.StreamResponse:
        headers = {} if order.retry_after is None else {"retry-after": str(order.retry_after)}
        return self._respond(reception, Answer(503, _UNAVAILABLE.document, headers))

    async def _unavailable_after_commit(
        self, request: web.BaseRequest, reception: Reception, order: FaultOrder
    ) -> web.StreamResponse:
        self._portal.commit(reception)
        return await self._unavailable_before_commit(request, reception, order)

    async def _too_many_requests(
        self, _: web.BaseRequest, reception: Reception, order: FaultOrder
    ) -> web.StreamResponse:
        answer = self._portal.too_many_requests(1 if order.retry_after is None else order.retry_after)
        full = {"X-RateLimit-Remaining": "0"} if reception.headers else {}
        return self._respond(reception, Answer(answer.status, answer.document, {**answer.headers, **full}))

    async def _malformed_json(self, _: web.BaseRequest, reception: Reception, __: FaultOrder) -> web.StreamResponse:
        answer = self._portal.commit(reception)
        return self._respond(reception, answer, malformed(answer.body()))

    async def _unknown_fields(self, _: web.BaseRequest, reception: Reception, __: FaultOrder) -> web.StreamResponse:
        answer = self._portal.commit(reception)
        return self._respond(reception, Answer(answer.status, with_unknown_fields(answer.document), answer.headers))

    async def _unknown_status(self, _: web.BaseRequest, reception: Reception, __: FaultOrder) -> web.StreamResponse:
        answer = self._portal.commit(reception)
        return self._respond(reception, Answer(answer.status, with_unknown_status(answer.document), answer.headers))


def drop(request: web.BaseRequest) -> web.StreamResponse:
    """Cut the connection without a byte of an answer; what is returned goes nowhere."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


def path_as_received(request: web.BaseRequest) -> str:
    """Return the path of a request as it came in, without the query."""
    path = request.raw_path.partition("?")[0]
    return path if path.startswith("/") else request.rel_url.raw_path


def shown_headers(request: web.BaseRequest) -> dict[str, str]:
    """Return the headers with lower-case names and without the bearer token."""
    headers: dict[str, str] = {}
    for name, value in request.headers.items():
        lower_name = name.lower()
        shown = without_token(value) if lower_name == "authorization" else value
        headers[lower_name] = f"{headers[lower_name]}, {shown}" if lower_name in headers else shown
    return headers
