"""The ways in which a portal can fail its clients, and the plan of which request is hit by which."""

from __future__ import annotations

import re
from enum import Enum
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

import attrs

from mijnklantportaal_async.sandbox.drawing import Drawing, check_kinds, check_share

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
    HTML_BEFORE_COMMIT = "html_before_commit"
    """200 with an HTML page, as a firewall says it; nothing was done."""
    HTML_AFTER_COMMIT = "html_after_commit"
    """200 with an HTML page; but the work was done."""
    EMPTY_BODY = "empty_body"
    """The work was done; the answer has no body."""
    ACCEPTED = "accepted"
    """The work was done; the answer is 202 instead of 201 or 200."""
    NO_CONTENT = "no_content"
    """The work was done; the answer is 204, without a body."""
    REQUEST_TIMEOUT_BEFORE_COMMIT = "request_timeout_before_commit"
    """408; nothing was done."""
    REQUEST_TIMEOUT_AFTER_COMMIT = "request_timeout_after_commit"
    """408; but the work was done."""
    CLIENT_CLOSED_BEFORE_COMMIT = "client_closed_before_commit"
    """499, as a proxy says it; nothing was done."""
    CLIENT_CLOSED_AFTER_COMMIT = "client_closed_after_commit"
    """499; but the work was done."""
    ANOTHER_RECORD = "another_record"
    """The work was done; the answer is about another record, of another person. A list stays as it is."""
    UNASKED_ANSWER = "unasked_answer"
    """Answered as it should be; 0.05 s later an answer that nobody asked for follows on the kept connection."""
    BARE_TOO_MANY_REQUESTS = "bare_too_many_requests"
    """429 without any header that tells when to come back; nothing was done."""
    ABSURD_RETRY_AFTER = "absurd_retry_after"
    """429 with a `retry-after` that cannot be: 20,000,000, 5,000 digits, the year 99999; nothing was done."""
    DEAD_LINE = "dead_line"
    """The line is dead for `dead` seconds; then the work is done and answered, unless the client reset the line."""
    RESTART = "restart"
    """All connections are reset, and new ones refused for `down` seconds; nothing was done."""


COMMON_FAULTS = tuple(Fault)[: list(Fault).index(Fault.UNKNOWN_STATUS) + 1]
"""The faults of every other day, which random faults are of when nothing else is said."""


def _in_order_of_definition(kinds: Collection[Fault]) -> tuple[Fault, ...]:
    # A set has no order of its own; the same seed must give the same faults.
    return tuple(fault for fault in Fault if fault in kinds)


@attrs.frozen
class Faults:
    """Random faults: `share` of the requests is hit by one of `kinds`; the same seed hits the same way.

    Args:
        seed: The same one gives the same faults.
        share: Between 0 and 1.
        kinds: Those of every other day when left out; `tuple(Fault)` for all.
        delay: Portal seconds until a slow or late commit.
        retry_after: Portal seconds, of a 429 or a 503.
        dead: Portal seconds for which a line is dead.
        down: Portal seconds that a restart takes.
        path: Only requests to this path, such as `/oauth/tokens`; `*` stands for anything.
    """

    seed: int
    share: float = attrs.field(validator=check_share)
    kinds: Collection[Fault] = attrs.field(
        default=COMMON_FAULTS, converter=_in_order_of_definition, validator=check_kinds
    )
    delay: float = 2.0
    retry_after: int = 1
    dead: float = 40.0
    down: float = 10.0
    path: str | None = None

    def delay_of(self, fault: Fault) -> float:
        """Return the portal seconds that a fault takes."""
        return {Fault.DEAD_LINE: self.dead, Fault.RESTART: self.down}.get(fault, self.delay)


_QUIET = Faults(seed=0, share=0)


@attrs.frozen
class FaultOrder:
    """A fault with its figures, for one request."""

    fault: Fault
    delay: float = 2.0
    retry_after: int | None = None


@attrs.define
class ScriptedFault:
    """A fault that waits for requests; `times` says how many it has not hit yet."""

    order: FaultOrder
    times: int
    method: str | None
    path: str | None

    def matches(self, method: str, path: str) -> bool:
        """Whether it hits such a request."""
        return (self.method is None or self.method.upper() == method) and _is_meant(self.path, path)


def _is_meant(wanted: str | None, path: str) -> bool:
    return wanted is None or any(_is_at(path, pattern) for pattern in (wanted, API_PREFIX + wanted))


def _is_at(path: str, wanted: str) -> bool:
    if "{" not in wanted:
        return fnmatchcase(path, wanted)
    literal = [re.escape(part) for part in re.split(r"{\w+}", wanted)]
    return re.fullmatch("[^/]+".join(literal), path) is not None


class FaultPlan:
    """Says of each request, in order of arrival, which fault hits it: scripted ones first, then random ones."""

    def __init__(self, faults: Faults | None = None) -> None:
        self._faults = faults
        self._drawing = Drawing(faults.seed, faults.share, faults.kinds) if faults else None
        self._scripted: list[ScriptedFault] = []

    def script(
        self,
        fault: Fault,
        *,
        times: int,
        method: str | None,
        path: str | None,
        delay: float | None,
        retry_after: int | None,
    ) -> ScriptedFault:
        """Put `fault` at the end of the queue, for the next `times` matching requests.

        Raises:
            ValueError: when `times` is below 1.
        """
        if times < 1:
            raise ValueError(f"times must be at least 1, not {times}")
        usual = self._faults or _QUIET
        order = FaultOrder(Fault(fault), usual.delay_of(Fault(fault)) if delay is None else delay, retry_after)
        scripted = ScriptedFault(order, times, method, path)
        self._scripted.append(scripted)
        return scripted

    def next_for(self, method: str, path: str) -> FaultOrder | None:
        """Return the fault that hits this request."""
        for scripted in self._scripted:
            if scripted.matches(method, path):
                scripted.times -= 1
                if scripted.times == 0:
                    self._scripted.remove(scripted)
                return scripted.order
        return self._random_fault(path)

    def forget_script(self) -> None:
        """Empty the queue of scripted faults."""
        self._scripted.clear()

    def _random_fault(self, path: str) -> FaultOrder | None:
        faults = self._faults
        if faults is None or self._drawing is None or not _is_meant(faults.path, path):
            return None
        fault = self._drawing.draw()
        if fault is None:
            return None
        return FaultOrder(fault, faults.delay_of(fault), faults.retry_after)
