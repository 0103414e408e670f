"""What goes into the portal and comes out of it: one file for each tag of the service's reference.

A file is imported when one of its names is first used, because making its classes costs time, and few programs use all.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mijnklantportaal_async.models.agreements import (
        Agreement as Agreement,
        AgreementDocument as AgreementDocument,
        AgreementSigner as AgreementSigner,
        AgreementStatus as AgreementStatus,
        AgreementWithDetails as AgreementWithDetails,
        NewAgreementSigner as NewAgreementSigner,
    )
    from mijnklantportaal_async.models.appointments import (
        Appointment as Appointment,
        AppointmentStatus as AppointmentStatus,
        NewAppointment as NewAppointment,
        Scheduled as Scheduled,
    )
    from mijnklantportaal_async.models.customer_groups import CustomerGroup as CustomerGroup
    from mijnklantportaal_async.models.customer_invoices import (
        CustomerInvoice as CustomerInvoice,
        CustomerInvoiceLinks as CustomerInvoiceLinks,
        InvoiceLine as InvoiceLine,
    )
    from mijnklantportaal_async.models.customer_offers import (
        CustomerOffer as CustomerOffer,
        CustomerOfferLinks as CustomerOfferLinks,
    )
    from mijnklantportaal_async.models.customer_subscription_packages import (
        CustomerSubscriptionPackage as CustomerSubscriptionPackage,
        PendingSignUp as PendingSignUp,
    )
    from mijnklantportaal_async.models.customer_subscriptions import (
        CustomerSubscription as CustomerSubscription,
        CustomerSubscriptionOptions as CustomerSubscriptionOptions,
        SubscriptionInterval as SubscriptionInterval,
        SubscriptionStatus as SubscriptionStatus,
    )
    from mijnklantportaal_async.models.customers import Customer as Customer, NewCustomer as NewCustomer
    from mijnklantportaal_async.models.file_content import FileContent as FileContent
    from mijnklantportaal_async.models.file_content import FileSource as FileSource
    from mijnklantportaal_async.models.file_content import Progress as Progress
    from mijnklantportaal_async.models.file_request import (
        FileRequest as FileRequest,
        FileRequestLinks as FileRequestLinks,
        NewRequestedFile as NewRequestedFile,
        RequestedFile as RequestedFile,
    )
    from mijnklantportaal_async.models.file_share import FileShare as FileShare, FileShareLinks as FileShareLinks
    from mijnklantportaal_async.models.files import (
        CloudFile as CloudFile,
        FileOrDirectory as FileOrDirectory,
        FileType as FileType,
        SavedFile as SavedFile,
    )
    from mijnklantportaal_async.models.invoices import Invoice as Invoice, InvoiceItem as InvoiceItem
    from mijnklantportaal_async.models.payment_links import (
        PaymentLink as PaymentLink,
        PaymentLinkPayment as PaymentLinkPayment,
        PaymentLinkStatus as PaymentLinkStatus,
    )
    from mijnklantportaal_async.models.punch_cards import (
        IssuedPunchCard as IssuedPunchCard,
        PunchCard as PunchCard,
        PunchCardPeriod as PunchCardPeriod,
        PunchCardStatus as PunchCardStatus,
    )
    from mijnklantportaal_async.models.record import Link as Link, Record as Record
    from mijnklantportaal_async.models.tickets import (
        Ticket as Ticket,
        TicketAttachment as TicketAttachment,
        TicketMessage as TicketMessage,
        TicketSource as TicketSource,
        TicketStatus as TicketStatus,
        TicketWithMessages as TicketWithMessages,
    )
    from mijnklantportaal_async.models.webhooks import Webhook as Webhook, WebhookEvent as WebhookEvent

_NAMES = {
    "agreements": "Agreement AgreementDocument AgreementSigner AgreementStatus AgreementWithDetails NewAgreementSigner",
    "appointments": "Appointment AppointmentStatus NewAppointment Scheduled",
    "customer_groups": "CustomerGroup",
    "customer_invoices": "CustomerInvoice CustomerInvoiceLinks InvoiceLine",
    "customer_offers": "CustomerOffer CustomerOfferLinks",
    "customer_subscription_packages": "CustomerSubscriptionPackage PendingSignUp",
    "customer_subscriptions": (
        "CustomerSubscription CustomerSubscriptionOptions SubscriptionInterval SubscriptionStatus"
    ),
    "customers": "Customer NewCustomer",
    "file_content": "FileContent FileSource Progress",
    "file_request": "FileRequest FileRequestLinks NewRequestedFile RequestedFile",
    "file_share": "FileShare FileShareLinks",
    "files": "CloudFile FileOrDirectory FileType SavedFile",
    "invoices": "Invoice InvoiceItem",
    "payment_links": "PaymentLink PaymentLinkPayment PaymentLinkStatus",
    "punch_cards": "IssuedPunchCard PunchCard PunchCardPeriod PunchCardStatus",
    "record": "Link Record",
    "tickets": "Ticket TicketAttachment TicketMessage TicketSource TicketStatus TicketWithMessages",
    "webhooks": "Webhook WebhookEvent",
}
_HOMES = {name: module for module, names in _NAMES.items() for name in names.split()}


def _find(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = found
    return found


if not TYPE_CHECKING:
    # Under this name a type checker would take every attribute for granted.
    __getattr__ = _find
