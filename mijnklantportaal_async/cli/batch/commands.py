"""The commands about durable batches, and their options. What they do is imported when one runs."""

import functools
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mijnklantportaal_async.cli.exit_codes import EXIT_CODES_HELP, ExitCode
from mijnklantportaal_async.cli.file_options import FileReading, reads_file
from mijnklantportaal_async.cli.options import Connection, with_connection

if TYPE_CHECKING:
    from mijnklantportaal_async.cli.batch.submit_command import SubmitOptions
    from mijnklantportaal_async.cli.terminal import Terminal

_HELP = """\
Durable batches: thousands of rows, each exactly once, whatever happens to this machine.

The rows of a file are kept in a database until they are in the portal. Killed half way, the same command goes on \
where it stopped. `run` does everything in one; `submit` and `work` do it on as many machines as reach the database."""

batch = typer.Typer(
    help=_HELP,
    epilog=EXIT_CODES_HELP,
    no_args_is_help=True,
    context_settings={"help_option_names": ["--help", "-h"]},
)

_OF_EXTRA = {"dbos", "sqlalchemy", "psycopg", "filelock", "platformdirs", "jinja2"}


class Operation(StrEnum):
    """What the rows of a file are."""

    SCHEDULE_APPOINTMENT = "schedule_appointment"
    CREATE_CUSTOMER = "create_customer"


_Database = Annotated[
    str | None,
    typer.Option(
        metavar="URL",
        help="Where the jobs are: sqlite:///FILE or postgresql://USER@HOST/NAME; otherwise "
        "MIJNKLANTPORTAAL_BATCH_DATABASE, or a file in your data folder.",
    ),
]
_File = Annotated[
    Path, typer.Argument(help="CSV, a workbook (.xlsx, .ods), JSON or a calendar (.ics).", dir_okay=False)
]
_Job = Annotated[str, typer.Argument(help="Name of the job.", metavar="JOB")]
_Portal = Annotated[
    str, typer.Option(metavar="NAME", help="Portal of the rows that name none; its key has the name at its end.")
]
_Operation = Annotated[Operation, typer.Option(help="What to do with each row.")]
_Concurrency = Annotated[int, typer.Option(min=1, max=100, help="Rows of one portal under way at once, at the most.")]
_Grace = Annotated[
    float, typer.Option(min=0, max=600, help="Seconds in which rows under way learn their outcome after Ctrl-C.")
]
_Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
_AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
_Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace the file of --output.")]

Command = Callable[..., ExitCode]


def _about_batches(command: Command) -> Command:
    """Says what to do where the extra is missing, the database is away, or there is no such job."""

    @functools.wraps(command)
    def run(*arguments: Any, **options: Any) -> ExitCode:
        from mijnklantportaal_async.cli.failures import CommandError, in_words

        try:
            return command(*arguments, **options)
        except ModuleNotFoundError as error:
            missing = (error.name or "").partition(".")[0]
            if missing not in _OF_EXTRA:
                raise
            raise CommandError(
                f"Batches need the package {missing}, which is not installed. Install the extra: "
                'pip install "mijnklantportaal-async[batch]"'
            ) from error
        except CommandError:
            raise
        except Exception as error:
            from mijnklantportaal_async.cli.batch.failures import translated

            if (translation := translated(error)) is None:
                raise
            raise CommandError(in_words(translation), translation.exit_code) from error

    return run


def _submit_options(file: Path, **options: Any) -> "SubmitOptions":
    from mijnklantportaal_async.cli.batch.row_file import FileChoice
    from mijnklantportaal_async.cli.batch.submit_command import SubmitOptions

    choice = FileChoice(
        path=file,
        operation=options.pop("operation").value,
        reading=options.pop("reading"),
    )
    return SubmitOptions(file=choice, **options)


@batch.command(epilog=EXIT_CODES_HELP)
@with_connection
@reads_file
@_about_batches
def run(
    connection: Connection,
    terminal: "Terminal",
    file: _File,
    reading: FileReading,
    job: Annotated[str | None, typer.Option(help="Name of the job; the file's name when left out.")] = None,
    portal: _Portal = "default",
    operation: _Operation = Operation.SCHEDULE_APPOINTMENT,
    concurrency: _Concurrency = 8,
    grace: _Grace = 15.0,
    yes: _Yes = False,
    database: _Database = None,
) -> ExitCode:
    """Submit a file and bring its rows into the portal, each exactly once; the same command again goes on.

    The whole file is checked first; with a bad row in it nothing is submitted, unless --skip-bad-rows is
    given. Rows that the job has already are not
    submitted again, so after a crash or a Ctrl-C the same command goes on where it stopped. A row that was changed is a
    new row, and is asked for.

    The first Ctrl-C stops gently: no more rows are begun, and those under way get some seconds. A second one ends at
    once. Nothing is lost either way.
    """
    from mijnklantportaal_async.cli.batch.run_command import RunOptions
    from mijnklantportaal_async.cli.batch.run_command import run as run_job

    submit_options = _submit_options(
        file,
        job=job,
        portal=portal,
        operation=operation,
        reading=reading,
        yes=yes,
        database=database,
    )
    return run_job(connection, terminal, RunOptions(submit=submit_options, concurrency=concurrency, grace=grace))


