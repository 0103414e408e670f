"""`mijnklantportaal list`: the appointments of some days."""

import asyncio

from mijnklantportaal_async.cli.appointment_view import appointment_table, as_json
from mijnklantportaal_async.cli.connection import open_portal, zone_of
from mijnklantportaal_async.cli.exit_codes import ExitCode
from mijnklantportaal_async.cli.failures import CommandError
from mijnklantportaal_async.cli.json_output import show_json
from mijnklantportaal_async.cli.options import Connection
from mijnklantportaal_async.cli.run_report import in_number
from mijnklantportaal_async.cli.terminal import Terminal
from mijnklantportaal_async.files.moments import read_moment


def list_appointments(
    connection: Connection, terminal: Terminal, *, start_at: str | None, days: int, as_data: bool
) -> ExitCode:
    """Shows the appointments of some days.

    Args:
        connection: Which portal.
        terminal: Where to show them.
        start_at: The beginning as a person writes it; now when left out.
        days: How many days.
        as_data: Print JSON.
    """
    return asyncio.run(_list(connection, terminal, start_at, days, as_data))


async def _list(connection: Connection, terminal: Terminal, start_at: str | None, days: int, as_data: bool) -> ExitCode:
    zone = zone_of(connection)
    try:
        begins = None if start_at is None else read_moment(start_at, zone, "--start-at", midnight=True)
    except ValueError as error:
        raise CommandError(f"--start-at: {str(error).removeprefix('--start-at: ')}.") from error
    async with open_portal(connection, terminal) as opened:
        appointments = await opened.portal.list_appointments(start_at=begins, days=days)
        if as_data:
            show_json(terminal, [as_json(item) for item in sorted(appointments, key=lambda item: item.starts_at)])
            return ExitCode.DONE
        if appointments:
            terminal.show(appointment_table(appointments, zone))
        since = "now" if begins is None else f"{begins:%a %d-%m-%Y %H:%M}"
        terminal.say(f"{in_number(len(appointments), 'appointment')} in {in_number(days, 'day')} from {since}.")
        return ExitCode.DONE
