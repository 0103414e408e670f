"""Async client for the MijnKlantportaal API that schedules an appointment exactly once."""

from mijnklantportaal_async.api.appointment_models import Appointment, AppointmentStatus, NewAppointment, Scheduled
from mijnklantportaal_async.api.customer_models import Customer, NewCustomer
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
    "ConflictError",
    "ConnectError",
    "ConnectionLostError",
    "Customer",
    "DecodeError",
    "LicenceError",
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
    "PermissionDeniedError",
    "PortalSession",
    "PortalTimeWarning",
    "Priority",
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
    "Timeouts",
    "TokenRefreshError",
    "TransportError",
    "Unknown",
    "ValidationError",
    "with_response",
]
