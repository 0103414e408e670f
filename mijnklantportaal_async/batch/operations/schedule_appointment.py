"""`schedule_appointment` in a batch."""

from collections.abc import Collection, Hashable, Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from mijnklantportaal_async.api.appointment_finder import AppointmentFinder
from mijnklantportaal_async.api.appointments import LIST_APPOINTMENTS, SCHEDULE_APPOINTMENT, put_into_calendar
from mijnklantportaal_async.calling.list_finder import ListFinder
from mijnklantportaal_async.models.appointments import Appointment, NewAppointment
from mijnklantportaal_async.session import PortalSession
from mijnklantportaal_async.values.local_time import is_same_instant, to_wall_time

LONGEST_SPAN = 28
"""Days listed at once: the service documents no limit, and a month is what calendars show."""

GAP = 7
"""Days without rows that are listed along, rather than making another call."""


class ScheduleAppointment:
    """Rows of `NewAppointment`."""

    name = SCHEDULE_APPOINTMENT.name
    request_class: type[Any] = NewAppointment
    how_to_check = SCHEDULE_APPOINTMENT.how_to_check

    def to_json(self, request: NewAppointment, zone: ZoneInfo) -> dict[str, Any]:
        """Moments in the portal's zone, so that equal instants give equal texts."""
        to_wall_time(request.starts_at, zone, "starts_at")
        to_wall_time(request.ends_at, zone, "ends_at")
        data: dict[str, Any] = {
            "name": request.name,
            "starts_at": request.starts_at.astimezone(zone).isoformat(),
            "ends_at": request.ends_at.astimezone(zone).isoformat(),
        }
        for field in ("customer_id", "attendee_name", "attendee_email"):
            if (value := getattr(request, field)) is not None:
                data[field] = value
        return data

    def from_json(self, data: dict[str, Any]) -> NewAppointment:
        """Checked once more by the class itself."""
        values: dict[str, Any] = dict(data)
        for field in ("starts_at", "ends_at"):
            values[field] = datetime.fromisoformat(data[field])
        return NewAppointment(**values)

    def title(self, data: dict[str, Any]) -> str:
        """Such as `2027-03-05 14:30 Intake (J. de Vries)`."""
        who = data.get("customer_id") or data.get("attendee_name")
        return f"{data['starts_at'][:16].replace('T', ' ')} {data['name']} ({who})"

    def key(self, request: NewAppointment, zone: ZoneInfo) -> Hashable:
        """Start, end and person: the title is not part of an answer."""
        return _finder(request, zone).key

    def listing(self, requests: Sequence[NewAppointment], zone: ZoneInfo) -> list[Any]:
        """Spans of days that hold every row."""
        days: set[date] = set()
        for request in requests:
            day, last = request.starts_at.astimezone(zone).date(), request.ends_at.astimezone(zone).date()
            while day <= last:
                days.add(day)
                day += timedelta(days=1)
        return [[first.isoformat(), length] for first, length in _spans(sorted(days))]

    async def note(self, portal: PortalSession, listing: list[Any]) -> list[str]:
        """One call for each span."""
        found: set[str] = set()
        for first, length in listing:
            start = datetime.fromisoformat(first).replace(tzinfo=portal.timezone) - timedelta(days=1)
            appointments = await portal.list_appointments(start_at=_clear(start, portal.timezone), days=length + 3)
            found.update(appointment.id for appointment in appointments)
        return sorted(found)

    async def send(self, portal: PortalSession, request: NewAppointment) -> Appointment:
        """One POST. A portal that answers another moment is told of in the row's result, not by a warning."""
        return await put_into_calendar(portal, request)

    def look_key(self, request: NewAppointment, zone: ZoneInfo) -> Hashable:
        """The day."""
        return request.starts_at.astimezone(zone).date()

    async def look(self, portal: PortalSession, request: NewAppointment, zone: ZoneInfo) -> list[Any]:
        """Lists the day itself and one on either side: the list's bounds are not documented to the minute."""
        start = request.starts_at.astimezone(zone).replace(hour=0, minute=0) - timedelta(days=1)
        return list(await portal.list_appointments(start_at=_clear(start, zone), days=3))

    def pick(
        self, records: Iterable[Appointment], request: NewAppointment, zone: ZoneInfo, taken: Collection[str]
    ) -> Appointment | None:
        """The same start, end and person; one that stands rather than one that was canceled since."""
        return _finder(request, zone).pick_of(records, taken)

    def describe(self, record: Appointment, request: NewAppointment) -> tuple[str, dict[str, Any], str | None]:
        """Says so when the portal has another moment than was asked for."""
        kept = {
            "id": record.id,
            "starts_at": record.starts_at.isoformat(),
            "ends_at": record.ends_at.isoformat(),
            "status": str(record.status),
            "customer_id": record.customer_id,
            "created_at": record.created_at.isoformat(),
        }
        odd = [
            f"{field} is {answered.isoformat()} in the portal, not {asked.isoformat()}"
            for field, asked, answered in (
                ("starts_at", request.starts_at, record.starts_at),
                ("ends_at", request.ends_at, record.ends_at),
            )
            if not is_same_instant(asked, answered)
        ]
        return record.id, kept, "; ".join(odd) or None


def _finder(request: NewAppointment, zone: ZoneInfo) -> ListFinder[Appointment]:
    starts = to_wall_time(request.starts_at, zone, "starts_at")
    return AppointmentFinder(request, starts, to_wall_time(request.ends_at, zone, "ends_at"), LIST_APPOINTMENTS, zone)


def _clear(midnight: datetime, zone: ZoneInfo) -> datetime:
    """Midnight, or some hours before where the clock is set at midnight: the portal must understand it."""
    try:
        to_wall_time(midnight, zone, "start_at")
    except ValueError:
        return (midnight.astimezone(UTC) - timedelta(hours=3)).astimezone(zone)
    return midnight


def _spans(days: Sequence[date]) -> list[tuple[date, int]]:
    """Days in a row, or nearly so, as first day and number of days."""
    spans: list[tuple[date, date]] = []
    for day in days:
        if spans and (day - spans[-1][1]).days <= GAP and (day - spans[-1][0]).days < LONGEST_SPAN:
            spans[-1] = (spans[-1][0], day)
        else:
            spans.append((day, day))
    return [(first, (last - first).days + 1) for first, last in spans]
