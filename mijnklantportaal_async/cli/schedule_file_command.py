"""`mijnklantportaal schedule-file`: checks a file as a whole, then schedules its rows."""

import asyncio
import time
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from zoneinfo import ZoneInfo

import attrs

from mijnklantportaal_async.cli import prompts
from mijnklantportaal_async.cli.already_there import Calendar, look
from mijnklantportaal_async.cli.checked_file import read_file, refuse_bad_rows
from mijnklantportaal_async.cli.connection import OpenPortal, base_url_of, clock_of, open_portal, zone_of
from mijnklantportaal_async.cli.earlier_run import EarlierRun, read_earlier_run
from mijnklantportaal_async.cli.exit_codes import ExitCode
from mijnklantportaal_async.cli.failures import CommandError
from mijnklantportaal_async.cli.figures import Figures, in_time
from mijnklantportaal_async.cli.file_options import FileReading
from mijnklantportaal_async.cli.interruption import Interruption, listening, stopping_in_words
from mijnklantportaal_async.cli.live import shown
from mijnklantportaal_async.cli.options import Connection
from mijnklantportaal_async.cli.progress import RunProgress, unsettled_in
from mijnklantportaal_async.cli.row_results import Account, RowOutcome, RowResult
from mijnklantportaal_async.cli.run_report import (
    exit_code_for,
    failure_table,
    in_number,
    outcome_table,
    unknown_table,
    way_in_words,
)
from mijnklantportaal_async.cli.same_command import same_command
from mijnklantportaal_async.cli.scheduling_run import schedule_rows
from mijnklantportaal_async.cli.terminal import Terminal
from mijnklantportaal_async.cli.time_warnings import said_afterwards
from mijnklantportaal_async.errors import MijnKlantportaalError
from mijnklantportaal_async.files.appointments.vocabulary import Field
from mijnklantportaal_async.files.printable import shown_value
from mijnklantportaal_async.files.reading import AppointmentFile
from mijnklantportaal_async.files.records import Problem
from mijnklantportaal_async.files.results.formats import DUTCH, Manner, usual_manner
from mijnklantportaal_async.files.results.table import ResultRow
from mijnklantportaal_async.files.results.writing import ResultFile

_NOTHING = "Nothing was sent."


@attrs.frozen(kw_only=True)
class FileOptions:
    """What was asked for."""

    path: Path
    reading: FileReading
    concurrency: int
    grace: float
    output: Path | None
    overwrite: bool
    dry_run: bool
    yes: bool
    again: bool


def schedule_file(connection: Connection, terminal: Terminal, options: FileOptions) -> ExitCode:
    """Checks a file, schedules its rows, and says what became of each."""
    asks = not (options.yes or options.dry_run)
    file: AppointmentFile = read_file(
        options.path,
        "schedule_appointment",
        options.reading,
        zone_of(connection),
        terminal,
        asks=not options.yes,
        nothing_done=_NOTHING,
    )
    _say_whose_portal(file, terminal)
    _refuse_several_portals(file)
    if options.dry_run:
        terminal.say("Nothing was sent (--dry-run).")
        return ExitCode.WRONG_INPUT if file.problems else ExitCode.DONE
    refuse_bad_rows(
        file, options.reading, terminal, what="schedule", thing="appointment", asks=asks, nothing_done=_NOTHING
    )
    earlier = _earlier_run(file, options, zone_of(connection))
    with ExitStack() as stack:
        results = stack.enter_context(_result_file(file, options, earlier)) if options.output is not None else None
        code = asyncio.run(_schedule(connection, terminal, options, file, results, earlier))
        if results is not None:
            code = _close(results, terminal, code)
    return code


# --- the check -------------------------------------------------------------------------------------------------


def _say_whose_portal(file: AppointmentFile, terminal: Terminal) -> None:
    match file.portals:
        case (str(name),):
            terminal.say(f"Note: The file is for the portal {name!r}; is the key of that portal set?")
        case _:
            pass


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


# --- the run ---------------------------------------------------------------------------------------------------


def _earlier_run(file: AppointmentFile, options: FileOptions, zone: ZoneInfo) -> EarlierRun | None:
    if options.output is None or options.overwrite:
        return None
    return read_earlier_run(options.output, file.rows, zone)


