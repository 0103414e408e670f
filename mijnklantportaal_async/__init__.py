"""Async client for the MijnKlantportaal API that schedules an appointment exactly once."""

from importlib import import_module
from typing import TYPE_CHECKING

from mijnklantportaal_async import models

if TYPE_CHECKING:
    from mijnklantportaal_async.calling.auth import ApiKey, Auth
    from mijnklantportaal_async.calling.many import NotStarted, Rejected, Result, Run, Unknown, Unsettled
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
        DownloadError,
        LicenceError,
        LinkExpiredError,
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
    from mijnklantportaal_async.models import (
        Agreement,
        AgreementDocument,
        AgreementSigner,
        AgreementStatus,
        AgreementWithDetails,
        Appointment,
        AppointmentStatus,
        CloudFile,
        Customer,
        CustomerGroup,
        CustomerInvoice,
        CustomerInvoiceLinks,
        CustomerOffer,
        CustomerOfferLinks,
        CustomerSubscription,
        CustomerSubscriptionOptions,
        CustomerSubscriptionPackage,
        FileContent,
        FileOrDirectory,
        FileRequest,
        FileRequestLinks,
        FileShare,
        FileShareLinks,
        FileType,
        Invoice,
        InvoiceItem,
        InvoiceLine,
        IssuedPunchCard,
        Link,
        NewAgreementSigner,
        NewAppointment,
        NewCustomer,
        NewRequestedFile,
        PaymentLink,
        PaymentLinkPayment,
        PaymentLinkStatus,
        PendingSignUp,
        PunchCard,
        PunchCardPeriod,
        PunchCardStatus,
        RequestedFile,
        SavedFile,
        Scheduled,
        SubscriptionInterval,
        SubscriptionStatus,
        Ticket,
        TicketAttachment,
        TicketMessage,
        TicketSource,
        TicketStatus,
        TicketWithMessages,
        Webhook,
        WebhookEvent,
    )
    from mijnklantportaal_async.session import PortalSession
    from mijnklantportaal_async.values.clock import Clock
    from mijnklantportaal_async.values.unset import UNSET

_NAMES = {
    "calling.auth": "ApiKey Auth",
    "calling.many": "NotStarted Rejected Result Run Unknown Unsettled",
    "calling.pages": "Page",
    "calling.pagination": "Pager",
    "calling.rate_limit": "Priority RateLimiter RateLimitSnapshot",
    "calling.reconcile": "ReconcilePolicy",
    "calling.record": "Response with_response",
    "calling.retry": "RetryPolicy Timeouts",
    "calling.window": "RateLimit",
    "errors": (
        "APIStatusError AuthenticationError BadRequestError CallTimeoutError ConflictError ConnectError "
        "ConnectionLostError DecodeError DownloadError LicenceError LinkExpiredError MijnKlantportaalError "
        "NotFoundError Outcome "
        "OutcomeUnknownError PaginationError PermissionDeniedError PortalTimeWarning RateLimitedError "
        "RateLimitError RateLimitWaitError ServerError TokenRefreshError TransportError ValidationError"
    ),
    "session": "PortalSession",
    "values.clock": "Clock",
    "values.unset": "UNSET",
}
_HOMES = {name: module for module, names in _NAMES.items() for name in names.split()}
_ROOMS = {"api", "calling", "errors", "events", "session", "values"}


def _find(name: str) -> object:
    # What is asked for is what is paid for: the command has its help and its version to say without aiohttp.
    if name in _HOMES:
        found = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    elif name in _ROOMS:
        return import_module(f"{__name__}.{name}")
    elif name in __all__:
        found = getattr(models, name)
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = found
    return found


if not TYPE_CHECKING:
    # Under this name a type checker would take every attribute for granted.
    __getattr__ = _find


__all__ = [
    "UNSET",
    "APIStatusError",
    "Agreement",
    "AgreementDocument",
    "AgreementSigner",
    "AgreementStatus",
    "AgreementWithDetails",
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
    "CustomerOffer",
    "CustomerOfferLinks",
    "CustomerSubscription",
    "CustomerSubscriptionOptions",
    "CustomerSubscriptionPackage",
    "DecodeError",
    "DownloadError",
    "FileContent",
    "FileOrDirectory",
    "FileRequest",
    "FileRequestLinks",
    "FileShare",
    "FileShareLinks",
    "FileType",
    "Invoice",
    "InvoiceItem",
    "InvoiceLine",
    "IssuedPunchCard",
    "LicenceError",
    "Link",
    "LinkExpiredError",
    "MijnKlantportaalError",
    "NewAgreementSigner",
    "NewAppointment",
    "NewCustomer",
    "NewRequestedFile",
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
    "PendingSignUp",
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
    "RequestedFile",
    "Response",
    "Result",
    "RetryPolicy",
    "Run",
    "SavedFile",
    "Scheduled",
    "ServerError",
    "SubscriptionInterval",
    "SubscriptionStatus",
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
    "Unsettled",
    "ValidationError",
    "Webhook",
    "WebhookEvent",
    "with_response",
]
