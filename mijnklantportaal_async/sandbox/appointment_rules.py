"""What the portal accepts for an appointment."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import attrs

from mijnklantportaal_async.sandbox.answers import refuse, refuse_fields
from mijnklantportaal_async.sandbox.field_rules import (
    FieldErrors,
    check,
    check_email,
    check_lengths,
    display_name,
    errors_by_contract,
    read_json_object,
    required,
    tidy,
)
from mijnklantportaal_async.sandbox.wall_time import moment, read_wall_time, timestamp_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from zoneinfo import ZoneInfo

    from jsonschema import Draft202012Validator

_FIELDS = ("name", "startsAt", "endsAt", "customerId", "attendeeName", "attendeeEmail")
_DAYS = re.compile(r"[+-]?[0-9]{1,18}")
MOST_DAYS = 366


@attrs.frozen(kw_only=True)
class NewAppointment:
    """A request to schedule an appointment, found to be in order; times in UNIX seconds."""

    name: str
    customer_id: str | None
    attendee_name: str | None
    attendee_email: str | None
    starts_at: int
    ends_at: int


def read_new_appointment(
    body: bytes, content_type: str, validator: Draft202012Validator, zone: ZoneInfo
) -> NewAppointment:
    """Judge the body of Schedule Appointment.

    Raises:
        Refusal: when it is not acceptable.
    """
    document = tidy(read_json_object(body, content_type))
    errors = errors_by_contract(document, validator)
    texts = {field: value for field, value in document.items() if isinstance(value, str)}
    check_lengths(texts, _FIELDS, errors)
    _check_whom(texts, document, errors)
    starts_at = _read_time("startsAt", texts, errors, zone)
    ends_at = _read_time("endsAt", texts, errors, zone)
    if starts_at is not None and ends_at is not None and ends_at <= starts_at:
        errors["endsAt"] = ["The ends at field must be a date after starts at."]
    check(errors, _FIELDS)
    # Without errors both times were read; the type checker cannot see that.
    assert starts_at is not None  # noqa: S101
    assert ends_at is not None  # noqa: S101
    return NewAppointment(
        name=texts["name"],
        customer_id=texts.get("customerId"),
        attendee_name=texts.get("attendeeName"),
        attendee_email=texts.get("attendeeEmail"),
        starts_at=starts_at,
        ends_at=ends_at,
    )


def read_wanted_status(body: bytes, content_type: str, validator: Draft202012Validator) -> str:
    """Judge the body of Change appointment status.

    Raises:
        Refusal: when it is not acceptable.
    """
    document = tidy(read_json_object(body, content_type))
    errors = errors_by_contract(document, validator)
    # The contract does not say that it is required, but without it there is nothing to do.
    status = document.get("status")
    if status is None:
        errors["status"] = [required("status")]
    check(errors, ("status",))
    return str(status)


def status_after(current: str, wanted: str) -> str:
    """Return the status that `wanted` leads to.

    Raises:
        Refusal: 422 when a canceled appointment would be scheduled again.
    """
    if current == "canceled" and wanted != "canceled":
        raise refuse(422, "A canceled appointment cannot be scheduled again.")
    return wanted


def read_list_window(query: Mapping[str, str], now: datetime, zone: ZoneInfo) -> tuple[int, int]:
    """Return the window of List Appointments in UNIX seconds: from, and before.

    Raises:
        Refusal: 422 when the query is not acceptable.
    """
    errors: FieldErrors = {}
    starts_from = now.replace(tzinfo=None)
    if query.get("start_at"):
        wall = read_wall_time(query["start_at"], seconds_allowed=False)
        if wall is None:
            errors["start_at"] = ["The start at field must match the format Y-m-d H:i."]
        else:
            starts_from = wall
    days_text = query.get("days") or "7"
    days = int(days_text) if _DAYS.fullmatch(days_text) else None
    if days is None:
        errors["days"] = ["The days field must be an integer."]
    elif not 1 <= days <= MOST_DAYS:
        errors["days"] = [f"The days field must be between 1 and {MOST_DAYS}."]
    check(errors, ("start_at", "days"))
    try:
        # Days are counted on the wall: the day on which the clock changes has 23 or 25 hours.
        return timestamp_of(starts_from, zone), timestamp_of(starts_from + timedelta(days=days or 0), zone)
    except OverflowError:
        raise refuse_fields({"start_at": ["The start at field is out of range."]}) from None


def _check_whom(texts: Mapping[str, str], document: Mapping[str, object], errors: FieldErrors) -> None:
    if "customerId" not in document:
        for field in ("attendeeName", "attendeeEmail"):
            if field not in document:
                message = f"The {display_name(field)} field is required when customer id is not present."
                errors.setdefault(field, []).append(message)
    elif "customerId" in texts and not re.fullmatch(r"cst_\S+", texts["customerId"]):
        errors.setdefault("customerId", []).append("The selected customer id is invalid.")
    check_email("attendeeEmail", texts, errors)


def _read_time(field: str, texts: Mapping[str, str], errors: FieldErrors, zone: ZoneInfo) -> int | None:
    if field not in texts:
        return None
    wall = read_wall_time(texts[field], seconds_allowed=True)
    if wall is not None:
        try:
            timestamp = timestamp_of(wall, zone)
            moment(timestamp, zone)
        except (OverflowError, ValueError):
            # The first hours of the year 1: they have a wall time, but no UTC.
            pass
        else:
            return timestamp
    errors.setdefault(field, []).append(f"The {display_name(field)} field must match the format Y-m-d H:i.")
    return None
