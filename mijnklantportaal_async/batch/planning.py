"""From what a program or file gives to the rows of a job: pure."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import attrs

from mijnklantportaal_async.batch import arguments, operations
from mijnklantportaal_async.batch.job_records import KeptSubmission
from mijnklantportaal_async.batch.results import Submission
from mijnklantportaal_async.batch.rows import BatchRow, Portal, digest_of, row_id, turns_of

SHOWN = 5
"""How many rows are named to a person who decides about many."""


@attrs.frozen(kw_only=True)
class JobRow:
    """A request with what is known of it."""

    request: Any
    """A `NewAppointment` or `NewCustomer`; or the arguments of `operation` by their names."""
    place: str = ""
    """Where a person finds it, such as `line 14`; `row 14` when left out."""
    portal: str | None = None
    """Name of the portal that it is for; the job's own when left out."""
    operation: str | None = None
    """Name of the coroutine of `PortalSession` that does it, such as `create_payment_link`; the class of the request
    tells when left out."""


@attrs.frozen(kw_only=True)
class Plan:
    """What submitting would put into the database."""

    submission: Submission
    """In numbers, for people."""
    rows: tuple[BatchRow, ...]
    """Those that are new."""
    kept: KeptSubmission
    """What is recorded of the submission itself."""
    completes_a_submission: bool
    """Whether the same rows were submitted before, and the submitting was interrupted."""

    @property
    def portals(self) -> tuple[Portal, ...]:
        """Whose rows they are."""
        return self.kept.portals


def make_plan(
    requests: Iterable[Any],
    *,
    job: str,
    portals: Mapping[str, Portal],
    default: Portal,
    source: str,
    existing: Collection[str],
    known: Collection[str],
) -> Plan:
    """Tells new rows from known ones, and counts equal ones.

    Args:
        requests: Requests, or `JobRow` objects.
        job: Name of the job.
        portals: Portals by name.
        default: For rows that name none.
        source: Where the rows come from.
        existing: Ids of the job's rows.
        known: Digests of the job's submissions.

    Raises:
        TypeError: A request is of no class that can be done in a batch.
        ValueError: Rows could never be right; all are named.
    """
    given = _read(requests, job=job, portals=portals, default=default)
    fresh = [row for row in given if row.id not in existing]
    digest = digest_of(sorted(row.id for row in given))
    more = (f"and {len(fresh) - SHOWN} more",) if len(fresh) > SHOWN else ()
    return Plan(
        submission=Submission(
            job=job,
            added=len(fresh),
            known=len(given) - len(fresh),
            missing=len(set(existing) - {row.id for row in given}),
            is_new_job=not existing and not known,
            new_rows=(
                *(f"{row.place}: {operations.title(row.operation, row.request)}" for row in fresh[:SHOWN]),
                *more,
            ),
        ),
        rows=tuple(fresh),
        kept=KeptSubmission(
            job=job,
            digest=digest,
            source=source,
            rows=len(given),
            submitted_at=datetime.now(UTC),
            portals=tuple(dict.fromkeys(row.portal for row in fresh)),
            operations=tuple(dict.fromkeys(row.operation for row in fresh)),
        ),
        completes_a_submission=bool(fresh) and digest in known,
    )


def _read(requests: Iterable[Any], *, job: str, portals: Mapping[str, Portal], default: Portal) -> list[BatchRow]:
    given: list[BatchRow] = []
    problems: list[str] = []
    copies: Counter[str] = Counter()
    sketches = {name: operations.Sketch(ZoneInfo(portal.timezone)) for name, portal in portals.items()}
    for number, item in enumerate(requests, 1):
        asked = item if isinstance(item, JobRow) else JobRow(request=item)
        place = asked.place or f"row {number}"
        portal = portals.get(asked.portal or default.name)
        if portal is None:
            operations.asked_for(asked.request, asked.operation)
            problems.append(f"{place}: nobody has said where the portal {asked.portal!r} is")
            continue
        operation, values = operations.asked_for(asked.request, asked.operation)
        sketch = sketches[portal.name]
        try:
            drawn = sketch.draw(operation, values)
            request = arguments.to_json(values, sketch.timezone)
        except (TypeError, ValueError) as error:
            problems.append(f"{place}: {error}")
            continue
        content = digest_of(portal.name, portal.address, portal.timezone, operation, request)
        # The second of two equal rows is the second, whatever stands between them.
        copy = copies[content]
        copies[content] += 1
        given.append(
            BatchRow(
                id=row_id(job, content, copy),
                job=job,
                portal=portal,
                operation=operation,
                request=request,
                number=number,
                place=place,
                content=digest_of(operation, request),
                turns=() if drawn.finder is None else turns_of(drawn.finder.places, operation),
                how_to_check=drawn.request.operation.how_to_check,
            )
        )
    if problems:
        more = f"\n... and {len(problems) - 20} more" if len(problems) > 20 else ""
        raise ValueError(
            f"{len(problems)} rows cannot be right; nothing was submitted:\n" + "\n".join(problems[:20]) + more
        )
    return given
