"""Time as something that is handed in, so that tests and the sandbox can let it run faster."""

import asyncio
import time


class Clock:
    """The machine's own clock. Seconds everywhere.

    Args:
        speed: Seconds of this clock for each real second. 1 except in tests and against a sandbox of the same speed.
    """

    def __init__(self, speed: float = 1.0) -> None:
        if isinstance(speed, bool) or not isinstance(speed, (int, float)):
            raise TypeError(f"speed must be a number, not {type(speed).__name__}")
        if not 0 < speed < float("inf"):
            raise ValueError(f"speed={speed} must be above 0")
        self.speed = speed
        self._began = time.time()
        if speed == 1 and type(self) is Clock:
            # Asked several times a call.
            self.monotonic = time.monotonic  # type: ignore[method-assign]
            self.wall = time.time  # type: ignore[method-assign]

    def monotonic(self) -> float:
        """Seconds since some moment; never goes back."""
        return time.monotonic() * self.speed

    def wall(self) -> float:
        """Seconds since 1970 by the machine's calendar clock, which goes on while the machine sleeps; it can be set."""
        return self._began + (time.time() - self._began) * self.speed

    async def sleep(self, seconds: float) -> None:
        """Waits, without holding up anybody else."""
        await asyncio.sleep(seconds / self.speed)

    def real(self, seconds: float) -> float:
        """How many seconds of the machine are so many of this clock."""
        return seconds / self.speed

    def __repr__(self) -> str:
        return f"Clock(speed={self.speed:g})"
