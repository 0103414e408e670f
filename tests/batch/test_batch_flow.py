"""The flow of one row, killed at every place where it can be killed, over a real socket to the sandbox."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager
from typing import Any

import pytest
from batch_given import PORTAL, SPEED, asked, booked, clock, row
from given import AMSTERDAM
from hypothesis import given, settings
from hypothesis import strategies as st

from mijnklantportaal_async import PortalSession
from mijnklantportaal_async.batch import FlowSettings, SharedRateLimiter
from mijnklantportaal_async.batch.flow import CannotLookError, Fence, RowFlow
from mijnklantportaal_async.batch.operations import OPERATIONS
from mijnklantportaal_async.batch.rows import BatchRow
from mijnklantportaal_async.calling.rate_limit import Priority
from mijnklantportaal_async.calling.retry import Timeouts
from mijnklantportaal_async.sandbox import Fault, Sandbox

Json = dict[str, Any]


class Killed(BaseException):
    """As a process dies: nothing after it happens."""


class Journal:
    """The engine in short: what a step returned is there for the next process, whenever this one is killed."""

    def __init__(self, kills: list[str]) -> None:
        self.recorded: list[Json] = []
        self.kills = kills
        self.position = 0

    def restart(self) -> None:
        self.position = 0

    async def step(self, name: str, function: Callable[[], Awaitable[Json]]) -> Json:
        if self.position < len(self.recorded):
            self.position += 1
            return self.recorded[self.position - 1]
        kill = self.kills.pop(0) if self.kills else "none"
        if kill == "before":
            raise Killed
        result = await function()
        if kill == "after":
            raise Killed
        self.recorded.append(result)
        self.position += 1
        if kill == "recorded":
            raise Killed
        return result


class Memory:
    """What is known of other rows, for tests of one row."""

    def __init__(self, noted: frozenset[str] | None = frozenset(), problem: str | None = None) -> None:
        self.ids = noted
        self.problem = problem
        self.others: frozenset[str] = frozenset()

    async def noted(self, note_id: str) -> frozenset[str] | None:
        if self.problem:
            raise CannotLookError(self.problem)
        return self.ids

    async def have_ended(self, row_ids: Collection[str]) -> bool:
        return True

    async def taken(self, row: BatchRow) -> frozenset[str]:
        return self.others


def batch_row(number: int = 0) -> BatchRow:
    operation = OPERATIONS["schedule_appointment"]
    return BatchRow(
        job="job",
        portal=PORTAL,
        operation=operation.name,
        request=operation.to_json(row(number), AMSTERDAM),
        number=1,
        place="row 1",
        noted="note",
    )


@asynccontextmanager
async def a_process(sandbox: Sandbox, database: str, ledger: Memory, **more: Any) -> AsyncIterator[RowFlow]:
    """What a worker process has of a portal; a new one for each life."""
    limiter = SharedRateLimiter(database, api_key=sandbox.api_key, clock=clock())
    session = PortalSession(
        api_key=sandbox.api_key,
        base_url=sandbox.url,
        rate_limit=limiter,
        reconcile=None,
        priority=Priority.BACKGROUND,
        timeouts=Timeouts(queue=None, attempt=30.0, call=None),
        clock=clock(),
    )
    flow = RowFlow(portal=session, limiter=limiter, ledger=ledger, settings=FlowSettings(**more), clock=clock())
    try:
        yield flow
    finally:
        await flow.aclose()
        await session.aclose()
        await limiter.aclose()


async def live(sandbox: Sandbox, database: str, journal: Journal, ledger: Memory | None = None, **more: Any) -> Json:
    """Runs a row to its end, with a new process after each kill."""
    data = batch_row().to_json()
    while True:
        async with a_process(sandbox, database, ledger or Memory(), **more) as flow:
            journal.restart()
            try:
                return await flow.run(data, journal)
            except Killed:
                continue


LASTING = (
    Fault.DROP_BEFORE_COMMIT,
    Fault.DROP_AFTER_COMMIT,
    Fault.LATE_COMMIT,
    Fault.SLOW_COMMIT,
    Fault.HALF_BODY,
    Fault.BAD_GATEWAY,
    Fault.UNAVAILABLE_BEFORE_COMMIT,
    Fault.UNAVAILABLE_AFTER_COMMIT,
    Fault.TOO_MANY_REQUESTS,
    Fault.MALFORMED_JSON,
    Fault.UNKNOWN_FIELDS,
)


@given(
    kills=st.lists(st.sampled_from(["none", "before", "after", "recorded"]), max_size=6),
    faults=st.lists(st.sampled_from(LASTING), max_size=3),
)
@settings(max_examples=40)
def test_once_whatever_kills_it_and_whatever_the_portal_does(
    tmp_path_factory: pytest.TempPathFactory, kills: list[str], faults: list[Fault]
) -> None:
    database = f"sqlite:///{tmp_path_factory.mktemp('flow')}/limit.db"

    async def run() -> None:
        async with Sandbox(speed=SPEED, rate_limit=None) as sandbox:
            for fault in faults:
                sandbox.fail_next(fault, method="POST")
            result = await live(sandbox, database, Journal(list(kills)))
            assert result["outcome"] == "done"
            assert booked(sandbox) == asked([row(0)])
            assert result["identifier"] == sandbox.appointments[0].id

    asyncio.run(run())


@pytest.mark.parametrize("kill", ["before", "after", "recorded"])
async def test_killed_around_the_intent_sends_once_and_without_looking_only_where_nothing_can_be_out(
    database: str, kill: str
) -> None:
    async with Sandbox(speed=SPEED) as sandbox:
        await live(sandbox, database, Journal([kill]))
        methods = [request.method for request in sandbox.requests]
        # Only a recorded intent may have been followed by a request that nobody knows of.
        assert methods == (["GET", "POST"] if kill == "recorded" else ["POST"])


async def test_killed_after_the_answer_finds_its_appointment(database: str) -> None:
    async with Sandbox(speed=SPEED) as sandbox:
        result = await live(sandbox, database, Journal(["none", "after"]))
        assert [request.method for request in sandbox.requests] == ["POST", "GET"]
        assert result["outcome"] == "done"
        assert len(sandbox.appointments) == 1


async def test_what_was_there_before_and_what_belongs_to_others_is_never_claimed(database: str) -> None:
    async with Sandbox(speed=SPEED) as sandbox:
        new = row(0)
        there = sandbox.add_appointment(
            name="Intake", starts_at=new.starts_at, ends_at=new.ends_at, customer_id="cst_1"
        )
        other = sandbox.add_appointment(
            name="Intake", starts_at=new.starts_at, ends_at=new.ends_at, customer_id="cst_1"
        )
        ledger = Memory(frozenset({there.id}))
        ledger.others = frozenset({other.id})
        sandbox.fail_next(Fault.DROP_BEFORE_COMMIT, method="POST")
        result = await live(sandbox, database, Journal([]), ledger)
        assert result["outcome"] == "done"
        assert result["identifier"] not in {there.id, other.id}
        assert len(sandbox.appointments) == 3


async def test_a_fence_that_is_too_old_is_not_sent_with(database: str) -> None:
    async with Sandbox(speed=SPEED) as sandbox, a_process(sandbox, database, Memory(), fence=0.2) as flow:
        journal = Journal([])

        class FreezesOnce(Journal):
            was_frozen = False

            async def step(self, name: str, function: Callable[[], Awaitable[Json]]) -> Json:
                if name == "attempt" and not self.was_frozen:
                    self.was_frozen = True
                    await asyncio.sleep(0.3)
                return await journal.step(name, function)

        result = await flow.run(batch_row().to_json(), FreezesOnce([]))
        assert result["outcome"] == "done"
        assert "stood still" in journal.recorded[1]["message"]
        assert [request.method for request in sandbox.requests] == ["POST"]


async def test_a_refused_row_ends_with_the_portals_words(database: str) -> None:
    async with Sandbox(speed=SPEED) as sandbox:
        data = batch_row().to_json()
        data["request"] |= {"attendee_name": "Jan", "attendee_email": "jan@localhost"}
        async with a_process(sandbox, database, Memory()) as flow:
            result = await flow.run(data, Journal([]))
        assert result["outcome"] == "rejected"
        assert "422" in result["message"]


@pytest.mark.parametrize("spoil", [{"request": {}}, {"operation": "fly"}, {"request": {"name": 3}}, {"portal": 1}])
async def test_a_poisoned_row_is_told_not_lost(database: str, spoil: Json) -> None:
    async with Sandbox(speed=SPEED) as sandbox, a_process(sandbox, database, Memory()) as flow:
        result = await flow.run({**batch_row().to_json(), **spoil}, Journal([]))
        assert result["outcome"] == "rejected"
        assert "cannot be read" in result["message"]
        assert not sandbox.requests


async def test_a_key_that_may_not_read_schedules_and_leaves_doubts_to_a_person(database: str) -> None:
    keys = {"writer": ["appointments.write"]}
    async with Sandbox(speed=SPEED, keys=keys) as sandbox:
        ledger = Memory(problem="403 no")
        assert (await live(sandbox, database, Journal([]), ledger))["outcome"] == "done"
        sandbox.fail_next(Fault.DROP_BEFORE_COMMIT, method="POST")
        result = await live(sandbox, database, Journal([]), ledger)
        assert result["outcome"] == "unknown"
        assert "403 no" in result["message"]
        assert "Look in the portal's calendar" in result["how_to_check"]


async def test_a_portal_that_fails_at_one_row_for_ever_gives_it_up(database: str) -> None:
    async with Sandbox(speed=SPEED, rate_limit=None) as sandbox:
        sandbox.fail_next(Fault.UNAVAILABLE_BEFORE_COMMIT, method="POST", times=50)
        result = await live(sandbox, database, Journal([]), doubts=3)
        assert result["outcome"] == "rejected"
        assert "tried 3 times" in result["message"]
        assert [request.method for request in sandbox.requests] == ["POST", "GET"] * 3


async def test_an_expired_key_does_not_fail_the_row(database: str) -> None:
    async with Sandbox(speed=SPEED, keys={"old": ["appointments.read", "appointments.write"]}) as sandbox:
        journal = Journal([])
        limiter = SharedRateLimiter(database, api_key="new", clock=clock())
        session = PortalSession(api_key="new", base_url=sandbox.url, rate_limit=limiter, reconcile=None, clock=clock())
        flow = RowFlow(portal=session, limiter=limiter, ledger=Memory(), settings=FlowSettings(), clock=clock())
        task = asyncio.create_task(flow.run(batch_row().to_json(), journal))
        while len(sandbox.requests) < 3:
            await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.wait([task])
        assert all(step["outcome"] == "again" and "401" in step["message"] for step in journal.recorded[1::2])
        assert not sandbox.appointments
        await session.aclose()
        await limiter.aclose()


def test_a_fence_knows_its_age_by_the_clock_that_went_further() -> None:
    from mijnklantportaal_async.calling.window import Permit

    fence = Fence.now(Permit(0.0, 0.0))
    assert fence.age < 1
    fence.monotonic -= 100
    assert fence.age >= 100
    fence.wall -= 200
    assert fence.age >= 200
