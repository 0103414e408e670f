"""What users get for their own tests."""

import subprocess
import sys
from pathlib import Path

import pytest
from given import WANTED
from moved_time import LoopClock

from mijnklantportaal_async import RetryPolicy
from mijnklantportaal_async.sandbox import Fault
from mijnklantportaal_async.testing import portal_in_sandbox

TEST_OF_A_USER = """
from datetime import datetime
from zoneinfo import ZoneInfo

from mijnklantportaal_async.sandbox import Fault

async def test_booking(portal_session, portal_sandbox):
    portal_sandbox.fail_next(Fault.DROP_AFTER_COMMIT)
    zone = ZoneInfo("Europe/Amsterdam")
    await portal_session.schedule_appointment(
        name="Intake",
        starts_at=datetime(2027, 3, 5, 14, 30, tzinfo=zone),
        ends_at=datetime(2027, 3, 5, 15, 0, tzinfo=zone),
        customer_id="cst_1",
    )
    assert len(portal_sandbox.appointments) == 1
"""


async def test_a_portal_for_one_block() -> None:
    settings = {"retry": RetryPolicy(attempts=2)}
    async with portal_in_sandbox(clock=LoopClock(), rate_limit=None, session=settings) as (portal, sandbox):
        sandbox.fail_next(Fault.UNAVAILABLE_AFTER_COMMIT)
        made = await portal.schedule_appointment(**WANTED)
        assert [item.id for item in sandbox.appointments] == [made.id]


def test_fixtures_in_the_tests_of_a_user(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text('pytest_plugins = ["mijnklantportaal_async.testing"]\n')
    (tmp_path / "test_booking.py").write_text(TEST_OF_A_USER)
    options = ["-o", "asyncio_mode=auto", "-o", "asyncio_default_fixture_loop_scope=function", "-W", "error"]
    command = [sys.executable, "-m", "pytest", "-q", *options, str(tmp_path)]
    result = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False, timeout=200)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize("fault", [fault for fault in Fault if fault is not Fault.ABSURD_RETRY_AFTER])
async def test_every_fault_ends_with_one_appointment(fault: Fault) -> None:
    async with portal_in_sandbox(clock=LoopClock()) as (portal, sandbox):
        sandbox.fail_next(fault)
        made = await portal.schedule_appointment(**WANTED)
        assert [item.id for item in sandbox.appointments] == [made.id]
