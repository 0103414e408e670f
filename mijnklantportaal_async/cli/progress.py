"""How far a run is: a bar, and why it stands still where it does."""

import attrs
from rich.console import Console, ConsoleOptions, RenderResult
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from mijnklantportaal_async.calling.many import Unsettled
from mijnklantportaal_async.cli.figures import Figures, in_time, is_held_up, seconds_left
from mijnklantportaal_async.cli.interruption import settling_in_words
from mijnklantportaal_async.cli.row_results import Account, RowOutcome
from mijnklantportaal_async.cli.run_report import in_number
from mijnklantportaal_async.cli.terminal import live_lines
from mijnklantportaal_async.session import PortalSession
from mijnklantportaal_async.values.clock import Clock


class RunProgress:
    """Says how far a run is, in the time of the portal's clock."""

    def __init__(self, portal: PortalSession, account: Account, figures: Figures, clock: Clock) -> None:
        self._portal = portal
        self._account = account
        self._figures = figures
        self._clock = clock
        self._looked = clock.monotonic()

    def look(self) -> None:
        """Adds up the time in which calls waited for the rate limit."""
        now = self._clock.monotonic()
        if is_held_up(self._portal.rate_limit):
            self._figures.waited += now - self._looked
        self._looked = now

    def lines(self) -> list[str]:
        """The figures in one line."""
        done, rows = self._account.over, len(self._account.rows)
        return ["; ".join([f"{done} of {rows} rows done", *filter(None, [self._reason()]), *self._details()])]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        done, rows = self._account.over, len(self._account.rows)
        bar = Table.grid(padding=(0, 2, 0, 0), expand=True)
        bar.add_column(no_wrap=True)
        bar.add_column(ratio=1)
        for _ in range(3):
            bar.add_column(no_wrap=True, justify="right")
        bar.add_row(
            Text("Stopping" if self._account.stop_reason else "Scheduling", style="bold"),
            ProgressBar(total=max(rows, 1), completed=done),
            Text(f"{done}/{rows}"),
            Text(f"{self._figures.requests_a_minute()} requests/min", style="cyan"),
            Text(self._time_left(), style="dim"),
        )
        yield bar
        if reason := self._reason():
            yield from live_lines(reason, options.max_width, "yellow")
        yield from live_lines(" · ".join(self._details()), options.max_width, "dim")

    def _time_left(self) -> str:
        done, rows = self._account.over, len(self._account.rows)
        if done == rows or self._account.stop_reason:
            return ""
        left = seconds_left(rows - done, done, self._figures.requests, self._portal.rate_limit)
        return "" if left is None else f"about {in_time(left)} left"

    def _reason(self) -> str:
        """Why it stands still, or what is waited for."""
        if self._account.over == len(self._account.rows):
            return ""
        why = self._figures.why_it_waits(self._portal.rate_limit)
        unsettled = unsettled_in(self._portal, self._clock)
        if not (self._account.stop_reason and unsettled.calls):
            return why
        return "; ".join([settling_in_words(unsettled), *filter(None, [why])])

    def _details(self) -> list[str]:
        figures = self._figures
        others = [outcome for outcome in RowOutcome if outcome is not RowOutcome.SCHEDULED]
        parts = [f"{self._account.count(RowOutcome.SCHEDULED)} scheduled"]
        parts.extend(f"{count} {outcome}" for outcome in others if (count := self._account.count(outcome)))
        if figures.waited >= 1:
            parts.append(f"waited {in_time(figures.waited)}")
        if figures.retries:
            parts.append(f"{figures.retries} tried again")
        if looked_up := figures.found + figures.not_found:
            parts.append(f"{in_number(looked_up, 'lost answer')} looked up")
        return parts


def unsettled_in(portal: PortalSession, clock: Clock) -> Unsettled:
    """What a run has under way of which nobody knows yet, with seconds of the machine."""
    unsettled = portal.unsettled
    return attrs.evolve(unsettled, seconds=clock.real(unsettled.seconds))
