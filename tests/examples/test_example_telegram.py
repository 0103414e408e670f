import asyncio
from datetime import datetime, timedelta

import bot_chat
import pytest
from bot_chat import AMSTERDAM, ANSWERS, chat, say, tap

from mijnklantportaal_async import Clock
from mijnklantportaal_async.sandbox import Fault, Sandbox

READ, WRITE = "appointments.read", "appointments.write"


async def test_books_what_was_said() -> None:
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


async def test_a_second_tap_books_nothing() -> None:
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


async def test_the_button_of_an_older_draft_does_not_book_the_newer() -> None:
    async with Sandbox() as sandbox, chat(sandbox) as telegram:
        old = await say(telegram, *ANSWERS)
        new = await say(telegram, "/book", "Another one", "6-3", "10", "30", "Kim", "kim@example.nl")
        await tap(telegram, old, "Book", answers=0)
        while not telegram.taps_answered:
            await asyncio.sleep(0.005)
        assert telegram.taps_answered == ["This button has been used."]

        await tap(telegram, new, "Book")
        assert telegram.taps_answered[1:] == [""]
        assert [stored.name for stored in sandbox.appointments] == ["Another one"]


async def test_books_once_when_the_answer_is_lost() -> None:
    async with Sandbox() as sandbox, chat(sandbox) as telegram:
        sandbox.fail_next(Fault.DROP_AFTER_COMMIT, method="POST")
        said = await tap(telegram, await say(telegram, *ANSWERS), "Book")

        [stored] = sandbox.appointments
        assert stored.id in said.text


async def test_books_although_telegram_refuses_to_end_the_wheel() -> None:
    async with Sandbox() as sandbox, chat(sandbox) as telegram:
        question = await say(telegram, *ANSWERS)
        telegram.refused_methods |= {"answerCallbackQuery", "editMessageText"}
        said = await tap(telegram, question, "Book")

        # What cannot be rewritten is said anew.
        assert (said.text.startswith("Booked"), said.rewritten) == (True, False)
        assert len(sandbox.appointments) == 1


async def test_nothing_is_booked_without_a_tap() -> None:
    async with Sandbox() as sandbox, chat(sandbox) as telegram:
        discarded = await tap(telegram, await say(telegram, *ANSWERS), "Discard", answers=1)
        assert discarded.text == "Discarded. Nothing was booked."
        stopped = await say(telegram, "/book", "Contract extension", "/cancel")
        assert stopped.text == "Stopped. Nothing was booked."
        assert "/book makes an appointment" in (await say(telegram, "5-3")).text
        assert not sandbox.requests


async def test_asks_again_for_what_it_did_not_understand() -> None:
    async with Sandbox() as sandbox, chat(sandbox) as telegram:
        assert "I do not know that day" in (await say(telegram, *ANSWERS[:2], "someday")).text
        assert "I do not know that time" in (await say(telegram, "28-3", "half three")).text
        assert "clock is changed" in (await say(telegram, "02:30")).text
        assert "5 to 480" in (await say(telegram, "14:30", "long")).text
        assert "not an e-mail address" in (await say(telegram, "60", "Sam\nde Vries", "sam at example")).text
        question = await say(telegram, "sam@example.nl")

        assert "Sunday 28 March 2027, 14:30 to 15:30\nwith Sam de Vries," in question.text
        assert not sandbox.requests


async def test_lists_the_coming_week_and_cancels() -> None:
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
        assert (await say(telegram, f"/cancel {stored.id}")).text.startswith("It cannot be canceled")
        assert (await say(telegram, "/cancel apt_nobody")).text == "The calendar does not know that number."
        assert "not a number of an appointment" in (await say(telegram, "/cancel a b")).text
        assert (await say(telegram, "/appointments")).text == "Nothing in the coming week."


async def test_a_stranger_gets_nothing() -> None:
    async with Sandbox() as sandbox, chat(sandbox, users=frozenset({7})) as telegram:
        for text in ("/appointments", "/book", "/cancel apt_1", "hello"):
            telegram.say(text, person=666)
            assert (await telegram.next()).text == (
                "I am not for everybody. Ask my owner to let you in; your id is 666."
            )
        assert not sandbox.requests
        assert (await say(telegram, "/appointments")).text == "Nothing in the coming week."


async def test_stopping_waits_for_the_booking_under_way() -> None:
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


def test_the_demo_ends_well(capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> None:
    """In this process, which has the bot's libraries imported by now: that takes seconds."""
    assert bot_chat.telegram_bot.main(["--demo"]) == 0

    output = capsys.readouterr().out
    assert output.endswith("Appointments made: 1; requests sent: 5\n")
    assert "Bot:  Booked: Contract extension" in output
    # What the package looked up is a warning of its own; nothing else may be there.
    said = [record.getMessage() for record in caplog.records if record.levelname != "DEBUG"]
    assert said
    assert all("OutcomeReconciled" in line for line in said), said


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

    assert bot_chat.telegram_bot.main(arguments) == 2
    assert missing in capsys.readouterr().err
