"""Nothing is sent again unless it is certain that it is not there, and nothing is found that may be another's."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from given import WANTED, MakePortal, moment
from moved_time import LoopClock, wall_now
from scripted_server import Exchange, ScriptedServer, Step, answer, appointment, created, drop, listed, made_now

from mijnklantportaal_async import (
    DecodeError,
    NewAppointment,
    Outcome,
    OutcomeUnknownError,
    PortalSession,
    ReconcilePolicy,
)
from mijnklantportaal_async.calling.evidence import Age, Horizon
from mijnklantportaal_async.values.readings import Readings

JAN = {"customer_id": None, "attendee_name": "Jan van \u2019t Hof", "attendee_email": "jan@example.nl"}
JAN_SHOWN = {"customerId": None, "attendeeName": "Jan van \u2019t Hof", "attendeeEmail": "jan@example.nl"}
AMSTERDAM = ZoneInfo("Europe/Amsterdam")

PATIENT = ReconcilePolicy(settle=10)


def as_of(ago: float, *items: dict[str, Any], **more: str) -> Step:
    """A list as it was so many seconds ago, by its `Date`."""

    async def step(exchange: Exchange) -> None:
        date = format_datetime(wall_now() - timedelta(seconds=ago), usegmt=True)
        await listed(*items, headers={"Date": date} | more)(exchange)

    return step


async def never_sent_again(portal: PortalSession, server: ScriptedServer, seen: str, **wanted: Any) -> None:
    with pytest.raises(OutcomeUnknownError, match=seen):
        await portal.schedule_appointment(**WANTED | wanted)
    assert server.count("POST") == 1


# --- Nearly alike -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "shown",
    [
        "Jan van 't Hof",
        "jan van \u2019t hof",
        " Jan  van \u2019t Hof",
        "\ufeffJan van \u2019t Hof\u200b",
        "Jan van \u2019t H\u00adof",
        "Jan v\uff41n \u2019t Hof",
        None,
        "J. van \u2019t Hof",
    ],
)
async def test_somebody_who_may_be_the_one_is_no_reason_to_send_again(
    make_portal: MakePortal, shown: str | None
) -> None:
    it_may_be = appointment(id="apt_whose", **JAN_SHOWN | {"attendeeName": shown})
    async with ScriptedServer(drop, otherwise=listed(it_may_be)) as server:
        await never_sent_again(make_portal(server.url), server, "apt_whose with the same start, end and person", **JAN)


async def test_the_portal_may_know_whom_it_was_told_and_keep_a_name_in_another_form(make_portal: MakePortal) -> None:
    known = appointment(id="apt_whose", **JAN_SHOWN | {"customerId": "cst_9"})
    async with ScriptedServer(drop, otherwise=listed(known)) as server:
        await never_sent_again(make_portal(server.url), server, "apt_whose", **JAN)
    renee = {"attendee_name": "Rene\u0301e", "attendee_email": "jan@example.nl", "customer_id": None}
    composed = appointment(id="apt_whose", **JAN_SHOWN | {"attendeeName": "Ren\u00e9e"})
    async with ScriptedServer(drop, otherwise=listed(composed)) as server:
        await never_sent_again(make_portal(server.url), server, "apt_whose", **renee)


@pytest.mark.parametrize(
    ("starts_at", "ends_at"),
    [
        ("2027-03-05T14:30:00+02:00", "2027-03-05T15:30:00+02:00"),
        ("2027-03-05T13:30:00Z", "2027-03-05T14:30:00Z"),
        ("2027-03-05T14:30:30+01:00", "2027-03-05T15:30:00+01:00"),
        ("2027-03-05T14:29:00+01:00", "2027-03-05T15:30:00+01:00"),
    ],
)
async def test_a_moment_that_may_be_the_one_is_no_reason_to_send_again(
    make_portal: MakePortal, starts_at: str, ends_at: str
) -> None:
    it_may_be = appointment(id="apt_whose", startsAt=starts_at, endsAt=ends_at)
    async with ScriptedServer(drop, otherwise=listed(it_may_be)) as server:
        await never_sent_again(make_portal(server.url), server, "apt_whose")


@pytest.mark.parametrize("shown", ["14:30", "14:35", "14:45"])
async def test_a_calendar_that_rounds_may_have_made_it(make_portal: MakePortal, shown: str) -> None:
    it_may_be = appointment(id="apt_whose", startsAt=f"2027-03-05T{shown}:00+01:00")
    async with ScriptedServer(drop, otherwise=listed(it_may_be)) as server:
        await never_sent_again(make_portal(server.url), server, "apt_whose", starts_at=moment(2027, 3, 5, 14, 32))


async def test_what_answers_have_shown_tells_which_moment_is_meant(make_portal: MakePortal) -> None:
    """The documentation's examples have the offset of summer in winter: an hour later is the same instant then."""

    def shown(identifier: str, hour: int) -> dict[str, Any]:
        times = {"startsAt": f"2027-03-05T{hour:02}:30:00+02:00", "endsAt": f"2027-03-05T{hour + 1:02}:30:00+02:00"}
        return appointment(id=identifier, **times)

    early = {"starts_at": moment(2027, 3, 5, 9, 30), "ends_at": moment(2027, 3, 5, 10, 30)}
    both = listed(shown("apt_later", 15), shown("apt_ours", 14))
    async with ScriptedServer(answer(201, shown("apt_first", 9)), drop, both) as server:
        portal = make_portal(server.url)
        with pytest.warns(UserWarning, match="apt_first"):
            await portal.schedule_appointment(**WANTED | early)
        with pytest.warns(UserWarning, match="apt_ours"):
            assert (await portal.schedule_appointment(**WANTED)).id == "apt_ours"
    # The neighbour alone is not it, and says so under the reading that was shown.
    alone = listed(shown("apt_later", 15))
    async with ScriptedServer(answer(201, shown("apt_first", 9)), drop, alone, alone, alone, created()) as server:
        portal = make_portal(server.url)
        with pytest.warns(UserWarning, match="apt_first"):
            await portal.schedule_appointment(**WANTED | early)
        assert (await portal.schedule_appointment(**WANTED)).id == "apt_1"


