"""From what the engine keeps to what people read: pure."""

from collections.abc import Iterable

from mijnklantportaal_async.batch.engine import Kept
from mijnklantportaal_async.batch.operations import OPERATIONS
from mijnklantportaal_async.batch.results import RowOutcome, RowResult
from mijnklantportaal_async.batch.rows import BatchRow


def counts_of(rows: Iterable[Kept]) -> dict[str, int]:
    """How many rows stand where, by the names of `Progress`."""
    names = {
        RowOutcome.DONE: "done",
        RowOutcome.REJECTED: "rejected",
        RowOutcome.UNKNOWN: "unknown",
        RowOutcome.NOT_STARTED: "not_started",
        RowOutcome.UNDER_WAY: "under_way",
    }
    counts = dict.fromkeys(names.values(), 0)
    for kept in rows:
        if kept.outcome in names:
            counts[names[kept.outcome]] += 1
    return counts


def result_of(kept: Kept, *, was_sent: bool) -> RowResult:
    """A row with what became of it.

    Args:
        kept: The row, with its data and result.
        was_sent: Of a canceled row: whether something may have been sent for it.
    """
    row, result, outcome = BatchRow.from_json(kept.data), kept.result, kept.outcome
    operation = OPERATIONS.get(row.operation)
    how_to_check = operation.how_to_check if operation else None
    message = result.get("message") or kept.error
    if was_sent:
        outcome = RowOutcome.UNKNOWN
        message = "The job was canceled while a worker had the row: resume the job, and it will be looked up"
    return RowResult(
        job=row.job,
        portal=row.portal.name,
        number=row.number,
        place=row.place,
        operation=row.operation,
        request=row.request,
        timezone=row.portal.timezone,
        outcome=outcome,
        identifier=result.get("identifier"),
        record=result.get("record"),
        message=message,
        how_to_check=how_to_check if outcome is RowOutcome.UNKNOWN else None,
        ended_at=kept.ended_at,
    )
