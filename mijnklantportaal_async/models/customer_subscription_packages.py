"""The records of the Customer Subscription Packages API."""

from datetime import datetime
from decimal import Decimal

import attrs

from mijnklantportaal_async.models.customer_subscriptions import SubscriptionInterval
from mijnklantportaal_async.models.record import Record


@attrs.frozen(kw_only=True)
class CustomerSubscriptionPackage(Record):
    """A ready-made subscription.

    Source: https://docs.developers.mijnklantportaal.nl/api-reference/customer-subscription-packages-api/get-customer-subscription-package
    """

    id: str
    """ID, `spg_...`."""
    name: str
    """Name of the package."""
    description: str | None = None
    """Free text, meant for the terms."""
    interval: SubscriptionInterval
    """Length of one term."""
    currency: str
    """Currency of the amount, `EUR`."""
    amount: Decimal
    """Amount of one term; whether VAT is in it is not documented."""
    vat_rate: int
    """VAT percentage."""
    available_for_sale: bool
    """Whether it is sold in the portal and on the public page, where those are enabled."""


@attrs.frozen(kw_only=True)
class PendingSignUp(Record):
    """A sign-up that begins once somebody has paid the first term.

    Source: https://docs.developers.mijnklantportaal.nl/api-reference/customer-subscription-packages-api/sign-up-a-non-customer-for-a-customer-subscription-package
    """

    id: str
    """ID of the temporary record, a UUID."""
    payment_link: str | None = None
    """Where to send them to pay the first term."""
    expires_at: datetime
    """When the link and the record expire, aware."""
