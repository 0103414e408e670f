"""60 rows through portals with manners, which fail every fifth request: nothing twice, and no word that is not so."""

import asyncio
import random
from collections.abc import Collection
from contextlib import AsyncExitStack
from typing import Any

import attrs
import pytest
from evidence import BEGINS, LINE, Verdict, judge, known_customer, portal_with, rows, some_manners, without_reason
from moved_time import LoopClock

from mijnklantportaal_async import (
    MijnKlantportaalError,
    NotStarted,
    PortalSession,
    RateLimit,
    ReconcilePolicy,
    RetryPolicy,
    Scheduled,
    Timeouts,
    Unknown,
)
from mijnklantportaal_async.sandbox import Fault, Manner, Sandbox

CONCURRENCY = 12
TIMEOUTS = Timeouts(queue=600, attempt=8, call=300)
AT_REST = 120.0
"""Seconds after which whatever was under way has arrived, or never will."""

pytestmark = [
    pytest.mark.timeout(120),
    # Under some manners the portal's times are not those that were asked for, and the session says so.
    pytest.mark.filterwarnings("ignore::mijnklantportaal_async.PortalTimeWarning"),
]


async def run(
    manners: Collection[Manner],
    seed: int,
    *,
    reconcile: ReconcilePolicy | None,
    tries: int = 1,
    kinds: Collection[Fault] = tuple(Fault),
) -> tuple[Verdict, list[Any]]:
    """Has every row scheduled; rows that have no record by what is said are given again, `tries` times at the most."""
    random.seed(seed)  # the session's own waits are drawn from it
    async with AsyncExitStack() as stack:
        sandbox = await stack.enter_async_context(portal_with(manners, seed, kinds))
        asked = rows(known_customer(sandbox))
        results: dict[int, Any] = {}
        async with PortalSession(
            api_key=sandbox.api_key,
            base_url=sandbox.url,
            rate_limit=RateLimit(requests=100_000),
            timeouts=TIMEOUTS,
            retry=RetryPolicy(attempts=30, quota=None),
            reconcile=reconcile,
            clock=LoopClock(),
        ) as portal:
            for _ in range(tries):
                todo = [index for index in range(len(asked)) if not isinstance(results.get(index), Scheduled)]
                wanted = [asked[index].wanted for index in todo]
                async for result in portal.schedule_appointments(wanted, concurrency=CONCURRENCY):
                    results[todo[result.index]] = result
        await asyncio.sleep(AT_REST)
        said = [_with_index(result, index) for index, result in results.items()]
        return judge(asked, said, sandbox.appointments, manners), said


def _with_index(result: Any, index: int) -> Any:
    import attrs

    return attrs.evolve(result, index=index)


EVIDENCE = ReconcilePolicy(settle=10.0)
PLAIN = range(1, 5)
MIXED = range(12, 24)


@pytest.mark.parametrize("seed", PLAIN)
async def test_without_manners_every_row_is_scheduled_once(seed: int) -> None:
    verdict, results = await run((), seed, reconcile=EVIDENCE)
    assert verdict.is_good, verdict
    assert without_reason(results) == []
    assert verdict.ends["Scheduled"] >= len(results) * 3 / 4, verdict.ends


@pytest.mark.parametrize("seed", PLAIN)
async def test_on_a_bad_line_every_row_is_scheduled_once(seed: int) -> None:
    verdict, results = await run((), seed, reconcile=EVIDENCE, kinds=LINE)
    assert verdict.is_good, verdict
    assert verdict.ends["Scheduled"] == len(results), verdict.ends


@pytest.mark.parametrize("seed", MIXED)
async def test_under_mixed_manners_nothing_is_made_twice_and_every_word_is_so(seed: int) -> None:
    verdict, results = await run(some_manners(seed), seed, reconcile=EVIDENCE)
    assert verdict.is_good, (sorted(some_manners(seed)), verdict)
    assert verdict.ends["Scheduled"] >= len(results) / 2, verdict.ends


def test_the_mixtures_have_every_manner() -> None:
    assert {manner for seed in MIXED for manner in some_manners(seed)} == set(Manner)


@pytest.mark.parametrize("seed", [1, 2])
async def test_who_sends_again_without_looking_makes_duplicates(seed: int) -> None:
    """What everybody else does: without it no run would show that there is anything to be seen."""
    verdict, _ = await run((), seed, reconcile=None, tries=40)
    assert len(verdict.duplicates) >= 3, verdict


def test_the_judge_sees_what_is_wrong() -> None:
    sandbox = Sandbox()
    asked = rows(known_customer(sandbox))
    stored = [
        sandbox.add_appointment(
            name=row.wanted.name,
            starts_at=row.wanted.starts_at,
            ends_at=row.wanted.ends_at,
            customer_id=row.wanted.customer_id,
            attendee_name=row.wanted.attendee_name,
            attendee_email=row.wanted.attendee_email,
        )
        for row in asked
    ]
    good: list[Any] = [
        Scheduled(index=index, request=row.wanted, appointment=stored[index], attempts=1)  # type: ignore[arg-type]
        for index, row in enumerate(asked)
    ]
    lost = MijnKlantportaalError("lost")

    def judged(index: int, said: Any, manners: Collection[Manner] = (), **changes: Any) -> Verdict:
        records = [attrs.evolve(record, **changes) if record is stored[index] else record for record in stored]
        return judge(asked, [*good[:index], said, *good[index + 1 :]], records, manners)

    assert judge(asked, good, stored, ()).is_good
    assert judge(asked, good, [*stored, attrs.evolve(stored[9], id="apt_again")], ()).duplicates
    assert judged(9, good[9], id="apt_other").untrue, "a record that is not there"
    assert judged(9, attrs.evolve(good[9], appointment=stored[10])).untrue, "a record of another row"
    assert judged(9, good[9], starts_at=BEGINS).untrue
    assert judged(9, good[9], customer_id="cst_other").untrue
    assert judged(9, NotStarted(index=9, request=asked[9].wanted, error=None)).untrue, "there is one"
    unknown = [Unknown(index=index, request=asked[index].wanted, error=lost) for index in (0, 59)]
    assert [judged(said.index, said).is_good for said in unknown] == [False, False]
    assert [judged(said.index, said, {Manner.TEXTS_IN_NFC}).is_good for said in unknown] == [True, False]
    assert [judged(said.index, said, {Manner.NO_DATE}).is_good for said in unknown] == [True, True]


@pytest.mark.soak
@pytest.mark.parametrize("manner", list(Manner))
async def test_each_manner_by_itself(manner: Manner, soak_seed: int) -> None:
    verdict, _ = await run({manner}, soak_seed, reconcile=EVIDENCE)
    assert verdict.is_good, verdict


@pytest.mark.soak
async def test_mixtures_of_manners(soak_seed: int) -> None:
    verdict, _ = await run(some_manners(soak_seed), soak_seed, reconcile=EVIDENCE)
    assert verdict.is_good, (sorted(some_manners(soak_seed)), verdict)


SEEDS = 40
"""For how many the soak tests are run."""
