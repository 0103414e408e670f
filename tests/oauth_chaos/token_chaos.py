"""Many processes over one store, and a token endpoint that fails: what came of it, by the portal's book."""

import asyncio
import json
import sys
import time
from collections import Counter, defaultdict
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
    Fault.STALL_AFTER_COMMIT,
)

WORKER = str(Path(__file__).with_name("token_worker.py"))


@attrs.frozen(kw_only=True)
class TokenReport:
    """What the portal saw, and what the workers say."""

    counts: Counter[str]
    renewed: int
    faults: int
    overlaps: int
    """Pairs of requests of two workers for one grant that were under way at once."""
    dead_tokens: int
    """Calls with a token that was dead when it arrived."""
    replayed: int
    """Refresh tokens that were spent again when another had been in use."""
    ended: int
    """Grants that the portal ended for that."""
    lost: int
    """Owners whose refresh token in the store is not the one that the portal takes."""


async def chaos(
    store: str,
    *,
    rules: OAuthRules,
    workers: int,
    renewals: int,
    owners: int,
    seed: int = 33,
    share: float = 0.2,
    control: bool = False,
    pause: float = 0.05,
) -> TokenReport:
    """Runs the workers until so many renewals were asked for."""
    epoch = time.time()
    clock = SharedClock(SPEED, epoch)
    faults = Faults(seed=seed, share=share, kinds=KINDS, path="/oauth/tokens")
    names = [f"owner-{number}" for number in range(owners)]
    async with Sandbox(clock=clock, rate_limit=None, oauth=rules, faults=faults) as sandbox:
        kept = store_of(store)
        await _connect(sandbox, kept, clock, names)
        plan: dict[str, Any] = {
            "speed": SPEED,
            "epoch": epoch,
            "store": store,
            "manage_url": sandbox.manage_url,
            "url": sandbox.url,
            "owners": names,
            "control": control,
            # A portal that is swamped hears a call when its token has died on the way.
            "pause": pause,
        }
        processes = [
            await asyncio.create_subprocess_exec(
                sys.executable,
                WORKER,
                json.dumps(plan | {"number": number}),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
            )
            for number in range(workers)
        ]
        # So many, however long it takes: a busy machine has the same to do.
        while len(_renewals(sandbox)) < renewals and all(process.returncode is None for process in processes):
            await asyncio.sleep(0.05)
        outputs = await asyncio.gather(*(process.communicate(b"") for process in processes))
        counts: Counter[str] = Counter()
        for output, _ in outputs:
            counts.update(json.loads(output))
        takes = {
            Token(token) for grant in sandbox.oauth.grants for token in (grant.refresh_token, grant.previous) if token
        }
        found = [await kept.load(name) for name in names]
        if hasattr(kept, "aclose"):
            await kept.aclose()
        asked = _renewals(sandbox)
        return TokenReport(
            counts=counts,
            renewed=sum(request.status == 200 for request in asked),
            faults=sum(request.fault is not None for request in asked),
            overlaps=_overlaps(asked),
            dead_tokens=sum(request.status == 401 for request in sandbox.requests),
            replayed=sum(grant.replayed for grant in sandbox.oauth.grants),
            ended=sum(grant.is_revoked for grant in sandbox.oauth.grants),
            lost=sum(tokens is None or tokens.refresh_token not in takes for tokens in found),
        )


async def _connect(sandbox: Sandbox, kept: Any, clock: SharedClock, names: list[str]) -> None:
    async with OAuthApp(
        client_id="sandbox-app",
        client_secret="sandbox-secret",
        redirect_uri="http://127.0.0.1/callback",
        base_url=sandbox.manage_url,
        tokens=kept,
        clock=clock,
    ) as app:
        for name in names:
            for _ in range(20):
                start = await app.begin()
                try:
                    await app.finish(name, sandbox.oauth.approve(start.url), start.cookie)
                    break
                except Exception:
                    # The first tokens are hit as well: a code is good once.
                    continue


def _renewals(sandbox: Sandbox) -> list[ReceivedRequest]:
    return [request for request in sandbox.token_requests if b'"grant_type":"refresh_token"' in request.body]


def _overlaps(asked: list[ReceivedRequest]) -> int:
    by_grant: defaultdict[str, list[ReceivedRequest]] = defaultdict(list)
    for request in asked:
        by_grant[request.grant].append(request)
    return sum(
        first.headers["user-agent"] != second.headers["user-agent"] and second.at < (first.ended_at or float("inf"))
        for requests in by_grant.values()
        for first, second in pairwise(requests)
    )
