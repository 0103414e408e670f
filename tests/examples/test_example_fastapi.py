import asyncio
import contextlib
import re
import signal
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from booking_page import AMSTERDAM, NOW, booking_page, fastapi_booking, form
from example_files import ended, started

from mijnklantportaal_async import Clock, PortalSession, RateLimit, Timeouts
from mijnklantportaal_async.sandbox import Fault, Sandbox

READ, WRITE = "appointments.read", "appointments.write"


async def test_books_what_the_visitor_filled_in() -> None:
    async with Sandbox() as sandbox, booking_page(sandbox) as client:
        response = await client.post("/appointments", json=form())

        [stored] = sandbox.appointments
        assert response.status_code == 201
        assert response.json() == {
            "state": "booked",
            "message": "Your appointment is in our calendar.",
            "when": "Friday 5 March 2027, 14:30 to 15:30",
            "appointment_id": stored.id,
            "errors": {},
        }
        assert stored.starts_at == datetime(2027, 3, 5, 14, 30, tzinfo=AMSTERDAM)
        assert stored.ends_at == datetime(2027, 3, 5, 15, 30, tzinfo=AMSTERDAM)
        assert (stored.name, stored.attendee_email) == ("Contract extension", "sam@example.nl")


WRONG: list[tuple[dict[str, str], str, str]] = [
    ({"subject": " "}, "subject", "fill this in"),
    ({"subject": "a\tb"}, "subject", "on one line"),
    ({"subject": "x" * 256}, "subject", "shorten"),
    ({"day": ""}, "day", "fill this in"),
    ({"day": "5-3-2027"}, "day", "choose a day"),
    ({"day": "2027-02-28"}, "day", "within the coming year"),
    ({"day": "9999-12-31"}, "day", "within the coming year"),
    ({"day": "0001-01-01"}, "day", "within the coming year"),
    ({"day": "2027-03-01", "time": "08:59"}, "time", "has passed"),
    ({"time": "half three"}, "time", "choose a time"),
    ({"time": "14:30:30"}, "time", "hours and minutes only"),
    ({"time": "14:30+05:00"}, "time", "hours and minutes only"),
    ({"day": "2027-03-28", "time": "02:30"}, "time", "does not exist"),
    ({"day": "2027-10-31", "time": "02:30"}, "time", "comes twice"),
    ({"day": "2027-10-31", "time": "01:30"}, "minutes", "choose another length"),
    ({"minutes": "soon"}, "minutes", "how long"),
    ({"minutes": "100000"}, "minutes", "480"),
    ({"visitor_email": "sam.example.nl"}, "visitor_email", "name@example.nl"),
    ({"visitor_email": "sam@example..nl"}, "visitor_email", "name@example.nl"),
    ({"visitor_email": "a,b@example.nl"}, "visitor_email", "name@example.nl"),
]


async def test_says_beside_the_field_what_is_wrong() -> None:
    async with Sandbox() as sandbox, booking_page(sandbox) as client:
        for changes, field, words in WRONG:
            response = await client.post("/appointments", json=form(**changes))

            assert (response.status_code, list(response.json()["errors"])) == (422, [field]), changes
            assert words in response.json()["errors"][field][0], changes
        assert not sandbox.appointments

        # The same form, corrected, goes through.
        assert (await client.post("/appointments", json=form())).status_code == 201


async def test_an_hour_across_a_clock_change_is_an_hour() -> None:
    async with Sandbox() as sandbox, booking_page(sandbox) as client:
        response = await client.post("/appointments", json=form(day="2027-03-28", time="01:30"))

        assert response.json()["when"] == "Sunday 28 March 2027, 01:30 to 03:30"
        [stored] = sandbox.appointments
        assert stored.ends_at.timestamp() - stored.starts_at.timestamp() == 3600


async def test_what_is_no_form_is_refused() -> None:
    async with Sandbox() as sandbox, booking_page(sandbox) as client:
        no_form = await client.post("/appointments", json=[])
        assert (no_form.status_code, no_form.json()["message"]) == (
            422,
            "Please load this page again, and fill in the form there.",
        )
        assert (await client.post("/appointments", content=b"{", headers={"Content-Type": "application/json"})).is_error
        assert (await client.post("/appointments", json=form(form_token="short"))).status_code == 422
        assert not sandbox.requests


@pytest.mark.parametrize("clicks", [2, 20])
async def test_a_double_click_books_once(clicks: int) -> None:
    async with Sandbox() as sandbox, booking_page(sandbox) as client:
        responses = await asyncio.gather(*(client.post("/appointments", json=form()) for _ in range(clicks)))
        late = await client.post("/appointments", json=form())

        [stored] = sandbox.appointments
        assert {response.json()["appointment_id"] for response in [*responses, late]} == {stored.id}
        assert len(sandbox.requests) == 1


async def test_another_form_of_the_same_visitor_books_again() -> None:
    async with Sandbox() as sandbox, booking_page(sandbox) as client:
        await client.post("/appointments", json=form())
        await client.post("/appointments", json=form(form_token="the-token-of-another-page"))
        await client.post("/appointments", json=form(time="16:00"))

        assert len(sandbox.appointments) == 3


async def test_books_once_when_the_answer_is_lost() -> None:
    async with Sandbox() as sandbox, booking_page(sandbox) as client:
        sandbox.fail_next(Fault.DROP_AFTER_COMMIT, method="POST")
        response = await client.post("/appointments", json=form())

        [stored] = sandbox.appointments
        assert (response.status_code, response.json()["appointment_id"]) == (201, stored.id)


