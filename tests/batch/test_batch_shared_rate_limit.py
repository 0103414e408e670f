"""One limit for all who use a key: slots in a log, persons before batches, one pause for everybody."""

import asyncio

import pytest
import sqlalchemy
from batch_given import SPEED
from given import WANTED
from hypothesis import given, settings
from hypothesis import strategies as st

from mijnklantportaal_async import Clock, PortalSession, RateLimit, RateLimitWaitError, Timeouts
from mijnklantportaal_async.batch import SharedRateLimiter
from mijnklantportaal_async.batch.slot_log import SlotLog, SlotTables, Standing
from mijnklantportaal_async.calling.rate_limit import Priority
from mijnklantportaal_async.sandbox import Fault, Sandbox


class SetClock(SlotLog):
    """A log whose time is set by the test."""

    time = 1_000_000.0

    def _now(self, connection: sqlalchemy.Connection) -> float:
        return self.time


def a_log(requests: int = 3, per: float = 10.0) -> tuple[SetClock, sqlalchemy.Connection]:
    # In memory, and outside of any file's locks: the test moves the time, nobody else is there.
    engine = sqlalchemy.create_engine("sqlite://", isolation_level="AUTOCOMMIT")
    connection = engine.connect()
    tables = SlotTables(None)
    tables.metadata.create_all(connection)
    return SetClock(tables, name="key", requests=requests, per=per), connection


@given(
    pauses=st.lists(st.floats(0, 8), min_size=1, max_size=60),
    requests=st.integers(1, 5),
    urgent=st.lists(st.booleans(), min_size=60, max_size=60),
)
@settings(max_examples=60)
def test_never_more_than_the_limit_in_any_window(pauses: list[float], requests: int, urgent: list[bool]) -> None:
    log, connection = a_log(requests)
    with connection:
        reserved: dict[int, float] = {}
        slots = SlotTables(None).slots
        for pause, is_urgent in zip(pauses, urgent, strict=False):
            log.time += pause
            slot = _in_transaction(connection, lambda: log.take(connection, is_urgent=is_urgent))  # noqa: B023
            reserved[slot.id] = log.time + slot.wait
            standing = set(connection.execute(sqlalchemy.select(slots.c.id)).scalars())
            # Those that an urgent call took over never go.
            reserved = {
                identifier: moment
                for identifier, moment in reserved.items()
                if identifier in standing or moment <= log.time
            }
        sent = sorted(reserved.values())
        for first, beyond in zip(sent, sent[requests:], strict=False):
            assert beyond - first > 10.0
    connection.engine.dispose()


def _in_transaction(connection: sqlalchemy.Connection, function):  # type: ignore[no-untyped-def]
    result = function()
    connection.exec_driver_sql("COMMIT")
    return result


def test_a_person_takes_the_next_slot_of_a_batch_which_then_takes_another() -> None:
    log, connection = a_log(requests=1, per=10.0)
    with connection:
        take = lambda is_urgent: _in_transaction(connection, lambda: log.take(connection, is_urgent=is_urgent))  # noqa: E731
        assert take(False).wait == 0
        batch, second = take(False), take(False)
        person = take(True)
        assert person.wait == batch.wait < second.wait
        log.time += batch.wait
        assert _in_transaction(connection, lambda: log.confirm(connection, batch)) is Standing.YIELDED
        assert _in_transaction(connection, lambda: log.confirm(connection, person)) is Standing.HELD
        # A second person does not take from the first.
        assert take(True).wait > 0
    connection.engine.dispose()


def test_a_holder_that_stood_still_has_lost_its_slot() -> None:
    log, connection = a_log(requests=1, per=10.0)
    with connection:
        _in_transaction(connection, lambda: log.take(connection, is_urgent=False))
        slot = _in_transaction(connection, lambda: log.take(connection, is_urgent=False))
        log.time += slot.wait + 5
        assert _in_transaction(connection, lambda: log.confirm(connection, slot)) is Standing.LATE
    connection.engine.dispose()


@pytest.mark.parametrize("back", [0.5, 60.0, 3600.0, 100_000.0])
def test_a_clock_that_was_set_back_costs_no_more_than_a_window(back: float) -> None:
    log, connection = a_log(requests=2, per=10.0)
    with connection:
        take = lambda: _in_transaction(connection, lambda: log.take(connection, is_urgent=False))  # noqa: E731
        take()
        take()
        log.time -= back
        slot = take()
        # Not at once either: what was sent a moment ago counts in the window.
        assert 10.0 < slot.wait <= 10.5
        log.time += slot.wait
        assert _in_transaction(connection, lambda: log.confirm(connection, slot)) is Standing.HELD
        _in_transaction(connection, lambda: log.pause(connection, 30.0))
        log.time -= back
        assert take().wait <= 30.0
    connection.engine.dispose()


