"""How patient the rows of a batch are."""

import attrs

LONGEST_DOUBT = 300.0
"""Seconds between two tries at the most."""


@attrs.frozen(kw_only=True)
class FlowSettings:
    """How patient a row is. Seconds of the portal's clock, unless something else is said.

    Args:
        settle: Seconds in which the service may still commit a request whose answer was lost. Exactly once holds as
            long as the service is not slower than this.
        fence: Seconds of the machine, from the slot of the rate limit, after which nothing is sent with it any more.
        unreachable_wait: Pause before a row is tried again that never got to the portal.
        blocked_wait: Pause before a row is tried again whose key the portal refused.
        doubts: How often the portal may fail at one row, and not have made it, before the row is given up.
        sibling_wait: Pause before what only this machine is to blame for is tried again.
    """

    settle: float = 10.0
    fence: float = 2.0
    unreachable_wait: float = 10.0
    blocked_wait: float = 60.0
    doubts: int = 8
    sibling_wait: float = 1.0

    def __attrs_post_init__(self) -> None:
        if self.settle < 0 or min(self.fence, self.unreachable_wait, self.blocked_wait, self.sibling_wait) <= 0:
            raise ValueError(f"{self}: give positive seconds")
        if self.doubts < 1:
            raise ValueError(f"FlowSettings(doubts={self.doubts}) would give up before trying; give 1 or more")

    def doubt_wait(self, doubts: int) -> float:
        """Pause after a portal failed at a row for the n-th time: longer and longer."""
        return min(2.0**doubts, LONGEST_DOUBT)
