"""`mijnklantportaal batch work`: a worker for all jobs of a database, until it is stopped. Several may run."""

import asyncio
import time
from collections.abc import Sequence

import attrs

from mijnklantportaal_async.batch import DatabaseTroubleError, Jobs, Portal
from mijnklantportaal_async.calling.many import Unsettled
from mijnklantportaal_async.cli.batch.display import JobsDisplay, counts_in_words
from mijnklantportaal_async.cli.batch.finish import code_of, report_job
from mijnklantportaal_async.cli.batch.place import JobsPlace, open_jobs, place_of
from mijnklantportaal_async.cli.batch.portals import PortalBook, Refusal, refusal_in_words, try_key
from mijnklantportaal_async.cli.batch.sandboxes import Sandboxes, opened_sandboxes
from mijnklantportaal_async.cli.batch.watching import JobWatch, TroubleLog, troubles_kept
from mijnklantportaal_async.cli.batch.working import EndedAtOnceError, Ending, end_at_once, keep_working, make_worker
from mijnklantportaal_async.cli.connection import clock_of
from mijnklantportaal_async.cli.exit_codes import ExitCode
from mijnklantportaal_async.cli.failures import CommandError
from mijnklantportaal_async.cli.interruption import Interruption, listening, stopping_in_words
from mijnklantportaal_async.cli.live import shown
from mijnklantportaal_async.cli.options import Connection
from mijnklantportaal_async.cli.portal_settings import missing_keys_in_words
from mijnklantportaal_async.cli.run_report import in_number
from mijnklantportaal_async.cli.terminal import Terminal
from mijnklantportaal_async.cli.time_warnings import said_afterwards
from mijnklantportaal_async.values.portal_names import DEFAULT_PORTAL

_LOOK, _LOOK_FOR_JOBS = 0.5, 5.0
"""Seconds between two looks at jobs, and at which jobs there are."""

_SHARE = 0.05
"""Of the time may be spent on looking which jobs there are."""

_GO_ON = "Nothing is lost: rows that were under way are taken up by the next worker."


@attrs.frozen(kw_only=True)
class WorkOptions:
    """What was asked for."""

    database: str | None
    portals: tuple[str, ...]
    """Names; those of all jobs when empty."""
    until_done: str | None
    concurrency: int
    grace: float
    restored: bool = False


def work(connection: Connection, terminal: Terminal, options: WorkOptions) -> ExitCode:
    """Brings the rows of all jobs into their portals, until it is stopped."""
    place = place_of(connection, options.database)
    return asyncio.run(_Work(connection, terminal, place, options).run())


class Overview:
    """The jobs of a database, as a worker sees them.

    Args:
        jobs: Where they are.
        terminal: Where to say that a job is over.
        wanted: Names of the portals that count; all when empty.
        until_done: The job that is waited for.
        speed: Seconds of the portals for each of the machine.

    Attributes:
        open: Jobs that were not over at the last look.
        portals: Those of jobs, in order of their appearance.
    """

    def __init__(
        self, jobs: Jobs, terminal: Terminal, *, wanted: Sequence[str], until_done: str | None, speed: float
    ) -> None:
        self.open: dict[str, JobWatch] = {}
        self.portals: dict[Portal, None] = {}
        self._jobs = jobs
        self._terminal = terminal
        self._wanted = wanted
        self._until_done = until_done
        self._speed = speed
        self._next_search = 0.0

    async def search(self) -> None:
        """Looks which jobs there are.

        Raises:
            LookupError: The job that is waited for does not exist.
            DatabaseTroubleError: The database cannot be used.
        """
        began = time.monotonic()
        if self._until_done is not None:
            self._until_done = (await self._jobs.job(self._until_done)).name
        for job in await self._jobs.list_jobs():
            mine = [portal for portal in job.portals if not self._wanted or portal.name in self._wanted]
            self.portals.update(dict.fromkeys(mine))
            if mine and not job.progress.is_over and job.name not in self.open:
                self.open[job.name] = JobWatch(self._jobs, job, speed=self._speed)
        # Reading many finished jobs takes a moment, which the rows could use.
        took = time.monotonic() - began
        self._next_search = time.monotonic() + max(_LOOK_FOR_JOBS, took / _SHARE)

    async def until_something_changes(self) -> None:
        """Looks at jobs until the one that is waited for is over, or there are portals that were not there before.

        Raises:
            LookupError: The job that is waited for was deleted.
        """
        known = len(self.portals)
        while len(self.portals) == known and not self.is_done:
            await asyncio.sleep(_LOOK)
            for job in list(self.open.values()):
                await self._look(job)
            if time.monotonic() >= self._next_search:
                try:
                    await self.search()
                except DatabaseTroubleError:
                    # The looks at the jobs tell it, and the worker's log.
                    self._next_search = time.monotonic() + _LOOK_FOR_JOBS

    @property
    def is_done(self) -> bool:
        """Whether the job that is waited for is over."""
        return self._until_done is not None and self._until_done not in self.open

    async def _look(self, job: JobWatch) -> None:
        try:
            await job.look()
        except LookupError:
            del self.open[job.job.name]
            self._terminal.say(f"Job {job.job.name!r} was deleted.", "yellow")
            return
        if job.is_over:
            del self.open[job.job.name]
            self._terminal.say(f"Job {job.job.name!r} is over: {', '.join(counts_in_words(job.progress))}.", "green")


