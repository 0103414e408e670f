"""A stand-in of Telegram's Bot API in this process, with one person who chats. For `--demo` and the tests.

Source: https://core.telegram.org/bots/api
"""

import asyncio
import json
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

import attrs
from aiogram import Bot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiohttp import web

TOKEN = "42:a-token-that-is-only-good-here"  # noqa: S105 - opens nothing
PERSON_ID = 7


@attrs.frozen(kw_only=True)
class Said:
    """Something that the bot wrote."""

    message_id: int
    text: str
    buttons: Mapping[str, str]
    """Caption -> data of the buttons below it."""
    rewritten: bool = False
    """Whether it replaces what the bot wrote before under this number."""
    raw: dict[str, Any] = attrs.field(factory=dict[str, Any], repr=False)
    """The message as Telegram shows it to bots."""


class LoopbackSession(AiohttpSession):
    """aiogram's own, which waits a quarter of a second for TLS to end; there is none here."""

    async def close(self) -> None:
        """Closes the connections."""
        if self._session is not None:
            await self._session.close()


class TelegramStandIn:
    """Telegram with one bot and one person, on a real socket."""

    def __init__(self) -> None:
        self.methods: list[str] = []
        self.taps_answered: list[str] = []
        self.refused_methods: set[str] = set()
        self.url = ""
        self._said: asyncio.Queue[Said] = asyncio.Queue()
        self._updates: list[dict[str, Any]] = []
        self._new_update = asyncio.Event()
        self._numbers = iter(range(1, 1_000_000))
        application = web.Application()
        application.router.add_post("/bot{token}/{method}", self._answer)
        self._runner = web.AppRunner(application, shutdown_timeout=0.01)

    async def __aenter__(self) -> Self:
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._runner.cleanup()

    def bot(self) -> Bot:
        """A bot that talks to this stand-in."""
        return Bot(TOKEN, session=LoopbackSession(api=TelegramAPIServer.from_base(self.url)))

    def say(self, text: str, *, person: int = PERSON_ID) -> None:
        """The person writes."""
        length = len(text.split()[0]) if text.startswith("/") else 0
        command = [{"type": "bot_command", "offset": 0, "length": length}] if length else []
        self._add("message", {**self._message(text, person), "from": _person(person), "entities": command})

    def tap(self, said: Said, caption: str) -> None:
        """The person taps a button."""
        data = said.buttons[caption]
        tap = {"id": str(next(self._numbers)), "from": _person(PERSON_ID), "chat_instance": "1", "data": data}
        self._add("callback_query", {**tap, "message": said.raw})

    async def next(self, seconds: float = 20.0) -> Said:
        """What the bot writes next.

        Raises:
            TimeoutError: It wrote nothing.
        """
        async with asyncio.timeout(seconds):
            return await self._said.get()

    @property
    def unread(self) -> int:
        """How many messages of the bot nobody has read."""
        return self._said.qsize()

    def _add(self, kind: str, content: dict[str, Any]) -> None:
        self._updates.append({"update_id": next(self._numbers), kind: content})
        self._new_update.set()

    def _message(self, text: str, chat: int) -> dict[str, Any]:
        where = {"id": chat, "type": "private", "first_name": "Sam"}
        return {"message_id": next(self._numbers), "date": int(time.time()), "chat": where, "text": text}

    async def _answer(self, request: web.Request) -> web.Response:
        method = request.match_info["method"]
        fields = {key: str(value) for key, value in (await request.post()).items()}
        self.methods.append(method)
        if request.match_info["token"] != TOKEN or method in self.refused_methods:
            return web.json_response({"ok": False, "error_code": 400, "description": "Bad Request"}, status=400)
        match method:
            case "getMe":
                result: Any = {"id": 42, "is_bot": True, "first_name": "Booking", "username": "booking_bot"}
            case "getUpdates":
                result = await self._updates_from(int(fields.get("offset", 0)), float(fields.get("timeout", 0)))
            case "sendMessage" | "editMessageText":
                result = self._take_message(fields, rewritten=method == "editMessageText")
            case "answerCallbackQuery":
                self.taps_answered.append(fields.get("text", ""))
                result = True
            case _:
                return web.json_response({"ok": False, "error_code": 404, "description": "Not Found"}, status=404)
        return web.json_response({"ok": True, "result": result})

    async def _updates_from(self, offset: int, seconds: float) -> list[dict[str, Any]]:
        # An offset acknowledges all updates before it.
        self._updates = [update for update in self._updates if update["update_id"] >= offset]
        if not self._updates:
            self._new_update.clear()
            try:
                async with asyncio.timeout(seconds):
                    await self._new_update.wait()
            except TimeoutError:
                return []
        return self._updates

    def _take_message(self, fields: Mapping[str, str], *, rewritten: bool) -> dict[str, Any]:
        message = self._message(fields["text"], int(fields["chat_id"]))
        if rewritten:
            message["message_id"] = int(fields["message_id"])
        rows = json.loads(fields.get("reply_markup", "{}")).get("inline_keyboard", ())
        buttons = {button["text"]: button["callback_data"] for row in rows for button in row}
        number, text = message["message_id"], message["text"]
        self._said.put_nowait(Said(message_id=number, text=text, buttons=buttons, rewritten=rewritten, raw=message))
        return message


def _person(number: int) -> dict[str, Any]:
    return {"id": number, "is_bot": False, "first_name": "Sam"}
