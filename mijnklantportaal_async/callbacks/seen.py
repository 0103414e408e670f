"""Which calls were worked through: the portal may call more than once, and two copies may come at once.

A call is *claimed* by one, worked through, and then *done*. Who comes meanwhile is sent away, who comes later is told
that it is done. A claim ends by itself: a process that was killed must not hold up the call for ever.
"""

import secrets
from collections import OrderedDict
from itertools import islice
from typing import Literal, Protocol, TypeAlias

import attrs

from mijnklantportaal_async.values.checks import check_count, check_seconds
from mijnklantportaal_async.values.clock import Clock

LEASE = 600.0
"""Seconds that a claim holds."""

KEEP = 7 * 86_400.0
"""Seconds for which it is remembered that a call was worked through. How long the service tries is not documented."""


@attrs.frozen
class Claim:
    """A call that is ours to work through."""

    fingerprint: str
    token: str
    """Of this claim only: one that was lost in the meantime changes nothing any more."""
    note: bytes | None = attrs.field(default=None, repr=False)
    """What was kept with it: all that is needed to work it through, where it was answered before."""


Seen: TypeAlias = Literal["claimed", "done"]


class SeenStore(Protocol):
    """Remembers calls. Write one for a store of yours: each method has to be one atomic step."""

    @property
    def is_durable(self) -> bool:
        """Whether what it keeps outlives the process."""
        ...

    async def claim(self, fingerprint: str, note: bytes | None = None) -> Claim | Seen:
        """Takes a call, if nobody has.

        Args:
            fingerprint: Of the call.
            note: What to keep until it is done.

        Returns:
            The claim; or `"claimed"` when somebody is at it, `"done"` when it was worked through.
        """
        ...

    async def done(self, claim: Claim) -> None:
        """It was worked through: what was kept with it is forgotten, that it was done is not."""
        ...

    async def release(self, claim: Claim) -> None:
        """It was not worked through: the next copy may try."""
        ...

    async def overdue(self) -> list[Claim]:
        """Claims with a note that have ended without being done, each claimed anew for the caller."""
        ...


@attrs.define
class _Entry:
    state: Seen
    token: str
    until: float
    note: bytes | None


class MemorySeen:
    """Remembers calls in this process: right for one process, until it ends.

    Args:
        lease: Seconds that a claim holds; longer than your slowest handler.
        keep: Seconds for which it remembers what is done.
        most: Calls that it remembers; beyond, the oldest that are done are forgotten first.
        clock: Where its time comes from.
    """

    is_durable = False

    def __init__(
        self, *, lease: float = LEASE, keep: float = KEEP, most: int = 100_000, clock: Clock | None = None
    ) -> None:
        self._lease = check_seconds(lease, "MemorySeen(lease=...)")
        self._keep = check_seconds(keep, "MemorySeen(keep=...)")
        self._most = check_count(most, "MemorySeen(most=...)")
        self._clock = clock or Clock()
        self._entries: OrderedDict[str, _Entry] = OrderedDict()

    async def claim(self, fingerprint: str, note: bytes | None = None) -> Claim | Seen:
        """Takes a call, if nobody has."""
        entry, now = self._entries.get(fingerprint), self._clock.monotonic()
        if entry is not None and entry.until > now:
            return entry.state
        return self._take(fingerprint, note, now)

    async def done(self, claim: Claim) -> None:
        """It was worked through."""
        entry = self._held(claim)
        if entry is not None:
            entry.state, entry.note, entry.until = "done", None, self._clock.monotonic() + self._keep
            self._forget()

    async def release(self, claim: Claim) -> None:
        """It was not worked through."""
        if self._held(claim) is not None:
            del self._entries[claim.fingerprint]

    async def overdue(self) -> list[Claim]:
        """Claims with a note that have ended without being done."""
        now = self._clock.monotonic()
        over = [(name, entry.note) for name, entry in self._entries.items() if _is_overdue(entry, now)]
        return [self._take(name, note, now) for name, note in over]

    def _take(self, fingerprint: str, note: bytes | None, now: float) -> Claim:
        claim = Claim(fingerprint, secrets.token_hex(8), note)
        self._entries[fingerprint] = _Entry("claimed", claim.token, now + self._lease, note)
        self._entries.move_to_end(fingerprint)
        return claim

    def _held(self, claim: Claim) -> _Entry | None:
        entry = self._entries.get(claim.fingerprint)
        return entry if entry is not None and (entry.state, entry.token) == ("claimed", claim.token) else None

    def _forget(self) -> None:
        """A few of the oldest, each time: whoever is told that a call is done must not wait for a walk through all."""
        now = self._clock.monotonic()
        for name, entry in list(islice(self._entries.items(), _AT_ONCE)):
            is_over = entry.until <= now and entry.note is None
            if is_over or (entry.state == "done" and len(self._entries) > self._most):
                del self._entries[name]


_AT_ONCE = 16


def _is_overdue(entry: _Entry, now: float) -> bool:
    return entry.state == "claimed" and entry.note is not None and entry.until <= now
