from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from sandbox_calls import BODY, Caller, without

from mijnklantportaal_async.sandbox import Sandbox
from mijnklantportaal_async.sandbox.contract import load_contract_document

if TYPE_CHECKING:
    import aiohttp

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
START = datetime(2027, 3, 5, 14, 30, tzinfo=AMSTERDAM)


async def test_schedule_answers_exactly_the_fields_of_the_contract(sandbox: Sandbox, call: Caller) -> None:
    reply = await call.schedule()
    assert reply.status == 201
    contract = load_contract_document()["components"]["schemas"]["Appointment"]["properties"]
    assert set(reply.json) == set(contract)
    assert reply.json | {"id": "", "createdAt": ""} == {
        "id": "",
        "customerId": None,
        "attendeeName": "John Doe",
        "attendeeEmail": "john.doe@example.com",
        "startsAt": "2027-03-05T14:30:00+01:00",
        "endsAt": "2027-03-05T16:00:00+01:00",
        "status": "scheduled",
        "onlineMeetingLink": None,
        "createdAt": "",
    }
    assert reply.json["id"].startswith("apt_")
    assert len(reply.json["id"]) == 18
    (stored,) = sandbox.appointments
    assert (stored.id, stored.name) == (reply.json["id"], "Contract extension")
    assert (stored.starts_at, stored.ends_at) == (START, START + timedelta(minutes=90))


async def test_a_customer_is_given_a_stable_name(call: Caller) -> None:
    body = without("attendeeName", "attendeeEmail") | {"customerId": "cst_abcde123fgh"}
    replies = [(await call("POST", "/appointments", json=body)).json for _ in range(2)]
    for reply in replies:
        assert reply["customerId"] == "cst_abcde123fgh"
        assert reply["attendeeName"] == "Customer abcde123fgh"
        assert reply["attendeeEmail"] == "abcde123fgh@customers.example"
    assert replies[0]["id"] != replies[1]["id"]


REFUSED: list[tuple[dict[str, Any], dict[str, list[str]]]] = [
    (without("name"), {"name": ["The name field is required."]}),
    (BODY | {"name": "  "}, {"name": ["The name field is required."]}),
    (BODY | {"name": None}, {"name": ["The name field is required."]}),
    (BODY | {"name": 7}, {"name": ["The name field must be a string."]}),
    (BODY | {"name": "x" * 256}, {"name": ["The name field must not be greater than 255 characters."]}),
    (without("startsAt"), {"startsAt": ["The starts at field is required."]}),
    *(
        (BODY | {"startsAt": text}, {"startsAt": ["The starts at field must match the format Y-m-d H:i."]})
        for text in [
            "2027-03-05T14:30",
            "2027-03-05T14:30:00+01:00",
            "2027-3-5 14:30",
            "2027-02-30 14:30",
            "2027-03-05 24:00",
            "2027-03-05",
            "05-03-2027 14:30",
            "٢٠٢٧-03-05 14:30",
            "0001-01-01 00:00",
            "tomorrow",
        ]
    ),
    (BODY | {"endsAt": "2027-03-05 14:30"}, {"endsAt": ["The ends at field must be a date after starts at."]}),
    (BODY | {"endsAt": "2027-03-05 14:29:59"}, {"endsAt": ["The ends at field must be a date after starts at."]}),
    (
        without("attendeeName"),
        {"attendeeName": ["The attendee name field is required when customer id is not present."]},
    ),
    (
        without("attendeeEmail") | {"customerId": None},
        {"attendeeEmail": ["The attendee email field is required when customer id is not present."]},
    ),
    *(
        (BODY | {"attendeeEmail": text}, {"attendeeEmail": ["The attendee email field must be a valid email address."]})
        for text in ["john", "john@", "@example.com", "john@example", "john doe@example.com"]
    ),
    *(
        (BODY | {"customerId": text}, {"customerId": ["The selected customer id is invalid."]})
        for text in ["cst_", "abc", "apt_abc"]
    ),
]


@pytest.mark.parametrize(("body", "errors"), REFUSED)
async def test_schedule_refuses(
    sandbox: Sandbox, call: Caller, body: dict[str, Any], errors: dict[str, list[str]]
) -> None:
    reply = await call("POST", "/appointments", json=body)
    assert (reply.status, reply.json["errors"]) == (422, errors)
    assert reply.json["message"] == next(iter(errors.values()))[0]
    assert sandbox.appointments == ()


async def test_several_errors_are_counted_in_the_message(call: Caller) -> None:
    reply = await call("POST", "/appointments", json=without("name", "endsAt"))
    assert reply.json["message"] == "The name field is required. (and 1 more error)"
    reply = await call("POST", "/appointments", json={})
    assert reply.json["message"] == "The name field is required. (and 4 more errors)"
    assert list(reply.json["errors"]) == ["name", "startsAt", "endsAt", "attendeeName", "attendeeEmail"]


@pytest.mark.parametrize(
    ("data", "content_type", "status"),
    [
        (b'{"name": ', "application/json", 400),
        (b"\xff\xfe", "application/json", 400),
        (b"[]", "application/json", 422),
        (b'"text"', "application/json", 422),
        (b"", "application/json", 422),
        (b"{}", "application/json; charset=utf-8", 422),
        (b"{}", "application/octet-stream", 415),
        (b"name=x", "application/x-www-form-urlencoded", 415),
    ],
)
async def test_bodies_that_are_no_json_object(call: Caller, data: bytes, content_type: str, status: int) -> None:
    reply = await call("POST", "/appointments", data=data, headers={"Content-Type": content_type})
    assert reply.status == status
    assert reply.json["message"]


