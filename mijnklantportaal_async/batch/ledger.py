"""What workers record of rows: who has one, what it came to, whose record is whose, and whose turn it is.

Every method is one short transaction. What is recorded of a row needs its owner's proof: whoever has lost the row to
another, frozen for a while, can record nothing of it any more, and sends nothing.
"""

import json
import time
from collections.abc import Mapping
from typing import Any

import attrs
import sqlalchemy
from sqlalchemy import Float, Integer, String, and_, bindparam, case, func, select

from mijnklantportaal_async.batch.database import Database
from mijnklantportaal_async.batch.rows import BatchRow, Doubt, Portal, RowAtWork, State, WhenAbsent
from mijnklantportaal_async.batch.tables import Tables, insert_or_leave


class LostError(Exception):
    """The row belongs to another by now."""


class CanceledError(Exception):
    """The job was canceled before the row was sent."""


class TakenError(Exception):
    """The record belongs to another row. Its text names that."""


@attrs.frozen(kw_only=True)
class Verdict:
    """What a round of a row came to."""

    state: State
    """`WAITING` for another round."""
    trouble: str | None = None
    """Of a row that goes round once more: why."""
    wait: float = 0.0
    """Seconds of the machine until then."""
    doubt: Doubt = Doubt.NONE
    doubts: int = 0
    looks: int = 0
    refused_at: float | None = None
    message: str | None = None
    identifier: str | None = None
    record: Mapping[str, Any] | None = None
    claims: bool = False
    """Whether the record is this row's alone."""


