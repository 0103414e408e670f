"""What the portal tells: one class of events for each kind of record.

What a call holds is not documented. So an event says what could be read (`record`, `record_id`), keeps everything
(`raw`, `body`), and `fetch` asks the portal for the record as it is now.

Source: https://docs.developers.mijnklantportaal.nl/api-reference/webhooks-api/create-webhook-record
"""

import builtins
import hashlib
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeAlias, TypeVar

import attrs

from mijnklantportaal_async.callbacks.signature import Proof
from mijnklantportaal_async.models.appointments import Appointment
from mijnklantportaal_async.models.customer_invoices import CustomerInvoice
from mijnklantportaal_async.models.customer_offers import CustomerOffer
from mijnklantportaal_async.models.customer_subscriptions import CustomerSubscription
from mijnklantportaal_async.models.customers import Customer
from mijnklantportaal_async.models.payment_links import PaymentLink
from mijnklantportaal_async.models.tickets import TicketWithMessages
from mijnklantportaal_async.models.webhooks import WebhookEvent

if TYPE_CHECKING:
    from mijnklantportaal_async.session import PortalSession

R = TypeVar("R")


@attrs.frozen(kw_only=True)
class Event(Generic[R]):
    """Something happened in the portal. Each kind of record has a class of its own.

    Nothing of the request's headers is kept: read literally, the signature is the secret.
    """

    kind: ClassVar[builtins.type[Any] | None] = None
    """The class of its records. (`type` alone is a field here.)"""
    id_field: ClassVar[str] = ""
    """What the API calls the record's id, as an argument."""

    type: WebhookEvent | None
    """What happened; one that nobody has documented is kept as it came. None when neither the body nor the webhook
    tells."""
    record: R | None = None
    """The record as the call showed it, which may be old by now; None when it showed none, or an unreadable one."""
    record_id: str | None = None
    """ID of the record, as far as one could be read."""
    proof: Proof
    """How the call was proven: `hmac`, over the whole body; or `secret`, which says nothing of the body: somebody on
    the way could have changed it unseen."""
    webhook_id: str | None = None
    """The webhook that called, `wbh_...`, where its record was given as a secret."""
    owner: str | None = None
    """Whose portal it is, where the endpoint knows."""
    problems: tuple[str, ...] = ()
    """Why there is no `record`, each with its place, such as `$.startsAt: missing`."""
    raw: Mapping[str, Any] = attrs.field(repr=False, eq=False)
    """The whole body as it came, as JSON."""
    body: bytes = attrs.field(repr=False)
    """The whole body as it came, as bytes."""

    @property
    def fingerprint(self) -> str:
        """The same for a call that is made again: a hash of owner, type and body. No id of a call is documented."""
        told = b"\0".join([(self.owner or "").encode("utf-8", "surrogatepass"), str(self.type or "").encode()])
        return hashlib.sha256(told + b"\0" + self.body).hexdigest()

    async def fetch(self, portal: "PortalSession") -> R:
        """The record as it is now: one call, because what came with the event may be old, and calls come in any order.

        Args:
            portal: A session with the portal that called.

        Raises:
            LookupError: The event names no record that the API can fetch. Nothing was sent.
            NotFoundError: It is gone, as after a `-deleted`.
        """
        raise LookupError(
            f"an event of the type {self.type or 'that is not known'} names no record that can be fetched"
        )

    def _found(self) -> str:
        if self.record_id is None:
            raise LookupError(f"the call of {self.type} names no record; what came is in .raw")
        return self.record_id


@attrs.frozen(kw_only=True)
class AppointmentEvent(Event[Appointment]):
    """`appointment-created`, `appointment-canceled`."""

    kind = Appointment
    id_field = "appointment_id"

    async def fetch(self, portal: "PortalSession") -> Appointment:
        """The appointment as it is now."""
        return await portal.get_appointment(self._found())


@attrs.frozen(kw_only=True)
class CustomerEvent(Event[Customer]):
    """`customer-created`, `customer-deleted`."""

    kind = Customer
    id_field = "customer_id"

    async def fetch(self, portal: "PortalSession") -> Customer:
        """The customer as it is now."""
        return await portal.get_customer(self._found())


