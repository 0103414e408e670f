"""Which records belong to which call of this process, so that two equal requests never share one record."""

import asyncio
from collections import deque
from collections.abc import Hashable

TIDY_EVERY = 1.0
"""Seconds between two looks for claims that can be forgotten."""


class Claims:
    """What calls have made lately, and which calls for the same thing are under way.

    Two requests for the same thing cannot be told apart in the portal. They therefore go one after the other, and
    the second never takes the first one's record for its own.
    """

    __slots__ = ("_made", "_started", "_tidied", "_under_way")

    def __init__(self) -> None:
        # By key: when its call began, and who waits for it to end.
        self._under_way: dict[Hashable, deque[asyncio.Future[None]]] = {}
        self._started: dict[Hashable, float] = {}
        self._made: deque[tuple[float, str]] = deque()
        self._tidied = float("-inf")

    def enter_now(self, key: Hashable, now: float) -> bool:
        """Begins a call for `key`, unless one is under way."""
        if key in self._under_way:
            return False
        self._under_way[key] = deque()
        self._started[key] = now
        return True

    async def wait_for_turn(self, key: Hashable) -> None:
        """Waits until the calls for `key` that came before have ended; `begin` then says when this one began."""
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._under_way[key].append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._pass_on(key)
            raise

    def begin(self, key: Hashable, now: float) -> None:
        """Notes when a call that had to wait began."""
        self._started[key] = now

    def leave(self, key: Hashable, made: str | None, now: float, keep: float) -> None:
        """Ends a call for `key`.

        Args:
            key: As it was entered.
            made: The id of the record that is this call's.
            now: Seconds of the clock.
            keep: For how many seconds before the oldest call under way records stay claimed.
        """
        if made is not None:
            self._made.append((now, made))
        del self._started[key]
        self._pass_on(key)
        # Not after every call: the first entry of a dictionary is far behind those that were deleted before it.
        if now - self._tidied > TIDY_EVERY:
            self._tidied = now
            # Calls begin in order, so the first is the oldest.
            oldest = next(iter(self._started.values()), now)
            while self._made and self._made[0][0] < oldest - keep:
                self._made.popleft()

    def claimed(self) -> frozenset[str]:
        """The ids that belong to a call already."""
        return frozenset(identifier for _, identifier in self._made)

    def _pass_on(self, key: Hashable) -> None:
        waiting = self._under_way[key]
        while waiting:
            turn = waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        del self._under_way[key]
