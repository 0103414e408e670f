"""The Appointments API: what goes out, what comes in, what is refused before anything is sent."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from given import WANTED, MakePortal, moment
from scripted_server import ScriptedServer, answer, appointment, created, listed

from mijnklantportaal_async import (
    Appointment,
    AppointmentStatus,
    NewAppointment,
    NotFoundError,
    Outcome,
    PortalSession,
    PortalTimeWarning,
    ValidationError,
)
from mijnklantportaal_async.sandbox import Sandbox


async def test_the_whole_life_of_an_appointment_in_the_sandbox() -> None:
    async with Sandbox() as sandbox, PortalSession(api_key=sandbox.api_key, base_url=sandbox.url) as portal:
        made = await portal.schedule_appointment(**WANTED)
        assert isinstance(made, Appointment)
        assert made.starts_at == WANTED["starts_at"]
        assert made.status is AppointmentStatus.SCHEDULED
        (stored,) = sandbox.appointments
        assert (stored.id, stored.name, stored.customer_id) == (made.id, "Contract extension", "cst_1")

        assert await portal.get_appointment(made.id) == made
        assert await portal.list_appointments(start_at=moment(2027, 3, 5, 0, 0), days=1) == [made]
        assert await portal.list_appointments(start_at=moment(2027, 3, 6, 0, 0), days=30) == []
        pending = sandbox.add_appointment(
            name="x", starts_at=WANTED["starts_at"], ends_at=WANTED["ends_at"], customer_id="cst_2", status="pending"
        )
        confirmed = await portal.change_appointment_status(pending.id, status=AppointmentStatus.SCHEDULED)
        assert confirmed.status == "scheduled"
        assert (await portal.cancel_appointment(made.id)).status is AppointmentStatus.CANCELED
        assert (await portal.change_appointment_status(pending.id, status="canceled")).status == "canceled"
        with pytest.raises(NotFoundError, match="get_appointment: 404"):
            await portal.get_appointment("apt_nobody")


async def test_an_attendee_instead_of_a_customer(make_portal: MakePortal) -> None:
    async with ScriptedServer(created(customerId=None, attendeeEmail="zoe@example.nl")) as server:
        attendee = {"customer_id": None, "attendee_name": "Zoë", "attendee_email": "zoe@example.nl"}
        await make_portal(server.url).schedule_appointment(**WANTED | attendee)
        assert server.received[0].json == {
            "name": "Contract extension",
            "startsAt": "2027-03-05 14:30",
            "endsAt": "2027-03-05 15:30",
            "attendeeName": "Zoë",
            "attendeeEmail": "zoe@example.nl",
        }


async def test_any_zone_goes_out_as_the_portals_wall_time(make_portal: MakePortal) -> None:
    async with ScriptedServer(otherwise=created()) as server:
        utc = {name: WANTED[name].astimezone(UTC) for name in ("starts_at", "ends_at")}
        await make_portal(server.url).schedule_appointment(**WANTED | utc)
        assert server.received[0].json["startsAt"] == "2027-03-05 14:30"
        await make_portal(server.url, timezone="Europe/London").schedule_appointment(**WANTED)
        assert server.received[1].json["startsAt"] == "2027-03-05 13:30"


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"name": ""}, ValueError, "name is empty"),
        ({"name": None}, TypeError, "name must be a str, not NoneType"),
        ({"name": "a\tb"}, ValueError, "control character"),
        ({"name": "x" * 256}, ValueError, "has 256 characters"),
        ({"starts_at": datetime(2027, 3, 5, 14, 30)}, ValueError, "has no time zone"),
        ({"starts_at": "2027-03-05 14:30"}, TypeError, "must be an aware datetime"),
        ({"starts_at": moment(2027, 3, 5, 16, 0)}, ValueError, "must lie after starts_at"),
        ({"ends_at": WANTED["starts_at"]}, ValueError, "must lie after starts_at"),
        ({"ends_at": WANTED["ends_at"] + timedelta(seconds=1)}, ValueError, "not on a whole minute"),
        ({"starts_at": moment(2027, 3, 5, 14, 30).replace(microsecond=1)}, ValueError, "not on a whole minute"),
        ({"customer_id": None}, ValueError, r"say who .*\(missing: attendee_name and attendee_email"),
        ({"customer_id": None, "attendee_name": "Jan"}, ValueError, r"\(missing: attendee_email\)"),
        ({"customer_id": ""}, ValueError, "customer_id is empty"),
        ({"customer_id": "cst 1"}, ValueError, "cannot be an id"),
        ({"attendee_email": "jan"}, ValueError, "attendee_email='jan' is not an e-mail address"),
        ({"attendee_name": "\x07"}, ValueError, "attendee_name holds the control character"),
    ],
)
async def test_what_cannot_be_right_is_refused_before_anything_is_sent(
    make_portal: MakePortal, changes: dict[str, Any], error: type[Exception], message: str
) -> None:
    async with ScriptedServer(otherwise=created()) as server:
        with pytest.raises(error, match=message):
            await make_portal(server.url).schedule_appointment(**WANTED | changes)
        assert server.connections_accepted == 0


@pytest.mark.parametrize("identifier", ["", ".", "..", "a b", "x\r\n"])
async def test_ids_that_cannot_be_right_are_refused(make_portal: MakePortal, identifier: str) -> None:
    async with ScriptedServer() as server:
        portal = make_portal(server.url)
        for call in (
            portal.get_appointment(identifier),
            portal.cancel_appointment(identifier),
            portal.change_appointment_status(identifier, status="scheduled"),
        ):
            with pytest.raises(ValueError, match="appointment_id"):
                await call
        assert server.connections_accepted == 0


async def test_an_id_is_one_segment_of_the_path(make_portal: MakePortal) -> None:
    async with ScriptedServer(answer(200, appointment())) as server:
        await make_portal(server.url).get_appointment("../customers?x=1#y/é")
        assert server.received[0].path == "/v1/appointments/..%2Fcustomers%3Fx%3D1%23y%2F%C3%A9"


async def test_the_span_of_a_list(make_portal: MakePortal) -> None:
    async with ScriptedServer(otherwise=listed()) as server:
        portal = make_portal(server.url)
        await portal.list_appointments()
        await portal.list_appointments(start_at=datetime(2027, 3, 5, 13, 30, tzinfo=UTC), days=3)
        assert [received.path for received in server.received] == [
            "/v1/appointments",
            "/v1/appointments?start_at=2027-03-05%2014%3A30&days=3",
        ]
        for days in (0, -1):
            with pytest.raises(ValueError, match="must be 1 or more"):
                await portal.list_appointments(days=days)
        for days in ("3", 1.5, True):
            with pytest.raises(TypeError, match="days must be an int"):
                await portal.list_appointments(days=days)  # type: ignore[arg-type]
        with pytest.raises(ValueError, match="start_at=.* has no time zone"):
            await portal.list_appointments(start_at=datetime(2027, 3, 5))
        assert len(server.received) == 2


@pytest.mark.parametrize("status", ["pending", "", "done"])
async def test_a_status_that_cannot_be_set(make_portal: MakePortal, status: str) -> None:
    with pytest.raises(ValueError, match="cannot be set; give 'scheduled' or 'canceled'"):
        await make_portal("http://127.0.0.1:1").change_appointment_status("apt_1", status=status)


async def test_another_moment_in_the_answer_is_warned_of(make_portal: MakePortal) -> None:
    other = {"startsAt": "2027-03-05T15:30:00+01:00", "endsAt": "2027-03-05T16:30:00+01:00"}
    async with ScriptedServer(created(**other)) as server:
        with pytest.warns(PortalTimeWarning) as caught:
            await make_portal(server.url).schedule_appointment(**WANTED)
        assert len(caught) == 2
        assert "apt_1 is in the calendar, but the portal answers starts_at=2027-03-05T15:30:00+01:00" in str(
            caught[0].message
        )
        assert caught[0].filename == __file__


async def test_the_services_messages_by_field(make_portal: MakePortal) -> None:
    body = {
        "message": "The given data was invalid.",
        "errors": {"attendeeEmail": ["Not an address.", "Too short."], "startsAt": "In the past."},
    }
    async with ScriptedServer(answer(422, body)) as server:
        with pytest.raises(ValidationError) as caught:
            await make_portal(server.url).schedule_appointment(**WANTED)
    error = caught.value
    assert error.errors == {"attendee_email": ["Not an address.", "Too short."], "starts_at": ["In the past."]}
    assert error.outcome is Outcome.REJECTED
    assert str(error) == (
        "schedule_appointment: 422 The given data was invalid (attendee_email: Not an address. Too short.; "
        "starts_at: In the past). Effect: rejected. Correct the arguments and call again."
    )


@pytest.mark.parametrize("errors", [None, [], "no", {"a": {"b": 1}}, {"a": [None, 1]}])
async def test_messages_by_field_in_another_shape_do_no_harm(make_portal: MakePortal, errors: object) -> None:
    async with ScriptedServer(answer(422, {"message": "no", "errors": errors})) as server:
        with pytest.raises(ValidationError, match="422 no"):
            await make_portal(server.url).schedule_appointment(**WANTED)


async def test_fields_that_nobody_knows_are_reachable(make_portal: MakePortal) -> None:
    async with ScriptedServer(answer(200, appointment(colour="blue", status="postponed"))) as server:
        found = await make_portal(server.url).get_appointment("apt_1")
    assert found.raw["colour"] == "blue"
    assert found.status == "postponed"
    assert not found.status.is_known
    assert "colour" not in repr(found)


def test_a_request_can_be_made_ahead() -> None:
    new = NewAppointment(**WANTED)
    assert new == NewAppointment(**WANTED)
    assert hash(new) == hash(NewAppointment(**WANTED))
    with pytest.raises(AttributeError):
        new.name = "other"  # type: ignore[misc]


def test_times_across_the_autumn_change_are_compared_as_moments() -> None:
    starts = moment(2027, 10, 31, 1, 30)
    NewAppointment(name="x", starts_at=starts, ends_at=datetime(2027, 10, 31, 1, 0, tzinfo=UTC), customer_id="c")
    with pytest.raises(ValueError, match="must lie after"):
        NewAppointment(
            name="x",
            starts_at=moment(2027, 10, 31, 2, 15).replace(fold=1),
            ends_at=moment(2027, 10, 31, 2, 45),
            customer_id="c",
        )
