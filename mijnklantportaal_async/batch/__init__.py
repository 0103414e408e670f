"""Durable batches: thousands of appointments or customers, each exactly once, whatever happens to the workers.

Needs the extra `batch`: `pip install "mijnklantportaal-async[batch]"`. Nothing of it is imported before it is used.
"""

from typing import TYPE_CHECKING, Any

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

_MODULES = {
    "DatabaseTroubleError": "database",
    "Decided": "decisions",
    "Decision": "decisions",
    "Found": "decisions",
    "FlowSettings": "flow_settings",
    "JobRow": "planning",
    "JobSummary": "results",
    "Jobs": "jobs",
    "LeaseLostError": "lease",
    "Plan": "planning",
    "Portal": "rows",
    "PortalAccess": "portals",
    "Progress": "results",
    "RowOutcome": "results",
    "RowResult": "results",
    "SharedRateLimiter": "shared_rate_limit",
    "Submission": "results",
    "Worker": "worker",
    "WorkerSettings": "worker",
    "access_from_environment": "portals",
    "access_of_owner": "portals",
    "portal_from_environment": "portals",
    "portal_of_owner": "portals",
    "start_worker_process": "worker_process",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    try:
        module = import_module(f"{__name__}.{_MODULES[name]}")
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("mijnklantportaal_async"):
            raise
        raise ModuleNotFoundError(
            f"{name} needs {error.name}: pip install 'mijnklantportaal-async[batch]'", name=error.name
        ) from error
    return getattr(module, name)
