"""Three portals in a process of their own: whoever dies, they do not. Tells what they hold when asked on stdin."""

import asyncio
import json
import sys
from collections import Counter
from contextlib import AsyncExitStack
from typing import Any

from chaos_plan import PORTALS, ChaosPlan, identity, rows_before

from mijnklantportaal_async.sandbox import Fault, Faults, Manner, Sandbox

MANNERS = (
    {Manner.LAGGING_REPLICAS, Manner.TEXTS_IN_NFC},
    {Manner.APPOINTMENTS_IN_PAGES, Manner.STRAY_COMMA, Manner.CUSTOMERS_FILLED_IN},
    {Manner.APPOINTMENTS_IN_PAGES, Manner.CACHED_LISTS, Manner.CANCELED_NOT_LISTED, Manner.TEXTS_TRIMMED},
)
"""Of each portal: such as leave nothing unknown where the settle time is right."""


def make_portal(plan: ChaosPlan, number: int) -> Sandbox:
    delay = plan.delay * plan.speed
    random_faults = Faults(seed=plan.seed * 1000 + number, share=plan.share, delay=delay)
    portal = Sandbox(
        speed=plan.speed,
        keys={f"key-of-{PORTALS[number]}": {"appointments.read", "appointments.write"}},
        faults=None if plan.slow_posts is not None else random_faults,
        manners=MANNERS[number],
    )
    if plan.slow_posts is not None:
        portal.fail_next(Fault.SLOW_COMMIT, times=10**9, method="POST", delay=plan.slow_posts * plan.speed)
    for row in rows_before(plan):
        if row.portal == PORTALS[number]:
            new = row.request
            portal.add_appointment(
                name=new.name,
                starts_at=new.starts_at,
                ends_at=new.ends_at,
                customer_id=new.customer_id,
                attendee_name=new.attendee_name,
                attendee_email=new.attendee_email,
            )
    return portal


def state(portal: Sandbox, before: list[str]) -> dict[str, Any]:
    requests = portal.requests
    return {
        "before": before,
        "calendar": [[item.id, *identity(item)] for item in portal.appointments],
        "in_progress": portal.requests_in_progress,
        "requests": len(requests),
        "methods": Counter(request.method for request in requests),
        "faults": Counter(f"{request.method} {request.fault.value}" for request in requests if request.fault),
        # Those that the portal means: the key was used too often.
        "refused": sum(request.status == 429 and request.fault is None for request in requests),
        "seconds": requests[-1].at - requests[0].at if requests else 0.0,
    }


async def main(plan: ChaosPlan) -> None:
    async with AsyncExitStack() as stack:
        portals = [await stack.enter_async_context(make_portal(plan, number)) for number in range(len(PORTALS))]
        before = [[item.id for item in portal.appointments] for portal in portals]
        print(
            json.dumps({name: [portal.url, portal.api_key] for name, portal in zip(PORTALS, portals, strict=True)}),
            flush=True,
        )
        # Until whoever started this closes the pipe, or is gone.
        while await asyncio.to_thread(sys.stdin.readline):
            states = [state(portal, ids) for portal, ids in zip(portals, before, strict=True)]
            print(json.dumps(states), flush=True)


if __name__ == "__main__":
    asyncio.run(main(ChaosPlan.from_json(sys.argv[1])))
