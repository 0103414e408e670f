"""The flow of one row, killed at every place where it can be killed, over a real socket to the sandbox."""

import asyncio
import contextlib
import time
from itertools import groupby
from typing import Any

import pytest
import sqlalchemy
from batch_given import PORTAL, SPEED, asked, booked, bring_in, row
from hypothesis import given, settings
from hypothesis import strategies as st
from one_row import Killed, OneRow

from mijnklantportaal_async.batch import Jobs
from mijnklantportaal_async.batch.flow import LOOKS_FOR_EACH, RowFlow
from mijnklantportaal_async.batch.rows import Doubt, State
from mijnklantportaal_async.sandbox import Fault, Sandbox

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
    kills=st.lists(st.sampled_from(["none", "before", "after"]), max_size=6),
    faults=st.lists(st.sampled_from(LASTING), max_size=3),
)
@settings(max_examples=20)
def test_once_whatever_kills_it_and_whatever_the_portal_does(
    tmp_path_factory: pytest.TempPathFactory, kills: list[str], faults: list[Fault]
) -> None:
    database = f"sqlite:///{tmp_path_factory.mktemp('flow')}/jobs.db"

    async def run() -> None:
        async with Sandbox(speed=SPEED, rate_limit=None) as sandbox:
            for fault in faults:
                sandbox.fail_next(fault, method="POST")
            one = await OneRow(database, sandbox, list(kills)).submit()
            verdict = await one.live()
            assert verdict.state is State.DONE, verdict
            assert booked(sandbox) == asked([row(0)])
            assert verdict.identifier == sandbox.appointments[0].id
            one.close()

    asyncio.run(run())


@pytest.mark.parametrize(
    ("kills", "methods"),
    [
        (["before"], ["POST"]),
        # Only a recorded intent may have been followed by a request that nobody knows of.
        (["after"], ["GET", "POST"]),
        (["none", "before"], ["POST", "GET"]),
        (["none", "after"], ["POST"]),
    ],
)
async def test_killed_anywhere_sends_once_and_looks_only_where_something_can_be_out(
    database: str, kills: list[str], methods: list[str]
) -> None:
    async with Sandbox(speed=SPEED) as sandbox:
        one = await OneRow(database, sandbox, kills).submit()
        assert (await one.live()).state is State.DONE
        assert [request.method for request in sandbox.requests] == methods
        assert len(sandbox.appointments) == 1
        one.close()


async def test_what_was_there_before_and_what_belongs_to_others_is_never_claimed(database: str) -> None:
    async with Sandbox(speed=SPEED) as sandbox:
        new = row(0)

        def add() -> str:
            return sandbox.add_appointment(
                name="Intake", starts_at=new.starts_at, ends_at=new.ends_at, customer_id="cst_1"
            ).id

        before = add()
        await asyncio.sleep(0.05)  # ten seconds of the portal
        one = await OneRow(database, sandbox).submit()
        sandbox.fail_next(Fault.DROP_BEFORE_COMMIT, method="POST")
        verdict = await one.live()
        assert verdict.state is State.DONE
        assert verdict.identifier != before
        assert len(sandbox.appointments) == 2
        one.close()


async def test_an_old_fence_is_asked_once_at_the_first_byte(database: str) -> None:
    """The machine stands still after the intent: nothing leaves, and it is not a doubt, but another round."""

    class StandsStill(RowFlow):
        was_still = False

        async def run(self, at_work: Any) -> Any:
            intend = self._records.intend

            async def slow(at_work: Any) -> None:
                await intend(at_work)
                if not StandsStill.was_still:
                    StandsStill.was_still = True
                    await asyncio.sleep(0.3)

            self._records.intend = slow  # type: ignore[method-assign]
            return await super().run(at_work)

    async with Sandbox(speed=SPEED) as sandbox:
        one = await OneRow(database, sandbox, change=StandsStill, fence=0.2).submit()
        assert (await one.live()).state is State.DONE
        assert "connections are slow, or this machine stood still" in (one.ledger.ends[0].trouble or "")
        assert one.ledger.ends[0].doubt is Doubt.NONE
        assert [request.method for request in sandbox.requests] == ["POST"]
        one.close()


async def test_a_refused_row_ends_with_the_portals_words(database: str) -> None:
    async with Sandbox(speed=SPEED) as sandbox:
        arguments = {"starts_at": row(0).starts_at, "ends_at": row(0).ends_at, "name": "x"}
        who = {"attendee_name": "Jan", "attendee_email": "jan@localhost"}
        one = await OneRow(database, sandbox).submit(arguments | who, operation="schedule_appointment")
        verdict = await one.live()
        assert verdict.state is State.REJECTED
        assert "422" in (verdict.message or "")
        one.close()


