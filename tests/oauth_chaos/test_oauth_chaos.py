"""Many processes, shared stores, a token endpoint that fails: no token is spent twice, and none is lost."""

from collections.abc import Callable
from pathlib import Path

import pytest
from token_chaos import KINDS, LIFE, TokenChaos, TokenReport, renewals

from mijnklantportaal_async.sandbox import Fault, OAuthRules, Sandbox

SEEDS = 5

ROTATING = OAuthRules(access_life=LIFE, rotating=True)
STAYING = OAuthRules(access_life=LIFE, rotating=False)
STRICT = OAuthRules(access_life=LIFE, rotating=True, forgiving=False)
"""A refresh token is good once: where no fault is about, only the comparison inside the lock keeps the owners."""


@pytest.fixture
def stores(tmp_path: Path, postgresql_url: str) -> list[str]:
    return [str(tmp_path / "tokens"), f"sqlite:///{tmp_path}/tokens.db", postgresql_url]


def renewed(times: int, faults: int = 0) -> Callable[[Sandbox], bool]:
    """Whether so many were renewed, and so many requests for it failed."""

    def happened(sandbox: Sandbox) -> bool:
        asked = renewals(sandbox)
        enough = sum(request.status == 200 for request in asked) >= times
        return enough and sum(request.fault is not None for request in asked) >= faults

    return happened


def check(report: TokenReport) -> None:
    print(report)
    assert (report.overlaps, report.replayed, report.ended, report.lost) == (0, 0, 0, 0)
    assert report.dead_tokens == 0
    # A call whose fresh token ends on its way, too, is one of a machine that stood still for the life of a token.
    assert report.counts["reconnect"] == 0
    assert report.counts["done"] > 0


async def test_no_token_is_spent_twice_and_none_is_lost(stores: list[str]) -> None:
    """Each of three owners a portal is renewed because of a 401, and because the end is near."""
    chaos = TokenChaos(stores=stores, portals=[ROTATING, STAYING], workers=2, owners=1, share=0.4)
    for report in await chaos.run(renewed(5, faults=1)):
        check(report)


@pytest.mark.soak
async def test_who_decides_before_the_lock_is_logged_out(tmp_path: Path) -> None:
    chaos = TokenChaos(
        stores=[str(tmp_path)], portals=[STRICT], workers=2, owners=1, share=0.0, is_control=True, pause=0.05
    )
    [report] = await chaos.run(lambda sandbox: any(grant.is_revoked for grant in sandbox.oauth.grants))
    assert report.replayed > 0


@pytest.mark.soak
@pytest.mark.timeout(1800)
async def test_who_decides_inside_the_lock_is_not(tmp_path: Path) -> None:
    chaos = TokenChaos(stores=[str(tmp_path)], portals=[STRICT], workers=3, owners=8, share=0.0, pause=0.05)
    [report] = await chaos.run(renewed(24))
    check(report)


@pytest.mark.soak
@pytest.mark.timeout(1800)
async def test_eight_processes_for_longer(stores: list[str], soak_seed: int) -> None:
    chaos = TokenChaos(
        stores=stores,
        portals=[ROTATING, STAYING],
        seed=soak_seed,
        workers=8,
        owners=10,
        pause=4.0,
        kinds=[*KINDS, Fault.STALL_AFTER_COMMIT],
    )
    for report in await chaos.run(renewed(260, faults=30)):
        check(report)
