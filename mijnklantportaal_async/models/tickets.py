"""The records of the Tickets API."""

from datetime import datetime

import attrs

from mijnklantportaal_async.models.record import PERHAPS_NULL, Record
from mijnklantportaal_async.values.open_enum import OpenStrEnum


class TicketSource(OpenStrEnum):
    """Where a ticket came from."""

    PORTAL = "portal"
    EMAIL = "email"
    CHAT = "chat"


class TicketStatus(OpenStrEnum):
    """Where a ticket stands."""

    OPEN = "open"
    CLOSED = "closed"


@attrs.frozen(kw_only=True)
class TicketAttachment(Record):
    """A file that goes with a message. Only an example of it could be read, so nothing but the id is certain."""

    id: str
    """ID, `tma_...`."""
    name: str | None = None
    """File name."""
    size: int | None = None
    """Its size; bytes, by the looks of it."""
    mime: str | None = None
    """Media type."""


@attrs.frozen(kw_only=True)
class TicketMessage(Record):
    """One message of a ticket. Only an example of it could be read, so nothing but the id is certain."""

    id: str
    """ID, `tim_...`."""
    posted_by: str | None = None
    """Name of the writer."""
    is_posted_by_customer: bool | None = None
    """Whether a customer wrote it."""
    message: str | None = None
    """Text, HTML."""
    posted_at: datetime | None = None
    """When it was posted, aware."""
    attachments: tuple[TicketAttachment, ...] = attrs.field(default=(), metadata=PERHAPS_NULL)
    """The files that go with it."""


@attrs.frozen(kw_only=True)
class Ticket(Record):
    """A ticket as it stands in the list, without its messages. Nothing but the id is certain there."""

    id: str
    """ID, `tic_...`."""
    customer_id: str | None = None
    """Customer it belongs to, `cst_...`."""
    title: str | None = None
    """Subject."""
    source: TicketSource | None = None
    """Where it came from."""
    status: TicketStatus | None = None
    """Where it stands."""
    created_at: datetime | None = None
    """When it was made, aware."""


@attrs.frozen(kw_only=True)
class TicketWithMessages(Ticket):
    """A ticket with its messages."""

    messages: tuple[TicketMessage, ...] = attrs.field(default=(), metadata=PERHAPS_NULL)
    """The messages; in which order is not documented."""
