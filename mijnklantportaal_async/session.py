"""`PortalSession`: builds the parts, opens and closes them, and speaks every operation of `api/`."""

import copy
import os
import random
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, NoReturn, Self
from zoneinfo import ZoneInfo

import aiohttp
import attrs

from mijnklantportaal_async.api.agreements import Agreements
from mijnklantportaal_async.api.appointments import Appointments
from mijnklantportaal_async.api.customer_groups import CustomerGroups
from mijnklantportaal_async.api.customer_invoices import CustomerInvoices
from mijnklantportaal_async.api.customer_offers import CustomerOffers
from mijnklantportaal_async.api.customer_subscription_packages import CustomerSubscriptionPackages
from mijnklantportaal_async.api.customer_subscriptions import CustomerSubscriptions
from mijnklantportaal_async.api.customers import Customers
from mijnklantportaal_async.api.downloads import Downloads
from mijnklantportaal_async.api.file_request import FileRequests
from mijnklantportaal_async.api.file_share import FileShares
from mijnklantportaal_async.api.files import Files
from mijnklantportaal_async.api.invoices import Invoices
from mijnklantportaal_async.api.payment_links import PaymentLinks
from mijnklantportaal_async.api.punch_cards import PunchCards
from mijnklantportaal_async.api.tickets import Tickets
from mijnklantportaal_async.api.webhooks import Webhooks
from mijnklantportaal_async.calling.addresses import (
    check_base_url,
    check_path,
    check_proxy,
    check_query,
    with_query,
)
from mijnklantportaal_async.calling.attempt import Sender
from mijnklantportaal_async.calling.auth import ApiKey, Auth, Token, check_auth, hide, proxy_secrets
from mijnklantportaal_async.calling.call import Caller
from mijnklantportaal_async.calling.closing import Closing
from mijnklantportaal_async.calling.file_resources import FileResources
from mijnklantportaal_async.calling.observe import Observer
from mijnklantportaal_async.calling.rate_limit import Priority, RateLimiter, RateLimitSnapshot
from mijnklantportaal_async.calling.reconcile import ReconcilePolicy
from mijnklantportaal_async.calling.retry import RetryPolicy, RetryQuota, Timeouts
from mijnklantportaal_async.calling.settings import USER_AGENT, check_options, full_user_agent
from mijnklantportaal_async.calling.transport import (
    TLS,
    ConnectorFactory,
    Transport,
    check_connector_factory,
    check_tls,
)
from mijnklantportaal_async.calling.window import RateLimit
from mijnklantportaal_async.calling.wire import Effect, Operation, Request
from mijnklantportaal_async.values.checks import check_setting
from mijnklantportaal_async.values.clock import Clock
from mijnklantportaal_async.values.json_checks import check_json
from mijnklantportaal_async.values.local_time import DEFAULT_TIMEZONE, portal_zone
from mijnklantportaal_async.values.serde import read_json, write
from mijnklantportaal_async.values.unset import UNSET, UnsetType

if TYPE_CHECKING:
    from mijnklantportaal_async.calling.file_hosts import FileHosts
    from mijnklantportaal_async.calling.many import Unsettled
    from mijnklantportaal_async.events import Hook

DEFAULT_BASE_URL = "https://api.mijnklantportaal.nl/v1"

ENVIRONMENT_API_KEY = "MIJNKLANTPORTAAL_API_KEY"
ENVIRONMENT_BASE_URL = "MIJNKLANTPORTAAL_BASE_URL"
ENVIRONMENT_TIMEZONE = "MIJNKLANTPORTAAL_TIMEZONE"

_METHOD_EFFECTS: Mapping[str, Effect] = {
    "GET": Effect.READ,
    "PUT": Effect.SET,
    "DELETE": Effect.REMOVE,
    # Nobody knows what these do in an operation without a coroutine: they are never sent again blindly.
    "PATCH": Effect.CREATE,
    "POST": Effect.CREATE,
}


