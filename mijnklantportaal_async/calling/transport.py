"""The rim: one request out, one answer or typed error back. Chooses the way; says what is known without an answer."""

import asyncio
import ssl as ssl_module
import warnings
from base64 import b64encode
from collections.abc import Callable
from typing import TypeAlias, cast
from urllib.parse import unquote, urlsplit

import aiohttp
from aiohttp import hdrs
from yarl import URL

from mijnklantportaal_async import errors
from mijnklantportaal_async.calling import aiohttp_inside as inside
from mijnklantportaal_async.calling.client_session import ThroughClientSession
from mijnklantportaal_async.calling.connections import Connections
from mijnklantportaal_async.calling.exchange import Exchange, check_text
from mijnklantportaal_async.calling.observe import logger
from mijnklantportaal_async.calling.record import CallRecord
from mijnklantportaal_async.calling.wire import Answer, Request
from mijnklantportaal_async.errors import Outcome
from mijnklantportaal_async.values.clock import Clock

LARGEST_BODY = 32 * 1024 * 1024
"""Bytes of an answer that are read at the most; a list of appointments has some 300 bytes for each."""

KEEP_ALIVE = 15.0
"""Seconds that an idle connection is kept: less than common servers do, so that few calls meet a dying one."""

LONGEST_REASON = 200
"""Characters of another library's error that are repeated."""

ConnectorFactory: TypeAlias = Callable[[], aiohttp.BaseConnector]
TLS: TypeAlias = ssl_module.SSLContext | aiohttp.Fingerprint | bool

_JSON = "application/json"

