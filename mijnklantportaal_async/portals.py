"""`Portals`: sessions with the portals of many owners, over one pool of connections."""

from collections import OrderedDict, deque
from collections.abc import Callable, Iterator, Mapping
from types import TracebackType
from typing import Any, NoReturn, Self, TypeAlias
from weakref import WeakValueDictionary
from zoneinfo import ZoneInfo

from mijnklantportaal_async.calling.rate_limit import RateLimiter
from mijnklantportaal_async.calling.window import RateLimit
from mijnklantportaal_async.oauth.application import OAuthApp
from mijnklantportaal_async.oauth.portal_auth import PortalAuth
from mijnklantportaal_async.session import DEFAULT_BASE_URL, PortalSession
from mijnklantportaal_async.values.checks import check_count, check_seconds
from mijnklantportaal_async.values.clock import Clock
from mijnklantportaal_async.values.local_time import DEFAULT_TIMEZONE, portal_zone

IN_FLIGHT = 20
"""Calls of one owner that are under way at once: whoever is slow keeps that many connections busy, and no more."""

ZoneOf: TypeAlias = str | ZoneInfo | Callable[[str], str | ZoneInfo]
LimitOf: TypeAlias = RateLimit | Callable[[str], RateLimiter] | None


class Portals(Mapping[str, PortalSession]):
    """A mapping from owners to sessions with their portals: `portals["owner-17"]` is a `PortalSession`.

    A session is made when it is first asked for, and sends nothing then; whether its owner is connected shows with its
    first call. All of them share one pool of connections; each has its own tokens, rate limit, retry quota and zone, so
    that one owner's refusals slow nobody else. Sessions that nobody has asked for in a while are let go: whoever still
    has one in hand can go on with it, and is given the same one again.

    Use it as `async with`, or await `aclose()` at the end. The application stays open: it is yours.

    Args:
        app: The application that owners have connected their portals to.
        timezone: The zone of all portals, or a function from owner to zone.
        rate_limit: The limit of each portal; None for no limit; or a function from owner to a `RateLimiter`, such as
            one that several processes share.
        idle: Seconds after which a session that nobody has asked for is let go.
        most: How many are kept at the most; those that nobody has asked for longest go first.
        settings: Other arguments of `PortalSession`, such as `base_url`, `timeouts`, `retry` or `hooks`.

    Raises:
        TypeError: An argument is of another type, or belongs to a single session (`api_key`, `auth`).
        ValueError: An argument cannot be right.
    """

    def __init__(
        self,
        app: OAuthApp,
        *,
        timezone: ZoneOf = DEFAULT_TIMEZONE,
        rate_limit: LimitOf = RateLimit(in_flight=IN_FLIGHT),  # noqa: B008 - frozen
        idle: float = 600.0,
        most: int = 10_000,
        **settings: Any,
    ) -> None:
        if wrong := settings.keys() & {"api_key", "auth"}:
            raise TypeError(f"{', '.join(sorted(wrong))} belongs to one session; the tokens of all come from app")
        self._app = app
        self._zone_of = timezone
        self._limit_of = rate_limit
        self._idle = check_seconds(idle, "idle")
        self._most = check_count(most, "most")
        self._clock: Clock = settings.get("clock") or Clock()
        self._base_url: str = settings.get("base_url", DEFAULT_BASE_URL)
        # Never used to call: it has what all of them share.
        self._shared = PortalSession(
            auth=_Nobody(), timezone=DEFAULT_TIMEZONE if callable(timezone) else timezone, **settings
        )
        # In the order in which they were last asked for, with the moment.
        self._open: OrderedDict[str, tuple[PortalSession, float]] = OrderedDict()
        # Those that somebody has in hand, whether they are kept here or not.
        self._in_hand: WeakValueDictionary[str, PortalSession] = WeakValueDictionary()
        self._limiters: WeakValueDictionary[str, RateLimiter] = WeakValueDictionary()
        # A portal that is opened again within the minute has made the calls of that minute.
        self._resting: deque[tuple[float, RateLimiter]] = deque()
        self._is_closed = False

    @property
    def app(self) -> OAuthApp:
        """The application."""
        return self._app

    @property
    def base_url(self) -> str:
        """Where the API is."""
        return self._base_url

    @property
    def rate_limit(self) -> RateLimit:
        """The limit of each portal, where it is the same for all; the usual one where there is none, or a function."""
        return self._limit_of if isinstance(self._limit_of, RateLimit) else RateLimit(in_flight=IN_FLIGHT)

    @property
    def shared(self) -> PortalSession:
        """What all of them share: connections, options, hooks. No call can be made with it: it has no tokens."""
        return self._shared

    def timezone_of(self, owner: str) -> ZoneInfo:
        """The zone of an owner's portal.

        Raises:
            ValueError: There is no such zone.
        """
        zone = self._zone_of
        return portal_zone(zone(owner) if callable(zone) else zone)

    def auth_of(self, owner: str) -> PortalAuth:
        """The tokens of an owner, for whatever else speaks to their portal, such as a durable batch."""
        return self._app.auth(owner)

    def limit_name_of(self, owner: str) -> str:
        """What the rate limit of an owner's portal is called where several processes share it. It holds no token."""
        return self._app.auth(owner).limit_name

    def __getitem__(self, owner: str) -> PortalSession:
        """The session with an owner's portal.

        Raises:
            RuntimeError: This is closed.
        """
        if self._is_closed:
            raise RuntimeError("These Portals are closed; make new ones, or stay inside their `async with` block")
        now = self._clock.monotonic()
        found = self._open.pop(owner, None)
        session = found[0] if found is not None else self._in_hand.get(owner) or self._make(owner)
        self._open[owner] = (session, now)
        self._tidy(now)
        return session

    def __contains__(self, owner: object) -> bool:
        """Whether a session is open now. Whether there are tokens, `app.is_connected` says."""
        return owner in self._open

    def __iter__(self) -> Iterator[str]:
        """The owners whose sessions are open, those first that nobody has asked for longest."""
        return iter(list(self._open))

    def __len__(self) -> int:
        """How many are open."""
        return len(self._open)

    def forget(self, owner: str) -> None:
        """Lets a session go now. Its tokens stay where they are; its rate limit is remembered for a window."""
        if (found := self._open.pop(owner, None)) is not None:
            self._rest(owner, found[0])

    async def disconnect(self, owner: str) -> bool:
        """Forgets the tokens of an owner, and the session; whether there were any. As `OAuthApp.disconnect`."""
        self.forget(owner)
        return await self._app.disconnect(owner)

    async def aclose(self) -> None:
        """Ends what waits, and closes the connections. Any number of times."""
        self._is_closed = True
        self._open.clear()
        self._resting.clear()
        await self._shared.aclose()

    async def __aenter__(self) -> Self:
        await self._shared.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    def __repr__(self) -> str:
        return f"<Portals of {self._app.client_id}: {len(self._open)} open{', closed' if self._is_closed else ''}>"

    # --- inside ------------------------------------------------------------------------------------------------

    def _make(self, owner: str) -> PortalSession:
        limiter = self._limiters.get(owner)
        if limiter is None:
            limit = self._limit_of
            limiter = self._limiters[owner] = limit(owner) if callable(limit) else RateLimiter(limit, clock=self._clock)
        session = self._shared.for_portal(self._app.auth(owner), timezone=self.timezone_of(owner), rate_limit=limiter)
        self._in_hand[owner] = session
        return session

    def _tidy(self, now: float) -> None:
        """Lets go of those that nobody has asked for. Called with each look-up: there is no task that does it."""
        while self._open:
            owner, (session, asked_at) = next(iter(self._open.items()))
            if len(self._open) <= self._most and now - asked_at < self._idle:
                break
            del self._open[owner]
            if now - asked_at < self._idle or not _is_busy(session):
                self._rest(owner, session)
            else:
                # A long run asks once and calls for hours.
                self._open[owner] = (session, now)
                break
        while self._resting and self._resting[0][0] <= now:
            self._resting.popleft()

    def _rest(self, owner: str, session: PortalSession) -> None:
        limiter = self._limiters.get(owner)
        if limiter is not None:
            self._resting.append((self._clock.monotonic() + limiter.remembers_for, limiter))


class _Nobody:
    """The tokens of the session that nobody calls with."""

    async def token(self) -> NoReturn:
        raise RuntimeError('ask for the session of an owner: portals["owner"]')

    async def refresh(self, rejected: str) -> str | None:
        return None


def _is_busy(session: PortalSession) -> bool:
    now = session.rate_limit
    return now.in_flight > 0 or now.waiting > 0
