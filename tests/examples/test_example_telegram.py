import asyncio
import logging
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from example_files import ended, load_example
from served_app import portal_that_answers

from mijnklantportaal_async import Clock, PortalSession
from mijnklantportaal_async.sandbox import Fault, Sandbox

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
NOW = datetime(2027, 3, 1, 9, 0, tzinfo=AMSTERDAM)
READ, WRITE = "appointments.read", "appointments.write"
ANSWERS = ("/book", "Contract extension", "5-3", "14:30", "60", "Sam de Vries", "sam@example.nl")

telegram_bot = load_example("telegram_bot")
words = load_example("telegram_bot_words")
stand_in = load_example("telegram_bot_stand_in")

Chat = Callable[..., Any]


@pytest.fixture
def chat() -> Chat:
    """A stand-in of Telegram with the bot that polls it."""

    @asynccontextmanager
    async def chatting(
        sandbox: Sandbox | None = None, *, users: frozenset[int] | None = None, **settings: Any
    ) -> AsyncGenerator[Any]:
        if sandbox is not None:
            settings = {"api_key": sandbox.api_key, "base_url": sandbox.url} | settings
        portal = PortalSession(**settings)
        dispatcher = telegram_bot.create_dispatcher(portal, users=users, now=lambda: NOW)
        async with stand_in.TelegramStandIn() as telegram:
            polling = asyncio.create_task(
                dispatcher.start_polling(telegram.bot(), handle_signals=False, polling_timeout=5)
            )
            try:
                yield telegram
            finally:
                await dispatcher.stop_polling()
                await polling
        assert "closed" in repr(portal)

    return chatting


async def say(telegram: Any, *texts: str) -> Any:
    """Says them one by one; the last answer."""
    said = None
    for text in texts:
        telegram.say(text)
        said = await telegram.next()
    assert said is not None
    return said


async def tap(telegram: Any, question: Any, caption: str, *, answers: int = 2) -> Any:
    telegram.tap(question, caption)
    said = None
    for _ in range(answers):
        said = await telegram.next()
    return said


async def test_books_what_was_said(chat: Chat) -> None:
    async with Sandbox() as sandbox, chat(sandbox) as telegram:
        question = await say(telegram, *ANSWERS)
        assert question.text == (
            "Contract extension\nFriday 5 March 2027, 14:30 to 15:30\nwith Sam de Vries, sam@example.nl\n\n"
            "Shall I book it?"
        )
        assert list(question.buttons) == ["Book", "Discard"]

        said = await tap(telegram, question, "Book")

        [stored] = sandbox.appointments
        assert said.text == (
            f"Booked: Contract extension, Friday 5 March 2027, 14:30 to 15:30.\nIts number is {stored.id}."
        )
        assert (said.message_id, said.rewritten, said.buttons) == (question.message_id, True, {})
        assert stored.starts_at == datetime(2027, 3, 5, 14, 30, tzinfo=AMSTERDAM)
        assert (stored.name, stored.attendee_email) == ("Contract extension", "sam@example.nl")
        # The wheel on the button stops before the portal is asked.
        assert telegram.methods.index("answerCallbackQuery") < telegram.methods.index("editMessageText")


async def test_a_second_tap_books_nothing(chat: Chat) -> None:
    async with Sandbox() as sandbox, chat(sandbox) as telegram:
        question = await say(telegram, *ANSWERS)
        for _ in range(5):
            telegram.tap(question, "Book")
        await telegram.next()
        await telegram.next()
        while len(telegram.taps_answered) < 5:
            await asyncio.sleep(0.005)

        assert telegram.taps_answered == ["", *["This button has been used."] * 4]
        assert len(sandbox.appointments) == 1
        assert len(sandbox.requests) == 1


async def test_the_button_of_an_older_draft_does_not_book_the_newer(chat: Chat) -> None:
    async with Sandbox() as sandbox, chat(sandbox) as telegram:
        old = await say(telegram, *ANSWERS)
        new = await say(telegram, "/book", "Another one", "6-3", "10", "30", "Kim", "kim@example.nl")
        await tap(telegram, old, "Book", answers=0)
        while not telegram.taps_answered:
            await asyncio.sleep(0.005)
        assert not sandbox.requests

        await tap(telegram, new, "Book")
        assert [stored.name for stored in sandbox.appointments] == ["Another one"]


async def test_books_once_when_the_answer_is_lost(chat: Chat) -> None:
    async with Sandbox() as sandbox, chat(sandbox) as telegram:
        sandbox.fail_next(Fault.DROP_AFTER_COMMIT, method="POST")
        said = await tap(telegram, await say(telegram, *ANSWERS), "Book")

        [stored] = sandbox.appointments
        assert stored.id in said.text


async def test_books_although_telegram_refuses_to_end_the_wheel(chat: Chat) -> None:
    async with Sandbox() as sandbox, chat(sandbox) as telegram:
        question = await say(telegram, *ANSWERS)
        telegram.refused_methods |= {"answerCallbackQuery", "editMessageText"}
        said = await tap(telegram, question, "Book")

        # What cannot be rewritten is said anew.
        assert (said.text.startswith("Booked"), said.rewritten) == (True, False)
        assert len(sandbox.appointments) == 1


