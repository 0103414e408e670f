"""`mijnklantportaal schedule`: puts one appointment into the calendar."""

import asyncio
import json
from collections.abc import Mapping

from mijnklantportaal_async.appointment_files.columns import Field
from mijnklantportaal_async.appointment_files.records import Record, Row
from mijnklantportaal_async.appointment_files.rows import read_row
from mijnklantportaal_async.cli.appointment_view import appointment_card, as_json
from mijnklantportaal_async.cli.connection import open_portal, zone_of
from mijnklantportaal_async.cli.exit_codes import ExitCode
from mijnklantportaal_async.cli.failures import CommandError, exit_code_of
from mijnklantportaal_async.cli.interruption import Interruption, listening
from mijnklantportaal_async.cli.options import Connection
from mijnklantportaal_async.cli.row_results import Account, RowOutcome
from mijnklantportaal_async.cli.scheduling_run import schedule_rows
from mijnklantportaal_async.cli.terminal import Terminal


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


def _read(connection: Connection, cells: Mapping[Field, str | None]) -> Row:
    headers = {field: f"--{field.replace('_', '-')}" for field in cells}
    record = Record(line=1, cells={headers[field]: text for field, text in cells.items() if text is not None})
    row = read_row(record, headers, zone_of(connection))
    if isinstance(row, Row):
        return row
    raise CommandError(
        "\n".join(
            f"{problem.column} {problem.value!r}: {problem.message}." if problem.value
            else f"{problem.column or 'the appointment'}: {problem.message}."
            for problem in row
        )
        + "\nNothing was sent."
    )


async def _schedule(connection: Connection, terminal: Terminal, row: Row, grace: float, as_data: bool) -> ExitCode:
    interruption = Interruption()
    account = Account((row,), lambda _: None)
    async with open_portal(connection, terminal) as opened:
        with listening(interruption):
            # As a run of one row: Ctrl-C is answered as carefully as in a run of thousands.
            await schedule_rows(
                opened.portal,
                account,
                concurrency=1,
                grace=grace,
                interruption=interruption,
                tell_stopping=lambda reason: terminal.say(f"{reason} Finding out what became of it ...", "yellow")
                if interruption.stop_asked.is_set()
                else None,
            )
        result = account.results[0]
        if result.outcome is not RowOutcome.SCHEDULED:
            terminal.fail(f"{result.reason} ({result.outcome})")
        else:
            appointment = await opened.portal.get_appointment(result.appointment_id)
            if as_data:
                terminal.output.print(json.dumps(as_json(appointment), ensure_ascii=False), soft_wrap=True)
            else:
                terminal.say(f"Scheduled: {row.new.name}", "bold green")
                terminal.show(appointment_card(appointment, opened.zone))
        if interruption.exit_code is not None:
            opened.keep_open = False
            return interruption.exit_code
        if result.outcome is RowOutcome.SCHEDULED:
            return ExitCode.DONE
        if result.outcome is RowOutcome.UNKNOWN:
            return ExitCode.UNKNOWN
        return exit_code_of(result.error) if result.error is not None else ExitCode.SOME_FAILED
