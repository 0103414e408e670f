"""Looking whether it happened: which record is taken for ours, and which never."""

import asyncio
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from given import WANTED, MakePortal, moment
from moved_time import wall_now
from scripted_server import Exchange, ScriptedServer, Step, answer, appointment, created, drop, hold, listed
from tenacity import wait_none

from mijnklantportaal_async import (
    OutcomeUnknownError,
    RateLimit,
    RateLimiter,
    ReconcilePolicy,
    RetryPolicy,
    ServerError,
    Timeouts,
    with_response,
)
from mijnklantportaal_async.calling.claims import Claims, Place
from mijnklantportaal_async.events import Event, OutcomeReconciled

HOUR = timedelta(hours=1)


def entered(ago: float) -> str:
    return (datetime.now(UTC) - timedelta(seconds=ago)).replace(microsecond=0).isoformat()


async def looked(make_portal: MakePortal, *items: dict[str, Any], **wanted: Any) -> str:
    """The id of what a call whose answer was lost takes for its own; `new` when it sends again."""
    new = created(id="new", attendeeEmail=wanted.get("attendee_email"))
    async with ScriptedServer(drop, listed(*items), listed(*items), listed(*items), new) as server:
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
    "same", [{"attendeeName": "Somebody else"}, {"status": "pending"}, {"status": "something new"}]
)
async def test_what_only_looks_different_is_ours(make_portal: MakePortal, same: dict[str, Any]) -> None:
    assert await looked(make_portal, appointment(id="ours", **same)) == "ours"


async def test_an_attendee_is_found_by_name_and_address(make_portal: MakePortal) -> None:
    item = appointment(id="ours", customerId=None, attendeeName="Zoë van den Berg", attendeeEmail="Zoe@Example.nl")
    assert await looked(make_portal, item, **ATTENDEE) == "ours"
    assert await looked(make_portal, item | {"attendeeEmail": "z@example.nl"}, **ATTENDEE) == "new"


async def test_one_that_stands_is_taken_before_one_that_was_canceled(make_portal: MakePortal) -> None:
    canceled, standing = appointment(id="canceled", status="canceled"), appointment(id="standing")
    assert await looked(make_portal, canceled, standing) == "standing"
    # Ours, and somebody has canceled it already: it is not put in again.
    assert await looked(make_portal, canceled) == "canceled"


@pytest.mark.parametrize(("ends_at", "days"), [(moment(2027, 3, 5, 15, 30), 3), (moment(2027, 3, 6, 1, 0), 4)])
async def test_the_days_around_it_are_looked_through_as_well(
    make_portal: MakePortal, ends_at: datetime, days: int
) -> None:
    """The bounds of the list are not documented to the minute, and a day may have 23 or 25 hours."""
    ours = appointment(endsAt=ends_at.isoformat())
    async with ScriptedServer(drop, listed(ours)) as server:
        await make_portal(server.url).schedule_appointment(**WANTED | {"ends_at": ends_at})
        look = server.received[1]
        assert look.path == f"/v1/appointments?start_at=2027-03-04%2000%3A00&days={days}"


async def test_age_is_judged_by_the_services_clock(make_portal: MakePortal) -> None:
    """The service's clock is an hour slow: neither its old record nor its new one is misjudged."""
    began = wall_now() - HOUR

    def at(ago: timedelta) -> str:
        return (began - ago).replace(microsecond=0).isoformat()

    def slow(*items: dict[str, Any]) -> Step:
        async def step(exchange: Exchange) -> None:
            date = {"Date": format_datetime(wall_now() - HOUR, usegmt=True)}
            await listed(*items, headers=date)(exchange)

        return step

    new, old = appointment(id="new", createdAt=at(HOUR * 0)), appointment(id="old", createdAt=at(HOUR))
    async with ScriptedServer(drop, slow(old, new)) as server:
        assert (await make_portal(server.url).schedule_appointment(**WANTED)).id == "new"
    async with ScriptedServer(drop, slow(old), slow(old), slow(old), created(id="sent again")) as server:
        assert (await make_portal(server.url).schedule_appointment(**WANTED)).id == "sent again"


async def test_without_a_date_header_a_look_alike_may_be_anybodys(make_portal: MakePortal) -> None:
    whose = listed(appointment(id="whose"), headers={"Date": ""})
    async with ScriptedServer(drop, otherwise=whose) as server:
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


async def test_looks_go_on_as_long_as_the_call_does(make_portal: MakePortal) -> None:
    """A portal that restarts for a while leaves no booking to a person; attempts to send are not what bounds them."""
    async with ScriptedServer(drop, *[answer(503)] * 9, listed(appointment(id="ours"))) as server:
        portal = make_portal(server.url, retry=RetryPolicy(attempts=2, wait=wait_none()))
        assert (await portal.schedule_appointment(**WANTED)).id == "ours"
    async with ScriptedServer(drop, otherwise=answer(503, {"message": "busy"})) as server:
        began = asyncio.get_running_loop().time()
        with pytest.raises(OutcomeUnknownError, match="last of which failed: list_appointments: 503 busy") as caught:
            await make_portal(server.url, timeouts=Timeouts(call=40)).schedule_appointment(**WANTED)
        assert isinstance(caught.value.look_error, ServerError)
        assert server.count("POST") == 1
        assert 20 < asyncio.get_running_loop().time() - began < 41


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
        turn, before = claims.enter([Place(second)], second)
        assert not before
        claims.leave(turn, f"apt_{second}", second, keep=8)
    assert len(claims.claimed()) <= 11
    assert 980 < claims.forgotten < 999
    # A long call under way keeps those made since it began.
    long, _ = claims.enter([Place("long")], 1000)
    for second in range(1000, 1100):
        turn, _ = claims.enter([Place(second)], second)
        claims.leave(turn, f"apt_{second}", second, keep=8)
    assert len(claims.claimed()) >= 100
    claims.leave(long, None, 1102, keep=8)
    assert len(claims.claimed()) <= 9


async def test_a_call_that_is_cancelled_while_it_waits_holds_up_nobody(make_portal: MakePortal) -> None:
    gate = asyncio.Event()
    async with ScriptedServer(hold(gate, created(id="apt_1")), otherwise=created(id="apt_2")) as server:
        portal = make_portal(server.url)
        first, second, third = (asyncio.create_task(portal.schedule_appointment(**WANTED)) for _ in range(3))
        await server.wait_for(1)
        second.cancel()
        gate.set()
        assert [(await first).id, (await third).id] == ["apt_1", "apt_2"]
        assert server.count("POST") == 2
