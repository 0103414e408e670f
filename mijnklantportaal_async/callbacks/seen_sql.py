"""Remembers calls in a database, for many processes: a SQLite file, or PostgreSQL.

Every step is one statement that says what must be so: whoever's row it changes has the call. Times are those of the
machines, so their clocks should agree to within the lease.
"""

import secrets
from base64 import b64decode, b64encode
from types import TracebackType
from typing import Self, cast

import sqlalchemy
from sqlalchemy import Column, Float, String, Text

from mijnklantportaal_async.callbacks.seen import KEEP, LEASE, Claim, Seen
from mijnklantportaal_async.store_database import StoreDatabase
from mijnklantportaal_async.values.checks import check_seconds
from mijnklantportaal_async.values.clock import Clock

_METADATA = sqlalchemy.MetaData()
sqlalchemy.Table(
    "mijnklantportaal_calls",
    _METADATA,
    Column("fingerprint", String(200), primary_key=True),
    Column("state", String(7), nullable=False),
    Column("token", String(16), nullable=False),
    Column("ends_at", Float(53), nullable=False),
    Column("note", Text),
)
_INSERT = """
INSERT INTO mijnklantportaal_calls (fingerprint, state, token, ends_at, note)
VALUES (:fingerprint, 'claimed', :token, :ends_at, :note) ON CONFLICT (fingerprint) DO NOTHING
"""
_TAKE_OVER = """
UPDATE mijnklantportaal_calls SET state = 'claimed', token = :token, ends_at = :ends_at, note = :note
WHERE fingerprint = :fingerprint AND ends_at <= :now
"""
_STATE = "SELECT state FROM mijnklantportaal_calls WHERE fingerprint = :fingerprint"
_DONE = """
UPDATE mijnklantportaal_calls SET state = 'done', ends_at = :ends_at, note = NULL
WHERE fingerprint = :fingerprint AND token = :token AND state = 'claimed'
"""
_RELEASE = """
DELETE FROM mijnklantportaal_calls WHERE fingerprint = :fingerprint AND token = :token AND state = 'claimed'
"""
_FORGET = "DELETE FROM mijnklantportaal_calls WHERE ends_at <= :now AND note IS NULL"
_OVERDUE = """
SELECT fingerprint, note FROM mijnklantportaal_calls
WHERE state = 'claimed' AND note IS NOT NULL AND ends_at <= :now ORDER BY ends_at LIMIT 100
"""
_BETWEEN_TIDYING = 100
"""Calls that are done between two looks for what may be forgotten."""


class SqlSeen:
    """Remembers calls in a database. Its table, `mijnklantportaal_calls`, is made at the first call.

    Args:
        url: `sqlite:///path/to/file`, or `postgresql://user:password@host:5432/name`.
        lease: Seconds that a claim holds; longer than your slowest handler.
        keep: Seconds for which it remembers what is done.
        clock: Where its time comes from.

    Raises:
        ValueError: The URL names neither.
    """

    is_durable = True

    def __init__(self, url: str, *, lease: float = LEASE, keep: float = KEEP, clock: Clock | None = None) -> None:
        self._lease = check_seconds(lease, "SqlSeen(lease=...)")
        self._keep = check_seconds(keep, "SqlSeen(keep=...)")
        self._clock = clock or Clock()
        self._database = StoreDatabase(url, _METADATA)
        self._until_tidying = _BETWEEN_TIDYING

    def __repr__(self) -> str:
        return f"<SqlSeen {self._database}>"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Lets go of connections and threads. Any number of times."""
        await self._database.aclose()

    async def claim(self, fingerprint: str, note: bytes | None = None) -> Claim | Seen:
        """Takes a call, if nobody has."""
        claim = Claim(fingerprint, secrets.token_hex(8), note)

        def work(connection: sqlalchemy.Connection) -> Claim | Seen:
            while True:
                if self._took(connection, _INSERT, claim) or self._took(connection, _TAKE_OVER, claim):
                    return claim
                state = connection.execute(sqlalchemy.text(_STATE), {"fingerprint": fingerprint}).scalar()
                # Released between the two: it is free again.
                if state is not None:
                    return cast("Seen", state)

        return await self._database.run(work)

    async def done(self, claim: Claim) -> None:
        """It was worked through."""
        self._until_tidying -= 1
        tidies = self._until_tidying <= 0
        if tidies:
            self._until_tidying = _BETWEEN_TIDYING

        def work(connection: sqlalchemy.Connection) -> None:
            now = self._clock.wall()
            ours = {"fingerprint": claim.fingerprint, "token": claim.token, "ends_at": now + self._keep}
            connection.execute(sqlalchemy.text(_DONE), ours)
            if tidies:
                connection.execute(sqlalchemy.text(_FORGET), {"now": now})

        await self._database.run(work)

    async def release(self, claim: Claim) -> None:
        """It was not worked through."""
        ours = {"fingerprint": claim.fingerprint, "token": claim.token}

        def work(connection: sqlalchemy.Connection) -> None:
            connection.execute(sqlalchemy.text(_RELEASE), ours)

        await self._database.run(work)

    async def overdue(self) -> list[Claim]:
        """Claims with a note that have ended without being done; two who ask at once get different ones."""

        def work(connection: sqlalchemy.Connection) -> list[Claim]:
            rows = connection.execute(sqlalchemy.text(_OVERDUE), {"now": self._clock.wall()}).all()
            claims = [Claim(name, secrets.token_hex(8), b64decode(note)) for name, note in rows]
            return [claim for claim in claims if self._took(connection, _TAKE_OVER, claim)]

        return await self._database.run(work)

    def _took(self, connection: sqlalchemy.Connection, statement: str, claim: Claim) -> bool:
        now = self._clock.wall()
        values = {
            "fingerprint": claim.fingerprint,
            "token": claim.token,
            "note": None if claim.note is None else b64encode(claim.note).decode(),
            "ends_at": now + self._lease,
            "now": now,
        }
        return connection.execute(sqlalchemy.text(statement), values).rowcount == 1
