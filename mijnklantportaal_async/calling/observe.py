"""Tells hooks and the log what happens; costs nothing where nobody listens."""

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mijnklantportaal_async.events import Event, Hook

logger = logging.getLogger("mijnklantportaal_async")
logger.addHandler(logging.NullHandler())


class Observer:
    """Passes events on.

    Args:
        hooks: Functions of the user's. One that raises is logged, and never breaks a call.
    """

    __slots__ = ("_hooks",)

    def __init__(self, hooks: "Sequence[Hook]") -> None:
        self._hooks = tuple(hooks)

    @property
    def listens(self) -> bool:
        """Whether anybody wants to hear of calls that go well; of others everybody is told."""
        return bool(self._hooks) or logger.isEnabledFor(logging.DEBUG)

    def emit(self, event: "Event") -> None:
        """Tells everybody."""
        logger.log(_level(event), "%s", event)
        for hook in self._hooks:
            try:
                hook(event)
            except Exception:
                logger.exception("the hook %r failed on %r", hook, type(event).__name__)


def _level(event: "Event") -> int:
    from mijnklantportaal_async.events import AttemptFinished, OutcomeReconciled, RetryPlanned

    match event:
        case RetryPlanned() | OutcomeReconciled():
            return logging.WARNING
        case AttemptFinished() if event.error is not None:
            return logging.INFO
        case _:
            return logging.DEBUG
