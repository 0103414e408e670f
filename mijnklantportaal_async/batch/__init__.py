"""Durable batches: thousands of appointments or customers, each exactly once, whatever happens to the workers.

Needs the extra `batch`: `pip install "mijnklantportaal-async[batch]"`. Nothing of it is imported before it is used.
"""

from typing import TYPE_CHECKING

from mijnklantportaal_async.values.late_import import late_import

if TYPE_CHECKING:
    from mijnklantportaal_async.batch.database import DatabaseTroubleError
    from mijnklantportaal_async.batch.decisions import Decided, Decision, Found
    from mijnklantportaal_async.batch.flow_settings import FlowSettings
    from mijnklantportaal_async.batch.jobs import Jobs
    from mijnklantportaal_async.batch.lease import LeaseLostError
    from mijnklantportaal_async.batch.planning import JobRow, Plan
    from mijnklantportaal_async.batch.portals import (
        PortalAccess,
        access_from_environment,
        access_of_owner,
        portal_from_environment,
        portal_of_owner,
    )
    from mijnklantportaal_async.batch.results import JobSummary, Progress, RowOutcome, RowResult, Submission
    from mijnklantportaal_async.batch.rows import Portal
    from mijnklantportaal_async.batch.shared_rate_limit import SharedRateLimiter
    from mijnklantportaal_async.batch.worker import Worker, WorkerSettings
    from mijnklantportaal_async.batch.worker_process import start_worker_process

__all__ = [
    "DatabaseTroubleError",
    "Decided",
    "Decision",
    "FlowSettings",
    "Found",
    "JobRow",
    "JobSummary",
    "Jobs",
    "LeaseLostError",
    "Plan",
    "Portal",
    "PortalAccess",
    "Progress",
    "RowOutcome",
    "RowResult",
    "SharedRateLimiter",
    "Submission",
    "Worker",
    "WorkerSettings",
    "access_from_environment",
    "access_of_owner",
    "portal_from_environment",
    "portal_of_owner",
    "start_worker_process",
]

_NAMES = {
    "database": "DatabaseTroubleError",
    "decisions": "Decided Decision Found",
    "flow_settings": "FlowSettings",
    "jobs": "Jobs",
    "lease": "LeaseLostError",
    "planning": "JobRow Plan",
    "portals": "access_from_environment access_of_owner portal_from_environment portal_of_owner PortalAccess",
    "results": "JobSummary Progress RowOutcome RowResult Submission",
    "rows": "Portal",
    "shared_rate_limit": "SharedRateLimiter",
    "worker": "Worker WorkerSettings",
    "worker_process": "start_worker_process",
}

if not TYPE_CHECKING:
    # Under this name a type checker would take every attribute for granted.
    __getattr__ = late_import(__name__, _NAMES, "batch")
