"""What happens during a call, as frozen records for hooks.

A hook is a function that takes one event. It runs on the event loop, between two steps of a call: keep it short. A
coroutine function runs beside the call, which does not wait for it; closing the session does.
"""

from collections.abc import Awaitable, Callable
from typing import TypeAlias

import attrs

from mijnklantportaal_async.errors import MijnKlantportaalError


@attrs.frozen(kw_only=True)
class CallStarted:
    """A coroutine of a session was called, and begins."""

    call: int
    """Its number, the same in all events of the call; no other call of the process has it."""
    operation: str
    method: str
    path: str
    template: str | None
    """The path without ids, such as `/customers/{customer_id}`; None for `PortalSession.request`."""
    base_url: str
    """Where the API is."""


@attrs.frozen(kw_only=True)
class CallFinished:
    """A call has returned, or raised."""

    call: int
    operation: str
    attempts: int
    """Requests sent for it, or tried to be; looks not counted."""
    elapsed: float
    """Seconds from beginning to end, waiting included."""
    error: BaseException | None
    """What it raised: mostly a `MijnKlantportaalError`; a cancellation too."""


@attrs.frozen(kw_only=True)
class AttemptStarted:
    """A request is about to be sent."""

    call: int
    operation: str
    """Another than that of the call for a look."""
    method: str
    path: str
    attempt: int
    """1 for the first."""


@attrs.frozen(kw_only=True)
class AttemptFinished:
    """A request was answered, or failed."""

    call: int
    operation: str
    method: str
    path: str
    attempt: int
    elapsed: float
    """Seconds from the start of the attempt."""
    status: int | None
    """None when no answer came."""
    error: MijnKlantportaalError | None


@attrs.frozen(kw_only=True)
class RetryPlanned:
    """An attempt failed and there will be another."""

    call: int
    operation: str
    attempt: int
    """The one that failed."""
    wait: float
    """Seconds until the next."""
    error: MijnKlantportaalError


@attrs.frozen(kw_only=True)
class PermitWaited:
    """A call had to wait for the rate limit."""

    call: int
    operation: str
    waited: float
    """Seconds."""


@attrs.frozen(kw_only=True)
class OutcomeReconciled:
    """After an unknown outcome somebody looked whether it had happened."""

    call: int
    operation: str
    found: bool
    identifier: str | None
    """The id of what was found."""
    looks: int
    elapsed: float
    """Seconds of looking."""


@attrs.frozen(kw_only=True)
class RenewalAwaited:
    """A call waits for a renewal of its owner's tokens, which is a call of its own, `renew_tokens`, of an `OAuthApp`.

    The hook runs in the context of the one that waits.
    """

    call: int
    """The number of the renewal."""
    operation: str


Event: TypeAlias = (
    CallStarted
    | CallFinished
    | AttemptStarted
    | AttemptFinished
    | RetryPlanned
    | PermitWaited
    | OutcomeReconciled
    | RenewalAwaited
)
Hook: TypeAlias = Callable[[Event], Awaitable[None] | None]
