"""What a retry may do: the table of docs/retries.md, over the wire."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from given import WANTED, MakePortal
from scripted_server import ScriptedServer, Step, answer, appointment, created, drop, half_body, listed
from tenacity import (
    AsyncRetrying,
    retry_if_not_exception_type,
    stop_after_attempt,
    stop_after_delay,
    wait_fixed,
    wait_none,
)

from mijnklantportaal_async import (
    ConflictError,
    ConnectionLostError,
    DecodeError,
    NotFoundError,
    Outcome,
    OutcomeUnknownError,
    PortalSession,
    RateLimit,
    RateLimitedError,
    RetryPolicy,
    ServerError,
    with_response,
)
from mijnklantportaal_async.calling.retry import RetryQuota

FOUND = answer(200, appointment())
CANCELED = answer(200, appointment(status="canceled"))
BUSY = answer(503, {"message": "busy"})
TOO_MANY = answer(429, {"code": 429, "message": "Too many requests."}, {"retry-after": "0"})
PAGE = answer(502, b"<html><body><h1>Bad Gateway</h1></body></html>", {"Content-Type": "text/html"})

Call = Callable[[PortalSession], Awaitable[Any]]


def get(portal: PortalSession) -> Awaitable[Any]:
    return portal.get_appointment("apt_1")


def list_(portal: PortalSession) -> Awaitable[Any]:
    return portal.list_appointments()


def confirm(portal: PortalSession) -> Awaitable[Any]:
    return portal.change_appointment_status("apt_1", status="scheduled")


def cancel(portal: PortalSession) -> Awaitable[Any]:
    return portal.cancel_appointment("apt_1")


def schedule(portal: PortalSession) -> Awaitable[Any]:
    return portal.schedule_appointment(**WANTED)


@pytest.mark.parametrize("fault", [BUSY, PAGE, answer(500), answer(504), answer(520), drop, TOO_MANY])
@pytest.mark.parametrize("call", [get, confirm, cancel])
async def test_what_may_be_repeated_is_repeated(make_portal: MakePortal, call: Call, fault: Step) -> None:
    async with ScriptedServer(fault, fault, FOUND) as server:
        assert (await call(make_portal(server.url))).id == "apt_1"
        assert len(server.received) == 3


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 422, 426, 418, 501, 302])
@pytest.mark.parametrize("call", [get, confirm, cancel, schedule])
async def test_what_the_portal_refused_is_not_repeated(make_portal: MakePortal, call: Call, status: int) -> None:
    async with ScriptedServer(answer(status, {"message": "no"}), otherwise=listed()) as server:
        with pytest.raises(Exception, match=str(status)):
            await call(make_portal(server.url))
        sent = [received.method for received in server.received]
        # A redirect leaves open what happened, so a creating call looks, and then does not send again.
        assert sent == (["POST", "GET", "GET", "GET"] if call is schedule and status == 302 else sent[:1])


@pytest.mark.parametrize("fault", [BUSY, PAGE, drop, answer(520)])
async def test_a_creating_call_looks_before_it_sends_again(make_portal: MakePortal, fault: Step) -> None:
    async with ScriptedServer(fault, listed(appointment(id="apt_7"))) as server:
        assert (await schedule(make_portal(server.url))).id == "apt_7"
        assert [received.method for received in server.received] == ["POST", "GET"]


@pytest.mark.parametrize("status", [408, 425, 460, 499])
async def test_an_answer_of_somebody_on_the_way_who_waited_no_longer_is_a_lost_answer(
    make_portal: MakePortal, status: int
) -> None:
    """The portal may have booked all the same: reads go again, a booking is looked for first."""
    gone = answer(status, {"message": "stream timeout"})
    async with ScriptedServer(gone, FOUND) as server:
        assert (await get(make_portal(server.url))).id == "apt_1"
    async with ScriptedServer(gone, listed(appointment(id="apt_7"))) as server:
        assert (await schedule(make_portal(server.url))).id == "apt_7"
        assert server.count("POST") == 1
    async with ScriptedServer(gone) as server:
        with pytest.raises(OutcomeUnknownError, match=f"{status} stream timeout"):
            await schedule(make_portal(server.url, reconcile=None))
        assert server.count("POST") == 1


async def test_a_creating_call_refused_by_the_rate_limit_is_sent_again_without_looking(make_portal: MakePortal) -> None:
    async with ScriptedServer(TOO_MANY, TOO_MANY, TOO_MANY, TOO_MANY, TOO_MANY, created()) as server:
        response = await with_response(make_portal(server.url).schedule_appointment, **WANTED)
        assert response.attempts == 6
        assert server.count("GET") == 0


async def test_a_429_pauses_the_whole_key(make_portal: MakePortal) -> None:
    async with ScriptedServer(answer(429, b"", {"retry-after": "1"}), otherwise=FOUND) as server:
        portal = make_portal(server.url, rate_limit=RateLimit())
        first = asyncio.create_task(get(portal))  # type: ignore[arg-type]
        while not portal.rate_limit.resets_in:
            await asyncio.sleep(0.001)
        assert portal.rate_limit.remaining == 0
        assert 0.5 < portal.rate_limit.resets_in <= 1.5
        first.cancel()


async def test_one_attempt_means_no_retry_of_any_kind(make_portal: MakePortal) -> None:
    async with ScriptedServer(otherwise=TOO_MANY) as server:
        with pytest.raises(RateLimitedError):
            await get(make_portal(server.url, retry=RetryPolicy(attempts=1)))
        assert len(server.received) == 1


async def test_four_attempts_by_default(make_portal: MakePortal) -> None:
    async with ScriptedServer(otherwise=BUSY) as server:
        with pytest.raises(ServerError, match="get_appointment: 503 busy after 4 attempts") as caught:
            await get(make_portal(server.url))
        assert len(server.received) == 4
        assert caught.value.attempts == 4


async def test_a_creating_call_whose_attempts_are_used_up_has_looked_last(make_portal: MakePortal) -> None:
    script: list[Step] = [drop, listed(), listed(), listed()] * 2
    async with ScriptedServer(*script) as server:
        portal = make_portal(server.url, retry=RetryPolicy(attempts=2, wait=wait_none()))
        with pytest.raises(OutcomeUnknownError, match="not there when the settle time was over") as caught:
            await schedule(portal)
        assert server.count("POST") == 2
        assert server.received[-1].method == "GET"
        assert isinstance(caught.value.__cause__, ConnectionLostError)
        assert "Do not simply call again" in str(caught.value)


async def test_an_unreadable_answer_is_not_asked_for_again(make_portal: MakePortal) -> None:
    async with ScriptedServer(answer(200, b"<html>")) as server:
        with pytest.raises(DecodeError, match="not JSON") as caught:
            await get(make_portal(server.url))
        assert caught.value.body == b"<html>"
        assert len(server.received) == 1


async def test_half_an_answer_to_a_reading_call_is_asked_for_again(make_portal: MakePortal) -> None:
    async with ScriptedServer(half_body, FOUND) as server:
        await get(make_portal(server.url))
        assert len(server.received) == 2


@pytest.mark.parametrize("fault", [half_body, answer(201, b"not json"), created(startsAt="soon")])
async def test_a_created_record_with_an_unreadable_answer_is_looked_for_and_never_sent_again(
    make_portal: MakePortal, fault: Step
) -> None:
    async with ScriptedServer(fault, listed(), listed(appointment(id="apt_8"))) as server:
        assert (await schedule(make_portal(server.url))).id == "apt_8"
        assert server.count("POST") == 1


@pytest.mark.parametrize("fault", [half_body, answer(201, b'{"id": "apt_1", "custom')])
async def test_an_answer_that_breaks_off_after_the_id_proves_that_it_was_done(
    make_portal: MakePortal, fault: Step
) -> None:
    async with ScriptedServer(fault, otherwise=listed()) as server:
        with pytest.raises(DecodeError, match="Do not call again") as caught:
            await schedule(make_portal(server.url))
        assert caught.value.outcome is Outcome.APPLIED
        assert caught.value.identifier == "apt_1"
        assert server.count("POST") == 1
        assert "not found in the portal either" in caught.value.__notes__[0]


@pytest.mark.parametrize("fault", [answer(201, b"not json"), answer(201, b""), answer(202, b'{"message": "Accepted"}')])
async def test_told_that_it_was_done_without_an_id_nobody_sends_again(make_portal: MakePortal, fault: Step) -> None:
    async with ScriptedServer(fault, otherwise=listed()) as server:
        with pytest.raises(DecodeError, match="Look whether it happened") as caught:
            await schedule(make_portal(server.url))
        assert caught.value.outcome is Outcome.UNKNOWN
        assert server.count("POST") == 1
        assert "not found in the portal either" in caught.value.__notes__[0]


async def test_a_readable_id_of_an_unreadable_answer_is_told(make_portal: MakePortal) -> None:
    async with ScriptedServer(created(status=7, createdAt=None), otherwise=listed()) as server:
        with pytest.raises(DecodeError, match=r"\$\.status: must be a text, not the number 7") as caught:
            await schedule(make_portal(server.url, reconcile=None))
        assert caught.value.identifier == "apt_1"
        assert "The record's id is apt_1" in str(caught.value)


async def test_canceled_before_on_a_second_try_is_success(make_portal: MakePortal) -> None:
    async with ScriptedServer(drop, answer(409, {"message": "already canceled"}), CANCELED) as server:
        assert (await cancel(make_portal(server.url))).status == "canceled"
        assert [received.method for received in server.received] == ["DELETE", "DELETE", "GET"]


async def test_what_never_was_is_not_found_on_a_second_try_either(make_portal: MakePortal) -> None:
    async with ScriptedServer(drop, otherwise=answer(404, {"message": "Not found."})) as server:
        with pytest.raises(NotFoundError, match="404 Not found") as caught:
            await cancel(make_portal(server.url))
        assert caught.value.outcome is Outcome.REJECTED


async def test_refused_for_another_reason_on_a_second_try_it_still_stands(make_portal: MakePortal) -> None:
    refused = answer(409, {"message": "It begins within 24 hours."})
    async with ScriptedServer(drop, refused, FOUND) as server:
        with pytest.raises(ConflictError, match="within 24 hours") as caught:
            await cancel(make_portal(server.url))
        assert caught.value.outcome is Outcome.REJECTED


async def test_canceled_before_on_the_first_try_is_a_conflict(make_portal: MakePortal) -> None:
    conflict = answer(409, {"message": "already canceled"})
    async with ScriptedServer(TOO_MANY, conflict) as server:
        with pytest.raises(Exception, match="409 already canceled"):
            await cancel(make_portal(server.url))
        assert server.count("GET") == 0


@pytest.mark.parametrize("status", [409, 422])
async def test_a_status_changed_before_on_a_second_try_is_looked_up(make_portal: MakePortal, status: int) -> None:
    async with ScriptedServer(drop, answer(status, {"message": "not pending"}), FOUND) as server:
        assert (await confirm(make_portal(server.url))).status == "scheduled"
    async with ScriptedServer(drop, answer(status, {"message": "not pending"}), CANCELED) as server:
        with pytest.raises(Exception, match="not pending"):
            await confirm(make_portal(server.url))


async def test_a_refusal_after_an_unknown_attempt_is_looked_into(make_portal: MakePortal) -> None:
    """The first attempt may have come through late, and be the reason of the refusal."""
    taken = answer(422, {"message": "The time is taken."})
    async with ScriptedServer(drop, listed(), listed(), listed(), taken, listed(appointment(id="apt_3"))) as server:
        assert (await schedule(make_portal(server.url))).id == "apt_3"
    async with ScriptedServer(drop, listed(), listed(), listed(), taken, listed()) as server:
        with pytest.raises(Exception, match="The time is taken"):
            await schedule(make_portal(server.url))
        assert server.count("POST") == 2


async def test_concurrent_calls_do_not_mix_up_their_failures(make_portal: MakePortal) -> None:
    """One shared AsyncRetrying would hand other tasks' exceptions around."""

    async def by_path(exchange: Any) -> None:
        name = exchange.received.path.rpartition("/")[2]
        seen[name] = seen.get(name, 0) + 1
        if seen[name] < 3:
            await exchange.answer(503, {"message": f"busy {name}"})
        elif name.endswith("odd"):
            await exchange.answer(404, {"message": f"no {name}"})
        else:
            await exchange.answer(200, appointment(id=name))

    seen: dict[str, int] = {}
    names = [f"apt_{number}{'odd' if number % 2 else ''}" for number in range(40)]
    async with ScriptedServer(otherwise=by_path) as server:
        portal = make_portal(server.url)
        results = await asyncio.gather(*(portal.get_appointment(name) for name in names), return_exceptions=True)
    for name, result in zip(names, results, strict=True):
        assert f"no {name}" in str(result) if name.endswith("odd") else result.id == name  # type: ignore[union-attr]


