"""`mijnklantportaal schedule-file`: checks a file as a whole, then schedules its rows."""

import asyncio
import time
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

import attrs

from mijnklantportaal_async.appointment_files.columns import Field
from mijnklantportaal_async.appointment_files.read_file import read_appointment_file
from mijnklantportaal_async.appointment_files.records import AppointmentFile
from mijnklantportaal_async.appointment_files.results import ResultFile
from mijnklantportaal_async.cli import prompts
from mijnklantportaal_async.cli.connection import OpenPortal, base_url_of, clock_of, open_portal, zone_of
from mijnklantportaal_async.cli.exit_codes import ExitCode
from mijnklantportaal_async.cli.failures import CommandError
from mijnklantportaal_async.cli.figures import Figures, in_time
from mijnklantportaal_async.cli.interruption import Interruption, listening
from mijnklantportaal_async.cli.options import Connection
from mijnklantportaal_async.cli.progress import RunProgress, shown
from mijnklantportaal_async.cli.row_results import Account, RowOutcome, RowResult
from mijnklantportaal_async.cli.run_report import (
    MOST_ROWS,
    check_in_words,
    exit_code_for,
    failure_table,
    in_number,
    outcome_table,
    problem_table,
    way_in_words,
)
from mijnklantportaal_async.cli.scheduling_run import schedule_rows
from mijnklantportaal_async.cli.terminal import Terminal
from mijnklantportaal_async.cli.time_warnings import said_afterwards
from mijnklantportaal_async.tables.notes import lines_in_words
from mijnklantportaal_async.tables.printable import shown_value
from mijnklantportaal_async.tables.records import Problem, RowFileError


@attrs.frozen(kw_only=True)
class FileOptions:
    """What was asked for."""

    path: Path
    columns: Mapping[str, str]
    ignored: tuple[str, ...]
    encoding: str | None
    skip_bad_rows: bool
    concurrency: int
    grace: float
    output: Path | None
    overwrite: bool
    dry_run: bool
    yes: bool


def schedule_file(connection: Connection, terminal: Terminal, options: FileOptions) -> ExitCode:
    """Checks a file, schedules its rows, and says what became of each."""
    file = _checked(connection, terminal, options)
    _refuse_several_portals(file)
    if options.dry_run:
        terminal.say("Nothing was sent (--dry-run).")
        return ExitCode.WRONG_INPUT if file.problems else ExitCode.DONE
    _refuse_bad_rows(file, terminal, options)
    if not (connection.sandbox or options.yes) and prompts.somebody_is_there():
        where = base_url_of(connection)
        if not prompts.agrees(f"Schedule {in_number(len(file.rows), 'appointment')} at {where}?"):
            raise CommandError("Nothing was sent.", ExitCode.SOME_FAILED)
    with ExitStack() as stack:
        results = stack.enter_context(_result_file(file, options)) if options.output is not None else None
        code = asyncio.run(_schedule(connection, terminal, options, file, results))
        if results is not None:
            code = _close(results, terminal, code)
    return code


# --- the check -------------------------------------------------------------------------------------------------


def _checked(connection: Connection, terminal: Terminal, options: FileOptions) -> AppointmentFile:
    try:
        file = read_appointment_file(
            options.path,
            zone=zone_of(connection),
            columns=options.columns,
            ignored=options.ignored,
            encoding=options.encoding,
        )
    except RowFileError as error:
        raise CommandError(f"{options.path.name}: {error}\nNothing was sent.") from error
    terminal.say(check_in_words(file), "bold")
    for note in (*file.notes, *_in_the_past(file), *_of_a_portal(file)):
        terminal.say(f"Note: {note}")
    if file.problems:
        terminal.show(problem_table(file.problems))
        if (more := len(file.problems) - MOST_ROWS) > 0:
            terminal.show(f"… and {more:,} more problems.")
    return file


def _in_the_past(file: AppointmentFile) -> list[str]:
    now = time.time()
    past = [row.line for row in file.rows if row.new.starts_at.timestamp() < now]
    return [f"Lines {lines_in_words(past)} lie in the past; is the year right?"] if past else []


def _of_a_portal(file: AppointmentFile) -> list[str]:
    match file.portals:
        case (str(name),):
            return [f"The file is for the portal {name!r}; is the key of that portal set?"]
        case _:
            return []


def _refuse_several_portals(file: AppointmentFile) -> None:
    """One run has one key: a row for another portal would end up in the wrong calendar."""
    if len(file.portals) < 2:
        return
    names = ", ".join("none" if name is None else repr(shown_value(name)) for name in file.portals[:5])
    column = next(
        (taken.header for taken in file.columns if taken.field.value == Field.PORTAL.value), "X-MIJNKLANTPORTAAL-PORTAL"
    )
    raise CommandError(
        f"The rows are for several portals ({names}), and a run schedules into one. Nothing was sent. Make a file for "
        f"each portal, or say --ignore-column {shown_value(column)!r} if all rows belong to the portal of this key."
    )


