"""What is sent for a row goes at once with the proof that it may, or not at all."""

from pathlib import Path
from typing import Any

import pytest
from chaos_plan import ChaosPlan, portal_named, wanted_rows

from mijnklantportaal_async import Clock, PortalSession, Priority, Timeouts
from mijnklantportaal_async.batch import FlowSettings, SharedRateLimiter
from mijnklantportaal_async.batch.flow import RowFlow
from mijnklantportaal_async.batch.planning import make_plan
from mijnklantportaal_async.batch.rows import BatchRow
from mijnklantportaal_async.sandbox import Sandbox

SPEED = 200.0

FRESH, STALE = "fresh-token", "stale-token"


class TokensThatRunOut:
    """The first is refused; then there is another."""

    def __init__(self) -> None:
        self.now = STALE

    async def token(self) -> str:
        return self.now

    async def refresh(self, rejected: str) -> str | None:
        self.now = FRESH
        return FRESH


class NothingElse:
    """No other rows, and nothing in the calendar."""

    async def noted(self, note_id: str) -> frozenset[str]:
        return frozenset()

    async def have_ended(self, row_ids: Any) -> bool:
        return True

    async def taken(self, row: BatchRow) -> frozenset[str]:
        return frozenset()


class Watched:
    """Runs steps, and notes how many requests the portal had seen after each."""

    def __init__(self, portal: Sandbox) -> None:
        self._portal = portal
        self.seen: list[tuple[str, list[int | None]]] = []

    async def step(self, name: str, function: Any) -> Any:
        result = await function()
        self.seen.append((name, [request.status for request in self._portal.requests]))
        return result


@pytest.mark.timeout(60)
async def test_a_fresh_token_is_sent_with_a_fresh_proof(tmp_path: Path) -> None:
    """Not at once after the 401: it would wait for the rate limit first, and by then the row may be another's."""
    home = portal_named("noord")
    (row, *_) = make_plan(
        wanted_rows(ChaosPlan(rows=3, portals=1)),
        job="late",
        portals={home.name: home},
        default=home,
        source="",
        existing=[],
        known_notes=[],
    ).rows
    clock = Clock(SPEED)
    async with Sandbox(speed=SPEED, keys={FRESH: {"appointments.read", "appointments.write"}}) as portal:
        limiter = SharedRateLimiter(f"sqlite:///{tmp_path}/jobs.db", name="shared", clock=clock)
        async with PortalSession(
            auth=TokensThatRunOut(),
            base_url=portal.url,
            rate_limit=limiter,
            reconcile=None,
            timeouts=Timeouts(queue=None, call=None),
            priority=Priority.BACKGROUND,
            clock=clock,
        ) as session:
            flow = RowFlow(portal=session, limiter=limiter, ledger=NothingElse(), settings=FlowSettings(), clock=clock)
            steps = Watched(portal)
            verdict = await flow.run(row.to_json(), steps)
            await flow.aclose()
        await limiter.aclose()
        assert verdict["outcome"] == "done"
        assert steps.seen == [("intent", []), ("attempt", [401]), ("intent", [401]), ("attempt", [401, 201])]
        assert len(portal.appointments) == 1
        assert limiter.snapshot().in_flight == 0
