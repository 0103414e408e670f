"""The records of the Payment Links API."""

from datetime import datetime
from decimal import Decimal

import attrs

from mijnklantportaal_async.models.record import Record
from mijnklantportaal_async.values.open_enum import OpenStrEnum


class PaymentLinkStatus(OpenStrEnum):
    """Where a payment link stands."""

    OPEN = "open"
    PAID = "paid"
    EXPIRED = "expired"
    CLOSED = "closed"


@attrs.frozen(kw_only=True)
class PaymentLink(Record):
    """A link that anyone can pay through."""

    id: str
    """ID, `plk_...`."""
    description: str
    """Text on the payer's bank statement."""
    currency: str
    """Currency of the amount, `EUR`."""
    amount: Decimal
    """Amount."""
    reusable: bool
    """Whether it stays usable after a payment."""
    expires_at: datetime | None = None
    """When it expires, aware, if ever."""
    status: PaymentLinkStatus
    """Where it stands."""
    checkout_url: str | None = None
    """Where to send a payer; None once it cannot be used any more."""
    created_at: datetime
    """When it was made, aware."""


@attrs.frozen(kw_only=True)
class PaymentLinkPayment(Record):
    """A payment made through a payment link. Only an example of it could be read, so nothing but the id is certain."""

    id: str
    """ID, `plp_...`."""
    payment_link_id: str | None = None
    """The payment link, `plk_...`."""
    currency: str | None = None
    """Currency of the amount."""
    amount: Decimal | None = None
    """Amount."""
    status: str | None = None
    """Where it stands, such as `paid`."""
    payers_name: str | None = None
    """Name of who paid."""
    integration: str | None = None
    """Payment provider, such as `mollie`."""
    integration_id: str | None = None
    """The payment's id over there."""
    created_at: datetime | None = None
    """When it was made, aware."""
