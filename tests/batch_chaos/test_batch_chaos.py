"""Rows, portals that fail, workers that are killed and frozen, submitters that are killed: each row exactly once."""

from pathlib import Path

import attrs
import pytest
from chaos_driver import run_chaos
from chaos_plan import ChaosPlan

SHORT = ChaosPlan(seed=1, rows=60, portals=2, harms=3, ways=("kill", "freeze", "kill"))
"""What a main test may take. The long form is in `test_batch_soak.py`."""

CONTROL = ChaosPlan(seed=2, rows=20, portals=1, workers=1, harms=1, ways=("kill all",), slow_posts=0.6)
"""No faults, and every POST takes long enough to be killed in the middle; the portal brings it to its end all the same.
"""

LIMIT = 250.0
"""Seconds, on a machine that has a lot else to do; a run ends with its last row, mostly after some ten."""


async def test_each_row_exactly_once_whoever_dies(sqlite_url: str, tmp_path: Path) -> None:
    await come_through(sqlite_url, tmp_path)


@pytest.mark.soak
async def test_each_row_exactly_once_on_a_server(postgresql_url: str, tmp_path: Path) -> None:
    """The main tests have `test_batch_worker_gone.py` for it, which judges a kill and a freeze on it as well."""
    await come_through(postgresql_url, tmp_path)


async def come_through(database_url: str, tmp_path: Path) -> None:
    report = await run_chaos(SHORT, database_url, tmp_path, limit=LIMIT)
    print(report)
    assert report.verdict.is_exactly_once, report
    assert report.verdict.done >= SHORT.rows * 0.95
    assert report.crashes == []
    # What it went through, or it would show nothing.
    assert (report.kills, report.freezes) == (2, 1)
    assert report.faults


@pytest.mark.parametrize("flow", ["does not look", "has no fence"])
async def test_a_flow_that_leaves_something_out_makes_duplicates(flow: str, sqlite_url: str, tmp_path: Path) -> None:
    """The control: what the run above does not find, it could have found.

    A flow that does not look sends such a row again; so does one that takes the engine's word that a step which was
    not recorded has not happened.
    """
    report = await run_chaos(attrs.evolve(CONTROL, flow=flow), sqlite_url, tmp_path, limit=LIMIT)
    print(report)
    assert report.verdict.duplicates > 0, report
    assert report.verdict.lost == 0
    assert report.kills == 1