class PortalSession(
    Agreements,
    Appointments,
    Customers,
    CustomerGroups,
    CustomerInvoices,
    CustomerOffers,
    CustomerSubscriptions,
    CustomerSubscriptionPackages,
    Downloads,
    Files,
    FileRequests,
    FileShares,
    Invoices,
    PaymentLinks,
    PunchCards,
    Tickets,
    Webhooks,
):
    """A session with one portal: one key, one pool of connections, one rate limit.

    Making one needs no event loop and sends nothing. Use it as `async with`, or await `aclose()` at the end; share it
    between all tasks of the program.

    Args:
        api_key: The portal's API key. Give this or `auth`.
        auth: Another source of tokens.
        base_url: Where the API is; https, or http on loopback.
        timezone: The portal's zone, an IANA name or `ZoneInfo`. The service does not state it; a Dutch portal's is
            taken to be Europe/Amsterdam.
        timeouts: Three clocks, in seconds.
        retry: How often and how patiently to try again.
        rate_limit: Calls that the key may make; or a `RateLimiter` shared with other sessions of the same key; or
            None for no limit.
        reconcile: How to find out what became of a call whose answer was lost; None raises `OutcomeUnknownError`
            instead of looking.
        priority: Who goes first when calls have to wait.
        http: An `aiohttp.ClientSession` of yours, used as it is and never closed here.
        connector_factory: Makes the connector of our own pool. Not together with `http`.
        proxy: URL of an HTTP proxy. Those that the environment names are not used.
        ssl: An `ssl.SSLContext` with your CA, a fingerprint, or True for the usual checks.
        hooks: Functions that take each event of `mijnklantportaal_async.events`; coroutine functions too.
        user_agent: Put before the package's own name.
        clock: Where time comes from; for tests.

    Raises:
        TypeError: `api_key` and `auth` are both given, or neither; or an argument is of another type.
        ValueError: An argument cannot be right; the message says what to do.
    """

    def __init__(
        self,
        *,
        api_key: str | None = None,
        auth: Auth | None = None,
        base_url: str = DEFAULT_BASE_URL,
        timezone: str | ZoneInfo = DEFAULT_TIMEZONE,
        timeouts: Timeouts | None = None,
        retry: RetryPolicy | None = None,
        rate_limit: RateLimit | RateLimiter | None = RateLimit(),  # noqa: B008 - frozen
        reconcile: ReconcilePolicy | None = ReconcilePolicy(),  # noqa: B008 - frozen
        priority: Priority = Priority.INTERACTIVE,
        http: aiohttp.ClientSession | None = None,
        connector_factory: ConnectorFactory | None = None,
        proxy: str | None = None,
        ssl: TLS = True,
        hooks: "Sequence[Hook]" = (),
        user_agent: str | None = None,
        clock: Clock | None = None,
    ) -> None:
        # What prints the variables of a traceback gets to see neither of them.
        key, api_key = None if api_key is None else hide(api_key), None
        way, proxy = None if proxy is None else hide(proxy), None
        if (key is None) == (auth is None):
            raise TypeError("give either api_key= or auth=" + ("" if key is None else ", not both"))
        if http is not None and connector_factory is not None:
            raise TypeError("give http= or connector_factory=, not both: your ClientSession has its connector already")
        options = check_options(
            timeouts=Timeouts() if timeouts is None else timeouts,
            retry=RetryPolicy() if retry is None else retry,
            reconcile=reconcile,
            priority=priority,
        )
        clock = Clock() if clock is None else check_setting(clock, Clock, "clock", "Clock()")
        zone = portal_zone(timezone)
        observer = Observer(hooks)
        closing = Closing(clock)
        transport = Transport(
            check_base_url(base_url),
            http=_http(http),
            connector_factory=check_connector_factory(connector_factory),
            proxy=None if way is None else check_proxy(way.reveal()),
            ssl=check_tls(ssl),
            user_agent=full_user_agent(user_agent),
            clock=clock,
        )
        super().__init__(
            caller=Caller(
                sender=Sender(
                    transport=transport,
                    auth=check_auth(auth) if key is None else ApiKey(key),
                    limiter=_limiter(rate_limit, http, clock),
                    observer=observer,
                    clock=clock,
                    jitter=random.random,
                    closing=closing,
                    secrets=() if way is None else proxy_secrets(way.reveal()),
                ),
                quota=RetryQuota(options.retry.quota),
                resources=FileResources(lambda: _hosts(base_url, way, ssl)),
            ),
            options=options,
            zone=zone,
        )
        self._is_view = False

    @classmethod
    def from_env(cls, environment: Mapping[str, str] | None = None, **settings: Any) -> Self:
        """A session from the environment.

        Reads `MIJNKLANTPORTAAL_API_KEY`, and `MIJNKLANTPORTAAL_BASE_URL` and `MIJNKLANTPORTAAL_TIMEZONE` where set.

        Args:
            environment: Instead of `os.environ`.
            settings: Arguments of `PortalSession`; they go before the environment.

        Raises:
            ValueError: There is no key, or a setting cannot be right.
        """
        if isinstance(settings.get("api_key"), str):
            settings["api_key"] = hide(settings["api_key"])
        given, environment = _settings_from(os.environ if environment is None else environment), None
        if "auth" in settings or "api_key" in settings:
            del given["api_key"]
        elif not given["api_key"]:
            raise ValueError(f"{ENVIRONMENT_API_KEY} is not set; make a key under Settings > API Keys in the portal")
        return cls(**given | settings)

    def with_options(
        self,
        *,
        timeouts: Timeouts | UnsetType = UNSET,
        retry: RetryPolicy | UnsetType = UNSET,
        reconcile: ReconcilePolicy | UnsetType | None = UNSET,
        priority: Priority | UnsetType = UNSET,
    ) -> Self:
        """A view of this session with other options; what is left out stays as it is.

        It shares connections, rate limit, retry quota and key, changes nothing here, and closes nothing.
        """
        now = self._options
        view = copy.copy(self)
        view._options = check_options(
            timeouts=now.timeouts if timeouts is UNSET else timeouts,
            retry=now.retry if retry is UNSET else retry,
            reconcile=now.reconcile if reconcile is UNSET else reconcile,
            priority=now.priority if priority is UNSET else priority,
        )
        return view

    def for_portal(
        self,
        auth: Auth,
        *,
        timezone: str | ZoneInfo | None = None,
        rate_limit: RateLimit | RateLimiter | None = None,
    ) -> Self:
        """A session with another portal of the same service, over the connections of this one.

        It has its own tokens, rate limit, retry quota and zone; options, hooks and clock are this one's. It is a view:
        closing it closes nothing, and it ends with this one. `Portals` makes one for each owner.

        Args:
            auth: Where its tokens come from.
            timezone: Its zone; this session's when left out.
            rate_limit: Its limit, or a limiter that it shares; None for no limit.

        Raises:
            TypeError: `auth` is no source of tokens.
            ValueError: There is no such zone.
        """
        view, caller = copy.copy(self), self._caller
        limiter = _limiter(rate_limit, None, caller.sender.clock)
        view._caller = caller.for_portal(check_auth(auth), limiter, RetryQuota(self._options.retry.quota))
        view._zone = self._zone if timezone is None else portal_zone(timezone)
        return view

    def __copy__(self) -> Self:
        """A view with the same options."""
        view = object.__new__(type(self))
        vars(view).update(vars(self))
        view._is_view = True
        return view

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            "a PortalSession is neither pickled nor copied in depth: it holds a key and open connections; "
            "make one in each process"
        )

    @property
    def timezone(self) -> ZoneInfo:
        """The portal's zone: what people mean who write a time without one."""
        return self._zone

    @property
    def rate_limit(self) -> RateLimitSnapshot:
        """How the rate limit stands now, as far as this process knows."""
        return self._caller.sender.limiter.snapshot()

    @property
    def unsettled(self) -> "Unsettled":
        """What runs such as `schedule_appointments` have under way of which nobody knows yet whether it was done.

        A program that wants to end can wait so long, in seconds of the portal's clock, and will know.
        """
        from mijnklantportaal_async.calling.many import Unsettled

        found = [run.unsettled for run in self._runs]
        return Unsettled(
            calls=sum(one.calls for one in found), seconds=max((one.seconds for one in found), default=0.0)
        )

    async def request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str | int | None] | None = None,
        json: Any = UNSET,
    ) -> Any:
        """Any operation, for those that have no coroutine yet; with the same limits, retries and errors.

        `GET` is repeated after any passing failure, `PUT` and `DELETE` too; `POST` and `PATCH` never once they may
        have been carried out: then `OutcomeUnknownError` is raised.

        Args:
            method: `GET`, `POST`, `PUT`, `PATCH` or `DELETE`.
            path: Below the base URL, as in `/appointments`.
            query: Parameters; those that are None are left out.
            json: The body; left out when not given.

        Returns:
            The JSON of the answer; None when it is empty.

        Raises:
            ValueError: The method or path cannot be right.
            TypeError: `json` or `query` holds something that cannot be said there; the message names the place.
            MijnKlantportaalError: As every coroutine does.
            RuntimeError: The session is closed, or belongs to another event loop.
        """
        effect = _METHOD_EFFECTS.get(method.upper()) if isinstance(method, str) else None
        if effect is None:
            raise ValueError(f"method={method!r} must be one of {', '.join(_METHOD_EFFECTS)}")
        path = check_path(path)
        operation = Operation(name="request", method=method.upper(), path="", effect=effect)
        body = None
        if json is not UNSET:
            check_json(json)
            body = write(json)
        asked = with_query(path, {} if query is None else check_query(query))
        return await self._call(Request(operation, asked, body), read_json)

    async def aclose(self) -> None:
        """Stops runs of `schedule_appointments`, ends what waits, and closes the connections.

        Hooks that are coroutines get some seconds to end. Any number of times; nothing on a view.
        """
        if self._is_view:
            return
        for run in list(self._runs):
            await run.stop()
        self._caller.sender.closing.close()
        await self._caller.sender.transport.aclose()
        await self._caller.close_files()
        await self._caller.sender.observer.aclose()

    async def __aenter__(self) -> Self:
        self._caller.sender.transport.check_usable()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    def __repr__(self) -> str:
        if not hasattr(self, "_caller"):
            # A setting was refused; what prints the variables of the traceback prints this.
            return "<PortalSession that was not made>"
        transport = self._caller.sender.transport
        state = " closed" if transport.closed else ""
        return f"<PortalSession {transport.base_url} timezone={self._zone.key} api_key=***{state}>"