def test_answers_that_contradict_each_other_show_nothing() -> None:
    readings = Readings()
    readings.learn(digits=True, instant=True)
    assert (readings.digits, readings.instant) == (True, True)
    readings.learn(digits=True, instant=False)
    assert (readings.digits, readings.instant) == (True, False)
    readings.learn(digits=False, instant=True)
    assert (readings.digits, readings.instant) == (True, True)


# --- Old, or not whole --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "old",
    [
        as_of(0, Age="7"),
        as_of(0, Age="some time"),
        answer(200, {"data": []}, {"Date": "Thu, 26 Nov 2026 07:00:00 GMT"}),
    ],
)
async def test_a_list_that_may_be_old_says_nothing_of_what_is_not_there(make_portal: MakePortal, old: Step) -> None:
    async with ScriptedServer(drop, otherwise=old) as server:
        await never_sent_again(make_portal(server.url, reconcile=PATIENT), server, "Age header|Date header")


async def test_a_list_that_was_kept_since_somebody_looked_before_is_old(make_portal: MakePortal) -> None:
    kept = format_datetime(wall_now(), usegmt=True)
    once = listed(headers={"Date": kept})
    async with ScriptedServer(once, drop, otherwise=once) as server:
        portal = make_portal(server.url, reconcile=ReconcilePolicy(settle=2))
        await portal.list_appointments()
        await never_sent_again(portal, server, "stands still|behind")


