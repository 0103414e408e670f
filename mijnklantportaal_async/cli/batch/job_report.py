"""How a job stands, said in tables: how many rows ended how, and those that need a person."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from rich.table import Table
from rich.text import Text

from mijnklantportaal_async.batch import JobSummary, Progress, RowOutcome, RowResult, operations
from mijnklantportaal_async.cli.batch.place import JobsPlace
from mijnklantportaal_async.cli.exit_codes import ExitCode
from mijnklantportaal_async.cli.run_report import in_number
from mijnklantportaal_async.cli.terminal import Terminal, plain_text, quiet_table
from mijnklantportaal_async.files.notes import lines_in_words

MOST_ROWS = 20
"""Rows of a table on the screen; the file of results has them all."""

STYLES = {
    RowOutcome.DONE: "green",
    RowOutcome.REJECTED: "red",
    RowOutcome.UNKNOWN: "bold yellow",
    RowOutcome.NOT_STARTED: "yellow",
    RowOutcome.UNDER_WAY: "cyan",
    RowOutcome.WAITING: "",
}
_MEANINGS = {
    RowOutcome.DONE: "in the portal, once",
    RowOutcome.REJECTED: "refused; not in the portal",
    RowOutcome.UNKNOWN: "perhaps in the portal: somebody has to look",
    RowOutcome.NOT_STARTED: "the job was canceled; nothing was sent",
    RowOutcome.UNDER_WAY: "a worker has it",
    RowOutcome.WAITING: "nothing was sent yet",
}
_LINE = re.compile(r"line (\d+)")


def show_report(
    terminal: Terminal, job: JobSummary, rows: Sequence[RowResult], place: JobsPlace, *, remarks: Iterable[str] = ()
) -> None:
    """Shows what became of the rows of a job, and how to read more.

    Args:
        terminal: Where.
        job: The job.
        rows: Its rows.
        place: Where it is kept.
        remarks: To be said before the advice.
    """
    if (failures := failure_table(rows, with_portals=len(job.portals) > 1)) is not None:
        terminal.show(failures)
        terminal.show("")
    terminal.show(portal_table(rows) if len(job.portals) > 1 else outcome_table(rows))
    terminal.show("")
    for remark in remarks:
        terminal.say(remark, "bold")
    for sentence in advice(job, rows, place):
        terminal.say(sentence)


def outcome_table(rows: Sequence[RowResult]) -> Table:
    """How many rows ended how."""
    table = quiet_table("Outcome", "Rows", "What that means")
    table.columns[0].no_wrap = True
    table.columns[1].justify = "right"
    counts = Counter(row.outcome for row in rows)
    for outcome, style in STYLES.items():
        if counts[outcome]:
            meaning = Text(_MEANINGS[outcome], style="dim")
            table.add_row(Text(outcome.value, style=style), f"{counts[outcome]:,}", meaning)
    return table


def portal_table(rows: Sequence[RowResult]) -> Table:
    """How many rows ended how in each portal."""
    portals = list(dict.fromkeys(row.portal for row in rows))
    counts = Counter((row.portal, row.outcome) for row in rows)
    used = [outcome for outcome in STYLES if any(counts[portal, outcome] for portal in portals)]
    table = quiet_table("Portal", *(outcome.value.capitalize() for outcome in used))
    for column in table.columns[1:]:
        column.justify, column.no_wrap = "right", True
    for portal in portals:
        cells = [Text(f"{counts[portal, outcome]:,}", style=STYLES[outcome]) for outcome in used]
        table.add_row(plain_text(portal), *cells)
    totals = [f"{sum(counts[portal, outcome] for portal in portals):,}" for outcome in used]
    table.add_row("all", *totals, style="bold")
    return table


def failure_table(rows: Iterable[RowResult], *, with_portals: bool) -> Table | None:
    """Rows that a person should know of, those with the same reason together; None when there are none."""
    groups: dict[tuple[RowOutcome, str, str], list[RowResult]] = {}
    for row in rows:
        if row.outcome in {RowOutcome.REJECTED, RowOutcome.UNKNOWN} or (row.outcome is RowOutcome.DONE and row.message):
            groups.setdefault((row.outcome, row.portal, _kind_of_reason(row)), []).append(row)
    if not groups:
        return None
    # What nobody knows is what somebody has to do something about.
    order = {RowOutcome.UNKNOWN: 0, RowOutcome.REJECTED: 1, RowOutcome.DONE: 2}
    ordered = sorted(groups.items(), key=lambda item: order[item[0][0]])
    table = quiet_table("Rows", *(["Portal"] if with_portals else []), "Outcome", "What", "Reason, and what to do")
    table.columns[-3].no_wrap = True
    for (outcome, portal, _), group in ordered[:MOST_ROWS]:
        what = title_of(group[0]) if len(group) == 1 else in_number(len(group), "row")
        cells = [plain_text(places_in_words(group)), *([plain_text(portal)] if with_portals else [])]
        table.add_row(
            *cells, Text(outcome.value, style=STYLES[outcome]), plain_text(what), plain_text(_reason(group[0]))
        )
    if len(ordered) > MOST_ROWS:
        empty = [""] * (len(table.columns) - 2)
        table.add_row("…", *empty, f"{len(ordered) - MOST_ROWS:,} more; `batch results` writes them all to a file.")
    return table


def advice(job: JobSummary, rows: Sequence[RowResult], place: JobsPlace) -> Iterable[str]:
    """What can be done next."""
    outcomes = {row.outcome for row in rows}
    if RowOutcome.NOT_STARTED in outcomes:
        yield f"Go on with it:  {place.command('resume', job.name)}"
    if RowOutcome.UNKNOWN in outcomes:
        yield f"Look again:     {place.command('settle', job.name)}"
    if RowOutcome.REJECTED in outcomes:
        yield f"Send again:     {place.command('retry', job.name, '--outcome', 'rejected')}"
    yield f"All rows:       {place.command('results', job.name, '--output', 'results.csv')}"
    yield f"A page of it:   {place.command('report', job.name, '--output', 'report.html')}"


def exit_code_for(progress: Progress) -> ExitCode:
    """What a job that is over means for the exit code."""
    if progress.unknown:
        return ExitCode.UNKNOWN
    if progress.rejected or progress.not_started or not progress.is_over:
        return ExitCode.SOME_FAILED
    return ExitCode.DONE


def title_of(row: RowResult) -> str:
    """A row in a few words."""
    return operations.title(row.operation, row.request)


def places_in_words(rows: Sequence[RowResult]) -> str:
    """Where rows stand in their source: `lines 2-4, 7`."""
    lines = [found and int(found[1]) for found in (_LINE.match(row.place) for row in rows)]
    if len(rows) > 1 and all(lines):
        return f"lines {lines_in_words([line for line in lines if line])}"
    named = [row.place for row in rows[:3]]
    return ", ".join(named) + (f" and {len(rows) - 3} more" if len(rows) > 3 else "")


# --- inside ------------------------------------------------------------------------------------------------------


def _reason(row: RowResult) -> str:
    reason = row.message or "No reason was given."
    return f"{reason}\n{row.how_to_check}" if row.how_to_check else reason


def _kind_of_reason(row: RowResult) -> str:
    """Equal for rows that differ only in how often and when something was tried."""
    return re.sub(r"\d+(\.\d+)?", "0", row.message or "")
