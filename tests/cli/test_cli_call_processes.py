"""`call` as a real process: unknown outcomes, lists cut short, Ctrl-C, pipes, code pages, a terminal, a shell."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from cli_support import KEY, Sit, Start, needs_proc
from scripted_server import ScriptedServer, answer, customer, paged

from mijnklantportaal_async.sandbox import ALL_SCOPES, Fault, Sandbox

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals and pipes of POSIX")
DIRECTORY = ("call", "--yes", "create_directory", "--name", "Photos")


def sandbox() -> Sandbox:
    return Sandbox(keys={KEY: list(ALL_SCOPES)}, rate_limit=None)


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(90):
        while not is_so():
            await asyncio.sleep(0.01)


async def test_an_outcome_that_nobody_knows_is_an_exit_code_of_its_own(started: Start) -> None:
    async with sandbox() as portal:
        portal.fail_next(Fault.DROP_AFTER_COMMIT)
        result = await (await started(*DIRECTORY, base_url=portal.url)).end()
        assert len(portal.requests) == 1

    assert result.code == 3
    assert result.output == ""
    assert "Effect: unknown." in result.messages
    assert "Look in the portal's files" in result.messages
    assert KEY not in result.everything


async def test_an_answer_that_cannot_be_read_is_shown(started: Start) -> None:
    async with sandbox() as portal:
        portal.fail_next(Fault.MALFORMED_JSON)
        result = await (await started(*DIRECTORY, base_url=portal.url)).end()

    assert result.code == 3
    assert "This came:\n" in result.messages
    assert "`.body`" not in result.messages


async def test_a_list_cut_short_is_a_whole_document_and_an_exit_code_of_its_own(started: Start) -> None:
    pages = [paged(customer(), customer(id="cst_2"), leads_to=2), answer(403, {"message": "No."})]
    async with ScriptedServer(*pages) as server:
        result = await (await started("call", "--all", "list_customers", base_url=server.url)).end()
        assert [request.path.partition("?")[2] for request in server.received] == ["", "page=2"]

    assert result.code == 5
    assert [item["id"] for item in json.loads(result.output)] == ["cst_1", "cst_2"]
    assert "The list is cut short after page 1, at 2 records." in result.messages
    assert "The rest begins at --page 2." in result.messages


async def test_a_list_without_a_first_page_is_no_list(started: Start) -> None:
    async with ScriptedServer(answer(401, {"message": "No."})) as server:
        result = await (await started("call", "--all", "list_customers", base_url=server.url)).end()

    assert result.code == 4
    assert result.output == ""


async def test_ctrl_c_waits_for_the_outcome_of_what_was_sent(started: Start) -> None:
    async with sandbox() as portal:
        portal.fail_next(Fault.SLOW_COMMIT, delay=0.6)
        run = await started(*DIRECTORY, base_url=portal.url)
        await until(lambda: bool(portal.requests))
        run.send(signal.SIGINT)
        result = await run.end()

    assert result.code == 130
    assert json.loads(result.output)["name"] == "Photos"
    assert "finding out what became of it" in result.messages


async def test_a_second_ctrl_c_says_that_nobody_knows(started: Start) -> None:
    async with sandbox() as portal:
        portal.fail_next(Fault.STALL_AFTER_COMMIT)
        run = await started(*DIRECTORY, base_url=portal.url)
        await until(lambda: bool(portal.requests))
        run.send(signal.SIGINT)
        await run.until_it_says("Press Ctrl-C again")
        run.send(signal.SIGINT)
        result = await run.end()

    assert result.code == 3
    assert "nobody knows whether it was done. Look in the portal's files" in result.messages


async def test_ctrl_c_after_a_refusal_changes_nothing(started: Start) -> None:
    async with ScriptedServer(answer(429, {"message": "Wait."}, {"Retry-After": "30"})) as server:
        run = await started("call", "-v", *DIRECTORY[1:], base_url=server.url)
        await run.until_it_says("RetryPlanned")
        run.send(signal.SIGINT)
        result = await run.end()

    assert result.code == 130
    assert result.messages.endswith("Error: Interrupted; nothing was changed.\n")


def run_with(output: int, *arguments: str, folder: Path, **environment: str) -> tuple[int, str]:
    """A call of a sandbox whose result goes to a file descriptor of the test's choice."""
    process = subprocess.run(
        [sys.executable, "-m", "mijnklantportaal_async.cli", "call", "--sandbox", "--sandbox-database",
         str(folder / "portal.sqlite3"), *arguments],
        stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.PIPE, env={**os.environ, **environment}, check=False,
    )  # fmt: skip
    return process.returncode, process.stderr.decode()


