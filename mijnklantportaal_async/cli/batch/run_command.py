"""`mijnklantportaal batch run`: submits a file and works on it until it is over. The same command again goes on."""

import asyncio
import time

import attrs

from mijnklantportaal_async.batch import Jobs, JobSummary, Portal
from mijnklantportaal_async.calling.many import Unsettled
from mijnklantportaal_async.cli.batch.display import JobsDisplay
from mijnklantportaal_async.cli.batch.finish import code_of, report_job
from mijnklantportaal_async.cli.batch.place import JobsPlace, open_jobs, place_of
from mijnklantportaal_async.cli.batch.portals import PortalBook, no_portal, refusal_in_words, try_key
from mijnklantportaal_async.cli.batch.sandboxes import Sandboxes, opened_sandboxes
from mijnklantportaal_async.cli.batch.submit_command import JobFile, SubmitOptions, confirmed_plan, read_job_file
from mijnklantportaal_async.cli.batch.watching import JobWatch, troubles_kept, watch
from mijnklantportaal_async.cli.batch.working import EndedAtOnceError, Ending, end_at_once, keep_working, make_worker
from mijnklantportaal_async.cli.connection import clock_of
from mijnklantportaal_async.cli.exit_codes import ExitCode
from mijnklantportaal_async.cli.figures import in_time
from mijnklantportaal_async.cli.interruption import Interruption, listening, stopping_in_words
from mijnklantportaal_async.cli.live import shown
from mijnklantportaal_async.cli.options import Connection
from mijnklantportaal_async.cli.run_report import in_number
from mijnklantportaal_async.cli.terminal import Terminal
from mijnklantportaal_async.cli.time_warnings import said_afterwards

_LOOK = 0.5
"""Seconds between two looks at the job."""

_GO_ON = "Nothing is lost: the same command goes on where it stopped."


@attrs.frozen(kw_only=True)
class RunOptions:
    """What was asked for."""

    submit: SubmitOptions
    concurrency: int
    grace: float
    restored: bool = False


def run(connection: Connection, terminal: Terminal, options: RunOptions) -> ExitCode:
    """Submits a file and brings its rows into the portals."""
    place = place_of(connection, options.submit.database)
    book = PortalBook(connection)
    job_file = read_job_file(book, terminal, options.submit)
    return asyncio.run(_Run(connection, terminal, place, book, options).run(job_file))


class _Run:
    """One run, from the plan to the report."""

    def __init__(
        self, connection: Connection, terminal: Terminal, place: JobsPlace, book: PortalBook, options: RunOptions
    ) -> None:
        self._connection = connection
        self._terminal = terminal
        self._place = place
        self._book = book
        self._options = options
        self._interruption = Interruption()

    async def run(self, job_file: JobFile) -> ExitCode:
        async with open_jobs(self._place, is_new=True) as jobs:
            asks, wanted = not self._connection.sandbox, self._options.submit
            plan = await confirmed_plan(jobs, job_file, self._terminal, asks=asks, yes=wanted.yes, again=wanted.again)
            name = plan.submission.job
            before = None if plan.submission.is_new_job else await jobs.job(name)
            async with opened_sandboxes(self._connection, self._place, self._terminal) as sandboxes:
                portals = tuple(dict.fromkeys([*(before.portals if before else ()), *plan.portals]))
                if before is None or plan.submission.added or not before.progress.is_over:
                    operations = {*(before.operations if before else ()), *(row.operation for row in plan.rows)}
                    await self._open(portals, operations, sandboxes)
                    await jobs.submit(plan, extend=True, again=True)
                    if before is not None:
                        over = before.progress.over
                        self._terminal.say(f"It goes on: {over:,} of {before.progress.total:,} rows were over.", "bold")
                    return await self._work(jobs, await jobs.job(name), sandboxes)
                self._terminal.say("The job is over: nothing to do.")
                if self._connection.sandbox:
                    await sandboxes.add(portal.name for portal in portals)
                return await report_job(jobs, name, self._place, self._terminal, sandboxes)

    async def _open(self, portals: tuple[Portal, ...], operations: set[str], sandboxes: Sandboxes) -> None:
        """Sees to it that there is a way into every portal, before anything is submitted."""
        names = [portal.name for portal in portals]
        if self._connection.sandbox:
            await sandboxes.add(names)
            self._book.use_sandboxes(sandboxes.access)
            self._terminal.say(f"Calendar: {sandboxes.pages}")
            return
        self._book.ask_for_keys(dict.fromkeys(names))
        for portal in portals:
            if (problem := self._book.problem_with(portal)) is not None:
                self._terminal.say(f"Note: {problem}", "yellow")
                continue
            access = self._book.access(portal.name)
            assert access is not None  # noqa: S101 - asked for above
            refusal = await try_key(
                portal, access, operations=operations, database=self._place.url, connection=self._connection
            )
            if refusal is not None and refusal.is_final:
                raise no_portal(refusal)
            if refusal is not None:
                self._terminal.say(f"Note: {refusal_in_words(refusal)}", "yellow")

    async def _work(self, jobs: Jobs, job: JobSummary, sandboxes: Sandboxes) -> ExitCode:
        began, before = time.monotonic(), job.progress.over
        speed = clock_of(self._connection).speed
        options = self._options
        worker = make_worker(
            self._connection,
            self._place,
            self._book,
            concurrency=options.concurrency,
            grace=options.grace,
            restored=options.restored,
        )
        watched = JobWatch(jobs, job, speed=speed)
        try:
            with said_afterwards(self._terminal), listening(self._interruption), troubles_kept() as log:
                async with shown(JobsDisplay(lambda: [watched], log), self._terminal):
                    ending = await keep_working(
                        worker,
                        job.portals,
                        watch([watched], every=_LOOK),
                        interruption=self._interruption,
                        log=log,
                        tell_stopping=self._tell_stopping,
                    )
                    await watched.look()
        except EndedAtOnceError:
            end_at_once(self._terminal, self._interruption.exit_code or ExitCode.INTERRUPTED, _GO_ON)
        elapsed, over = time.monotonic() - began, watched.progress.over - before
        self._terminal.say("")
        took = in_time(elapsed) + (f" ({in_time(elapsed * speed)} of the sandbox's time)" if speed != 1 else "")
        remark = f"{in_number(over, 'row')} came to an end in {took}."
        code = await report_job(jobs, job.name, self._place, self._terminal, sandboxes, remarks=[remark])
        if ending is not Ending.DONE:
            sandboxes.keep_open = False
        return code_of(ending, code, self._interruption, self._terminal, _GO_ON)

    def _tell_stopping(self, unsettled: Unsettled) -> None:
        said = stopping_in_words(unsettled, self._options.grace)
        self._terminal.say(f"Stopping: no more rows are begun. {said} {_GO_ON}", "yellow")
