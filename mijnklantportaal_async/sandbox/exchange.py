"""One request over the wire and back, with the fault that hits it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, TypeAlias

import attrs
from aiohttp import web
from aiohttp.web_exceptions import HTTPException, HTTPRequestEntityTooLarge

from mijnklantportaal_async.sandbox.answers import Answer
from mijnklantportaal_async.sandbox.connections import is_reset
from mijnklantportaal_async.sandbox.faults import Fault, FaultOrder
from mijnklantportaal_async.sandbox.manners import ABSURD_FIGURES, Manner
from mijnklantportaal_async.sandbox.portal import Portal, Reception
from mijnklantportaal_async.sandbox.raw_response import RawResponse, http_bytes
from mijnklantportaal_async.sandbox.request_body import FORM, media_type_of
from mijnklantportaal_async.sandbox.scopes import without_token
from mijnklantportaal_async.sandbox.spoilt_answers import AFTERWARDS, INSTEAD

if TYPE_CHECKING:
    from mijnklantportaal_async.sandbox.connections import Connections
    from mijnklantportaal_async.sandbox.pending import PendingCommits
    from mijnklantportaal_async.sandbox.records import ReceivedRequest

_MOST_MEGABYTES_OF_A_FORM = 64
_UNASKED_AFTER = 0.05
"""Portal seconds after which an answer follows that nobody asked for."""
_Play: TypeAlias = Callable[[web.BaseRequest, Reception, FaultOrder], Awaitable[web.StreamResponse]]


class Exchange:
    """Reads requests, has the portal judge them, plays the faults, writes the answers."""

    def __init__(
        self, portal: Portal, connections: Connections, pending: PendingCommits, leave: Callable[[float], None]
    ) -> None:
        self._portal = portal
        self._connections = connections
        self._pending = pending
        self._leave = leave
        self._last_made = Answer(200, {"message": "OK"})
        self.in_progress = 0
        self._plays: Mapping[Fault, _Play] = {
            Fault.DROP_BEFORE_COMMIT: self._drop_before_commit,
            Fault.DROP_AFTER_COMMIT: self._drop_after_commit,
            Fault.STALL: self._stall,
            Fault.STALL_AFTER_COMMIT: self._stall_after_commit,
            Fault.SLOW_COMMIT: self._slow_commit,
            Fault.LATE_COMMIT: self._late_commit,
            Fault.HALF_BODY: self._half_body,
            Fault.TOO_MANY_REQUESTS: self._too_many_requests,
            Fault.BARE_TOO_MANY_REQUESTS: self._bare_too_many_requests,
            Fault.ABSURD_RETRY_AFTER: self._absurd_retry_after,
            Fault.UNASKED_ANSWER: self._unasked_answer,
            Fault.DEAD_LINE: self._dead_line,
            Fault.RESTART: self._restart,
            **dict.fromkeys(INSTEAD, self._answer_instead),
            **dict.fromkeys(AFTERWARDS, self._answer_afterwards),
        }

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Handle one request to the API."""
        self.in_progress += 1
        record = None
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
                return self._respond(reception, self._commit(reception))
            return await self._plays[reception.fault.fault](request, reception, reception.fault)
        finally:
            self.in_progress -= 1
            if record is not None:
                record.ended_at = self._portal.clock.seconds()

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

    def _commit(self, reception: Reception) -> Answer:
        answer = self._portal.commit(reception)
        if answer.status == 201:
            self._last_made = answer
        return answer

    def _respond(self, reception: Reception, answer: Answer) -> web.StreamResponse:
        reception.record.status = answer.status
        headers = self._headers(reception, answer)
        if "Date" not in headers:
            # aiohttp would add the machine's own.
            body = b"" if reception.record.method == "HEAD" else answer.body()
            data = http_bytes(answer.status, headers, body, answer.media_type)
            return RawResponse(answer.status, data)
        return web.Response(status=answer.status, body=answer.body(), content_type=answer.media_type, headers=headers)

    def _headers(self, reception: Reception, answer: Answer) -> dict[str, str]:
        headers = {"Date": self._portal.clock.http_date(), **reception.headers, **answer.headers}
        if self._portal.manners.have(Manner.NO_DATE):
            del headers["Date"]
        return headers

    async def _drop_before_commit(self, request: web.BaseRequest, _: Reception, __: FaultOrder) -> web.StreamResponse:
        return drop(request)

    async def _drop_after_commit(
        self, request: web.BaseRequest, reception: Reception, _: FaultOrder
    ) -> web.StreamResponse:
        self._commit(reception)
        return drop(request)

    async def _stall(self, request: web.BaseRequest, _: Reception, __: FaultOrder) -> web.StreamResponse:
        await self._connections.until_left(request)
        return drop(request)

    async def _stall_after_commit(
        self, request: web.BaseRequest, reception: Reception, order: FaultOrder
    ) -> web.StreamResponse:
        self._commit(reception)
        return await self._stall(request, reception, order)

    async def _slow_commit(
        self, request: web.BaseRequest, reception: Reception, order: FaultOrder
    ) -> web.StreamResponse:
        await self._pending.pause(self._portal.clock.real_seconds(order.delay))
        answer = self._commit(reception)
        if request.transport is None or request.transport.is_closing():
            return drop(request)  # the client has left: nothing is answered, and the journal says so
        return self._respond(reception, answer)

    async def _late_commit(
        self, request: web.BaseRequest, reception: Reception, order: FaultOrder
    ) -> web.StreamResponse:
        delay = self._portal.clock.real_seconds(order.delay)
        self._pending.commit_later(delay, lambda: self._commit(reception))
        return drop(request)

    async def _half_body(self, _: web.BaseRequest, reception: Reception, __: FaultOrder) -> web.StreamResponse:
        answer = self._commit(reception)
        reception.record.status = answer.status
        body = answer.body()
        whole = http_bytes(answer.status, self._headers(reception, answer), body)
        return RawResponse(answer.status, whole[: len(whole) - len(body) + len(body) // 2], closes=True)

    async def _answer_instead(self, _: web.BaseRequest, reception: Reception, order: FaultOrder) -> web.StreamResponse:
        return self._respond(reception, INSTEAD[order.fault](order))

    async def _answer_afterwards(
        self, _: web.BaseRequest, reception: Reception, order: FaultOrder
    ) -> web.StreamResponse:
        return self._respond(reception, AFTERWARDS[order.fault](self._commit(reception), order))

    async def _too_many_requests(
        self, _: web.BaseRequest, reception: Reception, order: FaultOrder
    ) -> web.StreamResponse:
        answer = self._portal.too_many_requests(1 if order.retry_after is None else order.retry_after)
        full = {"X-RateLimit-Remaining": "0"} if reception.headers else {}
        return self._respond(reception, Answer(answer.status, answer.document, {**answer.headers, **full}))

    async def _bare_too_many_requests(
        self, _: web.BaseRequest, reception: Reception, __: FaultOrder
    ) -> web.StreamResponse:
        answer = self._portal.too_many_requests(1)
        return self._respond(attrs.evolve(reception, headers={}), attrs.evolve(answer, headers={}))

    async def _absurd_retry_after(self, _: web.BaseRequest, reception: Reception, __: FaultOrder) -> web.StreamResponse:
        answer = self._portal.too_many_requests(1)
        figure = ABSURD_FIGURES[reception.record.number % len(ABSURD_FIGURES)]
        return self._respond(reception, attrs.evolve(answer, headers={"retry-after": figure}))

    async def _unasked_answer(
        self, request: web.BaseRequest, reception: Reception, _: FaultOrder
    ) -> web.StreamResponse:
        answer, transport = self._commit(reception), request.transport

        def write() -> None:
            if transport is not None and not transport.is_closing():
                extra = self._last_made
                transport.write(http_bytes(extra.status, self._headers(reception, extra), extra.body()))

        self._pending.commit_later(self._portal.clock.real_seconds(_UNASKED_AFTER), write)
        return self._respond(reception, answer)

    async def _dead_line(self, request: web.BaseRequest, reception: Reception, order: FaultOrder) -> web.StreamResponse:
        transport = request.transport
        if transport is not None:
            transport.pause_reading()
        await self._pending.pause(self._portal.clock.real_seconds(order.delay))
        if transport is None or is_reset(request):
            return drop(request)
        answer = self._commit(reception)
        transport.resume_reading()
        # Whether the client is still there shows as soon as something is read.
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        return drop(request) if transport.is_closing() else self._respond(reception, answer)

    async def _restart(self, request: web.BaseRequest, _: Reception, order: FaultOrder) -> web.StreamResponse:
        self._leave(self._portal.clock.real_seconds(order.delay))
        return drop(request)


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
