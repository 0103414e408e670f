"""A clock that a test moves on."""

from mijnklantportaal_async.values.clock import Clock

SPEED = 20.0
"""Portal seconds for each real second, so that backoff, settling and the rate limit take no time in a test."""


class MovableClock(Clock):
    """Runs on by itself, and jumps ahead when a test says so; for sessions and sandboxes on any thread.

    What waits when it is moved goes on waiting: a sleep is a timer of the event loop's. Whatever looks at the time
    afterwards sees the new one: the minute of a rate limit is over.

    Args:
        speed: Seconds of this clock for each real second.
    """

    def __init__(self, speed: float = SPEED) -> None:
        super().__init__(speed)
        self._ahead = 0.0

    def monotonic(self) -> float:
        """Seconds since some moment; never goes back."""
        return super().monotonic() + self._ahead

    def wall(self) -> float:
        """Seconds since 1970, in step with `monotonic`."""
        return super().wall() + self._ahead

    def move_on(self, seconds: float) -> None:
        """Jumps ahead.

        Args:
            seconds: Of this clock; 0 or more.

        Raises:
            ValueError: Time does not go back.
        """
        if not 0 <= seconds < float("inf"):
            raise ValueError(f"move_on({seconds!r}): time goes on only; give seconds, 0 or more")
        self._ahead += seconds
