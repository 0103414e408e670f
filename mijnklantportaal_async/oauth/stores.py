"""Where tokens and begun authorizations are kept: the protocols, for stores of your own.

Three kinds are here: memory (`MemoryTokenStore`), files on one machine (`FileTokenStore`), and SQL for many machines
(`SqlTokenStore`).
"""

from contextlib import AbstractAsyncContextManager
from typing import Protocol

import attrs

from mijnklantportaal_async.oauth.tokens import PortalTokens


class HoldLostError(Exception):
    """Somebody else holds the tokens by now: this process stood still for too long."""


class Hold(Protocol):
    """The right to renew the tokens of one owner."""

    async def extend(self, seconds: float) -> None:
        """Asked right before each request: nobody else gets the hold for so many seconds of the machine from now.

        Raises:
            HoldLostError: Somebody else has it.
        """
        ...


class TokenStore(Protocol):
    """Keeps the tokens of owners. Owners are named by the application: its own number of an account, mostly."""

    async def load(self, owner: str) -> PortalTokens | None:
        """The tokens of an owner as they are now; None where there are none. Takes no lock.

        Raises:
            Exception: They cannot be read. Never None for that: None is "not connected".
        """
        ...

    async def save(self, owner: str, tokens: PortalTokens | None, expected: str | None) -> bool:
        """Puts tokens in the place of those of a generation, whole or not at all.

        Args:
            owner: Whose.
            tokens: The new ones; None to have none.
            expected: The generation that is there now; None where there is to be none.

        Returns:
            Whether they are there now. False: another generation was there, and still is.

        Raises:
            Exception: Nobody knows, or it could not be done.
        """
        ...

    def hold(self, owner: str) -> AbstractAsyncContextManager[Hold]:
        """Waits until nobody else renews the tokens of this owner, in whatever task, process or machine.

        Cancelling gives back what was granted meanwhile. What a process held that died is free in the end.
        """
        ...


@attrs.frozen(kw_only=True)
class Begun:
    """An authorization that was begun in a browser."""

    browser: str
    """A digest of the value in the browser's cookie."""
    at: float
    """Seconds since 1970."""


class StateStore(Protocol):
    """Keeps what was begun, for some minutes. `key` is a digest of `state`: nobody who reads the store can use it."""

    async def put(self, key: str, begun: Begun) -> None:
        """Keeps one more, and forgets the oldest where there are too many."""
        ...

    async def take(self, key: str) -> Begun | None:
        """Hands one out and forgets it, so that of two who ask at once one gets it; None where there is none."""
        ...