async def test_a_key_that_may_not_read_schedules_and_leaves_doubts_to_a_person(database: str) -> None:
    async with Sandbox(speed=SPEED, keys={"writer": ["appointments.write"]}) as sandbox:
        one = await OneRow(database, sandbox).submit()
        sandbox.fail_next(Fault.DROP_BEFORE_COMMIT, method="POST")
        verdict = await one.live()
        assert verdict.state is State.UNKNOWN
        assert "403" in (verdict.message or "")
        one.close()


async def test_a_portal_that_fails_at_one_row_for_ever_gives_it_up(database: str) -> None:
    async with Sandbox(speed=SPEED, rate_limit=None) as sandbox:
        sandbox.fail_next(Fault.UNAVAILABLE_BEFORE_COMMIT, method="POST", times=50)
        one = await OneRow(database, sandbox, doubts=3).submit()
        verdict = await one.live()
        assert verdict.state is State.REJECTED
        assert "tried 3 times" in (verdict.message or "")
        # On a busy machine a look may need more than one question.
        assert [method for method, _ in groupby(request.method for request in sandbox.requests)] == ["POST", "GET"] * 3
        one.close()


async def test_a_look_that_cannot_be_done_is_no_try(database: str) -> None:
    """A portal that is away for longer than its row has patience for: what was sent once is sent again all the same."""
    async with Sandbox(speed=SPEED, rate_limit=None) as sandbox:
        sandbox.fail_next(Fault.DROP_BEFORE_COMMIT, method="POST")
        sandbox.fail_next(Fault.UNAVAILABLE_BEFORE_COMMIT, method="GET", times=20)
        one = await OneRow(database, sandbox, doubts=2).submit()
        assert (await one.live()).state is State.DONE
        away = [end for end in one.ledger.ends if end.doubt is Doubt.OPEN]
        assert [end.looks for end in away] == list(range(1, len(away) + 1))
        assert len(away) >= 2
        assert {end.doubts for end in away} == {0}
        assert [request.method for request in sandbox.requests].count("POST") == 2
        assert booked(sandbox) == asked([row(0)])
        async with Jobs(database) as jobs:
            assert (await jobs.job("job")).progress.troubles == (), "what troubled it is over"
        one.close()


async def test_a_row_that_can_never_be_looked_for_is_left_to_a_person(database: str) -> None:
    async with Sandbox(speed=SPEED, rate_limit=None) as sandbox:
        sandbox.fail_next(Fault.DROP_BEFORE_COMMIT, method="POST")
        sandbox.fail_next(Fault.UNAVAILABLE_BEFORE_COMMIT, method="GET", times=1000)
        one = await OneRow(database, sandbox, doubts=1).submit()
        verdict = await one.live()
        assert verdict.state is State.UNKNOWN
        assert "looking did not help" in (verdict.message or "")
        assert [end.state for end in one.ledger.ends] == [State.WAITING] * (LOOKS_FOR_EACH - 1) + [State.UNKNOWN]
        one.close()


async def test_an_expired_key_does_not_fail_the_row(database: str) -> None:
    async with Sandbox(speed=SPEED, keys={"old": ["appointments.read", "appointments.write"]}) as sandbox:
        one = await OneRow(database, sandbox, fence=60.0).submit()
        with pytest.raises(AssertionError):
            await one.live(rounds=3, api_key="new")
        assert [end.state for end in one.ledger.ends] == [State.WAITING] * 3
        assert all("401" in (end.trouble or "") for end in one.ledger.ends)
        assert not sandbox.appointments
        one.close()


@pytest.mark.parametrize("were_done", [True, False])
async def test_the_last_row_of_a_job_that_is_refused_after_others_were_done(database: str, were_done: bool) -> None:
    """None is done after it; where none was before either, the key may be to blame."""
    keys = {"writer": ["appointments.read", "appointments.write"], "reader": ["appointments.read"]}
    async with Sandbox(speed=SPEED, keys=keys) as sandbox, Jobs(database) as jobs:
        if were_done:
            await jobs.submit([row(1)], job="before", portal=PORTAL)
            await bring_in(database, sandbox, jobs, "before")
        # An hour of the machine.
        one = await OneRow(database, sandbox, blocked_wait=3600 * SPEED, fence=60.0).submit()
        with contextlib.suppress(AssertionError):
            await one.live(rounds=2, api_key="reader")
        last = State.REJECTED if were_done else State.WAITING
        assert [end.state for end in one.ledger.ends] == [State.WAITING, last]
        assert all("403" in (end.trouble or end.message or "") for end in one.ledger.ends)
        one.close()