def _settings_from(environment: Mapping[str, str]) -> dict[str, Any]:
    """Settings as the environment has them; the key hidden, None where there is none."""
    settings: dict[str, Any] = {"api_key": None}
    if environment.get(ENVIRONMENT_API_KEY, "").strip():
        settings["api_key"] = hide(environment[ENVIRONMENT_API_KEY].strip())
    for variable, argument in ((ENVIRONMENT_BASE_URL, "base_url"), (ENVIRONMENT_TIMEZONE, "timezone")):
        if value := environment.get(variable, "").strip():
            settings[argument] = value
    return settings


def _http(given: aiohttp.ClientSession | None) -> aiohttp.ClientSession | None:
    if given is None:
        return None
    hint = "" if isinstance(given, type) or "retry" not in type(given).__name__.lower() else " (retries are made here)"
    session = check_setting(given, aiohttp.ClientSession, "http", f"an aiohttp.ClientSession itself{hint}")
    if session.closed is True:
        raise ValueError("http is closed already; give a ClientSession that is open, or leave it out")
    return session


def _hosts(base_url: str, proxy: Token | None, ssl: TLS) -> "FileHosts":
    # Most sessions never fetch a file.
    from mijnklantportaal_async.calling.file_hosts import FileHosts

    return FileHosts(proxy=proxy, ssl=ssl, base_url=base_url, user_agent=USER_AGENT)


def _limiter(
    rate_limit: RateLimit | RateLimiter | None, http: aiohttp.ClientSession | None, clock: Clock
) -> RateLimiter:
    if isinstance(rate_limit, RateLimiter):
        return rate_limit
    if rate_limit is None:
        rate_limit = RateLimit(requests=None)
    check_setting(rate_limit, (RateLimit, RateLimiter), "rate_limit", "RateLimit(requests=60), or None for no limit")
    connector = http.connector if http is not None else None
    if connector is not None and connector.limit:
        # Waiting for a place in a small pool would use up the time of the attempt.
        rate_limit = attrs.evolve(rate_limit, in_flight=min(rate_limit.in_flight, connector.limit))
    return RateLimiter(rate_limit, clock=clock)
