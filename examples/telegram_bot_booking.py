"""The conversation of /book: what, day, time, how long, with whom; then one tap. Part of `telegram_bot.py`."""

import asyncio
import contextlib
import secrets
from collections.abc import Callable
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from aiogram import F, Router
from aiogram.exceptions import TelegramAPIError
from aiogram.filters import Command, StateFilter
from aiogram.fsm.context import FSMContext
from aiogram.fsm.state import State, StatesGroup
from aiogram.types import CallbackQuery, InlineKeyboardButton, InlineKeyboardMarkup, Message
from endings import Owner
from telegram_bot_words import (
    HOW_TO_CORRECT,
    NotUnderstoodError,
    how_to_correct,
    read_day,
    read_end,
    read_start,
    show_span,
    words_for,
)

from mijnklantportaal_async import NewAppointment, PortalSession

BUSY = "Booking… If this message does not change within a minute, look with /appointments before you book again."


class Booking(StatesGroup):
    """What the bot has asked for and waits to hear."""

    subject = State()
    day = State()
    time = State()
    length = State()
    name = State()
    email = State()
    confirmation = State()


def booking_router() -> Router:
    router = Router(name="booking")
    router.message.register(begin, Command("book"))
    for state, answer in (
        (Booking.subject, take_subject),
        (Booking.day, take_day),
        (Booking.time, take_time),
        (Booking.length, take_length),
        (Booking.name, take_name),
        (Booking.email, take_email),
    ):
        # A command is never an answer: it goes on to the handler of its own.
        router.message.register(answer, state, F.text, ~F.text.startswith("/"))
    router.callback_query.register(confirm, Booking.confirmation, F.data.startswith("book:"))
    router.callback_query.register(discard, Booking.confirmation, F.data.startswith("discard:"))
    router.callback_query.register(refuse_old_button, StateFilter("*"))
    return router


async def begin(message: Message, state: FSMContext) -> None:
    await state.clear()
    await state.set_state(Booking.subject)
    await message.answer("What is it about? (/cancel stops this)")


async def take_subject(message: Message, state: FSMContext) -> None:
    await state.update_data(subject=on_one_line(message.text))
    await state.set_state(Booking.day)
    await message.answer("On which day? Such as tomorrow, 5-3 or 2027-03-05.")


async def take_day(message: Message, state: FSMContext, zone: ZoneInfo, now: Callable[[], datetime]) -> None:
    try:
        day = read_day(message.text or "", now().astimezone(zone).date())
    except NotUnderstoodError as error:
        await message.answer(str(error))
        return
    await state.update_data(day=day.isoformat())
    await state.set_state(Booking.time)
    await message.answer(f"{day:%A} {day.day} {day:%B}. At what time? Such as 14:30.")


async def take_time(message: Message, state: FSMContext, zone: ZoneInfo, now: Callable[[], datetime]) -> None:
    day = date.fromisoformat((await state.get_data())["day"])
    try:
        starts_at = read_start(message.text or "", day, now(), zone)
    except NotUnderstoodError as error:
        await message.answer(str(error))
        return
    await state.update_data(starts_at=starts_at.isoformat())
    await state.set_state(Booking.length)
    await message.answer("How many minutes?")


async def take_length(message: Message, state: FSMContext, zone: ZoneInfo) -> None:
    starts_at = datetime.fromisoformat((await state.get_data())["starts_at"]).astimezone(zone)
    try:
        ends_at = read_end(message.text or "", starts_at)
    except NotUnderstoodError as error:
        await message.answer(str(error))
        return
    await state.update_data(ends_at=ends_at.isoformat())
    await state.set_state(Booking.name)
    await message.answer("With whom? Their name, please.")


async def take_name(message: Message, state: FSMContext) -> None:
    await state.update_data(name=on_one_line(message.text))
    await state.set_state(Booking.email)
    await message.answer("And their e-mail address?")


