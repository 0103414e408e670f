"""All that the page shows, as plain data: nothing of HTML here."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import attrs

from mijnklantportaal_async.batch.report.calendar_months import Item, Month, months_of
from mijnklantportaal_async.batch.report.moments import moment_in_words
from mijnklantportaal_async.batch.report.pace import Pace, pace_of
from mijnklantportaal_async.batch.report.sections import (
    HEADLINES,
    Line,
    Looks,
    OpenGroup,
    Reason,
    Table,
    looks_of,
    open_groups_of,
    reasons_of,
    tables_of,
)
from mijnklantportaal_async.batch.report.subjects import APPOINTMENT, subject_of, text_of
from mijnklantportaal_async.batch.results import JobSummary, RowOutcome, RowResult
from mijnklantportaal_async.texts.words import counted, sentences, words
from mijnklantportaal_async.values.local_time import DEFAULT_TIMEZONE, check_moment, portal_zone

SMALLEST_SHARE = 0.8
"""Of the bar of outcomes, in percent: less could not be seen."""

_OPEN = frozenset({RowOutcome.UNDER_WAY, RowOutcome.WAITING, RowOutcome.NOT_STARTED})


@attrs.frozen(kw_only=True)
class Figure:
    """A number of the headline, and its part of the bar below it."""

    kind: str
    """Name of its shape and colour."""
    label: str
    count: int
    left: float
    share: float


@attrs.frozen(kw_only=True)
class PortalLine:
    """A portal of the job."""

    label: str
    address: str
    count: int


@attrs.frozen(kw_only=True)
class PortalCalendar:
    """What was scheduled in one portal."""

    portal: str
    count: int
    months: tuple[Month, ...]


@attrs.frozen(kw_only=True)
class ReportView:
    """All that the page shows. Every row is in exactly one of `looks` to `tables`."""

    job: str
    source: str
    submitted_at: str
    made_at: str
    zone: str
    """In which zone times are; empty when each portal has its own, which its label says then."""
    portals: tuple[PortalLine, ...]
    verdict: str
    difference: str
    """How the rows given differ from what the job counts; empty when they do not."""
    figures: tuple[Figure, ...]
    total: int
    looks: Looks
    reasons: tuple[Reason, ...]
    rejected: int
    open_groups: tuple[OpenGroup, ...]
    troubles: tuple[str, ...]
    expected_end: str
    remarks: tuple[Line, ...]
    """Done, with something to read about them. They are in the calendars or tables too."""
    calendars: tuple[PortalCalendar, ...]
    scheduled: int
    tables: tuple[Table, ...]
    pace: Pace | None

    @property
    def has_portals(self) -> bool:
        """Whether a row's portal is worth naming."""
        return len(self.portals) > 1


def view_of(job: JobSummary, rows: Sequence[RowResult], *, made_at: datetime) -> ReportView:
    """Prepares what the page shows.

    Args:
        job: The job.
        rows: Its rows, in any order.
        made_at: As of when, aware.

    Raises:
        TypeError: `made_at` is not a datetime.
        ValueError: `made_at` is naive, or a portal's timezone is not one.
    """
    check_moment(made_at, "made_at")
    # A portal whose rows disagree on its zone is shown as two, rather than with times that are off.
    keys = dict.fromkeys((portal.name, portal.timezone) for portal in job.portals)
    keys |= dict.fromkeys((row.portal, row.timezone) for row in rows)
    zones = {timezone: portal_zone(timezone) for _, timezone in keys}
    labels = {key: key[0] if len(zones) < 2 else f"{key[0]} ({key[1]})" for key in keys}
    zone = next(iter(zones.values()), None) or portal_zone(DEFAULT_TIMEZONE)
    lines = [_line(row, zones[row.timezone], labels[row.portal, row.timezone]) for row in rows]
    # Sections name portals in this order.
    order = {label: place for place, label in enumerate(labels.values())}
    lines.sort(key=lambda line: (order[line.portal], line.number))
    by_outcome = {outcome: [line for line in lines if line.row.outcome is outcome] for outcome in RowOutcome}
    counts = {outcome: len(members) for outcome, members in by_outcome.items()}
    dated = [line for line in by_outcome[RowOutcome.DONE] if _is_in_calendar(line)]
    calendars = tuple(
        PortalCalendar(portal=label, count=len(members), months=months_of(map(_item, members), zones[key[1]]))
        for key, label in labels.items()
        if (members := [line for line in dated if line.portal == label])
    )
    addresses = {(portal.name, portal.timezone): portal.address for portal in job.portals}
    rows_of = Counter(line.portal for line in lines)
    named_zone = "" if len(zones) < 2 else f"({zone.key})"
    progress = job.progress
    return ReportView(
        job=job.name,
        source=job.source,
        submitted_at=sentences(moment_in_words(job.submitted_at, zone), named_zone),
        made_at=sentences(moment_in_words(made_at, zone), named_zone),
        zone="" if named_zone else zone.key,
        portals=tuple(
            PortalLine(label=label, address=addresses.get(key, ""), count=rows_of[label])
            for key, label in labels.items()
        ),
        verdict=verdict_of(counts, len(labels)),
        difference=_difference(len(rows), progress.total),
        figures=figures_of(counts),
        total=len(rows),
        looks=looks_of(by_outcome[RowOutcome.UNKNOWN]),
        reasons=reasons_of(by_outcome[RowOutcome.REJECTED]),
        rejected=counts[RowOutcome.REJECTED],
        open_groups=open_groups_of([line for line in lines if line.row.outcome in _OPEN]),
        troubles=() if progress.is_over else progress.troubles,
        expected_end="" if progress.ends_at is None else sentences(moment_in_words(progress.ends_at, zone), named_zone),
        remarks=tuple(line for line in by_outcome[RowOutcome.DONE] if line.row.message),
        calendars=calendars,
        scheduled=len(dated),
        tables=tables_of([line for line in by_outcome[RowOutcome.DONE] if not _is_in_calendar(line)]),
        pace=pace_of(rows, zone),
    )


