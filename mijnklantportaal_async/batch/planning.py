"""From what a program or file gives to the rows of a job: pure."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from typing import Any
from zoneinfo import ZoneInfo

import attrs

from mijnklantportaal_async.batch.engine import Kept
from mijnklantportaal_async.batch.operations import operation_of
from mijnklantportaal_async.batch.operations.operation import BatchOperation
from mijnklantportaal_async.batch.results import Submission
from mijnklantportaal_async.batch.rows import BatchRow, Note, Portal, digest_of, key_text

SHOWN = 5
"""How many rows are named to a person who decides about many."""


@attrs.frozen(kw_only=True)
class JobRow:
    """A request with what is known of it."""

    request: Any
    """A `NewAppointment` or `NewCustomer`."""
    place: str = ""
    """Where a person finds it, such as `line 14`; `row 14` when left out."""
    portal: str | None = None
    """Name of the portal that it is for; the job's own when left out."""


@attrs.frozen(kw_only=True)
class Plan:
    """What submitting would put into the database."""

    submission: Submission
    """In numbers, for people."""
    rows: tuple[BatchRow, ...]
    """Those that are new."""
    notes: tuple[Note, ...]
    """What has to be noted before they are sent."""
    portals: tuple[Portal, ...]
    """Whose queues they go into."""
    completes_a_submission: bool
    """Whether the same rows were submitted before, and the submitting was interrupted."""


@attrs.define
class _Given:
    row: BatchRow
    request: Any
    operation: BatchOperation


def make_plan(
    requests: Iterable[Any],
    *,
    job: str,
    portals: Mapping[str, Portal],
    default: Portal,
    source: str,
    existing: Collection[Kept],
    known_notes: Collection[str],
) -> Plan:
    """Tells new rows from known ones, and counts equal ones.

    Args:
        requests: Requests, or `JobRow` objects.
        job: Name of the job.
        portals: Portals by name.
        default: For rows that name none.
        source: Where the rows come from.
        existing: The job's rows.
        known_notes: Ids of the job's notes.

    Raises:
        TypeError: A request is of no class that can be done in a batch.
        ValueError: Rows could never be right; all are named.
    """
    given = _read(requests, job=job, portals=portals, default=default)
    ids = {kept.id for kept in existing}
    all_digest = digest_of(sorted(item.row.id for item in given))
    fresh = [item for item in given if item.row.id not in ids]
    notes = _notes(given, fresh, job, source, all_digest)
    note_ids = {(note.portal, note.operation): note.id for note in notes}
    return Plan(
        submission=Submission(
            job=job,
            added=len(fresh),
            known=len(given) - len(fresh),
            missing=len(ids - {item.row.id for item in given}),
            is_new_job=not existing and not known_notes,
            new_rows=tuple(f"{item.row.place}: {item.operation.title(item.row.request)}" for item in fresh[:SHOWN])
            + ((f"and {len(fresh) - SHOWN} more",) if len(fresh) > SHOWN else ()),
        ),
        rows=tuple(attrs.evolve(item.row, noted=note_ids[item.row.portal, item.row.operation]) for item in fresh),
        notes=tuple(note for note in notes if note.id not in known_notes),
        portals=tuple(dict.fromkeys(note.portal for note in notes)),
        completes_a_submission=bool(fresh) and all(note.id in known_notes for note in notes),
    )


def _read(requests: Iterable[Any], *, job: str, portals: Mapping[str, Portal], default: Portal) -> list[_Given]:
    given: list[_Given] = []
    problems: list[str] = []
    copies: Counter[str] = Counter()
    for number, item in enumerate(requests, 1):
        asked = item if isinstance(item, JobRow) else JobRow(request=item)
        place = asked.place or f"row {number}"
        operation = operation_of(asked.request)
        portal = portals.get(asked.portal or default.name)
        if portal is None:
            problems.append(f"{place}: nobody has said where the portal {asked.portal!r} is")
            continue
        zone = ZoneInfo(portal.timezone)
        try:
            data, key = operation.to_json(asked.request, zone), operation.key(asked.request, zone)
        except ValueError as error:
            problems.append(f"{place}: {error}")
            continue
        row = BatchRow(
            job=job,
            portal=portal,
            operation=operation.name,
            request=data,
            number=number,
            place=place,
            key=key_text(portal, operation.name, key),
        )
        # The second of two equal rows is the second, whatever stands between them.
        row = attrs.evolve(row, copy=copies[row.digest])
        copies[row.digest] += 1
        given.append(_Given(row, asked.request, operation))
    if problems:
        more = f"\n... and {len(problems) - 20} more" if len(problems) > 20 else ""
        raise ValueError(
            f"{len(problems)} rows cannot be right; nothing was submitted:\n" + "\n".join(problems[:20]) + more
        )
    return given


def _notes(given: list[_Given], fresh: list[_Given], job: str, source: str, digest: str) -> list[Note]:
    """One for each portal and operation that has new rows."""
    groups: dict[tuple[Portal, str], list[_Given]] = {}
    for item in given:
        groups.setdefault((item.row.portal, item.row.operation), []).append(item)
    wanted = {(item.row.portal, item.row.operation) for item in fresh}
    return [
        Note(
            job=job,
            portal=portal,
            operation=name,
            listing=items[0].operation.listing([item.request for item in items], ZoneInfo(portal.timezone)),
            rows=len(items),
            source=source,
            digest=digest,
        )
        for (portal, name), items in groups.items()
        if (portal, name) in wanted
    ]
