"""Many processes over shared stores, and a token endpoint that fails: what came of it, by the portal's book."""

import asyncio
import json
import sys
import time
from collections import Counter, defaultdict
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import attrs
from token_worker import SharedClock, store_of

from mijnklantportaal_async.calling.auth import Token
from mijnklantportaal_async.oauth import OAuthApp
from mijnklantportaal_async.sandbox import Fault, Faults, OAuthRules, ReceivedRequest, Sandbox

SPEED = 10.0
LIFE = 20.0
"""Portal seconds: two of the machine."""

KINDS = (
    Fault.DROP_BEFORE_COMMIT,
    Fault.DROP_AFTER_COMMIT,
    Fault.HALF_BODY,
    Fault.BAD_GATEWAY,
    Fault.UNAVAILABLE_BEFORE_COMMIT,
    Fault.UNAVAILABLE_AFTER_COMMIT,
    Fault.TOO_MANY_REQUESTS,
    Fault.MALFORMED_JSON,
    Fault.HTML_AFTER_COMMIT,
)
"""What is over at once."""

WORKER = str(Path(__file__).with_name("token_worker.py"))


@attrs.frozen(kw_only=True)
class Place:
    """A portal, and the owners whose tokens lie in one store."""

    sandbox: Sandbox
    store: str
    owners: tuple[str, ...]


@attrs.frozen(kw_only=True)
class TokenReport:
    """What a portal saw, and what the workers say."""

    counts: Counter[str]
    """Of all portals together."""
    renewed: int
    faults: int
    overlaps: int
    """Pairs of requests of two workers for one grant that were under way at once."""
    dead_tokens: int
    """Calls whose token had ended before they asked for one. One that ends on the way is nobody's fault."""
    replayed: int
    """Refresh tokens that were spent again when another had been in use."""
    ended: int
    """Grants that the portal ended for that."""
    lost: int
    """Owners whose refresh token in the store is not the one that the portal takes."""


@attrs.frozen(kw_only=True)
class TokenChaos:
    """What is tried.

    Attributes:
        stores: Where tokens lie: a folder, or the URL of a database.
        portals: The rules of each portal. Each has owners of its own in each store.
        workers: Processes.
        owners: Of each portal in each store.
        seed: Of the faults.
        share: Of the requests for tokens that fail.
        kinds: How they fail.
        is_control: Whether the decision is taken before the lock.
        pause: Seconds between two calls of a task. A portal that is swamped hears a call when its token is long dead.
    """

    stores: Sequence[str]
    portals: Sequence[OAuthRules]
    workers: int
    owners: int
    seed: int = 33
    share: float = 0.2
    kinds: Sequence[Fault] = KINDS
    is_control: bool = False
    pause: float = 0.4

    async def run(self, until: Callable[[Sandbox], bool]) -> list[TokenReport]:
        """Runs the workers until every portal has seen enough: a busy machine has the same to do, and takes longer.

        All tokens end at once when every worker has begun, and from then on by themselves.
        """
        epoch = time.time()
        clock = SharedClock(SPEED, epoch)
        faults = Faults(seed=self.seed, share=self.share, kinds=self.kinds, path="/oauth/tokens")
        async with AsyncExitStack() as stack:
            sandboxes = [
                await stack.enter_async_context(Sandbox(clock=clock, rate_limit=None, oauth=rules, faults=faults))
                for rules in self.portals
            ]
            places = [
                Place(sandbox=sandbox, store=store, owners=tuple(f"{at}-{owner}" for owner in range(self.owners)))
                for at, sandbox in enumerate(sandboxes)
                for store in self.stores
            ]
            for place in places:
                await _connect(place, clock)
            processes = [
                await stack.enter_async_context(self._worker(number, epoch, places)) for number in range(self.workers)
            ]
            names = {f"worker-{number}" for number in range(self.workers)}
            await _until(processes, lambda: all(names <= _heard(sandbox) for sandbox in sandboxes))
            for sandbox in sandboxes:
                sandbox.oauth.end_access_tokens()
            await _until(processes, lambda: all(map(until, sandboxes)))
            said = [json.loads((await process.communicate(b""))[0]) for process in processes]
            counts: Counter[str] = sum((Counter(one["counts"]) for one in said), Counter())
            rejected: dict[str, list[float]] = {path: spent for one in said for path, spent in one["rejected"].items()}
            return [
                await _report(sandbox, [place for place in places if place.sandbox is sandbox], counts, rejected)
                for sandbox in sandboxes
            ]

    @asynccontextmanager
    async def _worker(
        self, number: int, epoch: float, places: Sequence[Place]
    ) -> AsyncGenerator[asyncio.subprocess.Process]:
        plan: dict[str, Any] = {
            "number": number,
            "speed": SPEED,
            "epoch": epoch,
            "control": self.is_control,
            "pause": self.pause,
            "places": [
                {
                    "store": place.store,
                    "manage_url": place.sandbox.manage_url,
                    "url": place.sandbox.url,
                    "owners": place.owners,
                }
                for place in places
            ],
        }
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(
            sys.executable, WORKER, json.dumps(plan), stdin=pipe, stdout=pipe
        )
        try:
            yield process
        finally:
            if process.returncode is None:
                process.kill()
                await process.communicate()


