"""Which rows the engine gets, and when: those whose time has come, and whose turn it is.

A row in the engine has its turn until it ends without doubt: none takes a place only to wait for another.
"""

import json
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

import sqlalchemy
from sqlalchemy import bindparam, case, func, select

from mijnklantportaal_async.batch.database import Database
from mijnklantportaal_async.batch.rows import FORMAT, Doubt, State
from mijnklantportaal_async.batch.tables import Tables, insert_or_leave, lock_rows

TURN_WAIT = 1.0
"""Seconds of the machine until a row looks again whether an equal one has ended."""

Enqueue = Callable[[sqlalchemy.Connection, str, str, int], None]
"""Gives the engine a row, in the transaction: queue, id and round."""


class Feed:
    """Gives rows to the engine.

    Args:
        database: Where they are.
        tables: Which.
    """

    def __init__(self, database: Database, tables: Tables) -> None:
        self._database = database
        self._tables = tables
        rows, turns = tables.rows, tables.turns
        # Built once: building a statement costs more than running it.
        self._queued = (
            select(rows.c.portal, func.count().label("number"))
            .where(rows.c.portal.in_(bindparam("portals", expanding=True)), rows.c.state == State.QUEUED)
            .group_by(rows.c.portal)
        )
        self._next = (
            select(rows.c.id, rows.c.round, rows.c.turns)
            .where(
                rows.c.portal == bindparam("of_portal"),
                rows.c.state == State.WAITING,
                rows.c.not_before <= bindparam("now"),
                rows.c.format <= FORMAT,
            )
            .order_by(rows.c.number)
            .limit(bindparam("most"))
        )
        self._held = select(turns.c.key, turns.c.kind, turns.c.row).where(
            turns.c.portal == bindparam("identity"), turns.c.key.in_(bindparam("keys", expanding=True))
        )
        self._give = (
            rows.update()
            .where(rows.c.id == bindparam("row_id"))
            .values(state=State.QUEUED, round=rows.c.round + 1, trouble=None)
        )
        self._put_off = (
            rows.update().where(rows.c.id == bindparam("row_id")).values(not_before=bindparam("until"), trouble=_TURN)
        )

    async def give(self, portals: Mapping[str, tuple[str, str]], room: int, enqueue: Enqueue) -> None:
        """Gives the engine rows.

        Args:
            portals: Identity and queue of each, by its id.
            room: Rows of a portal that may wait in the engine; the others wait here, where waiting costs nothing.
            enqueue: Gives the engine a row.
        """

        def work(connection: sqlalchemy.Connection) -> None:
            lock_rows(connection, self._database)
            now = time.time()
            queued = {row.portal: row.number for row in connection.execute(self._queued, {"portals": list(portals)})}
            for portal, (identity, queue) in portals.items():
                if (most := room - queued.get(portal, 0)) > 0:
                    values = {"of_portal": portal, "now": now, "most": most}
                    found = connection.execute(self._next, values).all()
                    self._give_turns(connection, identity, found, partial(enqueue, connection, queue))

        await self._database.run(work)

    def _give_turns(
        self,
        connection: sqlalchemy.Connection,
        identity: str,
        found: Sequence[Any],
        enqueue: Callable[[str, int], None],
    ) -> None:
        wanted = {row.id: [(str(key), str(kind)) for key, kind in json.loads(row.turns)] for row in found}
        keys = list({key for pairs in wanted.values() for key, _ in pairs})
        held: dict[str, list[tuple[str, str]]] = {}
        for key, kind, holder in connection.execute(self._held, {"identity": identity, "keys": keys}) if keys else ():
            held.setdefault(key, []).append((kind, holder))
        for row in found:
            pairs = wanted[row.id]
            if any(
                _disturb(kind, other) for key, kind in pairs for other, holder in held.get(key, ()) if holder != row.id
            ):
                connection.execute(self._put_off, {"row_id": row.id, "until": time.time() + TURN_WAIT})
                continue
            for key, kind in pairs:
                held.setdefault(key, []).append((kind, row.id))
            if pairs:
                turns = [{"portal": identity, "key": key, "kind": kind, "row": row.id} for key, kind in pairs]
                connection.execute(insert_or_leave(connection, self._tables.turns), turns)
            connection.execute(self._give, {"row_id": row.id})
            enqueue(row.id, row.round + 1)

    async def wake(self, portals: Collection[str]) -> None:
        """Has what waits tried at once: by a clock that was set back, its moment may lie hours ahead."""
        rows = self._tables.rows
        is_waiting = (rows.c.state == State.WAITING, rows.c.doubt == Doubt.NONE, rows.c.not_before > 0)
        statement = rows.update().where(rows.c.portal.in_(portals), *is_waiting).values(not_before=0.0)
        await self._database.run(lambda connection: connection.execute(statement))

    async def given(self, portals: Collection[str]) -> list[tuple[str, int]]:
        """Id and round of the rows that the engine has, by this account."""
        rows = self._tables.rows
        query = select(rows.c.id, rows.c.round).where(
            rows.c.portal.in_(portals), rows.c.state.in_((State.QUEUED, State.UNDER_WAY))
        )
        found = await self._database.run(lambda connection: connection.execute(query).all())
        return [(row_id, number) for row_id, number in found]

    async def take_back(self, given: Iterable[tuple[str, int]]) -> None:
        """Has rows wait again that the engine has lost; those that are in another round by now are left alone."""
        rows = self._tables.rows

        def work(connection: sqlalchemy.Connection) -> None:
            lock_rows(connection, self._database)
            for row_id, number in given:
                is_it = (rows.c.id == row_id, rows.c.round == number)
                is_given = rows.c.state.in_((State.QUEUED, State.UNDER_WAY))
                connection.execute(rows.update().where(*is_it, is_given).values(state=State.WAITING, owner=None))

        await self._database.run(work)

    async def put_in_doubt(self, portals: Collection[str]) -> int:
        """Has every row that is not done looked for before it is sent: the database may have forgotten that it was.

        Returns:
            How many.
        """
        rows = self._tables.rows
        statement = (
            rows.update()
            .where(rows.c.portal.in_(portals), rows.c.state != State.DONE)
            .values(
                doubt=case((rows.c.doubt == Doubt.NONE, Doubt.OPEN), else_=rows.c.doubt),
                first_sent=func.coalesce(rows.c.first_sent, rows.c.submitted_at),
            )
        )
        return await self._database.run(lambda connection: connection.execute(statement).rowcount)


_TURN = "an equal row is under way: rows that could be mistaken for each other go one after the other"


def _disturb(one: str, other: str) -> bool:
    return not one or one != other
