"""Stores in a database, for any number of processes and machines: SQLite on one, PostgreSQL for many."""

import asyncio
import random
import secrets
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress

import sqlalchemy
from sqlalchemy import Column, Float, String, Table, Text

from mijnklantportaal_async.oauth.memory import MOST_BEGUN, TurnTaking
from mijnklantportaal_async.oauth.stores import Begun, Hold, HoldLostError
from mijnklantportaal_async.oauth.tokens import PortalTokens
from mijnklantportaal_async.store_database import StoreDatabase, StoreDatabaseError

metadata = sqlalchemy.MetaData()

tokens = Table(
    "mijnklantportaal_oauth_tokens",
    metadata,
    Column("owner", String(255), primary_key=True),
    Column("generation", String(64)),
    Column("content", Text),
    # Who renews them, and until when nobody else may, in seconds of the database's clock.
    Column("holder", String(64)),
    Column("held_until", Float(53), nullable=False, server_default="0"),
)

begun = Table(
    "mijnklantportaal_oauth_begun",
    metadata,
    Column("key", String(255), primary_key=True),
    Column("browser", String(255), nullable=False),
    Column("at", Float(53), nullable=False, index=True),
)

FIRST_LEASE = 30.0
"""Seconds of the machine for which a hold is granted, until the first request says how long it needs."""

POLL = 0.1
"""Seconds between two tries for a lease that somebody has."""

TIDY_EVERY = 100
"""Authorizations that are begun between two looks for those that nobody ended."""


class SqlTokenStore:
    """Tokens in a table, a row for each owner.

    No connection is kept while the portal is spoken to: whoever renews the tokens of an owner has a lease, which is two
    columns of the row. A process that dies leaves one behind that ends by itself.

    Args:
        url: `sqlite:///path/to/file`, or `postgresql://user:password@host:5432/name`. The table is made where it is
            missing.

    Raises:
        ValueError: The URL names neither.
    """

    def __init__(self, url: str) -> None:
        self._database = StoreDatabase(url, metadata)
        self._turns = TurnTaking()

    async def load(self, owner: str) -> PortalTokens | None:
        """As `TokenStore.load`.

        Raises:
            StoreDatabaseError: The database cannot be read.
            ValueError: The row holds something else.
        """
        query = sqlalchemy.select(tokens.c.content).where(tokens.c.owner == owner)
        content = await self._database.run(lambda connection: connection.execute(query).scalar())
        return None if content is None else PortalTokens.from_bytes(content)

    async def save(self, owner: str, kept: PortalTokens | None, expected: str | None) -> bool:
        """As `TokenStore.save`: one statement.

        Raises:
            StoreDatabaseError: It could not be done, or nobody knows.
        """
        content = None if kept is None else kept.to_bytes().decode()
        values = {"generation": None if kept is None else kept.generation, "content": content}
        as_expected = tokens.c.generation.is_(None) if expected is None else tokens.c.generation == expected
        statement: sqlalchemy.Executable
        if expected is None:
            statement = self._database.upsert(tokens).values(owner=owner, **values)
            statement = statement.on_conflict_do_update(index_elements=["owner"], set_=values, where=as_expected)
        else:
            statement = tokens.update().where(tokens.c.owner == owner, as_expected).values(**values)
        return await self._changes(statement)

    @asynccontextmanager
    async def hold(self, owner: str) -> AsyncGenerator[Hold]:
        """As `TokenStore.hold`."""
        turn = self._turns.of(owner)
        async with turn:
            lease = _Lease(self, owner)
            try:
                while not await lease.take():  # noqa: ASYNC110 - another process has it
                    await asyncio.sleep(POLL * (0.5 + random.random()))
                yield lease
            finally:
                # What cannot be given back ends by itself.
                with suppress(StoreDatabaseError):
                    await lease.give_back()

    async def aclose(self) -> None:
        """Closes the connections. Any number of times."""
        await self._database.aclose()

    def __repr__(self) -> str:
        return f"<SqlTokenStore {self._database}>"

    async def take_lease(self, owner: str, holder: str, seconds: float) -> bool:
        """Takes the lease of an owner: one statement, that only one of those who try can do.

        Returns:
            Whether `holder` has it now.
        """
        now = self._database.now()
        values = {"holder": holder, "held_until": now + seconds}
        statement = self._database.upsert(tokens).values(owner=owner, **values)
        is_free = (tokens.c.holder.is_(None)) | (tokens.c.held_until <= now)
        return await self._changes(
            statement.on_conflict_do_update(index_elements=["owner"], set_=values, where=is_free)
        )

    async def extend_lease(self, owner: str, holder: str, seconds: float) -> bool:
        """Lets a lease end later, if it is still this holder's; whether it is."""
        mine = (tokens.c.owner == owner) & (tokens.c.holder == holder)
        return await self._changes(tokens.update().where(mine).values(held_until=self._database.now() + seconds))

    async def end_lease(self, owner: str, holder: str) -> None:
        """Gives the lease of an owner back, if it is still this holder's. A row for nobody goes with it."""
        mine = (tokens.c.owner == owner) & (tokens.c.holder == holder)
        free = tokens.update().where(mine).values(holder=None, held_until=0.0)
        empty = tokens.delete().where(mine, tokens.c.generation.is_(None))

        def work(connection: sqlalchemy.Connection) -> None:
            connection.execute(empty)
            connection.execute(free)

        await self._database.run(work)

    async def _changes(self, statement: sqlalchemy.Executable) -> bool:
        # Without being told so, SQLAlchemy counts nothing for an INSERT.
        counted = statement.execution_options(preserve_rowcount=True)
        return await self._database.run(lambda connection: connection.execute(counted).rowcount > 0)


