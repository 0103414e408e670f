"""Whether a sandbox's calendar holds exactly what a run says it scheduled."""

from collections import Counter
from collections.abc import Collection, Hashable
from datetime import UTC, datetime

from mijnklantportaal_async.cli.row_results import Account, RowOutcome
from mijnklantportaal_async.models.appointments import NewAppointment
from mijnklantportaal_async.sandbox import Sandbox, StoredAppointment
from mijnklantportaal_async.texts.words import words


class CalendarProof:
    """Remembers what was in the calendar before a run, and compares afterwards.

    Args:
        sandbox: The portal that the run talks to.
    """

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._before = {appointment.id for appointment in sandbox.appointments}

    def verdict(self, account: Account) -> tuple[bool, str]:
        """Compares title, times and person of every row with the calendar.

        Returns:
            Whether it is right, and what to say of it.
        """
        made = Counter(_of_calendar(item) for item in self._sandbox.appointments if item.id not in self._before)
        sure, unsure = _rows_with(account, {RowOutcome.SCHEDULED}), _rows_with(account, {RowOutcome.UNKNOWN})
        missing = sure - made
        # A row whose outcome is unknown may be there once, or not.
        surplus = made - sure - unsure
        count = words(
            "The sandbox's calendar has {made:,} new appointments for {rows:,} scheduled rows",
            made=made.total(),
            rows=sure.total(),
        )
        if missing or surplus:
            return False, words(
                "{count}: {missing} missing, {surplus} too many. This is a bug.",
                count=count,
                missing=missing.total(),
                surplus=surplus.total(),
            )
        doubt = (
            words(" (and {made} of {unknown} unknown ones)", made=(made - sure).total(), unknown=unsure.total())
            if unsure
            else ""
        )
        return True, words("{count}{doubt}: none missing, none twice.", count=count, doubt=doubt)


def _rows_with(account: Account, outcomes: Collection[RowOutcome]) -> Counter[Hashable]:
    results = (result for result in account.results if result.outcome in outcomes)
    return Counter(_of_row(result.row.new) for result in results if result.row is not None)


def _of_row(new: NewAppointment) -> Hashable:
    person = new.customer_id or (new.attendee_name, new.attendee_email)
    return (new.name, _instant(new.starts_at), _instant(new.ends_at), person)


def _of_calendar(item: StoredAppointment) -> Hashable:
    person = item.customer_id or (item.attendee_name, item.attendee_email)
    return (item.name, _instant(item.starts_at), _instant(item.ends_at), person)


def _instant(moment: datetime) -> datetime:
    return moment.astimezone(UTC)
