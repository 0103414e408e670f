"""The Appointments API.

Source: https://docs.developers.mijnklantportaal.nl/api-reference/appointments-api
"""

import warnings
from collections.abc import AsyncIterable, Iterable
from datetime import datetime
from functools import partial

import attrs

from mijnklantportaal_async import errors
from mijnklantportaal_async.api.appointment_models import Appointment, AppointmentStatus, NewAppointment, Scheduled
from mijnklantportaal_async.api.appointment_search import AppointmentFinder, list_query
from mijnklantportaal_async.calling.many import Run
from mijnklantportaal_async.calling.operations import Operations
from mijnklantportaal_async.calling.rate_limit import Priority
from mijnklantportaal_async.calling.record import CallRecord
from mijnklantportaal_async.calling.wire import Effect, Operation, Request, path_with, with_query
from mijnklantportaal_async.values.local_time import is_same_instant, to_wall_time
from mijnklantportaal_async.values.serde import read, read_list, write

SCHEDULE_APPOINTMENT = Operation(
    name="schedule_appointment",
    method="POST",
    path="/appointments",
    effect=Effect.CREATE,
    scope="appointments.write",
    source="api-reference/appointments-api/schedule-appointment",
    how_to_check="Look in the portal's calendar, or with list_appointments, for the same start, end and person.",
)
LIST_APPOINTMENTS = Operation(
    name="list_appointments",
    method="GET",
    path="/appointments",
    effect=Effect.READ,
    scope="appointments.read",
    source="api-reference/appointments-api/list-appointments",
)
GET_APPOINTMENT = Operation(
    name="get_appointment",
    method="GET",
    path="/appointments/{appointment_id}",
    effect=Effect.READ,
    scope="appointments.read",
    source="api-reference/appointments-api/get-appointment",
)
CHANGE_APPOINTMENT_STATUS = Operation(
    name="change_appointment_status",
    method="PATCH",
    path="/appointments/{appointment_id}",
    effect=Effect.SET,
    scope="appointments.write",
    source="api-reference/appointments-api/change-appointment-status",
    done_statuses=frozenset({409, 422}),
)
CANCEL_APPOINTMENT = Operation(
    name="cancel_appointment",
    method="DELETE",
    path="/appointments/{appointment_id}",
    effect=Effect.REMOVE,
    scope="appointments.write",
    source="api-reference/appointments-api/cancel-appointment",
    done_statuses=frozenset({404, 409}),
)

BATCH_QUEUE = 3600.0
"""Seconds that a call of a batch waits for the rate limit at the least: waiting is what batches do."""

BATCH_CALL = 600.0
"""Seconds that a call of a batch may take at the least: nobody waits for it, and a clear outcome is worth the time."""

_read_appointment = partial(read, kind=Appointment)
_read_appointments = partial(read_list, kind=Appointment)


