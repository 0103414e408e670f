"""The one door to the tokens of an owner: whoever needs a token comes here, whatever the reason."""

import asyncio
import copy
import hashlib
import math
from collections.abc import Awaitable, Callable
from typing import NoReturn, TypeVar

from mijnklantportaal_async.calling.auth import Token
from mijnklantportaal_async.calling.observe import Observer, logger
from mijnklantportaal_async.errors import TokenRefreshError
from mijnklantportaal_async.oauth.errors import ReconnectError, TokenSaveError, TokenStoreError
from mijnklantportaal_async.oauth.kept_tokens import SAVE_TRIES, Held, KeptTokens
from mijnklantportaal_async.oauth.renewal import Renewal
from mijnklantportaal_async.oauth.stores import Hold, TokenStore
from mijnklantportaal_async.oauth.token_endpoint import TokenEndpoint
from mijnklantportaal_async.oauth.tokens import PortalTokens
from mijnklantportaal_async.values.clock import Clock
from mijnklantportaal_async.values.unset import UNSET

T = TypeVar("T")

EARLY_PATIENCE = 5.0
"""Seconds for which a call waits for a renewal while its token still lives."""

EARLY_PAUSE = 5.0
"""Seconds without another try, after one that failed while the token still lives."""


class PortalAuth:
    """The tokens of one owner, for the session with their portal: `PortalSession(auth=...)`. `OAuthApp.auth` makes it.

    Args:
        owner: Whose.
        application: The application's id.
        store: Where they are kept.
        endpoint: Where new ones come from.
        clock: Where time comes from.
        jitter: A random number from 0 to 1.
        pinned: Keeps those that nobody may forget: while something is under way, and while tokens are not saved.
        observer: Who hears of renewals.
    """

    __slots__ = (
        "__weakref__",
        "_application",
        "_clock",
        "_kept",
        "_not_before",
        "_owner",
        "_pinned",
        "_renewal",
    )

    def __init__(
        self,
        owner: str,
        *,
        application: str,
        store: TokenStore,
        endpoint: TokenEndpoint,
        clock: Clock,
        jitter: Callable[[], float],
        pinned: "set[PortalAuth]",
        observer: Observer,
    ) -> None:
        self._owner = owner
        self._application = application
        self._kept = KeptTokens(owner, store, clock, jitter)
        self._renewal = Renewal(self._kept, endpoint, clock, observer)
        self._clock = clock
        self._pinned = pinned
        self._not_before = -math.inf

    @property
    def owner(self) -> str:
        """Whose tokens they are."""
        return self._owner

    @property
    def portal_name(self) -> str:
        """Names the portal for all sessions of this process, whatever its token is at the moment."""
        return f"{self._application} {self._owner}"

    @property
    def limit_name(self) -> str:
        """What the rate limit of the portal is called where several processes share it. It tells nobody anything."""
        return f"oauth-{hashlib.sha256(self.portal_name.encode()).hexdigest()[:32]}"

    async def token(self) -> str:
        """A token that is good now. Asks nobody as long as there is one.

        Raises:
            ReconnectError: The owner has to connect the portal: it never was, was undone, or the portal refused.
            ClientRefusedError: The application's own id or secret is wrong.
            TokenEndpointError: The portal does not help for now.
            TokenSaveError: There is a new refresh token that cannot be saved.
            TokenStoreError: The store cannot be read.
        """
        kept, now = self._kept, self._clock.monotonic()
        held = kept.held
        if held is None:
            held = await self._obtained(None)
        else:
            if now >= kept.look_at and kept.unsaved is None:
                held = await self._look(held)
            if self._is_in_need(held, now):
                held = await self._renewed(held)
        return held.tokens.access_token.reveal()

    async def refresh(self, rejected: str) -> str | None:
        """After a 401: another token than the rejected one; None where asking for one is of no use.

        However many calls come with one rejected token, now or when the others are long through: it is renewed once.

        Raises:
            TokenRefreshError: As `token`.
        """
        dead = Token(rejected)
        del rejected
        held = self._kept.held
        if held is not None and self._renewal.is_good(held, dead):
            return held.tokens.access_token.reveal()
        if self._renewal.is_in_vain(dead):
            return None
        fresh = (await self._obtained(dead)).tokens.access_token
        return None if fresh == dead else fresh.reveal()

    async def is_connected(self) -> bool:
        """Whether there are tokens, here or in the store. The portal is not asked.

        Raises:
            TokenStoreError: The store cannot be read.
        """
        return self._kept.unsaved is not None or await self._kept.load() is not None

    async def adopt(self, tokens: PortalTokens) -> None:
        """Takes tokens that the owner has just agreed to, in the place of any others.

        Args:
            tokens: The tokens.

        Raises:
            TokenSaveError: They cannot be saved. They are kept here, and the next call saves them.
            TokenStoreError: What the store has of this owner cannot be read.
        """
        # In hand before anything can go wrong with the store.
        self._kept.take(tokens, UNSET, is_urgent=True)
        await self._alone(lambda _: self._kept.save(tries=SAVE_TRIES))

    async def drop(self) -> bool:
        """Forgets the tokens, here and in the store; whether there were any.

        Raises:
            TokenStoreError: The store cannot be read or written to.
        """
        return await self._alone(lambda _: self._kept.remove())

    async def settle(self) -> None:
        """Waits for what is under way, and tries once more to save what is not saved. Never raises."""
        if (flight := self._renewal.flight) is not None:
            await asyncio.wait({flight})
        if self._kept.unsaved is not None:
            try:
                await self._alone(lambda _: self._kept.save(tries=SAVE_TRIES))
            except TokenRefreshError as error:
                logger.error("Tokens of an owner end with this process: %s", error)

    def __repr__(self) -> str:
        return f"<PortalAuth of {self._owner!r}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a PortalAuth is not pickled: it holds tokens. Make one in each process, over one store")

    # --- whether ---------------------------------------------------------------------------------------------------

    def _is_in_need(self, held: Held, now: float) -> bool:
        unsaved = self._kept.unsaved
        if now >= held.dead or (unsaved is not None and unsaved.is_urgent):
            return True
        return now >= self._not_before and (now >= held.due or unsaved is not None)

    async def _look(self, held: Held) -> Held:
        """Whether the store has something else by now. A store that is away for a while ends no good token."""
        try:
            return await self._kept.read()
        except TokenStoreError as error:
            logger.warning("%s", error)
            return held

    # --- waiting for one -----------------------------------------------------------------------------------

    async def _renewed(self, held: Held) -> Held:
        """Tokens in the place of those that end soon; those themselves, where it cannot be done in time."""
        lives = held.dead - self._clock.monotonic()
        if lives <= 0:
            return await self._obtained(None)
        flight = self._begun(None)
        # The call has a token that is good: it does not wait for long, and never until that is so no more.
        await asyncio.wait({flight}, timeout=self._clock.real(min(lives / 2, EARLY_PATIENCE)))
        if not flight.done() or flight.cancelled():
            result: Held | TokenRefreshError = held
        else:
            result = flight.result()
        if isinstance(result, Held) and self._clock.monotonic() < result.dead:
            return result
        unsaved = self._kept.unsaved
        if isinstance(result, (ReconnectError, TokenSaveError)) or (unsaved is not None and unsaved.is_urgent):
            return _raised(result)
        if self._clock.monotonic() >= held.dead:
            return await self._obtained(None)
        self._not_before = self._clock.monotonic() + EARLY_PAUSE
        logger.warning("Tokens of an owner end soon, and were not renewed: %s", result)
        return held

    async def _obtained(self, rejected: Token | None) -> Held:
        """Tokens that are good, however long it takes."""
        is_last = False
        while True:
            flight = self._begun(rejected)
            is_about_it = self._renewal.is_about == rejected
            result = _raised(await asyncio.shield(flight))
            if rejected is not None and result.tokens.access_token == rejected:
                if is_about_it:
                    # The portal knows no other one.
                    return result
                # A renewal that was under way already has brought the very token that was rejected.
                continue
            # Its answer may have taken longer than it lives. Where that is always so, a 401 has to tell.
            if is_last or result.tokens.life == 0 or self._clock.monotonic() < result.dead:
                return result
            is_last = True

    def _begun(self, rejected: Token | None) -> "asyncio.Task[Held | TokenRefreshError]":
        is_new = self._renewal.flight is None
        flight = self._renewal.begin(rejected)
        if is_new:
            self._pinned.add(self)
            flight.add_done_callback(lambda _: self._unpin())
        return flight

    def _unpin(self) -> None:
        if self._kept.unsaved is None and self._renewal.flight is None:
            self._pinned.discard(self)

    async def _alone(self, act: Callable[[Hold], Awaitable[T]]) -> T:
        """Does something with the hold, to the end, also when whoever waits for it is cancelled."""

        async def work() -> T:
            async with self._kept.hold() as hold:
                return await act(hold)

        self._pinned.add(self)
        working = asyncio.ensure_future(work())

        def end(worked: "asyncio.Future[T]") -> None:
            self._unpin()
            if not worked.cancelled():
                # Nobody may be left who waits for it.
                worked.exception()

        working.add_done_callback(end)
        return await asyncio.shield(working)


def _raised(result: Held | TokenRefreshError) -> Held:
    """Each call has an error of its own: it is told of its own operation."""
    if isinstance(result, TokenRefreshError):
        raise copy.copy(result) from result.__cause__
    return result