async def test_pages_of_one_list_may_be_written_in_the_same_second(make_portal: MakePortal) -> None:
    """A `Date` that stands still is that of the same page, asked for again."""

    async def page(exchange: Exchange) -> None:
        is_last = "page=2" in exchange.received.path
        following = None if is_last else "https://portal.example/v1/appointments?page=2"
        await exchange.answer(200, {"data": [], "next_page_url": following})

    async with ScriptedServer(drop, page, page, created(), otherwise=page) as server:
        once = ReconcilePolicy(settle=10, looks=(1.0,))
        await make_portal(server.url, reconcile=once).schedule_appointment(**WANTED)
        assert [asked.method for asked in server.received] == ["POST", "GET", "GET", "POST"]


async def test_a_record_of_an_old_list_may_be_older_than_it_looks(make_portal: MakePortal) -> None:
    """A minute in a cache: by the list's own clock a record of the minute before looks new."""
    before = (wall_now() - timedelta(seconds=60)).astimezone(AMSTERDAM).isoformat()
    theirs = appointment(id="apt_theirs", createdAt=before)
    fresh = listed()
    async with ScriptedServer(fresh, drop, otherwise=as_of(60, theirs)) as server:
        portal = make_portal(server.url, reconcile=PATIENT)
        await portal.list_appointments()
        await never_sent_again(portal, server, "behind")


async def test_looks_ask_for_a_fresh_answer(make_portal: MakePortal) -> None:
    async with ScriptedServer(drop, listed(appointment())) as server:
        await make_portal(server.url).schedule_appointment(**WANTED)
        post, look = server.received
        assert look.headers["cache-control"] == "no-cache"
        assert "cache-control" not in post.headers


async def test_every_page_that_a_list_names_is_looked_through(make_portal: MakePortal) -> None:
    first = answer(200, {"data": [], "next_page_url": "https://elsewhere.example/v1/appointments?page=2,"})
    async with ScriptedServer(drop, first, listed(appointment(id="apt_ours"))) as server:
        assert (await make_portal(server.url).schedule_appointment(**WANTED)).id == "apt_ours"
        assert server.received[2].path == "/v1/appointments?start_at=2027-03-04%2000%3A00&days=3&page=2"


@pytest.mark.parametrize("following", ["?cursor=abc", 7, "?page=1"])
async def test_a_list_that_does_not_say_how_it_goes_on_is_not_whole(make_portal: MakePortal, following: Any) -> None:
    async with ScriptedServer(drop, otherwise=answer(200, {"data": [], "next_page_url": following})) as server:
        await never_sent_again(make_portal(server.url), server, "page")


async def test_lists_for_users_are_whole_as_well(make_portal: MakePortal) -> None:
    first = answer(200, {"data": [appointment(id="apt_1")], "next_page_url": "?page=2"})
    async with ScriptedServer(first, listed(appointment(id="apt_2"))) as server:
        found = await make_portal(server.url).list_appointments()
        assert [item.id for item in found] == ["apt_1", "apt_2"]


# --- Not readable -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("odd", [None, 7, {"endsAt": "2024-04-31T10:00:00+02:00"}, {"id": 7}, {"createdAt": "today"}])
async def test_a_record_that_cannot_be_read_may_be_the_one(make_portal: MakePortal, odd: Any) -> None:
    odd = appointment(id="apt_odd") | odd if isinstance(odd, dict) else odd
    async with ScriptedServer(drop, otherwise=answer(200, {"data": [odd]})) as server:
        await never_sent_again(make_portal(server.url), server, "a record of the list cannot be read")


async def test_a_record_that_cannot_be_read_hides_no_other(make_portal: MakePortal) -> None:
    odd = appointment(id="apt_odd", endsAt="2024-04-31T10:00:00+02:00")
    async with ScriptedServer(drop, listed(odd, appointment(id="apt_ours"))) as server:
        assert (await make_portal(server.url).schedule_appointment(**WANTED)).id == "apt_ours"


