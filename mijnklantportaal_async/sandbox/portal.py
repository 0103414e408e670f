"""The portal behind the wire: who may call, how often, and what the answer is. No sockets, no waiting."""

from __future__ import annotations

import logging
import math
from collections import deque
from typing import TYPE_CHECKING

import attrs

from mijnklantportaal_async.sandbox.answers import Answer, Refusal, refuse
from mijnklantportaal_async.sandbox.contract import Contract
from mijnklantportaal_async.sandbox.faults import API_PREFIX, FaultOrder, FaultPlan
from mijnklantportaal_async.sandbox.list_cache import ListCache
from mijnklantportaal_async.sandbox.oauth.desk import TOKENS
from mijnklantportaal_async.sandbox.rate_window import RateVerdict, RateWindow, RateWindowKind, open_rate_window
from mijnklantportaal_async.sandbox.records import ReceivedRequest
from mijnklantportaal_async.sandbox.scopes import token_in
from mijnklantportaal_async.sandbox.tag import Call, Tag
from mijnklantportaal_async.sandbox.wall_time import moment

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from zoneinfo import ZoneInfo

    from mijnklantportaal_async.sandbox.clock import PortalClock
    from mijnklantportaal_async.sandbox.manners import Manners
    from mijnklantportaal_async.sandbox.oauth.desk import OAuthDesk
    from mijnklantportaal_async.sandbox.scopes import Keyring

_LOGGER = logging.getLogger(__name__)
MOST_REQUESTS_KEPT = 100_000


@attrs.frozen
class RateSettings:
    """The rate limit that every key has; a `limit` of `None` is no limit."""

    limit: int | None
    period: float
    kind: RateWindowKind


@attrs.frozen
class Reception:
    """A request after the door: refused already, or let in with its key and perhaps a fault."""

    record: ReceivedRequest
    key: str = ""
    refusal: Answer | None = None
    fault: FaultOrder | None = None
    headers: Mapping[str, str] = attrs.field(factory=dict[str, str])
    """The rate limit's headers, which every answer to this request carries."""


@attrs.define
class PortalCounters:
    """What the page counts."""

    received: int = 0
    faulted: int = 0
    too_many: int = 0


