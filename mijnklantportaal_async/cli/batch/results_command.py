"""`mijnklantportaal batch results` and `batch report`: a job as a file."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

from mijnklantportaal_async.batch import JobSummary, RowResult
from mijnklantportaal_async.cli.batch.place import JobsPlace, open_jobs, place_of
from mijnklantportaal_async.cli.batch.results_file import as_json_lines, as_table, refuse_existing, write_whole
from mijnklantportaal_async.cli.batch.sandboxes import refuse_idle_options
from mijnklantportaal_async.cli.exit_codes import ExitCode
from mijnklantportaal_async.cli.failures import CommandError
from mijnklantportaal_async.cli.options import Connection
from mijnklantportaal_async.cli.run_report import in_number
from mijnklantportaal_async.cli.terminal import Terminal
from mijnklantportaal_async.files.results.formats import table_bytes, usual_manner

_TABLES, _LINES = (".csv", ".xlsx"), (".jsonl", ".ndjson")


def results(
    connection: Connection, terminal: Terminal, *, job: str, output: Path, overwrite: bool, database: str | None
) -> ExitCode:
    """Writes what became of every row to a file.

    Args:
        connection: The options that every command has.
        terminal: Where to say it.
        job: Which job.
        output: The file; its ending tells the format.
        overwrite: Replace a file that exists.
        database: What `--database` says.
    """
    refuse_idle_options(connection)
    kind = output.suffix.lower()
    if kind not in {*_TABLES, *_LINES}:
        endings = ", ".join((*_TABLES, *_LINES))
        raise CommandError(f"--output {output}: the name must end in {endings}, which tells the format.")
    refuse_existing(output, overwrite=overwrite)
    summary, rows = asyncio.run(_read(place_of(connection, database), job))
    write_whole(output, as_json_lines(rows) if kind in _LINES else table_bytes(output, as_table(rows), usual_manner()))
    return _say(terminal, summary, len(rows), output)


def report(
    connection: Connection, terminal: Terminal, *, job: str, output: Path, overwrite: bool, database: str | None
) -> ExitCode:
    """Writes a page about a job, to open in a browser.

    Args:
        connection: The options that every command has.
        terminal: Where to say it.
        job: Which job.
        output: The file.
        overwrite: Replace a file that exists.
        database: What `--database` says.
    """
    refuse_idle_options(connection)
    if output.suffix.lower() not in {".html", ".htm"}:
        raise CommandError(f"--output {output}: the name must end in .html, or no browser would open it.")
    refuse_existing(output, overwrite=overwrite)
    from mijnklantportaal_async.batch.report import report_page

    summary, rows = asyncio.run(_read(place_of(connection, database), job))
    write_whole(output, report_page(summary, rows, made_at=datetime.now(UTC)))
    return _say(terminal, summary, len(rows), output)


async def _read(place: JobsPlace, name: str) -> tuple[JobSummary, list[RowResult]]:
    async with open_jobs(place) as jobs:
        return await jobs.job(name), await jobs.results(name)


def _say(terminal: Terminal, job: JobSummary, rows: int, output: Path) -> ExitCode:
    terminal.say(f"{in_number(rows, 'row')}: {output}")
    if (left := job.progress.total - job.progress.over) > 0:
        terminal.say(f"Note: {in_number(left, 'row')} had not come to an end; write it again when the job is over.")
    return ExitCode.DONE
