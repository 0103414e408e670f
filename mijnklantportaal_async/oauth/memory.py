"""Stores in the memory of one process: for tests, and for programs that may ask the owner again after a restart."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from weakref import WeakValueDictionary

from mijnklantportaal_async.oauth.stores import Begun, Hold
from mijnklantportaal_async.oauth.tokens import PortalTokens

MOST_BEGUN = 10_000
"""Authorizations that are kept at once. Whoever begins more than that pushes out the oldest."""


class TurnTaking:
    """A lock for each owner, as long as somebody uses it."""

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def of(self, owner: str) -> asyncio.Lock:
        """The lock of an owner. Keep it by a name while it is held."""
        lock = self._locks.get(owner)
        if lock is None:
            lock = self._locks[owner] = asyncio.Lock()
        return lock


class NeverLost:
    """A hold that ends only with the process, or when it is given back."""

    async def extend(self, seconds: float) -> None:
        """Nothing: nobody else can get it."""


class MemoryTokenStore:
    """Tokens in memory."""

    def __init__(self) -> None:
        self._tokens: dict[str, PortalTokens] = {}
        self._turns = TurnTaking()

    async def load(self, owner: str) -> PortalTokens | None:
        """As `TokenStore.load`."""
        return self._tokens.get(owner)

    async def save(self, owner: str, tokens: PortalTokens | None, expected: str | None) -> bool:
        """As `TokenStore.save`."""
        now = self._tokens.get(owner)
        if (None if now is None else now.generation) != expected:
            return False
        if tokens is None:
            self._tokens.pop(owner, None)
        else:
            self._tokens[owner] = tokens
        return True

    @asynccontextmanager
    async def hold(self, owner: str) -> AsyncGenerator[Hold]:
        """As `TokenStore.hold`."""
        lock = self._turns.of(owner)
        async with lock:
            yield NeverLost()


class MemoryStateStore:
    """What was begun, in memory. With several processes an owner may come back to another: use one that they share.

    Args:
        most: How many are kept at once.
    """

    def __init__(self, most: int = MOST_BEGUN) -> None:
        self._most = most
        self._begun: dict[str, Begun] = {}

    async def put(self, key: str, begun: Begun) -> None:
        """As `StateStore.put`."""
        while len(self._begun) >= self._most:
            del self._begun[next(iter(self._begun))]
        self._begun[key] = begun

    async def take(self, key: str) -> Begun | None:
        """As `StateStore.take`."""
        return self._begun.pop(key, None)
