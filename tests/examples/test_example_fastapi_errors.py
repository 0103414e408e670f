"""What a visitor sees, and what the owner's log has, for each way in which a booking can end badly."""

import asyncio
import json
import logging
import re
from datetime import datetime
from pathlib import Path

import pytest
from booking_page import booking_page, fastapi_booking, form
from served_app import served
from troubles import DOUBTFUL, FOR_PROGRAMMERS, OWNERS, PASSING, SERVICE_SAYS, Trouble, answers

from mijnklantportaal_async import PortalSession
from mijnklantportaal_async.sandbox import Fault, Sandbox

WRITE = "appointments.write"


async def test_more_visitors_than_calls_are_told_when_to_come_back() -> None:
    async with Sandbox() as sandbox, booking_page(sandbox) as client:
        forms = [form(form_token=f"token-of-visitor-{n:02}") for n in range(64)]
        responses = await asyncio.gather(*(client.post("/appointments", json=one) for one in forms))

        busy = [response for response in responses if response.status_code == 503]
        assert len(busy) == 4
        assert all(30 < int(response.headers["Retry-After"]) <= 70 for response in busy)
        assert {response.status_code for response in responses} == {201, 503}
        assert len(sandbox.appointments) == 60
        # Not one call was made in vain.
        assert {request.status for request in sandbox.requests} == {201}


