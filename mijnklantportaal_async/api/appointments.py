"""The Appointments API.

Source: https://docs.developers.mijnklantportaal.nl/api-reference/appointments-api
"""

from __future__ import annotations

import inspect
import logging
import warnings
from collections.abc import AsyncIterable, Coroutine, Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any, get_overloads, overload

import attrs

from mijnklantportaal_async import errors, models
from mijnklantportaal_async.api.appointment_finder import AppointmentFinder
from mijnklantportaal_async.calling.attempt import settled_in
from mijnklantportaal_async.calling.body import Body
from mijnklantportaal_async.calling.operations import Operations, done_if
from mijnklantportaal_async.calling.rate_limit import Priority
from mijnklantportaal_async.calling.record import CallRecord
from mijnklantportaal_async.calling.wire import Request, creating, reading, removing, setting
from mijnklantportaal_async.texts.words import words
from mijnklantportaal_async.values.local_time import is_same_instant, to_wall_time, wall_time
from mijnklantportaal_async.values.serde import reader_of, write
from mijnklantportaal_async.values.unset import UNSET, UnsetType

if TYPE_CHECKING:
    from mijnklantportaal_async.calling.many import Run

logger = logging.getLogger("mijnklantportaal_async")

READ, WRITE = "appointments.read", "appointments.write"

LIST_APPOINTMENTS = reading("list_appointments", "/appointments", scope=READ)
SCHEDULE_APPOINTMENT = creating(
    "schedule_appointment",
    "/appointments",
    scope=WRITE,
    check_by_hand=words(
        "Look in the portal's calendar, or with list_appointments, for the same start, end and person."
    ),
    success=frozenset({201}),
)
GET_APPOINTMENT = reading("get_appointment", "/appointments/{appointment_id}", scope=READ)
CHANGE_APPOINTMENT_STATUS = setting(
    "change_appointment_status", "/appointments/{appointment_id}", scope=WRITE, done=frozenset({409, 422})
)
CANCEL_APPOINTMENT = removing(
    "cancel_appointment", "/appointments/{appointment_id}", scope=WRITE, done=frozenset({404, 409})
)

BATCH_QUEUE = 3600.0
"""Seconds that a call of a batch waits for the rate limit at the least: waiting is what batches do."""

BATCH_CALL = 600.0
"""Seconds that a call of a batch may take at the least: nobody waits for it, and a clear outcome is worth the time."""


