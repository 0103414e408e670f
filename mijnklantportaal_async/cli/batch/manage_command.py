"""`mijnklantportaal batch cancel`, `resume`, `settle`, `retry` and `delete`."""

import asyncio
from collections.abc import Sequence

from mijnklantportaal_async.batch import RowOutcome
from mijnklantportaal_async.cli import prompts
from mijnklantportaal_async.cli.batch.display import counts_in_words
from mijnklantportaal_async.cli.batch.place import open_jobs, place_of
from mijnklantportaal_async.cli.batch.sandboxes import refuse_idle_options
from mijnklantportaal_async.cli.exit_codes import ExitCode
from mijnklantportaal_async.cli.failures import CommandError
from mijnklantportaal_async.cli.options import Connection
from mijnklantportaal_async.cli.run_report import in_number
from mijnklantportaal_async.cli.terminal import Terminal
from mijnklantportaal_async.tables.printable import shown_value


def cancel(connection: Connection, terminal: Terminal, *, job: str, database: str | None, yes: bool) -> ExitCode:
    """Stops a job: what was not begun is not begun."""
    return asyncio.run(_cancel(connection, terminal, job, database, yes))


def resume(connection: Connection, terminal: Terminal, *, job: str, database: str | None) -> ExitCode:
    """Goes on with a job that was canceled."""
    return asyncio.run(_resume(connection, terminal, job, database))


def settle(connection: Connection, terminal: Terminal, *, job: str, database: str | None, send_again: bool) -> ExitCode:
    """Has rows looked for of which nobody knows what became of them."""
    return asyncio.run(_settle(connection, terminal, job, database, send_again))


def retry(
    connection: Connection, terminal: Terminal, *, job: str, database: str | None, outcomes: Sequence[str], yes: bool
) -> ExitCode:
    """Has rows sent again of which nothing is in the portal."""
    return asyncio.run(_retry(connection, terminal, job, database, [RowOutcome(name) for name in outcomes], yes))


def delete(connection: Connection, terminal: Terminal, *, job: str, database: str | None, yes: bool) -> ExitCode:
    """Forgets a job that is over."""
    return asyncio.run(_delete(connection, terminal, job, database, yes))


# --- inside ------------------------------------------------------------------------------------------------------


async def _cancel(connection: Connection, terminal: Terminal, name: str, database: str | None, yes: bool) -> ExitCode:
    refuse_idle_options(connection)
    place = place_of(connection, database)
    async with open_jobs(place) as jobs:
        job = await jobs.job(name)
        waiting = in_number(job.progress.waiting, "row")
        if job.progress.is_over:
            terminal.say(f"Job {shown_value(job.name)!r} is over: {', '.join(counts_in_words(job.progress))}.")
            return ExitCode.DONE
        _agree(f"Cancel job {shown_value(job.name)!r}, of which {waiting} wait?", terminal, yes=yes)
        progress = await jobs.cancel(job.name)
    terminal.say(f"Canceled: {', '.join(counts_in_words(progress))}.", "bold")
    if progress.under_way:
        terminal.say("Rows under way come to their end, so that it is known what became of them.")
    terminal.say(f"Go on with it:  {place.command('resume', job.name)}")
    return ExitCode.DONE


async def _resume(connection: Connection, terminal: Terminal, name: str, database: str | None) -> ExitCode:
    refuse_idle_options(connection)
    place = place_of(connection, database)
    async with open_jobs(place) as jobs:
        count = await jobs.resume(name)
    if not count:
        terminal.say(f"Nothing of job {shown_value(name)!r} was canceled: there is nothing to resume.")
        return ExitCode.DONE
    terminal.say(f"{in_number(count, 'row')} of job {shown_value(name)!r} wait again.", "bold green")
    terminal.say(f"Bring them in:  {place.command('work')}")
    return ExitCode.DONE


async def _settle(
    connection: Connection, terminal: Terminal, name: str, database: str | None, send_again: bool
) -> ExitCode:
    refuse_idle_options(connection)
    place = place_of(connection, database)
    async with open_jobs(place) as jobs:
        count = await jobs.settle(name, send_again=send_again)
    if not count:
        terminal.say(f"Of every row of job {shown_value(name)!r} it is known what became of it: nothing to settle.")
        return ExitCode.DONE
    then = "What is proven not to be there is sent." if send_again else "Nothing is sent."
    terminal.say(f"{in_number(count, 'row')} of job {shown_value(name)!r} will be looked for. {then}", "bold green")
    terminal.say(f"Have it done:   {place.command('work')}")
    return ExitCode.DONE


async def _retry(
    connection: Connection, terminal: Terminal, name: str, database: str | None, outcomes: list[RowOutcome], yes: bool
) -> ExitCode:
    refuse_idle_options(connection)
    place = place_of(connection, database)
    async with open_jobs(place) as jobs:
        progress = (await jobs.job(name)).progress
        counts = {RowOutcome.REJECTED: progress.rejected, RowOutcome.NOT_STARTED: progress.not_started}
        found = {outcome.value: counts[outcome] for outcome in outcomes if counts[outcome]}
        if not found:
            which = " or ".join(outcome.value for outcome in outcomes)
            terminal.say(f"No row of job {shown_value(name)!r} is {which}: there is nothing to send again.")
            return ExitCode.DONE
        said = ", ".join(f"{count:,} {outcome}" for outcome, count in found.items())
        _agree(f"Send rows of job {shown_value(name)!r} again: {said}?", terminal, yes=yes)
        count = await jobs.retry(name, outcomes=outcomes)
    terminal.say(f"{in_number(count, 'row')} of job {shown_value(name)!r} wait again.", "bold green")
    terminal.say(f"Bring them in:  {place.command('work')}")
    return ExitCode.DONE


async def _delete(connection: Connection, terminal: Terminal, name: str, database: str | None, yes: bool) -> ExitCode:
    refuse_idle_options(connection)
    place = place_of(connection, database)
    async with open_jobs(place) as jobs:
        job = await jobs.job(name)
        if not job.progress.is_over:
            raise CommandError(
                f"Job {shown_value(job.name)!r} is not over: {', '.join(counts_in_words(job.progress))}. Let it "
                f"finish, or cancel it first: {place.command('cancel', job.name)}"
            )
        terminal.say(
            f"Job {shown_value(job.name)!r}: {', '.join(counts_in_words(job.progress))}. Deleting forgets which rows "
            "were done; nothing changes in the portal. Who submits the same file again makes everything a second time.",
            "yellow",
        )
        if job.progress.unknown:
            terminal.say(f"Of {in_number(job.progress.unknown, 'row')} nobody knows yet what became of it.", "yellow")
        _agree(f"Delete job {shown_value(job.name)!r}?", terminal, yes=yes)
        try:
            count = await jobs.delete(job.name)
        except ValueError as error:
            raise CommandError(f"{error}.") from error
    terminal.say(f"Deleted: {in_number(count, 'row')}.", "bold")
    return ExitCode.DONE


def _agree(question: str, terminal: Terminal, *, yes: bool) -> None:
    if yes:
        return
    if not prompts.somebody_is_there():
        raise CommandError("Nobody is there to ask; say --yes to do it without a question. Nothing was changed.")
    if not prompts.agrees(question):
        raise CommandError("Nothing was changed.", ExitCode.SOME_FAILED)