async def test_nothing_is_booked_without_a_tap(chat: Chat) -> None:
    async with Sandbox() as sandbox, chat(sandbox) as telegram:
        discarded = await tap(telegram, await say(telegram, *ANSWERS), "Discard", answers=1)
        assert discarded.text == "Discarded. Nothing was booked."
        stopped = await say(telegram, "/book", "Contract extension", "/cancel")
        assert stopped.text == "Stopped. Nothing was booked."
        assert "/book makes an appointment" in (await say(telegram, "5-3")).text
        assert not sandbox.requests


async def test_asks_again_for_what_it_did_not_understand(chat: Chat) -> None:
    async with Sandbox() as sandbox, chat(sandbox) as telegram:
        assert "I do not know that day" in (await say(telegram, *ANSWERS[:2], "someday")).text
        assert "I do not know that time" in (await say(telegram, "28-3", "half three")).text
        assert "clock is changed" in (await say(telegram, "02:30")).text
        assert "5 to 480" in (await say(telegram, "14:30", "long")).text
        assert "not an e-mail address" in (await say(telegram, "60", "Sam\nde Vries", "sam at example")).text
        question = await say(telegram, "sam@example.nl")

        assert "Sunday 28 March 2027, 14:30 to 15:30\nwith Sam de Vries," in question.text
        assert not sandbox.requests


async def test_lists_the_coming_week_and_cancels(chat: Chat) -> None:
    async with Sandbox() as sandbox, chat(sandbox) as telegram:
        assert (await say(telegram, "/appointments")).text == "Nothing in the coming week."
        starts_at = datetime.now(AMSTERDAM).replace(hour=14, minute=30, second=0, microsecond=0) + timedelta(days=2)
        stored = sandbox.add_appointment(
            name="x", starts_at=starts_at, ends_at=starts_at + timedelta(minutes=30), attendee_name="Kim"
        )
        listed = (await say(telegram, "/appointments")).text
        assert "14:30 to 15:00: Kim" in listed
        assert f"/cancel {stored.id}" in listed

        assert "has the numbers" in (await say(telegram, "/cancel")).text
        assert "Canceled: " in (await say(telegram, f"/cancel {stored.id}")).text
        assert (await say(telegram, f"/cancel {stored.id}")).text == "It was canceled before."
        assert (await say(telegram, "/cancel apt_nobody")).text == "The portal does not know that number."
        assert "not a number of an appointment" in (await say(telegram, "/cancel a b")).text
        assert (await say(telegram, "/appointments")).text == "Nothing in the coming week."


async def test_a_cancellation_whose_answer_is_lost_is_done(chat: Chat) -> None:
    async with Sandbox(speed=20) as sandbox, chat(sandbox, clock=Clock(20)) as telegram:
        starts_at = datetime(2027, 3, 5, 14, 30, tzinfo=AMSTERDAM)
        stored = sandbox.add_appointment(name="x", starts_at=starts_at, ends_at=starts_at + timedelta(minutes=30))
        sandbox.fail_next(Fault.DROP_AFTER_COMMIT, method="DELETE")

        assert "Canceled: Friday 5 March" in (await say(telegram, f"/cancel {stored.id}")).text


async def test_a_stranger_gets_nothing(chat: Chat) -> None:
    async with Sandbox() as sandbox, chat(sandbox, users=frozenset({7})) as telegram:
        for text in ("/appointments", "/book", "/cancel apt_1", "hello"):
            telegram.say(text, person=666)
            assert (await telegram.next()).text == (
                "I am not for everybody. Ask my owner to let you in; your id is 666."
            )
        assert not sandbox.requests
        assert (await say(telegram, "/appointments")).text == "Nothing in the coming week."


async def test_an_unknown_outcome_is_not_called_a_success(chat: Chat) -> None:
    # A key that may not look cannot settle it.
    async with Sandbox(keys={"key-without-reading": {WRITE}}) as sandbox, chat(sandbox) as telegram:
        sandbox.fail_next(Fault.DROP_AFTER_COMMIT, method="POST")
        said = await tap(telegram, await say(telegram, *ANSWERS), "Book")

        assert "I do not know whether it was booked. Do not do it again" in said.text
        # What the question said stands there still.
        assert "Contract extension, Friday 5 March 2027, 14:30 to 15:30" in said.text
        assert len(sandbox.appointments) == 1


async def test_an_unreadable_answer_is_a_booking(chat: Chat) -> None:
    async with Sandbox(keys={"key-without-reading": {WRITE}}) as sandbox, chat(sandbox) as telegram:
        sandbox.fail_next(Fault.MALFORMED_JSON, method="POST")
        said = await tap(telegram, await say(telegram, *ANSWERS), "Book")

        assert "It was booked, but the portal's answer was unreadable." in said.text


async def test_a_limit_is_said_in_seconds(chat: Chat) -> None:
    async with Sandbox() as sandbox, chat(sandbox) as telegram:
        sandbox.fail_next(Fault.TOO_MANY_REQUESTS, retry_after=42)
        said = await tap(telegram, await say(telegram, *ANSWERS), "Book")

        assert "nothing was booked. Try again in 4" in said.text


