"""`mijnklantportaal batch results` and `batch report`: a job as a file."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from mijnklantportaal_async.batch import JobSummary, RowResult
from mijnklantportaal_async.cli.batch.place import JobsPlace, open_jobs, place_of
from mijnklantportaal_async.cli.batch.results_file import as_json_lines, as_records, as_table
from mijnklantportaal_async.cli.exit_codes import ExitCode
from mijnklantportaal_async.cli.failures import CommandError
from mijnklantportaal_async.cli.json_output import as_json_text
from mijnklantportaal_async.cli.options import Connection
from mijnklantportaal_async.cli.run_report import in_number
from mijnklantportaal_async.cli.terminal import Terminal
from mijnklantportaal_async.cli.written_file import STDOUT, refuse_existing, write_result
from mijnklantportaal_async.files.results.formats import PLAIN, table_bytes, usual_manner

_TABLES, _LINES = (".csv", ".xlsx"), (".jsonl", ".ndjson")


def results(
    connection: Connection,
    terminal: Terminal,
    *,
    job: str,
    output: Path | None,
    overwrite: bool,
    as_data: bool,
    database: str | None,
) -> ExitCode:
    """Writes what became of every row to a file or to the standard output.

    Args:
        connection: The options that every command has.
        terminal: Where to say it.
        job: Which job.
        output: The file; its ending tells the format. `-` for CSV on the standard output.
        overwrite: Replace a file that exists.
        as_data: One JSON document, to the standard output where no file is named.
        database: What `--database` says.
    """
    if output is None and not as_data:
        raise CommandError(
            "Say where to with --output FILE, or --json. With --output - it goes to the standard output."
        )
    written: Callable[[Sequence[RowResult]], str | bytes]
    if as_data:
        written = _as_document
    elif output is None or output == STDOUT:
        written = _as_plain_csv
    else:
        kind = output.suffix.lower()
        if kind not in {*_TABLES, *_LINES}:
            endings = ", ".join((*_TABLES, *_LINES))
            raise CommandError(f"--output {output}: the name must end in {endings}, which tells the format.")
        written = as_json_lines if kind in _LINES else partial(_as_file, output)
    output = output or STDOUT
    refuse_existing(output, overwrite=overwrite)
    summary, rows = asyncio.run(_read(place_of(connection, database), job))
    write_result(output, written(rows), terminal)
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
    if output != STDOUT and output.suffix.lower() not in {".html", ".htm"}:
        raise CommandError(f"--output {output}: the name must end in .html, or no browser would open it.")
    refuse_existing(output, overwrite=overwrite)
    from mijnklantportaal_async.batch.report import report_page

    summary, rows = asyncio.run(_read(place_of(connection, database), job))
    write_result(output, report_page(summary, rows, made_at=datetime.now(UTC)), terminal)
    return _say(terminal, summary, len(rows), output)


def _as_plain_csv(rows: Sequence[RowResult]) -> bytes:
    return table_bytes(STDOUT, as_table(rows), PLAIN)


def _as_file(path: Path, rows: Sequence[RowResult]) -> bytes:
    return table_bytes(path, as_table(rows), usual_manner())


def _as_document(rows: Sequence[RowResult]) -> str:
    return as_json_text(as_records(rows), ascii_only=False) + "\n"


async def _read(place: JobsPlace, name: str) -> tuple[JobSummary, list[RowResult]]:
    async with open_jobs(place) as jobs:
        return await jobs.job(name), await jobs.results(name)


def _say(terminal: Terminal, job: JobSummary, rows: int, output: Path) -> ExitCode:
    if output != STDOUT:
        terminal.say(f"{in_number(rows, 'row')}: {output}")
    if (left := job.progress.total - job.progress.over) > 0:
        terminal.say(f"Note: {in_number(left, 'row')} had not come to an end; write it again when the job is over.")
    return ExitCode.DONE
