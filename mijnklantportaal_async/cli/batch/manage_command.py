"""`mijnklantportaal batch cancel`, `resume`, `settle`, `retry` and `delete`."""

from collections.abc import Sequence
from pathlib import Path

from mijnklantportaal_async.batch import RowOutcome
from mijnklantportaal_async.batch.decisions import read_decisions
from mijnklantportaal_async.cli import prompts
from mijnklantportaal_async.cli.batch.display import counts_in_words
from mijnklantportaal_async.cli.batch.place import open_jobs, place_of
from mijnklantportaal_async.cli.exit_codes import ExitCode
from mijnklantportaal_async.cli.failures import CommandError
from mijnklantportaal_async.cli.options import Connection
from mijnklantportaal_async.cli.run_report import in_number
from mijnklantportaal_async.cli.terminal import Terminal
from mijnklantportaal_async.files.printable import shown_value


async def cancel(connection: Connection, terminal: Terminal, *, job: str, database: str | None, yes: bool) -> ExitCode:
    """Stops a job: what was not begun is not begun."""
    place = place_of(connection, database)
    async with open_jobs(place) as jobs:
        kept = await jobs.job(job)
        waiting = in_number(kept.progress.waiting, "row")
        if kept.progress.is_over:
            terminal.say(f"Job {shown_value(kept.name)!r} is over: {', '.join(counts_in_words(kept.progress))}.")
            return ExitCode.DONE
        _agree(f"Cancel job {shown_value(kept.name)!r}, of which {waiting} wait?", terminal, yes=yes)
        progress = await jobs.cancel(kept.name)
    terminal.say(f"Canceled: {', '.join(counts_in_words(progress))}.", "bold")
    if progress.under_way:
        terminal.say("Rows under way come to their end, so that it is known what became of them.")
    terminal.say(f"Go on with it:  {place.command('resume', kept.name)}")
    return ExitCode.DONE


async def resume(connection: Connection, terminal: Terminal, *, job: str, database: str | None) -> ExitCode:
    """Goes on with a job that was canceled."""
    place = place_of(connection, database)
    async with open_jobs(place) as jobs:
        count = await jobs.resume(job)
    if not count:
        terminal.say(f"Nothing of job {shown_value(job)!r} was canceled: there is nothing to resume.")
        return ExitCode.DONE
    terminal.say(f"{in_number(count, 'row')} of job {shown_value(job)!r} wait again.", "bold green")
    terminal.say(f"Bring them in:  {place.command('work')}")
    return ExitCode.DONE


async def settle(
    connection: Connection, terminal: Terminal, *, job: str, database: str | None, send_again: bool
) -> ExitCode:
    """Has rows looked for of which nobody knows what became of them."""
    place = place_of(connection, database)
    async with open_jobs(place) as jobs:
        count = await jobs.settle(job, send_again=send_again)
    if not count:
        terminal.say(f"Of every row of job {shown_value(job)!r} it is known what became of it: nothing to settle.")
        return ExitCode.DONE
    then = "What is proven not to be there is sent." if send_again else "Nothing is sent."
    terminal.say(f"{in_number(count, 'row')} of job {shown_value(job)!r} will be looked for. {then}", "bold green")
    terminal.say(f"Have it done:   {place.command('work')}")
    return ExitCode.DONE


async def decide(connection: Connection, terminal: Terminal, *, job: str, database: str | None, path: Path) -> ExitCode:
    """Takes a person's word for rows in doubt."""
    try:
        about, decisions = read_decisions(path.read_text("utf-8"))  # noqa: ASYNC240 - nothing else is under way
    except (OSError, ValueError) as error:
        said = (error.strerror or str(error)) if isinstance(error, OSError) else str(error)
        raise CommandError(f"{path} cannot be used: {said}. Nothing was changed.") from error
    if about != job:
        raise CommandError(f"{path.name} is about job {shown_value(about)!r}. Nothing was changed.")
    place = place_of(connection, database)
    async with open_jobs(place) as jobs:
        decided = await jobs.decide(job, decisions)
    for number, reason in decided.refused:
        terminal.say(f"Row {number} stays as it is: {reason}.", "yellow")
    if decided.done:
        terminal.say(f"{in_number(decided.done, 'row')} found in the portal: done.", "bold green")
    if decided.sent_again:
        rows = in_number(decided.sent_again, "row")
        terminal.say(f"{rows} will be looked for once more, and sent if nothing of it is there.", "bold")
        terminal.say(f"Have it done:   {place.command('work')}")
    if not decisions:
        terminal.say("The file has no decisions.")
    return ExitCode.SOME_FAILED if decided.refused else ExitCode.DONE


async def retry(
    connection: Connection, terminal: Terminal, *, job: str, database: str | None, outcomes: Sequence[str], yes: bool
) -> ExitCode:
    """Has rows sent again of which nothing is in the portal."""
    chosen = [RowOutcome(name) for name in outcomes]
    place = place_of(connection, database)
    async with open_jobs(place) as jobs:
        progress = (await jobs.job(job)).progress
        counts = {RowOutcome.REJECTED: progress.rejected, RowOutcome.NOT_STARTED: progress.not_started}
        found = {outcome.value: counts[outcome] for outcome in chosen if counts[outcome]}
        if not found:
            which = " or ".join(outcome.value for outcome in chosen)
            terminal.say(f"No row of job {shown_value(job)!r} is {which}: there is nothing to send again.")
            return ExitCode.DONE
        said = ", ".join(f"{count:,} {outcome}" for outcome, count in found.items())
        _agree(f"Send rows of job {shown_value(job)!r} again: {said}?", terminal, yes=yes)
        count = await jobs.retry(job, outcomes=chosen)
    terminal.say(f"{in_number(count, 'row')} of job {shown_value(job)!r} wait again.", "bold green")
    terminal.say(f"Bring them in:  {place.command('work')}")
    return ExitCode.DONE


async def delete(connection: Connection, terminal: Terminal, *, job: str, database: str | None, yes: bool) -> ExitCode:
    """Forgets a job that is over."""
    place = place_of(connection, database)
    async with open_jobs(place) as jobs:
        kept = await jobs.job(job)
        if not kept.progress.is_over:
            raise CommandError(
                f"Job {shown_value(kept.name)!r} is not over: {', '.join(counts_in_words(kept.progress))}. Let it "
                f"finish, or cancel it first: {place.command('cancel', kept.name)}"
            )
        terminal.say(
            f"Job {shown_value(kept.name)!r}: {', '.join(counts_in_words(kept.progress))}. Deleting forgets which rows "
            "were done; nothing changes in the portal. Who submits the same file again makes everything a second time.",
            "yellow",
        )
        if kept.progress.unknown:
            terminal.say(f"Of {in_number(kept.progress.unknown, 'row')} nobody knows yet what became of it.", "yellow")
        _agree(f"Delete job {shown_value(kept.name)!r}?", terminal, yes=yes)
        try:
            count = await jobs.delete(kept.name)
        except ValueError as error:
            raise CommandError(f"{error}.") from error
    terminal.say(f"Deleted: {in_number(count, 'row')}.", "bold")
    return ExitCode.DONE


# --- inside ------------------------------------------------------------------------------------------------------


def _agree(question: str, terminal: Terminal, *, yes: bool) -> None:
    if yes:
        return
    if not prompts.somebody_is_there():
        raise CommandError("Nobody is there to ask; say --yes to do it without a question. Nothing was changed.")
    if not prompts.agrees(question):
        raise CommandError("Nothing was changed.", ExitCode.SOME_FAILED)
