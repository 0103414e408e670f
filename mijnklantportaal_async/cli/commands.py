"""The single commands and their options. What they do stands in a file each, imported when it is needed."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mijnklantportaal_async.cli.call.commands import operations
from mijnklantportaal_async.cli.column_mapping import column_mapping
from mijnklantportaal_async.cli.exit_codes import EXIT_CODES_HELP, ExitCode
from mijnklantportaal_async.cli.options import Connection, end_with, with_connection

if TYPE_CHECKING:
    from mijnklantportaal_async.cli.terminal import Terminal

commands = typer.Typer(add_completion=False)

_AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
_Grace = Annotated[
    float, typer.Option(min=0, max=600, help="Seconds in which requests under way learn their outcome after Ctrl-C.")
]
_Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


class RateWindow(StrEnum):
    """How the sandbox counts requests."""

    FIXED = "fixed"
    ROLLING = "rolling"


@commands.command(epilog=EXIT_CODES_HELP)
@with_connection
def schedule(
    connection: Connection,
    terminal: "Terminal",
    name: Annotated[str, typer.Option(help="Title in the calendar.")],
    starts_at: Annotated[str, typer.Option(help="Start, as in '2027-03-05 14:30' or '05-03-2027 14:30'.")],
    ends_at: Annotated[str | None, typer.Option(help="End; the date can be left out.")] = None,
    duration: Annotated[str | None, typer.Option(help="Minutes, instead of the end.")] = None,
    customer_id: Annotated[str | None, typer.Option(help="Customer it is with, cst_...")] = None,
    attendee_name: Annotated[str | None, typer.Option(help="Who it is with, if that is no customer.")] = None,
    attendee_email: Annotated[str | None, typer.Option(help="Their e-mail address.")] = None,
    as_json: _AsJson = False,
    grace: _Grace = 15.0,
) -> ExitCode:
    """Put one appointment into the calendar, exactly once.

    Times without an offset are the portal's local time.
    """
    from mijnklantportaal_async.appointment_files.columns import Field
    from mijnklantportaal_async.cli.schedule_command import schedule as schedule_one

    cells = {
        Field.NAME: name,
        Field.STARTS_AT: starts_at,
        Field.ENDS_AT: ends_at,
        Field.DURATION: duration,
        Field.CUSTOMER_ID: customer_id,
        Field.ATTENDEE_NAME: attendee_name,
        Field.ATTENDEE_EMAIL: attendee_email,
    }
    return schedule_one(connection, terminal, cells, grace=grace, as_data=as_json)


@commands.command("schedule-file", epilog=EXIT_CODES_HELP)
@with_connection
def schedule_file(
    connection: Connection,
    terminal: "Terminal",
    file: Annotated[
        Path, typer.Argument(help="CSV (comma, semicolon or tab), JSON Lines or a calendar (.ics).", dir_okay=False)
    ],
    column: Annotated[
        list[str] | None,
        typer.Option(metavar="FIELD=HEADER", help="Which column is which, as in name=Omschrijving. Repeatable."),
    ] = None,
    ignore_column: Annotated[
        list[str] | None, typer.Option(metavar="HEADER", help="A column to leave alone. Repeatable.")
    ] = None,
    encoding: Annotated[str | None, typer.Option(help="Of the file, such as cp1252; UTF-8 when left out.")] = None,
    skip_bad_rows: Annotated[
        bool, typer.Option("--skip-bad-rows", help="Schedule the good rows although there are bad ones.")
    ] = False,
    concurrency: Annotated[int, typer.Option(min=1, max=1000, help="Requests under way at once, at the most.")] = 32,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Write what became of each row to this CSV file.", dir_okay=False),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the file of --output.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only check the file; send nothing.")] = False,
    yes: _Yes = False,
    grace: _Grace = 15.0,
) -> ExitCode:
    """Put the appointments of a file into the calendar, each exactly once.

    The whole file is checked first; with a bad row in it nothing is sent, unless --skip-bad-rows is given.

    Columns: name, starts_at and ends_at (or date, start and end, or duration in minutes), customer_id or attendee_name
    and attendee_email. Dutch headers are understood too. 03-04-2027 and 03/04/2027 are the third of April. Times
    without an offset are the portal's local time. Of a calendar (.ics) each event with a start and an end is an
    appointment with its first attendee; repeating events are refused.

    The first Ctrl-C stops: nothing new is sent, and requests under way get some seconds to learn their outcome. A
    second one ends at once.
    """
    from mijnklantportaal_async.cli.schedule_file_command import FileOptions
    from mijnklantportaal_async.cli.schedule_file_command import schedule_file as schedule_rows

    options = FileOptions(
        path=file,
        columns=column_mapping(column or []),
        ignored=tuple(ignore_column or ()),
        encoding=encoding,
        skip_bad_rows=skip_bad_rows,
        concurrency=concurrency,
        grace=grace,
        output=output,
        overwrite=overwrite,
        dry_run=dry_run,
        yes=yes,
    )
    return schedule_rows(connection, terminal, options)


@commands.command("list", epilog=EXIT_CODES_HELP)
@with_connection
def list_appointments(
    connection: Connection,
    terminal: "Terminal",
    start_at: Annotated[
        str | None, typer.Option(help="Beginning, as in 2027-03-05 or '05-03-2027 14:30'; now when left out.")
    ] = None,
    days: Annotated[int, typer.Option(min=1, help="How many days.")] = 7,
    as_json: _AsJson = False,
) -> ExitCode:
    """Show the appointments of some days. The portal does not tell their titles."""
    from mijnklantportaal_async.cli.list_command import list_appointments as show_appointments

    return show_appointments(connection, terminal, start_at=start_at, days=days, as_data=as_json)


@commands.command(epilog=EXIT_CODES_HELP)
@with_connection
def cancel(
    connection: Connection,
    terminal: "Terminal",
    appointment_id: Annotated[str, typer.Argument(help="ID of the appointment, apt_...", metavar="APPOINTMENT_ID")],
    yes: _Yes = False,
) -> ExitCode:
    """Show an appointment, ask, and cancel it."""
    from mijnklantportaal_async.cli.cancel_command import cancel as cancel_one

    return cancel_one(connection, terminal, appointment_id, yes=yes)


@commands.command(epilog=EXIT_CODES_HELP)
@with_connection
def save(
    connection: Connection,
    terminal: "Terminal",
    file_id: Annotated[str, typer.Argument(help="ID of the file, fsf_...", metavar="FILE_ID")],
    to: Annotated[
        Path, typer.Option(help="A path; or a directory, where it gets the name that it has in the portal.")
    ] = Path(),
    replace: Annotated[bool, typer.Option("--replace", help="Also where there is a file already.")] = False,
) -> ExitCode:
    """Fetch a file from the portal, whole or not at all."""
    from mijnklantportaal_async.cli.save_command import save as save_one

    return save_one(connection, terminal, file_id, to=to, replace=replace)


@commands.command(epilog=EXIT_CODES_HELP)
@with_connection
def upload(
    connection: Connection,
    terminal: "Terminal",
    paths: Annotated[list[Path], typer.Argument(help="Files of this machine.", metavar="PATH...")],
    directory_id: Annotated[str | None, typer.Option(help="Where to put them, fsd_...")] = None,
    record: Annotated[
        Path | None,
        typer.Option(help="Where it is remembered what was uploaded; among your data when left out.", dir_okay=False),
    ] = None,
    again: Annotated[
        bool,
        typer.Option("--again", help="Also send what may have been sent before, or is not in the portal any more."),
    ] = False,
) -> ExitCode:
    """Store files in the portal, each once. A second run says what is there already.

    The portal cannot list its files, so this machine remembers what it sent: by API key, directory, name and the bytes
    of the file. Of what may have been sent before, a run says that nobody knows, and does not send it.

    The first Ctrl-C stops: the file under way gets some seconds to learn its outcome. A second one ends at once.
    """
    from mijnklantportaal_async.cli.upload_command import upload as upload_files

    return upload_files(connection, terminal, paths, directory_id=directory_id, record=record, again=again)


@commands.command(epilog=EXIT_CODES_HELP)
@with_connection
def doctor(connection: Connection, terminal: "Terminal") -> ExitCode:
    """Check key, connection, clock and time zone, without changing anything."""
    from mijnklantportaal_async.cli.doctor_command import doctor as examine

    return examine(connection, terminal)


@commands.command(epilog=EXIT_CODES_HELP)
@with_connection
def listen(
    connection: Connection,
    terminal: "Terminal",
    forward_to: Annotated[str, typer.Option(metavar="URL", help="Your application, as in http://localhost:3000/hook.")],
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0 for any free one.")] = 8090,
    event_type: Annotated[
        list[str] | None,
        typer.Option("--type", metavar="TYPE", help="As in invoice-paid; all when left out. Repeatable."),
    ] = None,
) -> ExitCode:
    """Receive calls of webhooks, show them, and pass them on to your application, until Ctrl-C.

    Each call is checked, shown and passed on byte for byte, with its signature; what your application answers goes
    back. Against a sandbox the webhooks are made by themselves. Against a real portal nothing is changed: it says what
    to enter.
    """
    from mijnklantportaal_async.cli.listen_command import ListenOptions
    from mijnklantportaal_async.cli.listen_command import listen as listen_for_calls

    options = ListenOptions(forward_to=forward_to, port=port, types=tuple(event_type or ()))
    return listen_for_calls(connection, terminal, options)


@commands.command()
def sandbox(
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0 for any free one.")] = 8080,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    database: Annotated[
        Path | None, typer.Option(help="Keep the calendar in this SQLite file; otherwise in memory.", dir_okay=False)
    ] = None,
    timezone: Annotated[str, typer.Option(help="Its time zone.")] = "Europe/Amsterdam",
    speed: Annotated[float, typer.Option(min=0.1, max=100, help="How fast its minutes go by.")] = 1.0,
    faults: Annotated[float, typer.Option(min=0, max=1, help="Share of the requests that it fails.")] = 0.0,
    seed: Annotated[int, typer.Option(help="Which requests are hit: the same seed, the same faults.")] = 1,
    manner: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="How it always behaves, as in lagging_replicas. Repeatable."),
    ] = None,
    rate_limit: Annotated[
        int, typer.Option(min=0, help="Requests that the key may make a minute; 0 for no limit.")
    ] = 60,
    rate_window: Annotated[
        RateWindow, typer.Option(help="A window that opens with a request, or one that looks back from each.")
    ] = RateWindow.FIXED,
    seeded: Annotated[
        bool, typer.Option("--seeded", help="Begin as a small business: customers, appointments, invoices and more.")
    ] = False,
) -> None:
    """Run an embedded portal with a calendar page, until Ctrl-C."""
    from mijnklantportaal_async.cli.sandbox_command import SandboxOptions, run_sandbox

    options = SandboxOptions(
        host=host,
        port=port,
        database=database,
        timezone=timezone,
        speed=speed,
        faults=faults,
        seed=seed,
        manners=tuple(manner or ()),
        rate_limit=rate_limit,
        rate_window=rate_window.value,
        seeded=seeded,
    )
    end_with(lambda terminal: run_sandbox(terminal, options))


commands.command()(operations)
