"""`mijnklantportaal batch status` and `batch list`: how jobs stand, once or live."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from rich.table import Table
from rich.text import Text

from mijnklantportaal_async.batch import Jobs, JobSummary
from mijnklantportaal_async.cli.batch.display import JobsDisplay, counts_in_words
from mijnklantportaal_async.cli.batch.job_report import exit_code_for, show_report
from mijnklantportaal_async.cli.batch.place import JobsPlace, open_jobs, place_of
from mijnklantportaal_async.cli.batch.watching import JobWatch, troubles_kept, watch
from mijnklantportaal_async.cli.connection import clock_of
from mijnklantportaal_async.cli.exit_codes import ExitCode
from mijnklantportaal_async.cli.json_output import show_json
from mijnklantportaal_async.cli.live import shown
from mijnklantportaal_async.cli.options import Connection
from mijnklantportaal_async.cli.terminal import Terminal, plain_text, quiet_table
from mijnklantportaal_async.values.local_time import portal_zone

_LOOK = 1.0
"""Seconds between two looks: others work meanwhile."""


async def list_jobs(connection: Connection, terminal: Terminal, *, database: str | None, as_data: bool) -> ExitCode:
    """Shows all jobs, one a line."""
    place = place_of(connection, database)
    jobs: list[JobSummary] = []
    if not place.is_missing:
        async with open_jobs(place) as opened:
            jobs = await opened.list_jobs()
    if as_data:
        show_json(terminal, [as_json(job) for job in jobs])
    elif jobs:
        terminal.show(_jobs_table(jobs))
    else:
        terminal.say(f"There are no jobs in {place.shown}.")
    return ExitCode.DONE


async def status(
    connection: Connection, terminal: Terminal, *, job: str | None, database: str | None, watches: bool, as_data: bool
) -> ExitCode:
    """Shows how a job stands: once, or live until it is over.

    Args:
        connection: The options that every command has.
        terminal: Where to show it.
        job: Which; those that are not over when left out, or else the newest.
        database: What `--database` says.
        watches: Show it live until it is over.
        as_data: Print JSON.
    """
    place = place_of(connection, database)
    if watches:
        return await _watch(terminal, place, job, clock_of(connection).speed)
    return await _status(terminal, place, job, as_data=as_data)


def as_json(job: JobSummary) -> dict[str, Any]:
    """A job for another program."""
    progress = job.progress
    return {
        "job": job.name,
        "source": job.source,
        "submitted_at": job.submitted_at.isoformat(),
        "portals": [
            {"name": portal.name, "address": portal.address, "timezone": portal.timezone} for portal in job.portals
        ],
        "operations": list(job.operations),
        "total": progress.total,
        "done": progress.done,
        "rejected": progress.rejected,
        "unknown": progress.unknown,
        "not_started": progress.not_started,
        "under_way": progress.under_way,
        "waiting": progress.waiting,
        "is_over": progress.is_over,
        "troubles": list(progress.troubles),
    }


# --- inside ------------------------------------------------------------------------------------------------------


def _jobs_table(jobs: Sequence[JobSummary]) -> Table:
    table = quiet_table("Job", "Rows", "How it stands", "Submitted")
    table.columns[1].justify = "right"
    table.columns[1].no_wrap = table.columns[3].no_wrap = True
    for job in jobs:
        progress = job.progress
        state = ("over" if progress.is_over else "open") + f": {', '.join(counts_in_words(progress))}"
        style = (
            "" if not progress.is_over else "bold yellow" if progress.unknown else "red" if progress.rejected else ""
        )
        table.add_row(
            plain_text(job.name, "bold"),
            f"{progress.total:,}",
            Text(state, style=style or ("green" if progress.is_over else "cyan")),
            _moment(job.submitted_at, job),
        )
    return table


async def _chosen(jobs: Jobs, name: str | None) -> list[JobSummary]:
    if name is not None:
        return [await jobs.job(name)]
    found = await jobs.list_jobs()
    return [job for job in found if not job.progress.is_over] or found[:1]


async def _status(terminal: Terminal, place: JobsPlace, name: str | None, *, as_data: bool) -> ExitCode:
    async with open_jobs(place) as jobs:
        chosen = await _chosen(jobs, name)
        if as_data:
            data = [as_json(job) for job in chosen]
            show_json(terminal, data if name is None else data[0])
            return ExitCode.DONE
        if not chosen:
            terminal.say(f"There are no jobs in {place.shown}.")
        for job in chosen:
            terminal.show(_card(job))
            terminal.show("")
            show_report(terminal, job, await jobs.results(job.name), place)
            if job is not chosen[-1]:
                terminal.show("")
    return ExitCode.DONE


def _card(job: JobSummary) -> Table:
    progress = job.progress
    card = Table.grid(padding=(0, 2, 0, 0))
    card.add_column(style="dim", no_wrap=True)
    card.add_column(overflow="fold")
    card.add_row("Job", plain_text(job.name, "bold"))
    card.add_row("From", plain_text(job.source))
    card.add_row("Submitted", _moment(job.submitted_at, job))
    for portal in job.portals:
        card.add_row("Portal", plain_text(f"{portal.name} ({portal.address}, {portal.timezone})"))
    state = "over" if progress.is_over else f"{progress.over:,} of {progress.total:,} rows over"
    if not progress.is_over and not progress.under_way:
        state += "; no worker has any of it just now"
    card.add_row("State", state)
    for trouble in progress.troubles:
        card.add_row("Trouble", plain_text(trouble, "yellow"))
    return card


async def _watch(terminal: Terminal, place: JobsPlace, name: str | None, speed: float) -> ExitCode:
    async with open_jobs(place) as jobs:
        chosen = await _chosen(jobs, name)
        if not chosen:
            terminal.say(f"There are no jobs in {place.shown}.")
            return ExitCode.DONE
        watches = [JobWatch(jobs, job, speed=speed) for job in chosen]
        with troubles_kept() as log:
            async with shown(JobsDisplay(lambda: watches, log), terminal):
                await watch(watches, every=_LOOK)
        terminal.say("")
        for job in watches:
            terminal.say(f"{job.job.name}: {', '.join(counts_in_words(job.progress))}.", "bold")
        for job in watches:
            show_report(terminal, job.job, await jobs.results(job.job.name), place)
        return max((exit_code_for(job.progress) for job in watches), key=_weight)


def _weight(code: ExitCode) -> int:
    """What nobody knows outranks what was refused."""
    return (ExitCode.DONE, ExitCode.SOME_FAILED, ExitCode.UNKNOWN).index(code)


def _moment(moment: datetime, job: JobSummary) -> str:
    return f"{moment.astimezone(portal_zone(job.portals[0].timezone)):%a %d-%m-%Y %H:%M}"
