"""`mijnklantportaal batch submit`: checks a file, shows what submitting it would do, asks, and submits it."""

import asyncio
from typing import Any

import attrs

from mijnklantportaal_async.batch import JobRow, Jobs, Plan, Portal, Submission, operations
from mijnklantportaal_async.cli import prompts
from mijnklantportaal_async.cli.batch.place import JobsPlace, open_jobs, place_of
from mijnklantportaal_async.cli.batch.portals import PortalBook, refuse_other_zones
from mijnklantportaal_async.cli.batch.row_file import FileChoice, job_rows, read_checked
from mijnklantportaal_async.cli.exit_codes import ExitCode
from mijnklantportaal_async.cli.failures import CommandError
from mijnklantportaal_async.cli.options import Connection
from mijnklantportaal_async.cli.run_report import in_number
from mijnklantportaal_async.cli.terminal import Terminal, plain_text, quiet_table
from mijnklantportaal_async.files.printable import shown_value
from mijnklantportaal_async.files.records import RowFile
from mijnklantportaal_async.values.local_time import portal_zone

_MOST_NEW_ROWS = 20


@attrs.frozen(kw_only=True)
class SubmitOptions:
    """What was asked for."""

    file: FileChoice
    job: str | None
    """The file's name when left out."""
    portal: str
    database: str | None
    again: bool
    yes: bool
    dry_run: bool = False


@attrs.frozen(kw_only=True)
class JobFile:
    """A file that may become a job."""

    job: str
    source: str
    rows: list[JobRow]
    portal: Portal
    """For rows that name none."""
    others: tuple[Portal, ...]
    """Those that rows name."""


def submit(connection: Connection, terminal: Terminal, options: SubmitOptions) -> ExitCode:
    """Submits the rows of a file, for workers to bring into the portals."""
    place = place_of(connection, options.database)
    job_file = read_job_file(PortalBook(connection), terminal, options)
    return asyncio.run(_submit(connection, terminal, place, job_file, options))


def read_job_file(book: PortalBook, terminal: Terminal, options: SubmitOptions) -> JobFile:
    """Reads and checks the file of a job.

    Raises:
        CommandError: The file or a portal's name cannot be right.
    """
    portal = book.portal(options.portal)
    file: RowFile[Any] = read_checked(options.file, portal_zone(portal.timezone), terminal, asks=not options.yes)
    others = tuple(book.portal(name) for name in file.portals if name is not None)
    refuse_other_zones((portal, *others))
    # No database keeps what is not Unicode, as a file's name on an old disk may be.
    name = options.file.path.name.encode("utf-8", "backslashreplace").decode()
    return JobFile(
        job=options.job or name,
        source=name,
        rows=job_rows(file),
        portal=portal,
        others=others,
    )


async def confirmed_plan(
    jobs: Jobs, job_file: JobFile, terminal: Terminal, *, asks: bool, yes: bool, again: bool
) -> Plan:
    """Says what submitting would do, and asks where a person should decide.

    Args:
        jobs: Where the job is, or will be.
        job_file: What would be submitted.
        terminal: Where to say it.
        asks: Whether to ask for a new job too; rows that are new to a job are always asked for.
        yes: Do not ask.
        again: Do not ask either where rows stand in other jobs.

    Returns:
        The plan, agreed to.

    Raises:
        CommandError: Rows cannot be right, or nobody agreed.
        DatabaseTroubleError: The database cannot be used.
    """
    try:
        plan = await jobs.plan(
            job_file.rows, job=job_file.job, portal=job_file.portal, source=job_file.source, others=job_file.others
        )
    except (TypeError, ValueError) as error:
        raise CommandError(f"{error}\nNothing was submitted.") from error
    for sentence in plan_in_words(plan):
        terminal.say(sentence)
    if not plan.submission.added:
        return plan
    if plan.submission.elsewhere and not plan.completes_a_submission and not again:
        _agree_to_rows_of_other_jobs(plan)
    if plan.submission.changes_the_job and not plan.completes_a_submission:
        _agree_to_new_rows(plan, terminal, yes=yes)
    elif asks and not yes and prompts.somebody_is_there():
        rows, where = in_number(plan.submission.added, "row"), _portals_in_words(plan.portals)
        if not prompts.agrees(f"Submit {rows} for {where} as job {shown_value(plan.submission.job)!r}?"):
            raise CommandError("Nothing was submitted.", ExitCode.SOME_FAILED)
    return plan


