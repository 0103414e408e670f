"""What became of each row of a file: the account that a run keeps."""

import enum
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from typing import TypeAlias
from zoneinfo import ZoneInfo

import attrs

from mijnklantportaal_async.calling.many import NotStarted, Rejected, Unknown
from mijnklantportaal_async.cli.failures import in_words
from mijnklantportaal_async.files.records import LeftOut, Problem, Row
from mijnklantportaal_async.files.results.appointments import result_of
from mijnklantportaal_async.files.results.table import ResultRow
from mijnklantportaal_async.models.appointments import Appointment, NewAppointment, Scheduled

Result: TypeAlias = Scheduled | Rejected[NewAppointment] | Unknown[NewAppointment] | NotStarted[NewAppointment]


class RowOutcome(enum.StrEnum):
    """How a row ended."""

    SCHEDULED = "scheduled"
    EARLIER = "scheduled earlier"
    THERE = "there already"
    REJECTED = "rejected"
    UNKNOWN = "unknown"
    NOT_SENT = "not sent"
    BAD_ROW = "bad row"
    LEFT_OUT = "left out"


@attrs.frozen(kw_only=True)
class RowResult:
    """What became of a row."""

    line: int
    outcome: RowOutcome
    name: str = ""
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    appointment: Appointment | None = None
    """What is in the calendar, when it is scheduled or was there already."""
    error: Exception | None = None
    reason: str = ""
    """Why it is not scheduled, and what to do."""
    row: Row[NewAppointment] | None = None
    """What was asked for; None for what is no good row."""
    earlier: ResultRow | None = None
    """What the results of an earlier run say of it."""

    def as_file_row(self, zone: ZoneInfo) -> ResultRow:
        """For the file of results."""
        if self.earlier is not None:
            return attrs.evolve(self.earlier, line=self.line, outcome=self.outcome.value)
        if self.row is None:
            return ResultRow(line=self.line, outcome=self.outcome.value, title=self.name, what_to_do=self.reason)
        return result_of(
            self.row.new,
            line=self.line,
            outcome=self.outcome.value,
            zone=zone,
            starts_at=self.starts_at,
            ends_at=self.ends_at,
            identifier=self.appointment.id if self.appointment is not None else "",
            what_to_do=self.reason,
        )


class Account:
    """Every row with what became of it; no row is ever missing from it at the end.

    Args:
        rows: The rows that are to be scheduled.
        tell: Called with each result as it comes.

    Attributes:
        results: In the order in which they came.
        stop_reason: Why the run was stopped before its end; empty when it was not.
    """

    def __init__(self, rows: tuple[Row[NewAppointment], ...], tell: Callable[[RowResult], None]) -> None:
        self.rows = rows
        self.results: list[RowResult] = []
        self.stop_reason = ""
        self._counts = Counter[RowOutcome]()
        self._aside = 0
        self._tell = tell

    @property
    def over(self) -> int:
        """How many of the rows that are to be scheduled have come to an end."""
        return len(self.results) - self._aside

    def count(self, outcome: RowOutcome) -> int:
        """How many rows ended like that."""
        return self._counts[outcome]

    def add(self, result: Result) -> RowResult:
        """Takes what the session says of a request."""
        row = self.rows[result.index]
        match result:
            case Scheduled():
                appointment = result.appointment
                return self._add(
                    RowResult(
                        line=row.line,
                        outcome=RowOutcome.SCHEDULED,
                        name=row.new.name,
                        starts_at=appointment.starts_at,
                        ends_at=appointment.ends_at,
                        appointment=appointment,
                        row=row,
                    )
                )
            case Rejected():
                return self._add(_failed(row, RowOutcome.REJECTED, result.error))
            case Unknown():
                return self._add(_failed(row, RowOutcome.UNKNOWN, result.error))
            case NotStarted():
                return self._add(_failed(row, RowOutcome.NOT_SENT, result.error, self.stop_reason))

    def add_bad(self, line: int, problems: list[Problem]) -> None:
        """A row that was left out because it cannot be right."""
        texts = [f"{problem.column + ': ' if problem.column else ''}{problem.message}" for problem in problems]
        self._add_aside(RowResult(line=line, outcome=RowOutcome.BAD_ROW, reason="; ".join(texts)))

    def add_left_out(self, one: LeftOut) -> None:
        """A row that is none by what the file says itself."""
        self._add_aside(RowResult(line=one.line, outcome=RowOutcome.LEFT_OUT, name=one.title, reason=one.reason))

    def add_earlier(self, row: Row[NewAppointment], earlier: ResultRow) -> None:
        """A row that an earlier run has scheduled, by its own results."""
        self._add_aside(
            RowResult(line=row.line, outcome=RowOutcome.EARLIER, name=row.new.name, row=row, earlier=earlier)
        )

    def add_there(self, row: Row[NewAppointment], appointment: Appointment) -> None:
        """A row that was in the calendar before the run."""
        self._add_aside(
            RowResult(
                line=row.line,
                outcome=RowOutcome.THERE,
                name=row.new.name,
                starts_at=appointment.starts_at,
                ends_at=appointment.ends_at,
                appointment=appointment,
                row=row,
            )
        )

    def add_perhaps_there(self, row: Row[NewAppointment], reason: str) -> None:
        """A row of which nobody can tell whether it was in the calendar before the run."""
        self._add_aside(
            RowResult(
                line=row.line,
                outcome=RowOutcome.UNKNOWN,
                name=row.new.name,
                starts_at=row.new.starts_at,
                ends_at=row.new.ends_at,
                reason=reason,
                row=row,
            )
        )

    def add_unsent(self, error: Exception) -> None:
        """All rows, where none could be sent for the same reason."""
        for row in self.rows:
            self._add(_failed(row, RowOutcome.NOT_SENT, error))

    def add_rest(self, first_index: int) -> None:
        """Rows that the session never took."""
        for row in self.rows[first_index:]:
            self._add(_failed(row, RowOutcome.NOT_SENT, None, self.stop_reason))

    def _add_aside(self, result: RowResult) -> None:
        self._aside += 1
        self._add(result)

    def _add(self, result: RowResult) -> RowResult:
        self.results.append(result)
        self._counts[result.outcome] += 1
        self._tell(result)
        return result


def _failed(row: Row[NewAppointment], outcome: RowOutcome, error: Exception | None, stop_reason: str = "") -> RowResult:
    reason = f"Not sent, because the run was stopped: {stop_reason}"
    if error is not None:
        reason = in_words(error).removeprefix("schedule_appointment: ")
    return RowResult(
        line=row.line,
        outcome=outcome,
        name=row.new.name,
        starts_at=row.new.starts_at,
        ends_at=row.new.ends_at,
        error=error,
        reason=reason,
        row=row,
    )