async def _until(processes: Sequence[asyncio.subprocess.Process], happened: Callable[[], bool]) -> None:
    while not happened():
        assert all(process.returncode is None for process in processes), "a worker has ended"
        await asyncio.sleep(0.05)


def _heard(sandbox: Sandbox) -> set[str]:
    return {request.headers["user-agent"].partition(" ")[0] for request in sandbox.requests}


async def _connect(place: Place, clock: SharedClock) -> None:
    kept = store_of(place.store)
    async with OAuthApp(
        client_id="sandbox-app",
        client_secret="sandbox-secret",
        redirect_uri="http://127.0.0.1/callback",
        base_url=place.sandbox.manage_url,
        tokens=kept,
        clock=clock,
    ) as app:
        for name in place.owners:
            for _ in range(20):
                start = await app.begin()
                try:
                    await app.finish(name, place.sandbox.oauth.approve(start.url), start.cookie)
                    break
                except Exception:
                    # The first tokens are hit as well: a code is good once.
                    continue
    if hasattr(kept, "aclose"):
        await kept.aclose()


async def _report(
    sandbox: Sandbox, places: Sequence[Place], counts: Counter[str], rejected: dict[str, list[float]]
) -> TokenReport:
    takes = {Token(token) for grant in sandbox.oauth.grants for token in (grant.refresh_token, grant.previous) if token}
    lost = 0
    for place in places:
        kept = store_of(place.store)
        found = [await kept.load(name) for name in place.owners]
        lost += sum(tokens is None or tokens.refresh_token not in takes for tokens in found)
        if hasattr(kept, "aclose"):
            await kept.aclose()
    asked = renewals(sandbox)
    return TokenReport(
        counts=counts,
        renewed=sum(request.status == 200 for request in asked),
        faults=sum(request.fault is not None for request in asked),
        overlaps=_overlaps(asked),
        dead_tokens=_dead_when_sent(sandbox, rejected),
        replayed=sum(grant.replayed for grant in sandbox.oauth.grants),
        ended=sum(grant.is_revoked for grant in sandbox.oauth.grants),
        lost=lost,
    )


def renewals(sandbox: Sandbox) -> list[ReceivedRequest]:
    """The requests that spent a refresh token."""
    return [request for request in sandbox.token_requests if b'"grant_type":"refresh_token"' in request.body]


def _dead_when_sent(sandbox: Sandbox, rejected: dict[str, list[float]]) -> int:
    by_path: defaultdict[str, list[float | None]] = defaultdict(list)
    for request in sandbox.requests:
        if request.status == 401:
            by_path[request.path.removeprefix("/v1")].append(request.dead_for)
    return sum(
        dead_for is not None and dead_for > spent
        for path, all_dead in by_path.items()
        # Of an answer that was not heard nobody knows how long it was on its way.
        if len(rejected.get(path, ())) == len(all_dead)
        for dead_for, spent in zip(all_dead, rejected[path], strict=True)
    )


def _overlaps(asked: list[ReceivedRequest]) -> int:
    by_grant: defaultdict[str, list[ReceivedRequest]] = defaultdict(list)
    for request in asked:
        by_grant[request.grant].append(request)
    return sum(
        first.headers["user-agent"] != second.headers["user-agent"] and second.at < (first.ended_at or float("inf"))
        for requests in by_grant.values()
        for first, second in pairwise(requests)
    )
