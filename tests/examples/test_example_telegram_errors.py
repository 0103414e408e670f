"""What a chat is told, and what the owner's log has, for each way in which a call can end badly."""

import json
import logging
import re
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from bot_chat import AMSTERDAM, ANSWERS, chat, say, tap
from troubles import DOUBTFUL, FOR_PROGRAMMERS, OWNERS, PASSING, SERVICE_SAYS, Trouble, answers

from mijnklantportaal_async import Clock, RateLimit
from mijnklantportaal_async.sandbox import Fault, Sandbox

WRITE = "appointments.write"


def levels(caplog: pytest.LogCaptureFixture) -> list[int]:
    """Of what the owner was told."""
    return [record.levelno for record in caplog.records if record.name == "owner"]


async def test_a_cancellation_whose_answer_is_lost_is_done() -> None:
    async with Sandbox(speed=20) as sandbox, chat(sandbox, clock=Clock(20)) as telegram:
        starts_at = datetime(2027, 3, 5, 14, 30, tzinfo=AMSTERDAM)
        stored = sandbox.add_appointment(name="x", starts_at=starts_at, ends_at=starts_at + timedelta(minutes=30))
        sandbox.fail_next(Fault.DROP_AFTER_COMMIT, method="DELETE")

        assert "Canceled: Friday 5 March" in (await say(telegram, f"/cancel {stored.id}")).text


@pytest.mark.parametrize("trouble", DOUBTFUL.values(), ids=DOUBTFUL)
async def test_an_unknown_outcome_is_not_called_a_success(
    trouble: Trouble, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    async with trouble() as settings, chat(**settings) as telegram:
        said = await tap(telegram, await say(telegram, *ANSWERS), "Book")

        # What the question said stands there still.
        assert said.text.startswith("Contract extension, Friday 5 March 2027, 14:30 to 15:30:\n")
        assert "I do not know whether it was booked. Please do not do it once more" in said.text
        assert "will look, and tell you" in said.text
        assert not re.search("try again|please wait", said.text, re.IGNORECASE)
        assert not [words for words in FOR_PROGRAMMERS if words in said.text]

    [line] = [one.getMessage() for one in caplog.records if one.name == "owner" and "NOBODY KNOWS" in one.getMessage()]
    assert "a booking for Friday 5 March 2027, 14:30 to 15:30, request " in line
    assert not re.search("Sam de Vries|sam@|Contract", caplog.text)
    [noted] = [json.loads(line) for line in (tmp_path / "bookings-in-doubt.jsonl").read_text().splitlines()]
    assert f"request {noted['request']} (" in line
    assert noted["chat"] == 7


@pytest.mark.parametrize(("trouble", "advice"), OWNERS.values(), ids=OWNERS)
async def test_what_the_owner_must_mend_is_in_the_log_only(
    trouble: Trouble, advice: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with trouble() as settings, chat(**settings) as telegram:
        said = await tap(telegram, await say(telegram, *ANSWERS), "Book")

        assert "Nothing was booked. Whoever runs me has been told." in said.text
        assert not re.search("again|key|scope|licence", said.text)
        assert not [words for words in FOR_PROGRAMMERS if words in said.text]
        [record] = [record for record in caplog.records if record.name == "owner"]
        assert record.levelno == logging.ERROR
        assert advice in record.getMessage()

        listed = await say(telegram, "/appointments")
        assert listed.text == "I cannot do that until something is mended. Whoever runs me has been told."
        assert levels(caplog) == [logging.ERROR] * 2


@pytest.mark.parametrize(("trouble", "when"), PASSING.values(), ids=PASSING)
async def test_what_goes_by_says_when_to_come_back(
    trouble: Trouble, when: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with trouble() as settings, chat(**settings) as telegram:
        said = await tap(telegram, await say(telegram, *ANSWERS), "Book")

        assert "Nothing was booked" in said.text
        assert re.search(when, said.text)
        assert not [words for words in FOR_PROGRAMMERS if words in said.text]
        assert levels(caplog) == [logging.WARNING]


async def test_our_own_limit_says_when_to_come_back() -> None:
    async with Sandbox(rate_limit=1) as sandbox, chat(sandbox, rate_limit=RateLimit(requests=1)) as telegram:
        assert (await say(telegram, "/appointments")).text == "Nothing in the coming week."
        said = await tap(telegram, await say(telegram, *ANSWERS), "Book")

        assert re.search(r"It is very busy just now\. Nothing was booked\. Please wait \d+ seconds\.", said.text)
        assert len(sandbox.requests) == 1


@pytest.mark.parametrize(
    ("argument", "words"),
    [("startsAt", "at that time"), ("attendeeEmail", "not an e-mail address"), ("name", "shorter subject")],
)
async def test_what_the_person_typed_is_theirs_to_correct(argument: str, words: str) -> None:
    async with answers(422, errors={argument: [SERVICE_SAYS]})() as settings, chat(**settings) as telegram:
        said = await tap(telegram, await say(telegram, *ANSWERS), "Book")

        assert words in said.text
        assert "Nothing was booked. /book begins anew." in said.text
        assert not [words for words in FOR_PROGRAMMERS if words in said.text]


async def test_a_cancellation_that_nobody_knows_the_end_of_is_for_the_owner(caplog: pytest.LogCaptureFixture) -> None:
    async with answers(503)() as settings, chat(**settings) as telegram:
        said = (await say(telegram, "/cancel apt_abcde123fgh")).text

    assert "I do not know whether it was canceled." in said
    assert "canceling 'apt_abcde123fgh', request " in caplog.text
    assert levels(caplog) == [logging.ERROR]


@pytest.mark.parametrize(
    ("trouble", "said"),
    [(answers(503), "I cannot reach the calendar just now. Try again"), (answers(200), "until something is mended")],
)
async def test_a_list_that_cannot_be_had_leaves_nothing_in_doubt(
    trouble: Trouble, said: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with trouble() as settings, chat(**settings) as telegram:
        assert said in (await say(telegram, "/appointments")).text
        assert "NOBODY KNOWS" not in caplog.text
        assert len(levels(caplog)) == 1


async def test_an_unreadable_answer_is_a_booking() -> None:
    async with Sandbox(keys={"key-without-reading": {WRITE}}) as sandbox, chat(sandbox) as telegram:
        sandbox.fail_next(Fault.HALF_BODY, method="POST")
        said = await tap(telegram, await say(telegram, *ANSWERS), "Book")

        assert "It was booked. I cannot show you the details." in said.text


async def test_the_key_never_comes_into_the_chat_or_the_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with Sandbox() as sandbox, chat(sandbox, api_key="a-very-secret-wrong-key") as telegram:
        booked = await tap(telegram, await say(telegram, *ANSWERS), "Book")
        listed = await say(telegram, "/appointments")

        assert "401" in caplog.text
        assert "a-very-secret-wrong-key" not in booked.text + listed.text + caplog.text
