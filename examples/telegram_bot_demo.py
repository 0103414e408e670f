"""A scripted chat with the bot, with stand-ins of Telegram and of the portal. Part of `telegram_bot.py`."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Protocol

from aiogram import Dispatcher
from telegram_bot_stand_in import Said, TelegramStandIn

from mijnklantportaal_async import PortalSession
from mijnklantportaal_async.sandbox import Fault, Sandbox

ANSWERS: Sequence[str] = ("/book", "Contract extension", "tomorrow", "14:30", "60", "Sam de Vries", "sam@example.nl")


class CreateDispatcher(Protocol):
    """`telegram_bot.create_dispatcher`."""

    def __call__(self, portal: PortalSession, *, users: None) -> Dispatcher:
        """The bot without its token."""
        ...


async def run_demo(create_dispatcher: CreateDispatcher) -> None:
    """Prints a chat in which the line breaks in the middle of a booking."""
    async with Sandbox() as sandbox, TelegramStandIn() as telegram:
        portal = PortalSession(api_key=sandbox.api_key, base_url=sandbox.url)
        dispatcher = create_dispatcher(portal, users=None)
        polling = asyncio.create_task(dispatcher.start_polling(telegram.bot(), handle_signals=False))  # pyright: ignore[reportUnknownMemberType]
        try:
            said = await _chat(telegram, ANSWERS)
            print("Sam:  taps [Book] twice, and the line to the portal breaks after it has booked")
            sandbox.fail_next(Fault.DROP_AFTER_COMMIT, method="POST")
            telegram.tap(said, "Book")
            telegram.tap(said, "Book")
            for _ in range(2):
                said = _show(await telegram.next())
            number = said.text.split()[-1].rstrip(".")
            await _chat(telegram, ["/appointments", f"/cancel {number}", f"/cancel {number}"])
        finally:
            await dispatcher.stop_polling()
            await polling
        made = len(sandbox.appointments)
        print(f"\nAppointments made: {made}; requests sent: {len(sandbox.requests)}")
        if made != 1 or sandbox.appointments[0].ends_at - sandbox.appointments[0].starts_at != timedelta(hours=1):
            raise RuntimeError("the demo did not end as it should")


async def _chat(telegram: TelegramStandIn, texts: Sequence[str]) -> Said:
    said = None
    for text in texts:
        print(f"Sam:  {text}")
        telegram.say(text)
        said = _show(await telegram.next())
    if said is None:
        raise ValueError("nothing to say")
    return said


def _show(said: Said) -> Said:
    lines = [*said.text.splitlines(), "  ".join(f"[{caption}]" for caption in said.buttons)]
    print("Bot:  " + "\n      ".join(line for line in lines if line))
    return said
