"""Every exception that a call can raise, and what is known of its effect on the portal.

Plain data: they pickle (one positional message, everything else with a default and in `__dict__`), hold no live
response, and never the key. Misuse is a builtin (`TypeError`, `ValueError`,
`RuntimeError`), raised before anything is sent.
"""

from mijnklantportaal_async.errors.answer import (
    DecodeError,
    OutcomeUnknownError,
    PaginationError,
    PortalTimeWarning,
)
from mijnklantportaal_async.errors.base import (
    EXCERPT_LENGTH,
    LONGEST_TEXT,
    MijnKlantportaalError,
    Outcome,
    one_line,
)
from mijnklantportaal_async.errors.download import (
    DownloadError,
    LinkExpiredError,
)
from mijnklantportaal_async.errors.refusal import (
    APIStatusError,
    AuthenticationError,
    BadRequestError,
    ConflictError,
    LicenceError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitedError,
    RateLimitError,
    RateLimitWaitError,
    ServerError,
    TokenRefreshError,
    ValidationError,
)
from mijnklantportaal_async.errors.transport import (
    CallTimeoutError,
    ConnectError,
    ConnectionLostError,
    TransportError,
)

__all__ = [
    "EXCERPT_LENGTH",
    "LONGEST_TEXT",
    "APIStatusError",
    "AuthenticationError",
    "BadRequestError",
    "CallTimeoutError",
    "ConflictError",
    "ConnectError",
    "ConnectionLostError",
    "DecodeError",
    "DownloadError",
    "LicenceError",
    "LinkExpiredError",
    "MijnKlantportaalError",
    "NotFoundError",
    "Outcome",
    "OutcomeUnknownError",
    "PaginationError",
    "PermissionDeniedError",
    "PortalTimeWarning",
    "RateLimitError",
    "RateLimitWaitError",
    "RateLimitedError",
    "ServerError",
    "TokenRefreshError",
    "TransportError",
    "ValidationError",
    "one_line",
]