class _Lease:
    """A hold that ends by itself when nobody extends it."""

    def __init__(self, store: SqlTokenStore, owner: str) -> None:
        self._store = store
        self._owner = owner
        self._holder = secrets.token_hex(12)

    async def take(self) -> bool:
        return await self._store.take_lease(self._owner, self._holder, FIRST_LEASE)

    async def extend(self, seconds: float) -> None:
        """As `Hold.extend`. An expired lease that nobody has taken meanwhile is as good as one that lasts."""
        if not await self._store.extend_lease(self._owner, self._holder, seconds):
            raise HoldLostError

    async def give_back(self) -> None:
        await self._store.end_lease(self._owner, self._holder)


class SqlStateStore:
    """What was begun, in a table.

    Args:
        url: As for `SqlTokenStore`; mostly the same database.
        most: How many are kept at once, roughly.

    Raises:
        ValueError: The URL names no database.
    """

    def __init__(self, url: str, most: int = MOST_BEGUN) -> None:
        self._database = StoreDatabase(url, metadata)
        self._most = most
        self._puts = 0

    async def put(self, key: str, one: Begun) -> None:
        """As `StateStore.put`."""
        self._puts += 1
        is_due = self._puts % TIDY_EVERY == 1
        last = sqlalchemy.select(begun.c.at).order_by(begun.c.at.desc()).offset(max(0, self._most - TIDY_EVERY))

        def work(connection: sqlalchemy.Connection) -> None:
            if is_due and (oldest := connection.execute(last.limit(1)).scalar()) is not None:
                connection.execute(begun.delete().where(begun.c.at <= oldest))
            connection.execute(begun.insert().values(key=key, browser=one.browser, at=one.at))

        await self._database.run(work)

    async def take(self, key: str) -> Begun | None:
        """As `StateStore.take`: of two who delete one row, one has deleted it."""

        def work(connection: sqlalchemy.Connection) -> Begun | None:
            row = connection.execute(sqlalchemy.select(begun.c.browser, begun.c.at).where(begun.c.key == key)).first()
            is_ours = connection.execute(begun.delete().where(begun.c.key == key)).rowcount == 1
            return Begun(browser=str(row.browser), at=float(row.at)) if row is not None and is_ours else None

        return await self._database.run(work)

    async def aclose(self) -> None:
        """Closes the connections. Any number of times."""
        await self._database.aclose()

    def __repr__(self) -> str:
        return f"<SqlStateStore {self._database}>"
