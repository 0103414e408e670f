"""Async client for the MijnKlantportaal API that schedules an appointment exactly once."""

from typing import TYPE_CHECKING

from mijnklantportaal_async import models
from mijnklantportaal_async.calling.auth import ApiKey, Auth
from mijnklantportaal_async.calling.many import NotStarted, Rejected, Result, Run, Unknown
from mijnklantportaal_async.calling.pages import Page
from mijnklantportaal_async.calling.pagination import Pager
from mijnklantportaal_async.calling.rate_limit import Priority, RateLimiter, RateLimitSnapshot
from mijnklantportaal_async.calling.reconcile import ReconcilePolicy
from mijnklantportaal_async.calling.record import Response, with_response
from mijnklantportaal_async.calling.retry import RetryPolicy, Timeouts
from mijnklantportaal_async.calling.window import RateLimit
from mijnklantportaal_async.errors import (
    APIStatusError,
    AuthenticationError,
    BadRequestError,
    CallTimeoutError,
    ConflictError,
    ConnectError,
    ConnectionLostError,
    DecodeError,
    LicenceError,
    MijnKlantportaalError,
    NotFoundError,
    Outcome,
    OutcomeUnknownError,
    PaginationError,
    PermissionDeniedError,
    PortalTimeWarning,
    RateLimitedError,
    RateLimitError,
    RateLimitWaitError,
    ServerError,
    TokenRefreshError,
    TransportError,
    ValidationError,
)
from mijnklantportaal_async.session import PortalSession
from mijnklantportaal_async.values.clock import Clock
from mijnklantportaal_async.values.unset import UNSET

if TYPE_CHECKING:
    from mijnklantportaal_async.models import (
        Appointment,
        AppointmentStatus,
        CloudFile,
        Customer,
        CustomerGroup,
        CustomerInvoice,
        CustomerInvoiceLinks,
        FileContent,
        FileOrDirectory,
        FileShare,
        FileShareLinks,
        FileType,
        InvoiceLine,
        IssuedPunchCard,
        Link,
        NewAppointment,
        NewCustomer,
        PaymentLink,
        PaymentLinkPayment,
        PaymentLinkStatus,
        PunchCard,
        PunchCardPeriod,
        PunchCardStatus,
        Scheduled,
        Ticket,
        TicketAttachment,
        TicketMessage,
        TicketSource,
        TicketStatus,
        TicketWithMessages,
        Webhook,
        WebhookEvent,
    )
else:

    def __getattr__(name: str) -> object:
        # Models are made when they are first used.
        if name in __all__:
            return getattr(models, name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__all__ = [
    "UNSET",
    "APIStatusError",
    "ApiKey",
    "Appointment",
    "AppointmentStatus",
    "Auth",
    "AuthenticationError",
    "BadRequestError",
    "CallTimeoutError",
    "Clock",
    "CloudFile",
    "ConflictError",
    "ConnectError",
    "ConnectionLostError",
    "Customer",
    "CustomerGroup",
    "CustomerInvoice",
    "CustomerInvoiceLinks",
    "DecodeError",
    "FileContent",
    "FileOrDirectory",
    "FileShare",
    "FileShareLinks",
    "FileType",
    "InvoiceLine",
    "IssuedPunchCard",
    "LicenceError",
    "Link",
    "MijnKlantportaalError",
    "NewAppointment",
    "NewCustomer",
    "NotFoundError",
    "NotStarted",
    "Outcome",
    "OutcomeUnknownError",
    "Page",
    "Pager",
    "PaginationError",
    "PaymentLink",
    "PaymentLinkPayment",
    "PaymentLinkStatus",
    "PermissionDeniedError",
    "PortalSession",
    "PortalTimeWarning",
    "Priority",
    "PunchCard",
    "PunchCardPeriod",
    "PunchCardStatus",
    "RateLimit",
    "RateLimitError",
    "RateLimitSnapshot",
    "RateLimitWaitError",
    "RateLimitedError",
    "RateLimiter",
    "ReconcilePolicy",
    "Rejected",
    "Response",
    "Result",
    "RetryPolicy",
    "Run",
    "Scheduled",
    "ServerError",
    "Ticket",
    "TicketAttachment",
    "TicketMessage",
    "TicketSource",
    "TicketStatus",
    "TicketWithMessages",
    "Timeouts",
    "TokenRefreshError",
    "TransportError",
    "Unknown",
    "ValidationError",
    "Webhook",
    "WebhookEvent",
    "with_response",
]