def _result_file(file: AppointmentFile, options: FileOptions, earlier: EarlierRun | None) -> ResultFile:
    assert options.output is not None  # noqa: S101 - asked before
    if earlier is not None:
        manner = earlier.manner
    elif file.separator == DUTCH.separator or file.encoding == DUTCH.encoding:
        manner = Manner(file.separator, "utf-8-sig" if file.encoding == "utf-8-sig" else usual_manner().encoding)
    else:
        manner = usual_manner()
    try:
        return ResultFile(options.output, manner=manner, overwrite=options.overwrite, extend=earlier is not None)
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
    earlier: EarlierRun | None,
) -> ExitCode:
    zone = zone_of(connection)
    made: Mapping[int, ResultRow] = {} if earlier is None else earlier.made

    def keep(result: RowResult) -> None:
        if results is not None:
            results.add(result.as_file_row(zone))

    figures = Figures(clock=clock_of(connection))
    async with open_portal(connection, terminal, hook=figures.note, tells_waiting=False) as opened:
        calendar, failure = Calendar(missing=file.rows), None
        if earlier is not None:
            await _take_up(earlier, results, opened, terminal)
        if made or not options.again:
            try:
                calendar = await look(opened.portal, file.rows, terminal, made=made, again=options.again)
            except MijnKlantportaalError as error:
                failure = error
        account = Account(calendar.missing, keep)
        for line, problems in _by_line(file.problems).items():
            account.add_bad(line, problems)
        for one in file.left_out:
            account.add_left_out(one)
        for row, kept in calendar.earlier:
            account.add_earlier(row, kept)
        for row, appointment in calendar.there:
            account.add_there(row, appointment)
        for row, reason in calendar.perhaps:
            account.add_perhaps_there(row, reason)
        if failure is not None:
            account.add_unsent(failure)
        if failure is not None or not account.rows:
            return _without_a_run(account, terminal)
        _ask(connection, account, options)
        return await _run(opened, account, figures, terminal, options)


async def _take_up(earlier: EarlierRun, results: ResultFile | None, opened: OpenPortal, terminal: Terminal) -> None:
    """Keeps what only the results of an earlier run know, and lets everything arrive that it has sent."""
    for row in earlier.gone:
        assert results is not None  # noqa: S101 - they were read from its file
        results.add(attrs.evolve(row, outcome=RowOutcome.EARLIER.value, what_to_do="Not in the file any more."))
    if earlier.gone:
        terminal.say(
            f"Note: {in_number(len(earlier.gone), 'appointment')} of the earlier run stand in the results, and not in "
            "the file (any more). They stay in both as they are."
        )
    if earlier.wait:
        seconds = opened.clock.real(earlier.wait)
        terminal.say(
            f"The earlier run did not come to its end: what it sent may still be on its way. Waiting {seconds:.0f} s."
        )
        await asyncio.sleep(seconds)


def _without_a_run(account: Account, terminal: Terminal) -> ExitCode:
    if (failures := failure_table(account.results)) is not None:
        terminal.show(failures)
        terminal.show("")
    terminal.show(outcome_table(account.results))
    return exit_code_for(account.results, None)


def _ask(connection: Connection, account: Account, options: FileOptions) -> None:
    if connection.sandbox or options.yes or not prompts.somebody_is_there():
        return
    where = base_url_of(connection)
    if not prompts.agrees(f"Schedule {in_number(len(account.rows), 'appointment')} at {where}?"):
        raise CommandError(_NOTHING, ExitCode.SOME_FAILED)


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
            unsettled = unsettled_in(opened.portal, opened.clock)
            text = f"Stopping: nothing new is sent. {stopping_in_words(unsettled, options.grace)}"
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
    _say_how_to_settle(account, opened.zone, terminal)


def _say_how_to_settle(account: Account, zone: ZoneInfo, terminal: Terminal) -> None:
    unknown = [one for one in account.results if one.outcome is RowOutcome.UNKNOWN and one.error is not None]
    if not unknown:
        return
    terminal.say(f"Perhaps in the calendar ({in_number(len(unknown), 'row')}):", "bold yellow")
    terminal.say_table(unknown_table([one.as_file_row(zone) for one in unknown]))
    # Neither may be said twice: the one would make them without a look, the other forget what this run has made.
    command = same_command(without={"--again", "--overwrite"})
    terminal.say(f"This looks for them, and makes only what is not there:  {command}")


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
