import asyncio
import logging
import re
from typing import Any

import pytest
from booking_page import booking_page, form
from served_app import portal_that_answers

from mijnklantportaal_async import Clock
from mijnklantportaal_async.sandbox import Fault, Sandbox

READ, WRITE = "appointments.read", "appointments.write"


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


async def test_a_limit_that_the_portal_announces_is_passed_on() -> None:
    async with Sandbox() as sandbox, booking_page(sandbox) as client:
        sandbox.fail_next(Fault.TOO_MANY_REQUESTS, retry_after=42)
        response = await client.post("/appointments", json=form())

        assert response.status_code == 503
        assert 42 <= int(response.headers["Retry-After"]) <= 43
        assert "Nothing was booked" in response.json()["message"]


async def test_an_unknown_outcome_is_not_called_a_success(caplog: pytest.LogCaptureFixture) -> None:
    # A key that may not look cannot settle it.
    async with Sandbox(keys={"key-without-reading": {WRITE}}) as sandbox, booking_page(sandbox) as client:
        sandbox.fail_next(Fault.DROP_AFTER_COMMIT, method="POST")
        response = await client.post("/appointments", json=form())

        assert response.status_code == 202
        assert response.json()["state"] == "in_doubt"
        assert "do not book again" in response.json()["message"]
        assert "LOOK IN THE CALENDAR for Friday 5 March 2027, 14:30 to 15:30" in caplog.text
        assert "sam@example.nl" in caplog.text

        # Pressing the button again changes nothing.
        assert (await client.post("/appointments", json=form())).json() == response.json()
        assert len(sandbox.appointments) == 1


async def test_an_unreadable_answer_is_a_booking() -> None:
    async with Sandbox(keys={"key-without-reading": {WRITE}}) as sandbox, booking_page(sandbox) as client:
        sandbox.fail_next(Fault.MALFORMED_JSON, method="POST")
        response = await client.post("/appointments", json=form())

        assert (response.status_code, response.json()["state"]) == (201, "booked")
        assert response.json()["when"] == "Friday 5 March 2027, 14:30 to 15:30"
        assert len(sandbox.appointments) == 1


@pytest.mark.parametrize(
    "settings", [{"api_key": "a-very-secret-wrong-key"}, {"api_key": "key-without-writing"}], ids=["wrong", "scope"]
)
async def test_what_the_owner_must_mend_is_no_visitors_business(
    caplog: pytest.LogCaptureFixture, settings: dict[str, str]
) -> None:
    async with (
        Sandbox(keys={"key-without-writing": {READ}}) as sandbox,
        booking_page(sandbox, **settings) as client,
    ):
        response = await client.post("/appointments", json=form())

        assert (response.status_code, response.json()["state"]) == (500, "broken")
        assert "Nothing was booked" in response.json()["message"]
        assert not re.search("key|scope|401|403", response.text)
        [record] = [record for record in caplog.records if record.name == "booking"]
        assert record.levelno == logging.ERROR
        assert re.search("401|403", record.getMessage())
        assert settings["api_key"] not in caplog.text


async def test_a_portal_out_of_reach_books_nothing() -> None:
    async with Sandbox() as sandbox:
        url, key = sandbox.url, sandbox.api_key
    async with booking_page(base_url=url, api_key=key, clock=Clock(100)) as client:
        response = await client.post("/appointments", json=form())

        assert (response.status_code, response.json()["state"]) == (503, "busy")
        assert "Nothing was booked" in response.json()["message"]
        assert "Retry-After" in response.headers


@pytest.mark.parametrize(
    ("status", "document", "expected", "state"),
    [
        (409, {"message": "Taken."}, 409, "refused"),
        (400, {"message": "Unreadable."}, 500, "broken"),
        (404, {"message": "No such path."}, 500, "broken"),
        (426, {"message": "No licence."}, 500, "broken"),
        (422, {"message": "Not on Sundays."}, 422, "refused"),
        (422, {"message": "Invalid.", "errors": {"endsAt": ["Too late."]}}, 422, "refused"),
        (422, {"message": "Invalid.", "errors": {"resource": ["None free."]}}, 422, "refused"),
    ],
)
async def test_each_refusal_has_its_answer(status: int, document: dict[str, Any], expected: int, state: str) -> None:
    async with (
        portal_that_answers(status, document) as url,
        booking_page(api_key="some-key", base_url=url) as client,
    ):
        response = await client.post("/appointments", json=form())

        assert (response.status_code, response.json()["state"]) == (expected, state)
        if status == 422 and "errors" not in document:
            assert response.json()["message"] == "Not on Sundays."
        if "endsAt" in document.get("errors", {}):
            assert response.json()["errors"] == {"minutes": ["Too late."]}


async def test_a_portal_that_only_fails_leaves_doubt() -> None:
    async with (
        portal_that_answers(503, {"message": "Down."}) as url,
        booking_page(api_key="some-key", base_url=url, clock=Clock(200)) as client,
    ):
        response = await client.post("/appointments", json=form())

        assert (response.status_code, response.json()["state"]) == (202, "in_doubt")
