"""`mijnklantportaal batch run` in this process: what it brings into the portal, and what it says."""

import csv
import json
import re
import sys
from collections import Counter
from pathlib import Path

import filelock
import pytest
from batch_cli_support import FAST, calendar_of, database_url, once_each, own_folder, visits
from cli_support import KEY, Command, Start

from mijnklantportaal_async.sandbox import Sandbox

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="XDG_DATA_HOME")


@pytest.fixture(autouse=True)
def _own_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    own_folder(monkeypatch, tmp_path)


@pytest.fixture
def here(tmp_path: Path) -> tuple[str, ...]:
    """Options of a sandbox whose jobs and calendar lie in the folder of this test."""
    return ("--sandbox", *FAST, "--database", database_url(tmp_path))


def test_every_row_is_there_once_and_a_second_run_adds_nothing(
    command: Command, tmp_path: Path, here: tuple[str, ...]
) -> None:
    file = visits(tmp_path, 12)
    first = command("batch", "run", file, *here, "--sandbox-faults", "0.2")
    again = command("batch", "run", file, *here)

    assert first.code == 0, first.everything
    assert re.search(r"done +12 +in the portal, once", first.output)
    assert "The sandbox holds 12 records for 12 rows done: none missing, none twice." in first.messages
    assert "12 rows came to an end in" in first.messages
    assert again.code == 0
    assert "The job is over: nothing to do." in again.messages
    assert calendar_of(tmp_path) == once_each(12)


def test_the_commands_that_it_names_can_be_copied(command: Command, tmp_path: Path, here: tuple[str, ...]) -> None:
    run = command("batch", "run", visits(tmp_path, 2), *here)
    line = re.search(r"All rows: +mijnklantportaal (.*)", run.messages)
    assert line is not None
    words = line[1].replace("results.csv", str(tmp_path / "results.csv")).split()
    page = command("batch", "report", "visits.csv", "--output", tmp_path / "page.html", *here[:1], *here[-2:])

    assert command(*words).code == 0
    assert (tmp_path / "results.csv").exists()
    assert page.code == 0
    assert "<title>" in (tmp_path / "page.html").read_text("utf-8")


def test_results_name_what_is_in_the_calendar(command: Command, tmp_path: Path, here: tuple[str, ...]) -> None:
    command("batch", "run", visits(tmp_path, 3), *here, "--job", "spring")
    output = tmp_path / "results.csv"
    command("batch", "results", "spring", "--output", output, "--sandbox", *here[-2:])

    with output.open(newline="") as file:
        rows = list(csv.DictReader(file))
    made = {
        appointment.name: appointment for appointment in Sandbox(database=tmp_path / "jobs-calendar.db").appointments
    }
    assert list(rows[0]) == ["row", "outcome", "day", "time", "title", "person", "id", "what to do"]
    assert [row["id"] for row in rows] == [made[row["title"]].id for row in rows]
    assert {row["outcome"] for row in rows} == {"done"}
    assert (rows[0]["row"], rows[0]["day"], rows[0]["person"]) == ("2", "2027-03-01", "cst_0")
    assert rows[0]["time"].startswith("08:00-")


def test_each_portal_is_a_sandbox_of_its_own(command: Command, tmp_path: Path, here: tuple[str, ...]) -> None:
    run = command("batch", "run", visits(tmp_path, 4, portals="oost west"), *here)

    assert run.code == 0, run.everything
    assert calendar_of(tmp_path, "oost") == {"Visit 0": 1, "Visit 2": 1}
    assert calendar_of(tmp_path, "west") == {"Visit 1": 1, "Visit 3": 1}
    assert re.search(r"oost +2\s+west +2\s+all +4", run.output)


def test_customers(command: Command, tmp_path: Path, here: tuple[str, ...]) -> None:
    file = tmp_path / "customers.csv"
    file.write_text(
        "company_name,address,zip_code,city,primary_email\n"
        + "".join(f"Firm {number},Street {number},1234AB,Utrecht,a{number}@example.nl\n" for number in range(3))
    )
    run = command("batch", "run", file, "--operation", "create_customer", *here)

    assert run.code == 0, run.everything
    customers = Sandbox(database=tmp_path / "jobs-calendar.db").customers
    assert sorted(customer.company_name for customer in customers) == ["Firm 0", "Firm 1", "Firm 2"]


def test_the_calendar_can_be_written(command: Command, tmp_path: Path, here: tuple[str, ...]) -> None:
    run = command("batch", "run", visits(tmp_path, 1), *here, "--calendar", tmp_path / "calendar.html")

    assert run.code == 0
    assert "Visit 0" in (tmp_path / "calendar.html").read_text("utf-8")