_NETWORK_ERRORS = (aiohttp.ClientError, OSError)
"""What happens to anybody; with it the lines of other libraries in a traceback say nothing, and show much."""


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

    Raises:
        TypeError: `http` is something else than an `aiohttp.ClientSession`.
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
        if http is not None and not isinstance(http, aiohttp.ClientSession):
            raise TypeError(
                f"http must be an aiohttp.ClientSession, not {type(http).__module__}.{type(http).__qualname__}: "
                "a client that sends again by itself cannot be used, since then nobody knows how often it was done"
            )
        self.base_url = base_url
        self.closed = False
        self.long_way: str | None = (
            "http= was given" if http is not None else "proxy= was given" if proxy is not None else inside.why_not()
        )
        """Why requests go through aiohttp's ClientSession; None where they go the short way."""
        self._http = http
        self._owns_http = http is None
        self._connector_factory = connector_factory
        self._proxy = proxy
        self._secrets = () if proxy is None else _secrets_of(proxy)
        self._ssl = ssl
        self._user_agent = user_agent
        self._clock = clock
        self._loop: asyncio.AbstractEventLoop | None = None
        self._checked_token: str | None = None
        self._short: Exchange | None = None
        self._long: ThroughClientSession | None = None

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

    async def send(self, request: Request, token: str, timeout: float | None, record: CallRecord) -> Answer:
        """Sends a request once.

        Args:
            request: What to send.
            token: Goes into the Authorization header.
            timeout: Seconds for everything from here to the last byte.
            record: Its `begun` is set once the request may be on its way.

        Returns:
            The answer, whatever its status.

        Raises:
            ConnectError: Nothing was sent.
            ConnectionLostError: The connection broke after something may have been sent.
            CallTimeoutError: No answer in time.
        """
        record.begun = False
        if self.closed:
            raise errors.ConnectError(
                "The session was closed while the call was under way", is_permanent=True, **request.context()
            )
        try:
            self._check(request, token)
            long = self._long or self._open()
            way: Exchange | ThroughClientSession = long
            # Asked each time: tools that record or mock requests come and go.
            if self.long_way is None and inside.is_untouched():
                way = self._short or await self._learn(long)
            seconds = None if timeout is None else self._clock.real(timeout)
            answer, broken = await way.send(request, token, seconds, record, LARGEST_BODY)
        except Exception as error:  # noqa: BLE001 - whatever it was, it says whether something was sent
            failure = self._failure(error, request, token, timeout, record)
        else:
            if broken is not None:
                answer.broken = self._broken(broken, request, token, timeout)
            return answer
        # Out here no other error hangs on to it, with the headers of the request in its hands.
        raise failure

    async def aclose(self) -> None:
        """Closes the pool, unless it is the user's. Any number of times."""
        self.closed = True
        if self._long is not None:
            self._long.connections.give_up_all()
        http, self._http = self._http, None
        if self._owns_http and http is not None:
            await http.close()

    def __del__(self) -> None:
        # Without `__init__` to its end there is nothing to close.
        if not getattr(self, "closed", True) and self._owns_http and self._http is not None:
            warnings.warn(
                f"A PortalSession for {self.base_url} was not closed; use `async with PortalSession(...)`, "
                "or await its aclose()",
                ResourceWarning,
                stacklevel=2,
                source=self,
            )

    # --- the two ways --------------------------------------------------------------------------------------------

    def _check(self, request: Request, token: str) -> None:
        path = request.path
        check_text(path, "the path")
        if " " in path:
            raise ValueError("the path holds a space")
        if token is not self._checked_token:
            check_text(token, "the token")
            self._checked_token = token

    def _open(self) -> ThroughClientSession:
        """The long way, which is always there: both go over the one pool of its session."""
        http = self._http
        headers: dict[str, str] = {hdrs.ACCEPT: _JSON, hdrs.USER_AGENT: self._user_agent}
        if http is None:
            if self._connector_factory is not None:
                connector = self._connector_factory()
            else:
                # The limiter bounds what is under way, and is fair; aiohttp's own pool lets newcomers overtake.
                connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=KEEP_ALIVE)
            http = aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar(), headers=headers)
            self._http = http
            if self.long_way is None and (
                http.trace_configs or inside.middlewares(http) or not inside.is_opened_untouched()
            ):
                self.long_way = "something else wants to see each request, such as a tracer"
        if self.long_way is not None:
            logger.info("Requests go through aiohttp's ClientSession, as right and slower: %s", self.long_way)
        connections = Connections(asyncio.get_running_loop(), is_encrypted=self.base_url.startswith("https:"))
        self._long = ThroughClientSession(
            http,
            connections,
            base_url=self.base_url,
            headers=headers,
            proxy=self._proxy,
            ssl=self._ssl,
            is_ours=self._owns_http,
        )
        return self._long

    async def _learn(self, long: ThroughClientSession) -> Exchange:
        """The short way, from a request that aiohttp makes and never sends."""
        pattern = await inside.take_request(long.http, URL(self.base_url, encoded=True), self._ssl)
        # A session has none once it is closed, and nobody else has ours.
        connector = cast("aiohttp.BaseConnector", long.http.connector)
        self._short = Exchange(connector, long.connections, pattern, self.base_url)
        return self._short

    # --- what is known when there is no answer -------------------------------------------------------------------

    def _failure(
        self, error: Exception, request: Request, token: str, seconds: float | None, record: CallRecord
    ) -> errors.TransportError:
        """What an error means: above all, whether something was sent."""
        secrets = (token, *self._secrets)
        reason = _reason(error, secrets)
        if record.begun:
            failure = self._lost(error, reason, request, seconds)
        else:
            failure = self._not_sent(error, reason, request, seconds)
        failure.__cause__ = _clean(error, secrets)
        return failure

    def _lost(self, error: Exception, reason: str, request: Request, seconds: float | None) -> errors.TransportError:
        if isinstance(error, TimeoutError):
            limit = f" within {seconds:g} s" if seconds is not None else ""
            return errors.CallTimeoutError(
                f"No answer{limit}", seconds=seconds, outcome=Outcome.UNKNOWN, **request.context()
            )
        return errors.ConnectionLostError(f"The connection was lost: {reason}", **request.context())

    def _not_sent(
        self, error: Exception, reason: str, request: Request, seconds: float | None
    ) -> errors.TransportError:
        message, is_permanent = f"It could not be sent: {reason}", True
        match error:
            case aiohttp.ClientConnectorCertificateError() | ssl_module.SSLCertVerificationError():
                message = (
                    f"The certificate of {self.base_url} is not accepted ({reason}); give the right CA with ssl=, "
                    "or find out who answers in the portal's place"
                )
            case aiohttp.ClientConnectorError() | aiohttp.ConnectionTimeoutError():
                where = "the proxy" if isinstance(error, aiohttp.ClientProxyConnectionError) else self.base_url
                message, is_permanent = f"No connection to {where}: {reason}", False
            case aiohttp.ClientHttpProxyError():
                message, is_permanent = f"The proxy refused with status {error.status}", False
            case TimeoutError():
                limit = f" within {seconds:g} s" if seconds is not None else ""
                return errors.CallTimeoutError(
                    f"Not sent{limit}", seconds=seconds, outcome=Outcome.NOT_SENT, **request.context()
                )
            case aiohttp.ClientError() | OSError():
                message, is_permanent = f"The connection broke before sending: {reason}", False
            case RuntimeError() if self._http is None or self._http.closed:
                message = "The ClientSession was closed" if self._owns_http else "The ClientSession of http= is closed"
            case _:
                pass
        return errors.ConnectError(message, is_permanent=is_permanent, **request.context())

    def _broken(self, error: Exception, request: Request, token: str, seconds: float | None) -> errors.TransportError:
        """Why an answer is there in part only."""
        secrets = (token, *self._secrets)
        failure: errors.TransportError
        if isinstance(error, TimeoutError):
            limit = f" within {seconds:g} s" if seconds is not None else ""
            failure = errors.CallTimeoutError(
                f"The answer did not end{limit}", seconds=seconds, outcome=Outcome.UNKNOWN, **request.context()
            )
        else:
            failure = errors.ConnectionLostError(
                f"The answer broke off: {_reason(error, secrets)}", **request.context()
            )
        failure.__cause__ = _clean(error, secrets)
        return failure


