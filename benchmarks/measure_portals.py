"""What a thousand portals of a thousand owners cost that each have made a call."""

import asyncio
import gc
import tracemalloc

import attrs

from benchmarks.server_process import ServerProcess
from mijnklantportaal_async.calling.auth import Token
from mijnklantportaal_async.oauth import MemoryTokenStore, OAuthApp, PortalTokens
from mijnklantportaal_async.portals import Portals

GOAL = 20_000
"""Bytes of each portal."""


@attrs.frozen(kw_only=True)
class PortalsResult:
    """Traced memory of so many open portals."""

    portals: int
    bytes_each: float
    tasks_each: float


async def measure_portals(server: ServerProcess, *, portals: int) -> PortalsResult:
    """Opens so many portals, calls with each, and looks what is kept. The tokens in the store are not counted."""
    store = MemoryTokenStore()
    owners = [f"owner-{number}" for number in range(portals + 10)]
    for owner in owners:
        tokens = PortalTokens(access_token=Token(f"token-of-{owner}"), refresh_token=None, expires_at=None, life=None)
        await store.save(owner, tokens, None)
    app = OAuthApp(client_id="x", client_secret="x-secret", redirect_uri="https://x.example/callback", tokens=store)
    async with app, Portals(app, base_url=server.base_url) as mapping:
        for owner in owners[portals:]:
            # What is built at first use belongs to none of them.
            await mapping[owner].list_appointments()
        tasks = len(asyncio.all_tasks())
        gc.collect()
        tracemalloc.start()
        try:
            for owner in owners[:portals]:
                await mapping[owner].list_appointments()
            gc.collect()
            kept = tracemalloc.get_traced_memory()[0]
        finally:
            tracemalloc.stop()
        return PortalsResult(
            portals=portals, bytes_each=kept / portals, tasks_each=(len(asyncio.all_tasks()) - tasks) / portals
        )
