"""What a run did, said at its end."""

import re
from collections.abc import Iterable, Sequence

from rich.table import Table
from rich.text import Text

from mijnklantportaal_async.cli.exit_codes import ExitCode
from mijnklantportaal_async.cli.failures import exit_code_of
from mijnklantportaal_async.cli.figures import Figures, in_time
from mijnklantportaal_async.cli.row_results import RowOutcome, RowResult
from mijnklantportaal_async.cli.terminal import plain_text, quiet_table
from mijnklantportaal_async.errors import MijnKlantportaalError
from mijnklantportaal_async.files.notes import lines_in_words
from mijnklantportaal_async.files.records import Problem
from mijnklantportaal_async.files.results.table import ResultRow

MOST_ROWS = 40
"""Rows of a table on the screen; the file of results has them all."""

# Which rows are in the calendar has to be said exactly; only a very ragged list is cut.
_MOST_SPANS = 500

_FINE = {RowOutcome.SCHEDULED, RowOutcome.EARLIER, RowOutcome.THERE, RowOutcome.LEFT_OUT}

# They are told with the check of the file, or need nothing.
_TOLD = {RowOutcome.SCHEDULED, RowOutcome.EARLIER, RowOutcome.THERE, RowOutcome.BAD_ROW, RowOutcome.LEFT_OUT}

_STYLES = {
    RowOutcome.SCHEDULED: "green",
    RowOutcome.EARLIER: "green",
    RowOutcome.THERE: "green",
    RowOutcome.REJECTED: "red",
    RowOutcome.UNKNOWN: "bold yellow",
    RowOutcome.NOT_SENT: "yellow",
    RowOutcome.BAD_ROW: "red",
    RowOutcome.LEFT_OUT: "dim",
}
_MEANINGS = {
    RowOutcome.SCHEDULED: "in the calendar, once",
    RowOutcome.EARLIER: "made by an earlier run, by its results; nothing was sent",
    RowOutcome.THERE: "in the calendar before this run; nothing was sent",
    RowOutcome.REJECTED: "refused; not in the calendar",
    RowOutcome.UNKNOWN: "perhaps in the calendar; the same command again looks, and settles it",
    RowOutcome.NOT_SENT: "not in the calendar; can safely be given again",
    RowOutcome.BAD_ROW: "left out; not in the calendar",
    RowOutcome.LEFT_OUT: "none by what the file says itself; not in the calendar",
}


def problem_table(problems: tuple[Problem, ...]) -> Table:
    """The problems of a file, one a row."""
    # An event is found by its title; the row of a table by its line.
    with_events = any(problem.event for problem in problems)
    headings = ["Line", *(["Event"] if with_events else []), "Column", "Value", "What is wrong, and what to do"]
    table = quiet_table(*headings)
    table.columns[0].justify = "right"
    table.columns[0].no_wrap = True
    for problem in problems[:MOST_ROWS]:
        cells = [plain_text(problem.column), plain_text(problem.value, "red"), plain_text(problem.message)]
        if with_events:
            cells.insert(0, plain_text(problem.event))
        table.add_row(str(problem.line), *cells)
    return table


def outcome_table(results: list[RowResult]) -> Table:
    """How many rows ended how, and which."""
    table = quiet_table("Outcome", "Rows", "Lines", "What that means")
    table.columns[0].no_wrap = True
    table.columns[1].justify = "right"
    table.columns[2].overflow = "fold"
    for outcome in RowOutcome:
        lines = [result.line for result in results if result.outcome is outcome]
        if lines:
            meaning = Text(_MEANINGS[outcome], style="dim")
            table.add_row(
                Text(outcome, style=_STYLES[outcome]), str(len(lines)), lines_in_words(lines, _MOST_SPANS), meaning
            )
    return table


def failure_table(results: list[RowResult]) -> Table | None:
    """Rows that are not scheduled, those with the same reason together; None when there are none."""
    groups: dict[tuple[RowOutcome, str], list[RowResult]] = {}
    for result in sorted(results, key=lambda result: result.line):
        # Bad rows were shown with all their problems before the run, and those left out with their reasons.
        if result.outcome not in _TOLD:
            groups.setdefault((result.outcome, _kind_of_failure(result)), []).append(result)
    if not groups:
        return None
    table = quiet_table("Lines", "Outcome", "Appointment", "Reason, and what to do")
    table.columns[1].no_wrap = True
    for (outcome, _), group in list(groups.items())[:MOST_ROWS]:
        name = group[0].name if len(group) == 1 else in_number(len(group), "row")
        lines = lines_in_words([result.line for result in group])
        table.add_row(lines, Text(outcome, style=_STYLES[outcome]), plain_text(name), plain_text(group[0].reason))
    if len(groups) > MOST_ROWS:
        table.add_row("…", "", "", f"{len(groups) - MOST_ROWS} more; --output writes them all to a file.")
    return table


def unknown_table(rows: Sequence[ResultRow]) -> Table:
    """Rows of which nobody knows whether they are in the calendar, as one looks for them there."""
    table = quiet_table("Row", "Day", "Time", "Title", "With")
    table.columns[0].justify = "right"
    for column in table.columns[:3]:
        column.no_wrap = True
    for row in rows[:MOST_ROWS]:
        day = "" if row.day is None else f"{row.day:%a %d-%m-%Y}"
        table.add_row(*(plain_text(cell) for cell in (str(row.line), day, row.time, row.title, row.person)))
    if (more := len(rows) - MOST_ROWS) > 0:
        table.add_row("…", f"{more:,} more")
    return table


def _kind_of_failure(result: RowResult) -> str:
    """Equal for failures that differ only in how often and how long something was tried."""
    text = result.error.message if isinstance(result.error, MijnKlantportaalError) else result.reason
    return re.sub(r"\d+(\.\d+)?", "0", text)


def way_in_words(figures: Figures, limit: int | None) -> Iterable[str]:
    """What the run went through."""
    if figures.mishaps:
        yield f"On the way: {figures.mishaps_in_words()}."
    if looked_up := figures.found + figures.not_found:
        times = "An answer was" if looked_up == 1 else f"{looked_up} answers were"
        yield (
            f"{times} lost, and the calendar was looked at before anything was sent again: "
            f"{figures.found} in it already, {figures.not_found} not."
        )
    if figures.waited >= 1:
        rate = f" of {limit} requests a minute" if limit else ""
        requests = in_number(figures.requests, "request")
        yield f"Waited {in_time(figures.waited)} for the rate limit{rate}; {requests} in all."


def exit_code_for(results: list[RowResult], interrupted: ExitCode | None) -> ExitCode:
    """What all results together mean for the exit code."""
    if interrupted is not None:
        return interrupted
    outcomes = {result.outcome for result in results}
    if RowOutcome.UNKNOWN in outcomes:
        return ExitCode.UNKNOWN
    if any(result.error is not None and exit_code_of(result.error) is ExitCode.NO_PORTAL for result in results):
        return ExitCode.NO_PORTAL
    return ExitCode.SOME_FAILED if outcomes - _FINE else ExitCode.DONE


def in_number(count: int, noun: str) -> str:
    """As in `1 row`, `2 rows`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
