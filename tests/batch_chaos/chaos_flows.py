"""The real flow, and two that leave something out: what they break shows that the runs can see it."""

from typing import Any

from mijnklantportaal_async.batch.flow import Fence, RowFlow
from mijnklantportaal_async.calling.rate_limit import Priority

Json = dict[str, Any]


class FlowThatDoesNotLook(RowFlow):
    """What everybody else does: whatever came to an unclear end is sent again."""

    async def settle_doubt(self, work: Any, reason: str, doubts: int, *, is_applied: bool = False) -> Json:
        return {"outcome": "again", "message": reason, "wait": 0.0, "doubts": doubts}


class FlowWithoutFence(RowFlow):
    """Trusts the engine that a step which is not recorded has not happened."""

    async def _attempt(self, work: Any, doubts: int) -> Json:
        fence, work.fence = work.fence, None
        if fence is None:
            fence = Fence.now(await self._limiter.take(Priority.BACKGROUND, None))
        return await self._send(work, fence, doubts)


FLOWS: dict[str, type[RowFlow]] = {
    "real": RowFlow,
    "does not look": FlowThatDoesNotLook,
    "has no fence": FlowWithoutFence,
}