@batch.command(epilog=EXIT_CODES_HELP)
@with_connection
@reads_file
@_about_batches
def submit(
    connection: Connection,
    terminal: "Terminal",
    file: _File,
    reading: FileReading,
    job: Annotated[str, typer.Option(help="Name of the job. The same name and the same rows are the same job.")],
    portal: _Portal = "default",
    operation: _Operation = Operation.SCHEDULE_APPOINTMENT,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what submitting would do.")] = False,
    yes: _Yes = False,
    database: _Database = None,
) -> ExitCode:
    """Put the rows of a file into the database, for workers to bring into the portal. Needs no key.

    The whole file is checked first; with a bad row in it nothing is submitted, unless --skip-bad-rows is
    given. Submitting the same file again adds
    nothing. A row that was changed is a new row, and is asked for.
    """
    from mijnklantportaal_async.cli.batch.submit_command import submit as submit_job

    options = _submit_options(
        file,
        job=job,
        portal=portal,
        operation=operation,
        reading=reading,
        yes=yes,
        database=database,
        dry_run=dry_run,
    )
    return submit_job(connection, terminal, options)


@batch.command(epilog=EXIT_CODES_HELP)
@with_connection
@_about_batches
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
    concurrency: _Concurrency = 8,
    grace: _Grace = 15.0,
    database: _Database = None,
) -> ExitCode:
    """Bring the rows of all jobs into their portals, until Ctrl-C. Several workers may run, on several machines.

    The key of a portal stands in MIJNKLANTPORTAAL_API_KEY, that of the portal oost in MIJNKLANTPORTAAL_API_KEY_OOST.
    Workers share the rate limit of a key. Rows of a worker that was killed are taken up by the others.
    """
    from mijnklantportaal_async.cli.batch.work_command import WorkOptions
    from mijnklantportaal_async.cli.batch.work_command import work as work_on_jobs

    options = WorkOptions(
        database=database, portals=tuple(portal or ()), until_done=until_done, concurrency=concurrency, grace=grace
    )
    return work_on_jobs(connection, terminal, options)


@batch.command(epilog=EXIT_CODES_HELP)
@with_connection
@_about_batches
def status(
    connection: Connection,
    terminal: "Terminal",
    job: Annotated[
        str | None, typer.Argument(help="Name of the job; those that are not over when left out.", metavar="[JOB]")
    ] = None,
    watch: Annotated[
        bool, typer.Option("--watch", help="Show it live until it is over; the exit code then is the job's.")
    ] = False,
    as_json: _AsJson = False,
    database: _Database = None,
) -> ExitCode:
    """Show how a job stands."""
    if watch and as_json:
        raise typer.BadParameter("does not go together with --json", param_hint="--watch")
    from mijnklantportaal_async.cli.batch.status_command import status as show_status

    return show_status(connection, terminal, job=job, database=database, watches=watch, as_data=as_json)


@batch.command("list", epilog=EXIT_CODES_HELP)
@with_connection
@_about_batches
def list_jobs(
    connection: Connection, terminal: "Terminal", as_json: _AsJson = False, database: _Database = None
) -> ExitCode:
    """Show all jobs, the newest first."""
    from mijnklantportaal_async.cli.batch.status_command import list_jobs as show_jobs

    return show_jobs(connection, terminal, database=database, as_data=as_json)


@batch.command(epilog=EXIT_CODES_HELP)
@with_connection
@_about_batches
def results(
    connection: Connection,
    terminal: "Terminal",
    job: _Job,
    output: Annotated[Path, typer.Option("--output", "-o", help="A .csv or .jsonl file.", dir_okay=False)],
    overwrite: _Overwrite = False,
    database: _Database = None,
) -> ExitCode:
    """Write what became of each row to a file."""
    from mijnklantportaal_async.cli.batch.results_command import results as write_results

    return write_results(connection, terminal, job=job, output=output, overwrite=overwrite, database=database)


@batch.command(epilog=EXIT_CODES_HELP)
@with_connection
@_about_batches
def report(
    connection: Connection,
    terminal: "Terminal",
    job: _Job,
    output: Annotated[Path, typer.Option("--output", "-o", help="A .html file.", dir_okay=False)],
    overwrite: _Overwrite = False,
    database: _Database = None,
) -> ExitCode:
    """Write a page about a job, to read in a browser or on paper."""
    from mijnklantportaal_async.cli.batch.results_command import report as write_report

    return write_report(connection, terminal, job=job, output=output, overwrite=overwrite, database=database)


@batch.command(epilog=EXIT_CODES_HELP)
@with_connection
@_about_batches
def cancel(
    connection: Connection, terminal: "Terminal", job: _Job, yes: _Yes = False, database: _Database = None
) -> ExitCode:
    """Stop a job: rows that were not begun are not begun. `resume` goes on with it."""
    from mijnklantportaal_async.cli.batch.manage_command import cancel as cancel_job

    return cancel_job(connection, terminal, job=job, database=database, yes=yes)


@batch.command(epilog=EXIT_CODES_HELP)
@with_connection
@_about_batches
def resume(connection: Connection, terminal: "Terminal", job: _Job, database: _Database = None) -> ExitCode:
    """Go on with a job that was canceled."""
    from mijnklantportaal_async.cli.batch.manage_command import resume as resume_job

    return resume_job(connection, terminal, job=job, database=database)


@batch.command(epilog=EXIT_CODES_HELP)
@with_connection
@_about_batches
def delete(
    connection: Connection, terminal: "Terminal", job: _Job, yes: _Yes = False, database: _Database = None
) -> ExitCode:
    """Forget a job that is over. Nothing changes in the portal."""
    from mijnklantportaal_async.cli.batch.manage_command import delete as delete_job

    return delete_job(connection, terminal, job=job, database=database, yes=yes)
