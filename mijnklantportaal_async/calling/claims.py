"""Which records belong to which call of this process, so that two equal requests never share one record."""

import asyncio
import threading
from collections import deque
from collections.abc import Collection, Hashable
from typing import NamedTuple

TIDY_EVERY = 1.0
"""Seconds between two looks for claims that can be forgotten."""


class Turn:
    """The place of one call among those for the same thing.

    Attributes:
        places: What it must not share, and with whom: calls of the same place and kind do not disturb each other.
        started: When the call began, in seconds of its clock.
    """

    __slots__ = ("_ended", "_waiting", "places", "started")

    def __init__(self, places: "tuple[Place, ...]", started: float) -> None:
        self.places = places
        self.started = started
        self._ended = False
        self._waiting: list[tuple[asyncio.AbstractEventLoop, asyncio.Future[None]]] = []

    def kind_at(self, key: Hashable) -> Hashable:
        """The kind that it has at a key."""
        return next(place.kind for place in self.places if place.key == key)

    def hear(self) -> "asyncio.Future[None] | None":
        """A future that is done when the call has ended; None when it has already. It belongs to the running loop."""
        if self._ended:
            return None
        loop = asyncio.get_running_loop()
        ended: asyncio.Future[None] = loop.create_future()
        self._waiting.append((loop, ended))
        return ended

    def end(self) -> None:
        """Tells everybody who waits, on whatever loop."""
        self._ended = True
        waiting, self._waiting = self._waiting, []
        for loop, ended in waiting:
            # A loop that is closed has nobody left who waits.
            if not loop.is_closed():
                loop.call_soon_threadsafe(_resolve, ended)


class Place(NamedTuple):
    """What a call must not share with others."""

    key: Hashable
    kind: Hashable = None
    """Calls of one kind do not disturb each other there; those without a kind disturb everybody."""


class Claims:
    """What calls have made lately, and which calls for the same thing are under way. Of one portal and key.

    Two requests for the same thing cannot be told apart in the portal. They therefore go one after the other, and
    the second never takes the first one's record for its own. Sessions on several threads may share it.
    """

    __slots__ = ("_at", "_ids", "_keep", "_kept_elsewhere", "_lock", "_made", "_started", "_tidied", "forgotten")

    def __init__(self) -> None:
        # By key: the turn of the call that is under way; or those of several by their kind, in their order.
        self._at: dict[Hashable, Turn | dict[Hashable, dict[Turn, None]]] = {}
        self._started: dict[Turn, None] = {}
        self._made: deque[tuple[float, str]] = deque()
        self._ids: set[str] = set()
        self._kept_elsewhere: set[str] = set()
        self._keep = 0.0
        self._tidied = float("-inf")
        self._lock = threading.Lock()
        self.forgotten = float("-inf")
        """When the latest of the records that are forgotten was made."""

    def enter(self, places: tuple[Place, ...], now: float) -> tuple[Turn, Collection[Turn]]:
        """Takes a turn: at once where no others come back, otherwise once those have ended. `leave` ends it."""
        turn = Turn(places, now)
        before: dict[Turn, None] = {}
        at = self._at
        with self._lock:
            for place in places:
                there = at.get(place.key)
                if there is None:
                    # Mostly nobody is there, and nobody comes.
                    at[place.key] = turn
                    continue
                if isinstance(there, Turn):
                    there = at[place.key] = {there.kind_at(place.key): {there: None}}
                for kind, turns in there.items():
                    if kind is None or kind != place.kind:
                        before.update(turns)
                there.setdefault(place.kind, {})[turn] = None
            self._started[turn] = None
        return turn, before

    def begin(self, turn: Turn, now: float) -> None:
        """Notes when a call that had to wait began."""
        turn.started = now

    def leave(self, turn: Turn, made: str | None, now: float, keep: float) -> None:
        """Ends a turn, also of a call that was cancelled while it waited.

        Args:
            turn: As it was entered.
            made: The id of the record that is this call's.
            now: Seconds of the clock.
            keep: For how many seconds before the oldest call under way records stay claimed.
        """
        with self._lock:
            if made is not None:
                self._made.append((now, made))
                self._ids.add(made)
            self._started.pop(turn, None)
            for place in turn.places:
                there = self._at[place.key]
                if isinstance(there, Turn):
                    del self._at[place.key]
                    continue
                del there[place.kind][turn]
                if not there[place.kind]:
                    del there[place.kind]
                    if not there:
                        del self._at[place.key]
            if keep > self._keep:
                self._keep = keep
            # Not after every call: the first entry of a dictionary is far behind those that were deleted before it.
            if now - self._tidied > TIDY_EVERY:
                self._tidied = now
                self._forget(now)
        turn.end()

    def keep_all(self) -> None:
        """Forgets nothing from now on: somebody looks for what was made who has more time than a call."""
        self._keep = float("inf")

    def claimed(self) -> frozenset[str]:
        """The ids that belong to a call already."""
        with self._lock:
            return frozenset(self._ids)

    def hand_over(self, identifier: str) -> None:
        """Somebody keeps account of a record who outlives this process, and knows better whose it is."""
        self._kept_elsewhere.add(identifier)

    def claimed_here(self) -> frozenset[str]:
        """The ids of which only this process knows that they belong to a call."""
        with self._lock:
            return frozenset(self._ids - self._kept_elsewhere)

    def is_claimed(self, identifier: str) -> bool:
        """Whether a record belongs to a call already."""
        return identifier in self._ids

    def _forget(self, now: float) -> None:
        oldest = min((turn.started for turn in self._started), default=now)
        while self._made and self._made[0][0] < oldest - self._keep:
            self.forgotten, identifier = self._made.popleft()
            self._ids.discard(identifier)


def _resolve(ended: "asyncio.Future[None]") -> None:
    if not ended.done():
        ended.set_result(None)