async def test_a_record_that_cannot_be_read_and_is_old_is_not_the_one(make_portal: MakePortal) -> None:
    old = appointment(id="apt_odd", endsAt=None, createdAt="2026-01-01T10:00:00+01:00")
    async with ScriptedServer(drop, listed(old), listed(old), listed(old), created(id="apt_new")) as server:
        assert (await make_portal(server.url).schedule_appointment(**WANTED)).id == "apt_new"


async def test_lists_for_users_hand_out_what_can_be_read_and_name_the_rest(make_portal: MakePortal) -> None:
    odd = appointment(id="apt_odd", endsAt="2024-04-31T10:00:00+02:00")
    async with ScriptedServer(listed(appointment(id="apt_1"), odd, appointment(id="apt_2"))) as server:
        with pytest.raises(DecodeError, match=r"apt_odd: \$\.data\[1\]\.endsAt") as caught:
            await make_portal(server.url).list_appointments()
        assert [item.id for item in caught.value.records] == ["apt_1", "apt_2"]


# --- How old ------------------------------------------------------------------------------------------------------


def horizon(
    *, elapsed: float = 5, readings: Readings | None = None, slept: float = 0, accounted: float = 1e9
) -> Horizon:
    now = datetime(2027, 1, 5, 12, 0, tzinfo=UTC)
    return Horizon(
        now,
        elapsed=elapsed,
        sent_at=now - timedelta(seconds=elapsed + slept),
        tolerance=3,
        readings=readings or Readings(),
        zone=AMSTERDAM,
        accounted=accounted,
    )


@pytest.mark.parametrize(
    ("made", "age"),
    [
        ("2027-01-05T12:59:58+01:00", Age.NEW),
        ("2027-01-05T11:59:58Z", Age.NEW),
        ("2027-01-05T12:50:00+01:00", Age.OLD),
        # The digits of the portal's wall under an offset of summer, or an hour old: nobody can tell.
        ("2027-01-05T12:59:58+02:00", Age.UNCLEAR),
        # As UTC it would lie in the future: it is the portal's wall time.
        ("2027-01-05T12:59:58Z", Age.NEW),
        ("2027-01-05T12:50:00Z", Age.OLD),
        ("2027-01-06T12:50:00Z", Age.UNCLEAR),
    ],
)
def test_when_a_record_was_made_under_either_reading(made: str, age: Age) -> None:
    assert horizon().age(datetime.fromisoformat(made)) is age


def test_the_reading_that_answers_have_shown_is_the_one() -> None:
    digits = Readings()
    digits.learn(digits=True, instant=False)
    assert horizon(readings=digits).age(datetime.fromisoformat("2027-01-05T12:59:58+02:00")) is Age.NEW
    assert horizon(readings=digits).age(datetime.fromisoformat("2027-01-05T11:59:58Z")) is Age.OLD
    instants = Readings()
    instants.learn(digits=False, instant=True)
    assert horizon(readings=instants).age(datetime.fromisoformat("2027-01-05T12:59:58+02:00")) is Age.OLD


def test_a_machine_that_slept_does_not_take_its_own_record_for_an_old_one() -> None:
    """The portal's clock went on for half an hour; ours may not have noticed."""
    made = datetime(2027, 1, 5, 11, 30, tzinfo=UTC)
    assert horizon(elapsed=1800).age(made) is Age.NEW
    assert horizon(elapsed=5).age(made) is Age.OLD
    assert horizon(elapsed=5, slept=1800).age(made) is Age.UNCLEAR


def test_nobody_knows_whose_a_record_is_from_before_the_account() -> None:
    made = datetime(2027, 1, 5, 11, 59, 0, tzinfo=UTC)
    assert horizon(elapsed=60).age(made) is Age.NEW
    assert horizon(elapsed=60, accounted=30).age(made) is Age.UNCLEAR


