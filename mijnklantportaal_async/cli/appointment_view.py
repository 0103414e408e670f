"""Appointments as tables for people and as JSON for programs."""

from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from rich.table import Table
from rich.text import Text

from mijnklantportaal_async.cli.terminal import plain_text, quiet_table
from mijnklantportaal_async.models.appointments import Appointment, AppointmentStatus

_STYLES = {
    AppointmentStatus.SCHEDULED: "green",
    AppointmentStatus.PENDING: "yellow",
    AppointmentStatus.CANCELED: "dim",
}


def appointment_table(appointments: Iterable[Appointment], zone: ZoneInfo) -> Table:
    """Many appointments, one a row, in order of their start."""
    table = quiet_table("Start", "End", "With", "Status", "ID")
    for place in (0, 1, 3, 4):
        table.columns[place].no_wrap = True
    for appointment in sorted(appointments, key=lambda item: (item.starts_at, item.id)):
        table.add_row(
            f"{appointment.starts_at.astimezone(zone):%a %d-%m-%Y %H:%M}",
            _end(appointment, zone),
            _person(appointment, is_short=True),
            _status(appointment),
            plain_text(appointment.id),
        )
    return table


def appointment_card(appointment: Appointment, zone: ZoneInfo) -> Table:
    """One appointment, one field a row."""
    card = Table.grid(padding=(0, 2, 0, 0))
    card.add_column(style="dim", no_wrap=True)
    card.add_column(overflow="fold")
    card.add_row("When", f"{appointment.starts_at.astimezone(zone):%a %d-%m-%Y %H:%M} to {_end(appointment, zone)}")
    card.add_row("With", _person(appointment))
    card.add_row("Status", _status(appointment))
    card.add_row("ID", plain_text(appointment.id))
    if appointment.online_meeting_link:
        card.add_row("Meeting", plain_text(appointment.online_meeting_link))
    return card


def as_json(appointment: Appointment) -> dict[str, str | None]:
    """An appointment with the names that the package uses."""
    return {
        "id": appointment.id,
        "starts_at": appointment.starts_at.isoformat(),
        "ends_at": appointment.ends_at.isoformat(),
        "customer_id": appointment.customer_id,
        "attendee_name": appointment.attendee_name,
        "attendee_email": appointment.attendee_email,
        "status": str(appointment.status),
        "online_meeting_link": appointment.online_meeting_link,
        "created_at": appointment.created_at.isoformat(),
    }


def _end(appointment: Appointment, zone: ZoneInfo) -> str:
    start, end = (_local(moment, zone) for moment in (appointment.starts_at, appointment.ends_at))
    return f"{end:%H:%M}" if start.date() == end.date() else f"{end:%a %d-%m-%Y %H:%M}"


def _local(moment: datetime, zone: ZoneInfo) -> datetime:
    return moment.astimezone(zone)


def _person(appointment: Appointment, *, is_short: bool = False) -> Text:
    # A customer is known by the id.
    shows_email = appointment.attendee_email and not (is_short and appointment.customer_id)
    email = f" <{appointment.attendee_email}>" if shows_email else ""
    customer = f" ({appointment.customer_id})" if appointment.customer_id else ""
    return plain_text(f"{appointment.attendee_name or ''}{email}{customer}".strip() or "nobody named")


def _status(appointment: Appointment) -> Text:
    return plain_text(str(appointment.status), _STYLES.get(appointment.status, ""))
