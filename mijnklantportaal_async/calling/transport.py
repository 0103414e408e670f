"""The rim: the only file of the client that imports aiohttp. One request out, one answer or typed error back."""

import asyncio
import ssl as ssl_module
import warnings
from collections.abc import Callable
from typing import Any, TypeAlias

import aiohttp
from aiohttp import hdrs
from aiohttp.abc import AbstractStreamWriter
from aiohttp.payload import BytesPayload
from multidict import CIMultiDict
from yarl import URL

from mijnklantportaal_async import errors
from mijnklantportaal_async.calling.auth import Token
from mijnklantportaal_async.calling.record import CallRecord, State
from mijnklantportaal_async.calling.wire import Answer, Request
from mijnklantportaal_async.errors import Outcome
from mijnklantportaal_async.values.clock import Clock

LARGEST_BODY = 32 * 1024 * 1024
"""Bytes of an answer that are read at the most; a list of appointments has some 300 bytes for each."""

KEEP_ALIVE = 15.0
"""Seconds that an idle connection is kept: less than common servers do, so that few calls meet a dying one."""

ConnectorFactory: TypeAlias = Callable[[], aiohttp.BaseConnector]
TLS: TypeAlias = ssl_module.SSLContext | aiohttp.Fingerprint | bool

_JSON = "application/json"


_NEVER_RESENT = frozenset({hdrs.METH_POST, hdrs.METH_PATCH})
"""Methods that aiohttp itself sends once, whatever happens; the others need the guard below."""


class _LostError(Exception):
    """Carries an aiohttp error past aiohttp's own retry, which would send GET, PUT and DELETE again unasked."""


async def _no_silent_resend(request: aiohttp.ClientRequest, send: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    try:
        return await send(request)
    except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError):
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise _LostError from error


class _Body(BytesPayload):
    """A body that notes when it begins to leave: before that, no server can have carried out the request."""

    def __init__(self, value: bytes, content_type: str, record: CallRecord) -> None:
        super().__init__(value, content_type=content_type)
        self._record = record

    # Any: the coroutine of the parent is handed on, which saves one; type checkers disagree on its name.
    def write_with_length(self, writer: AbstractStreamWriter, content_length: int | None) -> Any:
        is_valid = self._record.is_valid
        if is_valid is not None and not is_valid():
            # The machine stood still while the connection was made: what is sent now, nobody reckons with any more.
            raise OSError("it took too long until the request could leave")
        self._record.state = State.LEFT
        return super().write_with_length(writer, content_length)


