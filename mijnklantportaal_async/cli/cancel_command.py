"""`mijnklantportaal cancel`: shows an appointment, asks, and cancels it."""

import asyncio

from mijnklantportaal_async.cli import prompts
from mijnklantportaal_async.cli.appointment_view import appointment_card
from mijnklantportaal_async.cli.connection import OpenPortal, open_portal
from mijnklantportaal_async.cli.exit_codes import ExitCode
from mijnklantportaal_async.cli.failures import CommandError
from mijnklantportaal_async.cli.options import Connection
from mijnklantportaal_async.cli.terminal import Terminal
from mijnklantportaal_async.models.appointments import AppointmentStatus
from mijnklantportaal_async.texts.words import sentence, told_by, words


def cancel(connection: Connection, terminal: Terminal, appointment_id: str, *, yes: bool) -> ExitCode:
    """Cancels an appointment.

    Args:
        connection: Which portal.
        terminal: Where to show it.
        appointment_id: `apt_...`.
        yes: Do not ask.
    """
    if not yes and not prompts.somebody_is_there():
        raise CommandError(
            words("Nobody is there to ask; say --yes to cancel without a question. Nothing was changed.")
        )
    return asyncio.run(_cancel(connection, terminal, appointment_id, yes))


async def _cancel(connection: Connection, terminal: Terminal, appointment_id: str, yes: bool) -> ExitCode:
    async with open_portal(connection, terminal) as opened:
        try:
            appointment = await opened.portal.get_appointment(appointment_id)
        except ValueError as error:
            raise CommandError(sentence(told_by(error))) from error
        terminal.show(appointment_card(appointment, opened.zone))
        if appointment.status == AppointmentStatus.CANCELED:
            terminal.say(words("It is canceled already."))
            return ExitCode.DONE
        if not yes and not prompts.agrees(terminal, words("Cancel this appointment?")):
            terminal.say(words("It stays as it is."))
            return ExitCode.SOME_FAILED
        await _carry_out(opened, terminal, appointment_id)
        return ExitCode.DONE


async def _carry_out(opened: OpenPortal, terminal: Terminal, appointment_id: str) -> None:
    try:
        await opened.portal.cancel_appointment(appointment_id)
    except asyncio.CancelledError:
        terminal.say(
            words(
                "Whether {appointment_id} is canceled is not known; giving the command again is safe.",
                appointment_id=appointment_id,
            ),
            "yellow",
        )
        raise
    terminal.say(words("Canceled."), "bold green")
