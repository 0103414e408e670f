"""What happens during a call, as frozen records for hooks.

A hook is a function that takes one event. It runs on the event loop, between two steps of a call: keep it short. A
coroutine function runs beside the call, which does not wait for it; closing the session does.
"""

from collections.abc import Awaitable, Callable
from typing import TypeAlias

import attrs

from mijnklantportaal_async.errors import MijnKlantportaalError


@attrs.frozen(kw_only=True)
class AttemptStarted:
    """A request is about to be sent."""

    operation: str
    method: str
    path: str
    attempt: int
    """1 for the first."""


@attrs.frozen(kw_only=True)
class AttemptFinished:
    """A request was answered, or failed."""

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

    operation: str
    attempt: int
    """The one that failed."""
    wait: float
    """Seconds until the next."""
    error: MijnKlantportaalError


@attrs.frozen(kw_only=True)
class PermitWaited:
    """A call had to wait for the rate limit."""

    operation: str
    waited: float
    """Seconds."""


@attrs.frozen(kw_only=True)
class OutcomeReconciled:
    """After an unknown outcome somebody looked whether it had happened."""

    operation: str
    found: bool
    identifier: str | None
    """The id of what was found."""
    looks: int
    elapsed: float
    """Seconds of looking."""


Event: TypeAlias = AttemptStarted | AttemptFinished | RetryPlanned | PermitWaited | OutcomeReconciled
Hook: TypeAlias = Callable[[Event], Awaitable[None] | None]
