"""Ctrl-C, SIGTERM and kill of real processes that schedule a file."""

import asyncio
import csv
import re
import signal
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from cli_support import KEY, Start

from mijnklantportaal_async.sandbox import Fault, Sandbox

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
Writer = Callable[..., Path]


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(90):
        while not is_so():
            await asyncio.sleep(0.01)


def outcomes_of(path: Path) -> Counter[str]:
    with path.open(newline="") as file:
        return Counter(row["outcome"] for row in csv.DictReader(file))


def sandbox_of(limit: int | None) -> Sandbox:
    return Sandbox(keys={KEY: ["appointments.read", "appointments.write"]}, rate_limit=limit)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
async def test_the_first_signal_stops_and_every_row_is_accounted_for(
    started: Start, csv_file: Writer, tmp_path: Path, number: signal.Signals, code: int
) -> None:
    output = tmp_path / "results.csv"
    async with sandbox_of(5) as sandbox:
        run = await started("schedule-file", csv_file(30), "--again", "-o", output, base_url=sandbox.url)
        await until(lambda: len(sandbox.appointments) == 5)
        run.send(number)
        result = await run.end()
        scheduled = len(sandbox.appointments)

    assert result.code == code
    assert scheduled == 5
    assert outcomes_of(output) == {"scheduled": 5, "not sent": 25}
    assert "nothing new is sent" in result.messages
    assert "Scheduled 5 of 30 appointments" in result.messages
    assert re.search(r"not sent +25  7-31 ", result.output)


async def test_a_request_under_way_gets_time_to_learn_its_outcome(
    started: Start, csv_file: Writer, tmp_path: Path
) -> None:
    output = tmp_path / "results.csv"
    async with sandbox_of(None) as sandbox:
        sandbox.fail_next(Fault.SLOW_COMMIT, delay=0.6)
        run = await started("schedule-file", csv_file(1), "--again", "-o", output, base_url=sandbox.url)
        await until(lambda: bool(sandbox.requests))
        run.send(signal.SIGINT)
        result = await run.end()

    assert result.code == 130
    assert outcomes_of(output) == {"scheduled": 1}


async def test_the_second_signal_ends_at_once_and_says_what_nobody_knows(
    started: Start, csv_file: Writer, tmp_path: Path
) -> None:
    output = tmp_path / "results.csv"
    async with sandbox_of(None) as sandbox:
        sandbox.fail_next(Fault.STALL_AFTER_COMMIT)
        run = await started(
            "schedule-file", csv_file(2), "--again", "-o", output, "--grace", "60", base_url=sandbox.url
        )
        await until(lambda: len(sandbox.appointments) == 1)
        run.send(signal.SIGINT)
        said = await run.until_it_says("Press Ctrl-C again")
        run.send(signal.SIGINT)
        async with asyncio.timeout(90):
            result = await run.end()
        assert len(sandbox.appointments) == 1

    assert result.code == 130
    # What is left of the 30 s of the request, and the 10 s in which the portal may still commit it.
    assert re.search(r"nothing new is sent\. Up to \d+ s more settle 1 row\. Press Ctrl-C", said)
    assert outcomes_of(output) == {"unknown": 1, "not sent": 1}
    assert "perhaps in the calendar; the same command again looks, and settles it" in result.output
    assert "Mon 01-03-2027  08:00-20:00" in result.messages
    assert re.search(
        r"makes only what is not there:  mijnklantportaal schedule-file \S+ -o \S+ --grace 60", result.messages
    )


async def test_a_single_appointment_is_stopped_as_carefully(started: Start) -> None:
    async with sandbox_of(None) as sandbox:
        sandbox.fail_next(Fault.SLOW_COMMIT, delay=0.6)
        visit = ("--name", "Intake", "--starts-at", "5-3-2027 14:30", "--duration", "30", "--customer-id", "cst_1")
        run = await started("schedule", *visit, base_url=sandbox.url)
        await until(lambda: bool(sandbox.requests))
        run.send(signal.SIGINT)
        result = await run.end()

    assert result.code == 130
    assert "Stopping: finding out what became of it." in result.messages
    assert "Scheduled: Intake" in result.messages


async def test_a_kill_leaves_a_file_of_whole_lines(started: Start, csv_file: Writer, tmp_path: Path) -> None:
    output = tmp_path / "results.csv"
    async with sandbox_of(5) as sandbox:
        run = await started("schedule-file", csv_file(30), "--again", "-o", output, base_url=sandbox.url)
        await until(lambda: output.exists() and outcomes_of(output).total() == 5)
        run.send(signal.SIGKILL)
        await run.end()
        made = {appointment.id for appointment in sandbox.appointments}

    with output.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["id"] for row in rows} == made
    assert all(row["time"] for row in rows)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
async def test_commands_that_only_read_end_at_once(started: Start, number: signal.Signals, code: int) -> None:
    async with sandbox_of(None) as sandbox:
        sandbox.fail_next(Fault.STALL)
        run = await started("list", base_url=sandbox.url)
        await until(lambda: bool(sandbox.requests))
        run.send(number)
        async with asyncio.timeout(90):
            result = await run.end()

    assert result.code == code
    assert "Traceback" not in result.everything
