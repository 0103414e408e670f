"""What a row is about, in words: the only place that knows the fields of each operation."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import attrs

from mijnklantportaal_async.batch.report.moments import day_in_words, hours_in_words, read_time, short_day
from mijnklantportaal_async.batch.results import RowOutcome, RowResult
from mijnklantportaal_async.texts.words import words

APPOINTMENT = "schedule_appointment"
CUSTOMER = "create_customer"

_APPOINTMENT_LABELS = {
    "name": words("Appointment"),
    "attendee_name": words("Attendee"),
    "attendee_email": words("E-mail"),
    "customer_id": words("Customer ID"),
}
_CUSTOMER_LABELS = {
    "company_name": words("Company"),
    "address": words("Address"),
    "zip_code": words("Zip code"),
    "city": words("City"),
    "primary_email": words("E-mail"),
    "country_code": words("Country"),
}
_TIMES = ("starts_at", "ends_at")


@attrs.frozen(kw_only=True)
class Field:
    """A value with its name, for people."""

    label: str
    value: str


@attrs.frozen(kw_only=True)
class Subject:
    """What a row is about."""

    title: str
    person: str = ""
    starts_at: datetime | None = None
    """In the portal's zone."""
    ends_at: datetime | None = None
    fields: tuple[Field, ...] = ()
    """What to search for in the portal."""

    @property
    def day(self) -> str:
        """The day on which it starts; empty when there is no time."""
        return "" if self.starts_at is None else words("{day},", day=short_day(self.starts_at.date()))

    @property
    def hours(self) -> str:
        """From when to when; empty when there is no time."""
        return "" if self.starts_at is None else hours_in_words(self.starts_at, self.ends_at)


def subject_of(row: RowResult, zone: ZoneInfo) -> Subject:
    """What a row is about.

    Args:
        row: Of any operation; one that is not known is told by its fields.
        zone: The portal's zone.
    """
    if row.operation == APPOINTMENT:
        return _appointment(row, zone)
    if row.operation == CUSTOMER:
        return _customer(row)
    fields = _named(row.request, {})
    return Subject(title=fields[0].value if fields else row.operation, fields=fields)


def operation_in_words(operation: str) -> str:
    """As in `Create customer`."""
    return _in_words(operation)


def text_of(value: object) -> str:
    """A JSON value as a text; empty for null."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _appointment(row: RowResult, zone: ZoneInfo) -> Subject:
    request = row.request
    starts_at, ends_at = (read_time(request.get(key), zone) for key in _TIMES)
    fields: list[Field] = []
    if starts_at is not None:
        fields.append(Field(label=words("Date"), value=day_in_words(starts_at.date())))
        fields.append(Field(label=words("Time"), value=hours_in_words(starts_at, ends_at)))
    understood = {key for key, moment in zip(_TIMES, (starts_at, starts_at and ends_at), strict=True) if moment}
    others = {key: value for key, value in request.items() if key not in understood}
    if row.outcome is RowOutcome.DONE and row.record is not None:
        # The calendar shows what is in the portal, which is what counts.
        answered = [read_time(row.record.get(key), zone) for key in _TIMES]
        starts_at, ends_at = answered if answered[0] is not None else (starts_at, ends_at)
    person = text_of(request.get("attendee_name")) or text_of(request.get("attendee_email"))
    return Subject(
        title=text_of(request.get("name")) or _in_words(row.operation),
        person=person or text_of(request.get("customer_id")),
        starts_at=starts_at,
        ends_at=ends_at,
        fields=(*fields, *_named(others, _APPOINTMENT_LABELS)),
    )


def _customer(row: RowResult) -> Subject:
    fields = _named(row.request, _CUSTOMER_LABELS)
    return Subject(
        title=text_of(row.request.get("company_name")) or _in_words(row.operation),
        person=text_of(row.request.get("primary_email")),
        fields=fields,
    )


def _named(values: Mapping[str, Any], labels: Mapping[str, str]) -> tuple[Field, ...]:
    """Known fields in their usual order, then all others; what is not given is left out."""
    order = [*(key for key in labels if key in values), *(key for key in values if key not in labels)]
    return tuple(
        Field(label=labels.get(key) or _in_words(key), value=text) for key in order if (text := text_of(values[key]))
    )


def _in_words(name: str) -> str:
    spaced = name.replace("_", " ").strip()
    return spaced[:1].upper() + spaced[1:] or words("(no name)")
