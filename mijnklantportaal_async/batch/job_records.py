"""What is recorded of jobs, for those who submit, watch, stop and resume them. Runs nothing."""

import json
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Any, TypeVar

import attrs
import sqlalchemy
from sqlalchemy import func, select

from mijnklantportaal_async.batch import operations
from mijnklantportaal_async.batch.database import Database
from mijnklantportaal_async.batch.results import RowOutcome, RowResult
from mijnklantportaal_async.batch.rows import FORMAT, BatchRow, Doubt, Portal, State, WhenAbsent, place_in_words
from mijnklantportaal_async.batch.tables import Tables, insert_or_leave, lock_rows
from mijnklantportaal_async.texts.words import counted, words

T = TypeVar("T")

CHUNK = 500
"""Rows in one transaction: SQLite has one writer, and workers want to write as well."""

FRESH = 45.0
"""Seconds for which what a worker says of itself holds."""

OUTCOMES = {
    State.WAITING: RowOutcome.WAITING,
    State.QUEUED: RowOutcome.WAITING,
    State.UNDER_WAY: RowOutcome.UNDER_WAY,
    State.CANCELED: RowOutcome.NOT_STARTED,
    State.DONE: RowOutcome.DONE,
    State.REJECTED: RowOutcome.REJECTED,
    State.UNKNOWN: RowOutcome.UNKNOWN,
}

OPEN = (State.WAITING, State.QUEUED, State.UNDER_WAY)
"""Rows to which something happens by itself."""


@attrs.frozen(kw_only=True)
class KeptSubmission:
    """A submission as it is kept."""

    job: str
    digest: str
    source: str
    rows: int
    submitted_at: datetime
    portals: tuple[Portal, ...]
    operations: tuple[str, ...]