@pytest.mark.parametrize("trouble", DOUBTFUL.values(), ids=DOUBTFUL)
async def test_an_unknown_outcome_is_not_called_a_success(
    trouble: Trouble, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    async with trouble() as settings, booking_page(**settings) as client:
        response = await client.post("/appointments", json=form())

        assert (response.status_code, response.json()["state"]) == (202, "in_doubt")
        assert response.json()["when"] == "Friday 5 March 2027, 14:30 to 15:30"
        message = response.json()["message"]
        assert "We will look, and confirm it to sam@example.nl" in message
        assert "do not book it again" in message
        assert not re.search("try again|please wait", message, re.IGNORECASE)
        assert not [words for words in FOR_PROGRAMMERS if words in message]

        # Pressing the button again changes nothing.
        assert (await client.post("/appointments", json=form())).json() == response.json()

    # What to look for is in the log, without names; whom to tell stands in the file, under the same number.
    [line] = [one.getMessage() for one in caplog.records if one.name == "owner" and "NOBODY KNOWS" in one.getMessage()]
    assert "a booking for 2027-03-05 at 14:30, 60 minutes" in line
    assert "Look in the portal's calendar" in line
    assert not re.search("Sam de Vries|sam@|Contract", caplog.text)
    [noted] = [json.loads(line) for line in (tmp_path / "bookings-in-doubt.jsonl").read_text().splitlines()]
    assert f"request {noted['request']} (" in line
    assert (noted["name"], noted["email"]) == ("Sam de Vries", "sam@example.nl")


async def test_a_key_that_cannot_look_is_for_the_owner_to_mend(caplog: pytest.LogCaptureFixture) -> None:
    async with DOUBTFUL["the answer is lost"]() as settings, booking_page(**settings) as client:
        await client.post("/appointments", json=form())

    assert [one.levelno for one in caplog.records if one.name == "owner"] == [logging.ERROR] * 2
    assert "could not look by itself" in caplog.text
    assert "Give the key the scope" in caplog.text


async def test_what_nobody_thought_of_is_in_doubt(caplog: pytest.LogCaptureFixture) -> None:
    def broken() -> datetime:
        raise KeyError("a fault in the program")

    app = fastapi_booking.create_app(lambda: PortalSession(api_key="some-key"), now=broken)
    async with served(app) as client:
        response = await client.post("/appointments", json=form())

    assert (response.status_code, response.json()["state"]) == (202, "in_doubt")
    assert "fault" not in response.text
    assert "NOBODY KNOWS" in caplog.text
    assert "Traceback" in caplog.text


async def test_an_address_that_cannot_be_noted_is_not_lost(caplog: pytest.LogCaptureFixture, tmp_path: Path) -> None:
    (tmp_path / "bookings-in-doubt.jsonl").mkdir()
    async with DOUBTFUL["the portal only fails"]() as settings, booking_page(**settings) as client:
        assert (await client.post("/appointments", json=form())).status_code == 202

    assert "cannot be noted" in caplog.text
    assert "sam@example.nl" in caplog.text


async def test_an_unreadable_answer_is_a_booking() -> None:
    async with Sandbox(keys={"key-without-reading": {WRITE}}) as sandbox, booking_page(sandbox) as client:
        sandbox.fail_next(Fault.HALF_BODY, method="POST")
        response = await client.post("/appointments", json=form())

        assert (response.status_code, response.json()["state"]) == (201, "booked")
        assert response.json()["when"] == "Friday 5 March 2027, 14:30 to 15:30"
        assert len(sandbox.appointments) == 1


@pytest.mark.parametrize(("trouble", "advice"), OWNERS.values(), ids=OWNERS)
async def test_what_the_owner_must_mend_is_no_visitors_business(
    trouble: Trouble, advice: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with trouble() as settings, booking_page(**settings) as client:
        response = await client.post("/appointments", json=form())

        assert (response.status_code, response.json()["state"]) == (500, "broken")
        message = response.json()["message"]
        assert "Nothing was booked, and we have been told. Please call us." in message
        assert not re.search("again|key|scope|licence", response.text)
        assert not [words for words in FOR_PROGRAMMERS if words in message]
        assert "Retry-After" not in response.headers
        [record] = [record for record in caplog.records if record.name == "owner"]
        assert record.levelno == logging.ERROR
        assert "a booking for 2027-03-05 at 14:30" in record.getMessage()
        assert advice in record.getMessage()
        assert "sam@example.nl" not in record.getMessage()


async def test_the_key_is_in_no_answer_and_no_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with Sandbox() as sandbox, booking_page(sandbox, api_key="a-very-secret-wrong-key") as client:
        response = await client.post("/appointments", json=form())

        assert response.status_code == 500
        assert "a-very-secret-wrong-key" not in response.text + caplog.text


@pytest.mark.parametrize(("trouble", "when"), PASSING.values(), ids=PASSING)
async def test_what_goes_by_says_when_to_come_back(
    trouble: Trouble, when: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with trouble() as settings, booking_page(**settings) as client:
        response = await client.post("/appointments", json=form())

        assert (response.status_code, response.json()["state"]) == (503, "busy")
        assert "Nothing was booked" in response.json()["message"]
        assert re.search(when, response.json()["message"])
        assert int(response.headers["Retry-After"]) >= 42
        assert not [words for words in FOR_PROGRAMMERS if words in response.text]
        assert [record.levelno for record in caplog.records if record.name == "owner"] == [logging.WARNING]


@pytest.mark.parametrize(
    ("argument", "field", "words"),
    [
        ("name", "subject", "on one line"),
        ("startsAt", "time", "choose another"),
        ("endsAt", "minutes", "another length"),
        ("attendeeName", "visitor_name", "check your name"),
        ("attendeeEmail", "visitor_email", "name@example.nl"),
    ],
)
async def test_what_the_visitor_typed_is_theirs_to_correct(argument: str, field: str, words: str) -> None:
    trouble = answers(422, errors={argument: [SERVICE_SAYS]})
    async with trouble() as settings, booking_page(**settings) as client:
        response = await client.post("/appointments", json=form())

        assert (response.status_code, response.json()["state"]) == (422, "refused")
        assert list(response.json()["errors"]) == [field]
        assert words in response.json()["errors"][field][0]
        assert not [words for words in FOR_PROGRAMMERS if words in response.text]


async def test_a_time_that_the_calendar_cannot_take_is_the_visitors_to_change() -> None:
    async with answers(409)() as settings, booking_page(**settings) as client:
        response = await client.post("/appointments", json=form())

        assert (response.status_code, response.json()["state"]) == (409, "refused")
        assert "choose another time" in response.json()["message"]
        assert not [words for words in FOR_PROGRAMMERS if words in response.text]