async def test_two_that_know_nothing_of_each_other_share_the_limit(any_database: str) -> None:
    limit = RateLimit(requests=10, per=3600.0)
    limiters = [SharedRateLimiter(any_database, api_key="key", rate_limit=limit) for _ in range(2)]
    for number in range(10):
        limiter = limiters[number % 2]
        limiter.finish(await limiter.take(Priority.BACKGROUND, 60.0))
    for limiter in limiters:
        with pytest.raises(RateLimitWaitError) as caught:
            await limiter.take(Priority.BACKGROUND, 60.0)
        assert caught.value.retry_after is not None
        assert 3000 < caught.value.retry_after <= 3600 * 1.02
        snapshot = await limiter.remaining()
        assert (snapshot.limit, snapshot.remaining) == (10, 0)
        await limiter.aclose()


async def test_whoever_waits_for_a_slot_gets_one_in_time(any_database: str) -> None:
    clock = Clock(SPEED)
    limit = RateLimit(requests=5, per=20.0)
    limiters = [SharedRateLimiter(any_database, api_key="key", rate_limit=limit, clock=clock) for _ in range(2)]

    async def call(limiter: SharedRateLimiter) -> None:
        limiter.finish(await limiter.take(Priority.BACKGROUND, None))

    # Three windows of them.
    await asyncio.gather(*[call(limiters[number % 2]) for number in range(14)])
    for limiter in limiters:
        assert limiter.snapshot().in_flight == 0
        await limiter.aclose()


async def test_a_pause_is_everybodys(any_database: str) -> None:
    one, other = (SharedRateLimiter(any_database, api_key="key") for _ in range(2))
    one.finish(await one.take(Priority.BACKGROUND, None))
    one.pause(600.0)
    with pytest.raises(RateLimitWaitError):
        await one.take(Priority.BACKGROUND, 60.0)
    # Not before it is written.
    await one.aclose()
    with pytest.raises(RateLimitWaitError) as caught:
        await other.take(Priority.INTERACTIVE, 60.0)
    assert caught.value.retry_after is not None
    assert caught.value.retry_after > 500
    await other.aclose()


async def test_sessions_that_opt_in_call_with_the_shared_limit(any_database: str) -> None:
    async with Sandbox(rate_limit=5) as sandbox:
        limiters = [
            SharedRateLimiter(any_database, api_key=sandbox.api_key, rate_limit=RateLimit(requests=5)) for _ in range(2)
        ]
        sessions = [
            PortalSession(
                api_key=sandbox.api_key, base_url=sandbox.url, rate_limit=limiter, timeouts=Timeouts(queue=1.0)
            )
            for limiter in limiters
        ]
        for limiter in limiters:
            # Making tables takes a busy machine longer than a call here waits.
            await limiter.remaining()
        results = await asyncio.gather(
            *[session.list_appointments() for session in sessions * 4], return_exceptions=True
        )
        # By themselves they would have sent all eight, and the portal would have refused three.
        assert [request.status for request in sandbox.requests] == [200] * 5
        assert sum(isinstance(result, RateLimitWaitError) for result in results) == 3
        for session, limiter in zip(sessions, limiters, strict=True):
            await session.aclose()
            await limiter.aclose()


async def test_after_a_429_a_session_waits_and_goes_on(database: str) -> None:
    clock = Clock(SPEED)
    async with Sandbox(speed=SPEED) as sandbox:
        limiter = SharedRateLimiter(database, api_key=sandbox.api_key, clock=clock)
        async with PortalSession(
            api_key=sandbox.api_key,
            base_url=sandbox.url,
            rate_limit=limiter,
            clock=clock,
            timeouts=Timeouts(queue=None, attempt=2000, call=None),
        ) as session:
            sandbox.fail_next(Fault.TOO_MANY_REQUESTS)
            await session.schedule_appointment(**WANTED)
            assert len(sandbox.appointments) == 1
        await limiter.aclose()


async def test_what_the_service_says_of_the_limit_is_everybodys(database: str) -> None:
    # No time has to pass; and at a faster pace what was said would be over while a busy machine stands still.
    clock = Clock()
    async with Sandbox(rate_limit=7) as sandbox:
        limiter = SharedRateLimiter(database, api_key=sandbox.api_key, clock=clock)
        async with PortalSession(
            api_key=sandbox.api_key, base_url=sandbox.url, rate_limit=limiter, clock=clock
        ) as session:
            await session.list_appointments()
            assert session.rate_limit.limit == 7
        # It is written beside the call; closing waits for that.
        await limiter.aclose()
        other = SharedRateLimiter(database, api_key=sandbox.api_key, clock=clock)
        assert (await other.remaining()).limit == 7
        await other.aclose()


def test_a_limit_needs_a_name_and_a_number(database: str) -> None:
    with pytest.raises(TypeError, match="give either api_key= or name="):
        SharedRateLimiter(database)
    with pytest.raises(TypeError, match="not both"):
        SharedRateLimiter(database, api_key="key", name="name")
    with pytest.raises(ValueError, match="needs a number"):
        SharedRateLimiter(database, api_key="key", rate_limit=RateLimit(requests=None))


async def test_a_person_is_told_when_the_database_is_away() -> None:
    limiter = SharedRateLimiter("postgresql://127.0.0.1:9/nowhere", api_key="key")
    with pytest.raises(RateLimitWaitError, match="cannot be asked"):
        await limiter.take(Priority.INTERACTIVE, 0.1)
    await limiter.aclose()
