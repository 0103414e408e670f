"""`Worker`: takes rows out of the database and brings them into their portals."""

import asyncio
import contextlib
import logging
import os
import secrets
import socket
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any, Self

import attrs

from mijnklantportaal_async.batch.database import Database, DatabaseTroubleError
from mijnklantportaal_async.batch.engine import EngineClient, Kept
from mijnklantportaal_async.batch.engine_worker import EngineSteps, EngineWorker, LetGo
from mijnklantportaal_async.batch.flow import FlowSettings, NotYetError, RowFlow
from mijnklantportaal_async.batch.lease import LeaseLostError, lease_for
from mijnklantportaal_async.batch.portal_desk import Desks
from mijnklantportaal_async.batch.portals import PortalSource, access_from_environment
from mijnklantportaal_async.batch.rows import Note, Portal, queue_name
from mijnklantportaal_async.calling.retry import Timeouts
from mijnklantportaal_async.values.clock import Clock

Json = dict[str, Any]

LOG = logging.getLogger("mijnklantportaal_async.batch")


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
        portals: The ways into portals by their names, or a function that finds one; from the environment when left out.
        settings: How to work.
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
        clock: Clock | None = None,
        make_flow: Callable[..., RowFlow] = RowFlow,
    ) -> None:
        self._database = Database(database)
        self._settings = settings or WorkerSettings()
        self._client = EngineClient(self._database)
        self._name = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"
        self._lease = lease_for(self._database, self._name)
        self._desks = Desks(
            database=self._database,
            client=self._client,
            portals=portals,
            settings=self._settings.flow,
            timeouts=self._settings.timeouts,
            clock=clock or Clock(),
            make_flow=make_flow,
        )
        self._engine: EngineWorker | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._queues: list[str] = []
        self._follows_jobs = False
        # Rows of ours that were not running at the last look.
        self._idle: set[str] = set()

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
            await self._start_engine(self._reachable(await self._portals_of_jobs() if portals is None else portals))
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
        if self._keeper is not None:
            self._keeper.cancel()
            with contextlib.suppress(asyncio.CancelledError, LeaseLostError):
                await self._keeper
        await self._stop_engine(grace=grace)
        await self._desks.aclose()
        with contextlib.suppress(Exception):
            await asyncio.to_thread(self._lease.let_go)
        self._client.close()
        self._database.close()

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

    async def _start_engine(self, portals: Sequence[Portal]) -> None:
        for portal in portals:
            await self._client.register_queue(portal, concurrency=self._settings.concurrency, poll=self._settings.poll)
        self._queues = [queue_name(portal) for portal in portals]
        engine = EngineWorker(
            self._database,
            executor=self._name,
            queues=self._queues,
            run_row=self._run_row,
            run_note=self._desks.note,
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
            for kept in await self._client.under_way(self._queues):
                if kept.executor == self._name:
                    await self._client.put_back([kept.id], _queue_of(kept))

    async def _portals_of_jobs(self) -> list[Portal]:
        return sorted({Note.from_json(kept.data).portal for kept in await self._client.notes()}, key=str)

    def _reachable(self, portals: Sequence[Portal]) -> list[Portal]:
        return [portal for portal in portals if self._desks.can_reach(portal)]

    async def _run_row(self, row: Json, steps: EngineSteps) -> Json:
        try:
            return await self._desks.desk(Portal(**row["portal"])).flow.run(row, steps)
        except NotYetError:
            raise LetGo from None

    async def _keep(self) -> None:
        """Shows life, takes over from those that show none, and notices portals that are new."""
        while True:
            try:
                await asyncio.to_thread(self._lease.show_life, self._settings.silent)
                await self._take_over()
                await self._follow_jobs()
            except LeaseLostError:
                # Others have its rows: whatever it began now would be taken from it again.
                await self._stop_engine(grace=0.0)
                raise
            except Exception as error:  # noqa: BLE001 - most likely the database is away; the next round tells
                LOG.warning("The lease could not be kept: %s: %s", type(error).__name__, error)
            await asyncio.sleep(self._settings.check)

    async def _follow_jobs(self) -> None:
        """Starts the engine anew where a job brought a portal that it does not listen to."""
        if not self._follows_jobs:
            return
        portals = self._reachable(await self._portals_of_jobs())
        if {queue_name(portal) for portal in portals} - set(self._queues):
            await self._stop_engine()
            await self._start_engine(portals)

    async def _take_over(self) -> None:
        """Puts rows back into their queue whose worker is gone, or that this one has let go."""
        engine = self._engine
        if engine is None or not self._queues:
            return
        dead: dict[str, bool] = {}
        lost: dict[str, list[str]] = {}
        for kept in await self._client.under_way(self._queues):
            executor = kept.executor or ""
            if executor == self._name:
                is_lost = kept.id not in engine.running and self._was_seen_idle(kept.id)
            else:
                if executor not in dead:
                    dead[executor] = await asyncio.to_thread(self._lease.is_dead, executor, self._settings.silent)
                is_lost = dead[executor]
            if is_lost:
                lost.setdefault(_queue_of(kept), []).append(kept.id)
        for queue, ids in lost.items():
            LOG.info("Taking over %d rows of %s", len(ids), queue)
            await self._client.put_back(ids, queue)

    def _was_seen_idle(self, row_id: str) -> bool:
        """True from the second look on: between being taken and being run lies a moment."""
        if row_id in self._idle:
            self._idle.discard(row_id)
            return True
        self._idle.add(row_id)
        return False


def _queue_of(kept: Kept) -> str:
    return queue_name(Portal(**kept.data["portal"]))