class _Work:
    """A worker's day."""

    def __init__(self, connection: Connection, terminal: Terminal, place: JobsPlace, options: WorkOptions) -> None:
        self._connection = connection
        self._terminal = terminal
        self._place = place
        self._options = options
        self._book = PortalBook(connection)
        self._interruption = Interruption()
        self._said: set[str] = set()
        self._tried: dict[Portal, Refusal | None] = {}
        self._sandboxes: Sandboxes | None = None

    async def run(self) -> ExitCode:
        async with (
            open_jobs(self._place, is_new=True) as jobs,
            opened_sandboxes(self._connection, self._place, self._terminal) as sandboxes,
        ):
            self._book.use_sandboxes(sandboxes.access)
            self._sandboxes = sandboxes
            overview = Overview(
                jobs,
                self._terminal,
                wanted=self._options.portals,
                until_done=self._options.until_done,
                speed=clock_of(self._connection).speed,
            )
            await overview.search()
            portals = await self._portals(overview, sandboxes)
            if not portals:
                raise self._nothing_to_work_for()
            try:
                with said_afterwards(self._terminal), listening(self._interruption), troubles_kept() as log:
                    ending = await self._work(overview, portals, sandboxes, log)
            except EndedAtOnceError:
                end_at_once(self._terminal, self._interruption.exit_code or ExitCode.INTERRUPTED, _GO_ON)
            if ending is not Ending.DONE:
                sandboxes.keep_open = False
            if self._options.until_done is None:
                # Being stopped is how it is meant to end.
                code = code_of(ending, ExitCode.DONE, self._interruption, self._terminal, _GO_ON)
                return code if ending is Ending.LOST else ExitCode.DONE
            self._terminal.say("")
            code = await report_job(jobs, self._options.until_done, self._place, self._terminal, sandboxes)
            return code_of(ending, code, self._interruption, self._terminal, _GO_ON)

    async def _work(self, overview: Overview, portals: list[Portal], sandboxes: Sandboxes, log: TroubleLog) -> Ending:
        display = JobsDisplay(
            lambda: list(overview.open.values()), log, idle="No rows wait for these portals. Ctrl-C stops the worker."
        )
        async with shown(display, self._terminal):
            while True:
                worker = make_worker(
                    self._connection,
                    self._place,
                    self._book,
                    concurrency=self._options.concurrency,
                    grace=self._options.grace,
                    restored=self._options.restored,
                )
                self._say_portals(worker.name, portals)
                ending = await keep_working(
                    worker,
                    portals,
                    self._until_new_portals(overview, portals, sandboxes),
                    interruption=self._interruption,
                    log=log,
                    tell_stopping=self._tell_stopping,
                )
                if ending is not Ending.DONE or overview.is_done:
                    return ending
                # A worker takes its portals when it starts.
                portals = await self._portals(overview, sandboxes)

    async def _until_new_portals(self, overview: Overview, portals: list[Portal], sandboxes: Sandboxes) -> None:
        while not overview.is_done:
            await overview.until_something_changes()
            if set(await self._portals(overview, sandboxes)) - set(portals):
                return

    async def _portals(self, overview: Overview, sandboxes: Sandboxes) -> list[Portal]:
        """Those that can be worked for; of the others it says once why not."""
        names = self._options.portals or (DEFAULT_PORTAL,)
        candidates = list(dict.fromkeys([*overview.portals, *(self._book.portal(name) for name in names)]))
        if self._connection.sandbox:
            await sandboxes.add(dict.fromkeys(portal.name for portal in candidates))
        usable: list[Portal] = []
        for portal in candidates:
            problem = self._book.problem_with(portal) or await self._refusal_of(portal)
            if problem is None:
                usable.append(portal)
            elif portal in overview.portals or self._options.portals or self._tried.get(portal) is not None:
                self._say_once(problem)
        return usable

    async def _refusal_of(self, portal: Portal) -> str | None:
        """Why the portal does not want this key; None when it does, or when nobody can tell now."""
        if portal not in self._tried and not self._connection.sandbox:
            access = self._book.access(portal.name)
            assert access is not None  # noqa: S101 - the caller has made sure
            # Which operations the rows need is not known yet: most are about appointments.
            refusal = await try_key(
                portal, access, operations=(), database=self._place.url, connection=self._connection
            )
            self._tried[portal] = refusal
            if refusal is not None and not refusal.is_refused:
                # It may be better in a moment, and a worker has time.
                self._say_once(refusal_in_words(refusal))
        refusal = self._tried.get(portal)
        return refusal_in_words(refusal) if refusal is not None and refusal.is_refused else None

    def _nothing_to_work_for(self) -> CommandError:
        if refused := [refusal for refusal in self._tried.values() if refusal is not None and refusal.is_refused]:
            # Said already, with what to do.
            return CommandError(
                f"There is no portal left to work for: {in_number(len(refused), 'key')} refused.", ExitCode.NO_PORTAL
            )
        variables = "" if self._said else f" {missing_keys_in_words([DEFAULT_PORTAL])}"
        return CommandError(f"There is no portal to work for.{variables} To try it without a portal, say --sandbox.")

    def _say_portals(self, worker: str, portals: Sequence[Portal]) -> None:
        names = ", ".join(f"{portal.name} ({portal.address})" for portal in portals)
        self._terminal.say(f"Worker {worker} works for {names}.", "bold")
        if self._sandboxes is not None and self._sandboxes.running:
            self._terminal.say(f"Calendar: {self._sandboxes.pages}")

    def _say_once(self, text: str) -> None:
        if text not in self._said:
            self._said.add(text)
            self._terminal.say(f"Note: {text}", "yellow")

    def _tell_stopping(self, unsettled: Unsettled) -> None:
        said = stopping_in_words(unsettled, self._options.grace)
        self._terminal.say(f"Stopping: no more rows are begun. {said} {_GO_ON}", "yellow")
