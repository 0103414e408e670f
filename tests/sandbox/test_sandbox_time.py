from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from moved_time import HandClock
from sandbox_calls import Caller

from mijnklantportaal_async.sandbox import Sandbox
from mijnklantportaal_async.sandbox.clock import PortalClock
from mijnklantportaal_async.sandbox.wall_time import atom, moment, read_wall_time, timestamp_of

if TYPE_CHECKING:
    import aiohttp

AMSTERDAM = ZoneInfo("Europe/Amsterdam")


@pytest.mark.parametrize(
    ("asked", "answered"),
    [
        ("2027-01-10 12:00", "2027-01-10T12:00:00+01:00"),
        ("2027-07-10 12:00:59", "2027-07-10T12:00:59+02:00"),
        # The clock goes from 02:00 to 03:00 on 28 March 2027: PHP moves what lies between forward.
        ("2027-03-28 01:59", "2027-03-28T01:59:00+01:00"),
        ("2027-03-28 02:30", "2027-03-28T03:30:00+02:00"),
        ("2027-03-28 03:00", "2027-03-28T03:00:00+02:00"),
        # 02:00 to 03:00 occurs twice on 31 October 2027: the first one is meant, in summer time.
        ("2027-10-31 02:30", "2027-10-31T02:30:00+02:00"),
        ("2027-10-31 03:00", "2027-10-31T03:00:00+01:00"),
    ],
)
async def test_wall_time_becomes_an_instant(sandbox: Sandbox, call: Caller, asked: str, answered: str) -> None:
    reply = await call.schedule(startsAt=asked, endsAt="2027-12-01 00:00")
    assert (reply.status, reply.json["startsAt"]) == (201, answered)
    assert atom(sandbox.appointments[0].starts_at) == answered
    assert sandbox.appointments[0].starts_at.tzinfo == AMSTERDAM


async def test_the_order_of_start_and_end_is_judged_by_instants(call: Caller) -> None:
    # 02:30 does not exist and becomes 03:30, which is after 03:15.
    reply = await call.schedule(startsAt="2027-03-28 02:30", endsAt="2027-03-28 03:15")
    assert reply.json["errors"] == {"endsAt": ["The ends at field must be a date after starts at."]}


async def test_another_zone(session: aiohttp.ClientSession) -> None:
    async with Sandbox(timezone="America/Curacao") as sandbox:
        reply = await Caller(sandbox, session).schedule()
        assert reply.json["startsAt"] == "2027-03-05T14:30:00-04:00"
        assert reply.json["createdAt"].endswith("-04:00")


async def test_the_second_half_of_an_autumn_night_can_be_stored_and_listed(sandbox: Sandbox, call: Caller) -> None:
    late = datetime(2027, 10, 31, 2, 30, fold=1, tzinfo=AMSTERDAM)
    sandbox.add_appointment(name="x", starts_at=late, ends_at=late + timedelta(hours=2))
    reply = await call("GET", "/appointments?start_at=2027-10-31 00:00&days=1")
    assert [item["startsAt"] for item in reply.json["data"]] == ["2027-10-31T02:30:00+01:00"]


async def test_days_of_a_window_are_days_on_the_wall(sandbox: Sandbox, call: Caller) -> None:
    # 28 March 2027 has 23 hours: a window of 24 hours would reach into the 29th.
    for hour, day in [(23, 28), (0, 29)]:
        start = datetime(2027, 3, day, hour, tzinfo=AMSTERDAM)
        sandbox.add_appointment(name="x", starts_at=start, ends_at=start + timedelta(hours=1))
    reply = await call("GET", "/appointments?start_at=2027-03-28 00:00&days=1")
    assert [item["startsAt"][:13] for item in reply.json["data"]] == ["2027-03-28T23"]


@pytest.mark.parametrize("speed", [1.0, 10_000.0])
async def test_created_at_and_date_are_one_clock(session: aiohttp.ClientSession, speed: float) -> None:
    async with Sandbox(speed=speed, rate_limit=None) as sandbox:
        call = Caller(sandbox, session)
        dates: list[datetime] = []
        created: list[datetime] = []
        for _ in range(3):
            reply = await call.schedule()
            dates.append(parsedate_to_datetime(reply.headers["Date"]))
            created.append(datetime.fromisoformat(reply.json["createdAt"]))
        assert dates == sorted(dates)
        for date, entered, following in zip(dates, created, [*created[1:], dates[-1]], strict=True):
            # Entered before the answer was dated, and dated before the next one was entered.
            assert entered <= date <= following


def test_the_portal_runs_on_as_the_clock_that_it_is_given() -> None:
    hand = HandClock(speed=60)
    clock = PortalClock(hand)
    start = clock.timestamp()
    hand.now += 2.0
    assert clock.seconds() == 120
    assert clock.timestamp() == start + 120
    assert clock.real_seconds(120) == 2


async def test_a_portal_can_begin_at_another_time(session: aiohttp.ClientSession) -> None:
    async with Sandbox(begins_at=datetime(2027, 7, 1, 12, 0, tzinfo=AMSTERDAM)) as sandbox:
        reply = await Caller(sandbox, session).schedule()
        assert reply.json["createdAt"].startswith("2027-07-01T12:0")
        assert reply.headers["Date"].startswith("Thu, 01 Jul 2027 10:0")
    with pytest.raises(ValueError, match="begins_at must be aware"):
        Sandbox(begins_at=datetime(2027, 7, 1, 12, 0))


def test_a_portal_needs_a_speed() -> None:
    for speed in (0, -1, float("nan")):
        with pytest.raises(ValueError, match="speed"):
            Sandbox(speed=speed)


@given(st.datetimes(datetime(1950, 1, 1), datetime(2100, 1, 1)).map(lambda wall: wall.replace(microsecond=0)))
def test_a_wall_time_survives_the_way_there_and_back_unless_it_does_not_exist(wall: datetime) -> None:
    text = wall.isoformat(" ")
    assert read_wall_time(text, seconds_allowed=True) == wall
    there = moment(timestamp_of(wall, AMSTERDAM), AMSTERDAM)
    moved = there.replace(tzinfo=None, fold=0) - wall
    assert moved in (timedelta(), timedelta(hours=1))
    assert datetime.fromisoformat(atom(there)) == there
    exists = wall.replace(tzinfo=AMSTERDAM).astimezone(UTC).astimezone(AMSTERDAM).replace(tzinfo=None) == wall
    assert exists == (moved == timedelta())


@given(st.text(max_size=20))
def test_any_text_is_read_or_refused(text: str) -> None:
    assert read_wall_time(text, seconds_allowed=True) is None or text.isascii()


def test_atom_has_no_seconds_in_its_offset() -> None:
    assert atom(datetime(1850, 1, 1, tzinfo=ZoneInfo("America/New_York"))) in (
        "1850-01-01T00:00:00-04:56",
        "1850-01-01T00:00:00-04:57",
    )
