"""The rim: one request out, one answer or typed error back. Chooses the way; says what is known without an answer."""

import asyncio
import inspect
import ssl as ssl_module
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias, cast

import aiohttp
from aiohttp import hdrs
from yarl import URL

from mijnklantportaal_async import errors
from mijnklantportaal_async.calling import aiohttp_inside as inside
from mijnklantportaal_async.calling.auth import Token
from mijnklantportaal_async.calling.client_session import ThroughClientSession
from mijnklantportaal_async.calling.connections import Connections
from mijnklantportaal_async.calling.exchange import Exchange, check_text
from mijnklantportaal_async.calling.failures import Failures
from mijnklantportaal_async.calling.observe import logger
from mijnklantportaal_async.calling.record import CallRecord, State
from mijnklantportaal_async.calling.wire import Answer, Request
from mijnklantportaal_async.texts.words import words
from mijnklantportaal_async.values.checks import check_setting
from mijnklantportaal_async.values.clock import Clock

if TYPE_CHECKING:
    from mijnklantportaal_async.calling.form import Form

LARGEST_BODY = 32 * 1024 * 1024
"""Bytes of an answer that are read at the most; a list of appointments has some 300 bytes for each."""

KEEP_ALIVE = 15.0
"""Seconds that an idle connection is kept: less than common servers do, so that few calls meet a dying one."""

ConnectorFactory: TypeAlias = Callable[[], aiohttp.BaseConnector]
TLS: TypeAlias = ssl_module.SSLContext | aiohttp.Fingerprint | bool

_JSON = "application/json"


def check_connector_factory(given: ConnectorFactory | None) -> ConnectorFactory | None:
    """What `PortalSession(connector_factory=...)` is given.

    Raises:
        TypeError: It is no function, or one that has to be awaited.
    """
    if given is not None and (not callable(given) or inspect.iscoroutinefunction(given)):
        kind = "a coroutine function" if callable(given) else type(given).__name__
        raise TypeError(
            f"connector_factory must be a function that makes a connector, not {kind}; "
            "give connector_factory=lambda: aiohttp.TCPConnector(...)"
        )
    return given


def check_tls(given: TLS) -> TLS:
    """What `PortalSession(ssl=...)` is given.

    Raises:
        TypeError: It is of another type.
    """
    example = "ssl.create_default_context(cafile='ca.pem'), or leave it out for the usual checks"
    return check_setting(given, (ssl_module.SSLContext, aiohttp.Fingerprint, bool), "ssl", example)


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
        self.long_way: str | None = (
            "http= was given" if http is not None else "proxy= was given" if proxy is not None else inside.why_not()
        )
        """Why requests go through aiohttp's ClientSession; None where they go the short way."""
        self._http = http
        self._owns_http = http is None
        self._connector_factory = connector_factory
        self._proxy = proxy
        self._failures = Failures(base_url, proxy)
        self._ssl = ssl
        self._user_agent = user_agent
        self._clock = clock
        self._loop: asyncio.AbstractEventLoop | None = None
        # The last ones: mostly they come again.
        self._checked_token: Token | None = None
        self._checked_path: str | None = None
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
        form = request.form
        if form is not None and not form.is_open:
            return await self._send_form(request, form, token, timeout, record)
        record.state = State.SENDING
        if self.closed:
            raise errors.ConnectError(
                words("The session was closed while the call was under way"), is_permanent=True, **request.context()
            )
        try:
            self._check(request, token)
            long = self._long or self._open()
            way: Exchange | ThroughClientSession = long
            # Asked each time: tools that record or mock requests come and go.
            if self.long_way is None and form is None and inside.is_untouched():
                way = self._short or await self._learn(long)
            seconds = None if timeout is None else self._clock.real(timeout)
            answer, broken = await way.send(request, token, seconds, record, LARGEST_BODY)
        except Exception as error:  # noqa: BLE001 - whatever it was, it says whether something was sent
            failure = self._failures.of(error, request, token, timeout, record, is_closed=self.closed)
        else:
            if broken is not None:
                answer.broken = self._failures.of_body(broken, request, token, timeout)
            return answer
        # Out here no other error hangs on to it, with the headers of the request in its hands.
        raise failure

    async def hold(self, timeout: float) -> Callable[[], None]:
        """Makes a connection before it is needed, where requests go the short way.

        Args:
            timeout: Seconds of the machine for it.

        Returns:
            What hands it to the next request; to be called once or more.

        Raises:
            aiohttp.ClientError: There is no connection.
            OSError: Likewise; `TimeoutError` when it took too long.
        """
        long = self._long or self._open()
        if self.long_way is not None or not inside.is_untouched():
            return _nothing
        way = self._short or await self._learn(long)
        return await way.hold(timeout)

    async def _send_form(
        self, request: Request, form: "Form", token: Token, timeout: float | None, record: CallRecord
    ) -> Answer:
        """Sends what is read while it leaves. What is wrong with a file before that is raised as it is."""
        moving = form.moving
        try:
            await form.open()
            return await self.send(request, token, timeout, record)
        finally:
            form.close()
            record.moving += form.moving - moving

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

    def _check(self, request: Request, token: Token) -> None:
        path = request.path
        if path is not self._checked_path:
            check_text(path, "the path")
            if " " in path:
                raise ValueError("the path holds a space")
            self._checked_path = path
        if token is not self._checked_token:
            check_text(token.reveal(), "the token")
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


def _nothing() -> None:
    """There is nothing to hand on."""
