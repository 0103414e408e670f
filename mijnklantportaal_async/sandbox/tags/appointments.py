"""The Appointments API: a calendar, listed by days; the record of a canceled appointment stays."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from mijnklantportaal_async.sandbox.answers import Answer, refuse, refuse_fields
from mijnklantportaal_async.sandbox.field_rules import display_name, note, required
from mijnklantportaal_async.sandbox.manners import LAG_SECONDS, Manner
from mijnklantportaal_async.sandbox.tag import Call, Tag
from mijnklantportaal_async.sandbox.wall_time import atom, moment, read_wall_time, timestamp_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from zoneinfo import ZoneInfo

    from mijnklantportaal_async.sandbox.contract import ContractOperation
    from mijnklantportaal_async.sandbox.documents import Document
    from mijnklantportaal_async.sandbox.field_rules import FieldErrors

CALENDAR = "/appointments"
MOST_DAYS = 366
_DAYS = re.compile(r"[+-]?[0-9]{1,18}")


class Appointments(Tag):
    """The appointments of one portal."""

    name = "Appointments"
    scopes = ("appointments.read", "appointments.write")
    created = "appointment-created"
    hidden = frozenset({"title", "begins", "ends"})

    def list_appointments(self, call: Call) -> Answer:
        """Those that start within a window of days."""
        begins, ends = self._window(call)
        listed: list[Document | None] = [
            self.shown(item, call.operation)
            for item in self.documents.between(CALENDAR, begins, ends)
            if self._is_listed(item, call.now)
        ]
        listed += self.premises.manners.strangers(lambda: self._example(begins, call))
        if self.premises.manners.have(Manner.APPOINTMENTS_IN_PAGES):
            return self.page_with(call, lambda skip, most: listed[skip : skip + most])
        return Answer(200, {"data": listed})

    def schedule_appointment(self, call: Call) -> Document:
        """Puts an appointment into the calendar."""
        fields = call.fields(self._judge)
        begins, ends = (self._timestamp(fields[name]) for name in ("startsAt", "endsAt"))
        assert begins is not None, "judged before"  # noqa: S101
        assert ends is not None, "judged before"  # noqa: S101
        manners = self.premises.manners
        times = when(*manners.minutes(begins, ends), self.premises.zone)
        attendee = self._attendee(fields) if manners.have(Manner.CUSTOMERS_FILLED_IN) else {}
        return self.create(
            call, {**fields, **attendee}, **times, title=manners.text(fields["name"]), status="scheduled"
        )

    def change_appointment_status(self, call: Call) -> Document:
        """Confirms or cancels."""
        appointment = self.existing(call)
        wanted = call.fields(needed=("status",))["status"]
        if appointment["status"] == "canceled" and wanted != "canceled":
            raise refuse(422, "A canceled appointment cannot be scheduled again.")
        return self.change(appointment, status=wanted)

    def cancel_appointment(self, call: Call) -> Document:
        """Cancels what is not canceled yet."""
        appointment = self.existing(call)
        if appointment["status"] == "canceled":
            raise refuse(409, "The appointment is already canceled.")
        return self.change(appointment, status="canceled")

    def completed(self, document: Document) -> Document:
        """With a title, and when it is as the calendar looks it up."""
        begins, ends = (int(datetime.fromisoformat(document[name]).timestamp()) for name in ("startsAt", "endsAt"))
        return {"title": "Appointment", **document, **when(begins, ends, self.premises.zone)}

    def events(self, before: Document, after: Document) -> Iterator[str]:
        """Canceling is one."""
        if after["status"] == "canceled" != before["status"]:
            yield "appointment-canceled"

    def shown(self, document: Document, operation: ContractOperation) -> Document:
        """With a name and an address, which the contract has no null for: always the same ones for a customer."""
        short = (document["customerId"] or "visitor").removeprefix("cst_")
        name = f"Customer {short}" if document["customerId"] else "Visitor"
        whom = {
            "attendeeName": document["attendeeName"] or name,
            "attendeeEmail": document["attendeeEmail"] or f"{short}@customers.example",
        }
        return super().shown({**document, **whom}, operation)

    def _attendee(self, fields: Document) -> Document:
        """Return the attendee that a customer is, if there is such a customer."""
        customer = self.documents.get(fields.get("customerId", ""), "/customers")
        if customer is None:
            return {}
        return {"attendeeName": customer["companyName"], "attendeeEmail": customer["primaryEmail"]}

    def _is_listed(self, appointment: Document, now: datetime) -> bool:
        manners = self.premises.manners
        if appointment["status"] == "canceled" and manners.have(Manner.CANCELED_NOT_LISTED):
            return False
        age = now - datetime.fromisoformat(appointment["createdAt"])
        return age >= timedelta(seconds=LAG_SECONDS) or not manners.have(Manner.LAGGING_REPLICAS)

    def _example(self, begins: int, call: Call) -> Document:
        """Return an appointment that stands nowhere, of the first hour of a list."""
        times = when(begins, begins + 3600, self.premises.zone)
        example = {**dict.fromkeys(call.operation.answer.properties), **times, "id": "", "status": "scheduled"}
        return self.shown({**example, "createdAt": times["startsAt"]}, call.operation)

    def _judge(self, fields: Document, errors: FieldErrors) -> None:
        for name in ("attendeeName", "attendeeEmail"):
            if "customerId" not in fields and name not in fields:
                note(errors, name, required(name, " when customer id is not present"))
        begins, ends = (self._timestamp(fields.get(name)) for name in ("startsAt", "endsAt"))
        for name, time in (("startsAt", begins), ("endsAt", ends)):
            if time is None and isinstance(fields.get(name), str):
                note(errors, name, f"The {display_name(name)} field must match the format Y-m-d H:i.")
        if begins is not None and ends is not None and ends <= begins:
            note(errors, "endsAt", "The ends at field must be a date after starts at.")

    def _timestamp(self, text: object) -> int | None:
        wall = read_wall_time(text, seconds_allowed=True) if isinstance(text, str) else None
        try:
            time = None if wall is None else timestamp_of(wall, self.premises.zone)
            # The first hours of the year 1 have a wall time, but no UTC.
            return time if time is not None and moment(time, self.premises.zone) else None
        except (OverflowError, ValueError):
            return None

    def _window(self, call: Call) -> tuple[int, int]:
        errors: dict[str, list[str]] = {}
        text, days_text, zone = call.query.get("start_at"), call.query.get("days") or "7", self.premises.zone
        wall = read_wall_time(text, seconds_allowed=False) if text else call.now.replace(tzinfo=None)
        if wall is None:
            errors["start_at"] = ["The start at field must match the format Y-m-d H:i."]
        days = int(days_text) if _DAYS.fullmatch(days_text) else None
        if days is None:
            errors["days"] = ["The days field must be an integer."]
        elif not 1 <= days <= MOST_DAYS:
            errors["days"] = [f"The days field must be between 1 and {MOST_DAYS}."]
        if wall is None or days is None or errors:
            raise refuse_fields(errors)
        try:
            begins = timestamp_of(wall, zone)
            if self.premises.manners.have(Manner.DAYS_OF_24_HOURS):
                return begins, begins + days * 24 * 3600
            # Days are counted on the wall: the day on which the clock changes has 23 or 25 hours.
            return begins, timestamp_of(wall + timedelta(days=days), zone)
        except OverflowError:
            raise refuse_fields({"start_at": ["The start at field is out of range."]}) from None


def when(begins: int, ends: int, zone: ZoneInfo) -> Document:
    """Return the fields of an appointment that say when it is."""
    times = {"startsAt": atom(moment(begins, zone)), "endsAt": atom(moment(ends, zone))}
    return {**times, "begins": begins, "ends": ends}