def plan_in_words(plan: Plan) -> list[str]:
    """What submitting would do, a sentence each."""
    found, job = plan.submission, repr(shown_value(plan.submission.job))
    if found.is_new_job:
        said = [f"Job {job} is new: {in_number(found.added, 'row')}."]
    elif plan.completes_a_submission:
        said = [
            f"Submitting job {job} was interrupted: {in_number(found.added, 'more row')}, {found.known:,} are in it."
        ]
    elif found.added:
        said = [f"Job {job} exists: it has {found.known:,} of these rows, and {found.added:,} are new to it."]
    else:
        said = [f"Job {job} has all of these rows already: nothing to submit."]
    if found.missing:
        rows = f"{in_number(found.missing, 'row')} of the job {'is' if found.missing == 1 else 'are'} not in the file"
        said.append(f"Note: {rows} (any more). They stay in the job, and in the portal.")
    if found.elsewhere:
        said.append(
            f"Note: of these rows {_elsewhere(found)} of the same portal already. They would be made once more."
        )
    return said


# --- inside ------------------------------------------------------------------------------------------------------


def _elsewhere(found: Submission) -> str:
    counts = [f"{count:,} stand in job {shown_value(name)!r}" for name, count in found.elsewhere]
    return ", ".join(counts)


def _agree_to_rows_of_other_jobs(plan: Plan) -> None:
    if not prompts.somebody_is_there():
        raise CommandError(
            f"Of {in_number(plan.submission.added, 'row')} {_elsewhere(plan.submission)} already, and nobody is there "
            "to ask. Nothing was submitted. Say --again to have them made once more."
        )
    if not prompts.agrees(f"Make them once more, as job {shown_value(plan.submission.job)!r}?"):
        raise CommandError("Nothing was submitted.", ExitCode.SOME_FAILED)


def _agree_to_new_rows(plan: Plan, terminal: Terminal, *, yes: bool) -> None:
    table = quiet_table("New row", "What it asks for")
    table.columns[0].no_wrap = True
    for row in plan.rows[:_MOST_NEW_ROWS]:
        table.add_row(plain_text(row.place), plain_text(operations.title(row.operation, row.request)))
    if (more := len(plan.rows) - _MOST_NEW_ROWS) > 0:
        table.add_row("…", f"and {more:,} more")
    terminal.show(table)
    terminal.say(
        "A row that was changed is a new row: it is made beside the old one, which stays in the portal.", "yellow"
    )
    if yes:
        return
    rows = in_number(plan.submission.added, "row")
    if not prompts.somebody_is_there():
        raise CommandError(
            f"Nobody is there to ask. Nothing was submitted. Say --yes to add the {rows} to the job, or --job NAME for "
            "another job."
        )
    if not prompts.agrees(f"Add {rows} to job {shown_value(plan.submission.job)!r}?"):
        raise CommandError("Nothing was submitted.", ExitCode.SOME_FAILED)


def _portals_in_words(portals: tuple[Portal, ...]) -> str:
    named = [f"{portal.name} ({portal.address})" for portal in portals]
    return f"portal {named[0]}" if len(named) == 1 else f"portals {', '.join(named)}"


async def _submit(
    connection: Connection, terminal: Terminal, place: JobsPlace, job_file: JobFile, options: SubmitOptions
) -> ExitCode:
    async with open_jobs(place, is_new=True) as jobs:
        plan = await confirmed_plan(
            jobs,
            job_file,
            terminal,
            asks=not (connection.sandbox or options.dry_run),
            yes=options.yes or options.dry_run,
            again=options.again or options.dry_run,
        )
        if options.dry_run:
            terminal.say("Nothing was submitted (--dry-run).")
            return ExitCode.DONE
        submission = await jobs.submit(plan, extend=True, again=True)
    if submission.added:
        terminal.say(f"Submitted {in_number(submission.added, 'row')} to {place.shown}.", "bold green")
        terminal.say(f"Bring them in:  {place.command('work')}")
        terminal.say(f"Watch them:     {place.command('status', submission.job, '--watch')}")
    return ExitCode.DONE
