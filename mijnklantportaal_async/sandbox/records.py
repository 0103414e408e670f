"""What a sandbox keeps and shows: appointments, customers, and the requests that it received."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import attrs

from mijnklantportaal_async.sandbox.wall_time import moment

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from mijnklantportaal_async.sandbox.documents import Document
    from mijnklantportaal_async.sandbox.faults import Fault


@attrs.frozen(kw_only=True)
class StoredAppointment:
    """One appointment as the portal has it."""

    id: str
    """ID with the prefix `apt_`."""
    name: str
    """The title; the API never gives it back, the calendar page shows it."""
    customer_id: str | None
    attendee_name: str | None
    attendee_email: str | None
    starts_at: datetime
    """Start, aware, in the portal's zone."""
    ends_at: datetime
    """End, aware, in the portal's zone."""
    status: str
    """`scheduled`, `canceled` or `pending`."""
    online_meeting_link: str | None
    created_at: datetime
    """When it was entered, by the portal's clock, in whole seconds."""


@attrs.frozen(kw_only=True)
class StoredCustomer:
    """One customer as the portal has it."""

    id: str
    """ID with the prefix `cst_`."""
    company_name: str
    address: str
    zip_code: str
    city: str
    country_code: str
    primary_email: str
    phone: str | None
    integration: str | None
    integration_id: str | None
    customer_groups: tuple[str, ...]
    """IDs of groups, with the prefix `cug_`."""
    created_at: datetime
    """When it was added, by the portal's clock, in whole seconds."""


@attrs.define(kw_only=True)
class ReceivedRequest:
    """One request that reached the portal; `status` and `fault` are filled in as it is handled."""

    number: int
    """1 for the first request since the start (or since `clear()`)."""
    method: str
    path: str
    """The path as it came in, without the query, such as `/v1/appointments`."""
    query: dict[str, str]
    headers: dict[str, str]
    """With lower-case names; the bearer token is replaced by `***`."""
    body: bytes
    at: float
    """When it arrived: portal seconds on a clock that never goes back."""
    status: int | None = None
    """The status that was answered; `None` when nothing was (yet)."""
    fault: Fault | None = None
    """The fault that hit it."""
    grant: str = ""
    """The OAuth grant whose token it came with; empty for a key."""
    dead_for: float | None = None
    """Portal seconds since its access token ended by itself; `None` for one that lives or was ended early."""
    ended_at: float | None = None
    """When it was dealt with, as `at`; `None` while it is not."""


def stored_appointment(document: Document, zone: ZoneInfo) -> StoredAppointment:
    """Return an appointment as tests look at it."""
    return StoredAppointment(
        id=document["id"],
        name=document["title"],
        customer_id=document["customerId"],
        attendee_name=document["attendeeName"],
        attendee_email=document["attendeeEmail"],
        starts_at=moment(document["begins"], zone),
        ends_at=moment(document["ends"], zone),
        status=document["status"],
        online_meeting_link=document["onlineMeetingLink"],
        created_at=datetime.fromisoformat(document["createdAt"]).astimezone(zone),
    )


def stored_customer(document: Document, zone: ZoneInfo) -> StoredCustomer:
    """Return a customer as tests look at it."""
    return StoredCustomer(
        id=document["id"],
        company_name=document["companyName"],
        address=document["address"],
        zip_code=document["zipCode"],
        city=document["city"],
        country_code=document["countryCode"],
        primary_email=document["primaryEmail"],
        phone=document["phone"],
        integration=document["integration"],
        integration_id=document["integrationId"],
        customer_groups=tuple(document["customerGroups"]),
        created_at=datetime.fromisoformat(document["createdAt"]).astimezone(zone),
    )