class Sleepy(LoopClock):
    """Its calendar goes on while the machine sleeps; the other clock stands still."""

    slept = 0.0

    def wall(self) -> float:
        return super().wall() + self.slept


async def test_the_call_of_a_machine_that_slept_finds_its_record(make_portal: MakePortal) -> None:
    clock = Sleepy()
    made = made_now()

    async def half_an_hour_later(exchange: Exchange) -> None:
        clock.slept = 1800
        exchange.drop()

    async def look(exchange: Exchange) -> None:
        date = {"Date": format_datetime(wall_now() + timedelta(seconds=1800), usegmt=True)}
        await listed(appointment(id="apt_ours", createdAt=made), headers=date)(exchange)

    async with ScriptedServer(half_an_hour_later, look) as server:
        assert (await make_portal(server.url, clock=clock).schedule_appointment(**WANTED)).id == "apt_ours"


# --- Only the portal's own answer ---------------------------------------------------------------------------------

HTML = {"Content-Type": "text/html"}


@pytest.mark.parametrize(
    "other",
    [
        answer(200, b"<html><body>Wij zijn zo terug</body></html>", HTML),
        answer(200, {"error": "invalid_request", "success": False}),
        answer(200, appointment(id="apt_of_a_cache")),
        answer(204, b"", {"Content-Type": "", "Content-Length": ""}),
        answer(207, {}),
        answer(226, {"x": 1}),
    ],
)
async def test_another_success_is_none(make_portal: MakePortal, other: Step) -> None:
    async with ScriptedServer(other, listed(appointment(id="apt_ours"))) as server:
        assert (await make_portal(server.url).schedule_appointment(**WANTED)).id == "apt_ours"
    async with ScriptedServer(other, listed(), listed(), listed(), created(id="apt_new")) as server:
        assert (await make_portal(server.url).schedule_appointment(**WANTED)).id == "apt_new"
        assert server.count("POST") == 2


@pytest.mark.parametrize("status", [408, 425, 460, 499])
async def test_a_gateway_that_gave_up_says_nothing(make_portal: MakePortal, status: int) -> None:
    async with ScriptedServer(answer(status, {"message": "stream timeout"}), listed(appointment(id="ours"))) as server:
        assert (await make_portal(server.url).schedule_appointment(**WANTED)).id == "ours"
        assert server.count("POST") == 1


@pytest.mark.parametrize(
    ("other", "wanted"),
    [
        ({"customerId": "cst_other"}, {}),
        ({"customerId": None, "attendeeEmail": "somebody@example.nl"}, JAN),
        ({"startsAt": "2027-03-12T14:30:00+01:00", "endsAt": "2027-03-12T15:30:00+01:00"}, {}),
    ],
)
async def test_an_answer_to_another_request_is_none(
    make_portal: MakePortal, other: dict[str, Any], wanted: dict[str, Any]
) -> None:
    ours = appointment(id="apt_ours", **(JAN_SHOWN if wanted else {}))
    async with ScriptedServer(created(id="apt_other", **other), listed(ours)) as server:
        assert (await make_portal(server.url).schedule_appointment(**WANTED | wanted)).id == "apt_ours"
    async with ScriptedServer(created(id="apt_other", **other), otherwise=listed()) as server:
        with pytest.raises(DecodeError, match="not one to this request") as caught:
            await make_portal(server.url).schedule_appointment(**WANTED | wanted)
        assert caught.value.outcome is Outcome.UNKNOWN
        assert server.count("POST") == 1


# --- Whose record -------------------------------------------------------------------------------------------------


