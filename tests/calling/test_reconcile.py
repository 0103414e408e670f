"""Looking whether it happened: which record is taken for ours, and which never."""

import asyncio
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from given import WANTED, MakePortal, moment
from scripted_server import Exchange, ScriptedServer, answer, appointment, created, drop, listed
from tenacity import wait_none

from mijnklantportaal_async import (
    OutcomeUnknownError,
    RateLimit,
    RateLimiter,
    ReconcilePolicy,
    RetryPolicy,
    ServerError,
    with_response,
)
from mijnklantportaal_async.calling.claims import Claims
from mijnklantportaal_async.events import Event, OutcomeReconciled

HOUR = timedelta(hours=1)


def entered(ago: float) -> str:
    return (datetime.now(UTC) - timedelta(seconds=ago)).replace(microsecond=0).isoformat()


async def looked(make_portal: MakePortal, *items: dict[str, Any], **wanted: Any) -> str:
    """The id of what a call whose answer was lost takes for its own; `new` when it sends again."""
    async with ScriptedServer(drop, listed(*items), listed(*items), listed(*items), created(id="new")) as server:
        return (await make_portal(server.url).schedule_appointment(**WANTED | wanted)).id


ATTENDEE = {"customer_id": None, "attendee_name": "Zoë van den Berg", "attendee_email": "Zoe@Example.nl"}


async def test_ours_is_found(make_portal: MakePortal) -> None:
    assert await looked(make_portal, appointment(id="ours")) == "ours"


@pytest.mark.parametrize(
    "other",
    [
        {"customerId": "cst_2"},
        {"customerId": None},
        {"startsAt": "2027-03-05T14:45:00+01:00"},
        {"endsAt": "2027-03-05T15:45:00+01:00"},
        {"createdAt": entered(3600)},
    ],
)
async def test_what_differs_is_not_ours(make_portal: MakePortal, other: dict[str, Any]) -> None:
    assert await looked(make_portal, appointment(id="other", **other)) == "new"


@pytest.mark.parametrize(
    "same",
    [
        {"startsAt": "2027-03-05T13:30:00Z", "endsAt": "2027-03-05T14:30:00.000Z"},
        # The documentation shows summer offsets in winter: then the digits are what was sent.
        {"startsAt": "2027-03-05T14:30:00+02:00", "endsAt": "2027-03-05T15:30:00+02:00"},
        {"attendeeName": "Somebody else"},
        {"status": "pending"},
        {"status": "something new"},
    ],
)
@pytest.mark.filterwarnings("ignore::mijnklantportaal_async.PortalTimeWarning")
async def test_what_only_looks_different_is_ours(make_portal: MakePortal, same: dict[str, Any]) -> None:
    assert await looked(make_portal, appointment(id="ours", **same)) == "ours"


async def test_an_attendee_is_found_by_name_and_address_as_the_service_may_write_them(make_portal: MakePortal) -> None:
    item = appointment(id="ours", customerId=None, attendeeName=" zoë  van den berg", attendeeEmail="zoe@example.nl")
    assert await looked(make_portal, item, **ATTENDEE) == "ours"
    assert await looked(make_portal, item | {"attendeeEmail": "z@example.nl"}, **ATTENDEE) == "new"
    assert await looked(make_portal, item | {"attendeeName": None}, **ATTENDEE) == "new"


async def test_one_that_stands_is_taken_before_one_that_was_canceled(make_portal: MakePortal) -> None:
    canceled, standing = appointment(id="canceled", status="canceled"), appointment(id="standing")
    assert await looked(make_portal, canceled, standing) == "standing"
    # Ours, and somebody has canceled it already: it is not put in again.
    assert await looked(make_portal, canceled) == "canceled"


async def test_the_day_before_is_looked_through_as_well(make_portal: MakePortal) -> None:
    """The bounds of the list are not documented to the minute."""
    async with ScriptedServer(drop, listed(appointment())) as server:
        await make_portal(server.url).schedule_appointment(**WANTED)
        assert server.received[1].path == "/v1/appointments?start_at=2027-03-04%2000%3A00&days=2"


async def test_age_is_judged_by_the_services_clock(make_portal: MakePortal) -> None:
    """The service's clock is an hour slow: neither its old record nor its new one is misjudged."""
    slow = datetime.now(UTC) - HOUR
    date = {"Date": format_datetime(slow, usegmt=True)}
    new, old = (
        appointment(id=name, createdAt=(slow - ago).isoformat()) for name, ago in [("new", HOUR * 0), ("old", HOUR)]
    )
    async with ScriptedServer(drop, listed(old, new, headers=date)) as server:
        assert (await make_portal(server.url).schedule_appointment(**WANTED)).id == "new"
    only_old = listed(old, headers=date)
    async with ScriptedServer(drop, only_old, only_old, only_old, created(id="sent again")) as server:
        assert (await make_portal(server.url).schedule_appointment(**WANTED)).id == "sent again"


async def test_without_a_date_header_a_look_alike_may_be_anybodys(make_portal: MakePortal) -> None:
    async with ScriptedServer(drop, listed(appointment(id="whose"), headers={"Date": ""})) as server:
        with pytest.raises(OutcomeUnknownError, match=r"whose.*no Date header") as caught:
            await make_portal(server.url).schedule_appointment(**WANTED)
        assert server.count("POST") == 1
        assert caught.value.look_error is None


async def test_without_a_date_header_an_empty_calendar_is_clear_enough(make_portal: MakePortal) -> None:
    empty = listed(headers={"Date": ""})
    async with ScriptedServer(drop, empty, empty, empty, created()) as server:
        assert (await make_portal(server.url).schedule_appointment(**WANTED)).id == "apt_1"