class Vault:
    """Where tokens come from; away for a while."""

    def __init__(self, key: str, failures: int = 2) -> None:
        self.key = key
        self.failures = failures
        self.is_away = True

    async def token(self) -> str:
        if self.is_away and self.failures:
            self.failures -= 1
            raise ConnectionError("vault.internal: connection refused")
        return self.key

    async def refresh(self, rejected: str) -> str | None:
        return None


async def test_a_vault_that_is_away_is_trouble_and_no_rejection(database: str) -> None:
    async with Sandbox(speed=SPEED) as sandbox:
        one = await OneRow(database, sandbox).submit()
        verdict = await one.live(auth=Vault(sandbox.api_key))
        assert verdict.state is State.DONE
        assert "vault.internal" in (one.ledger.ends[0].trouble or "")
        assert [request.method for request in sandbox.requests] == ["POST"]
        one.close()


async def test_a_vault_that_is_away_counts_as_no_look(database: str) -> None:
    async with Sandbox(speed=SPEED, rate_limit=None) as sandbox:
        one = await OneRow(database, sandbox).submit()
        sandbox.fail_next(Fault.DROP_BEFORE_COMMIT, method="POST")
        vault = Vault(sandbox.api_key, failures=4)
        vault.is_away = False
        note = one.ledger.note

        async def away_from_the_look_on(*arguments: Any) -> None:
            vault.is_away = True
            await note(*arguments)

        one.ledger.note = away_from_the_look_on  # type: ignore[method-assign]
        assert (await one.live(auth=vault)).state is State.DONE
        away = [end for end in one.ledger.ends if "vault.internal" in (end.trouble or "")]
        assert len(away) >= 2
        assert {(end.doubt, end.looks) for end in away} == {(Doubt.OPEN, 1)}
        assert booked(sandbox) == asked([row(0)])
        one.close()


class TokensThatRunOut:
    """The first is refused; then there is another."""

    def __init__(self, fresh: str) -> None:
        self.now, self.fresh = "stale", fresh

    async def token(self) -> str:
        return self.now

    async def refresh(self, rejected: str) -> str | None:
        self.now = self.fresh
        return self.fresh


async def test_a_fresh_token_is_sent_with_a_fresh_proof(database: str) -> None:
    """Not at once after the 401: it would wait for the rate limit first, and by then the row may be another's."""
    async with Sandbox(speed=SPEED) as sandbox:
        one = await OneRow(database, sandbox).submit()
        assert (await one.live(auth=TokensThatRunOut(sandbox.api_key))).state is State.DONE
        assert [request.status for request in sandbox.requests] == [401, 201]
        assert [end.state for end in one.ledger.ends] == [State.WAITING, State.DONE]
        one.close()


async def test_who_has_lost_the_row_records_nothing_and_sends_nothing(database: str) -> None:
    from mijnklantportaal_async.batch.ledger import LostError

    async with Sandbox(speed=SPEED) as sandbox:
        one = await OneRow(database, sandbox).submit()
        async with one.process() as flow:
            frozen = await one.begin()
            one.ledger.ends.append(None)  # type: ignore[arg-type] - another owner
            taken_over = await one.begin()
            assert frozen is not None
            assert taken_over is not None
            with pytest.raises(LostError):
                await flow.run(frozen)
            assert not sandbox.requests
            assert (await flow.run(taken_over)).state is State.DONE
        one.close()


@pytest.mark.parametrize(("attempt", "seconds"), [(30.0, 30.0), (None, 600.0)])
async def test_who_takes_a_row_over_waits_until_no_request_can_be_under_way(
    database: str, attempt: float | None, seconds: float
) -> None:
    """The attempt and the fence; and who waits for answers without end is not taken for one who does not wait."""
    async with Sandbox(speed=SPEED) as sandbox:
        one = await OneRow(database, sandbox, ["after"]).submit()
        async with one.process(longest_answer=attempt) as flow:
            first = await one.begin()
            assert first is not None
            with pytest.raises(Killed):
                await flow.run(first)
            taken_over = await one.begin()
            assert taken_over is not None
            looking = asyncio.create_task(flow.run(taken_over))
            before, wait = time.time(), 0.0
            while wait <= 0:
                await asyncio.sleep(0.01)
                with one.database.engine.connect() as connection:
                    until = connection.execute(sqlalchemy.text("SELECT not_before FROM mijnklantportaal_rows")).scalar()
                wait = float(until or 0.0) - before
            # The fence of this test is half a second of the machine.
            assert wait * SPEED == pytest.approx(seconds + 0.5 * SPEED, abs=1.0 * SPEED)
            assert wait * SPEED >= seconds + 0.5 * SPEED
            looking.cancel()
            await asyncio.gather(looking, return_exceptions=True)
        one.close()
