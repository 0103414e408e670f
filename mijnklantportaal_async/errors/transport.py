"""The way to the portal: no complete answer came."""

from typing import Any

from mijnklantportaal_async.errors.base import MijnKlantportaalError, Outcome
from mijnklantportaal_async.texts.words import words


class TransportError(MijnKlantportaalError):
    """No complete answer came."""


class ConnectError(TransportError):
    """No connection could be made, so nothing was sent: refused, no such host, TLS, or too slow.

    Attributes:
        is_permanent: Trying again does not help: the certificate was not accepted, or the session was closed.
    """

    advice = words("Nothing was sent. Check the network, base_url and proxy, then call again.")

    def __init__(self, message: str, *, is_permanent: bool = False, **context: Any) -> None:
        super().__init__(message, **context)
        self.is_permanent = is_permanent

    def _advice(self) -> str:
        if self.is_permanent:
            return words("Nothing was sent. Trying again without a change will not help.")
        return self.advice


class ConnectionLostError(TransportError):
    """The connection broke after the request had left, or may have."""

    default_outcome = Outcome.UNKNOWN
    advice = words("Look whether it happened before you call again.")


class CallTimeoutError(TransportError, TimeoutError):
    """A clock ran out.

    Attributes:
        clock: Which one of `Timeouts`: `queue`, `attempt` or `call`.
        seconds: How long it was.
    """

    def __init__(self, message: str, *, clock: str = "attempt", seconds: float | None = None, **context: Any) -> None:
        super().__init__(message, **context)
        self.clock = clock
        self.seconds = seconds

    def _advice(self) -> str:
        if self.outcome is Outcome.UNKNOWN:
            return words(
                "Look whether it happened before you call again, or give Timeouts({clock}=...) more seconds.",
                clock=self.clock,
            )
        return words("Call again, or give Timeouts({clock}=...) more seconds.", clock=self.clock)
