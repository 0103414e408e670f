"""The records of the Customer Offers API."""

from datetime import date, datetime
from decimal import Decimal

import attrs

from mijnklantportaal_async.models.record import PERHAPS_NULL, Link, Record


@attrs.frozen(kw_only=True)
class CustomerOfferLinks(Record):
    """Addresses that belong to an offer."""

    customer: Link | None = None
    """The customer, in the API."""


@attrs.frozen(kw_only=True)
class CustomerOffer(Record):
    """An offer from the portal's owner to a customer.

    Source: https://docs.developers.mijnklantportaal.nl/api-reference/customer-offers-api/get-customer-offer
    """

    id: str
    """ID, `off_...`."""
    customer_id: str
    """Customer it belongs to, `cst_...`."""
    offer_number: str
    """Offer number."""
    issued_at: date
    """Day of issue."""
    expires_at: date
    """Day on which it expires."""
    currency: str
    """Currency of the amount, `EUR`."""
    amount: Decimal
    """Amount; whether VAT is in it is not documented."""
    accepted_at: datetime | None = None
    """When it was accepted, aware; None while it is not."""
    accepted_via_ip: str | None = None
    """IP address it was accepted from."""
    accepted_via_user_agent: str | None = None
    """User agent it was accepted with."""
    acceptance_signature: str | None = attrs.field(default=None, repr=False)
    """The signature, a data URI of a PNG."""
    rejected_at: datetime | None = None
    """When it was rejected, aware; None while it is not."""
    created_at: datetime
    """When it was added, aware."""
    links: CustomerOfferLinks = attrs.field(factory=CustomerOfferLinks, metadata=PERHAPS_NULL)
    """Addresses that belong to it."""
