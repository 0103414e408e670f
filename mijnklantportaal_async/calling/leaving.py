"""A request that a ClientSession sends: seen when it leaves, and that it leaves once."""

import asyncio
from collections.abc import Mapping
from typing import Any

import aiohttp
from aiohttp import hdrs
from aiohttp.abc import AbstractStreamWriter

from mijnklantportaal_async.calling import aiohttp_inside as inside
from mijnklantportaal_async.calling.connections import NEVER, Connections, untaken
from mijnklantportaal_async.calling.exchange import MOST_UNFIT, TooLateError, Unfit, UnfitError, fit_transport
from mijnklantportaal_async.calling.record import CallRecord, State
from mijnklantportaal_async.calling.wire import Effect, Request
from mijnklantportaal_async.texts.words import words

_REFUSED = frozenset({401, 407, 429})
"""Answers after which a request can be sent again without doubt: it was not carried out."""


TURNS = 3
"""Of the event loop, until who waits for an answer has what lies on the connection."""


class SentBeforeError(Exception):
    """Somebody wanted to send again what may have been carried out: aiohttp itself, or a middleware of the user's."""

    def __init__(self) -> None:
        super().__init__(words("a middleware of the ClientSession wanted to send the request a second time"))


class EarlyAnswerError(aiohttp.ClientError):
    """A success was answered to a form of which not everything had left."""

    def __init__(self) -> None:
        super().__init__(words("it came before the whole file had left"))