async def test_list_shows_the_window_in_order_of_start(sandbox: Sandbox, call: Caller) -> None:
    for day, hour in [(7, 9), (5, 23), (5, 0), (4, 23), (12, 0), (11, 23)]:
        start = datetime(2027, 3, day, hour, tzinfo=AMSTERDAM)
        sandbox.add_appointment(name=f"{day} {hour}", starts_at=start, ends_at=start + timedelta(hours=1))

    async def starts(query: str) -> list[str]:
        return [item["startsAt"][8:13] for item in (await call("GET", "/appointments" + query)).json["data"]]

    assert await starts("?start_at=2027-03-05 00:00") == ["05T00", "05T23", "07T09", "11T23"]
    assert await starts("?start_at=2027-03-05%2000:00&days=1") == ["05T00", "05T23"]
    assert await starts("?start_at=2027-03-05+00:01&days=1") == ["05T23"]
    assert await starts("?start_at=2027-03-04 23:00&days=366") == ["04T23", "05T00", "05T23", "07T09", "11T23", "12T00"]
    assert await starts("") == []


async def test_list_begins_now_when_nothing_is_said(sandbox: Sandbox, call: Caller) -> None:
    now = datetime.now(AMSTERDAM)
    for name, start in [("past", now - timedelta(hours=1)), ("soon", now + timedelta(hours=1))]:
        sandbox.add_appointment(name=name, starts_at=start, ends_at=start + timedelta(hours=1))
    sandbox.add_appointment(name="far", starts_at=now + timedelta(days=8), ends_at=now + timedelta(days=9))
    listed = (await call("GET", "/appointments")).json["data"]
    assert [item["id"] for item in listed] == [sandbox.appointments[1].id]


@pytest.mark.parametrize("days", ["0", "367", "-1", "x", "1.5", "9" * 30])
async def test_list_refuses_senseless_days(call: Caller, days: str) -> None:
    reply = await call("GET", f"/appointments?days={days}")
    assert (reply.status, list(reply.json["errors"])) == (422, ["days"])


@pytest.mark.parametrize(
    "start_at", ["2027-03-05", "2027-03-05 14:30:00", "2027-03-05T14:30", "9999-12-31 23:59", "0001-01-01 00:00"]
)
async def test_list_refuses_senseless_starts(call: Caller, start_at: str) -> None:
    reply = await call("GET", f"/appointments?start_at={start_at}")
    if start_at == "0001-01-01 00:00":
        assert reply.status == 200, "a wall time like any other"
    else:
        assert (reply.status, list(reply.json["errors"])) == (422, ["start_at"])


@pytest.mark.parametrize("list_canceled", [True, False])
async def test_whether_canceled_ones_are_listed_can_be_chosen(
    session: aiohttp.ClientSession, list_canceled: bool
) -> None:
    async with Sandbox(list_canceled=list_canceled) as sandbox:
        sandbox.add_appointment(name="x", starts_at=START, ends_at=START + timedelta(hours=1), status="canceled")
        reply = await Caller(sandbox, session)("GET", "/appointments?start_at=2027-03-05 00:00")
        assert [item["status"] for item in reply.json["data"]] == (["canceled"] if list_canceled else [])


async def test_get(call: Caller) -> None:
    created = (await call.schedule()).json
    reply = await call("GET", f"/appointments/{created['id']}")
    assert (reply.status, reply.json) == (200, created)
    unknown = await call("GET", "/appointments/apt_unknown")
    assert (unknown.status, unknown.json) == (404, {"message": "No appointment has this ID."})


@pytest.mark.parametrize(
    ("current", "wanted", "status"),
    [
        ("scheduled", "scheduled", 200),
        ("scheduled", "canceled", 200),
        ("pending", "scheduled", 200),
        ("pending", "canceled", 200),
        ("canceled", "canceled", 200),
        ("canceled", "scheduled", 422),
    ],
)
async def test_change_status(sandbox: Sandbox, call: Caller, current: str, wanted: str, status: int) -> None:
    stored = sandbox.add_appointment(name="x", starts_at=START, ends_at=START + timedelta(hours=1), status=current)
    reply = await call("PATCH", f"/appointments/{stored.id}", json={"status": wanted})
    assert reply.status == status
    expected = wanted if status == 200 else current
    assert sandbox.appointments[0].status == expected
    if status == 200:
        assert reply.json["status"] == expected
    else:
        assert reply.json == {"message": "A canceled appointment cannot be scheduled again."}


@pytest.mark.parametrize("body", [{}, {"status": None}, {"status": "pending"}, {"status": "gone"}, {"status": 1}])
async def test_change_status_refuses(sandbox: Sandbox, call: Caller, body: dict[str, Any]) -> None:
    stored = sandbox.add_appointment(name="x", starts_at=START, ends_at=START + timedelta(hours=1))
    reply = await call("PATCH", f"/appointments/{stored.id}", json=body)
    assert (reply.status, list(reply.json["errors"])) == (422, ["status"])
    assert sandbox.appointments == (stored,)
    assert (await call("PATCH", "/appointments/apt_unknown", json=body)).status == 404


async def test_cancel(sandbox: Sandbox, call: Caller) -> None:
    created = (await call.schedule()).json
    one = f"/appointments/{created['id']}"
    reply = await call("DELETE", one)
    assert (reply.status, reply.json) == (200, created | {"status": "canceled"})
    assert sandbox.appointments[0].status == "canceled"
    again = await call("DELETE", one)
    assert (again.status, again.json) == (409, {"message": "The appointment is already canceled."})
    assert (await call("DELETE", "/appointments/apt_unknown")).status == 404


async def test_add_appointment_wants_aware_times(sandbox: Sandbox) -> None:
    naive = datetime(2027, 3, 5, 14, 30)
    with pytest.raises(ValueError, match="starts_at must be aware"):
        sandbox.add_appointment(name="x", starts_at=naive, ends_at=START)
