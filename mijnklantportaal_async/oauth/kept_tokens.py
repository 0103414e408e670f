"""The tokens of one owner, in their store and in hand; and those that a store would not take, until it does."""

import asyncio
import math
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeAlias

import attrs

from mijnklantportaal_async.calling.observe import logger
from mijnklantportaal_async.oauth.errors import ReconnectError, TokenSaveError, TokenStoreError
from mijnklantportaal_async.oauth.stores import Hold, HoldLostError, TokenStore
from mijnklantportaal_async.oauth.tokens import PortalTokens, margin_of
from mijnklantportaal_async.values.clock import Clock
from mijnklantportaal_async.values.unset import UNSET, UnsetType

LOOK_EVERY = 30.0
"""Seconds between two looks into the store while a token is good: elsewhere the owner may have connected anew."""

ON_ITS_WAY = 5.0
"""Seconds before its end from which on a token is not sent any more, where it lives for long enough."""

ON_ITS_WAY_PART = 0.05
"""The part of a short life that is left then."""

SAVE_TRIES = 3

SAVE_PAUSE = 0.2
"""Seconds between two tries to save."""

SaveFunction: TypeAlias = Callable[[str, PortalTokens | None, str | None], Coroutine[Any, Any, bool]]


@attrs.frozen
class Held:
    """Tokens, and until when they are good by the clock that never goes back."""

    tokens: PortalTokens
    due: float
    """When they are to be renewed."""
    dead: float
    """When they are worth nothing any more."""


@attrs.frozen
class Unsaved:
    """Tokens that no store has yet."""

    tokens: PortalTokens
    expected: str | UnsetType | None
    """The generation that they follow; UNSET where they take the place of whatever is there."""
    is_urgent: bool
    """Whether the store's refresh token may be worth nothing any more."""


