"""The limit of a key that several processes share is used in full, seldom overdrawn, and persons go first.

The margin for slow networks is 2 % of a window: 1.2 s in earnest, and very little on a busy machine where a minute
takes seconds. The short form therefore asks for less than the long one, where it takes a quarter of its time.
"""

from pathlib import Path

import pytest
from rate_of_processes import LIMIT, saturate

pytestmark = pytest.mark.soak  # takes its time; the main tests have the short chaos


@pytest.mark.timeout(120)
async def test_the_limit_is_used_and_persons_go_first(postgresql_url: str, tmp_path: Path) -> None:
    report = await saturate(postgresql_url, tmp_path, windows=2, speed=10.0)
    print(report)
    assert 0.75 <= report.use <= 1.0
    assert report.refused <= LIMIT / 6
    assert len(report.overtook_person) >= 5
    assert report.share <= 1 / 3


@pytest.mark.soak
@pytest.mark.timeout(600)
async def test_the_limit_is_used_in_full(database_url: str, tmp_path: Path) -> None:
    report = await saturate(database_url, tmp_path, windows=4, speed=4.0)
    print(report)
    assert 0.95 <= report.use <= 1.0
    assert report.refused <= 3
    assert len(report.overtook_person) >= 15
    assert report.share <= 1 / 3
