"""What users get for their own tests."""

import pytest
from given import WANTED
from moved_time import LoopClock

from mijnklantportaal_async import RetryPolicy
from mijnklantportaal_async.sandbox import Fault
from mijnklantportaal_async.testing import portal_in_sandbox


async def test_a_portal_for_one_block() -> None:
    settings = {"retry": RetryPolicy(attempts=2)}
    async with portal_in_sandbox(clock=LoopClock(), rate_limit=None, session=settings) as (portal, sandbox):
        sandbox.fail_next(Fault.UNAVAILABLE_AFTER_COMMIT)
        made = await portal.schedule_appointment(**WANTED)
        assert [item.id for item in sandbox.appointments] == [made.id]


@pytest.mark.parametrize("fault", [fault for fault in Fault if fault is not Fault.ABSURD_RETRY_AFTER])
async def test_every_fault_ends_with_one_appointment(fault: Fault) -> None:
    async with portal_in_sandbox(clock=LoopClock()) as (portal, sandbox):
        sandbox.fail_next(fault)
        made = await portal.schedule_appointment(**WANTED)
        assert [item.id for item in sandbox.appointments] == [made.id]