def verdict_of(counts: dict[RowOutcome, int], portals: int) -> str:
    """How it went, in a sentence or two.

    Args:
        counts: How many rows ended how.
        portals: How many portals they are for.
    """
    total, done = sum(counts.values()), counts[RowOutcome.DONE]
    is_one = portals < 2
    if not total:
        return words("There are no rows.")
    rows = _rows(total)
    if done == total == 1:
        return words("It is in the portal, once.")
    if done == total:
        if is_one:
            return words("Everything is in the portal, once: {rows}.", rows=rows)
        return words("Everything is in the portals, once: {rows}.", rows=rows)
    in_one = counted(
        "{count:,} of {rows} is in the portal, once.", "{count:,} of {rows} are in the portal, once.", done, rows=rows
    )
    in_all = counted(
        "{count:,} of {rows} is in the portals, once.", "{count:,} of {rows} are in the portals, once.", done, rows=rows
    )
    said = [
        in_one if is_one else in_all,
        counted("{count:,} needs a look.", "{count:,} need a look.", counts[RowOutcome.UNKNOWN]),
        counted("{count:,} was rejected.", "{count:,} were rejected.", counts[RowOutcome.REJECTED]),
        counted("{count:,} is under way.", "{count:,} are under way.", counts[RowOutcome.UNDER_WAY]),
        counted("{count:,} still waits.", "{count:,} still wait.", counts[RowOutcome.WAITING]),
        counted("{count:,} was not started.", "{count:,} were not started.", counts[RowOutcome.NOT_STARTED]),
    ]
    return sentences(*(one for one in said if one.values["count"] or one is said[0]))


def figures_of(counts: dict[RowOutcome, int]) -> tuple[Figure, ...]:
    """The numbers of the headline; what never happened is left out, except for what everybody asks about.

    Args:
        counts: How many rows ended how.
    """
    always = {RowOutcome.DONE, RowOutcome.UNKNOWN, RowOutcome.REJECTED, RowOutcome.WAITING, RowOutcome.NOT_STARTED}
    total = sum(counts.values())
    shares = {
        outcome: max(SMALLEST_SHARE, 100 * counts[outcome] / total) if counts[outcome] else 0.0 for outcome in HEADLINES
    }
    whole = sum(shares.values())
    figures: list[Figure] = []
    left = 0.0
    for outcome, label in HEADLINES.items():
        if counts[outcome] or outcome in always:
            share = 100 * shares[outcome] / whole if whole else 0.0
            kind = outcome.value.replace(" ", "-")
            figures.append(Figure(kind=kind, label=label, count=counts[outcome], left=left, share=share))
            left += share
    return tuple(figures)


def _line(row: RowResult, zone: ZoneInfo, portal: str) -> Line:
    return Line(row=row, subject=subject_of(row, zone), portal=portal)


def _is_in_calendar(line: Line) -> bool:
    return line.row.operation == APPOINTMENT and line.subject.starts_at is not None


def _item(line: Line) -> Item:
    starts_at = line.subject.starts_at
    if starts_at is None:
        raise ValueError(f"row {line.number} has no time")
    status = text_of((line.row.record or {}).get("status"))
    return Item(
        number=line.number,
        place=line.row.place,
        starts_at=starts_at,
        ends_at=line.subject.ends_at,
        title=line.subject.title,
        person=line.subject.person,
        status="" if status == "scheduled" else status,
        remarkable=bool(line.row.message),
    )


def _difference(given: int, expected: int) -> str:
    if given == expected:
        return ""
    return words("The job counts {rows}; this page was made from {given:,}.", rows=_rows(expected), given=given)


def _rows(count: int) -> str:
    return counted("{count:,} row", "{count:,} rows", count)
