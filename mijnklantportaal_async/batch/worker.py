"""`Worker`: takes rows out of the database and brings them into their portals."""

import asyncio
import contextlib
import logging
import os
import secrets
import socket
import time
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self

import attrs

from mijnklantportaal_async.batch.database import Database, DatabaseTroubleError
from mijnklantportaal_async.batch.engine import EngineClient, Taken, read_id
from mijnklantportaal_async.batch.engine_worker import EngineWorker
from mijnklantportaal_async.batch.feed import Feed
from mijnklantportaal_async.batch.flow import RowFlow
from mijnklantportaal_async.batch.flow_settings import FlowSettings
from mijnklantportaal_async.batch.lease import LeaseBrokenError, LeaseLostError, both_clocks, lease_for, since
from mijnklantportaal_async.batch.ledger import Ledger, LostError
from mijnklantportaal_async.batch.portal_desk import Desk, Desks
from mijnklantportaal_async.batch.portals import PortalAccess, PortalSource, access_from_environment
from mijnklantportaal_async.batch.rows import Portal
from mijnklantportaal_async.batch.tables import Tables
from mijnklantportaal_async.calling.many import Unsettled
from mijnklantportaal_async.calling.retry import Timeouts
from mijnklantportaal_async.values.clock import Clock

LOG = logging.getLogger("mijnklantportaal_async.batch")

TICK = 1.0
"""Seconds between two looks of a worker at itself: what it has taken and does not run."""

SET_BACK = 1.0
"""Seconds by which the time of day may fall behind until it counts as set back."""

ROOM = 4
"""Rows in the engine for each that may be under way: the next is there when one ends."""


@attrs.frozen(kw_only=True)
class WorkerSettings:
    """How a worker works. Seconds of the machine, but for `timeouts` and `flow`.

    Args:
        concurrency: Rows of one portal that it has under way at once. A worker that is killed wastes as many calls.
        poll: Seconds between two looks for new rows.
        check: Seconds between two looks whether other workers are alive, and signs of life of its own.
        silent: Seconds without a sign of life after which a worker is taken to be dead. Its rows are with others at the
            latest `silent + 2 * check` seconds after it stopped.
        grace: Seconds that rows under way get when the worker is stopped.
        timeouts: Of each request; there is no end to waiting for the rate limit.
        flow: How patient a row is.
    """

    concurrency: int = 8
    poll: float = 0.5
    check: float = 10.0
    silent: float = 60.0
    grace: float = 15.0
    timeouts: Timeouts = attrs.field(factory=lambda: Timeouts(queue=None, attempt=30.0, call=None))
    flow: FlowSettings = attrs.field(factory=FlowSettings)

    def __attrs_post_init__(self) -> None:
        if self.concurrency < 1 or min(self.poll, self.check) <= 0 or self.grace < 0:
            raise ValueError(f"{self}: give 1 or more at once, and positive seconds")
        if self.silent < 2 * self.check:
            raise ValueError(
                f"silent={self.silent} must be at least twice check={self.check}, or living workers seem dead"
            )


