"""An appointment as a row of the table of results."""

from datetime import datetime
from zoneinfo import ZoneInfo

from mijnklantportaal_async.files.results.table import ResultRow, time_span
from mijnklantportaal_async.models.appointments import NewAppointment


def result_of(
    new: NewAppointment,
    *,
    line: int,
    outcome: str,
    zone: ZoneInfo,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
    identifier: str = "",
    what_to_do: str = "",
) -> ResultRow:
    """What became of an appointment that was asked for.

    Args:
        new: What was asked for.
        line: Where it stands in the file.
        outcome: How it ended.
        zone: In which people read it.
        starts_at: When it starts in the calendar; as it was asked for when left out.
        ends_at: When it ends there.
        identifier: `apt_...`, where it is in the calendar.
        what_to_do: Why it is not, and what to do.
    """
    begin, end = (starts_at or new.starts_at).astimezone(zone), (ends_at or new.ends_at).astimezone(zone)
    return ResultRow(
        line=line,
        outcome=outcome,
        day=begin.date(),
        time=time_span(begin, end),
        title=new.name,
        person=person_of(new),
        identifier=identifier,
        what_to_do=what_to_do,
    )


def person_of(new: NewAppointment) -> str:
    """With whom an appointment is: the id of a customer, or a name and an address."""
    return new.customer_id or f"{new.attendee_name} <{new.attendee_email}>"