async def test_sessions_of_one_key_share_what_they_claimed_and_those_of_another_do_not(make_portal: MakePortal) -> None:
    again = listed(appointment(id="apt_1"))
    async with ScriptedServer(created(id="apt_1"), drop, again, again, again, created(id="apt_2")) as server:
        assert (await make_portal(server.url).schedule_appointment(**WANTED)).id == "apt_1"
        later = ReconcilePolicy(settle=0.05, tolerance=30)
        assert (await make_portal(server.url, reconcile=later).schedule_appointment(**WANTED)).id == "apt_2"
    async with ScriptedServer(created(id="apt_1"), drop, again) as server:
        assert (await make_portal(server.url).schedule_appointment(**WANTED)).id == "apt_1"
        assert (await make_portal(server.url, api_key="sk-another").schedule_appointment(**WANTED)).id == "apt_1"


async def test_requests_that_could_not_be_told_apart_go_one_after_the_other(make_portal: MakePortal) -> None:
    """Of two sessions, and the same person once by ID and once by name."""
    under_way: list[str] = []
    most = 0

    async def serve(exchange: Exchange) -> None:
        nonlocal most
        body = exchange.received.json
        under_way.append("x")
        most = max(most, len(under_way))
        await asyncio.sleep(0.02)
        under_way.pop()
        shown = {"customerId": body.get("customerId"), "attendeeEmail": body.get("attendeeEmail")}
        await exchange.answer(201, appointment(id=f"apt_{len(server.received)}", **shown))

    async with ScriptedServer(otherwise=serve) as server:
        one, other = make_portal(server.url), make_portal(server.url)
        equal = [portal.schedule_appointment(**WANTED | who) for portal in (one, other) for who in ({}, JAN)]
        assert len({made.id for made in await asyncio.gather(*equal)}) == 4
        assert most == 1
        most = 0
        others = ({"customer_id": f"cst_{number}"} for number in range(4))
        await asyncio.gather(*(one.schedule_appointment(**WANTED | who) for who in others))
        assert most == 4


# --- Whatever is raised -------------------------------------------------------------------------------------------


class VaultError(Exception):
    pass


class Vault:
    """Gives the key so many times, and then does not answer any more."""

    def __init__(self, times: int, broken: Callable[[], str]) -> None:
        self.times = times
        self.broken = broken

    async def token(self) -> str:
        self.times -= 1
        return "sk-of-the-vault" if self.times >= 0 else self.broken()

    async def refresh(self, rejected: str) -> str | None:
        raise VaultError("sealed")


def away() -> str:
    raise VaultError("connection refused")


@pytest.mark.parametrize("broken", [away, lambda: "sk-with-a-line\nbreak"])
async def test_a_vault_that_fails_after_the_request_leaves_it_unknown(
    make_portal: MakePortal, broken: Callable[[], str]
) -> None:
    async with ScriptedServer(drop) as server:
        with pytest.raises(OutcomeUnknownError) as caught:
            await make_portal(server.url, auth=Vault(1, broken)).schedule_appointment(**WANTED)
        assert isinstance(caught.value.__cause__, VaultError | ValueError)
        assert "sk-with" not in str(caught.value)
    async with ScriptedServer(drop, answer(401, {"message": "expired"})) as server:
        with pytest.raises(OutcomeUnknownError, match="sealed"):
            await make_portal(server.url, auth=Vault(9, away)).schedule_appointment(**WANTED)
    async with ScriptedServer(answer(401, {"message": "expired"})) as server:
        with pytest.raises(VaultError, match="sealed"):
            await make_portal(server.url, auth=Vault(9, away)).schedule_appointment(**WANTED)


async def test_a_whole_appointment_in_one(make_portal: MakePortal) -> None:
    async with ScriptedServer(created()) as server:
        portal = make_portal(server.url)
        assert (await portal.schedule_appointment(NewAppointment(**WANTED))).id == "apt_1"
        with pytest.raises(TypeError, match="not both"):
            await portal.schedule_appointment(NewAppointment(**WANTED), name="x")  # type: ignore[call-overload]
        with pytest.raises(TypeError, match="needs starts_at and ends_at, or one NewAppointment"):
            await portal.schedule_appointment(name="x")  # type: ignore[call-overload]
        assert len(server.received) == 1
