"""A Telegram bot that books: /book, /appointments, /cancel.

    python examples/telegram_bot.py --demo           # a scripted chat with a stand-in of Telegram and of the portal
    python examples/telegram_bot.py --sandbox        # real Telegram (TELEGRAM_BOT_TOKEN), embedded portal
    python examples/telegram_bot.py                  # and your portal: MIJNKLANTPORTAAL_API_KEY, TELEGRAM_USERS

TELEGRAM_USERS lists the ids of those who may use it, with commas: whoever finds a bot can write to it.
"""

import argparse
import asyncio
import logging
import os
import sys
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from aiogram import BaseMiddleware, Bot, Dispatcher, Router
from aiogram.exceptions import TelegramAPIError
from aiogram.filters import Command, CommandObject, Filter
from aiogram.fsm.context import FSMContext
from aiogram.fsm.storage.memory import SimpleEventIsolation
from aiogram.types import Message, TelegramObject
from aiogram.utils.token import TokenValidationError
from endings import Owner
from telegram_bot_booking import booking_router
from telegram_bot_words import show_appointments, show_span, words_for

from mijnklantportaal_async import ConflictError, MijnKlantportaalError, NotFoundError, PortalSession, Timeouts

OFFICE_ZONE = ZoneInfo("Europe/Amsterdam")
CHAT_TIMEOUTS = Timeouts(queue=10, attempt=10, call=30)
HELP = "/book makes an appointment, /appointments shows the coming week, /cancel with a number cancels one."


