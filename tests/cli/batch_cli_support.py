"""What the tests of `mijnklantportaal batch` share: files, the sandbox's calendar, results made by hand."""

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from cli_support import Command

from mijnklantportaal_async.batch import JobSummary, Portal, Progress, RowOutcome, RowResult
from mijnklantportaal_async.sandbox import Sandbox

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
NOON = datetime(2027, 3, 5, 11, tzinfo=UTC)
FAST = ("--sandbox-speed", "50", "--sandbox-rate-limit", "6000")


def own_folder(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """The data folder of this test, and no settings of this machine."""
    monkeypatch.delenv("MIJNKLANTPORTAAL_BATCH_DATABASE", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(folder))
    monkeypatch.setenv("COLUMNS", "250")


def database_url(folder: Path) -> str:
    return f"sqlite:///{folder / 'jobs.db'}"


def visits(folder: Path, count: int, *, name: str = "visits.csv", changed: int = 0, portals: str = "") -> Path:
    """A file of so many appointments, the first ones with another title; the last cell names a portal."""
    rows = ["name,starts_at,ends_at,customer_id,portal"]
    for number in range(count):
        start = datetime(2027, 3, 1, 8) + timedelta(minutes=30 * number)
        title = f"Changed {number}" if number < changed else f"Visit {number}"
        portal = portals.split()[number % len(portals.split())] if portals else ""
        rows.append(
            f"{title},{start:%Y-%m-%d %H:%M},{start + timedelta(minutes=20):%Y-%m-%d %H:%M},cst_{number},{portal}"
        )
    path = folder / name
    path.write_text("\n".join(rows) + "\n")
    return path


def calendar_of(folder: Path, portal: str = "") -> Counter[str]:
    """How often each title stands in the calendar that a sandbox left behind."""
    end = f"-{portal}" if portal else ""
    calendar = Sandbox(database=folder / f"jobs-calendar{end}.db")
    return Counter(appointment.name for appointment in calendar.appointments)


def once_each(count: int) -> Counter[str]:
    return Counter(f"Visit {number}" for number in range(count))


def status_of(command: Command, job: str, *options: str) -> dict[str, Any]:
    answer = command("batch", "status", job, "--json", *options)
    assert answer.code == 0, answer.everything
    found: dict[str, Any] = json.loads(answer.output)
    return found


def row(number: int, outcome: RowOutcome, **more: Any) -> RowResult:
    values: dict[str, Any] = {
        "job": "spring",
        "portal": "default",
        "place": f"line {number + 1}",
        "operation": "schedule_appointment",
        "timezone": "Europe/Amsterdam",
        "request": {
            "name": f"Visit {number}",
            "starts_at": "2027-03-05T09:00:00+01:00",
            "ends_at": "2027-03-05T10:00:00+01:00",
            "customer_id": f"cst_{number}",
        },
    }
    return RowResult(number=number, outcome=outcome, **{**values, **more})


def progress(at: datetime = NOON, /, **counts: Any) -> Progress:
    values: dict[str, Any] = {"job": "spring", "total": 100, "at": at, **counts}
    return Progress(**values)


def summary(state: Progress, *portals: str) -> JobSummary:
    return JobSummary(
        name=state.job,
        portals=tuple(Portal(name=name, address="https://portal.example/v1") for name in portals or ("default",)),
        operations=("schedule_appointment",),
        source="spring.csv",
        submitted_at=NOON,
        progress=state,
    )