def _refuse_bad_rows(file: AppointmentFile, terminal: Terminal, options: FileOptions) -> None:
    if not file.problems:
        if not file.rows:
            raise CommandError(f"{file.path.name} has no appointments to schedule. Nothing was sent.")
        return
    bad = in_number(len(file.bad_lines), "bad row")
    if not file.may_skip_bad_rows:
        raise CommandError(
            f"{bad}, and one of them has its date written month first, so that all dates may be meant so. "
            "Nothing was sent. Write the dates day first, or as 2027-03-25."
        )
    if not file.rows:
        raise CommandError(f"{bad} and no good one. Nothing was sent.")
    if not options.skip_bad_rows:
        raise CommandError(
            f"{bad}. Nothing was sent. Correct the file, or say --skip-bad-rows to schedule the "
            f"{in_number(len(file.rows), 'good row')} without them."
        )
    terminal.say(f"{bad} left out (--skip-bad-rows).", "yellow")


# --- the run ---------------------------------------------------------------------------------------------------


def _result_file(file: AppointmentFile, options: FileOptions) -> ResultFile:
    assert options.output is not None  # noqa: S101 - asked before
    encoding = "utf-8-sig" if file.encoding == "utf-8-sig" else "utf-8"
    try:
        return ResultFile(options.output, separator=file.separator, encoding=encoding, overwrite=options.overwrite)
    except FileExistsError:
        raise CommandError(
            f"{options.output} exists already, and may be the only account of an earlier run. Move it away, name "
            "another file, or say --overwrite. Nothing was sent."
        ) from None
    except OSError as error:
        raise CommandError(
            f"{options.output} cannot be written: {error.strerror or error}. Nothing was sent."
        ) from error


async def _schedule(
    connection: Connection,
    terminal: Terminal,
    options: FileOptions,
    file: AppointmentFile,
    results: ResultFile | None,
) -> ExitCode:
    zone = zone_of(connection)

    def keep(result: RowResult) -> None:
        if results is not None:
            results.add(result.as_file_row(zone))

    account = Account(file.rows, keep)
    for line, problems in _by_line(file.problems).items():
        account.add_bad(line, problems)
    figures = Figures(clock=clock_of(connection))
    async with open_portal(connection, terminal, hook=figures.note) as opened:
        return await _run(opened, account, figures, terminal, options)


async def _run(
    opened: OpenPortal, account: Account, figures: Figures, terminal: Terminal, options: FileOptions
) -> ExitCode:
    interruption = Interruption()
    progress = RunProgress(opened.portal, account, figures, opened.clock)
    proof = None
    if opened.sandbox is not None:
        from mijnklantportaal_async.cli.sandbox_proof import CalendarProof

        proof = CalendarProof(opened.sandbox)

    def tell_stopping(reason: str) -> None:
        text = f"Stopping: {reason} Nothing new is sent."
        if interruption.stop_asked.is_set():
            text = (
                f"Stopping: nothing new is sent; requests under way get {options.grace:g} s to learn what became of "
                "them. Press Ctrl-C again to end at once."
            )
        terminal.say(text, "yellow")

    began = time.monotonic()
    with said_afterwards(terminal), listening(interruption):
        async with shown(progress, terminal):
            await schedule_rows(
                opened.portal,
                account,
                concurrency=options.concurrency,
                grace=options.grace,
                interruption=interruption,
                tell_stopping=tell_stopping,
            )
    elapsed = time.monotonic() - began
    _report(account, figures, opened, elapsed, terminal)
    code = exit_code_for(account.results, interruption.exit_code)
    if interruption.exit_code is not None:
        opened.keep_open = False
    if proof is not None:
        is_right, text = proof.verdict(account)
        terminal.say(text, "green" if is_right else "bold red")
        code = code if is_right else ExitCode.SOME_FAILED
    return code


def _report(account: Account, figures: Figures, opened: OpenPortal, elapsed: float, terminal: Terminal) -> None:
    terminal.say("")
    if (failures := failure_table(account.results)) is not None:
        terminal.show(failures)
        terminal.show("")
    terminal.show(outcome_table(account.results))
    took = in_time(elapsed)
    if opened.clock.speed != 1:
        took += f" ({in_time(elapsed * opened.clock.speed)} of the sandbox's time)"
    scheduled = account.count(RowOutcome.SCHEDULED)
    terminal.say(f"Scheduled {scheduled:,} of {in_number(len(account.rows), 'appointment')} in {took}.", "bold")
    for sentence in way_in_words(figures, opened.portal.rate_limit.limit):
        terminal.say(sentence)


def _close(results: ResultFile, terminal: Terminal, code: ExitCode) -> ExitCode:
    results.close()
    if results.error is None:
        terminal.say(f"Results: {results.path}")
        return code
    terminal.fail(f"The results are not complete in {results.path}: {results.error}. The table above is.")
    return code or ExitCode.SOME_FAILED


def _by_line(problems: tuple[Problem, ...]) -> dict[int, list[Problem]]:
    lines: dict[int, list[Problem]] = {}
    for problem in problems:
        lines.setdefault(problem.line, []).append(problem)
    return lines
