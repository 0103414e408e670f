"""Appointments as tables for people and as JSON for programs."""

from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from rich.console import RenderableType
from rich.table import Table

from mijnklantportaal_async.cli.terminal import plain_text, quiet_table
from mijnklantportaal_async.models.appointments import Appointment, AppointmentStatus
from mijnklantportaal_async.texts.words import words

_STYLES = {
    AppointmentStatus.SCHEDULED: "green",
    AppointmentStatus.PENDING: "yellow",
    AppointmentStatus.CANCELED: "dim",
}
_STATUSES = {
    AppointmentStatus.SCHEDULED: words("scheduled"),
    AppointmentStatus.PENDING: words("pending"),
    AppointmentStatus.CANCELED: words("canceled"),
}


def appointment_table(appointments: Iterable[Appointment], zone: ZoneInfo) -> Table:
    """Many appointments, one a row, in order of their start."""
    table = quiet_table(words("Start"), words("End"), words("With"), words("Status"), "ID")
    for place in (0, 1, 3, 4):
        table.columns[place].no_wrap = True
    for appointment in sorted(appointments, key=lambda item: (item.starts_at, item.id)):
        table.add_row(
            words("{starts_at:%a %d-%m-%Y %H:%M}", starts_at=appointment.starts_at.astimezone(zone)),
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
    card.add_row(
        words("When"),
        words(
            "{starts_at:%a %d-%m-%Y %H:%M} to {end}",
            starts_at=appointment.starts_at.astimezone(zone),
            end=_end(appointment, zone),
        ),
    )
    card.add_row(words("With"), _person(appointment))
    card.add_row(words("Status"), _status(appointment))
    card.add_row("ID", plain_text(appointment.id))
    if appointment.online_meeting_link:
        card.add_row(words("Meeting"), plain_text(appointment.online_meeting_link))
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
    return f"{end:%H:%M}" if start.date() == end.date() else words("{end:%a %d-%m-%Y %H:%M}", end=end)


def _local(moment: datetime, zone: ZoneInfo) -> datetime:
    return moment.astimezone(zone)


def _person(appointment: Appointment, *, is_short: bool = False) -> RenderableType:
    # A customer is known by the id.
    shows_email = appointment.attendee_email and not (is_short and appointment.customer_id)
    email = f" <{appointment.attendee_email}>" if shows_email else ""
    customer = f" ({appointment.customer_id})" if appointment.customer_id else ""
    return plain_text(f"{appointment.attendee_name or ''}{email}{customer}".strip() or words("nobody named"))


def _status(appointment: Appointment) -> RenderableType:
    return plain_text(_STATUSES.get(appointment.status, str(appointment.status)), _STYLES.get(appointment.status, ""))