class Ledger:
    """The records of rows at work.

    Args:
        database: Where they are.
        tables: Which.
    """

    def __init__(self, database: Database, tables: Tables) -> None:
        self._database = database
        self._tables = tables
        rows, turns, claims = tables.rows, tables.turns, tables.claims
        is_mine = (rows.c.id == bindparam("row_id"), rows.c.owner == bindparam("mine"), rows.c.state == State.UNDER_WAY)
        # Built once: building a statement costs more than running it.
        self._begin = (
            rows.update()
            .where(
                rows.c.id == bindparam("row_id"),
                rows.c.round == bindparam("of_round"),
                rows.c.state.in_((State.QUEUED, State.UNDER_WAY)),
            )
            .values(state=State.UNDER_WAY, owner=bindparam("mine"))
            .returning(*rows.c)
        )
        self._intend = (
            rows.update()
            .where(*is_mine, rows.c.when_absent == WhenAbsent.SEND)
            .values(doubt=Doubt.UNDER_WAY, first_sent=func.coalesce(rows.c.first_sent, bindparam("now")))
        )
        self._note = (
            rows.update().where(*is_mine).values(trouble=bindparam("new_trouble"), not_before=bindparam("until"))
        )
        self._standing = select(rows.c.when_absent).where(*is_mine)
        # A row of a job that was canceled goes round no more, unless something of it may be there.
        is_canceled = and_(
            rows.c.when_absent == WhenAbsent.CANCEL,
            bindparam("new_state", type_=String) == State.WAITING,
            bindparam("new_doubt", type_=Integer) == Doubt.NONE,
        )
        self._end = (
            rows.update()
            .where(*is_mine)
            .values(
                state=case((is_canceled, State.CANCELED), else_=bindparam("new_state", type_=String)),
                doubt=bindparam("new_doubt"),
                doubts=bindparam("new_doubts"),
                looks=bindparam("new_looks"),
                refused_at=bindparam("new_refused_at"),
                not_before=bindparam("new_not_before"),
                trouble=bindparam("new_trouble"),
                message=bindparam("new_message"),
                identifier=bindparam("new_identifier"),
                record=bindparam("new_record"),
                ended_at=case(
                    (is_canceled, bindparam("now", type_=Float)), else_=bindparam("new_ended_at", type_=Float)
                ),
            )
        )
        self._leave = turns.delete().where(turns.c.row == bindparam("row_id"))
        self._claimed = select(claims.c.serial, claims.c.record).where(
            claims.c.portal == bindparam("of_portal"),
            claims.c.operation == bindparam("of_operation"),
            claims.c.serial > bindparam("since"),
        )

    # --- a row at work -------------------------------------------------------------------------------------------

    async def begin(self, row_id: str, number: int, owner: str, portals: Mapping[str, Portal]) -> RowAtWork | None:
        """Takes a row; nobody who had it before can record anything of it from now on.

        Returns:
            The row; None where it is over, was canceled, or is in another round.
        """
        values = {"row_id": row_id, "of_round": number, "mine": owner}
        found = await self._database.run(lambda connection: connection.execute(self._begin, values).first())
        if found is None:
            return None
        return RowAtWork(
            row=BatchRow(
                id=found.id,
                job=found.job,
                portal=portals[found.portal],
                operation=found.operation,
                request=json.loads(found.request),
                number=found.number,
                place=found.place,
                content=found.content,
                turns=tuple((key, kind) for key, kind in json.loads(found.turns)),
                how_to_check=found.how_to_check,
            ),
            owner=owner,
            doubt=Doubt(found.doubt),
            first_sent=found.first_sent,
            doubts=found.doubts,
            looks=found.looks,
            refused_at=found.refused_at,
        )

    async def intend(self, at_work: RowAtWork) -> None:
        """Records that the row is about to be sent: the fence that nobody passes who has lost it.

        Raises:
            LostError: Another has it.
            CanceledError: Its job was canceled, or it is only being looked at.
        """
        values = {"row_id": at_work.row.id, "mine": at_work.owner}

        def work(connection: sqlalchemy.Connection) -> None:
            if not connection.execute(self._intend, values | {"now": time.time()}).rowcount:
                if connection.execute(self._standing, values).first() is None:
                    raise LostError(at_work.row.id)
                raise CanceledError

        await self._database.run(work)

    async def note(self, at_work: RowAtWork, trouble: str, wait: float) -> None:
        """Says why nothing is seen of a row for `wait` seconds of the machine; its end takes that away.

        Raises:
            LostError: Another has it.
        """
        values = {"row_id": at_work.row.id, "mine": at_work.owner, "new_trouble": trouble, "until": time.time() + wait}
        if not await self._database.run(lambda connection: connection.execute(self._note, values).rowcount):
            raise LostError(at_work.row.id)

    async def when_absent(self, at_work: RowAtWork) -> WhenAbsent:
        """What is to become of the row, now that nothing of it is there.

        Raises:
            LostError: Another has it.
        """
        values = {"row_id": at_work.row.id, "mine": at_work.owner}
        found = await self._database.run(lambda connection: connection.execute(self._standing, values).scalar())
        if found is None:
            raise LostError(at_work.row.id)
        return WhenAbsent(found)

    async def end(self, at_work: RowAtWork, verdict: Verdict, identity: str) -> None:
        """Records what a round came to, all of it or nothing.

        Raises:
            LostError: Another has the row.
            TakenError: The record is another row's.
        """
        row, now = at_work.row, time.time()
        is_over = verdict.state is not State.WAITING
        values = {
            "row_id": row.id,
            "mine": at_work.owner,
            "new_state": verdict.state,
            "new_doubt": verdict.doubt,
            "new_doubts": verdict.doubts,
            "new_looks": verdict.looks,
            "new_refused_at": verdict.refused_at,
            "new_not_before": now + verdict.wait,
            "new_trouble": verdict.trouble,
            "new_message": verdict.message,
            "new_identifier": verdict.identifier,
            "new_record": None if verdict.record is None else json.dumps(verdict.record),
            "new_ended_at": now if is_over else None,
            "now": now,
        }

        def work(connection: sqlalchemy.Connection) -> None:
            if verdict.claims and verdict.identifier is not None:
                self._claim(connection, identity, row, verdict.identifier)
            if not connection.execute(self._end, values).rowcount:
                raise LostError(row.id)
            if is_over or verdict.doubt is Doubt.NONE:
                connection.execute(self._leave, {"row_id": row.id})

        await self._database.run(work)

    def _claim(self, connection: sqlalchemy.Connection, identity: str, row: BatchRow, record: str) -> None:
        claims = self._tables.claims
        values = {"portal": identity, "operation": row.operation, "record": record}
        # Not its count of rows, which SQLAlchemy does not know of an insert on PostgreSQL.
        insert = insert_or_leave(connection, claims).returning(claims.c.serial)
        if connection.execute(insert, values | {"row": row.id}).first() is not None:
            return
        query = select(claims.c.row).where(*(claims.c[name] == value for name, value in values.items()))
        if (holder := connection.execute(query).scalar()) != row.id:
            raise TakenError(f"{record} belongs to another row ({holder})")

    # --- what is known of others ---------------------------------------------------------------------------------

    async def claimed(self, identity: str, operation: str, since: int) -> tuple[int, list[str]]:
        """Ids of records that belong to rows, of those that were claimed since a serial number; and the last number."""
        values = {"of_portal": identity, "of_operation": operation, "since": since}
        found = await self._database.run(lambda connection: connection.execute(self._claimed, values).all())
        return max((row.serial for row in found), default=since), [row.record for row in found]

    async def have_succeeded(self, portal: Portal, operation: str, since: float) -> bool:
        """Whether rows of a portal have been done since a moment."""
        rows = self._tables.rows
        query = (
            select(rows.c.id)
            .where(
                rows.c.portal == portal.id,
                rows.c.state == State.DONE,
                rows.c.operation == operation,
                rows.c.ended_at > since,
            )
            .limit(1)
        )
        return await self._database.run(lambda connection: connection.execute(query).first()) is not None

    async def portals(self) -> dict[str, Portal]:
        """Those that rows are for, by their ids."""
        found = await self._database.run(lambda connection: connection.execute(select(self._tables.portals)).all())
        return {row.id: Portal(name=row.name, address=row.address, timezone=row.timezone) for row in found}

    async def identify(self, portal: Portal, identity: str) -> None:
        """Notes which portal it is that goes by a name."""
        table = self._tables.portals
        statement = table.update().where(table.c.id == portal.id).values(identity=identity)
        await self._database.run(lambda connection: connection.execute(statement))

    async def sign(self, worker: str, troubles: Mapping[str, str]) -> None:
        """Says that a worker is there for portals, and what holds it up at each; empty where nothing does."""
        desks, now = self._tables.desks, time.time()

        def work(connection: sqlalchemy.Connection) -> None:
            connection.execute(desks.delete().where(desks.c.worker == worker))
            values = [
                {"portal": portal, "worker": worker, "seen_at": now, "trouble": trouble}
                for portal, trouble in troubles.items()
            ]
            if values:
                connection.execute(desks.insert(), values)

        await self._database.run(work)