@attrs.frozen(kw_only=True)
class OfferEvent(Event[CustomerOffer]):
    """`offer-created`, `offer-deleted`, `offer-accepted`, `offer-rejected`."""

    kind = CustomerOffer
    id_field = "offer_id"

    async def fetch(self, portal: "PortalSession") -> CustomerOffer:
        """The offer as it is now."""
        return await portal.get_customer_offer(self._found())


@attrs.frozen(kw_only=True)
class InvoiceEvent(Event[CustomerInvoice]):
    """`invoice-created`, `invoice-chargeback`, `invoice-paid`, `invoice-deleted`."""

    kind = CustomerInvoice
    id_field = "invoice_id"

    async def fetch(self, portal: "PortalSession") -> CustomerInvoice:
        """The invoice as it is now."""
        return await portal.get_customer_invoice(self._found())


@attrs.frozen(kw_only=True)
class PaymentLinkEvent(Event[PaymentLink]):
    """`payment-link-created`, `payment-link-expired`, `payment-link-paid`."""

    kind = PaymentLink
    id_field = "link_id"

    async def fetch(self, portal: "PortalSession") -> PaymentLink:
        """The payment link as it is now."""
        return await portal.get_payment_link(self._found())


@attrs.frozen(kw_only=True)
class TicketEvent(Event[TicketWithMessages]):
    """`ticket-created`, `ticket-reply-customer`, `ticket-reply-employee`."""

    kind = TicketWithMessages
    id_field = "ticket_id"

    async def fetch(self, portal: "PortalSession") -> TicketWithMessages:
        """The ticket as it is now, with its messages."""
        return await portal.get_ticket(self._found())


@attrs.frozen(kw_only=True)
class SubscriptionEvent(Event[CustomerSubscription]):
    """`subscription-created`, `subscription-updated`, `subscription-deleted`."""

    kind = CustomerSubscription
    id_field = "subscription_id"

    async def fetch(self, portal: "PortalSession") -> CustomerSubscription:
        """The subscription as it is now."""
        return await portal.get_customer_subscription(self._found())


@attrs.frozen(kw_only=True)
class SubscriptionPaymentEvent(SubscriptionEvent):
    """`subscription-payment-created`, `subscription-payment-updated`.

    The API has no operation that shows such a payment, so what it looks like is not known: `record` is the
    subscription where the call shows one, and `fetch` asks for the subscription.
    """


@attrs.frozen(kw_only=True)
class UnknownEvent(Event[Any]):
    """An event of a type that nobody has documented yet, or of which the call does not say its type."""


_KINDS: dict[type[Event[Any]], str] = {
    AppointmentEvent: "appointment-created appointment-canceled",
    CustomerEvent: "customer-created customer-deleted",
    OfferEvent: "offer-created offer-deleted offer-accepted offer-rejected",
    InvoiceEvent: "invoice-created invoice-chargeback invoice-paid invoice-deleted",
    PaymentLinkEvent: "payment-link-created payment-link-expired payment-link-paid",
    TicketEvent: "ticket-created ticket-reply-customer ticket-reply-employee",
    SubscriptionEvent: "subscription-created subscription-updated subscription-deleted",
    SubscriptionPaymentEvent: "subscription-payment-created subscription-payment-updated",
}
KINDS: Mapping[str, type[Event[Any]]] = {name: kind for kind, names in _KINDS.items() for name in names.split()}
"""The class of the events of each documented type."""

AnyEvent: TypeAlias = (
    AppointmentEvent
    | CustomerEvent
    | OfferEvent
    | InvoiceEvent
    | PaymentLinkEvent
    | TicketEvent
    | SubscriptionEvent
    | SubscriptionPaymentEvent
    | UnknownEvent
)
"""Any of them, for `match`."""


@cache
def known_type(text: str) -> WebhookEvent | None:
    """A documented type; None for any other text."""
    return WebhookEvent(text) if text in KINDS else None
