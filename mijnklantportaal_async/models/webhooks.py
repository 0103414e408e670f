"""The records of the Webhooks API."""

from datetime import datetime

import attrs

from mijnklantportaal_async.models.record import Record
from mijnklantportaal_async.values.open_enum import OpenStrEnum


class WebhookEvent(OpenStrEnum):
    """What a webhook can listen to. An event that nobody has documented yet is kept as it came."""

    APPOINTMENT_CREATED = "appointment-created"
    APPOINTMENT_CANCELED = "appointment-canceled"
    CUSTOMER_CREATED = "customer-created"
    CUSTOMER_DELETED = "customer-deleted"
    OFFER_CREATED = "offer-created"
    OFFER_DELETED = "offer-deleted"
    OFFER_ACCEPTED = "offer-accepted"
    OFFER_REJECTED = "offer-rejected"
    INVOICE_CREATED = "invoice-created"
    INVOICE_CHARGEBACK = "invoice-chargeback"
    INVOICE_PAID = "invoice-paid"
    INVOICE_DELETED = "invoice-deleted"
    PAYMENT_LINK_CREATED = "payment-link-created"
    PAYMENT_LINK_EXPIRED = "payment-link-expired"
    PAYMENT_LINK_PAID = "payment-link-paid"
    TICKET_CREATED = "ticket-created"
    TICKET_REPLY_CUSTOMER = "ticket-reply-customer"
    TICKET_REPLY_EMPLOYEE = "ticket-reply-employee"
    SUBSCRIPTION_CREATED = "subscription-created"
    SUBSCRIPTION_UPDATED = "subscription-updated"
    SUBSCRIPTION_DELETED = "subscription-deleted"
    SUBSCRIPTION_PAYMENT_CREATED = "subscription-payment-created"
    SUBSCRIPTION_PAYMENT_UPDATED = "subscription-payment-updated"


@attrs.frozen(kw_only=True)
class Webhook(Record):
    """A webhook as the portal answers it."""

    id: str
    """ID, `wbh_...`."""
    type: WebhookEvent
    """The event it listens to."""
    url: str
    """URL that is called."""
    secret: str = attrs.field(repr=False)
    """Made by the portal; comes with each call in the header `X-Webhook-Signature`, so that the receiver knows it."""
    created_at: datetime
    """When it was made, aware, whole seconds."""
