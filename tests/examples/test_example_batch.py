import asyncio
import csv
import re
import signal
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from example_files import EXAMPLES, ended, load_example, started

from mijnklantportaal_async import Clock, PortalSession
from mijnklantportaal_async.files import ResultFile, read_appointment_file
from mijnklantportaal_async.sandbox import Fault, Faults, Sandbox

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
WRITE = "appointments.write"
HEADER = "name,starts_at,ends_at,customer_id,attendee_name,attendee_email\n"

batch = load_example("batch_from_csv")


def write_rows(folder: Path, count: int) -> Path:
    file = folder / "rows.csv"
    rows = (
        f"Visit {n},2027-03-{1 + n % 20:02} 0{8 + n % 2}:00,2027-03-{1 + n % 20:02} 10:00,,Person {n},p{n}@example.nl\n"
        for n in range(count)
    )
    file.write_text(HEADER + "".join(rows))
    return file


@contextmanager
def opened_account(file: Path) -> Generator[Any]:
    with ResultFile(file.with_name("results.csv")) as results:
        yield batch.Account(read_appointment_file(file, zone=AMSTERDAM), results, AMSTERDAM)


def read_results(file: Path) -> list[dict[str, str]]:
    with file.with_name("results.csv").open(newline="") as results:
        return list(csv.DictReader(results))


def outcomes(file: Path) -> Counter[str]:
    rows = read_results(file)
    # Every row of the file, once, in its order.
    assert [int(row["row"]) for row in rows] == list(range(2, len(file.read_text().splitlines()) + 1))
    return Counter(row["outcome"] for row in rows)


async def test_each_row_is_scheduled_once_whatever_fails(tmp_path: Path) -> None:
    file = write_rows(tmp_path, 100)
    faults = Faults(seed=7, share=0.3)
    async with Sandbox(speed=30, rate_limit=None, faults=faults) as sandbox:
        with opened_account(file) as account:
            portal = PortalSession(api_key=sandbox.api_key, base_url=sandbox.url, clock=Clock(30), rate_limit=None)
            await batch.run(account, portal)

        assert outcomes(file) == {"scheduled": 100}
        assert account.exit_code == 0
        assert sorted(stored.name for stored in sandbox.appointments) == sorted(f"Visit {n}" for n in range(100))
        ids = {row["id"] for row in read_results(file)}
        assert ids == {stored.id for stored in sandbox.appointments}


