"""A process that calls in the name of owners for a while, over a store that it shares with others."""

import asyncio
import contextlib
import json
import sys
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from mijnklantportaal_async import AuthenticationError, Clock, TokenRefreshError
from mijnklantportaal_async.oauth import (
    FileTokenStore,
    Hold,
    MemoryTokenStore,
    OAuthApp,
    PortalTokens,
    ReconnectError,
    SqlTokenStore,
    TokenStore,
)
from mijnklantportaal_async.portals import Portals


class SharedClock(Clock):
    """Runs faster than the machine's, in step in all processes that begin with the same epoch."""

    def __init__(self, speed: float, epoch: float) -> None:
        super().__init__(speed)
        self._epoch = epoch

    def wall(self) -> float:
        """Seconds since 1970, in step with the others."""
        return self._epoch + (time.time() - self._epoch) * self.speed


class DecidedBefore:
    """The control: a store that answers inside the lock what it answered before it, as if nobody looked again."""

    def __init__(self, store: TokenStore) -> None:
        self._store = store
        self._seen: dict[str, PortalTokens | None] = {}
        self._inside: set[str] = set()

    async def load(self, owner: str) -> PortalTokens | None:
        if owner not in self._inside:
            self._seen[owner] = await self._store.load(owner)
        return self._seen[owner]

    async def save(self, owner: str, tokens: PortalTokens | None, expected: str | None) -> bool:
        now = await self._store.load(owner)
        self._seen[owner] = tokens
        return await self._store.save(owner, tokens, None if now is None else now.generation)

    @asynccontextmanager
    async def hold(self, owner: str) -> AsyncGenerator[Hold]:
        async with self._store.hold(owner) as hold:
            self._inside.add(owner)
            try:
                yield hold
            finally:
                self._inside.discard(owner)


def store_of(where: str) -> Any:
    if where == "memory":
        return MemoryTokenStore()
    return SqlTokenStore(where) if "://" in where else FileTokenStore(where)


async def main(plan: dict[str, Any]) -> None:
    clock = SharedClock(plan["speed"], plan["epoch"])
    store = store_of(plan["store"])
    app = OAuthApp(
        client_id="sandbox-app",
        client_secret="sandbox-secret",
        redirect_uri="http://127.0.0.1/callback",
        base_url=plan["manage_url"],
        tokens=DecidedBefore(store) if plan["control"] else store,
        user_agent=f"worker-{plan['number']}",
        clock=clock,
    )
    stopped = asyncio.Event()

    async def listen() -> None:
        # The end of the input is the word to stop.
        await asyncio.to_thread(sys.stdin.read)
        stopped.set()

    listening = asyncio.create_task(listen())
    counts = dict.fromkeys(("done", "passing", "reconnect", "unauthorized"), 0)
    async with app, Portals(app, base_url=plan["url"], rate_limit=None, clock=clock) as portals:

        async def work(owner: str) -> None:
            while not stopped.is_set():
                try:
                    await portals[owner].list_appointments()
                    counts["done"] += 1
                except ReconnectError:
                    counts["reconnect"] += 1
                except TokenRefreshError:
                    counts["passing"] += 1
                except AuthenticationError:
                    counts["unauthorized"] += 1
                await asyncio.sleep(plan["pause"])

        await asyncio.gather(*(work(owner) for owner in plan["owners"] for _ in range(2)))
    await listening
    with contextlib.suppress(AttributeError):
        await store.aclose()
    print(json.dumps(counts))


if __name__ == "__main__":
    asyncio.run(main(json.loads(sys.argv[1])))
