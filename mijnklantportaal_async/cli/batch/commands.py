"""The commands that submit and work. What they do is imported when one runs."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mijnklantportaal_async.cli.batch.options import (
    AgainOption,
    ConcurrencyOption,
    DatabaseOption,
    FileArgument,
    GraceOption,
    Operation,
    OperationOption,
    RestoredOption,
    about_batches,
)
from mijnklantportaal_async.cli.exit_codes import EXIT_CODES_HELP, ExitCode
from mijnklantportaal_async.cli.file_options import FileReading, reads_file
from mijnklantportaal_async.cli.help_page import HelpfulTyper
from mijnklantportaal_async.cli.options import ABOUT_ROWS, Connection, YesOption, with_connection, with_options

if TYPE_CHECKING:
    from mijnklantportaal_async.cli.batch.submit_command import SubmitOptions
    from mijnklantportaal_async.cli.terminal import Terminal

submitting = HelpfulTyper()


def _submit_options(file: Path, **options: Any) -> "SubmitOptions":
    from mijnklantportaal_async.cli.batch.row_file import FileChoice
    from mijnklantportaal_async.cli.batch.submit_command import SubmitOptions

    choice = FileChoice(
        path=file,
        operation=options.pop("operation").value,
        reading=options.pop("reading"),
    )
    return SubmitOptions(file=choice, **options)


@submitting.command(epilog=EXIT_CODES_HELP)
@with_connection
@reads_file
@about_batches
def run(
    connection: Connection,
    terminal: "Terminal",
    file: FileArgument,
    reading: FileReading,
    job: Annotated[str | None, typer.Option(metavar="NAME", help="Of the job; the file's name when left out.")] = None,
    operation: OperationOption = Operation.SCHEDULE_APPOINTMENT,
    concurrency: ConcurrencyOption = 8,
    grace: GraceOption = 15.0,
    restored: RestoredOption = False,
    again: AgainOption = False,
    yes: YesOption = False,
    database: DatabaseOption = None,
) -> ExitCode:
    """Submit a file and bring its rows into the portal, each exactly once; the same command again goes on.

    The whole file is checked first; with a bad row in it nothing is submitted, unless --skip-bad-rows is
    given. Rows that the job has already are not
    submitted again, so after a crash or a Ctrl-C the same command goes on where it stopped. A row that was changed is a
    new row, and is asked for; so are rows that another job of the portal has already.

    The first Ctrl-C stops gently: no more rows are begun, and those under way get some seconds. A second one ends at
    once. Nothing is lost either way.
    """
    from mijnklantportaal_async.cli.batch.run_command import RunOptions
    from mijnklantportaal_async.cli.batch.run_command import run as run_job

    submit_options = _submit_options(
        file,
        job=job,
        portal=connection.portal_name,
        operation=operation,
        reading=reading,
        again=again,
        yes=yes,
        database=database,
    )
    options = RunOptions(submit=submit_options, concurrency=concurrency, grace=grace, restored=restored)
    return run_job(connection, terminal, options)


@submitting.command(epilog=EXIT_CODES_HELP)
@with_options(*ABOUT_ROWS)
@reads_file
@about_batches
def submit(
    connection: Connection,
    terminal: "Terminal",
    file: FileArgument,
    reading: FileReading,
    job: Annotated[
        str, typer.Option(metavar="NAME", help="Of the job. The same name and the same rows are the same job.")
    ],
    operation: OperationOption = Operation.SCHEDULE_APPOINTMENT,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what submitting would do.")] = False,
    again: AgainOption = False,
    yes: YesOption = False,
    database: DatabaseOption = None,
) -> ExitCode:
    """Put the rows of a file into the database, for workers to bring into the portal. Needs no key.

    The whole file is checked first; with a bad row in it nothing is submitted, unless --skip-bad-rows
    is given. Submitting the same file again adds
    nothing. A row that was changed is a new row, and is asked for; so are rows that another job of the portal has.
    """
    from mijnklantportaal_async.cli.batch.submit_command import submit as submit_job

    options = _submit_options(
        file,
        job=job,
        portal=connection.portal_name,
        operation=operation,
        reading=reading,
        again=again,
        yes=yes,
        database=database,
        dry_run=dry_run,
    )
    return submit_job(connection, terminal, options)


@submitting.command(epilog=EXIT_CODES_HELP)
@with_connection
@about_batches
def work(
    connection: Connection,
    terminal: "Terminal",
    portal: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Work for this portal only; for those of all jobs otherwise. Repeatable."),
    ] = None,
    until_done: Annotated[
        str | None, typer.Option(metavar="JOB", help="Stop when this job is over, and show what became of it.")
    ] = None,
    concurrency: ConcurrencyOption = 8,
    grace: GraceOption = 15.0,
    restored: RestoredOption = False,
    database: DatabaseOption = None,
) -> ExitCode:
    """Bring the rows of all jobs into their portals, until Ctrl-C. Several workers may run, on several machines.

    The key of a portal is the one of `login`, or stands in MIJNKLANTPORTAAL_API_KEY, that of the portal oost in
    MIJNKLANTPORTAAL_API_KEY_OOST. Workers share the rate limit of a key. Rows of a worker that was killed
    are taken up by the others.
    """
    from mijnklantportaal_async.cli.batch.work_command import WorkOptions
    from mijnklantportaal_async.cli.batch.work_command import work as work_on_jobs

    options = WorkOptions(
        database=database,
        portals=tuple(portal or ()),
        until_done=until_done,
        concurrency=concurrency,
        grace=grace,
        restored=restored,
    )
    return work_on_jobs(connection, terminal, options)
