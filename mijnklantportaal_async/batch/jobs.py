"""`Jobs`: submit, watch, stop, resume and read jobs. Needs no key: workers bring the rows into the portals."""

import asyncio
from collections import Counter, deque
from collections.abc import AsyncIterator, Iterable
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Any, Self

from mijnklantportaal_async.batch.database import Database
from mijnklantportaal_async.batch.engine import EngineClient, Kept
from mijnklantportaal_async.batch.planning import Plan, make_plan
from mijnklantportaal_async.batch.results import JobSummary, Progress, RowOutcome, RowResult, Submission
from mijnklantportaal_async.batch.rows import BatchRow, Note, Portal, check_job_name, queue_name
from mijnklantportaal_async.batch.summing import counts_of, result_of

PACE_SECONDS = 60.0
"""Over how long the pace of a job is measured."""


class Jobs:
    """The jobs of a database.

    Args:
        database: Where they are, as a URL: `sqlite:///path/to/file`, or for many machines `postgresql://user@host/name`.

    Raises:
        ValueError: The URL cannot be right.
    """

    def __init__(self, database: str) -> None:
        self._database = Database(database)
        self._engine = EngineClient(self._database)

    async def __aenter__(self) -> Self:
        await self._engine.open()
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
                in a file and which portal it is for. Equal ones count: what stands there twice is made twice.
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
        return make_plan(
            requests,
            job=name,
            portals=portals,
            default=portal,
            source=source,
            existing=await self._engine.rows(name, data=False, results=False),
            known_notes={kept.id for kept in await self._engine.notes(name)},
        )

    async def submit(
        self,
        requests: Iterable[Any] | Plan,
        *,
        job: str | None = None,
        portal: Portal | None = None,
        source: str = "a program",
        others: Iterable[Portal] = (),
        extend: bool = False,
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

        Returns:
            What was added.

        Raises:
            TypeError: As for `plan`; or job and portal are missing.
            ValueError: As for `plan`; or the job exists, has other rows, and `extend` was not given.
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
                f"the job {submission.job!r} was submitted before, and {submission.added} of these rows are not in it "
                f"({rows}). A changed row is a new row: it is made beside the old one. Give extend=True if that is "
                "meant, or another name for another job"
            )
        for used in plan.portals:
            await self._engine.register_queue(used)
        await self._engine.add(plan.notes, plan.rows)
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
        seen: set[str] = set()
        pace: deque[tuple[datetime, int]] = deque()
        while True:
            progress = await self._progress(job, seen, pace)
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
        kept = await self._rows_of(job)
        return sorted([await self._result(row) for row in kept], key=lambda result: result.number)

    async def list_jobs(self) -> list[JobSummary]:
        """All jobs, the newest first.

        Raises:
            DatabaseTroubleError: The database cannot be used.
        """
        notes: dict[str, list[Kept]] = {}
        for kept in await self._engine.notes():
            notes.setdefault(Note.from_json(kept.data).job, []).append(kept)
        jobs = [await self._summary(name, found) for name, found in notes.items()]
        return sorted(jobs, key=lambda job: job.submitted_at, reverse=True)

    async def job(self, job: str) -> JobSummary:
        """One job.

        Raises:
            LookupError: There is no such job.
            DatabaseTroubleError: The database cannot be used.
        """
        name = check_job_name(job)
        notes = await self._engine.notes(name)
        if not notes:
            raise await self._no_such_job(name)
        return await self._summary(name, notes)

    # --- stopping and going on -----------------------------------------------------------------------------------

    async def cancel(self, job: str) -> Progress:
        """Stops a job: what was not begun is not begun. Rows under way come to their end, so that it is known.

        Returns:
            How it stands.

        Raises:
            LookupError: There is no such job.
            DatabaseTroubleError: The database cannot be used.
        """
        waiting = [kept.id for kept in await self._rows_of(job) if kept.outcome is RowOutcome.WAITING]
        await self._engine.cancel(waiting)
        return await self._progress(job, set(), deque())

    async def resume(self, job: str) -> int:
        """Goes on with a job that was canceled.

        Returns:
            How many rows wait again.

        Raises:
            LookupError: There is no such job.
            DatabaseTroubleError: The database cannot be used.
        """
        queues: dict[str, list[str]] = {}
        for kept in await self._rows_of(job):
            if kept.outcome is RowOutcome.NOT_STARTED:
                queues.setdefault(queue_name(BatchRow.from_json(kept.data).portal), []).append(kept.id)
        for queue, ids in queues.items():
            await self._engine.put_back(ids, queue)
        return sum(map(len, queues.values()))

    async def delete(self, job: str) -> int:
        """Forgets a job that is over. Nothing changes in the portal; submitting it again would make everything again.

        Returns:
            How many rows were forgotten.

        Raises:
            LookupError: There is no such job.
            ValueError: It is not over.
            DatabaseTroubleError: The database cannot be used.
        """
        name = check_job_name(job)
        rows = await self._rows_of(name)
        moving = sum(not kept.outcome.is_final for kept in rows)
        if moving:
            raise ValueError(f"{moving} rows of {name!r} are not at their end; cancel the job first, and let it finish")
        await self._engine.delete([kept.id for kept in rows])
        await self._engine.delete([kept.id for kept in await self._engine.notes(name)])
        return len(rows)

    # --- inside --------------------------------------------------------------------------------------------------

    async def _rows_of(self, job: str, *, data: bool = True) -> list[Kept]:
        name = check_job_name(job)
        rows = await self._engine.rows(name, data=data)
        if not rows and not await self._engine.notes(name):
            raise await self._no_such_job(name)
        return rows

    async def _no_such_job(self, name: str) -> LookupError:
        known = [summary.name for summary in await self.list_jobs()]
        there = f"there are {', '.join(map(repr, known[:10]))}" if known else "there are none yet"
        return LookupError(f"there is no job {name!r} in {self._database}; {there}")

    async def _summary(self, name: str, notes: list[Kept]) -> JobSummary:
        submitted = [Note.from_json(kept.data) for kept in notes]
        return JobSummary(
            name=name,
            portals=tuple(dict.fromkeys(note.portal for note in submitted)),
            operations=tuple(dict.fromkeys(note.operation for note in submitted)),
            source=", ".join(dict.fromkeys(note.source for note in submitted)),
            submitted_at=min(kept.created_at for kept in notes),
            progress=await self._progress(name, set(), deque()),
        )

    async def _progress(self, job: str, seen: set[str], pace: deque[tuple[datetime, int]]) -> Progress:
        now = datetime.now(UTC)
        rows = await self._rows_of(job, data=False)
        counts = counts_of(rows)
        ended = [kept for kept in rows if kept.outcome.is_final and kept.id not in seen]
        is_first = not seen and not pace
        seen.update(kept.id for kept in ended)
        over = len(seen)
        pace.append((now, over))
        while now - pace[0][0] > timedelta(seconds=PACE_SECONDS):
            pace.popleft()
        seconds = (now - pace[0][0]).total_seconds()
        per_minute = 60.0 * (over - pace[0][1]) / seconds if seconds > 0 else 0.0
        left = len(rows) - over
        return Progress(
            job=check_job_name(job),
            total=len(rows),
            at=now,
            per_minute=per_minute,
            ends_at=now + timedelta(minutes=left / per_minute) if per_minute > 0 and left else None,
            troubles=(*_missing(await self._engine.notes(job), len(rows)), *await self._troubles(rows)),
            ended=() if is_first else tuple([await self._result(kept) for kept in await self._with_data(ended)]),
            **counts,
        )

    async def _with_data(self, rows: list[Kept]) -> list[Kept]:
        if not rows:
            return []
        return await self._engine.by_id([kept.id for kept in rows], data=True)

    async def _troubles(self, rows: list[Kept]) -> tuple[str, ...]:
        """What the last attempts of rows under way came to; a few tell enough."""
        troubles: dict[str, None] = {}
        for kept in [kept for kept in rows if kept.outcome is RowOutcome.UNDER_WAY][:12]:
            steps = await self._engine.steps(kept.id)
            attempts = [result for name, result in steps if name == "attempt"]
            if attempts and attempts[-1].get("message"):
                troubles[str(attempts[-1]["message"])] = None
        return tuple(troubles)

    async def _result(self, kept: Kept) -> RowResult:
        was_sent = False
        if kept.outcome is RowOutcome.NOT_STARTED and kept.was_begun:
            was_sent = any(name == "intent" for name, _ in await self._engine.steps(kept.id))
        return result_of(kept, was_sent=was_sent)


def _missing(notes: list[Kept], present: int) -> tuple[str, ...]:
    """Says so when not all rows of a submission have come into the database."""
    expected: Counter[str] = Counter()
    for kept in notes:
        note = Note.from_json(kept.data)
        expected[note.digest] += note.rows
    most = max(expected.values(), default=0)
    if most <= present:
        return ()
    return (
        f"only {present:,} of {most:,} rows are in the database: submitting was interrupted; submit the same again",
    )