async def test_the_key_never_comes_into_the_chat_or_the_log(chat: Chat, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with Sandbox() as sandbox, chat(sandbox, api_key="a-very-secret-wrong-key") as telegram:
        booked = await tap(telegram, await say(telegram, *ANSWERS), "Book")
        listed = await say(telegram, "/appointments")

        assert "The portal refused, so nothing was booked" in booked.text
        assert "The portal refused" in listed.text
        assert "401" in caplog.text
        assert "a-very-secret-wrong-key" not in booked.text + listed.text + caplog.text


async def test_a_portal_out_of_reach_books_nothing(chat: Chat) -> None:
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
    chat: Chat, status: int, document: dict[str, Any], booked: str, listed: str
) -> None:
    async with (
        portal_that_answers(status, document) as url,
        chat(api_key="some-key", base_url=url, clock=Clock(200)) as telegram,
    ):
        said = await tap(telegram, await say(telegram, *ANSWERS), "Book")
        assert booked in said.text
        assert listed in (await say(telegram, "/appointments")).text


async def test_stopping_waits_for_the_booking_under_way(chat: Chat) -> None:
    async with Sandbox(speed=10) as sandbox:
        async with chat(sandbox, clock=Clock(10)) as telegram:
            sandbox.fail_next(Fault.SLOW_COMMIT, method="POST", delay=5)
            question = await say(telegram, *ANSWERS)
            busy = await tap(telegram, question, "Book", answers=1)
            assert busy.text.startswith("Booking…")
            while not sandbox.requests:
                await asyncio.sleep(0.005)

        [stored] = sandbox.appointments
        assert stored.id in (await telegram.next()).text


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("today", date(2027, 3, 1)),
        (" Tomorrow ", date(2027, 3, 2)),
        ("5-3", date(2027, 3, 5)),
        ("05/03/2027", date(2027, 3, 5)),
        ("2027-03-05", date(2027, 3, 5)),
        ("28.2", date(2028, 2, 28)),
        ("1-3", date(2027, 3, 1)),
    ],
)
def test_understands_a_day(text: str, day: date) -> None:
    assert words.read_day(text, NOW.date()) == day


@pytest.mark.parametrize("text", ["", "31-2", "29-2", "2027-13-01", "28-2-2027", "1-1-2030", "٥-٣ or so", "5-3-27"])
def test_does_not_guess_a_day(text: str) -> None:
    with pytest.raises(words.NotUnderstoodError):
        words.read_day(text, NOW.date())


@pytest.mark.parametrize(("text", "shown"), [("14:30", "14:30"), ("9", "09:00"), ("9.05", "09:05"), ("23:59", "23:59")])
def test_understands_a_time(text: str, shown: str) -> None:
    assert f"{words.read_start(text, date(2027, 3, 5), NOW, AMSTERDAM):%H:%M}" == shown


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("24:00", date(2027, 3, 5)),
        ("9:60", date(2027, 3, 5)),
        ("2pm", date(2027, 3, 5)),
        ("9:00", date(2027, 3, 1)),
        ("2:30", date(2027, 3, 28)),
        ("2:30", date(2027, 10, 31)),
    ],
)
def test_does_not_guess_a_time(text: str, day: date) -> None:
    with pytest.raises(words.NotUnderstoodError):
        words.read_start(text, day, NOW, AMSTERDAM)


def test_an_end_is_so_many_minutes_later_in_any_night() -> None:
    starts_at = datetime(2027, 3, 28, 1, 30, tzinfo=AMSTERDAM)
    assert words.read_end("60 min", starts_at) == datetime(2027, 3, 28, 3, 30, tzinfo=AMSTERDAM)
    with pytest.raises(words.NotUnderstoodError):
        words.read_end("60", datetime(2027, 10, 31, 1, 30, tzinfo=AMSTERDAM))


async def test_the_demo_ends_well() -> None:
    code, output, errors = await ended("telegram_bot.py", "--demo")

    assert code == 0, errors
    assert output.endswith("Appointments made: 1; requests sent: 5\n")
    assert "Bot:  Booked: Contract extension" in output
    assert not errors


@pytest.mark.parametrize(
    ("arguments", "environment", "missing"),
    [
        (["--sandbox"], {}, "TELEGRAM_BOT_TOKEN is not set"),
        ([], {"TELEGRAM_BOT_TOKEN": "42:x"}, "TELEGRAM_USERS is not set"),
        ([], {"TELEGRAM_BOT_TOKEN": "42:x", "TELEGRAM_USERS": "7, 8"}, "MIJNKLANTPORTAAL_API_KEY is not set"),
        (["--sandbox"], {"TELEGRAM_BOT_TOKEN": "no-token"}, "Token is invalid"),
    ],
)
def test_says_what_is_missing(
    arguments: list[str],
    environment: dict[str, str],
    missing: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("os.environ", environment)

    assert telegram_bot.main(arguments) == 2
    assert missing in capsys.readouterr().err
