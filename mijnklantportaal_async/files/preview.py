"""What rows were understood as, for a person to look at before anything is sent."""

from datetime import datetime
from typing import Any

import attrs

from mijnklantportaal_async.files.records import Row, RowFile
from mijnklantportaal_async.models.appointments import NewAppointment
from mijnklantportaal_async.models.customers import NewCustomer


@attrs.frozen(kw_only=True)
class Understood:
    """A row as it was understood."""

    line: int
    """As `Row.line`."""
    title: str
    """Of an appointment its title, of a customer the company."""
    starts_at: datetime | None = None
    """In the portal's zone, which tells weekday, date and time; None for a customer."""
    ends_at: datetime | None = None
    zone: str = ""
    """The zone that its start was written in, where that is not the portal's."""
    person: str
    """Who an appointment is with: name and address, or the customer's id. Of a customer its address."""


def understood(row: Row[Any]) -> Understood:
    """What a row was understood as."""
    new = row.new
    if isinstance(new, NewAppointment):
        own = new.starts_at.tzinfo
        zone = "" if row.zone.strip("/") == getattr(own, "key", None) else row.zone
        name, address = new.attendee_name or "", new.attendee_email or ""
        person = f"{name} <{address}>" if name and address and name != address else name or address
        return Understood(
            line=row.line,
            title=new.name,
            starts_at=new.starts_at,
            ends_at=new.ends_at,
            zone=zone,
            person=" ".join(part for part in (person, new.customer_id or "") if part),
        )
    if isinstance(new, NewCustomer):
        parts = (new.address, f"{new.zip_code} {new.city}", new.country_code or "", new.primary_email)
        return Understood(line=row.line, title=new.company_name, person=", ".join(part for part in parts if part))
    raise TypeError(f"a row holds a NewAppointment or NewCustomer, not {type(new).__name__}")


def preview(file: RowFile[Any], most: int = 8) -> tuple[Understood, ...]:
    """The first rows of a file as they were understood.

    Args:
        file: The file.
        most: How many.
    """
    return tuple(map(understood, file.rows[:most]))
