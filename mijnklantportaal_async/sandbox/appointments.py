"""The operations of the Appointments API."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from mijnklantportaal_async.sandbox.answers import Answer, JsonObject, refuse
from mijnklantportaal_async.sandbox.appointment_rules import (
    read_list_window,
    read_new_appointment,
    read_wanted_status,
    status_after,
)
from mijnklantportaal_async.sandbox.operations import OperationCall, PlayedOperation
from mijnklantportaal_async.sandbox.wall_time import atom, moment

if TYPE_CHECKING:
    from collections.abc import Mapping
    from zoneinfo import ZoneInfo

    from mijnklantportaal_async.sandbox.appointment_store import AppointmentStore
    from mijnklantportaal_async.sandbox.records import StoredAppointment

READ, WRITE = "appointments.read", "appointments.write"


@attrs.frozen
class AppointmentOperations:
    """Plays the Appointments API on a store."""

    store: AppointmentStore
    zone: ZoneInfo
    list_canceled: bool

    def by_operation_id(self) -> Mapping[str, PlayedOperation]:
        """Return what is played, by the contract's operation id."""
        return {
            "list-appointments": PlayedOperation(READ, self.list_appointments),
            "schedule-appointment": PlayedOperation(WRITE, self.schedule_appointment),
            "get-appointment": PlayedOperation(READ, self.get_appointment),
            "change-appointment-status": PlayedOperation(WRITE, self.change_appointment_status),
            "cancel-appointment": PlayedOperation(WRITE, self.cancel_appointment),
        }

    def list_appointments(self, call: OperationCall) -> Answer:
        """Answer the appointments that start within a window of days."""
        window = read_list_window(call.query, moment(call.now, self.zone), self.zone)
        found = self.store.between(*window)
        return Answer(
            200,
            {
                "data": [
                    appointment_document(appointment)
                    for appointment in found
                    if self.list_canceled or appointment.status != "canceled"
                ]
            },
        )

    def schedule_appointment(self, call: OperationCall) -> Answer:
        """Put an appointment into the calendar."""
        new = read_new_appointment(call.body, call.content_type, call.body_validator(), self.zone)
        stored = self.store.add(**attrs.asdict(new), status="scheduled", created_at=int(call.now))
        return Answer(201, appointment_document(stored))

    def get_appointment(self, call: OperationCall) -> Answer:
        """Answer one appointment."""
        return Answer(200, appointment_document(self._existing(call)))

    def change_appointment_status(self, call: OperationCall) -> Answer:
        """Confirm or cancel an appointment."""
        current = self._existing(call)
        wanted = read_wanted_status(call.body, call.content_type, call.body_validator())
        return self._with_status(current, status_after(current.status, wanted))

    def cancel_appointment(self, call: OperationCall) -> Answer:
        """Cancel an appointment that is not canceled yet."""
        current = self._existing(call)
        if current.status == "canceled":
            raise refuse(409, "The appointment is already canceled.")
        return self._with_status(current, "canceled")

    def _existing(self, call: OperationCall) -> StoredAppointment:
        appointment = self.store.get(call.parameters["appointmentId"])
        if appointment is None:
            raise refuse(404, "No appointment has this ID.")
        return appointment

    def _with_status(self, appointment: StoredAppointment, status: str) -> Answer:
        if appointment.status != status:
            self.store.set_status(appointment.id, status)
        return Answer(200, appointment_document(attrs.evolve(appointment, status=status)))


def appointment_document(appointment: StoredAppointment) -> JsonObject:
    """Return an appointment with exactly the fields of the contract."""
    attendee_name, attendee_email = attendee_of(appointment)
    return {
        "id": appointment.id,
        "customerId": appointment.customer_id,
        "attendeeName": attendee_name,
        "attendeeEmail": attendee_email,
        "startsAt": atom(appointment.starts_at),
        "endsAt": atom(appointment.ends_at),
        "status": appointment.status,
        "onlineMeetingLink": appointment.online_meeting_link,
        "createdAt": atom(appointment.created_at),
    }


def attendee_of(appointment: StoredAppointment) -> tuple[str, str]:
    """Return whom an appointment is with: the contract has no null here.

    An appointment may name any customer, there or not, so a name and an address are made up that are always the same
    for one id.
    """
    short = (appointment.customer_id or "visitor").removeprefix("cst_")
    name = f"Customer {short}" if appointment.customer_id else "Visitor"
    return appointment.attendee_name or name, appointment.attendee_email or f"{short}@customers.example"