class Appointments(Operations):
    """The coroutines of the Appointments API."""

    async def schedule_appointment(
        self,
        *,
        name: str,
        starts_at: datetime,
        ends_at: datetime,
        customer_id: str | None = None,
        attendee_name: str | None = None,
        attendee_email: str | None = None,
    ) -> Appointment:
        """Puts one appointment into the portal's calendar, exactly once.

        After a lost answer it looks in the calendar before it sends again. That holds as long as the service commits
        within `ReconcilePolicy.settle`.

        Args:
            name: Title in the calendar, at most 255 characters.
            starts_at: Aware datetime in any zone, on a whole minute. Sent as wall time of the portal's zone.
            ends_at: As `starts_at`, and later.
            customer_id: The customer it is with, `cst_...`.
            attendee_name: Who it is with, when that is no customer of the portal.
            attendee_email: Their address; needed with `attendee_name` when no `customer_id` is given.

        Returns:
            The appointment as the portal has it. Its title is not part of the answer.

        Raises:
            TypeError: An argument is of another type. Nothing was sent, as with every ValueError.
            ValueError: An argument cannot be right: a naive datetime, a wall time that does not exist or comes twice,
                no customer and no attendee, control characters, an e-mail address without `@`.
            ValidationError: 422; the portal does not accept it.
            OutcomeUnknownError: It may be in the calendar or not, and looking did not settle it.
            DecodeError: It is in the calendar; the answer could not be understood.
            AuthenticationError: 401; the key is wrong.
            PermissionDeniedError: 403; the key lacks `appointments.write`, probably.
            RateLimitError: No call was free within `Timeouts.queue`. Nothing was made.
            ConnectError: No connection. Nothing was made.
            CallTimeoutError: Too slow to be sent. Nothing was made.
            APIStatusError: Any other refusal.
            RuntimeError: The session is closed, or belongs to another event loop.

        Warns:
            PortalTimeWarning: The answer names another moment than the one asked for.

        Source: https://docs.developers.mijnklantportaal.nl/api-reference/appointments-api/schedule-appointment
        """
        return await self._schedule(
            NewAppointment(
                name=name,
                starts_at=starts_at,
                ends_at=ends_at,
                customer_id=customer_id,
                attendee_name=attendee_name,
                attendee_email=attendee_email,
            )
        )

    def schedule_appointments(
        self, requests: Iterable[NewAppointment] | AsyncIterable[NewAppointment], *, concurrency: int = 32
    ) -> Run[NewAppointment, Scheduled]:
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

        Raises:
            ValueError: `concurrency` is below 1.

        Source: https://docs.developers.mijnklantportaal.nl/api-reference/appointments-api/schedule-appointment
        """
        timeouts = self._options.timeouts
        queue = None if timeouts.queue is None else max(timeouts.queue, BATCH_QUEUE)
        call = None if timeouts.call is None else max(timeouts.call, BATCH_CALL)
        options = self._options._replace(
            priority=Priority.BACKGROUND, timeouts=attrs.evolve(timeouts, queue=queue, call=call)
        )
        view = Appointments(caller=self._caller, options=options, zone=self._zone)
        run = Run(requests, view._schedule_one, concurrency=concurrency, unknown=_cut_off)
        self._runs.add(run)
        return run

    async def list_appointments(
        self, *, start_at: datetime | None = None, days: int | None = None
    ) -> list[Appointment]:
        """The appointments of a span of days. Changes nothing.

        Args:
            start_at: Beginning of the span, aware, on a whole minute; now when left out.
            days: Its length, at least 1; 7 when left out.

        Returns:
            The appointments. Whether canceled ones are among them is not documented.

        Raises:
            TypeError: An argument is of another type.
            ValueError: `start_at` is naive or names no clear wall time, or `days` is below 1.
            ValidationError: 422; the portal does not accept it.
            DecodeError: The answer could not be understood.
            AuthenticationError: 401; the key is wrong.
            PermissionDeniedError: 403; the key lacks `appointments.read`, probably.
            RateLimitError: No call was free within `Timeouts.queue`.
            TransportError: No answer came.
            APIStatusError: Any other refusal.

        Source: https://docs.developers.mijnklantportaal.nl/api-reference/appointments-api/list-appointments
        """
        query = list_query(None if start_at is None else to_wall_time(start_at, self._zone, "start_at"), days)
        request = Request(LIST_APPOINTMENTS, with_query(LIST_APPOINTMENTS.path, query))
        return await self._call(request, _read_appointments)

    async def get_appointment(self, appointment_id: str) -> Appointment:
        """One appointment. Changes nothing.

        Args:
            appointment_id: `apt_...`.

        Returns:
            The appointment.

        Raises:
            TypeError: The id is not a `str`.
            ValueError: The id is empty, or holds white space or control characters.
            NotFoundError: 404; no appointment has that id.
            DecodeError: The answer could not be understood.
            AuthenticationError: 401; the key is wrong.
            PermissionDeniedError: 403; the key lacks `appointments.read`, probably.
            RateLimitError: No call was free within `Timeouts.queue`.
            TransportError: No answer came.
            APIStatusError: Any other refusal.

        Source: https://docs.developers.mijnklantportaal.nl/api-reference/appointments-api/get-appointment
        """
        path = path_with(GET_APPOINTMENT, appointment_id=appointment_id)
        return await self._call(Request(GET_APPOINTMENT, path), _read_appointment)

    async def change_appointment_status(self, appointment_id: str, *, status: AppointmentStatus | str) -> Appointment:
        """Confirms a pending appointment (`scheduled`), or cancels one (`canceled`). Nothing else can be changed.

        Args:
            appointment_id: `apt_...`.
            status: The wanted status.

        Returns:
            The appointment after the change.

        Raises:
            TypeError: An argument is not a `str`.
            ValueError: The id or the status cannot be right.
            NotFoundError: 404; no appointment has that id.
            ValidationError: 422; the portal does not accept it.
            ConflictError: 409; its state forbids it.
            DecodeError: It was changed; the answer could not be understood.
            AuthenticationError: 401; the key is wrong.
            PermissionDeniedError: 403; the key lacks `appointments.write`, probably.
            RateLimitError: No call was free within `Timeouts.queue`. Nothing was changed.
            TransportError: No answer came; `outcome` says whether it may have been changed. Calling again is safe.
            APIStatusError: Any other refusal.

        Source: https://docs.developers.mijnklantportaal.nl/api-reference/appointments-api/change-appointment-status
        """
        wanted = AppointmentStatus(status)
        if wanted not in {AppointmentStatus.SCHEDULED, AppointmentStatus.CANCELED}:
            raise ValueError(f"status={wanted.value!r} cannot be set; give 'scheduled' or 'canceled'")
        path = path_with(CHANGE_APPOINTMENT_STATUS, appointment_id=appointment_id)
        request = Request(CHANGE_APPOINTMENT_STATUS, path, write({"status": wanted.value}))

        async def when_done(error: errors.APIStatusError) -> Appointment:
            appointment = await self.get_appointment(appointment_id)
            if appointment.status != wanted:
                raise error
            return appointment

        return await self._call(request, _read_appointment, when_done=when_done)

    async def cancel_appointment(self, appointment_id: str) -> Appointment:
        """Cancels an appointment. Its record stays.

        If the answer to a first try was lost and a second try is told that it was canceled before, that is a success.

        Args:
            appointment_id: `apt_...`.

        Returns:
            The canceled appointment.

        Raises:
            TypeError: The id is not a `str`.
            ValueError: The id is empty, or holds white space or control characters.
            NotFoundError: 404; no appointment has that id.
            ConflictError: 409; it was canceled before.
            DecodeError: It was canceled; the answer could not be understood.
            AuthenticationError: 401; the key is wrong.
            PermissionDeniedError: 403; the key lacks `appointments.write`, probably.
            RateLimitError: No call was free within `Timeouts.queue`. Nothing was canceled.
            TransportError: No answer came; `outcome` says whether it may have been canceled. Calling again is safe.
            APIStatusError: Any other refusal.

        Source: https://docs.developers.mijnklantportaal.nl/api-reference/appointments-api/cancel-appointment
        """
        path = path_with(CANCEL_APPOINTMENT, appointment_id=appointment_id)

        async def when_done(error: errors.APIStatusError) -> Appointment:
            try:
                return await self.get_appointment(appointment_id)
            except errors.NotFoundError:
                # The documentation says that the record stays; should it be gone all the same, it is canceled too.
                error.outcome = errors.Outcome.APPLIED
                raise error from None

        return await self._call(Request(CANCEL_APPOINTMENT, path), _read_appointment, when_done=when_done)

    async def _schedule_one(self, index: int, new: NewAppointment, record: CallRecord) -> Scheduled:
        appointment = await self._schedule(new)
        return Scheduled(index=index, request=new, appointment=appointment, attempts=record.attempts)

    async def _schedule(self, new: NewAppointment) -> Appointment:
        appointment = await put_into_calendar(self, new)
        _warn_of_other_time(new, appointment, self._zone.key)
        return appointment


async def put_into_calendar(portal: Appointments, new: NewAppointment) -> Appointment:
    """As `schedule_appointment`, but leaves it to the caller to compare the moments that the portal answers.

    Raises:
        TypeError: `new` is no `NewAppointment`.
        ValueError: A moment has no clear wall time in the portal's zone.
        MijnKlantportaalError: As `schedule_appointment` documents.
    """
    if not isinstance(new, NewAppointment):
        raise TypeError(f"give NewAppointment objects, not {type(new).__name__}")
    zone = portal._zone  # pyright: ignore[reportPrivateUsage] - a coroutine of the class, written beside it
    starts, ends = to_wall_time(new.starts_at, zone, "starts_at"), to_wall_time(new.ends_at, zone, "ends_at")
    request = Request(SCHEDULE_APPOINTMENT, SCHEDULE_APPOINTMENT.path, write(new.to_json(starts, ends)))
    finder = AppointmentFinder(new, starts, ends, LIST_APPOINTMENTS)
    return await portal._call(request, _read_appointment, finder=finder)  # pyright: ignore[reportPrivateUsage]


def _warn_of_other_time(new: NewAppointment, appointment: Appointment, zone: str) -> None:
    for field, asked, answered in (
        ("starts_at", new.starts_at, appointment.starts_at),
        ("ends_at", new.ends_at, appointment.ends_at),
    ):
        if not is_same_instant(asked, answered):
            message = (
                f"{appointment.id} is in the calendar, but the portal answers {field}={answered.isoformat()} where "
                f"{asked.isoformat()} was asked for, sent as wall time of {zone}. Check the appointment in the portal, "
                "and whether timezone= names the portal's own zone"
            )
            warnings.warn(errors.PortalTimeWarning(message), stacklevel=4)


def _cut_off(new: NewAppointment) -> errors.OutcomeUnknownError:
    operation = SCHEDULE_APPOINTMENT
    return errors.OutcomeUnknownError(
        "The run was stopped while the request was under way",
        how_to_check=operation.how_to_check,
        operation=operation.name,
        method=operation.method,
        path=operation.path,
    )
