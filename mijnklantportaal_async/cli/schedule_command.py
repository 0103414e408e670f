"""`mijnklantportaal schedule`: puts one appointment into the calendar."""

import asyncio
from collections.abc import Mapping

from mijnklantportaal_async.cli.appointment_view import appointment_card, as_json
from mijnklantportaal_async.cli.connection import open_portal, zone_of
from mijnklantportaal_async.cli.exit_codes import ExitCode
from mijnklantportaal_async.cli.failures import CommandError
from mijnklantportaal_async.cli.interruption import Interruption, listening
from mijnklantportaal_async.cli.json_output import show_json
from mijnklantportaal_async.cli.options import Connection
from mijnklantportaal_async.cli.row_results import Account
from mijnklantportaal_async.cli.run_report import exit_code_for
from mijnklantportaal_async.cli.scheduling_run import schedule_rows
from mijnklantportaal_async.cli.terminal import Terminal
from mijnklantportaal_async.cli.time_warnings import said_afterwards
from mijnklantportaal_async.files.appointments.manner import Manner
from mijnklantportaal_async.files.appointments.rows import read_row
from mijnklantportaal_async.files.appointments.vocabulary import Field
from mijnklantportaal_async.files.durations import Unit
from mijnklantportaal_async.files.records import LeftOut, Record, Row
from mijnklantportaal_async.models.appointments import NewAppointment


def schedule(
    connection: Connection, terminal: Terminal, cells: Mapping[Field, str | None], *, grace: float, as_data: bool
) -> ExitCode:
    """Schedules one appointment.

    Args:
        connection: Which portal.
        terminal: Where to say it.
        cells: What the options say.
        grace: Seconds to learn the outcome after Ctrl-C.
        as_data: Print JSON.
    """
    row = _read(connection, cells)
    return asyncio.run(_schedule(connection, terminal, row, grace, as_data))


def _read(connection: Connection, cells: Mapping[Field, str | None]) -> Row[NewAppointment]:
    headers = {field: f"--{field.replace('_', '-')}" for field in cells}
    record = Record(line=1, cells={headers[field]: text for field, text in cells.items() if text is not None})
    row = read_row(record, Manner(headers=headers, zone=zone_of(connection), unit=Unit.MINUTES))
    if isinstance(row, Row):
        return row
    if isinstance(row, LeftOut):
        raise CommandError(f"{row.title!r} is {row.reason}. Nothing was sent.")
    raise CommandError(
        "\n".join(
            f"{problem.column} {problem.value!r}: {problem.message}."
            if problem.value
            else f"{problem.column or 'the appointment'}: {problem.message}."
            for problem in row
        )
        + "\nNothing was sent."
    )


async def _schedule(
    connection: Connection, terminal: Terminal, row: Row[NewAppointment], grace: float, as_data: bool
) -> ExitCode:
    interruption = Interruption()
    account = Account((row,), lambda _: None)

    def tell_stopping(_: str) -> None:
        if interruption.stop_asked.is_set():
            terminal.say("Stopping: finding out what became of it. Press Ctrl-C again to end at once.", "yellow")

    async with open_portal(connection, terminal) as opened:
        with said_afterwards(terminal), listening(interruption):
            # As a run of one row: Ctrl-C is answered as carefully as in a run of thousands.
            await schedule_rows(
                opened.portal,
                account,
                concurrency=1,
                grace=grace,
                interruption=interruption,
                tell_stopping=tell_stopping,
            )
        result = account.results[0]
        if result.appointment is None:
            terminal.fail(f"{result.reason} ({result.outcome})")
        elif as_data:
            show_json(terminal, as_json(result.appointment))
        else:
            terminal.say(f"Scheduled: {row.new.name}", "bold green")
            terminal.show(appointment_card(result.appointment, opened.zone))
        opened.keep_open = opened.keep_open and interruption.exit_code is None
        return exit_code_for(account.results, interruption.exit_code)