class JobRecords:
    """The records of jobs. Every method is one transaction, but for those that say otherwise.

    Args:
        database: Where they are.
        tables: Which.
    """

    def __init__(self, database: Database, tables: Tables) -> None:
        self._database = database
        self._tables = tables

    # --- submitting ----------------------------------------------------------------------------------------------

    async def add(self, submission: KeptSubmission, rows: Iterable[BatchRow]) -> None:
        """Keeps a submission; nothing happens to rows that are kept already. All or none of each 500."""
        tables = self._tables
        now = submission.submitted_at.timestamp()
        portals = [attrs.asdict(portal) | {"id": portal.id} for portal in submission.portals]
        head = {
            "job": submission.job,
            "digest": submission.digest,
            "source": submission.source,
            "rows": submission.rows,
            "submitted_at": now,
            "portals": json.dumps([portal.id for portal in submission.portals]),
            "operations": json.dumps(submission.operations),
        }

        def begin(connection: sqlalchemy.Connection) -> None:
            if portals:
                connection.execute(insert_or_leave(connection, tables.portals), portals)
            connection.execute(insert_or_leave(connection, tables.submissions), head)

        # The submission first: rows without one would be nobody's.
        await self._database.run(begin)
        for chunk in chunks(rows, CHUNK):
            values = [_values(row, now) for row in chunk]
            await self._database.run(
                lambda connection: connection.execute(insert_or_leave(connection, tables.rows), values)  # noqa: B023
            )

    async def ids(self, job: str) -> set[str]:
        """Ids of the rows of a job."""
        rows = self._tables.rows
        return set(await self._read(lambda c: c.execute(select(rows.c.id).where(rows.c.job == job)).scalars().all()))

    async def elsewhere(self, job: str, portals: Collection[Portal], contents: Counter[str]) -> dict[str, int]:
        """How many of these rows stand in other jobs, by their names; also under another name of the same portal.

        Args:
            job: The job that they are for.
            portals: Those of the rows.
            contents: Of the rows.
        """
        rows, known = self._tables.rows, self._tables.portals
        found: Counter[str] = Counter()

        def work(connection: sqlalchemy.Connection) -> None:
            own = [portal.id for portal in portals]
            identities = select(known.c.identity).where(known.c.id.in_(own), known.c.identity.is_not(None))
            same = select(known.c.id).where(known.c.id.in_(own) | known.c.identity.in_(identities))
            ids = connection.execute(same).scalars().all()
            for chunk in chunks(contents, CHUNK):
                query = (
                    select(rows.c.job, rows.c.content, func.count())
                    .where(rows.c.content.in_(chunk), rows.c.portal.in_(ids), rows.c.job != job)
                    .where(rows.c.state != State.REJECTED)
                    .group_by(rows.c.job, rows.c.content)
                )
                for name, content, count in connection.execute(query):
                    found[name] += min(count, contents[content])

        await self._database.run(work)
        return dict(found)

    # --- reading -------------------------------------------------------------------------------------------------

    async def submissions(self, job: str | None = None) -> list[KeptSubmission]:
        """Those of a job, or all, the oldest first."""
        table, known = self._tables.submissions, self._tables.portals

        def work(connection: sqlalchemy.Connection) -> list[KeptSubmission]:
            query = select(table).order_by(table.c.submitted_at)
            found = connection.execute(query if job is None else query.where(table.c.job == job)).all()
            portals = {
                row.id: Portal(name=row.name, address=row.address, timezone=row.timezone)
                for row in connection.execute(select(known))
            }
            return [
                KeptSubmission(
                    job=row.job,
                    digest=row.digest,
                    source=row.source,
                    rows=row.rows,
                    submitted_at=datetime.fromtimestamp(row.submitted_at, UTC),
                    portals=tuple(portals[portal] for portal in json.loads(row.portals)),
                    operations=tuple(json.loads(row.operations)),
                )
                for row in found
            ]

        return await self._database.run(work)

    async def counts(self, job: str) -> dict[RowOutcome, int]:
        """How many rows stand where."""
        rows = self._tables.rows
        query = select(rows.c.state, func.count()).where(rows.c.job == job).group_by(rows.c.state)
        found = await self._read(lambda connection: connection.execute(query).all())
        counts: Counter[RowOutcome] = Counter()
        for state, count in found:
            counts[OUTCOMES[State(state)]] += count
        return counts

    async def results(self, job: str, *, ended_after: float | None = None) -> list[RowResult]:
        """The rows of a job in their order; or those that have ended since a moment, in seconds since 1970."""
        rows = self._tables.rows
        query = select(rows, self._tables.portals.c.name, self._tables.portals.c.timezone).join_from(
            rows, self._tables.portals, rows.c.portal == self._tables.portals.c.id
        )
        query = query.where(rows.c.job == job)
        if ended_after is not None:
            query = query.where(rows.c.ended_at > ended_after)

        def work(connection: sqlalchemy.Connection) -> list[RowResult]:
            found = connection.execution_options(yield_per=CHUNK).execute(query)
            return sorted((_result(row) for row in found), key=lambda result: result.number)

        return await self._read(work)

    async def last_end(self, job: str) -> float:
        """When the last row ended, in seconds since 1970; 0 where none has."""
        rows = self._tables.rows
        query = select(func.max(rows.c.ended_at)).where(rows.c.job == job)
        return await self._read(lambda connection: connection.execute(query).scalar()) or 0.0

    async def troubles(self, job: str, portals: Sequence[Portal], most: int) -> list[str]:
        """What holds up rows of a job that is not over."""
        rows, desks = self._tables.rows, self._tables.desks
        waiting = (
            select(rows.c.trouble, func.count(), func.min(rows.c.not_before))
            .where(rows.c.job == job, rows.c.trouble.is_not(None))
            .group_by(rows.c.trouble)
            .order_by(func.count().desc())
            .limit(most)
        )
        newer = select(rows.c.id).where(rows.c.job == job, rows.c.format > sqlalchemy.literal_column(str(FORMAT)))
        is_open = select(rows.c.id).where(rows.c.job == job, rows.c.state.in_(OPEN)).limit(1)
        now = time.time()

        def work(connection: sqlalchemy.Connection) -> list[str]:
            said = [_in_words(row[0], row[1], row[2], now) for row in connection.execute(waiting)]
            if connection.execute(newer.limit(1)).first() is not None:
                said.append(
                    words("rows were written by a newer version of this package; only a worker of that takes them")
                )
            for portal in portals:
                query = select(desks.c.trouble).where(desks.c.portal == portal.id, desks.c.seen_at > now - FRESH)
                there = connection.execute(query).scalars().all()
                if not there and connection.execute(is_open.where(rows.c.portal == portal.id)).first() is not None:
                    said.append(
                        words(
                            "no worker is at work for the portal {portal_name} ({address})",
                            portal_name=portal.name,
                            address=portal.address,
                        )
                    )
                # One that is held up by nothing is enough.
                elif there and all(there):
                    said.append(there[0])
            return list(dict.fromkeys(said))

        return await self._read(work)

    # --- stopping and going on -----------------------------------------------------------------------------------

    async def cancel(self, job: str) -> int:
        """Stops what was not begun. Rows of which something may have been sent come to their end."""
        rows = self._tables.rows
        stopped = (
            rows.update()
            .where(rows.c.job == job, rows.c.state.in_((State.WAITING, State.QUEUED)), rows.c.doubt == Doubt.NONE)
            .values(state=State.CANCELED, trouble=None, ended_at=time.time())
        )
        stopping = (
            rows.update()
            .where(rows.c.job == job, rows.c.state.in_(OPEN), rows.c.when_absent == WhenAbsent.SEND)
            .values(when_absent=WhenAbsent.CANCEL)
        )

        def work(connection: sqlalchemy.Connection) -> int:
            lock_rows(connection, self._database)
            count = connection.execute(stopped).rowcount
            connection.execute(stopping)
            # Only now: a row that a worker has begun meanwhile keeps its turn.
            ids, turns = select(rows.c.id).where(rows.c.job == job, rows.c.state == State.CANCELED), self._tables.turns
            connection.execute(turns.delete().where(turns.c.row.in_(ids)))
            return count

        return await self._database.run(work)

    async def go_on(
        self, job: str, states: Collection[State], *, then: WhenAbsent = WhenAbsent.SEND, looks: bool = False
    ) -> int:
        """Has rows that are over go round again.

        Args:
            job: Their job.
            states: Which.
            then: What is to come of them once it is certain that nothing of them is there.
            looks: Whether they are looked for first.

        Returns:
            How many.
        """
        rows = self._tables.rows
        again: dict[str, Any] = {
            "state": State.WAITING,
            "when_absent": then,
            "doubts": 0,
            "looks": 0,
            "refused_at": None,
            "not_before": 0.0,
            "message": None,
            "ended_at": None,
        }
        if looks:
            again |= {"doubt": Doubt.OPEN, "first_sent": func.coalesce(rows.c.first_sent, rows.c.submitted_at)}
        of_job = rows.c.job == job
        changed = rows.update().where(of_job, rows.c.state.in_(states)).values(again)
        resumed = (
            rows.update()
            .where(of_job, rows.c.state.in_(OPEN), rows.c.when_absent == WhenAbsent.CANCEL)
            .values(when_absent=WhenAbsent.SEND)
        )

        def work(connection: sqlalchemy.Connection) -> int:
            lock_rows(connection, self._database)
            if State.CANCELED in states:
                connection.execute(resumed)
            return connection.execute(changed).rowcount

        return await self._database.run(work)

    async def send_absent(self, job: str) -> int:
        """Has rows sent of which a look has proven that nothing is there."""
        rows = self._tables.rows
        statement = (
            rows.update()
            .where(rows.c.job == job, rows.c.state == State.REJECTED, rows.c.when_absent == WhenAbsent.SAY)
            .values(state=State.WAITING, when_absent=WhenAbsent.SEND, message=None, ended_at=None, not_before=0.0)
        )
        return await self._database.run(lambda connection: connection.execute(statement).rowcount)

    async def delete(self, job: str) -> tuple[int, list[tuple[str, int]]]:
        """Forgets a job. What its rows have made stays theirs.

        Returns:
            How many rows are not at their end, where it was left alone because of them; and id and last round of
            those that were forgotten.
        """
        rows, submissions, turns = self._tables.rows, self._tables.submissions, self._tables.turns

        def work(connection: sqlalchemy.Connection) -> tuple[int, list[tuple[str, int]]]:
            lock_rows(connection, self._database)
            moving = select(func.count()).select_from(rows).where(rows.c.job == job, rows.c.state.in_(OPEN))
            if count := connection.execute(moving).scalar_one():
                return count, []
            found = connection.execute(select(rows.c.id, rows.c.round).where(rows.c.job == job)).all()
            connection.execute(turns.delete().where(turns.c.row.in_(select(rows.c.id).where(rows.c.job == job))))
            connection.execute(rows.delete().where(rows.c.job == job))
            connection.execute(submissions.delete().where(submissions.c.job == job))
            return 0, [(identifier, number) for identifier, number in found]

        return await self._database.run(work)

    async def _read(self, function: Callable[[sqlalchemy.Connection], T]) -> T:
        return await self._database.run(function)


