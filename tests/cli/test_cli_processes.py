"""The command as a real process: exit codes, what is shown, and what never is."""

import contextlib
import re
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import aiohttp
import pytest
from cli_support import KEY, Sit, Start, needs_proc

from mijnklantportaal_async.sandbox import Fault, Sandbox

Writer = Callable[..., Path]


def sandbox_of(limit: int | None = None, timezone: str = "Europe/Amsterdam") -> Sandbox:
    keys = {KEY: ["appointments.read", "appointments.write"]}
    return Sandbox(keys=keys, rate_limit=limit, timezone=timezone)


async def test_a_wrong_key_costs_one_request(started: Start, csv_file: Writer) -> None:
    async with sandbox_of() as sandbox:
        run = await started("schedule-file", csv_file(40), base_url=sandbox.url, key="wrong-key-wrong-key")
        result = await run.end()
        assert len(sandbox.requests) == 1

    assert result.code == 4
    assert re.search(r"not sent +40  2-41 ", result.output)
    assert "401" in result.output
    assert "wrong-key" not in result.everything


async def test_a_portal_that_is_not_there(started: Start, csv_file: Writer) -> None:
    async with sandbox_of() as sandbox:
        gone = sandbox.url
    result = await (await started("schedule-file", csv_file(40), base_url=gone)).end()

    assert result.code == 4
    assert re.search(r"not sent +40  2-41 ", result.output)
    assert "Traceback" not in result.everything


async def test_an_outcome_that_nobody_knows_is_an_exit_code_of_its_own(started: Start, csv_file: Writer) -> None:
    async with Sandbox(keys={KEY: ["appointments.write"]}, rate_limit=None) as sandbox:
        sandbox.fail_next(Fault.DROP_AFTER_COMMIT)
        result = await (await started("schedule-file", csv_file(2), "--again", base_url=sandbox.url)).end()

    assert result.code == 3
    assert "unknown" in result.output
    assert re.search(r"scheduled +1  3 ", result.output)


@pytest.mark.parametrize("verbosity", ["-v", "-vv"])
async def test_the_key_is_never_shown_and_nothing_is_obeyed_by_a_terminal(
    started: Start, csv_file: Writer, no_control_codes: Callable[[str], None], verbosity: str
) -> None:
    async with sandbox_of() as sandbox:
        sandbox.fail_next(Fault.DROP_AFTER_COMMIT)
        run = await started("schedule-file", csv_file(3), "--again", verbosity, base_url=sandbox.url)
        result = await run.end()

    assert result.code == 0
    assert "OutcomeReconciled" in result.messages
    assert KEY not in result.everything
    no_control_codes(result.everything)


async def test_progress_without_a_terminal_is_a_line_now_and_then(
    started: Start, csv_file: Writer, no_control_codes: Callable[[str], None]
) -> None:
    async with sandbox_of(2) as sandbox:
        run = await started("schedule-file", csv_file(4), "--again", "--grace", "0", base_url=sandbox.url)
        said = await run.until_it_says("rows done")
        run.send(signal.SIGINT)
        await run.end()

    assert "2 of 4 rows done; rate limit, next in" in said
    no_control_codes(said)


async def test_another_time_than_asked_for_is_a_warning(started: Start, csv_file: Writer) -> None:
    async with sandbox_of(timezone="Europe/London") as sandbox:
        result = await (await started("schedule-file", csv_file(7), base_url=sandbox.url)).end()

    assert result.code == 0
    assert result.messages.count("whether timezone= names the portal's own zone.") == 5
    assert "more appointments like these" in result.messages


async def test_a_base_url_that_cannot_be_right(started: Start) -> None:
    result = await (await started("list", base_url="http://portal.example/v1")).end()

    assert result.code == 2
    assert "https" in result.messages


async def test_the_sandbox_command_serves_other_commands(started: Start) -> None:
    server = await started("sandbox", "--port", "0", "--rate-limit", "0", "--faults", "0", "--seeded")
    await server.until_it_says("Press Ctrl-C to stop it.")
    server.send(signal.SIGINT)
    ended = await server.end()

    assert ended.code == 0
    assert re.search(r"export MIJNKLANTPORTAAL_BASE_URL=http://127\.0\.0\.1:\d+/v1\n", ended.output)
    assert "export MIJNKLANTPORTAAL_API_KEY=sandbox-key\n" in ended.output
    assert "18 customers, three months of appointments" in ended.output