class Appointments(Operations):
    """The coroutines of the Appointments API."""

    @overload
    async def schedule_appointment(self, new: models.NewAppointment) -> models.Appointment: ...

    @overload
    async def schedule_appointment(
        self,
        *,
        name: str,
        starts_at: datetime,
        ends_at: datetime,
        customer_id: str | None = None,
        attendee_name: str | None = None,
        attendee_email: str | None = None,
    ) -> models.Appointment: ...

    async def schedule_appointment(
        self,
        new: models.NewAppointment | None = None,
        *,
        name: str | UnsetType = UNSET,
        starts_at: datetime | UnsetType = UNSET,
        ends_at: datetime | UnsetType = UNSET,
        customer_id: str | None = None,
        attendee_name: str | None = None,
        attendee_email: str | None = None,
    ) -> models.Appointment:
        """Puts an appointment into the calendar, exactly once.

        After a lost answer it looks in the calendar before it sends again, and sends again only when it is certain that
        the appointment is not there. That holds as long as the service commits within `ReconcilePolicy.settle`, and
        shows what it has committed.

        Args:
            new: The whole appointment, instead of its fields.
            name: Title in the calendar, at most 255 characters.
            starts_at: Aware datetime in any zone, on a whole minute. Sent as wall time of the portal's zone.
            ends_at: As `starts_at`, and later.
            customer_id: The customer it is with, `cst_...`.
            attendee_name: Who it is with, when that is no customer of the portal.
            attendee_email: Their address; needed with `attendee_name` when no `customer_id` is given.

        Returns:
            The appointment as the portal has it. Its title is not part of the answer.

        Warns:
            PortalTimeWarning: The answer names another moment than the one asked for.

        Source: https://docs.developers.mijnklantportaal.nl/api-reference/appointments-api/schedule-appointment
        """
        fields: dict[str, Any] = {"name": name, "starts_at": starts_at, "ends_at": ends_at}
        if new is None:
            if missing := [field for field, value in fields.items() if value is UNSET]:
                raise TypeError(f"schedule_appointment() needs {' and '.join(missing)}, or one NewAppointment")
            fields |= {"customer_id": customer_id, "attendee_name": attendee_name, "attendee_email": attendee_email}
            new = models.NewAppointment(**fields)
        elif customer_id or attendee_name or attendee_email or any(value is not UNSET for value in fields.values()):
            raise TypeError("schedule_appointment() takes one NewAppointment or its fields, not both")
        appointment = await put_into_calendar(self, new)
        _warn_of_other_time(new, appointment, self._zone.key)
        return appointment

    def schedule_appointments(
        self,
        requests: Iterable[models.NewAppointment] | AsyncIterable[models.NewAppointment],
        *,
        concurrency: int = 32,
    ) -> Run[models.NewAppointment, models.Scheduled]:
        """Puts many appointments into the calendar, each exactly once, at the key's own pace.

        They go with background priority: a call that a person waits for overtakes them. The source is read no further
        ahead than `concurrency`.

        Args:
            requests: What to schedule; an iterable or async iterable, without end if you like.
            concurrency: How many are under way, or ended and not yet taken, at once; at least 1.

        Returns:
            An async iterator of one result for each request, in the order in which they end: `Scheduled`,
            `Rejected`, `Unknown` or `NotStarted`. An error of the source itself is raised after the results of what
            was read before it.

        Source: https://docs.developers.mijnklantportaal.nl/api-reference/appointments-api/schedule-appointment
        """
        # Who makes single calls loads nothing of it.
        from mijnklantportaal_async.calling.many import Run

        timeouts = self._options.timeouts
        queue = None if timeouts.queue is None else max(timeouts.queue, BATCH_QUEUE)
        call = None if timeouts.call is None else max(timeouts.call, BATCH_CALL)
        options = self._options._replace(
            priority=Priority.BACKGROUND, timeouts=attrs.evolve(timeouts, queue=queue, call=call)
        )
        view = Appointments(caller=self._caller, options=options, zone=self._zone)
        clock = self._caller.sender.clock
        run = Run(
            requests,
            view._schedule_one,
            concurrency=concurrency,
            unknown=_cut_off,
            settled_in=lambda record: settled_in(options, record, clock.monotonic()),
        )
        self._runs.add(run)
        return run

    async def list_appointments(
        self, *, start_at: datetime | None = None, days: int | None = None
    ) -> list[models.Appointment]:
        """The appointments of a span of days.

        Args:
            start_at: Beginning of the span, aware, on a whole minute; now when left out.
            days: Its length, at least 1; 7 when left out.

        Returns:
            The appointments. Whether canceled ones are among them is not documented.

        Raises:
            DecodeError: Some could not be understood; the others are in its `records`.

        Source: https://docs.developers.mijnklantportaal.nl/api-reference/appointments-api/list-appointments
        """
        if days is not None and (isinstance(days, bool) or not isinstance(days, int)):
            raise TypeError(f"days must be an int, not {type(days).__name__}: {days!r}")
        if days is not None and days < 1:
            raise ValueError(f"days={days} must be 1 or more")
        wall = None if start_at is None else to_wall_time(start_at, self._zone, "start_at")
        return await self._list_whole(
            LIST_APPOINTMENTS.request(query={"start_at": wall, "days": days}), models.Appointment
        )

    async def get_appointment(self, appointment_id: str) -> models.Appointment:
        """One appointment.

        Args:
            appointment_id: `apt_...`.

        Source: https://docs.developers.mijnklantportaal.nl/api-reference/appointments-api/get-appointment
        """
        return await self._ask(GET_APPOINTMENT, models.Appointment, appointment_id=appointment_id)

    async def change_appointment_status(
        self, appointment_id: str, *, status: models.AppointmentStatus | str
    ) -> models.Appointment:
        """Confirms a pending appointment (`scheduled`), or cancels one (`canceled`). Nothing else can be changed.

        Args:
            appointment_id: `apt_...`.
            status: The wanted status.

        Raises:
            ConflictError: 409; its state forbids it.

        Source: https://docs.developers.mijnklantportaal.nl/api-reference/appointments-api/change-appointment-status
        """
        if not isinstance(status, str):
            raise TypeError(f"status must be a str, not {type(status).__name__}: {status!r}")
        wanted = models.AppointmentStatus(status)
        if wanted not in {models.AppointmentStatus.SCHEDULED, models.AppointmentStatus.CANCELED}:
            raise ValueError(f"status={wanted.value!r} cannot be set; give 'scheduled' or 'canceled'")
        return await self._ask(
            CHANGE_APPOINTMENT_STATUS,
            models.Appointment,
            Body().text(status=wanted.value),
            when_done=done_if(lambda item: item.status == wanted, lambda: self.get_appointment(appointment_id)),
            appointment_id=appointment_id,
        )

    async def cancel_appointment(self, appointment_id: str) -> models.Appointment:
        """Cancels an appointment. Its record stays.

        If the answer to a first try was lost and a second try is refused, the record tells: one that is canceled is a
        success.

        Args:
            appointment_id: `apt_...`.

        Raises:
            ConflictError: 409; it was canceled before, or cannot be canceled any more.

        Source: https://docs.developers.mijnklantportaal.nl/api-reference/appointments-api/cancel-appointment
        """
        return await self._ask(
            CANCEL_APPOINTMENT,
            models.Appointment,
            when_done=done_if(_is_canceled, lambda: self.get_appointment(appointment_id)),
            appointment_id=appointment_id,
        )

    async def _schedule_one(self, index: int, new: models.NewAppointment, record: CallRecord) -> models.Scheduled:
        appointment = await put_into_calendar(self, new)
        try:
            _warn_of_other_time(new, appointment, self._zone.key)
        except errors.PortalTimeWarning as warning:
            # A program that turns warnings into errors; the appointment is in the calendar all the same.
            logger.warning("%s", warning)
        return models.Scheduled(index=index, request=new, appointment=appointment, attempts=record.attempts)