async def test_says_what_is_unknown_and_how_to_look(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    file = write_rows(tmp_path, 5)
    # A key that may not look cannot settle it.
    async with Sandbox(keys={"key-without-reading": {WRITE}}) as sandbox:
        sandbox.fail_next(Fault.DROP_AFTER_COMMIT, method="POST")
        sandbox.fail_next(Fault.HALF_BODY, method="POST")
        with opened_account(file) as account:
            await batch.run(account, PortalSession(api_key=sandbox.api_key, base_url=sandbox.url))

        assert outcomes(file) == {"scheduled": 3, "unknown": 2}
        assert account.exit_code == 3
        first, second = sorted(account.to_look_for)
        assert first.startswith("  line 2: Visit 0, 2027-03-01 08:00. Look in the portal's calendar")
        assert second.startswith("  line 3: Visit 1, 2027-03-02 09:00. It is in the calendar")
        # In the log without names.
        logged = sorted(record.getMessage() for record in caplog.records if record.name == "batch")
        assert [line.partition(". ")[0] for line in logged] == [
            "line 2, 2027-03-01 08:00: look in the calendar",
            "line 3, 2027-03-02 09:00: look in the calendar",
        ]
        assert not re.search("Visit|Person|example.nl", "".join(logged))
        assert len(sandbox.appointments) == 5


async def test_a_wrong_key_is_not_tried_for_every_row(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    file = write_rows(tmp_path, 300)
    async with Sandbox() as sandbox:
        with opened_account(file) as account:
            await batch.run(account, PortalSession(api_key="a-very-secret-wrong-key", base_url=sandbox.url))

        assert set(outcomes(file)) == {"rejected", "not sent"}
        assert outcomes(file).total() == 300
        assert account.exit_code == 1
        assert len(sandbox.requests) < 100
        assert "a-very-secret-wrong-key" not in file.with_name("results.csv").read_text() + caplog.text
        # Once, however many rows were under way.
        [record] = [record for record in caplog.records if record.name == "batch"]
        assert record.levelname == "ERROR"
        assert "Check the key" in record.getMessage()


async def test_a_cut_off_run_leaves_a_complete_account(tmp_path: Path) -> None:
    file = write_rows(tmp_path, 40)
    async with Sandbox() as sandbox:
        sandbox.fail_next(Fault.STALL_AFTER_COMMIT, method="POST", times=3)
        with opened_account(file) as account:
            portal = PortalSession(api_key=sandbox.api_key, base_url=sandbox.url)
            running = asyncio.create_task(batch.run(account, portal))
            while account.counts["scheduled"] < 37:
                await asyncio.sleep(0.01)
            running.cancel()
            with pytest.raises(asyncio.CancelledError):
                await running

        assert outcomes(file) == {"scheduled": 37, "unknown": 3}
        assert account.interrupted
        assert account.exit_code == 3
        assert len(sandbox.appointments) == 40


async def test_ctrl_c_leaves_a_complete_account(tmp_path: Path) -> None:
    file = write_rows(tmp_path, 200)
    results = tmp_path / "results.csv"
    arguments = [str(file), "--sandbox", "--speed", "1", "--results", str(results)]
    async with started("batch_from_csv.py", *arguments) as process, asyncio.timeout(90):
        assert process.stderr is not None
        assert await process.stderr.readline() == b"50 of 200: 50 scheduled\n"
        # Until it waits for the rate limit.
        size = 0
        while size < (size := results.stat().st_size):
            await asyncio.sleep(0.3)
        process.send_signal(signal.SIGINT)
        _, errors = await process.communicate()

    assert process.returncode == 130
    assert b"Stopping; what was sent gets 20 s." in errors
    assert b"Traceback" not in errors
    found = outcomes(file)
    assert set(found) == {"scheduled", "not sent"}
    assert found.total() == 200
    assert f"The sandbox has {found['scheduled']} appointments." in errors.decode()


def test_a_bad_row_does_not_hold_up_the_others(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "rows.csv"
    file.write_text(
        HEADER
        + "Good,2027-03-05 14:30,2027-03-05 15:30,cst_1,,\n"
        + "Night,2027-03-28 02:30,2027-03-28 03:30,cst_1,,\n"
        + "Nobody,2027-03-05 14:30,2027-03-05 15:30,,,\n"
    )

    assert batch.main([str(file), "--sandbox", "--results", str(tmp_path / "results.csv")]) == 1
    assert outcomes(file) == {"scheduled": 1, "bad row": 2}
    assert "does not exist" in read_results(file)[1]["what to do"]
    assert "The sandbox has 1 appointments." in capsys.readouterr().err


def test_a_file_that_cannot_be_trusted_is_not_begun(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "rows.csv"
    file.write_text(HEADER + "American,03/25/2027 14:30,03/25/2027 15:30,cst_1,,\n")

    assert batch.main([str(file), "--sandbox", "--results", str(tmp_path / "results.csv")]) == 2
    assert "Nothing was scheduled." in capsys.readouterr().err
    assert not (tmp_path / "results.csv").exists()


def test_rows_for_several_portals_are_not_begun(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "rows.csv"
    row = "Visit,2027-03-05 14:30,2027-03-05 15:30,cst_1"
    file.write_text(f"name,starts_at,ends_at,customer_id,portal\n{row},noord\n{row},zuid\n")

    assert batch.main([str(file), "--sandbox", "--results", str(tmp_path / "results.csv")]) == 2
    assert "for several portals" in capsys.readouterr().err
    assert not (tmp_path / "results.csv").exists()


def test_a_calendar_is_scheduled_as_a_table_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    calendar, results = str(EXAMPLES / "appointments.ics"), tmp_path / "results.csv"

    assert batch.main([calendar, "--sandbox", "--results", str(results)]) == 0
    assert "The sandbox has 12 appointments." in capsys.readouterr().err


def test_the_account_of_an_earlier_run_is_kept(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file, results = write_rows(tmp_path, 1), tmp_path / "results.csv"
    results.write_text("of an earlier run")
    # Nothing listens there; nothing is sent either.
    monkeypatch.setenv("MIJNKLANTPORTAAL_BASE_URL", "http://127.0.0.1:9/v1")
    monkeypatch.setenv("MIJNKLANTPORTAAL_API_KEY", "some-key")

    assert batch.main([str(file), "--results", str(results)]) == 2
    assert "was this file scheduled before?" in capsys.readouterr().err
    assert results.read_text() == "of an earlier run"


def test_without_a_key_nothing_is_begun(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MIJNKLANTPORTAAL_API_KEY", raising=False)

    assert batch.main([str(write_rows(tmp_path, 1)), "--results", str(tmp_path / "results.csv")]) == 2
    assert "MIJNKLANTPORTAAL_API_KEY is not set" in capsys.readouterr().err
    assert not (tmp_path / "results.csv").exists()


async def test_runs_as_a_command(tmp_path: Path) -> None:
    results = tmp_path / "results.csv"
    code, output, errors = await ended(
        "batch_from_csv.py", "examples/appointments.csv", "--sandbox", "--results", str(results)
    )

    assert code == 0, errors
    assert not output
    rows = len((EXAMPLES / "appointments.csv").read_text().splitlines()) - 1
    assert f"The sandbox has {rows} appointments." in errors
    assert len(results.read_text().splitlines()) == rows + 1
