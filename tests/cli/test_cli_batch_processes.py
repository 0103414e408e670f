"""`mijnklantportaal batch` as real processes: killed, stopped, ended, several at once, at a terminal."""

import asyncio
import json
import re
import signal
import sqlite3
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from batch_cli_support import calendar_of, database_url, once_each, own_folder, visits
from cli_support import KEY, Outcome, RealProcess, Sit, Start, needs_proc

from mijnklantportaal_async.sandbox import ALL_SCOPES, Fault, Sandbox

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="signals and terminals of Linux")

SLOW = ("--sandbox", "--sandbox-speed", "20", "--sandbox-rate-limit", "20")
"""A burst of 20, and then nothing for three seconds: time to be killed in."""

SWIFT = ("--sandbox", "--sandbox-speed", "100", "--sandbox-rate-limit", "6000")


@pytest.fixture(autouse=True)
def _own_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    own_folder(monkeypatch, tmp_path)


@pytest.fixture
def place(tmp_path: Path) -> tuple[str, str]:
    return ("--database", database_url(tmp_path))


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(90):
        while not is_so():
            await asyncio.sleep(0.01)


def made(folder: Path) -> int:
    """Appointments in the calendar, while somebody else writes it."""
    calendar = folder / "jobs-calendar.db"
    if not calendar.exists():
        return 0
    connection = sqlite3.connect(f"file:{calendar}?mode=ro", uri=True)
    try:
        return int(connection.execute("SELECT count(*) FROM documents WHERE list = '/appointments'").fetchone()[0])
    except sqlite3.OperationalError:
        return 0
    finally:
        connection.close()


async def finished(run: RealProcess) -> Outcome:
    async with asyncio.timeout(90):
        return await run.end()


async def test_killed_and_run_again_every_row_is_there_once(
    started: Start, tmp_path: Path, place: tuple[str, str]
) -> None:
    file = visits(tmp_path, 40)
    for share in (0.2, 0.7):
        killed = await started("batch", "run", file, *SLOW, "--sandbox-faults", "0.2", *place)
        await until(lambda: made(tmp_path) >= share * 20)  # noqa: B023 - awaited at once
        killed.send(signal.SIGKILL)
        await finished(killed)
    before = made(tmp_path)
    result = await finished(await started("batch", "run", file, *SWIFT, "--sandbox-faults", "0.2", *place))

    assert 4 <= before < 40
    assert result.code == 0, result.everything
    assert "has all of these rows already" in result.messages
    assert calendar_of(tmp_path) == once_each(40)


async def test_a_signal_stops_gently_and_the_same_command_goes_on(
    started: Start, tmp_path: Path, place: tuple[str, str]
) -> None:
    file = visits(tmp_path, 30)
    before = 0
    for number, code, enough in ((signal.SIGINT, 130, 3), (signal.SIGTERM, 143, 10)):
        run = await started("batch", "run", file, *SLOW, "--grace", "0", *place)
        await until(lambda: made(tmp_path) >= enough)  # noqa: B023 - awaited at once
        run.send(number)
        stopped = await finished(run)
        before = made(tmp_path)

        assert stopped.code == code
        assert "Stopping: no more rows are begun" in stopped.messages
        assert "the same command goes on where it stopped" in stopped.messages
        assert "Traceback" not in stopped.everything, stopped.everything
        assert enough <= before < 30
    again = await finished(await started("batch", "run", file, *SWIFT, *place))

    assert again.code == 0, again.everything
    assert re.search(r"It goes on: \d+ of 30 rows were over\.", again.messages)
    assert calendar_of(tmp_path) == once_each(30)


async def test_the_second_signal_ends_at_once(started: Start, tmp_path: Path, place: tuple[str, str]) -> None:
    async with Sandbox(keys={KEY: list(ALL_SCOPES)}, rate_limit=None) as sandbox:
        # Its row is under way, whatever becomes of the others meanwhile, and would use up the whole grace.
        sandbox.fail_next(Fault.STALL_AFTER_COMMIT, method="POST")
        run = await started("batch", "run", visits(tmp_path, 3), "--grace", "600", *place, base_url=sandbox.url)
        await until(lambda: len(sandbox.appointments) == 3)
        run.send(signal.SIGINT)
        await run.until_it_says("again to end at once")
        run.send(signal.SIGINT)
        ended = await finished(run)
        made = Counter(appointment.name for appointment in sandbox.appointments)

    assert ended.code == 130
    assert "Ended at once. Nothing is lost" in ended.messages
    assert "Traceback" not in ended.everything
    assert made == once_each(3)


async def test_a_worker_takes_what_others_submit_also_for_a_portal_that_it_did_not_know(
    started: Start, tmp_path: Path, place: tuple[str, str]
) -> None:
    worker = await started("batch", "work", *SWIFT, "--grace", "0", *place)
    said = await worker.until_it_says("works for")
    for job, portals in (("spring", ""), ("summer", "oost")):
        file = visits(tmp_path, 6, portals=portals)
        await finished(await started("batch", "submit", file, "--job", job, "--sandbox", *place))
    said += await worker.until_it_says("Job 'summer' is over: 6 done.")
    worker.send(signal.SIGTERM)
    result = await finished(worker)
    listed = await finished(await started("batch", "list", "--json", "--sandbox", *place))

    assert "works for default (sandbox)." in said
    assert "works for oost (sandbox), default (sandbox)." in said or "default (sandbox), oost (sandbox)." in said
    # Being stopped is how a worker is meant to end.
    assert result.code == 0
    assert {job["job"]: job["done"] for job in json.loads(listed.output)} == {"spring": 6, "summer": 6}
    assert calendar_of(tmp_path) == calendar_of(tmp_path, "oost") == once_each(6)


async def test_a_worker_can_wait_for_a_job(started: Start, tmp_path: Path, place: tuple[str, str]) -> None:
    file = visits(tmp_path, 6)
    await finished(await started("batch", "submit", file, "--job", "spring", "--sandbox", *place))
    result = await finished(await started("batch", "work", *SWIFT, "--until-done", "spring", *place))

    assert result.code == 0, result.everything
    assert re.search(r"done +6 ", result.output)
    assert calendar_of(tmp_path) == once_each(6)


async def test_progress_without_a_terminal_is_a_line_now_and_then(
    started: Start, tmp_path: Path, place: tuple[str, str], no_control_codes: Callable[[str], None]
) -> None:
    run = await started("batch", "run", visits(tmp_path, 30), *SLOW, "--grace", "0", *place)
    said = await run.until_it_says("rows over")
    run.send(signal.SIGINT)
    await finished(run)

    assert re.search(r"visits\.csv: \d+ of 30 rows over \(\d+ done, .* waiting", said)
    no_control_codes(said)


@needs_proc
async def test_the_live_display_and_ctrl_c_under_it(tmp_path: Path, place: tuple[str, str], at_terminal: Sit) -> None:
    slow = ("--sandbox", "--sandbox-speed", "1", "--sandbox-rate-limit", "4")
    # A look at the calendar first would use up some of the minute's requests.
    seat = at_terminal("batch", "run", visits(tmp_path, 30), *slow, "--again", "--grace", "0", *place, environment={})
    await seat.until_it_shows("4 done")
    seat.type("\x03")
    code = await seat.end()

    assert code == 130
    assert "4/30" in seat.shown
    assert "/min" in seat.shown
    assert calendar_of(tmp_path).total() == 4
    assert "Stopped. Nothing is lost" in seat.shown
