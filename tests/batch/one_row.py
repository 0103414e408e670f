"""One row, on real parts: records in a database, a portal on a socket, and a process that can be killed anywhere."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import attrs
from batch_given import PORTAL, clock, row

from mijnklantportaal_async import PortalSession
from mijnklantportaal_async.batch import FlowSettings, JobRow, Jobs, SharedRateLimiter
from mijnklantportaal_async.batch.database import Database
from mijnklantportaal_async.batch.feed import Feed
from mijnklantportaal_async.batch.flow import RowFlow
from mijnklantportaal_async.batch.ledger import Ledger, Verdict
from mijnklantportaal_async.batch.portal_desk import Known
from mijnklantportaal_async.batch.rows import RowAtWork, State
from mijnklantportaal_async.batch.tables import Tables
from mijnklantportaal_async.calling.rate_limit import Priority
from mijnklantportaal_async.calling.retry import Timeouts
from mijnklantportaal_async.sandbox import Sandbox

IDENTITY = "the portal"


class Killed(BaseException):
    """As a process dies: nothing after it happens."""


class DyingLedger(Ledger):
    """Kills the process around the moments in which something is recorded: "before", "after", or "none".

    Attributes:
        kills: What is still to come, one for each moment.
        ends: What was recorded of rounds.
    """

    def __init__(self, database: Database, kills: list[str] | None = None) -> None:
        super().__init__(database, Tables(database.schema))
        self.kills = kills if kills is not None else []
        self.ends: list[Verdict] = []

    async def intend(self, at_work: RowAtWork) -> None:
        kill = self._fate("before")
        await super().intend(at_work)
        if kill == "after":
            raise Killed

    async def end(self, at_work: RowAtWork, verdict: Verdict, identity: str) -> None:
        kill = self._fate("before")
        await super().end(at_work, verdict, identity)
        self.ends.append(verdict)
        if kill == "after":
            raise Killed

    def _fate(self, deadly: str) -> str:
        kill = self.kills.pop(0) if self.kills else "none"
        if kill == deadly:
            raise Killed
        return kill


class OneRow:
    """A row that is submitted, and whoever works on it.

    Args:
        url: Of the database.
        sandbox: The portal.
        kills: As `DyingLedger` takes them.
        change: Makes another flow than the usual one.
        flow: Settings of the flow.
    """

    def __init__(
        self,
        url: str,
        sandbox: Sandbox,
        kills: list[str] | None = None,
        *,
        change: Callable[..., RowFlow] = RowFlow,
        **flow: Any,
    ) -> None:
        self.url = url
        self.sandbox = sandbox
        self.database = Database(url)
        self.ledger = DyingLedger(self.database, kills)
        self._change = change
        # A worker that is gone is waited for as long as its proof was good: seconds of the machine.
        self._settings = FlowSettings(**{"fence": 0.5} | flow)
        self._given: list[tuple[str, int]] = []

    async def submit(self, request: Any = None, **more: Any) -> "OneRow":
        async with Jobs(self.url) as jobs:
            await jobs.submit(
                [JobRow(request=row(0) if request is None else request, **more)], job="job", portal=PORTAL
            )
        return self

    @asynccontextmanager
    async def process(self, *, longest_answer: float | None = 0.0, **session: Any) -> AsyncIterator[RowFlow]:
        """What a worker process has of the portal; a new one for each life."""
        limiter = SharedRateLimiter(self.database, api_key=self.sandbox.api_key, clock=clock())
        portal = PortalSession(
            **({} if "auth" in session else {"api_key": self.sandbox.api_key})
            | {
                "base_url": self.sandbox.url,
                "rate_limit": limiter,
                "reconcile": None,
                "priority": Priority.BACKGROUND,
                "timeouts": Timeouts(queue=None, attempt=30.0, call=None),
                "clock": clock(),
            }
            | session,
        )
        flow = self._change(
            portal=portal,
            limiter=limiter,
            records=Known(self.ledger, IDENTITY, lambda: None),
            settings=self._settings,
            clock=clock(),
            longest_answer=longest_answer,
        )
        try:
            yield flow
        finally:
            await flow.aclose()
            await portal.aclose()
            await limiter.aclose()

    async def begin(self) -> RowAtWork | None:
        """Takes the row, as an engine gives it out: the round that was not ended, or the next."""
        fresh: list[tuple[str, int]] = []
        portals = await self.ledger.portals()
        await Feed(self.database, Tables(self.database.schema)).give(
            dict.fromkeys(portals, (IDENTITY, "queue")), 1, lambda _, __, row_id, number: fresh.append((row_id, number))
        )
        self._given = fresh or self._given
        return await self.ledger.begin(*self._given[-1], f"owner {len(self.ledger.ends)}", portals)

    async def live(self, rounds: int = 50, **session: Any) -> Verdict:
        """Runs the row to its end, with a new process after each kill."""
        for _ in range(rounds):
            async with self.process(**session) as flow:
                try:
                    at_work = await self.begin()
                    if at_work is None:
                        break
                    # Nobody waits for what would come later: the next round is now.
                    verdict = attrs.evolve(await flow.run(at_work), wait=0.0)
                    await self.ledger.end(at_work, verdict, IDENTITY)
                except Killed:
                    continue
        assert self.ledger.ends[-1].state is not State.WAITING, self.ledger.ends
        return self.ledger.ends[-1]

    def close(self) -> None:
        self.database.close()
