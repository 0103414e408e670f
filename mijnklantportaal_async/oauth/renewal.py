"""One renewal of an owner's tokens at a time, for all who need one.

The decision to renew is taken inside the lock, after the store was read again: two tasks, processes or machines that
find one token dead spend its refresh token once.
"""

import asyncio
import contextvars
import math
from functools import partial

from mijnklantportaal_async.calling.auth import Token
from mijnklantportaal_async.calling.observe import Observer, logger
from mijnklantportaal_async.errors import TokenRefreshError
from mijnklantportaal_async.oauth.errors import ReconnectError, TokenEndpointError
from mijnklantportaal_async.oauth.kept_tokens import SAVE_TRIES, Held, KeptTokens
from mijnklantportaal_async.oauth.renewal_account import RenewalAccount
from mijnklantportaal_async.oauth.stores import Hold, HoldLostError
from mijnklantportaal_async.oauth.token_endpoint import Refusal, TokenEndpoint
from mijnklantportaal_async.oauth.tokens import PortalTokens
from mijnklantportaal_async.values.clock import Clock

MOST_HOLDS = 3
"""Times that a lost hold is taken anew for one renewal."""

USELESS = 10.0
"""Seconds in which tokens are not made anew again and again because of 401s: it may be about a scope."""

MOST_IN_VAIN = 2
"""Tokens in a row that are made because of a 401 and hear another one within those seconds."""


class Renewal:
    """Renews the tokens of one owner.

    Args:
        kept: What is known of them.
        endpoint: Where new ones come from.
        clock: Where time comes from.
        observer: Who hears of it.
    """

    __slots__ = (
        "_account",
        "_clock",
        "_endpoint",
        "_flight",
        "_flight_for",
        "_from_401",
        "_kept",
        "_observer",
        "_refused",
    )

    def __init__(self, kept: KeptTokens, endpoint: TokenEndpoint, clock: Clock, observer: Observer) -> None:
        self._kept = kept
        self._endpoint = endpoint
        self._clock = clock
        self._observer = observer
        # Of the renewal under way, where anybody listens.
        self._account: RenewalAccount | None = None
        # The refresh token that the portal does not take any more.
        self._refused: Token | None = None
        # An access token that was made because of a 401, until when that counts, and how many there were in a row.
        self._from_401: tuple[Token, float, int] | None = None
        self._flight: asyncio.Task[Held | TokenRefreshError] | None = None
        # The rejected token that it is about; None where it is about a token's age.
        self._flight_for: Token | None = None

    @property
    def flight(self) -> "asyncio.Task[Held | TokenRefreshError] | None":
        """What is under way."""
        return self._flight

    @property
    def is_about(self) -> Token | None:
        """The rejected token because of which something is under way; None where it is about a token's age."""
        return self._flight_for

    def is_good(self, held: Held, rejected: Token | None) -> bool:
        """Whether tokens need not be renewed: they live, and are not those that were rejected."""
        if rejected is not None and held.tokens.life == 0:
            # Due from the beginning: whoever comes late with an older one takes it all the same, once.
            return held.tokens.access_token != rejected
        return held.tokens.access_token != rejected and self._clock.monotonic() < held.due

    def is_in_vain(self, rejected: Token) -> bool:
        """Whether asking for another token than the rejected one is of no use for now."""
        return self._times_in_vain(rejected, self._clock.monotonic()) >= MOST_IN_VAIN

    def begin(self, rejected: Token | None) -> "asyncio.Task[Held | TokenRefreshError]":
        """What is under way, for whoever is going to wait for it; begun now where nothing is.

        It goes on when those who wait for it have left.

        Args:
            rejected: The token that was met by a 401; None where it is about a token's age.
        """
        flight = self._flight
        if flight is None:
            self._account = self._endpoint.account(self._observer) if self._observer.listens else None
            # It belongs to no call, so it knows nothing of the one that came first.
            flight = asyncio.get_running_loop().create_task(self._fly(rejected), context=contextvars.Context())
            self._flight, self._flight_for = flight, rejected
            flight.add_done_callback(self._land)
        if self._account is not None:
            self._account.await_it()
        return flight

    async def _fly(self, rejected: Token | None) -> Held | TokenRefreshError:
        account = self._account
        if account is None:
            return await self._obtain(rejected)
        try:
            result = await self._obtain(rejected)
        except BaseException as error:
            account.end(error)
            raise
        account.end(result if isinstance(result, TokenRefreshError) else None)
        return result

    def _land(self, flight: "asyncio.Task[Held | TokenRefreshError]") -> None:
        # The account holds the contexts of those who waited.
        self._flight = self._account = None
        if not flight.cancelled() and (error := flight.exception()) is not None:
            logger.error("Renewing tokens failed: %s", type(error).__name__)

    async def _obtain(self, rejected: Token | None) -> Held | TokenRefreshError:
        """The tokens of the store if they are good, or new ones."""
        try:
            for _ in range(MOST_HOLDS):
                # Who needs no new token needs no lock.
                if self._kept.unsaved is None and self.is_good(held := await self._kept.read(), rejected):
                    return held
                try:
                    async with self._kept.hold() as hold:
                        return await self._decide(rejected, hold)
                except HoldLostError:
                    continue
        except TokenRefreshError as error:
            return error
        return TokenEndpointError("This process stood still while it renewed the tokens, again and again")

    async def _decide(self, rejected: Token | None, hold: Hold) -> Held:
        """Inside the lock: what the store says now counts, not what it said before."""
        await self._kept.save(tries=1)
        held = self._kept.held
        if held is None or self._kept.unsaved is None:
            held = await self._kept.read()
        return held if self.is_good(held, rejected) else await self._refresh(held.tokens, rejected, hold)

    async def _refresh(self, before: PortalTokens, rejected: Token | None, hold: Hold) -> Held:
        refresh_token = before.refresh_token
        if refresh_token is None:
            raise ReconnectError("The access token has ended, and the portal gave no refresh token with it")
        if refresh_token == self._refused:
            raise ReconnectError("The portal has refused to renew these tokens before")
        about_to_send = partial(self._kept.extend, hold)
        answer = await self._endpoint.refresh(before, refresh_token, about_to_send, self._account)
        if isinstance(answer, Refusal):
            there = await self._kept.read()
            if there.tokens.generation != before.generation:
                # Somebody has connected anew, past all locks.
                return there
            self._refused = refresh_token
            code = f" {answer.code}" if answer.code else ""
            raise ReconnectError(f"The portal refused to renew the tokens ({answer.status}{code})", code=answer.code)
        if rejected is not None:
            life = math.inf if answer.life is None else answer.life
            now = self._clock.monotonic()
            times = self._times_in_vain(rejected, now) + 1
            self._from_401 = (answer.access_token, now + min(USELESS, life / 2), times)
        is_other = answer.refresh_token != refresh_token
        held = self._kept.take(answer, before.generation, is_urgent=is_other)
        await self._kept.save(tries=SAVE_TRIES)
        # Where the store has moved on meanwhile, past all locks, it is right.
        return held if self._kept.held is held else await self._kept.read()

    def _times_in_vain(self, rejected: Token, now: float) -> int:
        if self._from_401 is None:
            return 0
        token, until, times = self._from_401
        return times if token == rejected and now < until else 0