class Worker:
    """Brings rows into portals. As many as you like, in as many processes, on as many machines as reach the database.

    The engine is one for each process: where your program uses DBOS itself, run workers as processes of their own
    (`start_worker_process`, or `mijnklantportaal batch work`).

    Args:
        database: Where the jobs are, as a URL.
        portals: The ways into portals by their names, a function that finds one, or `Portals`, whose owners are those
            names; from the environment when left out.
        settings: How to work.
        restored: Whether the database was put back from a backup, or may have lost what it recorded last: every row
            that is not done is looked for in the portal before it is sent.
        clock: Where time comes from; for tests and sandboxes.
        make_flow: Makes what brings rows in; for tests.

    Raises:
        ValueError: The URL cannot be right.
    """

    def __init__(
        self,
        database: str,
        *,
        portals: PortalSource = access_from_environment,
        settings: WorkerSettings | None = None,
        restored: bool = False,
        clock: Clock | None = None,
        make_flow: Callable[..., RowFlow] = RowFlow,
    ) -> None:
        self._database = Database(database)
        self._settings = settings or WorkerSettings()
        tables = Tables(self._database.schema)
        self._client = EngineClient(self._database, tables)
        self._ledger = Ledger(self._database, tables)
        self._feeding = Feed(self._database, tables)
        self._name = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"
        self._lease = lease_for(self._database, self._name)
        self._clock = clock or Clock()
        self._make_flow = make_flow
        self._desks = Desks(portals, self._make_desk)
        self._restored = restored
        self._engine: EngineWorker | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._feeder: asyncio.Task[None] | None = None
        # Those that it works for, by their ids.
        self._portals: dict[str, Portal] = {}
        self._follows_jobs = False
        # What it has taken, and did not run at the last look.
        self._idle: set[str] = set()
        self._spares_others_until = 0.0

    @property
    def name(self) -> str:
        """Which worker this is: machine, process and a number; never used twice."""
        return self._name

    async def start(self, portals: Sequence[Portal] | None = None) -> None:
        """Begins to work, on the rows of the portals for which it has a key.

        Args:
            portals: Which; when left out those that jobs in the database are for, and those of later jobs too.

        Raises:
            DatabaseTroubleError: The database cannot be used.
            RuntimeError: The process uses DBOS for something else.
        """
        try:
            await self._client.open()
            self._follows_jobs = portals is None
            await asyncio.to_thread(self._lease.hold)
            wanted = await self._reachable(await self._portals_of_jobs() if portals is None else portals)
            if self._restored:
                count = await self._feeding.put_in_doubt([portal.id for portal in wanted])
                LOG.warning("The database was put back: %d rows are looked for before they are sent", count)
            await self._start_engine(wanted)
            self._feeder = asyncio.create_task(self._feed(), name="feed the engine")
            self._keeper = asyncio.create_task(self._keep(), name="keep the lease")
        except BaseException:
            await self.stop()
            raise

    async def wait(self) -> None:
        """Works until it is stopped or cancelled.

        Raises:
            LeaseLostError: It stood still for so long that others have taken over.
        """
        if self._keeper is None:
            raise RuntimeError("the worker was not started")
        await self._keeper

    async def stop(self, *, grace: float | None = None) -> None:
        """Takes no more rows, and ends; what was under way is taken up by others or later. Any number of times.

        Args:
            grace: Seconds for rows that are being sent, instead of `WorkerSettings.grace`.
        """
        for task in (self._feeder, self._keeper):
            if task is not None:
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError, LeaseLostError):
                    await task
        await self._stop_engine(grace=grace)
        await self._desks.aclose()
        if self._keeper is not None:
            with contextlib.suppress(DatabaseTroubleError):
                await self._ledger.sign(self._name, {})
        with contextlib.suppress(Exception):
            await asyncio.to_thread(self._lease.let_go)
        self._client.close()
        self._database.close()

    @property
    def unsettled(self) -> Unsettled:
        """Rows of which something may be under way, and how many seconds of the machine settle them at the most."""
        sending = self._engine.sending.values() if self._engine is not None else ()
        settings = self._settings
        longest = self._clock.real((settings.timeouts.attempt or 0.0) + settings.flow.settle) + settings.flow.fence
        left = max((began + longest - time.monotonic() for began in sending), default=0.0)
        return Unsettled(calls=len(sending), seconds=max(0.0, left))

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.stop()

    def __repr__(self) -> str:
        return f"<Worker {self._name} {self._database}>"

    # --- inside ------------------------------------------------------------------------------------------------

    def _make_desk(self, portal: Portal, access: PortalAccess) -> Desk:
        return Desk(
            portal,
            access,
            database=self._database,
            ledger=self._ledger,
            settings=self._settings.flow,
            timeouts=self._settings.timeouts,
            clock=self._clock,
            make_flow=self._make_flow,
            sending=self._note_sending,
        )

    def _note_sending(self) -> None:
        task = asyncio.current_task()
        if self._engine is not None and task is not None:
            self._engine.sending.setdefault(task, time.monotonic())

    async def _start_engine(self, portals: Sequence[Portal]) -> None:
        for portal in portals:
            await self._client.register_queue(portal, concurrency=self._settings.concurrency, poll=self._settings.poll)
            await self._ledger.identify(portal, self._desks.desk(portal).identity)
        self._portals = {portal.id: portal for portal in portals}
        engine = EngineWorker(
            self._database,
            executor=self._name,
            queues=self._queues,
            run_row=self._run_row,
        )
        engine.start()
        # Not before: the engine of somebody else must not be stopped with us.
        self._engine = engine

    async def _stop_engine(self, *, grace: float | None = None) -> None:
        if self._engine is None:
            return
        await self._engine.stop(grace=self._settings.grace if grace is None else grace)
        self._engine = None
        with contextlib.suppress(DatabaseTroubleError):
            under_way = await self._client.under_way(self._queues)
            await self._client.put_back([taken for taken in under_way if taken.executor == self._name])

    @property
    def _queues(self) -> list[str]:
        return [portal.queue for portal in self._portals.values()]

    async def _portals_of_jobs(self) -> list[Portal]:
        return sorted((await self._ledger.portals()).values(), key=str)

    async def _reachable(self, portals: Sequence[Portal]) -> list[Portal]:
        return [portal for portal in portals if not await self._desks.why_not(portal)]

    async def _run_row(self, row_id: str, number: int) -> None:
        owner = f"{self._name}-{secrets.token_hex(4)}"
        at_work = await self._ledger.begin(row_id, number, owner, self._portals)
        if at_work is None:
            return
        with contextlib.suppress(LostError):
            await self._desks.desk(at_work.row.portal).work_on(at_work)

    async def _feed(self) -> None:
        """Gives the engine rows, as fast as it gets them done; at first also those that wait for a better moment."""
        steady, calendar = float("-inf"), 0.0
        while True:
            before, (steady, calendar) = calendar - steady, both_clocks()
            try:
                if calendar - steady < before - SET_BACK:
                    await self._feeding.wake(list(self._portals))
                if self._engine is not None and self._portals:
                    portals = {
                        portal.id: (self._desks.desk(portal).identity, portal.queue)
                        for portal in self._portals.values()
                    }
                    await self._feeding.give(portals, ROOM * self._settings.concurrency, self._client.enqueue)
            except Exception as error:  # noqa: BLE001 - most likely the database is away; the next round tells
                LOG.warning("Rows could not be taken up: %s: %s", type(error).__name__, error)
            await asyncio.sleep(self._settings.poll)

    async def _keep(self) -> None:
        """Shows life, takes over from those that show none, and notices portals that are new."""
        last = both_clocks()
        is_due = True
        while True:
            try:
                if is_due:
                    last = both_clocks()
                    await self._show_life()
                await self._take_over(others=is_due and time.monotonic() >= self._spares_others_until)
                await self._sign()
                if is_due:
                    await self._heal()
                    await self._follow_jobs()
            except LeaseLostError:
                # Others have its rows: whatever it began now would be taken from it again.
                await self._stop_engine(grace=0.0)
                raise
            except Exception as error:  # noqa: BLE001 - most likely the database is away; the next round tells
                LOG.warning("The lease could not be kept: %s: %s", type(error).__name__, error)
            await asyncio.sleep(min(TICK, self._settings.check))
            is_due = since(last) >= self._settings.check

    async def _show_life(self) -> None:
        silent = self._settings.silent
        try:
            await asyncio.to_thread(self._lease.show_life, silent)
        except LeaseBrokenError:
            # Nobody had a reason to end it: the server restarts, and all others have to take their locks again.
            self._spares_others_until = time.monotonic() + 2 * self._settings.check
            await asyncio.to_thread(self._lease.show_life, silent)

    async def _follow_jobs(self) -> None:
        """Starts the engine anew where a job brought a portal that it does not listen to."""
        if not self._follows_jobs:
            return
        portals = await self._reachable(await self._portals_of_jobs())
        if {portal.id for portal in portals} - self._portals.keys():
            await self._stop_engine()
            await self._start_engine(portals)

    async def _take_over(self, *, others: bool) -> None:
        """Puts rows back into their queue that this worker has and does not run, or whose worker is gone."""
        engine = self._engine
        if engine is None or not self._portals:
            return
        dead: dict[str, bool] = {}
        lost: list[Taken] = []
        idle: set[str] = set()
        for taken in await self._client.under_way(self._queues):
            if taken.executor == self._name:
                # Between being taken and being run lies a moment: what was idle twice is.
                if read_id(taken.id)[0] not in engine.running:
                    (lost.append(taken) if taken.id in self._idle else idle.add(taken.id))
            elif others:
                if taken.executor not in dead:
                    silent = self._settings.silent
                    dead[taken.executor] = await asyncio.to_thread(self._lease.is_dead, taken.executor, silent)
                if dead[taken.executor]:
                    lost.append(taken)
        self._idle = idle
        if lost:
            LOG.info("Taking up %d rows", len(lost))
            await self._client.put_back(lost)

    async def _heal(self) -> None:
        """Takes back rows that the engine has, by our account, and does not know of."""
        running = self._engine.running if self._engine is not None else {}
        # What runs here comes to its end, whatever the engine says of it.
        given = [one for one in await self._feeding.given(list(self._portals)) if one[0] not in running]
        known = await self._client.known([f"{row_id}.{number}" for row_id, number in given])
        lost = [(row_id, number) for row_id, number in given if f"{row_id}.{number}" not in known]
        if lost:
            LOG.warning("%d rows were lost by the engine and are taken up again", len(lost))
            await self._feeding.take_back(lost)

    async def _sign(self) -> None:
        """Says that it is there, and what holds it up."""
        opened = self._desks.open_ones()
        troubles = {
            portal.id: await opened[portal].trouble() if portal in opened else "" for portal in self._portals.values()
        }
        if self._follows_jobs:
            for portal in await self._portals_of_jobs():
                if portal.id not in troubles:
                    troubles[portal.id] = await self._desks.why_not(portal)
        await self._ledger.sign(self._name, troubles)