async def take_email(message: Message, state: FSMContext, zone: ZoneInfo) -> None:
    data = await state.update_data(email=on_one_line(message.text))
    try:
        # The package checks all that was said. Its texts are for programmers, so the bot has words of its own.
        request = as_request(data, zone)
    except ValueError as error:
        await message.answer(f"{how_to_correct(error)} Their e-mail address again, or /book to begin anew.")
        return
    draft = secrets.token_hex(4)
    await state.update_data(draft=draft)
    await state.set_state(Booking.confirmation)
    await message.answer(
        f"{request.name}\n{show_span(request.starts_at, request.ends_at, zone)}\n"
        f"with {request.attendee_name}, {request.attendee_email}\n\nShall I book it?",
        reply_markup=InlineKeyboardMarkup(
            inline_keyboard=[
                [
                    InlineKeyboardButton(text="Book", callback_data=f"book:{draft}"),
                    InlineKeyboardButton(text="Discard", callback_data=f"discard:{draft}"),
                ]
            ]
        ),
    )


async def confirm(
    callback: CallbackQuery, state: FSMContext, portal: PortalSession, zone: ZoneInfo, owner: Owner
) -> None:
    data = await state.get_data()
    if callback.data != f"book:{data['draft']}":
        await refuse_old_button(callback)
        return
    # Left before the call: a second tap finds nothing that it could book. Taps come one by one (SimpleEventIsolation).
    await state.clear()
    request = as_request(data, zone)
    when = show_span(request.starts_at, request.ends_at, zone)
    asked_for = f"a booking for {when}"
    await answer_tap(callback)
    await rewrite(callback, BUSY)
    try:
        appointment = await portal.schedule_appointment(
            name=request.name,
            starts_at=request.starts_at,
            ends_at=request.ends_at,
            attendee_name=request.attendee_name,
            attendee_email=request.attendee_email,
        )
    except asyncio.CancelledError as error:
        # The bot was ended by force; something may have been sent.
        owner.hears_of(error, asked_for, {"chat": callback.from_user.id})
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, the person gets an honest answer
        ending = owner.hears_of(error, asked_for, {"chat": callback.from_user.id}, typed=HOW_TO_CORRECT)
        await rewrite(callback, f"{request.name}, {when}:\n{words_for(ending, 'booked', error)}")
    else:
        when = show_span(appointment.starts_at, appointment.ends_at, zone)
        await rewrite(callback, f"Booked: {request.name}, {when}.\nIts number is {appointment.id}.")


async def discard(callback: CallbackQuery, state: FSMContext) -> None:
    await state.clear()
    await answer_tap(callback)
    await rewrite(callback, "Discarded. Nothing was booked.")


async def refuse_old_button(callback: CallbackQuery) -> None:
    await answer_tap(callback, "This button has been used.")


def as_request(data: dict[str, Any], zone: ZoneInfo) -> NewAppointment:
    """What was said, as a request.

    Raises:
        ValueError: Something in it cannot be right.
    """
    return NewAppointment(
        name=data["subject"],
        starts_at=datetime.fromisoformat(data["starts_at"]).astimezone(zone),
        ends_at=datetime.fromisoformat(data["ends_at"]).astimezone(zone),
        attendee_name=data["name"],
        attendee_email=data["email"],
    )


def on_one_line(text: str | None) -> str:
    """What a person wrote, without line breaks, and no longer than the portal takes."""
    return " ".join((text or "").split())[:255]


async def answer_tap(callback: CallbackQuery, text: str | None = None) -> None:
    """Ends the turning wheel on the button."""
    # Telegram refuses after some time; what the tap was for matters more.
    with contextlib.suppress(TelegramAPIError):
        await callback.answer(text)


async def rewrite(callback: CallbackQuery, text: str) -> None:
    """Puts a text in the place of the question and its buttons; as a new message where that fails."""
    if not isinstance(callback.message, Message):
        return
    try:
        await callback.message.edit_text(text)
    except TelegramAPIError:
        with contextlib.suppress(TelegramAPIError):
            await callback.message.answer(text)