async def test_the_trap_of_a_swallowed_cancellation_is_there() -> None:
    cancelled = False

    async def work() -> None:
        nonlocal cancelled
        try:
            await asyncio.sleep(0 if cancelled else 60)
        except asyncio.CancelledError:
            cancelled = True
            raise

    retrying = AsyncRetrying(
        retry=retry_if_not_exception_type(ValueError), wait=wait_none(), stop=stop_after_attempt(3)
    )
    task: asyncio.Task[None] = asyncio.ensure_future(retrying(work))  # type: ignore[arg-type]
    await asyncio.sleep(0.01)
    task.cancel()
    await task
    assert cancelled
    assert not task.cancelled()


async def test_tenacitys_own_strategies_are_taken_as_values(make_portal: MakePortal) -> None:
    async with ScriptedServer(otherwise=BUSY) as server:
        portal = make_portal(server.url, retry=RetryPolicy(stop=stop_after_attempt(2), wait=wait_none()))
        with pytest.raises(ServerError):
            await get(portal)
        assert len(server.received) == 2
        with pytest.raises(ServerError):
            await get(portal.with_options(retry=RetryPolicy(stop=stop_after_delay(0), wait=wait_fixed(60))))
        assert len(server.received) == 3


async def test_the_quota_stops_retrying_when_the_service_is_down(make_portal: MakePortal) -> None:
    async with ScriptedServer(otherwise=BUSY) as server:
        portal = make_portal(server.url, retry=RetryPolicy(quota=4, wait=wait_none()))
        for _ in range(3):
            with pytest.raises(ServerError) as caught:
                await get(portal)
        # 4 + 2 requests while the quota of 4 lasts, then one each.
        assert len(server.received) == 4 + 2 + 1
        assert "Not tried again" in caught.value.__notes__[0]


def test_successes_fill_the_quota_again() -> None:
    quota = RetryQuota(2)
    assert quota.take()
    assert quota.take()
    assert not quota.take()
    quota.give_back(1)
    assert quota.take()
    for _ in range(5):
        quota.give_back(0)
    assert quota.take()
    for _ in range(100):
        quota.give_back(0)
    assert [quota.take() for _ in range(3)] == [True, True, False]
    assert all(RetryQuota(None).take() for _ in range(1000))


def test_a_policy_that_sends_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="attempts=.* must be 1 or more, not 0"):
        RetryPolicy(attempts=0)
