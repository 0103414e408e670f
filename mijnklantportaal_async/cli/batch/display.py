"""How jobs stand: a bar for each, and what holds it up."""

from collections.abc import Callable, Sequence
from datetime import datetime

from rich.console import Console, ConsoleOptions, RenderResult
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from mijnklantportaal_async.batch import Progress
from mijnklantportaal_async.cli.batch.pace import end_in_words
from mijnklantportaal_async.cli.batch.watching import JobWatch, TroubleLog
from mijnklantportaal_async.cli.terminal import live_lines, plain_text

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
        lines = [f"{job.job.name}: {'; '.join(self._parts(job))}" for job in self._jobs()]
        return lines or ([self._idle] if self._idle else [])

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        jobs = self._jobs()
        width = options.max_width
        for job in jobs[:_MOST_JOBS]:
            is_narrow = options.max_width < _NARROW
            yield self._bar(job, is_narrow=is_narrow)
            yield from live_lines(" · ".join(self._details(job, with_end=is_narrow)), width, "dim")
            if job.last_bad is not None:
                yield from live_lines(f"last {_bad_in_words(job)}", width, "red")
        if len(jobs) > _MOST_JOBS:
            yield from live_lines(f"… and {len(jobs) - _MOST_JOBS} more jobs", width, "dim")
        if not jobs and self._idle:
            yield from live_lines(self._idle, width, "dim")
        for trouble in self._troubles():
            yield from live_lines(f"! {trouble}", width, "yellow")

    # --- inside --------------------------------------------------------------------------------------------------

    def _bar(self, job: JobWatch, *, is_narrow: bool) -> Table:
        progress = job.progress
        bar = Table.grid(padding=(0, 2, 0, 0), expand=True)
        bar.add_column(no_wrap=True)
        bar.add_column(ratio=1)
        cells = [f"{progress.over:,}/{progress.total:,}", f"{job.pace.per_minute:.0f}/min"]
        if not is_narrow:
            cells.append(_end(job))
        for _ in cells:
            bar.add_column(no_wrap=True, justify="right")
        name = plain_text(job.job.name, "bold")
        name.truncate(14 if is_narrow else _LONGEST_NAME, overflow="ellipsis")
        styles = ("", "cyan", "dim")
        bar.add_row(
            name,
            ProgressBar(total=max(progress.total, 1), completed=progress.over),
            *(Text(cell, style=style) for cell, style in zip(cells, styles, strict=False)),
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
            f"{progress.over:,} of {progress.total:,} rows over ({', '.join(counts_in_words(progress))})",
            f"{job.pace.per_minute:.0f} a minute",
        ]
        if end := _end(job):
            parts.append(end)
        if job.last_bad is not None:
            parts.append(f"last {_bad_in_words(job)}")
        parts.extend(f"trouble: {trouble}" for trouble in self._troubles()[:1])
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
        "done": progress.done,
        "waiting": progress.waiting,
        "under way": progress.under_way,
        "rejected": progress.rejected,
        "unknown": progress.unknown,
        "not started": progress.not_started,
    }
    return [f"{count:,} {name}" for name, count in counts.items() if count or name == "done"]


# --- inside ------------------------------------------------------------------------------------------------------


def _end(job: JobWatch) -> str:
    ends_at = None if job.is_over else job.pace.ends_at(job.progress)
    return "" if ends_at is None else f"over about {end_in_words(ends_at, job.zone, datetime.now().astimezone())}"


def _bad_in_words(job: JobWatch) -> str:
    row = job.last_bad
    return "" if row is None else f"{row.outcome.value}: {row.place}, {row.message or 'no reason was given'}"
