"""A disk that is full, a database that is gone for a while: a clear word, and nothing is lost."""

import asyncio
import contextlib
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import attrs
import psycopg
import pytest
from batch_given import PORTAL, QUICK, SPEED, access, asked, booked, clock, row

from mijnklantportaal_async.batch import DatabaseTroubleError, Jobs, LeaseLostError, Worker
from mijnklantportaal_async.sandbox import Sandbox

FULL_DISK = """
import asyncio, logging, os, resource, sys

sys.path[:0] = sys.argv[2:]
from batch_given import PORTAL, QUICK, SPEED, asked, booked, clock, row
from mijnklantportaal_async.batch import Jobs, PortalAccess, RowOutcome, Worker
from mijnklantportaal_async.sandbox import Sandbox


class Vault:
    # Half of what the job needs, two a row, until the disk is full: on a busy machine it would be over before that.
    def __init__(self, key):
        self.key, self.left, self.is_full = key, 40, asyncio.Event()

    async def token(self):
        self.left -= 1
        if self.left < 0:
            await self.is_full.wait()
        return self.key

    async def refresh(self, rejected):
        return None


class Heard(logging.Handler):
    # Until our own words for it have been heard, the disk stays full: whoever meets it first is luck.
    about_it = False

    def emit(self, record):
        self.about_it |= "Is its disk full" in record.getMessage()


heard = Heard()


def limit(most):
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))


async def main():
    path = os.path.join(sys.argv[1], "jobs.db")
    database, rows = f"sqlite:///{path}", [row(number) for number in range(40)]
    async with Sandbox(speed=SPEED, rate_limit=None) as sandbox, Jobs(database) as jobs:
        await jobs.submit(rows, job="season", portal=PORTAL)
        vault = Vault(sandbox.api_key)
        access = PortalAccess(auth=vault, limit_name="main", base_url=sandbox.url, address="sandbox")
        async with Worker(database, portals={"main": access}, settings=QUICK, clock=clock()):
            full_for = 0
            async for progress in jobs.progress("season", every=0.05):
                if progress.done >= 8 and not full_for:
                    # What a full disk looks like from here. Nothing fits: a log that may only not grow is begun anew
                    # by the database now and then, and has room for all that is left.
                    limit(4096)
                    vault.is_full.set()
                    full_for, stood_at = 1, progress.done
                elif full_for:
                    full_for += 1
                    if full_for >= 30 and (heard.about_it or full_for > 1500):
                        limit(resource.RLIM_INFINITY)
        assert booked(sandbox) == asked(rows)
        assert {result.outcome for result in await jobs.results("season")} == {RowOutcome.DONE}
        print("was full at", stood_at)


logging.basicConfig(level=logging.WARNING, format="%(message)s")
logging.getLogger().addHandler(heard)
asyncio.run(main())
"""


def test_a_full_disk_holds_the_job_up_and_loses_nothing(tmp_path: Path) -> None:
    if sys.platform == "win32":
        pytest.skip("the size of files is limited with a call that Windows does not have")
    helpers = [str(Path(__file__).parent), str(Path(__file__).parent.parent)]
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, tmp_path, *helpers], capture_output=True, text=True, timeout=250
    )
    assert done.returncode == 0, done.stderr
    assert "was full at" in done.stdout
    said = [line for line in done.stderr.splitlines() if "disk" in line.lower()]
    assert any("Is its disk full" in line for line in said), done.stderr
    # Said, and not said a hundred times.
    assert len(said) < 100, done.stderr


