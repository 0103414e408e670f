"""A chat with the bot of the example, over a stand-in of Telegram."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from example_files import Example

from mijnklantportaal_async import PortalSession
from mijnklantportaal_async.sandbox import Sandbox

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
NOW = datetime(2027, 3, 1, 9, 0, tzinfo=AMSTERDAM)
"""What the bot takes for now."""
ANSWERS = ("/book", "Contract extension", "5-3", "14:30", "60", "Sam de Vries", "sam@example.nl")

telegram_bot = Example("telegram_bot")
stand_in = Example("telegram_bot_stand_in")


@asynccontextmanager
async def chat(
    sandbox: Sandbox | None = None, *, users: frozenset[int] | None = None, **settings: Any
) -> AsyncGenerator[Any]:
    """The stand-in, while the bot polls it; the bot's session has these settings."""
    if sandbox is not None:
        settings = {"api_key": sandbox.api_key, "base_url": sandbox.url} | settings
    portal = PortalSession(**settings)
    dispatcher = telegram_bot.create_dispatcher(portal, users=users, now=lambda: NOW)
    async with stand_in.TelegramStandIn() as telegram:
        polling = asyncio.create_task(dispatcher.start_polling(telegram.bot(), handle_signals=False, polling_timeout=5))
        try:
            yield telegram
        finally:
            await dispatcher.stop_polling()
            await polling
    assert "closed" in repr(portal)


async def say(telegram: Any, *texts: str) -> Any:
    """Says them one by one; the last answer."""
    said = None
    for text in texts:
        telegram.say(text)
        said = await telegram.next()
    assert said is not None
    return said


async def tap(telegram: Any, question: Any, caption: str, *, answers: int = 2) -> Any:
    """Taps a button; the last of so many answers."""
    telegram.tap(question, caption)
    said = None
    for _ in range(answers):
        said = await telegram.next()
    return said
