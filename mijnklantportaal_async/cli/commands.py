"""The single commands and their options. What they do stands in a file each, imported when it is needed."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mijnklantportaal_async.cli.call.commands import operations
from mijnklantportaal_async.cli.exit_codes import EXIT_CODES_HELP, ExitCode
from mijnklantportaal_async.cli.file_names import looks_like_a_file
from mijnklantportaal_async.cli.file_options import FileReading, reads_file
from mijnklantportaal_async.cli.help_page import HelpfulTyper
from mijnklantportaal_async.cli.options import (
    ABOUT_KEYS,
    AsJsonOption,
    Connection,
    OverwriteOption,
    YesOption,
    end_with,
    with_connection,
    with_options,
)

if TYPE_CHECKING:
    from mijnklantportaal_async.cli.terminal import Terminal

commands = HelpfulTyper(add_completion=False)

_Grace = Annotated[
    float,
    typer.Option(
        metavar="SECONDS", min=0, max=600, help="How long requests under way may learn their outcome after Ctrl-C."
    ),
]


class RateWindow(StrEnum):
    """How the sandbox counts requests."""

    FIXED = "fixed"
    ROLLING = "rolling"


@commands.command(epilog=EXIT_CODES_HELP)
@with_connection
def schedule(
    connection: Connection,
    terminal: "Terminal",
    name: Annotated[str, typer.Option(metavar="TITLE", help="Title in the calendar.")],
    starts_at: Annotated[
        str, typer.Option(metavar="TIME", help="Start, as in '2027-03-05 14:30' or '05-03-2027 14:30'.")
    ],
    ends_at: Annotated[str | None, typer.Option(metavar="TIME", help="End; the date can be left out.")] = None,
    duration: Annotated[str | None, typer.Option(metavar="MINUTES", help="Instead of the end.")] = None,
    customer_id: Annotated[str | None, typer.Option(metavar="ID", help="Customer it is with, cst_...")] = None,
    attendee_name: Annotated[
        str | None, typer.Option(metavar="NAME", help="Who it is with, if that is no customer.")
    ] = None,
    attendee_email: Annotated[str | None, typer.Option(metavar="ADDRESS", help="Their e-mail address.")] = None,
    as_json: AsJsonOption = False,
    grace: _Grace = 15.0,
) -> ExitCode:
    """Put one appointment into the calendar, exactly once.

    Times without an offset are the portal's local time.
    """
    from mijnklantportaal_async.cli.schedule_command import schedule as schedule_one
    from mijnklantportaal_async.files.appointments.vocabulary import Field

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
@reads_file
def schedule_file(
    connection: Connection,
    terminal: "Terminal",
    file: Annotated[
        Path, typer.Argument(help="CSV, a workbook (.xlsx, .ods), JSON or a calendar (.ics).", dir_okay=False)
    ],
    reading: FileReading,
    concurrency: Annotated[
        int, typer.Option(metavar="NUMBER", min=1, max=1000, help="Requests under way at once, at the most.")
    ] = 32,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="FILE", help="Write what became of each row to this CSV file.", dir_okay=False
        ),
    ] = None,
    overwrite: OverwriteOption = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only check the file; send nothing.")] = False,
    yes: YesOption = False,
    again: Annotated[
        bool, typer.Option("--again", help="Also make those that are in the calendar already, a second time.")
    ] = False,
    grace: _Grace = 15.0,
) -> ExitCode:
    """Put the appointments of a file into the calendar, each exactly once.

    The whole file is checked first, and its first rows are shown as they were understood. With a bad row in it nothing
    is sent, unless --skip-bad-rows is given. What the file itself says is none (canceled, all day, an older version) is
    left out, by name.

    Before anything is sent, the calendar is looked at, once for each day of the file. A row with the same start, end
    and person as an appointment that is there is not made a second time, unless --again is given.

    Columns: name, starts_at and ends_at (or date, start and end, or duration), customer_id or attendee_name and
    attendee_email. Dutch headers are understood too. 03-04-2027 is the third of April. Times without an offset are the
    portal's local time. Of a calendar (.ics) each event is an appointment with whoever is invited and does not own the
    calendar (--me); each occurrence of one that repeats, up to --until.

    The first Ctrl-C stops: nothing new is sent, and requests under way get some seconds to learn their outcome. A
    second one ends at once.
    """
    from mijnklantportaal_async.cli.schedule_file_command import FileOptions
    from mijnklantportaal_async.cli.schedule_file_command import schedule_file as schedule_rows

    options = FileOptions(
        path=file,
        reading=reading,
        concurrency=concurrency,
        grace=grace,
        output=output,
        overwrite=overwrite,
        dry_run=dry_run,
        yes=yes,
        again=again,
    )
    return schedule_rows(connection, terminal, options)


@commands.command("list", epilog=EXIT_CODES_HELP)
@with_connection
async def list_appointments(
    connection: Connection,
    terminal: "Terminal",
    start_at: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="Beginning, as in 2027-03-05 or '05-03-2027 14:30'; now when left out."),
    ] = None,
    days: Annotated[int, typer.Option(metavar="NUMBER", min=1, help="How many days.")] = 7,
    as_json: AsJsonOption = False,
    as_calendar: Annotated[bool, typer.Option("--ics", help="An iCalendar file, to subscribe to or print.")] = False,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Where --json or --ics go; - for here.", dir_okay=False),
    ] = None,
    overwrite: OverwriteOption = False,
) -> ExitCode:
    """Show the appointments of some days. The portal does not tell their titles.

    In an iCalendar file each appointment keeps its UID, so that a program that subscribes to it sees what was moved or
    canceled. Events are called after the person, and their times are those of the portal's zone.
    """
    from mijnklantportaal_async.cli.list_command import ListOptions
    from mijnklantportaal_async.cli.list_command import list_appointments as show_appointments

    options = ListOptions(
        start_at=start_at, days=days, as_data=as_json, as_calendar=as_calendar, output=output, overwrite=overwrite
    )
    return await show_appointments(connection, terminal, options)


@commands.command(epilog=EXIT_CODES_HELP)
@with_connection
def cancel(
    connection: Connection,
    terminal: "Terminal",
    what: Annotated[
        str,
        typer.Argument(help="ID of an appointment, apt_...; or the results of a run.", metavar="APPOINTMENT_ID|FILE"),
    ],
    yes: YesOption = False,
) -> ExitCode:
    """Show an appointment, ask, and cancel it; or all that a run has made, by the file of its results.

    Of a file (.csv or .xlsx, as --output of schedule-file and of batch results writes it) those are canceled that the
    run has made. What was in the calendar before stays. Giving the command again is safe.
    """
    if looks_like_a_file(what):
        from mijnklantportaal_async.cli.undo_command import undo

        return undo(connection, terminal, Path(what), yes=yes)
    from mijnklantportaal_async.cli.cancel_command import cancel as cancel_one

    return cancel_one(connection, terminal, what, yes=yes)


@commands.command(epilog=EXIT_CODES_HELP)
@with_connection
def save(
    connection: Connection,
    terminal: "Terminal",
    file_id: Annotated[str, typer.Argument(help="ID of the file, fsf_...", metavar="FILE_ID")],
    to: Annotated[
        Path,
        typer.Option(metavar="PATH", help="A path; or a directory, where it gets the name that it has in the portal."),
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
    directory_id: Annotated[str | None, typer.Option(metavar="ID", help="Where to put them, fsd_...")] = None,
    record: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Where it is remembered what was uploaded; among your data when left out.",
            dir_okay=False,
        ),
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
@with_options(*ABOUT_KEYS)
def login(
    connection: Connection,
    terminal: "Terminal",
    in_file: Annotated[
        bool, typer.Option("--in-file", help="Keep it in a file that only you can read, not in the keyring.")
    ] = False,
) -> ExitCode:
    """Ask for the API key of a portal, try it, and keep it on this machine.

    The key is not shown while it is typed; without a terminal it is the first line of the input. It is tried with one
    call that changes nothing. It goes into the keyring of this machine (with the extra `keyring`), or, where there is
    none, into a file that only you can read. A key in MIJNKLANTPORTAAL_API_KEY goes before it.

    For several portals give each a name of your own with --portal, and say it with every command.
    """
    from mijnklantportaal_async.cli.login_command import login as log_in

    return log_in(connection, terminal, in_file=in_file)


@commands.command(epilog=EXIT_CODES_HELP)
@with_options("portal", "verbose")
def logout(connection: Connection, terminal: "Terminal") -> ExitCode:
    """Remove the API key of a portal from this machine."""
    from mijnklantportaal_async.cli.login_command import logout as log_out

    return log_out(connection, terminal)


@commands.command(epilog=EXIT_CODES_HELP)
@with_options("verbose")
def portals(connection: Connection, terminal: "Terminal", as_json: AsJsonOption = False) -> ExitCode:
    """List the portals that have a key on this machine. Shows no key."""
    from mijnklantportaal_async.cli.login_command import portals as list_portals

    return list_portals(terminal, as_data=as_json)


@commands.command(epilog=EXIT_CODES_HELP)
@with_connection
async def doctor(connection: Connection, terminal: "Terminal", as_json: AsJsonOption = False) -> ExitCode:
    """Check connection, clock, time zone, what is installed and the key, without changing anything.

    Without a key all else is checked, and it is said what a key would add.
    """
    from mijnklantportaal_async.cli.doctor_command import doctor as examine

    return await examine(connection, terminal, as_data=as_json)


@commands.command(epilog=EXIT_CODES_HELP)
@with_connection
async def listen(
    connection: Connection,
    terminal: "Terminal",
    forward_to: Annotated[str, typer.Option(metavar="URL", help="Your application, as in http://localhost:3000/hook.")],
    port: Annotated[
        int, typer.Option(metavar="NUMBER", min=0, max=65535, help="Port to listen on; 0 for any free one.")
    ] = 8090,
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
    return await listen_for_calls(connection, terminal, options)


@commands.command()
def sandbox(
    port: Annotated[
        int, typer.Option(metavar="NUMBER", min=0, max=65535, help="Port to listen on; 0 for any free one.")
    ] = 8080,
    host: Annotated[str, typer.Option(metavar="ADDRESS", help="Where to listen.")] = "127.0.0.1",
    database: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Keep the calendar in this SQLite file; otherwise in memory.", dir_okay=False
        ),
    ] = None,
    timezone: Annotated[str, typer.Option(metavar="ZONE", help="Its time zone.")] = "Europe/Amsterdam",
    speed: Annotated[float, typer.Option(metavar="TIMES", min=0.1, max=100, help="How fast its minutes go by.")] = 1.0,
    faults: Annotated[
        float, typer.Option(metavar="SHARE", min=0, max=1, help="Share of the requests that it fails.")
    ] = 0.0,
    seed: Annotated[
        int, typer.Option(metavar="NUMBER", help="Which requests are hit: the same seed, the same faults.")
    ] = 1,
    manner: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="How it always behaves, as in lagging_replicas. Repeatable."),
    ] = None,
    rate_limit: Annotated[
        int, typer.Option(metavar="NUMBER", min=0, help="Requests that the key may make a minute; 0 for no limit.")
    ] = 60,
    rate_window: Annotated[
        RateWindow,
        typer.Option(
            metavar="fixed|rolling", help="A window that opens with a request, or one that looks back from each."
        ),
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
