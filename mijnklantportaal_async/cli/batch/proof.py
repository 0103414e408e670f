"""Whether the calendars of sandboxes hold exactly what a job says it brought into them."""

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from mijnklantportaal_async.batch import RowOutcome, RowResult
from mijnklantportaal_async.cli.run_report import in_number
from mijnklantportaal_async.sandbox import Sandbox, StoredAppointment, StoredCustomer


def compare(
    rows: Sequence[RowResult], others: Iterable[RowResult], sandboxes: Mapping[str, Sandbox]
) -> tuple[bool, str]:
    """Compares title, times and person of every row with the calendars, and company, address and e-mail.

    Args:
        rows: Those of the job.
        others: Those of the other jobs in the same database.
        sandboxes: By the names of their portals.

    Returns:
        Whether none is missing and none is there twice, and what to say of it.
    """
    sure, unsure = _asked_for(rows, {RowOutcome.DONE}), _asked_for(rows, {RowOutcome.UNKNOWN})
    ours = sure + unsure
    elsewhere = _asked_for(others, {RowOutcome.DONE, RowOutcome.UNKNOWN})
    made = Counter({record: count for record, count in _held(sandboxes).items() if record in ours})
    missing = (sure - made).total()
    surplus = (made - ours - elsewhere).total()
    kept = f"The sandbox holds {in_number(made.total(), 'record')} for {in_number(sure.total(), 'row')} done"
    if of_others := (made & elsewhere).total():
        kept += f" and {in_number(of_others, 'equal row')} of other jobs"
    if missing or surplus:
        hint = " Records of a job that was deleted count as too many." if not missing else ""
        return False, f"{kept}: {missing} missing, {surplus} too many.{hint}"
    doubt = f" and {unsure.total()} unknown" if unsure else ""
    twice = "more than was asked for" if of_others else "twice"
    return True, f"{kept}{doubt}: none missing, none {twice}."


def _asked_for(rows: Iterable[RowResult], outcomes: set[RowOutcome]) -> Counter[Hashable]:
    return Counter((row.portal, *_of_request(row.request)) for row in rows if row.outcome in outcomes)


def _held(sandboxes: Mapping[str, Sandbox]) -> Counter[Hashable]:
    held: Counter[Hashable] = Counter()
    for name, sandbox in sandboxes.items():
        held.update((name, *_of_appointment(record)) for record in sandbox.appointments)
        held.update((name, *_of_customer(record)) for record in sandbox.customers)
    return held


def _of_request(request: Mapping[str, Any]) -> tuple[Hashable, ...]:
    if "starts_at" in request:
        person = request.get("customer_id") or (request.get("attendee_name"), request.get("attendee_email"))
        return (request["name"], _instant(request["starts_at"]), _instant(request["ends_at"]), person)
    return tuple(request.get(field) for field in ("company_name", "address", "zip_code", "primary_email"))


def _of_appointment(record: StoredAppointment) -> tuple[Hashable, ...]:
    person = record.customer_id or (record.attendee_name, record.attendee_email)
    return (record.name, record.starts_at.astimezone(UTC), record.ends_at.astimezone(UTC), person)


def _of_customer(record: StoredCustomer) -> tuple[Hashable, ...]:
    return (record.company_name, record.address, record.zip_code, record.primary_email)


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