async def test_a_record_of_another_call_is_never_taken(make_portal: MakePortal) -> None:
    """The same appointment twice, on purpose; the second one's answer is lost before anything was made."""
    first = appointment(id="apt_1")
    again = listed(first)
    async with ScriptedServer(created(id="apt_1"), drop, again, again, again, created(id="apt_2")) as server:
        portal = make_portal(server.url)
        assert (await portal.schedule_appointment(**WANTED)).id == "apt_1"
        assert (await portal.schedule_appointment(**WANTED)).id == "apt_2"


async def test_sessions_that_share_a_limiter_share_what_they_claimed(make_portal: MakePortal) -> None:
    again = listed(appointment(id="apt_1"))
    async with ScriptedServer(created(id="apt_1"), drop, again, again, again, created(id="apt_2")) as server:
        limiter = RateLimiter(RateLimit())
        one, other = make_portal(server.url, rate_limit=limiter), make_portal(server.url, rate_limit=limiter)
        assert (await one.schedule_appointment(**WANTED)).id == "apt_1"
        assert (await other.schedule_appointment(**WANTED)).id == "apt_2"


async def test_equal_requests_go_one_after_the_other_and_others_do_not_wait(make_portal: MakePortal) -> None:
    under_way: list[str] = []
    most: dict[str, int] = {}

    async def serve(exchange: Exchange) -> None:
        start = exchange.received.json["startsAt"]
        under_way.append(start)
        most[start] = max(most.get(start, 0), under_way.count(start))
        most["all"] = max(most.get("all", 0), len(under_way))
        await asyncio.sleep(0.02)
        under_way.remove(start)
        day, _, time = start.partition(" ")
        await exchange.answer(
            201, appointment(startsAt=f"{day}T{time}:00+01:00", endsAt=f"{day}T20:00:00+01:00", id=f"apt_{len(most)}")
        )

    async with ScriptedServer(otherwise=serve) as server:
        portal = make_portal(server.url)
        await asyncio.gather(
            *(
                portal.schedule_appointment(
                    **WANTED | {"starts_at": moment(2027, 3, 5, hour, 0), "ends_at": moment(2027, 3, 5, 20, 0)}
                )
                for hour in (9, 10, 11)
                for _ in range(3)
            )
        )
        assert most.pop("all") == 3
        assert set(most.values()) == {1}


async def test_looks_that_fail_are_repeated(make_portal: MakePortal) -> None:
    failing = [answer(503), drop, answer(200, b"not json")]
    async with ScriptedServer(drop, *failing, listed(appointment(id="ours"))) as server:
        assert (
            await make_portal(server.url, retry=RetryPolicy(wait=wait_none())).schedule_appointment(**WANTED)
        ).id == "ours"


async def test_looks_that_fail_too_often_leave_it_unknown(make_portal: MakePortal) -> None:
    async with ScriptedServer(drop, otherwise=answer(503, {"message": "busy"})) as server:
        with pytest.raises(OutcomeUnknownError, match="did not help: list_appointments: 503 busy") as caught:
            await make_portal(server.url, retry=RetryPolicy(attempts=3, wait=wait_none())).schedule_appointment(
                **WANTED
            )
        assert isinstance(caught.value.look_error, ServerError)
        assert server.count("POST") == 1
        assert server.count("GET") == 3


async def test_reconciling_switched_off_raises_instead_of_looking(make_portal: MakePortal) -> None:
    async with ScriptedServer(drop) as server:
        with pytest.raises(OutcomeUnknownError, match="list_appointments, for the same start") as caught:
            await make_portal(server.url, reconcile=None).schedule_appointment(**WANTED)
        assert len(server.received) == 1
        assert caught.value.attempts == 1


async def test_hooks_hear_of_it(make_portal: MakePortal) -> None:
    events: list[Event] = []
    async with ScriptedServer(drop, listed(), listed(appointment(id="ours"))) as server:
        response = await with_response(make_portal(server.url, hooks=[events.append]).schedule_appointment, **WANTED)
    (found,) = [event for event in events if isinstance(event, OutcomeReconciled)]
    assert (found.found, found.identifier, found.looks) == (True, "ours", 2)
    assert response.attempts == 1
    assert response.status == 200


@pytest.mark.parametrize(
    "settings", [{"settle": -1}, {"tolerance": -1}, {"looks": ()}, {"looks": (0.5,)}, {"looks": (1, 0.5)}]
)
def test_policies_that_cannot_settle_anything_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="ReconcilePolicy"):
        ReconcilePolicy(**settings)


def test_claims_are_forgotten_once_no_call_can_meet_them() -> None:
    claims = Claims()
    for second in range(1000):
        assert claims.enter_now(second, second)
        claims.leave(second, f"apt_{second}", second, keep=8)
    assert len(claims.claimed()) <= 11
    # A long call under way keeps those made since it began.
    assert claims.enter_now("long", 1000)
    for second in range(1000, 1100):
        claims.enter_now(second, second)
        claims.leave(second, f"apt_{second}", second, keep=8)
    assert len(claims.claimed()) >= 100
    claims.leave("long", None, 1102, keep=8)
    assert len(claims.claimed()) <= 9


async def test_a_turn_given_to_a_call_that_is_cancelled_is_passed_on() -> None:
    claims = Claims()
    claims.enter_now("same", 0)
    first, second = (asyncio.create_task(claims.wait_for_turn("same")) for _ in range(2))
    await asyncio.sleep(0)
    claims.leave("same", None, 0, keep=0)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    await second
    claims.begin("same", 1)
    claims.leave("same", None, 1, keep=0)
    assert claims.enter_now("same", 2)
