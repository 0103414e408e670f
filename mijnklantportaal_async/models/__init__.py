"""What goes into the portal and comes out of it: one file for each tag of the service's reference.

A file is imported when one of its names is first used, because making its classes costs time, and few programs use all.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mijnklantportaal_async.models.appointments import (
        Appointment as Appointment,
    )
    from mijnklantportaal_async.models.appointments import (
        AppointmentStatus as AppointmentStatus,
    )
    from mijnklantportaal_async.models.appointments import (
        NewAppointment as NewAppointment,
    )
    from mijnklantportaal_async.models.appointments import (
        Scheduled as Scheduled,
    )
    from mijnklantportaal_async.models.customer_groups import CustomerGroup as CustomerGroup
    from mijnklantportaal_async.models.customer_invoices import (
        CustomerInvoice as CustomerInvoice,
    )
    from mijnklantportaal_async.models.customer_invoices import (
        CustomerInvoiceLinks as CustomerInvoiceLinks,
    )
    from mijnklantportaal_async.models.customer_invoices import (
        InvoiceLine as InvoiceLine,
    )
    from mijnklantportaal_async.models.customers import Customer as Customer
    from mijnklantportaal_async.models.customers import NewCustomer as NewCustomer
    from mijnklantportaal_async.models.file_content import FileContent as FileContent
    from mijnklantportaal_async.models.files import (
        CloudFile as CloudFile,
    )
    from mijnklantportaal_async.models.files import (
        FileOrDirectory as FileOrDirectory,
    )
    from mijnklantportaal_async.models.files import (
        FileShare as FileShare,
    )
    from mijnklantportaal_async.models.files import (
        FileShareLinks as FileShareLinks,
    )
    from mijnklantportaal_async.models.files import (
        FileType as FileType,
    )
    from mijnklantportaal_async.models.payment_links import (
        PaymentLink as PaymentLink,
    )
    from mijnklantportaal_async.models.payment_links import (
        PaymentLinkPayment as PaymentLinkPayment,
    )
    from mijnklantportaal_async.models.payment_links import (
        PaymentLinkStatus as PaymentLinkStatus,
    )
    from mijnklantportaal_async.models.punch_cards import (
        IssuedPunchCard as IssuedPunchCard,
    )
    from mijnklantportaal_async.models.punch_cards import (
        PunchCard as PunchCard,
    )
    from mijnklantportaal_async.models.punch_cards import (
        PunchCardPeriod as PunchCardPeriod,
    )
    from mijnklantportaal_async.models.punch_cards import (
        PunchCardStatus as PunchCardStatus,
    )
    from mijnklantportaal_async.models.record import Link as Link
    from mijnklantportaal_async.models.record import Record as Record
    from mijnklantportaal_async.models.tickets import (
        Ticket as Ticket,
    )
    from mijnklantportaal_async.models.tickets import (
        TicketAttachment as TicketAttachment,
    )
    from mijnklantportaal_async.models.tickets import (
        TicketMessage as TicketMessage,
    )
    from mijnklantportaal_async.models.tickets import (
        TicketSource as TicketSource,
    )
    from mijnklantportaal_async.models.tickets import (
        TicketStatus as TicketStatus,
    )
    from mijnklantportaal_async.models.tickets import (
        TicketWithMessages as TicketWithMessages,
    )
    from mijnklantportaal_async.models.webhooks import Webhook as Webhook
    from mijnklantportaal_async.models.webhooks import WebhookEvent as WebhookEvent

_NAMES = {
    "appointments": "Appointment AppointmentStatus NewAppointment Scheduled",
    "customer_groups": "CustomerGroup",
    "customer_invoices": "CustomerInvoice CustomerInvoiceLinks InvoiceLine",
    "customers": "Customer NewCustomer",
    "file_content": "FileContent",
    "files": "CloudFile FileOrDirectory FileShare FileShareLinks FileType",
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