def test_rows_that_are_added_are_made_beside_the_old_ones(
    command: Command, tmp_path: Path, here: tuple[str, ...]
) -> None:
    command("batch", "run", visits(tmp_path, 3), *here)
    changed = visits(tmp_path, 3, changed=1)
    refused = command("batch", "run", changed, *here)
    before = calendar_of(tmp_path)
    agreed = command("batch", "run", changed, *here, "--yes")

    assert refused.code == 2
    assert before == once_each(3)
    assert agreed.code == 0
    assert calendar_of(tmp_path) == once_each(3) + Counter(["Changed 0"])


def test_a_canceled_job_says_how_to_go_on(command: Command, tmp_path: Path, here: tuple[str, ...]) -> None:
    place = ("--sandbox", *here[-2:])
    file = visits(tmp_path, 3)
    command("batch", "submit", file, "--job", "spring", *place)
    command("batch", "cancel", "spring", "--yes", *place)
    run = command("batch", "run", file, "--job", "spring", *here)
    command("batch", "resume", "spring", *place)
    resumed = command("batch", "run", file, "--job", "spring", *here)

    assert run.code == 1
    assert "mijnklantportaal batch resume spring --sandbox" in run.messages
    assert resumed.code == 0
    assert calendar_of(tmp_path) == once_each(3)


def test_a_calendar_that_another_process_plays(command: Command, tmp_path: Path, here: tuple[str, ...]) -> None:
    with filelock.FileLock(tmp_path / "jobs-calendar.db.lock"):
        run = command("batch", "run", visits(tmp_path, 3), *here)

    assert run.code == 2
    assert "run one sandbox for all of them with `mijnklantportaal sandbox`" in run.messages
    assert not calendar_of(tmp_path)


# --- real portals ------------------------------------------------------------------------------------------------


def test_without_a_key_nothing_is_submitted(command: Command, tmp_path: Path) -> None:
    run = command("batch", "run", visits(tmp_path, 3, portals="oost"))

    assert run.code == 2
    assert "MIJNKLANTPORTAAL_API_KEY_OOST" in run.messages
    assert "no job 'visits.csv'" in command("batch", "status", "visits.csv").messages


async def test_a_wrong_key_costs_one_call_and_nothing_is_submitted(started: Start, tmp_path: Path) -> None:
    async with Sandbox(keys={KEY: ["appointments.read", "appointments.write"]}) as sandbox:
        run = await started("batch", "run", visits(tmp_path, 3), base_url=sandbox.url, key="wrong-key-wrong-key")
        result = await run.end()
        calls = [(request.method, request.status) for request in sandbox.requests]
    listed = await (await started("batch", "list", "--json")).end()

    assert result.code == 4
    assert calls == [("GET", 401)]
    assert "The portal 'default' refuses the key" in result.messages
    assert "stands in MIJNKLANTPORTAAL_API_KEY" in result.messages
    assert "wrong-key-wrong" not in result.everything
    assert json.loads(listed.output) == []


async def test_a_portal_that_is_not_there(started: Start, tmp_path: Path) -> None:
    async with Sandbox() as sandbox:
        gone = sandbox.url
    result = await (await started("batch", "run", visits(tmp_path, 3), base_url=gone)).end()

    assert result.code == 4
    assert "cannot be reached" in result.messages
    assert "Traceback" not in result.everything


async def test_a_real_address_and_key(started: Start, tmp_path: Path) -> None:
    async with Sandbox(keys={KEY: ["appointments.read", "appointments.write"]}, rate_limit=None) as sandbox:
        run = await started("batch", "run", visits(tmp_path, 5), "-vv", base_url=sandbox.url)
        result = await run.end()
        made = Counter(appointment.name for appointment in sandbox.appointments)
    shown = await (await started("batch", "status", "visits.csv", "--json")).end()

    assert result.code == 0, result.everything
    assert made == once_each(5)
    assert KEY not in result.everything
    assert json.loads(shown.output)["done"] == 5


async def test_a_worker_says_whose_key_it_does_not_have(started: Start, tmp_path: Path) -> None:
    elsewhere = ("--base-url", "https://elsewhere.example/v1")
    await (await started("batch", "submit", visits(tmp_path, 2, portals="oost"), "--job", "spring")).end()
    other = visits(tmp_path, 2, name="other.csv")
    await (await started("batch", "submit", other, "--job", "summer", *elsewhere)).end()
    async with Sandbox(keys={"another": ["appointments.read"]}) as sandbox:
        result = await (await started("batch", "work", base_url=sandbox.url)).end()

    assert result.code == 4
    assert "put it into the environment variable MIJNKLANTPORTAAL_API_KEY_OOST." in result.messages
    assert "are for https://elsewhere.example/v1" in result.messages
    assert "The portal 'default' refuses the key" in result.messages
    assert "There is no portal left to work for" in result.messages
