"""The long way: one request and its answer through a ClientSession, the user's or our own.

It is gone where something else is to see the request, or to do its part: a session of the user's, a proxy, tracers and
mocks; and with an aiohttp that the short way was not tested with.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import aiohttp
from aiohttp import hdrs
from multidict import CIMultiDict
from yarl import URL

from mijnklantportaal_async.calling import aiohttp_inside as inside
from mijnklantportaal_async.calling.auth import Token
from mijnklantportaal_async.calling.connections import Connections
from mijnklantportaal_async.calling.exchange import ClientTimeouts, read_bounded
from mijnklantportaal_async.calling.leaving import EarlyAnswerError, Leaving, LeavingBody
from mijnklantportaal_async.calling.record import CallRecord, State
from mijnklantportaal_async.calling.wire import Answer, Request

if TYPE_CHECKING:
    from mijnklantportaal_async.calling.form import Form
    from mijnklantportaal_async.calling.streaming import LeavingForm


class ThroughClientSession:
    """Sends requests through a session.

    Args:
        http: The session.
        connections: Those under way.
        base_url: Where the paths of requests begin.
        headers: Of each request, besides the token.
        proxy: URL of an HTTP proxy.
        ssl: TLS settings.
        is_ours: Whether nobody else uses the session.
    """

    __slots__ = (
        "_base_url",
        "_connecting",
        "_headers",
        "_is_ours",
        "_is_plain",
        "_middlewares",
        "_own_headers",
        "_proxy",
        "_signs_itself",
        "_ssl",
        "_timeouts",
        "_token",
        "_urls",
        "connections",
        "http",
    )

    def __init__(
        self,
        http: aiohttp.ClientSession,
        connections: Connections,
        *,
        base_url: str,
        headers: Mapping[str, str],
        proxy: str | None,
        ssl: Any,
        is_ours: bool,
    ) -> None:
        self.http = http
        self.connections = connections
        self._base_url = base_url
        self._own_headers = headers
        self._proxy = proxy
        self._ssl = ssl
        self._is_ours = is_ours
        self._signs_itself = not is_ours and bool(getattr(http, "auth", None) or http.trust_env)
        # The user's own go on working, around ours: those of a request take the place of the session's.
        self._middlewares = inside.middlewares(http)
        self._is_plain = inside.is_plain(http)
        self._timeouts = ClientTimeouts("total")
        self._connecting = ClientTimeouts("connect")
        self._urls: dict[str, URL] = {}
        self._token: Token | None = None
        self._headers: CIMultiDict[str] = CIMultiDict()

    async def send(
        self, request: Request, token: Token, seconds: float | None, record: CallRecord, largest: int
    ) -> tuple[Answer, Exception | None]:
        """As `Exchange.send`."""
        http = self.http
        # Others may have put something of their own in the place of aiohttp; then nothing is known of what it does.
        is_untouched = inside.is_untouched(type(http))
        # Where nothing but aiohttp is at work, its connection is all that has to have an end.
        is_plain = is_untouched and self._is_plain
        attempt = Leaving(self.connections, request, record, seconds, is_plain)
        form = None if request.form is None else _leaving(request.form, attempt)
        # A form has as much time as it takes, as long as something of it moves: `attempt` looks after that.
        is_watched = is_plain or form is not None
        body: aiohttp.Payload | None = form
        if isinstance(request.body, bytes):
            body = LeavingBody(request.body, request.content_type, attempt)
        headers = self._headers if token is self._token or token == self._token else self._sign(token)
        if request.is_look:
            # What comes out of a cache says nothing of what became of a call a moment ago.
            headers = CIMultiDict([*headers.items(), (hdrs.CACHE_CONTROL, "no-cache")])
        if not self._is_ours:
            attempt.headers = headers
        record.state = State.SENDING if is_untouched else State.LEFT
        try:
            response = await http.request(
                request.operation.method,
                self._urls.get(request.path) or self._url(request.path),
                data=body,
                # A session with a user and a password of its own refuses ours beside them; `Leaving` puts it there.
                headers=self._unsigned(headers) if self._signs_itself else headers,
                timeout=(self._connecting if is_watched else self._timeouts).of(seconds),
                allow_redirects=False,
                raise_for_status=False,
                auto_decompress=True,
                middlewares=(*self._middlewares, attempt),
                proxy=self._proxy,
                ssl=self._ssl,
            )
        except BaseException as error:
            attempt.give_up()
            if not isinstance(error, Exception):
                raise
            if form is not None and form.failure is not None:
                raise form.failure from form.failure.__cause__
            if is_watched and attempt.is_over(error):
                raise TimeoutError from error
            if attempt.was_refused:
                # What went wrong the first time is the reason.
                raise attempt.failure or error from None
            raise
        record.state = State.LEFT
        answer = Answer(response.status, response.headers, b"")
        # A caching session answers with an object of its own.
        answer.is_from_cache = bool(getattr(response, "from_cache", False))
        parts: list[bytes] = []
        try:
            if is_plain:
                answer.body = await self._read_plain(response, largest, attempt, parts)
            else:
                answer.body = await self._read(response, largest, parts)
        except Exception as error:  # noqa: BLE001 - whatever it was, the status is known
            response.close()
            attempt.give_up()
            answer.body = b"".join(parts)
            return answer, TimeoutError() if is_watched and attempt.is_over(error) else error
        except BaseException:
            response.close()
            attempt.give_up()
            raise
        if not attempt.has_sent_all:
            # A final word ends the sending. What is left of the form must not be taken for another request.
            response.close()
            attempt.give_up()
            return answer, EarlyAnswerError() if answer.status < 300 else None
        attempt.end()
        return answer, None

    async def _read_plain(
        self, response: aiohttp.ClientResponse, largest: int, attempt: Leaving, parts: list[bytes]
    ) -> bytes:
        body = inside.whole_body(response.content, largest)
        if body is None:
            body = await read_bounded(response.content, largest, parts)
            # The end of its time ends a body without a length too.
            attempt.check_end()
        # Mostly its connection went back to the pool with its last byte.
        if not response.closed:
            response.release()
        return body

    async def _read(self, response: aiohttp.ClientResponse, largest: int, parts: list[bytes]) -> bytes:
        if not isinstance(getattr(response, "content", None), aiohttp.StreamReader):
            # A mock, or a session that keeps answers, has read it already.
            return await response.read()
        body = await read_bounded(response.content, largest, parts)
        response.release()
        return body

    def _unsigned(self, headers: "CIMultiDict[str]") -> "CIMultiDict[str]":
        return CIMultiDict((name, value) for name, value in headers.items() if name != hdrs.AUTHORIZATION)

    def _sign(self, token: Token) -> "CIMultiDict[str]":
        """The headers for a token; kept until another token comes, since making them anew costs as much as sending."""
        self._token = token
        self._headers = CIMultiDict({hdrs.AUTHORIZATION: token.header()})
        if not self._is_ours:
            self._headers.update(self._own_headers)
        return self._headers

    def _url(self, path: str) -> URL:
        url = URL(self._base_url + path, encoded=True)
        # Paths without an id or a query: a handful, used again and again.
        if path.count("/") == 1 and "?" not in path:
            self._urls[path] = url
        return url


def _leaving(form: "Form", attempt: Leaving) -> "LeavingForm":
    # Most sessions never send a file.
    from mijnklantportaal_async.calling.streaming import LeavingForm

    return LeavingForm(form, attempt)
