"""The ways in which a portal can fail its clients, and the plan of which request is hit by which."""

from __future__ import annotations

import random
from enum import Enum
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from collections.abc import Collection

API_PREFIX = "/v1"


class Fault(str, Enum):  # noqa: UP042 - StrEnum would change what str() and repr() show in test output
    """One way to fail. A request that only reads has nothing to commit; it can be hit all the same."""

    DROP_BEFORE_COMMIT = "drop_before_commit"
    """The connection is cut without an answer; nothing was done."""
    DROP_AFTER_COMMIT = "drop_after_commit"
    """The connection is cut without an answer; the work was done."""
    STALL = "stall"
    """Never answers, until the client leaves or the sandbox stops; nothing was done."""
    STALL_AFTER_COMMIT = "stall_after_commit"
    """Never answers, until the client leaves or the sandbox stops; the work was done."""
    SLOW_COMMIT = "slow_commit"
    """Waits `delay`, then does the work and answers; does the work even when the client has left."""
    LATE_COMMIT = "late_commit"
    """The connection is cut at once; the work is done `delay` later."""
    HALF_BODY = "half_body"
    """The work was done; half of the answer's body arrives, then the connection is cut."""
    BAD_GATEWAY = "bad_gateway"
    """502 with an HTML page; nothing was done."""
    UNAVAILABLE_BEFORE_COMMIT = "unavailable_before_commit"
    """503; nothing was done."""
    UNAVAILABLE_AFTER_COMMIT = "unavailable_after_commit"
    """503; but the work was done."""
    TOO_MANY_REQUESTS = "too_many_requests"
    """429 although there was room, as when somebody else uses the key; nothing was done."""
    MALFORMED_JSON = "malformed_json"
    """The work was done; the body of the answer is not JSON."""
    UNKNOWN_FIELDS = "unknown_fields"
    """The work was done; the answer has keys that nobody documented."""
    UNKNOWN_STATUS = "unknown_status"
    """The work was done; the answer has a status that nobody documented, if it has one at all."""


def _share_of_requests(_: object, __: object, share: float) -> None:
    if not 0 <= share <= 1:
        raise ValueError(f"share lies between 0 and 1, not {share}")


def _some_kinds(_: object, __: object, kinds: tuple[Fault, ...]) -> None:
    if not kinds:
        raise ValueError("kinds is empty: name at least one fault")


def _in_order_of_definition(kinds: Collection[Fault]) -> tuple[Fault, ...]:
    # A set has no order of its own; the same seed must give the same faults.
    return tuple(fault for fault in Fault if fault in kinds)


@attrs.frozen
class Faults:
    """Random faults: `share` of the requests is hit by one of `kinds`; the same seed hits the same way.

    Delays and `retry_after` are in portal seconds.
    """

    seed: int
    share: float = attrs.field(validator=_share_of_requests)
    kinds: Collection[Fault] = attrs.field(
        default=tuple(Fault), converter=_in_order_of_definition, validator=_some_kinds
    )
    delay: float = 2.0
    retry_after: int = 1


@attrs.frozen
class FaultOrder:
    """A fault with its figures, for one request."""

    fault: Fault
    delay: float = 2.0
    retry_after: int | None = None


@attrs.define
class _ScriptedFault:
    order: FaultOrder
    times: int
    method: str | None
    path: str | None

    def matches(self, method: str, path: str) -> bool:
        if self.method is not None and self.method.upper() != method:
            return False
        return self.path is None or any(fnmatchcase(path, wanted) for wanted in (self.path, API_PREFIX + self.path))


class FaultPlan:
    """Says of each request, in order of arrival, which fault hits it: scripted ones first, then random ones."""

    def __init__(self, faults: Faults | None = None) -> None:
        self._faults = faults
        self._random = random.Random(faults.seed if faults else 0)
        self._scripted: list[_ScriptedFault] = []

    def script(
        self,
        fault: Fault,
        *,
        times: int,
        method: str | None,
        path: str | None,
        delay: float | None,
        retry_after: int | None,
    ) -> None:
        """Put `fault` at the end of the queue, for the next `times` matching requests.

        Raises:
            ValueError: when `times` is below 1.
        """
        if times < 1:
            raise ValueError(f"times must be at least 1, not {times}")
        usual_delay = self._faults.delay if self._faults else 2.0
        order = FaultOrder(Fault(fault), usual_delay if delay is None else delay, retry_after)
        self._scripted.append(_ScriptedFault(order, times, method, path))

    def next_for(self, method: str, path: str) -> FaultOrder | None:
        """Return the fault that hits this request."""
        for scripted in self._scripted:
            if scripted.matches(method, path):
                scripted.times -= 1
                if scripted.times == 0:
                    self._scripted.remove(scripted)
                return scripted.order
        return self._random_fault()

    def forget_script(self) -> None:
        """Empty the queue of scripted faults."""
        self._scripted.clear()

    def _random_fault(self) -> FaultOrder | None:
        faults = self._faults
        if faults is None:
            return None
        # Both draws for every request: which requests are hit does not depend on how many kinds there are.
        hit, kind = self._random.random(), self._random.random()
        if hit >= faults.share:
            return None
        kinds = tuple(faults.kinds)
        return FaultOrder(kinds[int(kind * len(kinds))], faults.delay, faults.retry_after)