CUSTOMER = (
    "--company-name=東 Bäkker",
    "--address=x",
    "--zip-code=1234AB",
    "--city=x",
    "--primary-email=info@example.nl",
)


def test_a_closed_pipe_is_quiet_and_the_exit_code_is_about_the_call(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        code, messages = run_with(writing, "create_customer", *CUSTOMER, folder=tmp_path)
    finally:
        os.close(writing)

    assert (code, messages) == (0, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has it")
def test_a_result_that_cannot_be_written_tells_the_record(tmp_path: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        code, messages = run_with(full.fileno(), "create_customer", *CUSTOMER, folder=tmp_path)

    assert code == 1
    assert (
        "The result cannot be written: No space left on device. create_customer was done; its record is cst_"
        in messages
    )


def test_letters_that_the_output_cannot_carry_are_spelled_out(tmp_path: Path) -> None:
    path = tmp_path / "output"
    shown: list[str] = []
    for words in (("create_customer", *CUSTOMER), ("--table", "list_customers")):
        with path.open("wb") as output:
            code, _ = run_with(output.fileno(), *words, folder=tmp_path, PYTHONIOENCODING="cp1252")
        assert code == 0
        shown.append(path.read_bytes().decode("cp1252"))

    assert json.loads(shown[0])["company_name"] == "東 Bäkker"
    assert r"\u6771 Bäkker" in shown[1]


@needs_proc
@pytest.mark.parametrize("said", ["y", "n"])
async def test_a_person_is_shown_what_is_sent_and_asked(said: str, at_terminal: Sit) -> None:
    async with sandbox() as portal:
        environment = {"MIJNKLANTPORTAAL_BASE_URL": portal.url, "MIJNKLANTPORTAAL_API_KEY": KEY, "COLUMNS": "80"}
        words = ("create_payment_link", "--description", "Deposit", "--amount", "1.234,50")
        seat = at_terminal("call", *words, environment=environment)
        await seat.until_it_shows("Go on?")
        assert not portal.requests
        seat.type(said + "\n")
        code = await seat.end()
        assert len(portal.requests) == (said == "y")

    assert "create_payment_link changes the portal. This is sent:" in seat.shown
    assert f"POST {environment['MIJNKLANTPORTAAL_BASE_URL']}/payment-links" in seat.shown
    assert '"amount": "1234.50"' in seat.shown
    assert code == (0 if said == "y" else 1)
    assert ("checkout_url" in seat.shown) is (said == "y")
    assert KEY not in seat.shown


def test_completion_in_a_real_shell() -> None:
    """The script that the program prints, in bash, with the cursor behind each line."""
    script = """
        eval "$(_MIJNKLANTPORTAAL_COMPLETE=source_bash mijnklantportaal)"
        complete_line() {
            COMP_WORDS=($1); COMP_CWORD=$2; COMPREPLY=()
            _mijnklantportaal_completion mijnklantportaal
            echo ${COMPREPLY[@]}
        }
        complete_line 'mijnklantportaal call get_customer_g' 2
        complete_line 'mijnklantportaal call get_customer --cust' 3
    """
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    shell = subprocess.run(
        ["bash", "--norc", "-c", script], capture_output=True, text=True, env=environment, check=False
    )

    assert shell.stdout.splitlines() == [
        "get_customer_group",
        "--customer-id",
    ], shell.stderr
