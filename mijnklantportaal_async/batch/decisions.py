"""What a person found out about rows in doubt, by looking in the portal."""

import enum
import json
import time
from collections.abc import Iterable
from typing import Any

import attrs
import sqlalchemy
from sqlalchemy import func, select

from mijnklantportaal_async.batch.database import Database
from mijnklantportaal_async.batch.rows import Doubt, State, WhenAbsent
from mijnklantportaal_async.batch.tables import Tables, insert_or_leave, lock_rows
from mijnklantportaal_async.texts.words import words

VERSION = 1
"""Of the file that the report's page writes."""


class Found(enum.StrEnum):
    """What a person found."""

    THERE = "there"
    """It is in the portal: the row is done."""
    MISSING = "missing"
    """It is not: the row is looked for once more, and sent if nothing of it is there."""


@attrs.frozen(kw_only=True)
class Decision:
    """What is to become of a row in doubt.

    Attributes:
        number: Place of the row in its job, from 1.
        found: What a person found.
        identifier: Id of the record in the portal, where it is there; empty where nobody knows it.
    """

    number: int
    found: Found
    identifier: str = ""


@attrs.frozen(kw_only=True)
class Decided:
    """What decisions came to.

    Attributes:
        done: Rows that are done by them.
        sent_again: Rows that are looked for once more, and sent if they are not there.
        refused: Number of the row -> why nothing was changed about it.
    """

    done: int
    sent_again: int
    refused: tuple[tuple[int, str], ...]


def read_decisions(text: str) -> tuple[str, tuple[Decision, ...]]:
    """Reads the file that the report's page writes.

    Returns:
        The job that it is about, and the decisions.

    Raises:
        ValueError: It is something else.
    """
    try:
        document: Any = json.loads(text)
        if document["version"] != VERSION:
            raise ValueError(
                words("it was written by a page of another version ({document})", document=repr(document["version"]))
            )
        decisions = tuple(
            Decision(number=int(one["row"]), found=Found(one["found"]), identifier=str(one.get("id") or "").strip())
            for one in document["decisions"]
        )
        return str(document["job"]), decisions
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(words("it is no file of decisions, as the page of `batch report` saves it")) from error


class DecisionRecords:
    """Records decisions.

    Args:
        database: Where the rows are.
        tables: Which.
    """

    def __init__(self, database: Database, tables: Tables) -> None:
        self._database = database
        self._tables = tables

    async def apply(self, job: str, decisions: Iterable[Decision]) -> Decided:
        """Applies what can be applied, in one transaction. A row that is not in doubt any more is left as it is."""
        wanted = {decision.number: decision for decision in decisions}

        def work(connection: sqlalchemy.Connection) -> Decided:
            lock_rows(connection, self._database)
            done, again, refused = 0, 0, list[tuple[int, str]]()
            for decision in wanted.values():
                reason = self._apply(connection, job, decision)
                if reason:
                    refused.append((decision.number, reason))
                elif decision.found is Found.THERE:
                    done += 1
                else:
                    again += 1
            return Decided(done=done, sent_again=again, refused=tuple(refused))

        return await self._database.run(work)

    def _apply(self, connection: sqlalchemy.Connection, job: str, decision: Decision) -> str:
        rows, portals = self._tables.rows, self._tables.portals
        query = (
            select(rows.c.id, rows.c.state, rows.c.portal, rows.c.operation, rows.c.content, portals.c.identity)
            .join_from(rows, portals, rows.c.portal == portals.c.id)
            .where(rows.c.job == job, rows.c.number == decision.number)
        )
        row = connection.execute(query).first()
        if row is None:
            return words("the job has no such row")
        if row.state != State.UNKNOWN:
            return words("it is not in doubt any more: {state}", state=row.state)
        if decision.found is Found.MISSING:
            values = _looked_for_again(rows)
        else:
            if reason := self._claim(connection, row, decision.identifier):
                return reason
            values = {
                "state": State.DONE,
                "doubt": Doubt.NONE,
                "identifier": decision.identifier or None,
                "message": words("Found in the portal by a person, who said so."),
                "trouble": None,
                "ended_at": time.time(),
            }
        connection.execute(rows.update().where(rows.c.id == row.id).values(values))
        if decision.found is Found.THERE:
            turns = self._tables.turns
            connection.execute(turns.delete().where(turns.c.row == row.id))
        return ""

    def _claim(self, connection: sqlalchemy.Connection, row: Any, identifier: str) -> str:
        """Why the record cannot be the row's; empty where it now is."""
        if not identifier:
            return self._has_twin(connection, row)
        claims = self._tables.claims
        values = {"portal": row.identity or row.portal, "operation": row.operation, "record": identifier}
        insert = insert_or_leave(connection, claims).returning(claims.c.serial)
        if connection.execute(insert, values | {"row": row.id}).first() is not None:
            return ""
        query = select(claims.c.row).where(*(claims.c[name] == value for name, value in values.items()))
        return (
            ""
            if connection.execute(query).scalar() == row.id
            else words("{identifier} belongs to another row", identifier=identifier)
        )

    def _has_twin(self, connection: sqlalchemy.Connection, row: Any) -> str:
        """Without an id nobody could tell which of two equal rows has the record."""
        rows = self._tables.rows
        is_open = rows.c.state.in_((State.WAITING, State.QUEUED, State.UNDER_WAY, State.UNKNOWN))
        is_equal = (rows.c.content == row.content, rows.c.portal == row.portal, rows.c.id != row.id)
        query = select(func.count()).where(*is_equal, is_open)
        if not connection.execute(query).scalar_one():
            return ""
        return words("an equal row is open as well; say the id of the record that is there")


def _looked_for_again(rows: sqlalchemy.Table) -> dict[str, Any]:
    return {
        "state": State.WAITING,
        "when_absent": WhenAbsent.SEND,
        "doubt": Doubt.OPEN,
        "doubts": 0,
        "looks": 0,
        "first_sent": func.coalesce(rows.c.first_sent, rows.c.submitted_at),
        "refused_at": None,
        "not_before": 0.0,
        "message": None,
        "ended_at": None,
    }