def _reason(error: BaseException, secrets: tuple[str, ...]) -> str:
    """Another library's error in a few words; its own text where it has one."""
    text = _without(str(error), secrets)
    shown = text if len(text) <= LONGEST_REASON else f"{text[:LONGEST_REASON]}..."
    return f"{type(error).__name__}: {shown}" if shown else type(error).__name__


def _without(text: str, secrets: tuple[str, ...]) -> str:
    for secret in secrets:
        text = text.replace(secret, "***")
    return text


def _secrets_of(proxy: str) -> tuple[str, ...]:
    """What nobody must read of a proxy's URL, in each form in which it travels."""
    parts = urlsplit(proxy)
    if not parts.password:
        return ()
    user, password = unquote(parts.username or ""), unquote(parts.password)
    both = b64encode(f"{user}:{password}".encode()).decode()
    return tuple(dict.fromkeys((parts.password, password, both)))


def _clean(error: BaseException, secrets: tuple[str, ...]) -> BaseException:
    """An error that may be kept as the cause of another: without request headers, the key or a password.

    That holds for what it was caused by as well, and for the local variables of aiohttp's lines.
    """
    if isinstance(error, aiohttp.ClientResponseError) or _shows(error, secrets):
        # It holds the request. What it says is kept.
        return aiohttp.ClientError(_reason(error, secrets))
    if isinstance(error, _NETWORK_ERRORS):
        error.__traceback__ = None
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    error.__cause__ = None if cause is None else _clean(cause, secrets)
    error.__context__ = None
    return error


def _shows(error: BaseException, secrets: tuple[str, ...]) -> bool:
    text = f"{error} {error!r} {vars(error)!r}"
    return any(secret in text for secret in secrets)
