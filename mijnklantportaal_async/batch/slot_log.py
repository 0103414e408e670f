"""Who sent when with a key: a log in the database that all machines share, and the next free moment in it."""

import enum
import time
from collections.abc import Sequence
from typing import NamedTuple

import sqlalchemy
from sqlalchemy import BigInteger, Boolean, Column, Float, Index, Integer, MetaData, String, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.schema import CreateSchema

from mijnklantportaal_async.calling.window import ARRIVAL_MARGIN

SMALLEST_MARGIN = 0.05
"""Seconds of the machine that a request may take longer on its way than the one before it, however short the window."""

LATE = 0.5
"""Part of the margin by which the holder of a slot may be late; then the slot is no longer sure to be free."""


class Slot(NamedTuple):
    """A moment at which one request may be sent."""

    id: int
    wait: float
    """Seconds of the machine until then."""


class Standing(enum.Enum):
    """What became of a slot while its holder waited for it."""

    HELD = "held"
    """It is the holder's."""
    YIELDED = "yielded"
    """A person took it, or the service paused the key."""
    LATE = "late"
    """The holder stood still, and its moment went by."""


class SlotTables:
    """The two tables of the log.

    Args:
        schema: Where they lie; None on SQLite.
    """

    def __init__(self, schema: str | None) -> None:
        self.metadata = MetaData(schema=schema)
        self.keys = Table(
            "mijnklantportaal_rate_limits",
            self.metadata,
            Column("name", String(64), primary_key=True),
            Column("requests", Integer, nullable=False),
            Column("paused_until", Float(53), nullable=False),
            # By the clock, when it was read last: one that shows less now was set back.
            Column("seen_at", Float(53), nullable=False),
        )
        self.slots = Table(
            "mijnklantportaal_rate_slots",
            self.metadata,
            Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
            Column("name", String(64), nullable=False),
            Column("moment", Float(53), nullable=False),
            Column("yields", Boolean, nullable=False),
        )
        Index("mijnklantportaal_rate_slots_name_moment", self.slots.c.name, self.slots.c.moment)

    def create(self, connection: sqlalchemy.Connection) -> None:
        """Makes what is missing; several processes may do so at once."""
        schema = self.metadata.schema
        if schema is None:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            # Two that make a schema at once would trip over each other.
            connection.execute(sqlalchemy.text("SELECT pg_advisory_xact_lock(7305421)"))
            connection.execute(CreateSchema(schema, if_not_exists=True))
        self.metadata.create_all(connection)