class Leaving:
    """Stands between a ClientSession and its pool for one request: sees it leave, and that it leaves once.

    The innermost middleware: whoever sends again, aiohttp itself included, comes by here.
    """

    __slots__ = (
        "_connections",
        "_end",
        "_handed",
        "_http_request",
        "_is_plain",
        "_is_seen",
        "_moved",
        "_record",
        "_request",
        "_seconds",
        "_status",
        "_transport",
        "failure",
        "has_sent_all",
        "headers",
        "was_refused",
    )

    def __init__(
        self, connections: Connections, request: Request, record: CallRecord, seconds: float | None, is_plain: bool
    ) -> None:
        self._connections = connections
        self._end = NEVER if seconds is None else connections.now() + seconds
        self._seconds = NEVER if seconds is None else seconds
        self._handed = self._moved = 0
        self._is_plain = is_plain
        self._request = request
        self._record = record
        self._http_request: aiohttp.ClientRequest | None = None
        self._is_seen = False
        self._status: int | None = None
        self._transport: asyncio.Transport | None = None
        self.headers: Mapping[str, str] | None = None
        self.failure: Exception | None = None
        self.has_sent_all = request.form is None
        self.was_refused = False

    async def __call__(
        self, http_request: aiohttp.ClientRequest, send: aiohttp.ClientHandlerType
    ) -> aiohttp.ClientResponse:
        """Lets a request through, the first time; afterwards only what does no harm."""
        if self._http_request is None:
            self._http_request = http_request
            # From here on it is known.
            self._record.state = State.SENDING
        elif not self._may_go_again(http_request):
            self.was_refused = True
            raise SentBeforeError
        if self.headers is not None:
            self._set_headers(http_request)
        return await self._send(http_request, send)

    async def _send(
        self, http_request: aiohttp.ClientRequest, send: aiohttp.ClientHandlerType
    ) -> aiohttp.ClientResponse:
        for _ in range(MOST_UNFIT):
            self._is_seen = inside.before_sending(http_request, self._leave)
            if not self._is_seen and self._request.body is None:
                # It may leave any time now.
                self._record.state = State.LEFT
            try:
                response = await send(http_request)
            except Unfit:
                continue
            except Exception as error:
                is_unconnected = isinstance(error, (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError))
                if is_unconnected and not self._is_seen and self._transport is None:
                    self._record.state = State.SENDING
                if self._record.state is State.LEFT and self.failure is None:
                    self.failure = error
                raise
            self._status = response.status
            return response
        raise UnfitError

    def _may_go_again(self, http_request: aiohttp.ClientRequest) -> bool:
        """A middleware of the user's may repeat what does no harm; aiohttp itself, with a new request, nothing."""
        if self._record.state is not State.LEFT or self._status in _REFUSED:
            return True
        return self._request.operation.effect is Effect.READ and http_request is self._http_request

    def _set_headers(self, http_request: aiohttp.ClientRequest) -> None:
        """What the user's session says otherwise is not meant for the portal."""
        http_request.headers.update(self.headers or {})
        if self._request.body is not None:
            http_request.headers[hdrs.CONTENT_TYPE] = self._request.content_type

    def _leave(self, connection: "aiohttp.connector.Connection") -> None:
        """The head is about to be written; with the body, where there is one."""
        transport = fit_transport(connection, self._connections)
        if transport is None:
            raise Unfit
        self.check()
        self._begin(transport)
        if self._request.body is None:
            self._record.state = State.LEFT

    def check(self) -> None:
        """Makes sure that the request may still leave."""
        # aiohttp rounds long waits up to whole seconds.
        self.check_end()
        is_valid = self._record.is_valid
        if is_valid is not None and not is_valid():
            # The machine stood still while the connection was made: what is sent now, nobody reckons with any more.
            raise TooLateError

    def check_end(self) -> None:
        """Makes sure that its time is not over."""
        if self._connections.now() >= self._end:
            raise TimeoutError

    def is_over(self, error: Exception) -> bool:
        """Whether an error came because its time was over; the connection was reset then."""
        return isinstance(error, aiohttp.ConnectionTimeoutError) or self._connections.now() >= self._end

    def leave_with_body(self, writer: AbstractStreamWriter) -> None:
        """The body is about to be written: before that, no server can have carried out the request."""
        self.check()
        if self._transport is None and (transport := inside.transport_of(writer)) is not None:
            self._begin(transport)
        self._record.state = State.LEFT

    def begin_moving(self) -> None:
        """A form begins to leave: its time is over when nothing of it moves, however long it is."""
        self.has_sent_all = False
        self._status = None
        self._handed = self._moved = 0
        self.has_moved()
        if self._transport is not None:
            self._connections.begin_moving(self._transport, self._later)

    async def is_answered(self) -> bool:
        """Whether there is an answer already. What comes with a reset is lost to who writes before he reads."""
        if self._status is None and self._transport is not None and self._connections.hears(self._transport):
            for _ in range(TURNS):
                await asyncio.sleep(0)
        return self._status is not None

    def hands_on(self, size: int) -> None:
        """So many bytes of it are about to be handed to the connection."""
        self._handed += size

    def has_moved(self) -> None:
        """The connection has taken them: the time begins anew."""
        self._end = self._connections.now() + self._seconds
        if self._transport is not None:
            self._moved = self._handed - untaken(self._transport)
            self._connections.begin(self._transport, self._end)

    def _later(self) -> float:
        """Until when there is time, by what has moved since somebody looked."""
        moved = self._handed if self._transport is None else self._handed - untaken(self._transport)
        if moved > self._moved:
            self._moved = moved
            self._end = self._connections.now() + self._seconds
        return self._end

    def _begin(self, transport: asyncio.Transport) -> None:
        if self._transport is not transport:
            # Of the time before, where a middleware sends again.
            self.give_up() if self.failure is not None else self.end()
        self._transport = transport
        # Otherwise aiohttp looks after the deadline, and this is so that closing the session finds it.
        is_watched = self._is_plain or self._request.form is not None
        self._connections.begin(transport, self._end if is_watched else NEVER)

    def end(self) -> None:
        """The answer came in whole."""
        if self._transport is not None:
            self._connections.end(self._transport, len(self._request.body or b""))

    def give_up(self) -> None:
        """There is no answer, or none that anybody waits for."""
        if self._transport is not None:
            self._connections.give_up(self._transport)


class LeavingBody(aiohttp.Payload):
    """A body that notes when it begins to leave."""

    _value: bytes

    def __init__(self, value: bytes, content_type: str, leaving: Leaving) -> None:
        super().__init__(value, content_type=content_type)
        self._leaving = leaving

    @property
    def size(self) -> int:
        """Bytes."""
        return len(self._value)

    @property
    def autoclose(self) -> bool:
        """There is nothing to close."""
        return True

    async def as_bytes(self, encoding: str = "utf-8", errors: str = "strict") -> bytes:
        """For middlewares that sign bodies."""
        return self._value

    def decode(self, encoding: str = "utf-8", errors: str = "strict") -> str:
        """For those who log bodies."""
        return self._value.decode(encoding, errors)

    # Any: the coroutine of the writer is handed on, which saves one.
    def write(self, writer: AbstractStreamWriter) -> Any:
        """Writes all of it."""
        self._leaving.leave_with_body(writer)
        return writer.write(self._value)

    def write_with_length(self, writer: AbstractStreamWriter, content_length: int | None) -> Any:
        """Writes all of it: its length is known."""
        return self.write(writer)
