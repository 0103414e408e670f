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
from mijnklantportaal_async.cli.numbers import in_number
from mijnklantportaal_async.cli.options import Connection
from mijnklantportaal_async.cli.terminal import Terminal
from mijnklantportaal_async.files.printable import shown_value
from mijnklantportaal_async.texts.system import reason_of
from mijnklantportaal_async.texts.words import Sentences, counted, sentence, told_by, words


async def cancel(connection: Connection, terminal: Terminal, *, job: str, database: str | None, yes: bool) -> ExitCode:
    """Stops a job: what was not begun is not begun."""
    place = place_of(connection, database)
    async with open_jobs(place) as jobs:
        kept = await jobs.job(job)
        waiting = in_number(kept.progress.waiting, "row")
        if kept.progress.is_over:
            terminal.say(
                words(
                    "Job {kept_name} is over: {progress}.",
                    kept_name=repr(shown_value(kept.name)),
                    progress=Sentences(counts_in_words(kept.progress), ", "),
                )
            )
            return ExitCode.DONE
        _agree(
            words(
                "Cancel job {kept_name}, with {waiting} that wait?",
                kept_name=repr(shown_value(kept.name)),
                waiting=waiting,
            ),
            terminal,
            yes=yes,
        )
        progress = await jobs.cancel(kept.name)
    terminal.say(words("Canceled: {progress}.", progress=Sentences(counts_in_words(progress), ", ")), "bold")
    if progress.under_way:
        terminal.say(words("Rows under way come to their end, so that it is known what became of them."))
    terminal.say(words("Go on with it:  {value}", value=place.command("resume", kept.name)))
    return ExitCode.DONE


async def resume(connection: Connection, terminal: Terminal, *, job: str, database: str | None) -> ExitCode:
    """Goes on with a job that was canceled."""
    place = place_of(connection, database)
    async with open_jobs(place) as jobs:
        count = await jobs.resume(job)
    if not count:
        terminal.say(
            words("Nothing of job {job} was canceled: there is nothing to resume.", job=repr(shown_value(job)))
        )
        return ExitCode.DONE
    terminal.say(
        words("{rows} of job {job} wait again.", rows=in_number(count, "row"), job=repr(shown_value(job))), "bold green"
    )
    terminal.say(words("Bring them in:  {value}", value=place.command("work")))
    return ExitCode.DONE


async def settle(
    connection: Connection, terminal: Terminal, *, job: str, database: str | None, send_again: bool
) -> ExitCode:
    """Has rows looked for of which nobody knows what became of them."""
    place = place_of(connection, database)
    async with open_jobs(place) as jobs:
        count = await jobs.settle(job, send_again=send_again)
    if not count:
        terminal.say(
            words(
                "Of every row of job {job} it is known what became of it: nothing to settle.",
                job=repr(shown_value(job)),
            )
        )
        return ExitCode.DONE
    then = words("What is proven not to be there is sent.") if send_again else words("Nothing is sent.")
    terminal.say(
        words(
            "{rows} of job {job} will be looked for. {then}",
            rows=in_number(count, "row"),
            job=repr(shown_value(job)),
            then=then,
        ),
        "bold green",
    )
    terminal.say(words("Have it done:   {value}", value=place.command("work")))
    return ExitCode.DONE


async def decide(connection: Connection, terminal: Terminal, *, job: str, database: str | None, path: Path) -> ExitCode:
    """Takes a person's word for rows in doubt."""
    try:
        about, decisions = read_decisions(path.read_text("utf-8"))  # noqa: ASYNC240 - nothing else is under way
    except (OSError, ValueError) as error:
        said = reason_of(error) if isinstance(error, OSError) else told_by(error)
        raise CommandError(
            words("{path} cannot be used: {said}. Nothing was changed.", path=path, said=said)
        ) from error
    if about != job:
        raise CommandError(
            words(
                "{path_name} is about job {about}. Nothing was changed.",
                path_name=path.name,
                about=repr(shown_value(about)),
            )
        )
    place = place_of(connection, database)
    async with open_jobs(place) as jobs:
        decided = await jobs.decide(job, decisions)
    for number, reason in decided.refused:
        terminal.say(words("Row {number} stays as it is: {reason}.", number=number, reason=reason), "yellow")
    if decided.done:
        terminal.say(words("{rows} found in the portal: done.", rows=in_number(decided.done, "row")), "bold green")
    if decided.sent_again:
        rows = in_number(decided.sent_again, "row")
        terminal.say(
            words("{rows} will be looked for once more, and sent if nothing of it is there.", rows=rows), "bold"
        )
        terminal.say(words("Have it done:   {value}", value=place.command("work")))
    if not decisions:
        terminal.say(words("The file has no decisions."))
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
        found = {outcome: counts[outcome] for outcome in chosen if counts[outcome]}
        if not found:
            which = Sentences([outcome.words for outcome in chosen], words(" or "))
            terminal.say(
                words(
                    "No row of job {job} is {which}: there is nothing to send again.",
                    job=repr(shown_value(job)),
                    which=which,
                )
            )
            return ExitCode.DONE
        said = Sentences(
            [words("{count:,} {outcome}", count=count, outcome=outcome.words) for outcome, count in found.items()], ", "
        )
        _agree(words("Send rows of job {job} again: {said}?", job=repr(shown_value(job)), said=said), terminal, yes=yes)
        count = await jobs.retry(job, outcomes=chosen)
    terminal.say(
        words("{rows} of job {job} wait again.", rows=in_number(count, "row"), job=repr(shown_value(job))), "bold green"
    )
    terminal.say(words("Bring them in:  {value}", value=place.command("work")))
    return ExitCode.DONE


async def delete(connection: Connection, terminal: Terminal, *, job: str, database: str | None, yes: bool) -> ExitCode:
    """Forgets a job that is over."""
    place = place_of(connection, database)
    async with open_jobs(place) as jobs:
        kept = await jobs.job(job)
        if not kept.progress.is_over:
            raise CommandError(
                words(
                    "Job {kept_name} is not over: {progress}. Let it finish, or cancel it first: {value}",
                    kept_name=repr(shown_value(kept.name)),
                    progress=Sentences(counts_in_words(kept.progress), ", "),
                    value=place.command("cancel", kept.name),
                )
            )
        terminal.say(
            words(
                "Job {kept_name}: {progress}. Deleting forgets which rows were done; nothing changes in the "
                "portal. Who submits the same file again makes everything a second time.",
                kept_name=repr(shown_value(kept.name)),
                progress=Sentences(counts_in_words(kept.progress), ", "),
            ),
            "yellow",
        )
        if kept.progress.unknown:
            terminal.say(
                counted(
                    "Of {count:,} row nobody knows yet what became of it.",
                    "Of {count:,} rows nobody knows yet what became of them.",
                    kept.progress.unknown,
                ),
                "yellow",
            )
        _agree(words("Delete job {kept_name}?", kept_name=repr(shown_value(kept.name))), terminal, yes=yes)
        try:
            count = await jobs.delete(kept.name)
        except ValueError as error:
            raise CommandError(sentence(told_by(error))) from error
    terminal.say(words("Deleted: {rows}.", rows=in_number(count, "row")), "bold")
    return ExitCode.DONE


# --- inside ------------------------------------------------------------------------------------------------------


def _agree(question: str, terminal: Terminal, *, yes: bool) -> None:
    if yes:
        return
    if not prompts.somebody_is_there():
        raise CommandError(words("Nobody is there to ask; say --yes to do it without a question. Nothing was changed."))
    if not prompts.agrees(terminal, question):
        raise CommandError(words("Nothing was changed."), ExitCode.SOME_FAILED)
