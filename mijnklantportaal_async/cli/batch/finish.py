"""What is said when a job has come to its end, or a worker has stopped before it."""

from collections.abc import Iterable

from mijnklantportaal_async.batch import Jobs
from mijnklantportaal_async.cli.batch.job_report import exit_code_for, show_report
from mijnklantportaal_async.cli.batch.place import JobsPlace
from mijnklantportaal_async.cli.batch.proof import compare
from mijnklantportaal_async.cli.batch.sandboxes import Sandboxes
from mijnklantportaal_async.cli.batch.working import Ending
from mijnklantportaal_async.cli.exit_codes import ExitCode
from mijnklantportaal_async.cli.interruption import Interruption
from mijnklantportaal_async.cli.terminal import Terminal
from mijnklantportaal_async.texts.words import words

LOST = words(
    "This worker stood still for so long (did the machine sleep?) that others have taken over its rows, so "
    "it has stopped. Nothing is lost, and nothing was sent twice. Give the same command again."
)


async def report_job(
    jobs: Jobs, name: str, place: JobsPlace, terminal: Terminal, sandboxes: Sandboxes, *, remarks: Iterable[str] = ()
) -> ExitCode:
    """Shows what became of a job, and compares it with the calendars of sandboxes.

    Args:
        jobs: Where the job is.
        name: Its name.
        place: Where that is.
        terminal: Where to show it.
        sandboxes: Those that are up.
        remarks: To be said between the tables and the advice.

    Returns:
        What it means for the exit code.
    """
    job, rows = await jobs.job(name), await jobs.results(name)
    show_report(terminal, job, rows, place, remarks=remarks)
    if not sandboxes.running:
        return exit_code_for(job.progress)
    names = [other.name for other in await jobs.list_jobs() if other.name != name]
    others = [row for other in names for row in await jobs.results(other)]
    is_right, text = compare(rows, others, sandboxes.running)
    terminal.say(text, "green" if is_right else "bold red")
    return exit_code_for(job.progress) if is_right else ExitCode.SOME_FAILED


def code_of(ending: Ending, code: ExitCode, interruption: Interruption, terminal: Terminal, go_on: str) -> ExitCode:
    """How the process ends, after a worker has stopped.

    Args:
        ending: Why it has.
        code: What the job means for the exit code.
        interruption: What the person at the terminal asked for.
        terminal: Where to say it.
        go_on: How to go on after a stop.
    """
    match ending:
        case Ending.STOPPED:
            terminal.say(words("Stopped. {go_on}", go_on=go_on), "yellow")
            return interruption.exit_code or ExitCode.INTERRUPTED
        case Ending.LOST:
            terminal.fail(LOST)
            return ExitCode.SOME_FAILED
        case Ending.DONE:
            return code