class SlotLog:
    """The log of one key. Every method is one short transaction, and takes the connection.

    Moments are seconds of the database's clock: machines need not agree on the time.

    Args:
        tables: Where the log is.
        name: The key, by its fingerprint.
        requests: How many it may send in any window, until an answer says otherwise.
        per: The window in seconds of the machine.
    """

    def __init__(self, tables: SlotTables, *, name: str, requests: int, per: float) -> None:
        self._tables = tables
        self._name = name
        self._requests = requests
        self._margin = max(per * ARRIVAL_MARGIN, SMALLEST_MARGIN)
        self._window = per + self._margin

    @property
    def lateness(self) -> float:
        """Seconds of the machine by which the holder of a slot may be late."""
        return self._margin * LATE

    def take(self, connection: sqlalchemy.Connection, *, is_urgent: bool) -> Slot:
        """Reserves the next free moment.

        Args:
            connection: In a transaction.
            is_urgent: A person waits. Goes before what yields: takes over the next moment that a batch has reserved.
        """
        slots = self._tables.slots
        requests, paused_until, now = self._lock(connection)
        connection.execute(slots.delete().where(slots.c.name == self._name, slots.c.moment <= now - self._window))
        moments = self._newest(connection, requests)
        moment = max(now, paused_until)
        if len(moments) >= requests:
            moment = max(moment, moments[requests - 1] + self._window)
        if is_urgent and moment > now:
            reserved = connection.execute(
                sqlalchemy.select(slots.c.id, slots.c.moment)
                .where(slots.c.name == self._name, slots.c.yields, slots.c.moment > now)
                .order_by(slots.c.moment)
                .limit(1)
            ).first()
            if reserved is not None and reserved.moment < moment:
                connection.execute(slots.delete().where(slots.c.id == reserved.id))
                moment = max(reserved.moment, paused_until)
        inserted = connection.execute(
            slots.insert().values(name=self._name, moment=moment, yields=not is_urgent and moment > now)
        )
        key = inserted.inserted_primary_key
        return Slot(int(key[0]) if key else 0, moment - now)

    def confirm(self, connection: sqlalchemy.Connection, slot: Slot) -> Standing:
        """Whether a slot that was waited for is still its holder's. Whoever has lost it takes another."""
        slots = self._tables.slots
        _, paused_until, now = self._lock(connection)
        own = connection.execute(sqlalchemy.select(slots.c.moment).where(slots.c.id == slot.id)).scalar()
        if own is None or now < paused_until:
            connection.execute(slots.delete().where(slots.c.id == slot.id))
            return Standing.YIELDED
        if now > own + self.lateness:
            connection.execute(slots.delete().where(slots.c.id == slot.id))
            return Standing.LATE
        connection.execute(slots.update().where(slots.c.id == slot.id).values(yields=False))
        return Standing.HELD

    def pause(self, connection: sqlalchemy.Connection, seconds: float) -> None:
        """Nobody sends with this key for so many seconds of the machine."""
        keys = self._tables.keys
        _, paused_until, now = self._lock(connection)
        until = max(paused_until, now + seconds)
        connection.execute(keys.update().where(keys.c.name == self._name).values(paused_until=until))

    def set_requests(self, connection: sqlalchemy.Connection, requests: int) -> None:
        """The service says how many calls the key may make."""
        keys = self._tables.keys
        self._lock(connection)
        connection.execute(keys.update().where(keys.c.name == self._name).values(requests=requests))

    def remaining(self, connection: sqlalchemy.Connection) -> tuple[int, int, float]:
        """How many may go in a window, how many could go now, and the seconds until the next could."""
        requests, paused_until, now = self._lock(connection)
        moments = [moment for moment in self._newest(connection, requests) if moment > now - self._window]
        next_one = max(now, paused_until)
        if len(moments) >= requests:
            next_one = max(next_one, moments[requests - 1] + self._window)
        return requests, max(0, requests - len(moments)), next_one - now

    # --- inside ------------------------------------------------------------------------------------------------

    def _lock(self, connection: sqlalchemy.Connection) -> tuple[int, float, float]:
        """One transaction at a time for each key.

        Returns:
            How many requests it may send in a window, until when it pauses, and the moment.
        """
        keys, is_key = self._tables.keys, self._tables.keys.c.name == self._name
        query = sqlalchemy.select(keys.c.requests, keys.c.paused_until, keys.c.seen_at).where(is_key)
        if connection.dialect.name == "sqlite":
            # Reading alone would take no lock: a transaction of ours always means to write.
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        row = connection.execute(query.with_for_update()).first()
        if row is None:
            values = {"name": self._name, "requests": self._requests, "paused_until": 0.0, "seen_at": 0.0}
            connection.execute(_insert_or_leave(connection, keys).values(values))
            row = connection.execute(query.with_for_update()).one()
        now, paused_until = self._now(connection), float(row.paused_until)
        if (back := float(row.seen_at) - now) > 0:
            # The clock was set back: what it has written goes with it, or nobody would send for so long.
            slots = self._tables.slots
            moved = slots.update().where(slots.c.name == self._name).values(moment=slots.c.moment - back)
            connection.execute(moved)
            paused_until -= back
        connection.execute(keys.update().where(is_key).values(seen_at=now, paused_until=paused_until))
        return int(row.requests), paused_until, now

    def _newest(self, connection: sqlalchemy.Connection, requests: int) -> Sequence[float]:
        slots = self._tables.slots
        return (
            connection.execute(
                sqlalchemy.select(slots.c.moment)
                .where(slots.c.name == self._name)
                .order_by(slots.c.moment.desc())
                .limit(requests)
            )
            .scalars()
            .all()
        )

    def _now(self, connection: sqlalchemy.Connection) -> float:
        if connection.dialect.name == "sqlite":
            # One machine: its clock is everybody's.
            return time.time()
        moment = sqlalchemy.func.extract("epoch", sqlalchemy.func.clock_timestamp())
        return float(connection.execute(sqlalchemy.select(moment)).scalar_one())


def _insert_or_leave(connection: sqlalchemy.Connection, table: Table) -> sqlalchemy.Insert:
    if connection.dialect.name == "sqlite":
        return sqlite.insert(table).on_conflict_do_nothing()
    return postgresql.insert(table).on_conflict_do_nothing()
