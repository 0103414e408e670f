"""A process that calls in the name of owners for a while, over stores that it shares with others."""

import asyncio
import itertools
import json
import sys
import time
from collections import Counter, defaultdict
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from mijnklantportaal_async import AuthenticationError, Clock, NotFoundError, TokenRefreshError, TransportError
from mijnklantportaal_async.events import AttemptFinished, CallStarted, Event
from mijnklantportaal_async.oauth import (
    FileTokenStore,
    Hold,
    OAuthApp,
    PortalTokens,
    ReconnectError,
    SqlTokenStore,
    TokenStore,
)
from mijnklantportaal_async.portals import Portals

ALL_HAVE_DECIDED = 0.5
"""Seconds of the machine between the decision of the control and its lock."""


class SharedClock(Clock):
    """Runs faster than the machine's, in step in all processes that begin with the same epoch."""

    def __init__(self, speed: float, epoch: float) -> None:
        super().__init__(speed)
        self._epoch = epoch

    def wall(self) -> float:
        """Seconds since 1970, in step with the others."""
        return self._epoch + (time.time() - self._epoch) * self.speed


class DecidedBefore:
    """The control: a store that answers inside the lock what it answered before it, as if nobody looked again.

    Between the two all others get the time to decide as well.
    """

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
        self._inside.add(owner)
        try:
            await asyncio.sleep(ALL_HAVE_DECIDED)
            async with self._store.hold(owner) as hold:
                yield hold
        finally:
            self._inside.discard(owner)


def store_of(where: str) -> Any:
    return SqlTokenStore(where) if "://" in where else FileTokenStore(where)


class Worker:
    """Calls until it is told to stop, and keeps an account of it."""

    def __init__(self, plan: dict[str, Any]) -> None:
        self.plan = plan
        self.name = f"worker-{plan['number']}"
        self.clock = SharedClock(plan["speed"], plan["epoch"])
        self.counts: Counter[str] = Counter()
        self.rejected: defaultdict[str, list[float]] = defaultdict(list)
        """Path -> seconds from before its token was asked for until its 401, of each; a path is used for one call."""
        self.asked_at: dict[str, float] = {}
        self.numbers = itertools.count()
        self.stopped = asyncio.Event()

    def hear(self, event: Event) -> None:
        match event:
            case CallStarted(path=path):
                self.asked_at[path] = self.clock.monotonic()
            case AttemptFinished(status=401, path=path):
                now = self.clock.monotonic()
                self.rejected[path].append(now - self.asked_at[path])
                self.asked_at[path] = now
            case _:
                pass

    async def work(self) -> None:
        async with AsyncExitStack() as stack, asyncio.TaskGroup() as tasks:
            for place in self.plan["places"]:
                store = store_of(place["store"])
                if hasattr(store, "aclose"):
                    stack.push_async_callback(store.aclose)
                app = OAuthApp(
                    client_id="sandbox-app",
                    client_secret="sandbox-secret",
                    redirect_uri="http://127.0.0.1/callback",
                    base_url=place["manage_url"],
                    tokens=DecidedBefore(store) if self.plan["control"] else store,
                    user_agent=self.name,
                    clock=self.clock,
                )
                await stack.enter_async_context(app)
                portals = Portals(
                    app,
                    base_url=place["url"],
                    rate_limit=None,
                    clock=self.clock,
                    hooks=[self.hear],
                    user_agent=self.name,
                )
                await stack.enter_async_context(portals)
                for owner in place["owners"]:
                    for _ in range(2):
                        tasks.create_task(self.call(portals, owner))
            tasks.create_task(self.listen())

    async def listen(self) -> None:
        # The end of the input is the word to stop.
        await asyncio.to_thread(sys.stdin.read)
        self.stopped.set()

    async def call(self, portals: Portals, owner: str) -> None:
        while not self.stopped.is_set():
            try:
                await portals[owner].get_appointment(f"apt_{self.name}_{next(self.numbers)}")
            except NotFoundError:
                self.counts["done"] += 1
            except ReconnectError:
                self.counts["reconnect"] += 1
            except TokenRefreshError:
                self.counts["passing"] += 1
            except AuthenticationError:
                self.counts["unauthorized"] += 1
            except TransportError:
                # A machine that is very busy.
                self.counts["unheard"] += 1
            await asyncio.sleep(self.plan["pause"])


async def main(plan: dict[str, Any]) -> None:
    worker = Worker(plan)
    await worker.work()
    print(json.dumps({"counts": worker.counts, "rejected": worker.rejected}))


if __name__ == "__main__":
    asyncio.run(main(json.loads(sys.argv[1])))