# Whoever reads the signature, such as the command, finds the fields that the reference names.
Appointments.schedule_appointment.__signature__ = inspect.signature(  # type: ignore[attr-defined]
    get_overloads(Appointments.schedule_appointment)[-1]
)


def put_into_calendar(portal: Appointments, new: models.NewAppointment) -> Coroutine[Any, Any, models.Appointment]:
    """As `schedule_appointment`, but leaves it to the caller to compare the moments that the portal answers.

    Raises:
        TypeError: `new` is no `NewAppointment`.
        ValueError: A moment has no clear wall time in the portal's zone.
        MijnKlantportaalError: As `schedule_appointment` documents.
    """
    if not isinstance(new, models.NewAppointment):
        raise TypeError(f"give NewAppointment objects, not {type(new).__name__}")
    zone = portal._zone  # pyright: ignore[reportPrivateUsage] - a coroutine of the class, written beside it
    starts, ends = wall_time(new.starts_at, zone, "starts_at"), wall_time(new.ends_at, zone, "ends_at")
    request = Request(SCHEDULE_APPOINTMENT, SCHEDULE_APPOINTMENT.path, write(new.to_json(starts, ends)))
    finder = AppointmentFinder(new, starts, ends, LIST_APPOINTMENTS, zone)
    return portal._call(request, reader_of(models.Appointment), finder=finder)  # pyright: ignore[reportPrivateUsage]


def _is_canceled(appointment: models.Appointment) -> bool:
    return appointment.status == models.AppointmentStatus.CANCELED


def _warn_of_other_time(new: models.NewAppointment, appointment: models.Appointment, zone: str) -> None:
    if is_same_instant(new.starts_at, appointment.starts_at) and is_same_instant(new.ends_at, appointment.ends_at):
        return
    for field, asked, answered in (
        ("starts_at", new.starts_at, appointment.starts_at),
        ("ends_at", new.ends_at, appointment.ends_at),
    ):
        if not is_same_instant(asked, answered):
            message = words(
                "{id} is in the calendar, but the portal answers {field}={answered} where {asked} was asked for, sent "
                "as wall time of {zone}. Check the appointment in the portal, and whether timezone= names the portal's "
                "own zone",
                id=appointment.id,
                field=field,
                answered=answered.isoformat(),
                asked=asked.isoformat(),
                zone=zone,
            )
            warnings.warn(errors.PortalTimeWarning(message), stacklevel=3)


def _cut_off(new: models.NewAppointment) -> errors.OutcomeUnknownError:
    operation = SCHEDULE_APPOINTMENT
    return errors.OutcomeUnknownError(
        words("The run was stopped while the request was under way"),
        how_to_check=operation.how_to_check,
        operation=operation.name,
        method=operation.method,
        path=operation.path,
    )