class Transport:
    """Sends requests over one pool of connections, opened with the first request.

    Args:
        base_url: Checked, without a trailing slash.
        http: A session of the user's, used as it is and never closed; or None for one of our own.
        connector_factory: Makes the connector of our own session.
        proxy: URL of an HTTP proxy.
        ssl: TLS settings of our own connector and of every request.
        user_agent: What we call ourselves.
        clock: Where time comes from.
    """

    def __init__(
        self,
        base_url: str,
        *,
        http: aiohttp.ClientSession | None,
        connector_factory: ConnectorFactory | None,
        proxy: str | None,
        ssl: TLS,
        user_agent: str,
        clock: Clock,
    ) -> None:
        self.base_url = base_url
        self.closed = False
        self._http = http
        self._owns_http = http is None
        self._connector_factory = connector_factory
        self._proxy = proxy
        self._ssl = ssl
        self._user_agent = user_agent
        self._clock = clock
        self._loop: asyncio.AbstractEventLoop | None = None
        self._urls: dict[str, URL] = {}
        self._timeouts: dict[float | None, aiohttp.ClientTimeout] = {}
        # Of the user's session its own middlewares go on working, around ours; aiohttp has no public way to read them.
        self._outer = tuple(getattr(http, "_middlewares", None) or ())
        self._guarded = (*self._outer, _no_silent_resend)
        self._token: Token | None = None
        self._headers: CIMultiDict[str] = CIMultiDict()

    def check_usable(self) -> None:
        """Refuses use after close, and on another event loop than the first.

        Raises:
            RuntimeError: With what to do instead.
        """
        loop = asyncio.get_running_loop()
        if self._loop is not loop or self.closed:
            if self.closed:
                raise RuntimeError(
                    "This PortalSession is closed; make a new one, or call inside its `async with` block"
                )
            if self._loop is not None:
                raise RuntimeError(
                    "This PortalSession belongs to another event loop; make one per loop "
                    "(inside the coroutine that asyncio.run() is given, not before)"
                )
            self._loop = loop

    async def send(self, request: Request, token: Token, timeout: float | None, record: CallRecord) -> Answer:
        """Sends a request once.

        Args:
            request: What to send.
            token: Goes into the Authorization header.
            timeout: Seconds for everything from here to the last byte.
            record: Its state is `LEFT` once the request may be on its way.

        Returns:
            The answer, whatever its status.

        Raises:
            ConnectError: Nothing was sent.
            ConnectionLostError: The connection broke after something may have been sent.
            CallTimeoutError: No answer in time.
        """
        if self.closed:
            raise errors.ConnectError(
                "The session was closed while the call was under way", is_permanent=True, **request.context()
            )
        http = self._http or self._open()
        body = None if request.body is None else _Body(request.body, request.content_type, record)
        # Without a body the request leaves in one piece, and nothing tells when.
        record.state = State.LEFT if body is None else State.SENDING
        context = request.context
        try:
            response = await http.request(
                request.operation.method,
                self._url(request.path),
                data=body,
                headers=self._headers_of(request, token),
                timeout=self._timeouts.get(timeout) or self._client_timeout(timeout),
                allow_redirects=False,
                middlewares=self._outer if request.operation.method in _NEVER_RESENT else self._guarded,
                proxy=self._proxy,
                ssl=self._ssl,
            )
        except (aiohttp.ClientConnectorCertificateError, ssl_module.SSLCertVerificationError) as error:
            record.state = State.SENDING
            message = (
                f"The certificate of {self.base_url} is not accepted ({_reason(error)}); give the right CA with ssl=, "
                "or find out who answers in the portal's place"
            )
            raise errors.ConnectError(message, is_permanent=True, **context()) from error
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            record.state = State.SENDING
            where = "the proxy" if isinstance(error, aiohttp.ClientProxyConnectionError) else self.base_url
            raise errors.ConnectError(f"No connection to {where}: {_reason(error)}", **context()) from error
        except aiohttp.ClientHttpProxyError as error:
            record.state = State.SENDING
            # Without its cause, which holds the headers of the request.
            raise errors.ConnectError(f"The proxy refused with status {error.status}", **context()) from None
        except TimeoutError as error:
            raise self._timed_out(request, timeout, record) from error
        except _LostError as lost:
            raise self._lost(request, lost.__cause__, record) from lost.__cause__
        except (aiohttp.ClientError, OSError) as error:
            raise self._lost(request, error, record) from error
        return await self._read(request, response, timeout)

    async def _read(self, request: Request, response: aiohttp.ClientResponse, timeout: float | None) -> Answer:
        answer = Answer(response.status, response.headers, b"")
        try:
            length = response.content_length
            if length is not None and length <= LARGEST_BODY and hdrs.CONTENT_ENCODING not in response.headers:
                answer.body = await response.read()
            else:
                answer.body = await _read_bounded(response)
        except TimeoutError as error:
            response.close()
            answer.broken = errors.CallTimeoutError(
                f"The answer did not end within {timeout:g} s" if timeout else "The answer did not end",
                seconds=timeout,
                outcome=Outcome.UNKNOWN,
                **request.context(),
            )
            answer.broken.__cause__ = error
        except (aiohttp.ClientError, OSError, _BodyTooLargeError) as error:
            response.close()
            answer.broken = errors.ConnectionLostError(f"The answer broke off: {_reason(error)}", **request.context())
            answer.broken.__cause__ = error
        return answer

    async def aclose(self) -> None:
        """Closes the pool, unless it is the user's. Any number of times."""
        self.closed = True
        http, self._http = self._http, None
        if self._owns_http and http is not None:
            await http.close()

    def __del__(self) -> None:
        if not self.closed and self._owns_http and self._http is not None:
            warnings.warn(
                f"A PortalSession for {self.base_url} was not closed; use `async with PortalSession(...)`, "
                "or await its aclose()",
                ResourceWarning,
                stacklevel=2,
                source=self,
            )

    # --- inside ------------------------------------------------------------------------------------------------

    def _open(self) -> aiohttp.ClientSession:
        if self._connector_factory is not None:
            connector = self._connector_factory()
        else:
            # The limiter bounds what is under way, and is fair; aiohttp's own pool lets newcomers overtake.
            connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=KEEP_ALIVE)
        self._http = aiohttp.ClientSession(
            connector=connector, cookie_jar=aiohttp.DummyCookieJar(), headers=self._own_headers()
        )
        return self._http

    def _headers_of(self, request: Request, token: Token) -> "CIMultiDict[str]":
        headers = self._headers if token == self._token else self._sign(token)
        if not request.is_look:
            return headers
        # What comes out of a cache says nothing of what became of a call a moment ago.
        return CIMultiDict([*headers.items(), (hdrs.CACHE_CONTROL, "no-cache")])

    def _sign(self, token: Token) -> "CIMultiDict[str]":
        """The headers for a token; kept until another token comes, since making them anew costs as much as sending."""
        self._token = token
        self._headers = CIMultiDict({hdrs.AUTHORIZATION: token.header()})
        if not self._owns_http:
            self._headers.update(self._own_headers())
        return self._headers

    def _own_headers(self) -> dict[str, str]:
        return {hdrs.ACCEPT: _JSON, hdrs.USER_AGENT: self._user_agent}

    def _url(self, path: str) -> URL:
        url = self._urls.get(path)
        if url is None:
            url = URL(self.base_url + path, encoded=True)
            # Paths without an id or a query: a handful, used again and again.
            if path.count("/") == 1 and "?" not in path:
                self._urls[path] = url
        return url

    def _client_timeout(self, seconds: float | None) -> aiohttp.ClientTimeout:
        total = None if seconds is None else self._clock.real(seconds)
        timeout = aiohttp.ClientTimeout(total=total, connect=None, sock_connect=None, sock_read=None)
        if len(self._timeouts) < 16:
            self._timeouts[seconds] = timeout
        return timeout

    def _timed_out(self, request: Request, seconds: float | None, record: CallRecord) -> errors.CallTimeoutError:
        outcome = Outcome.UNKNOWN if record.state is State.LEFT else Outcome.NOT_SENT
        what = "No answer" if record.state is State.LEFT else "Not sent"
        limit = f" within {seconds:g} s" if seconds is not None else ""
        return errors.CallTimeoutError(f"{what}{limit}", seconds=seconds, outcome=outcome, **request.context())

    def _lost(self, request: Request, cause: BaseException | None, record: CallRecord) -> errors.TransportError:
        if request.body is not None and record.state is not State.LEFT:
            return errors.ConnectError(f"The connection broke before sending: {_reason(cause)}", **request.context())
        what = "The session was closed while the call was under way" if self.closed else "The connection was lost"
        return errors.ConnectionLostError(f"{what}: {_reason(cause)}", **request.context())


class _BodyTooLargeError(Exception):
    pass


async def _read_bounded(response: aiohttp.ClientResponse) -> bytes:
    """For bodies of unknown or compressed length."""
    parts: list[bytes] = []
    size = 0
    async for part in response.content.iter_any():
        size += len(part)
        if size > LARGEST_BODY:
            raise _BodyTooLargeError(f"it is larger than {LARGEST_BODY} bytes")
        parts.append(part)
    response.release()
    return b"".join(parts)


def _reason(error: BaseException | None) -> str:
    """An error of aiohttp in a few words; its own text where it has one."""
    return f"{type(error).__name__}: {text}" if (text := str(error)) else type(error).__name__