class KeptTokens:
    """What is known of the tokens of one owner.

    Args:
        owner: Whose.
        store: Where they are kept.
        clock: Where time comes from.
        jitter: A random number from 0 to 1.

    Attributes:
        held: Those in hand; None where none were read yet, or there are none.
        unsaved: Those that the store has not taken. They are the ones in hand.
        look_at: When the store is to be looked into again.
    """

    __slots__ = ("_clock", "_jitter", "_owner", "_store", "held", "look_at", "unsaved")

    def __init__(self, owner: str, store: TokenStore, clock: Clock, jitter: Callable[[], float]) -> None:
        self._owner = owner
        self._store = store
        self._clock = clock
        self._jitter = jitter
        self.held: Held | None = None
        self.unsaved: Unsaved | None = None
        self.look_at = -math.inf

    async def read(self) -> Held:
        """Those that the store has now.

        Raises:
            ReconnectError: It has none.
            TokenStoreError: It cannot be read.
        """
        self.look_at = self._clock.monotonic() + LOOK_EVERY
        tokens = await self.load()
        if tokens is None:
            self.held = None
            raise ReconnectError("No portal is connected for this owner")
        if self.held is None or self.held.tokens.generation != tokens.generation:
            self.held = self._with_time(tokens)
        return self.held

    async def load(self) -> PortalTokens | None:
        """As the store has them, or None.

        Raises:
            TokenStoreError: It cannot be read.
        """
        try:
            return await self._store.load(self._owner)
        except Exception as error:
            raise TokenStoreError(f"The tokens of the owner cannot be read: {_said(error)}") from error

    def take(self, tokens: PortalTokens, expected: str | UnsetType | None, *, is_urgent: bool) -> Held:
        """Tokens that the portal has just given. They are in hand from here on, and not saved yet.

        Args:
            tokens: The tokens.
            expected: The generation that they follow; UNSET where they take the place of whatever is there.
            is_urgent: Whether those of the store may be worth nothing any more.
        """
        self.held = self._with_time(tokens)
        self.unsaved = Unsaved(tokens, expected, is_urgent)
        return self.held

    async def save(self, *, tries: int) -> None:
        """Saves what is not saved yet. Where the store has moved on, nothing is in hand afterwards.

        Raises:
            TokenSaveError: It cannot be saved, and the store's refresh token may be worth nothing any more. In all
                other cases the store is only behind, and it is tried again later.
        """
        unsaved = self.unsaved
        if unsaved is None:
            return
        failure: Exception | None = None
        is_saved = False
        for number in range(tries):
            if number:
                await self._clock.sleep(SAVE_PAUSE)
            try:
                expected = unsaved.expected
                if expected is UNSET:
                    there = await self._store.load(self._owner)
                    expected = None if there is None else there.generation
                is_saved = await _whole(self._store.save, self._owner, unsaved.tokens, expected)
            except Exception as error:  # noqa: BLE001 - whatever it was, the tokens are kept
                failure = error
            else:
                failure = None
                break
        if failure is None:
            self.unsaved = None
            if not is_saved:
                self.held = None
            return
        said = f"The new tokens of the owner cannot be saved: {_said(failure)}"
        logger.error("%s", said)
        if unsaved.is_urgent:
            raise TokenSaveError(said) from failure

    async def remove(self) -> bool:
        """Has none from here on, and the store neither; whether there were any.

        Raises:
            TokenStoreError: The store cannot be read or written to.
        """
        tokens = await self.load()
        self.held = self.unsaved = None
        if tokens is None:
            return False
        try:
            return await _whole(self._store.save, self._owner, None, tokens.generation)
        except Exception as error:
            raise TokenStoreError(f"The tokens of the owner cannot be removed: {_said(error)}") from error

    @asynccontextmanager
    async def hold(self) -> AsyncGenerator[Hold]:
        """The right to renew them.

        Raises:
            TokenStoreError: The store grants none.
        """
        holding = self._store.hold(self._owner)
        try:
            hold = await holding.__aenter__()
        except Exception as error:
            raise TokenStoreError(f"The tokens of the owner cannot be held: {_said(error)}") from error
        try:
            yield hold
        finally:
            try:
                await holding.__aexit__(None, None, None)
            except Exception as error:  # noqa: BLE001 - it ends by itself in the end; what was done is done
                logger.warning("The tokens of an owner cannot be let go: %s", _said(error))

    async def extend(self, hold: Hold, seconds: float) -> None:
        """Nobody else gets the hold for so many seconds of the machine from now.

        Raises:
            HoldLostError: Somebody else has it.
            TokenStoreError: The store does not say.
        """
        try:
            await hold.extend(seconds)
        except HoldLostError:
            raise
        except Exception as error:
            raise TokenStoreError(f"The tokens of the owner cannot be held any longer: {_said(error)}") from error

    def _with_time(self, tokens: PortalTokens) -> Held:
        """From here on by the clock that never goes back; before, the calendar's is all that processes share."""
        if tokens.expires_at is None or tokens.life is None:
            return Held(tokens, math.inf, math.inf)
        # A calendar clock that was set back lets no token live longer.
        end = self._clock.monotonic() + min(tokens.life, tokens.expires_at - self._clock.wall())
        # What is sent in the last moment is dead when it arrives.
        dead = end - min(ON_ITS_WAY, tokens.life * ON_ITS_WAY_PART)
        return Held(tokens, end - margin_of(tokens.life, self._jitter()), dead)


def _said(error: Exception) -> str:
    """What a store says. What it was given it may repeat, so it is one of ours or only its kind."""
    if type(error).__module__.startswith("mijnklantportaal_async") or isinstance(error, OSError):
        return f"{type(error).__name__}: {error}"
    return type(error).__name__


async def _whole(save: SaveFunction, owner: str, tokens: PortalTokens | None, expected: str | None) -> bool:
    """Saves to the end, also when whoever waits for it is cancelled meanwhile."""
    saving = asyncio.ensure_future(save(owner, tokens, expected))
    try:
        return await asyncio.shield(saving)
    except asyncio.CancelledError:
        if not saving.done():
            await asyncio.wait({saving})
        raise
