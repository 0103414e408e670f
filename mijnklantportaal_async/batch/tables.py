"""The tables of the jobs, beside those of the engine: what rows there are, whose record is whose, whose turn it is."""

import sqlalchemy
from sqlalchemy import BigInteger, Column, Float, Index, Integer, MetaData, String, Table, Text, UniqueConstraint
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.schema import CreateSchema

from mijnklantportaal_async.batch.database import Database, DatabaseTroubleError
from mijnklantportaal_async.batch.rows import FORMAT
from mijnklantportaal_async.batch.said_text import SaidText
from mijnklantportaal_async.texts.words import words

TABLES = 3
"""Which tables these are. Those of version 1 had no rows of their own; those of 2 did not count `looks`."""

WITHOUT_LOOKS = 2

ROWS_LOCK = 7305422
"""One at a time gives rows to the engine: of two that could not be told apart, one must see the other's turn."""

_FORMER = "mijnklantportaal_note"
"""A workflow that only the former version had."""


class Tables:
    """The tables.

    Args:
        schema: Where they lie; None on SQLite.
    """

    def __init__(self, schema: str | None) -> None:
        self.metadata = metadata = MetaData(schema=schema)
        self.version = Table("mijnklantportaal_tables", metadata, Column("version", Integer, primary_key=True))
        self.submissions = Table(
            "mijnklantportaal_submissions",
            metadata,
            Column("job", String(128), primary_key=True),
            Column("digest", String(32), primary_key=True),
            Column("source", Text, nullable=False),
            Column("rows", Integer, nullable=False),
            Column("submitted_at", Float(53), nullable=False),
            # Ids of portals and names of operations, as JSON.
            Column("portals", Text, nullable=False),
            Column("operations", Text, nullable=False),
        )
        self.portals = Table(
            "mijnklantportaal_portals",
            metadata,
            Column("id", String(32), primary_key=True),
            Column("name", String(64), nullable=False),
            Column("address", Text, nullable=False),
            Column("timezone", Text, nullable=False),
            # Address and key, once a worker has opened it: what is one portal under two names has one.
            Column("identity", String(32)),
        )
        self.rows = Table(
            "mijnklantportaal_rows",
            metadata,
            Column("id", String(96), primary_key=True),
            Column("job", String(128), nullable=False),
            Column("portal", String(32), nullable=False),
            Column("operation", String(64), nullable=False),
            Column("request", Text, nullable=False),
            Column("number", Integer, nullable=False),
            Column("place", Text, nullable=False),
            Column("content", String(32), nullable=False),
            Column("turns", Text, nullable=False),
            Column("how_to_check", Text, nullable=False),
            Column("format", Integer, nullable=False),
            Column("submitted_at", Float(53), nullable=False),
            Column("state", String(16), nullable=False),
            # How often the engine was given it: each time is a workflow of its own.
            Column("round", Integer, nullable=False),
            Column("owner", String(64)),
            Column("doubt", Integer, nullable=False),
            Column("doubts", Integer, nullable=False),
            # With a default: a worker of the version before, which goes on beside this one, does not give it.
            Column("looks", Integer, nullable=False, server_default="0"),
            Column("first_sent", Float(53)),
            Column("refused_at", Float(53)),
            Column("not_before", Float(53), nullable=False),
            Column("when_absent", Integer, nullable=False),
            # What it waits for, as long as it does; and what there is to say of its end.
            Column("trouble", SaidText),
            Column("message", SaidText),
            Column("identifier", Text),
            Column("record", Text),
            Column("ended_at", Float(53)),
        )
        Index("mijnklantportaal_rows_of_job", self.rows.c.job, self.rows.c.state)
        Index("mijnklantportaal_rows_ended", self.rows.c.job, self.rows.c.ended_at)
        Index("mijnklantportaal_rows_of_portal", self.rows.c.portal, self.rows.c.state, self.rows.c.number)
        Index("mijnklantportaal_rows_alike", self.rows.c.content)
        for name, column, where in (
            ("mijnklantportaal_rows_in_trouble", self.rows.c.trouble, self.rows.c.trouble.is_not(None)),
            ("mijnklantportaal_rows_of_newer", self.rows.c.format, self.rows.c.format > FORMAT),
        ):
            Index(name, self.rows.c.job, column, sqlite_where=where, postgresql_where=where)
        # Outlive jobs: what was made is its maker's, whoever still remembers the row.
        self.claims = Table(
            "mijnklantportaal_claims",
            metadata,
            Column("serial", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
            Column("portal", String(32), nullable=False),
            Column("operation", String(64), nullable=False),
            Column("record", String(255), nullable=False),
            Column("row", String(96), nullable=False),
            UniqueConstraint("portal", "operation", "record", name="mijnklantportaal_one_record_one_row"),
        )
        self.turns = Table(
            "mijnklantportaal_turns",
            metadata,
            Column("portal", String(32), primary_key=True),
            Column("key", String(32), primary_key=True),
            Column("row", String(96), primary_key=True),
            Column("kind", String(8), nullable=False),
        )
        Index("mijnklantportaal_turns_of_row", self.turns.c.row)
        self.desks = Table(
            "mijnklantportaal_desks",
            metadata,
            Column("portal", String(32), primary_key=True),
            Column("worker", String(255), primary_key=True),
            Column("seen_at", Float(53), nullable=False),
            Column("trouble", SaidText, nullable=False),
        )

    def create(self, database: Database) -> None:
        """Makes what is missing; several processes may do so at once.

        Raises:
            DatabaseTroubleError: The tables are those of another version.
        """
        schema = self.metadata.schema
        with database.engine.begin() as connection:
            if schema is None:
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            else:
                # Two that make a schema at once would trip over each other.
                connection.execute(sqlalchemy.text("SELECT pg_advisory_xact_lock(7305421)"))
                connection.execute(CreateSchema(schema, if_not_exists=True))
            there = sqlalchemy.inspect(connection).get_table_names(schema=schema)
            if self.version.name in there:
                version = connection.execute(sqlalchemy.select(self.version.c.version)).scalar()
                if version == TABLES:
                    return
                if version == WITHOUT_LOOKS:
                    self._count_looks(connection)
                    return
                raise DatabaseTroubleError(_of_another(database, words("newer than")))
            if "workflow_status" in there and _has_former_jobs(connection, schema):
                raise DatabaseTroubleError(_of_another(database, words("older than")))
            self.metadata.create_all(connection)
            connection.execute(self.version.insert().values(version=TABLES))

    def _count_looks(self, connection: sqlalchemy.Connection) -> None:
        table = connection.dialect.identifier_preparer.format_table(self.rows)
        connection.exec_driver_sql(f"ALTER TABLE {table} ADD COLUMN looks INTEGER NOT NULL DEFAULT 0")
        connection.execute(self.version.update().values(version=TABLES))


def _has_former_jobs(connection: sqlalchemy.Connection, schema: str | None) -> bool:
    workflows = sqlalchemy.table("workflow_status", sqlalchemy.column("name"), schema=schema)
    query = sqlalchemy.select(workflows.c.name).where(workflows.c.name == _FORMER).limit(1)
    return connection.execute(query).first() is not None


def _of_another(database: Database, how: str) -> str:
    return words(
        "The jobs in {database} were made by a version of mijnklantportaal-async that is {how} this one, "
        "and are not read. Let that version finish them, or give another database; nothing was changed",
        database=database,
        how=how,
    )


def lock_rows(connection: sqlalchemy.Connection, database: Database) -> None:
    """Keeps others who give rows to the engine, or take them out of it, waiting until the transaction ends."""
    if database.is_sqlite:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        connection.execute(sqlalchemy.text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": ROWS_LOCK})


def insert_or_leave(connection: sqlalchemy.Connection, table: sqlalchemy.Table) -> sqlalchemy.Insert:
    """An insert that changes nothing where the row is there already."""
    if connection.dialect.name == "sqlite":
        return sqlite.insert(table).on_conflict_do_nothing()
    return postgresql.insert(table).on_conflict_do_nothing()