class Line:
    """A line to a server that can be cut for all who use it. On threads: the engine holds up the loop as it starts."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._far = (parts.hostname or "", parts.port or 5432)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._sockets: set[socket.socket] = set()
        self._is_cut = False
        self._passes = threading.Event()
        self._passes.set()
        self.refused = 0
        user = parts.netloc.rpartition("@")[0]
        self.url = f"postgresql://{user}@127.0.0.1:{self._listening.getsockname()[1]}{parts.path}"
        threading.Thread(target=self._serve, daemon=True).start()

    def hold(self) -> None:
        """Nothing comes through, and nobody is told."""
        self._passes.clear()

    def cut(self) -> None:
        self._is_cut = True
        self._passes.set()
        for end in list(self._sockets):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def mend(self) -> None:
        self._is_cut = False

    def close(self) -> None:
        self.cut()
        self._listening.close()

    def _serve(self) -> None:
        while True:
            try:
                near, _ = self._listening.accept()
            except OSError:
                return
            if self._is_cut:
                self.refused += 1
                near.close()
                continue
            far = socket.create_connection(self._far)
            self._sockets |= {near, far}
            for reading, writing in ((near, far), (far, near)):
                threading.Thread(target=self._pump, args=(reading, writing), daemon=True).start()

    def _pump(self, reading: socket.socket, writing: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := reading.recv(65536):
                self._passes.wait()
                writing.sendall(data)
        for end in (reading, writing):
            self._sockets.discard(end)
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        reading.close()


@pytest.fixture
def line(postgresql_url: str) -> Iterator[Line]:
    line = Line(postgresql_url)
    yield line
    line.close()


async def test_a_server_that_is_gone_for_a_while(postgresql_url: str, line: Line) -> None:
    rows = [row(number) for number in range(30)]
    async with (
        Sandbox(speed=SPEED, rate_limit=None) as sandbox,
        Jobs(postgresql_url) as jobs,
    ):
        await jobs.submit(rows, job="season", portal=PORTAL)
        # Patient: on a busy machine it may not get to a sign of life for seconds.
        settings = attrs.evolve(QUICK, silent=60.0)
        async with Worker(line.url, portals={"main": access(sandbox)}, settings=settings, clock=clock()):
            ticks = 0
            async for progress in jobs.progress("season", every=0.05):
                if progress.done >= 5 and not ticks:
                    line.cut()
                ticks += progress.done >= 5
                if ticks == 20:
                    assert line.refused > 0
                    line.mend()
        assert booked(sandbox) == asked(rows)
        assert (await jobs.results("season"))[0].identifier


async def test_a_server_that_restarts_in_the_planned_way(postgresql_url: str) -> None:
    """It ends all connections and says so: that is no reason to believe that others have taken over."""
    rows = [row(number) for number in range(20)]
    async with Sandbox(speed=SPEED, rate_limit=None) as sandbox, Jobs(postgresql_url) as jobs:
        await jobs.submit(rows, job="season", portal=PORTAL)
        settings = attrs.evolve(QUICK, silent=60.0)
        async with Worker(
            postgresql_url, portals={"main": access(sandbox)}, settings=settings, clock=clock()
        ) as worker:
            ended = 0
            async for progress in jobs.progress("season", every=0.05):
                if progress.done >= 5 and not ended:
                    ended = await asyncio.to_thread(end_all_connections, postgresql_url)
            assert ended > 2
            await asyncio.sleep(3 * settings.check)
            # It still works, and takes more.
            await jobs.submit([row(30)], job="more", portal=PORTAL)
            async for _ in jobs.progress("more", every=0.05):
                pass
            assert repr(worker)
        assert booked(sandbox) == asked([*rows, row(30)])


def end_all_connections(url: str) -> int:
    """As `pg_ctl restart -m fast` does."""
    with psycopg.connect(url, autocommit=True) as connection:
        query = (
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
            "WHERE pid <> pg_backend_pid() AND datname = current_database()"
        )
        found = connection.execute(query).fetchone()
        return 0 if found is None else int(found[0])


async def test_whoever_stood_still_in_the_middle_of_a_sign_of_life_has_lost_its_lease(line: Line) -> None:
    """Its lock is gone with the connection, and others may have its rows: it must not take the lock anew and go on."""
    worker = Worker(line.url, portals={}, settings=attrs.evolve(QUICK, check=0.05, silent=0.2))
    await worker.start([])
    working = asyncio.create_task(worker.wait())
    line.hold()
    await asyncio.sleep(0.6)
    assert not working.done()
    line.cut()
    line.mend()
    with pytest.raises(LeaseLostError, match="stood still"):
        await working
    await worker.stop()


async def test_whoever_asks_a_server_that_is_gone_is_told_so(line: Line) -> None:
    async with Jobs(line.url) as jobs:
        await jobs.submit([row(0)], job="season", portal=PORTAL)
        line.cut()
        with pytest.raises(DatabaseTroubleError, match="cannot be used"):
            await jobs.results("season")
        line.mend()
        assert len(await jobs.results("season")) == 1
