"""No key and no password in the database, its files, logs, arguments or errors."""

import logging
import subprocess
import sys
from pathlib import Path

import pytest
from batch_given import PORTAL, QUICK, SPEED, clock, row
from given import SECRET

from mijnklantportaal_async.batch import Jobs, PortalAccess, SharedRateLimiter, Worker
from mijnklantportaal_async.sandbox import ALL_SCOPES, Fault, Sandbox


async def run_a_job(database: str) -> None:
    """With every kind of trouble that could write something down."""
    async with Sandbox(speed=SPEED, keys={SECRET: ALL_SCOPES}) as sandbox, Jobs(database) as jobs:
        await jobs.submit([row(number) for number in range(6)], job="season", portal=PORTAL)
        for fault in (Fault.DROP_AFTER_COMMIT, Fault.TOO_MANY_REQUESTS, Fault.BAD_GATEWAY, Fault.HALF_BODY):
            sandbox.fail_next(fault, method="POST")
        way = PortalAccess(api_key=SECRET, base_url=sandbox.url, address="sandbox")
        async with Worker(database, portals={"main": way}, settings=QUICK, clock=clock()) as worker:
            async for _ in jobs.progress("season", every=0.05):
                pass
            assert SECRET not in repr(worker) + repr(way) + repr(jobs)
        assert len(sandbox.appointments) == 6


async def test_no_key_in_the_files_and_the_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    await run_a_job(f"sqlite:///{tmp_path}/jobs.db")
    files = [path for path in tmp_path.rglob("*") if path.is_file()]  # noqa: ASYNC240
    assert tmp_path / "jobs.db" in files
    for path in files:
        content = path.read_bytes()
        assert SECRET.encode() not in content, path
        # Also not as part of something pickled.
        assert b"Bearer" not in content, path
    assert SECRET not in caplog.text


async def test_the_file_is_its_owners_alone(tmp_path: Path) -> None:
    if sys.platform == "win32":
        pytest.skip("Windows has other permissions")
    await run_a_job(f"sqlite:///{tmp_path}/jobs.db")
    async with Jobs(f"sqlite:///{tmp_path}/jobs.db"):
        files = sorted(path for path in tmp_path.iterdir() if path.is_file())  # noqa: ASYNC240
        assert {path.name for path in files} >= {"jobs.db", "jobs.db-wal"}
        assert {path.stat().st_mode & 0o777 for path in files} == {0o600}


async def test_no_key_in_the_server(postgresql_url: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    await run_a_job(postgresql_url)
    import psycopg

    with psycopg.connect(postgresql_url) as connection:
        tables = connection.execute(
            "SELECT schemaname, tablename FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
        ).fetchall()
        assert {schema for schema, _ in tables} == {"mijnklantportaal"}
        rows = 0
        for schema, table in tables:
            for (text,) in connection.execute(f'SELECT t::text FROM "{schema}"."{table}" AS t'):
                rows += 1
                assert SECRET not in text, table
        assert rows > 20
    assert SECRET not in caplog.text


async def test_what_is_kept_is_json_not_pickle(tmp_path: Path) -> None:
    await run_a_job(f"sqlite:///{tmp_path}/jobs.db")
    import sqlite3

    connection = sqlite3.connect(tmp_path / "jobs.db")
    kinds = {kind for (kind,) in connection.execute("SELECT DISTINCT serialization FROM workflow_status")}
    assert kinds == {"portable_json"}
    connection.close()


def test_the_name_of_a_limit_does_not_give_the_key_away(tmp_path: Path) -> None:
    limiter = SharedRateLimiter(f"sqlite:///{tmp_path}/limit.db", api_key=SECRET)
    assert SECRET not in repr(limiter) + str(vars(limiter))


def test_a_worker_process_carries_no_secret_in_its_arguments(tmp_path: Path) -> None:
    script = """
import asyncio, sys
from mijnklantportaal_async.batch import start_worker_process

async def main():
    url = "postgresql://user:hidden-password@127.0.0.1:9/name"
    process = await start_worker_process(url, environment={"MIJNKLANTPORTAAL_API_KEY": "hidden-key"})
    # Empty in the moment between being made and having become the program.
    while not (arguments := open(f"/proc/{process.pid}/cmdline", "rb").read()):
        await asyncio.sleep(0.01)
    process.kill()
    await process.wait()
    assert b"batch" in arguments, arguments
    assert b"hidden" not in arguments, arguments

asyncio.run(main())
"""
    if not Path("/proc/self/cmdline").exists():
        pytest.skip("arguments of processes are read from /proc")
    done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stderr
