"""The commands about jobs that were submitted. What they do is imported when one runs."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mijnklantportaal_async.cli.batch.options import (
    DatabaseOption,
    JobArgument,
    about_batches,
)
from mijnklantportaal_async.cli.exit_codes import EXIT_CODES_HELP, ExitCode
from mijnklantportaal_async.cli.help_page import HelpfulTyper
from mijnklantportaal_async.cli.options import (
    ABOUT_JOBS,
    AsJsonOption,
    Connection,
    OverwriteOption,
    YesOption,
    with_options,
)

if TYPE_CHECKING:
    from mijnklantportaal_async.cli.terminal import Terminal

managing = HelpfulTyper()


class RetriedOutcome(StrEnum):
    """How rows ended that can be sent again."""

    REJECTED = "rejected"
    NOT_STARTED = "not started"


@managing.command(epilog=EXIT_CODES_HELP)
@with_options(*ABOUT_JOBS)
@about_batches
async def status(
    connection: Connection,
    terminal: "Terminal",
    job: Annotated[
        str | None, typer.Argument(help="Name of the job; those that are not over when left out.", metavar="[JOB]")
    ] = None,
    watch: Annotated[
        bool, typer.Option("--watch", help="Show it live until it is over; the exit code then is the job's.")
    ] = False,
    as_json: AsJsonOption = False,
    database: DatabaseOption = None,
) -> ExitCode:
    """Show how a job stands."""
    if watch and as_json:
        raise typer.BadParameter("does not go together with --json", param_hint="--watch")
    from mijnklantportaal_async.cli.batch.status_command import status as show_status

    return await show_status(connection, terminal, job=job, database=database, watches=watch, as_data=as_json)


@managing.command("list", epilog=EXIT_CODES_HELP)
@with_options(*ABOUT_JOBS)
@about_batches
async def list_jobs(
    connection: Connection, terminal: "Terminal", as_json: AsJsonOption = False, database: DatabaseOption = None
) -> ExitCode:
    """Show all jobs, the newest first."""
    from mijnklantportaal_async.cli.batch.status_command import list_jobs as show_jobs

    return await show_jobs(connection, terminal, database=database, as_data=as_json)


@managing.command(epilog=EXIT_CODES_HELP)
@with_options(*ABOUT_JOBS)
@about_batches
def results(
    connection: Connection,
    terminal: "Terminal",
    job: JobArgument,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="A .csv or .jsonl file; - for CSV here.", dir_okay=False),
    ] = None,
    overwrite: OverwriteOption = False,
    as_json: AsJsonOption = False,
    database: DatabaseOption = None,
) -> ExitCode:
    """Write what became of each row to a file."""
    from mijnklantportaal_async.cli.batch.results_command import results as write_results

    return write_results(
        connection, terminal, job=job, output=output, overwrite=overwrite, as_data=as_json, database=database
    )


@managing.command(epilog=EXIT_CODES_HELP)
@with_options(*ABOUT_JOBS)
@about_batches
def report(
    connection: Connection,
    terminal: "Terminal",
    job: JobArgument,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="A .html file; - for here.", dir_okay=False)
    ],
    overwrite: OverwriteOption = False,
    database: DatabaseOption = None,
) -> ExitCode:
    """Write a page about a job, to read in a browser or on paper."""
    from mijnklantportaal_async.cli.batch.results_command import report as write_report

    return write_report(connection, terminal, job=job, output=output, overwrite=overwrite, database=database)


@managing.command(epilog=EXIT_CODES_HELP)
@with_options(*ABOUT_JOBS)
@about_batches
async def cancel(
    connection: Connection,
    terminal: "Terminal",
    job: JobArgument,
    yes: YesOption = False,
    database: DatabaseOption = None,
) -> ExitCode:
    """Stop a job: rows that were not begun are not begun. `resume` goes on with it."""
    from mijnklantportaal_async.cli.batch.manage_command import cancel as cancel_job

    return await cancel_job(connection, terminal, job=job, database=database, yes=yes)


@managing.command(epilog=EXIT_CODES_HELP)
@with_options(*ABOUT_JOBS)
@about_batches
async def resume(
    connection: Connection, terminal: "Terminal", job: JobArgument, database: DatabaseOption = None
) -> ExitCode:
    """Go on with a job that was canceled."""
    from mijnklantportaal_async.cli.batch.manage_command import resume as resume_job

    return await resume_job(connection, terminal, job=job, database=database)


@managing.command(epilog=EXIT_CODES_HELP)
@with_options(*ABOUT_JOBS)
@about_batches
async def settle(
    connection: Connection,
    terminal: "Terminal",
    job: JobArgument,
    send_again: Annotated[
        bool, typer.Option("--send-again", help="Send what is proven not to be there, now or by an earlier settle.")
    ] = False,
    decisions: Annotated[
        Path | None,
        typer.Option(
            "--decisions",
            metavar="FILE",
            help="What a person found, as the page of `batch report` saves it.",
            dir_okay=False,
        ),
    ] = None,
    database: DatabaseOption = None,
) -> ExitCode:
    """Look again for rows of which nobody knows what became of them: what is found is done.

    Without --send-again nothing is sent: a row that is proven not to be there says so.
    """
    if decisions is not None and send_again:
        raise typer.BadParameter("does not go together with --send-again", param_hint="--decisions")
    from mijnklantportaal_async.cli.batch.manage_command import decide as decide_rows
    from mijnklantportaal_async.cli.batch.manage_command import settle as settle_job

    if decisions is not None:
        return await decide_rows(connection, terminal, job=job, database=database, path=decisions)
    return await settle_job(connection, terminal, job=job, database=database, send_again=send_again)


@managing.command(epilog=EXIT_CODES_HELP)
@with_options(*ABOUT_JOBS)
@about_batches
async def retry(
    connection: Connection,
    terminal: "Terminal",
    job: JobArgument,
    outcome: Annotated[
        list[RetriedOutcome] | None,
        typer.Option(
            metavar="'rejected'|'not started'", help="Only rows that ended so; both when left out. Repeatable."
        ),
    ] = None,
    yes: YesOption = False,
    database: DatabaseOption = None,
) -> ExitCode:
    """Send rows again that were rejected, or never started: nothing of them is in the portal."""
    from mijnklantportaal_async.cli.batch.manage_command import retry as retry_job

    return await retry_job(
        connection, terminal, job=job, database=database, outcomes=outcome or list(RetriedOutcome), yes=yes
    )


@managing.command(epilog=EXIT_CODES_HELP)
@with_options(*ABOUT_JOBS)
@about_batches
async def delete(
    connection: Connection,
    terminal: "Terminal",
    job: JobArgument,
    yes: YesOption = False,
    database: DatabaseOption = None,
) -> ExitCode:
    """Forget a job that is over. Nothing changes in the portal."""
    from mijnklantportaal_async.cli.batch.manage_command import delete as delete_job

    return await delete_job(connection, terminal, job=job, database=database, yes=yes)
