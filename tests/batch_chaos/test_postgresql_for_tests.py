"""The server that other tests work with: from every place where this machine has one."""

import os
from pathlib import Path

import psycopg
import pytest
from postgresql_server import empty, fresh_database, known_programs, running_server


@pytest.mark.parametrize(
    "programs",
    # The first is the one that the main tests work with.
    [pytest.param(path, marks=[pytest.mark.soak] if number else []) for number, path in enumerate(known_programs())],
    ids=lambda path: path.parent.name,
)
def test_every_server_of_this_machine_will_do(programs: Path) -> None:
    with running_server(programs) as server:
        with fresh_database(server, "one") as url, psycopg.connect(url) as connection:
            connection.execute("CREATE TABLE things (number integer)")
            found = connection.execute("SELECT current_setting('data_directory')").fetchone()
        assert found is not None
        (folder,) = found
        # The next one knows nothing of it.
        with fresh_database(server, "one") as url, psycopg.connect(url) as connection:
            assert connection.execute("SELECT to_regclass('things')").fetchone() == (None,)
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(server.replace("tests:", "tests:not-"))
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(server)
    assert not os.path.exists(folder)


def test_a_database_with_nothing_in_it(postgresql_url: str, postgresql_server: str) -> None:
    assert postgresql_url != postgresql_server
    with psycopg.connect(postgresql_url) as connection:
        assert tables_of(connection) == 0


def test_whatever_a_test_leaves_in_it_is_gone_for_the_next(postgresql_url: str) -> None:
    with psycopg.connect(postgresql_url) as another:
        # Its transaction is open: who waited for it would wait for ever.
        another.execute(
            "CREATE SCHEMA rooms; CREATE TABLE rooms.things (number integer); CREATE TABLE things (n integer)"
        )
        another.execute("CREATE TYPE rooms.colour AS ENUM ('red')")
        with psycopg.connect(postgresql_url) as connection:
            connection.execute("CREATE TABLE others (number integer)")
        empty(postgresql_url)
        with pytest.raises(psycopg.OperationalError):
            another.execute("SELECT 1")
    with psycopg.connect(postgresql_url) as connection:
        assert tables_of(connection) == 0
        connection.execute("CREATE SCHEMA rooms; CREATE TABLE things (number integer)")


def tables_of(connection: psycopg.Connection) -> int:
    query = "SELECT count(*) FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
    [(number,)] = connection.execute(query).fetchall()
    return int(number)
