"""How jobs stand: a bar for each, and what holds it up."""

from collections.abc import Callable, Sequence
from datetime import datetime

from rich.console import Console, ConsoleOptions, RenderResult
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from mijnklantportaal_async.batch import Progress, RowOutcome
from mijnklantportaal_async.cli.batch.pace import end_in_words
from mijnklantportaal_async.cli.batch.watching import JobWatch, TroubleLog
from mijnklantportaal_async.cli.terminal import LiveLines, plain_text, printable_lines
from mijnklantportaal_async.texts.words import Sentences, words

_NARROW = 76
"""Columns below which the expected end stands in the second line."""

_MOST_JOBS, _MOST_TROUBLES = 8, 3
_LONGEST_NAME = 28


class JobsDisplay:
    """Shows jobs as they were at the last look.

    Args:
        jobs: Which; looked up at each refresh, so that jobs may come and go.
        log: Where warnings are kept.
        idle: What to say when there is no job.
    """

    def __init__(self, jobs: Callable[[], Sequence[JobWatch]], log: TroubleLog, *, idle: str = "") -> None:
        self._jobs = jobs
        self._log = log
        self._idle = idle

    def look(self) -> None:
        """Jobs are looked at elsewhere, as often as their database bears."""

    def lines(self) -> list[str]:
        """The figures of each job in a line."""
        lines: list[str] = [
            words("{job}: {parts}", job=job.job.name, parts=Sentences(self._parts(job), "; ")) for job in self._jobs()
        ]
        return lines or ([self._idle] if self._idle else [])

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        jobs = self._jobs()
        for job in jobs[:_MOST_JOBS]:
            is_narrow = options.max_width < _NARROW
            yield self._bar(job, is_narrow=is_narrow)
            yield LiveLines(Sentences(self._details(job, with_end=is_narrow), " · "), "dim")
            if job.last_bad is not None:
                yield LiveLines(words("last {row}", row=_bad_in_words(job)), "red")
        if len(jobs) > _MOST_JOBS:
            yield LiveLines(words("… and {more} more jobs", more=len(jobs) - _MOST_JOBS), "dim")
        if not jobs and self._idle:
            yield LiveLines(self._idle, "dim")
        for trouble in self._troubles():
            yield LiveLines(words("! {trouble}", trouble=trouble), "yellow")

    # --- inside --------------------------------------------------------------------------------------------------

    def _bar(self, job: JobWatch, *, is_narrow: bool) -> Table:
        progress = job.progress
        bar = Table.grid(padding=(0, 2, 0, 0), expand=True)
        bar.add_column(no_wrap=True)
        bar.add_column(ratio=1)
        cells: list[str] = [
            words("{over:,}/{total:,}", over=progress.over, total=progress.total),
            f"{job.pace.per_minute:.0f}/min",
        ]
        if not is_narrow:
            cells.append(_end(job))
        for _ in cells:
            bar.add_column(no_wrap=True, justify="right")
        name = Text(printable_lines(job.job.name), "bold")
        name.truncate(14 if is_narrow else _LONGEST_NAME, overflow="ellipsis")
        styles = ("", "cyan", "dim")
        bar.add_row(
            name,
            ProgressBar(total=max(progress.total, 1), completed=progress.over),
            *(plain_text(cell, style) for cell, style in zip(cells, styles, strict=False)),
        )
        return bar

    def _details(self, job: JobWatch, *, with_end: bool) -> list[str]:
        parts = counts_in_words(job.progress)
        if with_end and (end := _end(job)):
            parts.insert(0, end)
        return parts

    def _parts(self, job: JobWatch) -> list[str]:
        progress = job.progress
        parts = [
            words(
                "{over:,} of {total:,} rows over ({progress})",
                over=progress.over,
                total=progress.total,
                progress=Sentences(counts_in_words(progress), ", "),
            ),
            words("{per_minute:.0f} a minute", per_minute=job.pace.per_minute),
        ]
        if end := _end(job):
            parts.append(end)
        if job.last_bad is not None:
            parts.append(words("last {row}", row=_bad_in_words(job)))
        parts.extend(words("trouble: {trouble}", trouble=trouble) for trouble in self._troubles()[:1])
        return parts

    def _troubles(self) -> list[str]:
        found: dict[str, None] = {}
        for job in self._jobs():
            for trouble in (job.trouble, *job.progress.troubles):
                if trouble and not job.progress.is_over:
                    found[trouble] = None
        if last := self._log.last:
            found[last] = None
        return list(found)[:_MOST_TROUBLES]


def counts_in_words(progress: Progress) -> list[str]:
    """How many rows stand where: `510 done`, `480 waiting`."""
    counts = {
        RowOutcome.DONE: progress.done,
        RowOutcome.WAITING: progress.waiting,
        RowOutcome.UNDER_WAY: progress.under_way,
        RowOutcome.REJECTED: progress.rejected,
        RowOutcome.UNKNOWN: progress.unknown,
        RowOutcome.NOT_STARTED: progress.not_started,
    }
    return [
        words("{count:,} {outcome}", count=count, outcome=outcome.words)
        for outcome, count in counts.items()
        if count or outcome is RowOutcome.DONE
    ]


# --- inside ------------------------------------------------------------------------------------------------------


def _end(job: JobWatch) -> str:
    ends_at = None if job.is_over else job.pace.ends_at(job.progress)
    return (
        ""
        if ends_at is None
        else words("over about {ends_at}", ends_at=end_in_words(ends_at, job.zone, datetime.now().astimezone()))
    )


def _bad_in_words(job: JobWatch) -> str:
    row = job.last_bad
    if row is None:
        return ""
    reason = row.message or words("no reason was given")
    return words("{outcome}: {place}, {reason}", outcome=row.outcome.words, place=row.place, reason=reason)
