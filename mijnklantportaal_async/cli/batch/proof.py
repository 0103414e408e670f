"""Whether the calendars of sandboxes hold exactly what a job says it brought into them."""

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from mijnklantportaal_async.batch import RowOutcome, RowResult
from mijnklantportaal_async.cli.numbers import in_number
from mijnklantportaal_async.sandbox import Sandbox, StoredAppointment, StoredCustomer
from mijnklantportaal_async.texts.words import words


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
    kept = words(
        "The sandbox holds {records} for {rows} done",
        records=in_number(made.total(), "record"),
        rows=in_number(sure.total(), "row"),
    )
    if of_others := (made & elsewhere).total():
        kept = words("{kept} and {equal_rows} of other jobs", kept=kept, equal_rows=in_number(of_others, "equal row"))
    if missing or surplus:
        hint = words(" Records of a job that was deleted count as too many.") if not missing else ""
        return False, words(
            "{kept}: {missing} missing, {surplus} too many.{hint}",
            kept=kept,
            missing=missing,
            surplus=surplus,
            hint=hint,
        )
    doubt = words(" and {total} unknown", total=unsure.total()) if unsure else ""
    twice = words("more than was asked for") if of_others else words("twice")
    return True, words("{kept}{doubt}: none missing, none {twice}.", kept=kept, doubt=doubt, twice=twice)


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
