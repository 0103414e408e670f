"""Appointments as an iCalendar file, to subscribe to or to print."""

from collections.abc import Iterable
from datetime import UTC
from typing import Any
from zoneinfo import ZoneInfo

from mijnklantportaal_async.cli.failures import CommandError
from mijnklantportaal_async.models.appointments import Appointment, AppointmentStatus

_STATUS = {
    AppointmentStatus.SCHEDULED: "CONFIRMED",
    AppointmentStatus.PENDING: "TENTATIVE",
    AppointmentStatus.CANCELED: "CANCELLED",
}


def as_calendar(appointments: Iterable[Appointment], zone: ZoneInfo, portal: str) -> str:
    """An iCalendar file. The same appointments give the same bytes, so that nothing changes for who subscribes to it.

    An appointment keeps its UID; once canceled it has a higher SEQUENCE. The portal does not tell titles: an event is
    called after the person.

    Args:
        appointments: In any order.
        zone: Of the portal: events have their times in it, and it is described in the file.
        portal: Where they are from: one id may be in two portals.

    Raises:
        CommandError: The extra that writes such files is missing.
    """
    try:
        from icalendar import Calendar, Event, vUri
    except ModuleNotFoundError:
        raise CommandError('Calendars need the extra `files`: pip install "mijnklantportaal-async[files]"') from None
    # Its methods take anything, and say so to no type checker.
    calendar: Any = Calendar()
    calendar.add("prodid", "-//mijnklantportaal-async//list//NL")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", "MijnKlantportaal")
    calendar.add("x-wr-timezone", zone.key)
    for appointment in sorted(appointments, key=lambda item: (item.starts_at, item.id)):
        event: Any = Event()
        event.add("uid", f"{appointment.id}@{portal}")
        # Not the moment of writing: a file that says the same stays the same.
        event.add("dtstamp", appointment.created_at.astimezone(UTC))
        event.add("dtstart", appointment.starts_at.astimezone(zone))
        event.add("dtend", appointment.ends_at.astimezone(zone))
        event.add("summary", appointment.attendee_name or appointment.customer_id or "Appointment")
        event.add("status", _STATUS.get(appointment.status, "CONFIRMED"))
        event.add("sequence", int(appointment.status == AppointmentStatus.CANCELED))
        about = (appointment.attendee_email, appointment.customer_id, appointment.id)
        event.add("description", "\n".join(text for text in about if text))
        if appointment.online_meeting_link:
            event.add("url", vUri(appointment.online_meeting_link))
        calendar.add_component(event)
    calendar.add_missing_timezones()
    text: str = calendar.to_ical().decode()
    return text
