"""Many processes, one store, a token endpoint that fails: no token is spent twice, and none is lost."""

from pathlib import Path

import pytest
from token_chaos import LIFE, TokenReport, chaos

from mijnklantportaal_async.sandbox import OAuthRules

SEEDS = 5


@pytest.fixture(params=["file", "sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "postgresql":
        url: str = request.getfixturevalue("postgresql_url")
        return url
    return str(tmp_path / "tokens") if request.param == "file" else f"sqlite:///{tmp_path}/tokens.db"


def check(report: TokenReport) -> None:
    print(report)
    assert report.renewed >= 3
    assert report.faults >= 3
    assert (report.overlaps, report.replayed, report.ended, report.lost) == (0, 0, 0, 0)
    assert report.dead_tokens == 0
    assert (report.counts["reconnect"], report.counts["unauthorized"]) == (0, 0)
    assert report.counts["done"] > 0


def rules(**changes: bool) -> OAuthRules:
    return OAuthRules(access_life=LIFE, **changes)


@pytest.mark.parametrize("rotating", [True, False], ids=["rotating", "staying"])
async def test_no_token_is_spent_twice_and_none_is_lost(store: str, rotating: bool) -> None:
    check(await chaos(store, rules=rules(rotating=rotating), workers=3, renewals=26, owners=8))


@pytest.mark.parametrize("control", [False, True])
async def test_the_control_decides_before_the_lock_and_owners_are_logged_out(tmp_path: Path, control: bool) -> None:
    """Where a refresh token is good once and no fault is about, only the comparison inside the lock keeps them."""
    strict = rules(rotating=True, forgiving=False)
    report = await chaos(
        str(tmp_path / "tokens"), rules=strict, workers=3, renewals=24, owners=8, share=0.0, control=control
    )
    print(report)
    assert (report.ended > 0) is control
    assert (report.counts["reconnect"] > 0) is control


@pytest.mark.soak
@pytest.mark.timeout(300)
@pytest.mark.parametrize("rotating", [True, False], ids=["rotating", "staying"])
async def test_eight_processes_for_longer(store: str, rotating: bool, soak_seed: int) -> None:
    how = rules(rotating=rotating)
    check(await chaos(store, rules=how, seed=soak_seed, workers=8, renewals=130, owners=10, pause=0.4))