def chunks(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Parts of so many."""
    iterator = iter(items)
    while chunk := list(islice(iterator, size)):
        yield chunk


def _values(row: BatchRow, now: float) -> dict[str, Any]:
    return {
        "id": row.id,
        "job": row.job,
        "portal": row.portal.id,
        "operation": row.operation,
        "request": json.dumps(row.request, ensure_ascii=False),
        "number": row.number,
        "place": row.place,
        "content": row.content,
        "turns": json.dumps(row.turns),
        "how_to_check": row.how_to_check,
        "format": FORMAT,
        "submitted_at": now,
        "state": State.WAITING,
        "round": 0,
        "doubt": Doubt.NONE,
        "doubts": 0,
        "looks": 0,
        "not_before": 0.0,
        "when_absent": WhenAbsent.SEND,
    }


def _result(row: sqlalchemy.Row[Any]) -> RowResult:
    outcome = OUTCOMES[State(row.state)]
    record: Mapping[str, Any] | None = None if row.record is None else json.loads(row.record)
    advice = operations.how_to_check(row.operation, row.how_to_check) if outcome is RowOutcome.UNKNOWN else None
    return RowResult(
        job=row.job,
        portal=row.name,
        number=row.number,
        place=place_in_words(row.place),
        operation=row.operation,
        request=json.loads(row.request),
        timezone=row.timezone,
        outcome=outcome,
        identifier=row.identifier,
        record=record,
        message=row.message or row.trouble,
        how_to_check=advice,
        ended_at=None if row.ended_at is None else datetime.fromtimestamp(row.ended_at, UTC),
    )


def _in_words(trouble: str, count: int, not_before: float, now: float) -> str:
    rows = counted("{count:,} row", "{count:,} rows", count)
    wait = not_before - now
    if wait < 1:
        return words("{trouble} ({rows})", trouble=trouble, rows=rows)
    return words("{trouble} ({rows}; again in {wait:.0f} s)", trouble=trouble, rows=rows, wait=wait)
