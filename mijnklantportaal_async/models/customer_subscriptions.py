"""The records of the Customer Subscriptions API."""

from datetime import date, datetime
from decimal import Decimal

import attrs

from mijnklantportaal_async.models.record import PERHAPS_NULL, Record
from mijnklantportaal_async.values.open_enum import OpenStrEnum


class SubscriptionInterval(OpenStrEnum):
    """Length of one term."""

    TWO_WEEKS = "14 days"
    MONTH = "1 month"
    TWO_MONTHS = "2 months"
    HALF_YEAR = "6 months"
    YEAR = "1 year"


class SubscriptionStatus(OpenStrEnum):
    """Where a subscription stands."""

    PLANNED = "planned"
    IN_PROGRESS = "in_progress"
    TERMINATED = "terminated"
    ENDED = "ended"


@attrs.frozen(kw_only=True)
class CustomerSubscriptionOptions(Record):
    """Settings of a subscription. Only an example of them could be read; older ones are in `raw`."""

    create_invoice: bool | None = None
    """Whether each renewal makes an invoice in the bookkeeping integration."""
    invoice_description: str | None = None
    """Text of the invoice's row."""


@attrs.frozen(kw_only=True)
class CustomerSubscription(Record):
    """A subscription of a customer.

    Source: https://docs.developers.mijnklantportaal.nl/api-reference/customer-subscriptions-api/get-customer-subscription
    """

    id: str
    """ID, `sub_...`."""
    customer_id: str
    """Customer it belongs to, `cst_...`."""
    description: str
    """What it is for."""
    starts_at: date
    """First day."""
    interval: SubscriptionInterval
    """Length of one term."""
    renews_at: date | None = None
    """Day of the next renewal; whether there is one after termination is not documented."""
    currency: str
    """Currency of the amount, `EUR`."""
    amount: Decimal
    """Amount of one term; whether VAT is in it is not documented."""
    vat_rate: int
    """VAT percentage."""
    status: SubscriptionStatus
    """Where it stands."""
    options: CustomerSubscriptionOptions = attrs.field(factory=CustomerSubscriptionOptions, metadata=PERHAPS_NULL)
    """Settings."""
    terminated_at: datetime | None = None
    """When it was or will be terminated, aware."""
    created_at: datetime
    """When it was added, aware."""
