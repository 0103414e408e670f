"""For the tests of your own code: a portal in a sandbox, with a clock, faults and a record of calls.

pytest finds the fixtures by itself (`mijnklantportaal_pytest`, beside this package). `portal_in_sandbox` is for any
other test runner.
"""

from mijnklantportaal_async.testing.clock import MovableClock
from mijnklantportaal_async.testing.in_sandbox import portal_in_sandbox
from mijnklantportaal_async.testing.portal_calls import PortalCall, PortalCalls
from mijnklantportaal_async.testing.portal_faults import PortalFaults

__all__ = ["MovableClock", "PortalCall", "PortalCalls", "PortalFaults", "portal_in_sandbox"]
