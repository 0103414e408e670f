import logging
from datetime import datetime, timedelta
from typing import Any

import pytest
from bot_chat import AMSTERDAM, ANSWERS, chat, say, tap
from served_app import portal_that_answers

from mijnklantportaal_async import Clock
from mijnklantportaal_async.sandbox import Fault, Sandbox

READ, WRITE = "appointments.read", "appointments.write"


async def test_a_cancellation_whose_answer_is_lost_is_done() -> None:
    async with Sandbox(speed=20) as sandbox, chat(sandbox, clock=Clock(20)) as telegram:
        starts_at = datetime(2027, 3, 5, 14, 30, tzinfo=AMSTERDAM)
        stored = sandbox.add_appointment(name="x", starts_at=starts_at, ends_at=starts_at + timedelta(minutes=30))
        sandbox.fail_next(Fault.DROP_AFTER_COMMIT, method="DELETE")

        assert "Canceled: Friday 5 March" in (await say(telegram, f"/cancel {stored.id}")).text


async def test_an_unknown_outcome_is_not_called_a_success() -> None:
    # A key that may not look cannot settle it.
    async with Sandbox(keys={"key-without-reading": {WRITE}}) as sandbox, chat(sandbox) as telegram:
        sandbox.fail_next(Fault.DROP_AFTER_COMMIT, method="POST")
        said = await tap(telegram, await say(telegram, *ANSWERS), "Book")

        assert "I do not know whether it was booked. Do not do it again" in said.text
        # What the question said stands there still.
        assert "Contract extension, Friday 5 March 2027, 14:30 to 15:30" in said.text
        assert len(sandbox.appointments) == 1


async def test_an_unreadable_answer_is_a_booking() -> None:
    async with Sandbox(keys={"key-without-reading": {WRITE}}) as sandbox, chat(sandbox) as telegram:
        sandbox.fail_next(Fault.MALFORMED_JSON, method="POST")
        said = await tap(telegram, await say(telegram, *ANSWERS), "Book")

        assert "It was booked, but the portal's answer was unreadable." in said.text


async def test_a_limit_is_said_in_seconds() -> None:
    async with Sandbox() as sandbox, chat(sandbox) as telegram:
        sandbox.fail_next(Fault.TOO_MANY_REQUESTS, retry_after=42)
        said = await tap(telegram, await say(telegram, *ANSWERS), "Book")

        assert "nothing was booked. Try again in 4" in said.text


async def test_the_key_never_comes_into_the_chat_or_the_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with Sandbox() as sandbox, chat(sandbox, api_key="a-very-secret-wrong-key") as telegram:
        booked = await tap(telegram, await say(telegram, *ANSWERS), "Book")
        listed = await say(telegram, "/appointments")

        assert "The portal refused, so nothing was booked" in booked.text
        assert "The portal refused" in listed.text
        assert "401" in caplog.text
        assert "a-very-secret-wrong-key" not in booked.text + listed.text + caplog.text


async def test_a_portal_out_of_reach_books_nothing() -> None:
    async with Sandbox() as sandbox:
        url, key = sandbox.url, sandbox.api_key
    async with chat(base_url=url, api_key=key, clock=Clock(100)) as telegram:
        said = await tap(telegram, await say(telegram, *ANSWERS), "Book")
        assert "I cannot reach the portal; nothing was booked." in said.text
        assert "I cannot reach the portal" in (await say(telegram, "/appointments")).text


@pytest.mark.parametrize(
    ("status", "document", "booked", "listed"),
    [
        (422, {"message": "Not on Sundays."}, "does not accept it: Not on Sundays.", "does not accept it"),
        (
            422,
            {"message": "No.", "errors": {"endsAt": ["Too late."]}},
            "does not accept it: Too late.",
            "does not accept it",
        ),
        (409, {"message": "Taken."}, "The portal refused, so nothing was booked.", "The portal refused"),
        (503, {"message": "Down."}, "I do not know whether it was booked.", "does not answer properly"),
        (
            200,
            {"what": "is this?"},
            "It was booked, but the portal's answer was unreadable.",
            "does not answer properly",
        ),
    ],
)
async def test_each_answer_of_the_portal_has_its_words(
    status: int, document: dict[str, Any], booked: str, listed: str
) -> None:
    async with (
        portal_that_answers(status, document) as url,
        chat(api_key="some-key", base_url=url, clock=Clock(200)) as telegram,
    ):
        said = await tap(telegram, await say(telegram, *ANSWERS), "Book")
        assert booked in said.text
        assert listed in (await say(telegram, "/appointments")).text
