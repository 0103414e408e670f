"""The real flow, and two that leave something out: what they break shows that the runs can see it."""

from typing import Any

import attrs

from mijnklantportaal_async.batch.flow import RowFlow
from mijnklantportaal_async.batch.ledger import Verdict
from mijnklantportaal_async.batch.rows import Doubt, RowAtWork


class FlowThatDoesNotLook(RowFlow):
    """What everybody else does: whatever came to an unclear end is sent again."""

    async def settle_doubt(self, work: Any, reason: str, *, is_applied: bool = False) -> Verdict:
        return self._again(work.at_work, reason)


class FlowWithoutFence(RowFlow):
    """Trusts the engine that what is not recorded has not happened."""

    async def run(self, at_work: RowAtWork) -> Verdict:
        return await super().run(attrs.evolve(at_work, doubt=Doubt.NONE))


FLOWS: dict[str, type[RowFlow]] = {
    "real": RowFlow,
    "does not look": FlowThatDoesNotLook,
    "has no fence": FlowWithoutFence,
}