async def test_a_port_that_is_taken(started: Start) -> None:
    async with sandbox_of() as sandbox:
        port = sandbox.url.split(":")[2].split("/")[0]
        result = await (await started("sandbox", "--port", port)).end()

    assert result.code == 2
    assert "The sandbox cannot be started" in result.messages


async def test_a_file_that_is_not_a_sandbox_s(started: Start, tmp_path: Path) -> None:
    path = tmp_path / "portal.sqlite"
    with contextlib.closing(sqlite3.connect(path)) as database:
        database.executescript("CREATE TABLE appointments (id TEXT); CREATE TABLE customers (id TEXT);")
    result = await (await started("sandbox", "--port", "0", "--database", str(path))).end()

    assert result.code == 2
    said = " ".join(result.messages.split())
    assert "is a calendar of an earlier version of the sandbox" in said
    assert "Give another path, or move the file away" in said
    assert "--port" not in said


async def test_the_sandbox_of_a_run_can_stay_up(started: Start, csv_file: Writer) -> None:
    run = await started("schedule-file", csv_file(3), "--sandbox", "--keep-open")
    said = await run.until_it_says("until you press Ctrl-C")
    found = re.search(r"http://127\.0\.0\.1:\d+/", said)
    assert found is not None
    async with aiohttp.ClientSession() as http, http.get(f"{found.group()}calendar.json") as response:
        calendar = await response.json()
    run.send(signal.SIGINT)
    result = await run.end()

    assert calendar["counters"]["appointments"] == 3
    assert result.code == 0


@pytest.mark.parametrize("missing", ["typer", "rich"])
def test_without_the_extra_it_says_how_to_install_it(missing: str) -> None:
    code = f"import sys; sys.modules[{missing!r}] = None; from mijnklantportaal_async.cli import main; main()"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert result.returncode == 2
    assert 'pip install "mijnklantportaal-async[cli]"' in result.stderr
    assert "Traceback" not in result.stderr


def test_help_imports_nothing_that_it_does_not_need() -> None:
    code = (
        "import sys; sys.argv = ['mijnklantportaal', 'list', '--help']; from mijnklantportaal_async.cli import main\n"
        "try: main()\nexcept SystemExit: pass\n"
        "print(sorted({'jsonschema', 'yaml', 'cattrs', 'tenacity', 'aiohttp.web'} & sys.modules.keys()))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert result.stdout.splitlines()[-1] == "[]"


# --- at a terminal ---------------------------------------------------------------------------------------------


@needs_proc
async def test_the_key_is_asked_for_and_not_shown(at_terminal: Sit) -> None:
    async with sandbox_of() as sandbox:
        seat = at_terminal("list", environment={"MIJNKLANTPORTAAL_BASE_URL": sandbox.url})
        await seat.until_it_shows("API key (it is not shown): ")
        seat.type(KEY + "\n")
        code = await seat.end()

    assert code == 0
    assert "0 appointments in 7 days" in seat.shown
    assert KEY not in seat.shown


@needs_proc
async def test_ctrl_c_at_a_question_changes_nothing(csv_file: Writer, at_terminal: Sit) -> None:
    async with sandbox_of() as sandbox:
        environment = {"MIJNKLANTPORTAAL_BASE_URL": sandbox.url, "MIJNKLANTPORTAAL_API_KEY": KEY}
        seat = at_terminal("schedule-file", csv_file(3), environment=environment)
        await seat.until_it_asks("[y/N]")
        seat.type("\x03")
        code = await seat.end()
        assert {request.method for request in sandbox.requests} == {"GET"}

    assert code == 130
    assert "nothing was changed" in seat.shown


@needs_proc
async def test_ctrl_c_under_a_progress_bar(csv_file: Writer, at_terminal: Sit) -> None:
    async with sandbox_of(5) as sandbox:
        environment = {"MIJNKLANTPORTAAL_BASE_URL": sandbox.url, "MIJNKLANTPORTAAL_API_KEY": KEY}
        seat = at_terminal("schedule-file", csv_file(20), "--yes", "--again", environment=environment)
        # On a busy machine the bar may say first that it waits, and then what it counts.
        await seat.until_it_shows("rate limit, next in")
        await seat.until_it_shows("5/20")
        seat.type("\x03")
        code = await seat.end()
        assert len(sandbox.appointments) == 5

    assert code == 130
    assert "5/20" in seat.shown
    assert "Scheduled 5 of 20 appointments" in seat.shown
