"""`Jobs`: submit, watch, stop, resume and read jobs. Needs no key: workers bring the rows into the portals."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Collection, Iterable
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Any, Self

import attrs

from mijnklantportaal_async.batch.database import Database
from mijnklantportaal_async.batch.decisions import Decided, Decision, DecisionRecords
from mijnklantportaal_async.batch.engine import EngineClient
from mijnklantportaal_async.batch.job_records import JobRecords, KeptSubmission
from mijnklantportaal_async.batch.planning import Plan, make_plan
from mijnklantportaal_async.batch.results import JobSummary, Progress, RowOutcome, RowResult, Submission
from mijnklantportaal_async.batch.rows import Portal, State, WhenAbsent, check_job_name
from mijnklantportaal_async.batch.tables import Tables
from mijnklantportaal_async.batch.watch import Watch
from mijnklantportaal_async.texts.words import words

MOST_TROUBLES = 12

LATE = 120.0
"""Seconds by which the clocks of two machines may disagree on when rows ended."""

_AGAIN = {RowOutcome.REJECTED: State.REJECTED, RowOutcome.NOT_STARTED: State.CANCELED}
"""What can be tried again: nothing of it is in the portal."""


class Jobs:
    """The jobs of a database.

    Args:
        database: Where they are, as a URL: `sqlite:///path/to/file`, or for many machines `postgresql://user@host/name`.

    Raises:
        ValueError: The URL cannot be right.
    """

    def __init__(self, database: str) -> None:
        self._database = Database(database)
        tables = Tables(self._database.schema)
        self._engine = EngineClient(self._database, tables)
        self._records = JobRecords(self._database, tables)
        self._decisions = DecisionRecords(self._database, tables)

    async def __aenter__(self) -> Self:
        try:
            await self._engine.open()
        except BaseException:
            self.close()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Lets go of the database. Any number of times."""
        self._engine.close()
        self._database.close()

    def __repr__(self) -> str:
        return f"<Jobs {self._database}>"

    # --- submitting ----------------------------------------------------------------------------------------------

    async def plan(
        self,
        requests: Iterable[Any],
        *,
        job: str,
        portal: Portal,
        source: str = "a program",
        others: Iterable[Portal] = (),
    ) -> Plan:
        """What submitting would do. Changes nothing.

        Args:
            requests: `NewAppointment` or `NewCustomer` objects, or `JobRow` objects, which also say where a row stands
                in a file, which portal it is for, and any operation by its name. Equal ones count: what stands there
                twice is made twice.
            job: Its name. The same name and the same rows are the same job.
            portal: Which portal rows are for that name none.
            source: Where the rows come from, for people.
            others: Portals that rows name.

        Returns:
            The plan. `plan.submission` says how many rows are new; give the plan to `submit` to carry it out.

        Raises:
            TypeError: A request is of no class that can be done in a batch.
            ValueError: A row could never be right, such as a wall time that does not exist; or it names a portal that
                is not among those given. Nothing is submitted, and the message names every such row.
            DatabaseTroubleError: The database cannot be used.
        """
        name = check_job_name(job)
        portals = {known.name: known for known in (*others, portal)}
        plan = make_plan(
            requests,
            job=name,
            portals=portals,
            default=portal,
            source=source,
            existing=await self._records.ids(name),
            known={kept.digest for kept in await self._records.submissions(name)},
        )
        elsewhere = await self._records.elsewhere(name, plan.portals, Counter(row.content for row in plan.rows))
        return attrs.evolve(plan, submission=attrs.evolve(plan.submission, elsewhere=tuple(sorted(elsewhere.items()))))

    async def submit(
        self,
        requests: Iterable[Any] | Plan,
        *,
        job: str | None = None,
        portal: Portal | None = None,
        source: str = "a program",
        others: Iterable[Portal] = (),
        extend: bool = False,
        again: bool = False,
    ) -> Submission:
        """Puts rows into the database, for workers to bring into the portals. Sends nothing.

        Submitting the same rows again adds nothing, also after a crash half way.

        Args:
            requests: As for `plan`; or a plan.
            job: As for `plan`.
            portal: As for `plan`.
            source: As for `plan`.
            others: As for `plan`.
            extend: Whether rows may be added to a job that was submitted before. A row that was changed in the source
                is a new row: the old one stays in the job and in the portal.
            again: Whether rows that stand in another job of the same portal already are to be made once more.

        Returns:
            What was added.

        Raises:
            TypeError: As for `plan`; or job and portal are missing.
            ValueError: As for `plan`; or the job exists, has other rows, and `extend` was not given; or rows stand in
                other jobs, and `again` was not given.
            DatabaseTroubleError: The database cannot be used. What was added already is not added twice.
        """
        if isinstance(requests, Plan):
            plan = requests
        elif job is None or portal is None:
            raise TypeError("give job= and portal= with the rows")
        else:
            plan = await self.plan(requests, job=job, portal=portal, source=source, others=others)
        submission = plan.submission
        if submission.changes_the_job and not plan.completes_a_submission and not extend:
            rows = "; ".join(submission.new_rows)
            raise ValueError(
                f"the job {submission.job!r} was submitted before, and {submission.added} of these rows are "
                f"not in it ({rows}). A changed row is a new row: it is made beside the old one. Give "
                "extend=True if that is meant, or another name for another job"
            )
        if submission.elsewhere and not plan.completes_a_submission and not again:
            where = ", ".join(f"{count:,} in {name!r}" for name, count in submission.elsewhere)
            raise ValueError(
                f"of the {submission.added:,} new rows of {submission.job!r} some stand in other jobs of the "
                f"same portal already ({where}): they would be made once more. Give again=True if that is "
                "meant"
            )
        if plan.rows:
            await self._records.add(plan.kept, plan.rows)
        return submission

    # --- watching ------------------------------------------------------------------------------------------------

    async def progress(self, job: str, *, every: float = 1.0) -> AsyncIterator[Progress]:
        """How a job stands, again and again until it is over; at least once.

        Args:
            job: Its name.
            every: Seconds between two.

        Raises:
            LookupError: There is no such job.
            DatabaseTroubleError: The database cannot be used.
        """
        name = check_job_name(job)
        watch = Watch()
        while True:
            progress = await self._progress(name, watch)
            yield progress
            if progress.is_over:
                return
            await asyncio.sleep(every)

    async def results(self, job: str) -> list[RowResult]:
        """What became of each row, in their order. Final or not.

        Raises:
            LookupError: There is no such job.
            DatabaseTroubleError: The database cannot be used.
        """
        await self._submissions(job)
        return await self._records.results(check_job_name(job))

    async def list_jobs(self) -> list[JobSummary]:
        """All jobs, the newest first.

        Raises:
            DatabaseTroubleError: The database cannot be used.
        """
        jobs: dict[str, list[KeptSubmission]] = {}
        for kept in await self._records.submissions():
            jobs.setdefault(kept.job, []).append(kept)
        summaries = [await self._summary(name, kept) for name, kept in jobs.items()]
        return sorted(summaries, key=lambda job: job.submitted_at, reverse=True)

    async def job(self, job: str) -> JobSummary:
        """One job.

        Raises:
            LookupError: There is no such job.
            DatabaseTroubleError: The database cannot be used.
        """
        return await self._summary(check_job_name(job), await self._submissions(job))

    # --- stopping and going on -----------------------------------------------------------------------------------

    async def cancel(self, job: str) -> Progress:
        """Stops a job: what was not begun is not begun. Rows under way come to their end, so that it is known.

        Returns:
            How it stands.

        Raises:
            LookupError: There is no such job.
            DatabaseTroubleError: The database cannot be used.
        """
        await self._submissions(job)
        await self._records.cancel(check_job_name(job))
        return await self._progress(check_job_name(job), Watch())

    async def resume(self, job: str) -> int:
        """Goes on with a job that was canceled.

        Returns:
            How many rows wait again.

        Raises:
            LookupError: There is no such job.
            DatabaseTroubleError: The database cannot be used.
        """
        return await self.retry(job, outcomes=(RowOutcome.NOT_STARTED,))

    async def retry(
        self, job: str, *, outcomes: Collection[RowOutcome] = (RowOutcome.REJECTED, RowOutcome.NOT_STARTED)
    ) -> int:
        """Has rows sent again of which nothing is in the portal: those that were rejected, and those never started.

        Args:
            job: Its name.
            outcomes: Which of the two.

        Returns:
            How many rows wait again.

        Raises:
            LookupError: There is no such job.
            ValueError: Rows with such an outcome may be in the portal; `settle` looks for them first.
            DatabaseTroubleError: The database cannot be used.
        """
        if strange := [outcome.value for outcome in outcomes if outcome not in _AGAIN]:
            raise ValueError(
                f"rows that are {' or '.join(strange)} are not simply sent again; settle() looks for what is unknown"
            )
        await self._submissions(job)
        return await self._records.go_on(check_job_name(job), [_AGAIN[outcome] for outcome in outcomes])

    async def settle(self, job: str, *, send_again: bool = False) -> int:
        """Has rows in doubt looked at again: what is found is done; what is proven absent says so.

        Args:
            job: Its name.
            send_again: Whether what is proven absent is sent, also what an earlier `settle` has proven.

        Returns:
            How many rows a worker will look at, or send.

        Raises:
            LookupError: There is no such job.
            DatabaseTroubleError: The database cannot be used.
        """
        await self._submissions(job)
        name = check_job_name(job)
        then = WhenAbsent.SEND if send_again else WhenAbsent.SAY
        count = await self._records.go_on(name, [State.UNKNOWN], then=then, looks=True)
        return count + (await self._records.send_absent(name) if send_again else 0)

    async def decide(self, job: str, decisions: Iterable[Decision]) -> Decided:
        """Takes a person's word for rows in doubt. Rows that are not in doubt any more are left as they are.

        A row that is there is done; the record of another row cannot be named. A row that is said not to be there is
        looked for once more by a worker, and sent only if nothing of it is there.

        Raises:
            LookupError: There is no such job.
            DatabaseTroubleError: The database cannot be used.
        """
        await self._submissions(job)
        return await self._decisions.apply(check_job_name(job), decisions)

    async def delete(self, job: str) -> int:
        """Forgets a job that is over. Nothing changes in the portal, and what its rows have made stays theirs.

        Returns:
            How many rows were forgotten.

        Raises:
            LookupError: There is no such job.
            ValueError: It is not over.
            DatabaseTroubleError: The database cannot be used.
        """
        await self._submissions(job)
        name = check_job_name(job)
        moving, forgotten = await self._records.delete(name)
        if moving:
            raise ValueError(
                words(
                    "{moving} rows of {name} are not at their end; cancel the job first, and let it finish",
                    moving=moving,
                    name=repr(name),
                )
            )
        await self._engine.delete(forgotten)
        return len(forgotten)

    # --- inside --------------------------------------------------------------------------------------------------

    async def _submissions(self, job: str) -> list[KeptSubmission]:
        name = check_job_name(job)
        if found := await self._records.submissions(name):
            return found
        known = list(dict.fromkeys(kept.job for kept in await self._records.submissions()))
        there = (
            words("there are {jobs}", jobs=", ".join(map(repr, known[:10]))) if known else words("there are none yet")
        )
        raise LookupError(
            words(
                "there is no job {name} in {database}; {there}", name=repr(name), database=self._database, there=there
            )
        )

    async def _summary(self, name: str, submissions: list[KeptSubmission]) -> JobSummary:
        return JobSummary(
            name=name,
            portals=tuple(dict.fromkeys(portal for kept in submissions for portal in kept.portals)),
            operations=tuple(dict.fromkeys(operation for kept in submissions for operation in kept.operations)),
            source=", ".join(dict.fromkeys(kept.source for kept in submissions)),
            submitted_at=min(kept.submitted_at for kept in submissions),
            progress=await self._progress(name, Watch()),
        )

    async def _progress(self, job: str, watch: "Watch") -> Progress:
        now = datetime.now(UTC)
        submissions = await self._submissions(job)
        counts = await self._records.counts(job)
        total = sum(counts.values())
        named = {
            "done": counts[RowOutcome.DONE],
            "rejected": counts[RowOutcome.REJECTED],
            "unknown": counts[RowOutcome.UNKNOWN],
            "not_started": counts[RowOutcome.NOT_STARTED],
        }
        over = sum(named.values())
        per_minute = watch.pace(now, over)
        troubles = list(_missing(submissions, total))
        if over < total:
            portals = list(dict.fromkeys(portal for kept in submissions for portal in kept.portals))
            troubles += await self._records.troubles(job, portals, MOST_TROUBLES)
        left = total - over
        return Progress(
            job=job,
            total=total,
            at=now,
            per_minute=per_minute,
            ends_at=now + timedelta(minutes=left / per_minute) if per_minute > 0 and left else None,
            troubles=tuple(troubles),
            ended=tuple(await self._ended(job, watch)),
            under_way=counts[RowOutcome.UNDER_WAY],
            **named,
        )

    async def _ended(self, job: str, watch: "Watch") -> list[RowResult]:
        """What has ended since the last look; nothing at the first."""
        last = await self._records.last_end(job)
        if watch.last is None:
            watch.last = last
            watch.seen = (
                {row.number for row in await self._records.results(job, ended_after=last - LATE)} if last else set()
            )
            return []
        rows = await self._records.results(job, ended_after=watch.last - LATE) if last else []
        fresh = [row for row in rows if row.number not in watch.seen]
        watch.seen = {row.number for row in rows}
        watch.last = max(last, watch.last)
        return fresh


def _missing(submissions: list[KeptSubmission], present: int) -> tuple[str, ...]:
    """Says so when not all rows of a submission have come into the database."""
    most = max((kept.rows for kept in submissions), default=0)
    if most <= present:
        return ()
    return (
        words(
            "only {present:,} of {most:,} rows are in the database: submitting was interrupted; submit the same again",
            present=present,
            most=most,
        ),
    )