class Portal:
    """The state of the API: keys, rate windows, faults, the journal of requests."""

    def __init__(
        self,
        *,
        clock: PortalClock,
        keyring: Keyring,
        rate: RateSettings,
        plan: FaultPlan,
        zone: ZoneInfo,
        unlicensed: Collection[str],
        manners: Manners,
        desk: OAuthDesk,
    ) -> None:
        self._desk = desk
        self.clock = clock
        self.keyring = keyring
        self.rate = rate
        self.plan = plan
        self._zone = zone
        self._unlicensed = unlicensed
        self.manners = manners
        self._cache = ListCache(manners, clock)
        self.counters = PortalCounters()
        self.requests: deque[ReceivedRequest] = deque(maxlen=MOST_REQUESTS_KEPT)
        self.token_requests: deque[ReceivedRequest] = deque(maxlen=MOST_REQUESTS_KEPT)
        self._contract = Contract(())
        self._tags: Mapping[str, Tag] = {}
        self._windows: dict[str, RateWindow] = {}

    def serve(self, contract: Contract, tags: Mapping[str, Tag]) -> None:
        """Take up the operations; until then every path is unknown."""
        self._contract = contract
        self._tags = tags

    def note(self, method: str, path: str, query: dict[str, str], headers: dict[str, str]) -> ReceivedRequest:
        """Write down that a request arrived; those for tokens in a list of their own."""
        self.counters.received += 1
        record = ReceivedRequest(
            number=self.counters.received,
            method=method,
            path=path,
            query=query,
            headers=headers,
            body=b"",
            at=self.clock.seconds(),
        )
        (self.token_requests if path == TOKENS else self.requests).append(record)
        return record

    def receive(self, record: ReceivedRequest, authorization: str | None) -> Reception:
        """Let a request in or refuse it at the door: first the key, then the rate limit, then the faults."""
        if record.path == TOKENS:
            self._desk.note_grant(record)
            return Reception(record, fault=self._fault_for(record))
        if record.path != API_PREFIX and not record.path.startswith(API_PREFIX + "/"):
            return Reception(record, refusal=Answer(404, {"message": "Not found."}))
        key = self.keyring.key_of(authorization)
        if key is None:
            record.dead_for = self._desk.dead_for(token_in(authorization) or "")
            refusal = Answer(401, {"message": "Unauthenticated."}, {"WWW-Authenticate": "Bearer"})
            return Reception(record, refusal=refusal)
        if self.keyring.is_grant(key):
            record.grant = key
        verdict = self._take(key)
        headers = self.manners.limit_headers({} if verdict is None else rate_headers(verdict), record.number)
        if verdict is not None and not verdict.allowed:
            return Reception(record, key=key, refusal=self.too_many_requests(verdict.wait), headers=headers)
        return Reception(record, key=key, fault=self._fault_for(record), headers=headers)

    def _fault_for(self, record: ReceivedRequest) -> FaultOrder | None:
        fault = self.plan.next_for(record.method, record.path)
        if fault is not None:
            record.fault = fault.fault
            self.counters.faulted += 1
        return fault

    def commit(self, reception: Reception) -> Answer:
        """Do what a request that was let in asks for."""
        try:
            record, key = reception.record, reception.key
            if record.path == TOKENS:
                return self._desk.answer(record)
            return self._cache.answer(key, record, lambda: self._play(record, key))
        except Refusal as refusal:
            return refusal.answer
        except Exception:
            # A mistake of the sandbox itself must look like one: a 500, and a traceback in the log.
            _LOGGER.exception("the sandbox failed at %s %s", reception.record.method, reception.record.path)
            return Answer(500, {"message": "Server Error"})

    def too_many_requests(self, wait: float) -> Answer:
        """Build the 429 that tells to come back after `wait` portal seconds."""
        self.counters.too_many += 1
        whole_seconds = max(1, math.ceil(wait))
        resets_at = math.ceil(self.clock.timestamp() + wait)
        headers = {"retry-after": str(whole_seconds), "x-ratelimit-reset": str(resets_at)}
        return Answer(429, {"code": 429, "message": "Too many requests."}, headers)

    def rate_verdicts(self) -> dict[str, RateVerdict]:
        """Return how full the window of each key is that called so far."""
        return {key: window.look(self.clock.seconds()) for key, window in self._windows.items()}

    def clear(self) -> None:
        """Forget the requests, the counts, the rate windows and the scripted faults."""
        self.requests.clear()
        self.token_requests.clear()
        self.counters = PortalCounters()
        self._windows.clear()
        self._cache.clear()
        self.plan.forget_script()

    def _take(self, key: str) -> RateVerdict | None:
        if self.rate.limit is None:
            return None
        window = self._windows.get(key)
        if window is None:
            window = self._windows[key] = open_rate_window(self.rate.kind, self.rate.limit, self.rate.period)
        return window.take(self.clock.seconds())

    def _play(self, record: ReceivedRequest, key: str) -> Answer:
        found = self._contract.find(record.path.removeprefix(API_PREFIX))
        if found is None:
            raise refuse(404, "Not found.")
        path, parameters = found
        operation = path.operations.get(record.method)
        if operation is None:
            allowed = ", ".join(path.operations)
            message = f"The {record.method} method is not supported for this route. Supported methods: {allowed}."
            raise refuse(405, message, {"Allow": allowed})
        tag = self._tags[operation.tag]
        scope = tag.scope_of(operation)
        if scope is not None and not self.keyring.allows(key, scope):
            raise refuse(403, "Invalid scope(s) provided.")
        if operation.tag in self._unlicensed:
            raise refuse(426, "This feature is not part of the current licence.")
        return tag.play(
            Call(
                operation=operation,
                parameters=parameters,
                query=record.query,
                body=record.body,
                content_type=record.headers.get("content-type", ""),
                now=moment(self.clock.timestamp(), self._zone),
            )
        )


def rate_headers(verdict: RateVerdict) -> dict[str, str]:
    """Return the headers that tell a client where it stands."""
    return {"X-RateLimit-Limit": str(verdict.limit), "X-RateLimit-Remaining": str(verdict.remaining)}
