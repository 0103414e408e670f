"""The rows that are not in the calendar, in the groups in which a person deals with them."""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence

import attrs

from mijnklantportaal_async.batch.report.subjects import (
    APPOINTMENT,
    CUSTOMER,
    Field,
    Subject,
    operation_in_words,
    text_of,
)
from mijnklantportaal_async.batch.results import RowOutcome, RowResult
from mijnklantportaal_async.texts.words import words

_VARYING = re.compile(r"'[^']*'|\"[^\"]*\"|\d+(?:[.:T+-]\d+)*")

HEADLINES = {
    RowOutcome.DONE: words("Done"),
    RowOutcome.UNKNOWN: words("Needs a look"),
    RowOutcome.REJECTED: words("Rejected"),
    RowOutcome.UNDER_WAY: words("Under way"),
    RowOutcome.WAITING: words("Waiting"),
    RowOutcome.NOT_STARTED: words("Not started"),
}
"""What outcomes are called."""

_STATES = {
    RowOutcome.UNDER_WAY: words("A worker has them at this moment."),
    RowOutcome.WAITING: words("Nothing was sent for them yet; that happens by itself as long as a worker runs."),
    RowOutcome.NOT_STARTED: words("The job was canceled first: nothing was sent for them, and nothing will be."),
}


@attrs.frozen(kw_only=True)
class Line:
    """A row of the job with what it is about."""

    row: RowResult
    subject: Subject
    portal: str
    """How the page calls its portal."""

    @property
    def number(self) -> int:
        """Place in the job."""
        return self.row.number


@attrs.frozen(kw_only=True)
class Looks:
    """What a person has to look for in the portal."""

    lines: tuple[Line, ...]
    how_to_check: str
    """Where it is the same for all of them; empty otherwise."""


@attrs.frozen(kw_only=True)
class Reason:
    """Rows that were rejected for alike reasons."""

    message: str
    """With `…` where the messages of the rows differ."""
    lines: tuple[Line, ...]
    differs: bool
    """Whether each row has its own message to show."""


@attrs.frozen(kw_only=True)
class OpenGroup:
    """Rows that have not ended, or were never begun."""

    outcome: RowOutcome
    title: str
    meaning: str
    lines: tuple[Line, ...]
    has_messages: bool


@attrs.frozen(kw_only=True)
class Table:
    """Records of one operation that are in the portal, as a plain table."""

    operation: str
    title: str
    columns: tuple[str, ...]
    lines: tuple[tuple[Line, tuple[str, ...]], ...]


def looks_of(lines: Sequence[Line]) -> Looks:
    """What needs a look, one portal after the other and each by date, as one would search.

    Args:
        lines: Rows of unknown outcome, in the order of portals.
    """
    portals = {line.portal: place for place, line in reversed(list(enumerate(lines)))}
    ordered = sorted(lines, key=lambda line: (portals[line.portal], *_date_key(line)))
    ways = {line.row.how_to_check or "" for line in lines}
    return Looks(lines=tuple(ordered), how_to_check=ways.pop() if len(ways) == 1 else "")


def reasons_of(lines: Iterable[Line]) -> tuple[Reason, ...]:
    """Rejected rows by reason, the most frequent first.

    Args:
        lines: Rejected rows.
    """
    groups: defaultdict[str, list[Line]] = defaultdict(list)
    for line in lines:
        groups[_VARYING.sub("…", line.row.message or "")].append(line)
    reasons: list[Reason] = []
    for pattern, members in groups.items():
        messages = {line.row.message or "" for line in members}
        reasons.append(
            Reason(
                message=(messages.pop() if len(messages) == 1 else pattern) or words("No reason was given."),
                lines=tuple(sorted(members, key=_number)),
                differs=len(messages) > 1,
            )
        )
    return tuple(sorted(reasons, key=lambda reason: (-len(reason.lines), reason.lines[0].number)))


def open_groups_of(lines: Sequence[Line]) -> tuple[OpenGroup, ...]:
    """What is under way, waits or was not started.

    Args:
        lines: Rows of these outcomes.
    """
    groups: list[OpenGroup] = []
    for outcome, meaning in _STATES.items():
        members = sorted((line for line in lines if line.row.outcome is outcome), key=_number)
        if members:
            has_messages = any(line.row.message for line in members)
            groups.append(
                OpenGroup(
                    outcome=outcome,
                    title=HEADLINES[outcome],
                    meaning=meaning,
                    lines=tuple(members),
                    has_messages=has_messages,
                )
            )
    return tuple(groups)


def tables_of(lines: Sequence[Line]) -> tuple[Table, ...]:
    """What is in the portal and not in its calendar: one table for each operation.

    Args:
        lines: Rows that are done and have no place in the calendar.
    """
    tables: list[Table] = []
    for operation in dict.fromkeys(line.row.operation for line in lines):
        members = sorted((line for line in lines if line.row.operation == operation), key=_number)
        columns = tuple(dict.fromkeys(field.label for line in members for field in line.subject.fields))
        tables.append(
            Table(
                operation=operation,
                title=_table_title(operation),
                columns=columns,
                lines=tuple((line, _cells(line.subject.fields, columns)) for line in members),
            )
        )
    return tuple(tables)


def identifier_of(row: RowResult) -> str:
    """Id of the record in the portal; empty when it is not known."""
    return row.identifier or text_of((row.record or {}).get("id"))


def _table_title(operation: str) -> str:
    titles = {CUSTOMER: words("Customers"), APPOINTMENT: words("Appointments whose time could not be read")}
    return titles.get(operation) or operation_in_words(operation)


def _cells(fields: Iterable[Field], columns: Sequence[str]) -> tuple[str, ...]:
    values: defaultdict[str, list[str]] = defaultdict(list)
    for field in fields:
        values[field.label].append(field.value)
    return tuple(", ".join(values[column]) for column in columns)


def _number(line: Line) -> int:
    return line.number


def _date_key(line: Line) -> tuple[float, int]:
    starts_at = line.subject.starts_at
    return (float("inf") if starts_at is None else starts_at.timestamp(), line.number)
