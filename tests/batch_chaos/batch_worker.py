"""A worker's life, in a process of its own, which somebody is going to kill or freeze."""

from collections.abc import Callable
from typing import Any

from chaos_flows import FLOWS
from chaos_plan import ChaosPlan, portal_named

from mijnklantportaal_async import Clock
from mijnklantportaal_async.batch import LeaseLostError, PortalAccess, Worker

LEASE_LOST = 3
"""Exit code of a worker that stood still for too long, and was told so."""


async def main(order: dict[str, Any], say: Callable[[dict[str, Any]], None]) -> int:
    plan = ChaosPlan.from_json(order["plan"])
    accesses = {
        name: PortalAccess(base_url=url, api_key=key, address=portal_named(name).address)
        for name, (url, key) in order["portals"].items()
    }
    worker = Worker(
        order["database"],
        portals=accesses,
        settings=plan.worker_settings,
        clock=Clock(plan.speed),
        make_flow=FLOWS[plan.flow],
    )
    await worker.start([portal_named(name) for name in accesses])
    say({"name": worker.name})
    try:
        await worker.wait()
    except LeaseLostError:
        return LEASE_LOST
    finally:
        await worker.stop()
    return 0
