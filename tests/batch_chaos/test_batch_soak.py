"""The long form of `test_batch_chaos.py`: thousands of rows, kills and freezes until the last of them has ended.

`nox -s soak -- --seeds 5 --rows 5000 tests/batch_chaos`. Prints a line for each run with `-s`.
"""

from pathlib import Path

import pytest
from chaos_driver import run_chaos
from chaos_plan import ChaosPlan

from mijnklantportaal_async.sandbox import COMMON_FAULTS

pytestmark = [pytest.mark.soak, pytest.mark.timeout(3600)]

SEEDS = 2

LIMIT = 3000.0


@pytest.fixture
def rows(request: pytest.FixtureRequest) -> int:
    return int(request.config.getoption("--rows"))


async def test_thousands_of_rows_exactly_once(soak_seed: int, rows: int, database_url: str, tmp_path: Path) -> None:
    report = await run_chaos(ChaosPlan(seed=soak_seed, rows=rows, chunk=200), database_url, tmp_path, limit=LIMIT)
    print(f"\n{report}")
    assert report.verdict.is_exactly_once, report
    assert report.crashes == []
    assert report.refused <= report.requests / 100
    assert report.submitter_kills == 1
    assert report.kills >= 10
    assert report.freezes >= 5
    assert {name.split()[1] for name in report.faults} == {fault.value for fault in COMMON_FAULTS}


async def test_slow_posts_that_are_killed_in_the_middle(
    soak_seed: int, rows: int, database_url: str, tmp_path: Path
) -> None:
    """The counterpart of the controls below, in all but the flow."""
    report = await run_chaos(slow(soak_seed, rows, "real"), database_url, tmp_path, limit=LIMIT)
    print(f"\n{report}")
    assert report.verdict.is_exactly_once, report


@pytest.mark.parametrize("flow", ["does not look", "has no fence"])
async def test_without_looking_or_fence_there_are_duplicates(
    flow: str, soak_seed: int, rows: int, database_url: str, tmp_path: Path
) -> None:
    report = await run_chaos(slow(soak_seed, rows, flow), database_url, tmp_path, limit=LIMIT)
    print(f"\n{report}")
    assert report.verdict.duplicates > rows / 100, report


def slow(seed: int, rows: int, flow: str) -> ChaosPlan:
    # Not as many rows: that is how many are needed for more than a hundred kills in the middle of a POST.
    return ChaosPlan(seed=seed, rows=rows // 4, slow_posts=0.6, ways=("kill",), flow=flow)
