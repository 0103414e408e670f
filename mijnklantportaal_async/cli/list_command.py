"""`mijnklantportaal list`: the appointments of some days."""

from pathlib import Path
from urllib.parse import urlsplit

import attrs

from mijnklantportaal_async.cli.appointment_calendar import as_calendar
from mijnklantportaal_async.cli.appointment_view import appointment_table, as_json
from mijnklantportaal_async.cli.connection import base_url_of, open_portal, zone_of
from mijnklantportaal_async.cli.exit_codes import ExitCode
from mijnklantportaal_async.cli.failures import CommandError
from mijnklantportaal_async.cli.json_output import as_json_text, show_json
from mijnklantportaal_async.cli.options import Connection
from mijnklantportaal_async.cli.run_report import in_number
from mijnklantportaal_async.cli.terminal import Terminal
from mijnklantportaal_async.cli.written_file import STDOUT, refuse_existing, write_result
from mijnklantportaal_async.files.moments import read_moment


@attrs.frozen(kw_only=True)
class ListOptions:
    """What was asked for."""

    start_at: str | None
    """The beginning as a person writes it; now when left out."""
    days: int
    as_data: bool
    as_calendar: bool
    output: Path | None
    overwrite: bool


async def list_appointments(connection: Connection, terminal: Terminal, options: ListOptions) -> ExitCode:
    """Shows the appointments of some days, or writes them to a file.

    Args:
        connection: Which portal.
        terminal: Where to show them.
        options: What was asked for.
    """
    if options.as_data and options.as_calendar:
        raise CommandError("--json and --ics do not go together.")
    if options.output is not None:
        if not (options.as_data or options.as_calendar):
            raise CommandError("--output is for --json or --ics; the table is for people.")
        refuse_existing(options.output, overwrite=options.overwrite)
    zone = zone_of(connection)
    try:
        begins = None if options.start_at is None else read_moment(options.start_at, zone, "--start-at", midnight=True)
    except ValueError as error:
        raise CommandError(f"--start-at: {str(error).removeprefix('--start-at: ')}.") from error
    async with open_portal(connection, terminal) as opened:
        found = await opened.portal.list_appointments(start_at=begins, days=options.days)
        appointments = sorted(found, key=lambda item: item.starts_at)
        since = "now" if begins is None else f"{begins:%a %d-%m-%Y %H:%M}"
        said = f"{in_number(len(appointments), 'appointment')} in {in_number(options.days, 'day')} from {since}"
        if options.as_calendar:
            portal = "sandbox" if opened.sandbox else urlsplit(base_url_of(connection)).hostname or "portal"
            write_result(options.output or STDOUT, as_calendar(appointments, zone, portal), terminal)
        elif options.output is not None:
            text = as_json_text([as_json(item) for item in appointments], ascii_only=False)
            write_result(options.output, f"{text}\n", terminal)
        elif options.as_data:
            show_json(terminal, [as_json(item) for item in appointments])
        elif appointments:
            terminal.show(appointment_table(appointments, zone))
        if options.output is not None and options.output != STDOUT:
            terminal.say(f"{said}: {options.output}")
        elif not options.as_data:
            terminal.say(f"{said}.")
        return ExitCode.DONE