async def test_fifty_visitors_at_once_are_each_booked_once() -> None:
    async with (
        Sandbox(rate_limit=600) as sandbox,
        booking_page(sandbox, rate_limit=RateLimit(requests=600)) as client,
    ):
        sandbox.fail_next(Fault.DROP_AFTER_COMMIT, method="POST", times=10)
        forms = [form(form_token=f"token-of-visitor-{n:02}", visitor_email=f"v{n}@example.nl") for n in range(50)]
        responses = await asyncio.gather(*(client.post("/appointments", json=one) for one in forms))

        assert [response.status_code for response in responses] == [201] * 50
        assert len({response.json()["appointment_id"] for response in responses}) == 50
        assert sorted(stored.attendee_email or "" for stored in sandbox.appointments) == sorted(
            f"v{n}@example.nl" for n in range(50)
        )


async def test_a_visitor_who_leaves_cuts_nothing_off() -> None:
    async with (
        Sandbox(speed=10) as sandbox,
        booking_page(sandbox, clock=Clock(10)) as client,
    ):
        sandbox.fail_next(Fault.SLOW_COMMIT, method="POST", delay=3)
        leaving = asyncio.create_task(client.post("/appointments", json=form()))
        while not sandbox.requests:
            await asyncio.sleep(0.005)
        leaving.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await leaving

        # The form, sent again, gets the answer of the first time.
        response = await client.post("/appointments", json=form())
        [stored] = sandbox.appointments
        assert response.json()["appointment_id"] == stored.id
        assert len(sandbox.requests) == 1


async def test_a_server_that_stops_finishes_its_bookings() -> None:
    async with Sandbox(speed=10) as sandbox:
        settings: dict[str, Any] = {"api_key": sandbox.api_key, "base_url": sandbox.url, "clock": Clock(10)}
        app = fastapi_booking.create_app(lambda: PortalSession(**settings), now=lambda: NOW)
        sandbox.fail_next(Fault.SLOW_COMMIT, method="POST", delay=3)
        async with app.router.lifespan_context(app) as state:
            visitor = asyncio.create_task(state["bookings"].book(fastapi_booking.BookingForm(**form())))
            while not sandbox.requests:
                await asyncio.sleep(0.005)
            visitor.cancel()

        # The session was closed after the answer had come.
        assert [request.status for request in sandbox.requests] == [201]
        assert len(sandbox.appointments) == 1


async def test_the_page_can_be_used_by_everybody() -> None:
    async with Sandbox() as sandbox, booking_page(sandbox) as client:
        first, second = await client.get("/"), await client.get("/")

        page = first.text
        fields = re.findall(r'<(?:input|select)\b(?![^>]*hidden)[^>]* id="(\w+)"', page)
        assert set(fields) == set(form()) - {"form_token"}
        for field in fields:
            assert f'<label for="{field}">' in page
            assert f'id="{field}-error"' in page
            assert f'aria-describedby="{field}-error' in page
        assert '<html lang="en">' in page
        assert "width=device-width" in page
        assert "Times are Amsterdam time." in page
        # Nothing from elsewhere, and nothing left to fill in.
        assert not re.search(r"https?://|//cdn|@import|\{\w+\}", page)
        assert sandbox.api_key not in page

        tokens = {re.search(r'name="form_token" value="([\w-]+)"', text.text) for text in (first, second)}
        assert len({token[1] for token in tokens if token}) == 2
        assert first.headers["Cache-Control"] == "no-store"


async def test_health_asks_the_portal_nothing() -> None:
    async with Sandbox() as sandbox, booking_page(sandbox) as client:
        assert (await client.get("/health")).json()["status"] == "ok"
        await client.post("/appointments", json=form())
        health = (await client.get("/health")).json()

        assert (health["calls_left"], health["waiting"]) == (59, 0)
        assert len(sandbox.requests) == 1


async def test_old_answers_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fastapi_booking.FORMS_REMEMBERED", 3)
    async with Sandbox() as sandbox, booking_page(sandbox) as client:
        for number in range(4):
            await client.post("/appointments", json=form(form_token=f"token-of-visitor-{number}"))
        await client.post("/appointments", json=form(form_token="token-of-visitor-3"))
        assert len(sandbox.appointments) == 4

        await client.post("/appointments", json=form(form_token="token-of-visitor-0"))
        assert len(sandbox.appointments) == 5


def test_a_visitor_waits_half_a_minute_at_most() -> None:
    assert Timeouts(queue=5, attempt=10, call=25) == fastapi_booking.VISITOR_TIMEOUTS


async def test_runs_as_a_command() -> None:
    async with started("fastapi_booking.py", "--sandbox", "--port", "0") as process, asyncio.timeout(90):
        assert process.stdout is not None
        calendar_line, page_line = await process.stdout.readline(), await process.stdout.readline()
        calendar_url, page_url = (line.decode().split()[-1] for line in (calendar_line, page_line))
        async with httpx.AsyncClient(timeout=30) as client:
            day = datetime.now(AMSTERDAM).date() + timedelta(days=7)
            booked = await client.post(f"{page_url}appointments", json=form(day=day.isoformat()))
            assert booked.status_code == 201, booked.text
            for url in (calendar_url, page_url):
                assert (await client.get(url)).status_code == 200
        process.send_signal(signal.SIGINT)
        _, errors = await process.communicate()

        assert process.returncode == 0, errors
        assert b"Traceback" not in errors


async def test_says_what_is_missing() -> None:
    code, _, errors = await ended("fastapi_booking.py")

    assert code == 2
    assert "MIJNKLANTPORTAAL_API_KEY is not set" in errors