class HandlersUnderWay(BaseMiddleware):
    """Knows the handlers that run: aiogram stops without waiting for them."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()

    async def __call__(
        self,
        handler: Callable[[TelegramObject, dict[str, Any]], Awaitable[Any]],
        event: TelegramObject,
        data: dict[str, Any],
    ) -> Any:
        """Runs a handler."""
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - a middleware always runs in a task
        self._tasks.add(task)
        try:
            return await handler(event, data)
        finally:
            self._tasks.discard(task)

    async def finish(self) -> None:
        """Waits for them; each booking ends within its timeouts."""
        while self._tasks:
            await asyncio.wait(self._tasks)


class IsStranger(Filter):
    """Whether somebody writes who may not use the bot."""

    def __init__(self, users: Collection[int]) -> None:
        self._users = users

    async def __call__(self, message: Message) -> bool:
        """Judges a message."""
        return message.from_user is None or message.from_user.id not in self._users


def calendar_router() -> Router:
    router = Router(name="calendar")
    router.message.register(list_week, Command("appointments"))
    router.message.register(cancel, Command("cancel"))
    router.message.register(say_help)
    return router


async def list_week(message: Message, portal: PortalSession, zone: ZoneInfo, owner: Owner) -> None:
    try:
        appointments = await portal.list_appointments(days=7)
    except MijnKlantportaalError as error:
        ending = owner.hears_of(error, "a list of the week", {"chat": message.chat.id}, reads=True)
        await message.answer(words_for(ending, "read", error))
    else:
        await message.answer(show_appointments(appointments, zone))


async def cancel(
    message: Message,
    command: CommandObject,
    state: FSMContext,
    portal: PortalSession,
    zone: ZoneInfo,
    owner: Owner,
) -> None:
    number = (command.args or "").strip()
    if not number:
        stopped = await state.get_state() is not None
        await state.clear()
        await message.answer("Stopped. Nothing was booked." if stopped else "Which one? /appointments has the numbers.")
        return
    try:
        appointment = await portal.cancel_appointment(number)
    except ValueError:
        await message.answer("That is not a number of an appointment. /appointments has them.")
    except NotFoundError:
        await message.answer("The calendar does not know that number.")
    except ConflictError:
        await message.answer("It cannot be canceled; perhaps it was before. /appointments shows what stands.")
    except MijnKlantportaalError as error:
        ending = owner.hears_of(error, f"canceling {number!r}", {"chat": message.chat.id})
        await message.answer(words_for(ending, "canceled", error))
    else:
        await message.answer(f"Canceled: {show_span(appointment.starts_at, appointment.ends_at, zone)}.")


async def say_help(message: Message) -> None:
    await message.answer(HELP)


async def refuse_stranger(message: Message) -> None:
    who = f"; your id is {message.from_user.id}" if message.from_user else ""
    await message.answer(f"I am not for everybody. Ask my owner to let you in{who}.")


def create_dispatcher(
    portal: PortalSession,
    *,
    users: Collection[int] | None,
    zone: ZoneInfo = OFFICE_ZONE,
    now: Callable[[], datetime] | None = None,
    owner: Owner | None = None,
) -> Dispatcher:
    """The bot without its token.

    Args:
        portal: Serves all chats; closed when the polling ends.
        users: The ids of those who may use it; None for everybody.
        zone: Whose wall time the chats speak.
        now: The time, for tests.
        owner: Who hears of what nobody in a chat can mend.
    """
    # One update of a chat after another, so that two taps on a button cannot both find the draft.
    dispatcher = Dispatcher(events_isolation=SimpleEventIsolation())
    dispatcher["portal"] = portal.with_options(timeouts=CHAT_TIMEOUTS)
    dispatcher["zone"] = zone
    dispatcher["owner"] = owner or Owner()
    dispatcher["now"] = now or (lambda: datetime.now(zone))
    under_way = HandlersUnderWay()
    dispatcher.update.outer_middleware(under_way)
    if users is not None:
        strangers = Router(name="strangers")
        strangers.message.register(refuse_stranger, IsStranger(users))
        dispatcher.include_router(strangers)
    dispatcher.include_routers(booking_router(), calendar_router())

    async def close() -> None:
        await under_way.finish()
        await portal.aclose()

    dispatcher.shutdown.register(close)
    return dispatcher


def read_users(environment: Mapping[str, str]) -> frozenset[int]:
    """The ids in TELEGRAM_USERS.

    Raises:
        ValueError: One of them is no number.
    """
    return frozenset(int(part) for part in environment.get("TELEGRAM_USERS", "").replace(",", " ").split())


async def run(environment: Mapping[str, str], *, use_sandbox: bool) -> None:
    """Polls Telegram until Ctrl-C.

    Raises:
        ValueError: A setting is missing or cannot be right.
    """
    token, users = environment.get("TELEGRAM_BOT_TOKEN", ""), read_users(environment)
    if not token:
        raise ValueError("TELEGRAM_BOT_TOKEN is not set; @BotFather gives you one. Or try --demo")
    if not users and not use_sandbox:
        raise ValueError("TELEGRAM_USERS is not set: anybody could read your calendar")
    async with AsyncExitStack() as stack:
        if use_sandbox:
            from mijnklantportaal_async.sandbox import Sandbox  # only here: your bot needs no sandbox

            sandbox = await stack.enter_async_context(Sandbox())
            print(f"Calendar of the sandbox: {sandbox.page_url}", flush=True)
            portal = PortalSession(api_key=sandbox.api_key, base_url=sandbox.url)
        else:
            portal = PortalSession.from_env(environment)
        async with Bot(token) as bot, portal:
            await create_dispatcher(portal, users=users or None).start_polling(bot)  # pyright: ignore[reportUnknownMemberType]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="A Telegram bot that books.")
    parser.add_argument("--sandbox", action="store_true", help="book in an embedded portal; nothing real happens")
    parser.add_argument("--demo", action="store_true", help="a scripted chat; needs no Telegram and no portal")
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    try:
        if options.demo:
            from telegram_bot_demo import run_demo

            asyncio.run(run_demo(create_dispatcher))
        else:
            asyncio.run(run(os.environ, use_sandbox=options.sandbox))
    except KeyboardInterrupt:
        return 0
    except (ValueError, TokenValidationError, TelegramAPIError) as error:
        print(f"Cannot start: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
