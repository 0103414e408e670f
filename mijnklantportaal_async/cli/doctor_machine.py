"""What `doctor` finds on this machine: versions, what is installed, and where jobs are kept."""

import platform
from importlib.metadata import version
from importlib.util import find_spec

from mijnklantportaal_async.cli.doctor_checks import Check, Verdict
from mijnklantportaal_async.cli.failures import CommandError
from mijnklantportaal_async.cli.options import Connection
from mijnklantportaal_async.cli.run_report import in_number

_EXTRAS = {
    "files": ("icalendar", "python_calamine", "recurring_ical_events"),
    "batch": ("dbos", "sqlalchemy", "psycopg", "filelock", "jinja2"),
    "keyring": ("keyring",),
}
"""What an extra brings. The command itself is there."""


def check_versions() -> Check:
    """Which releases are in use."""
    packages = ", ".join(f"{name} {version(name)}" for name in ("mijnklantportaal-async", "aiohttp", "tzdata"))
    return Check(subject="Versions", verdict=Verdict.OK, found=f"{packages}, Python {platform.python_version()}")


def check_extras() -> Check:
    """Which parts that are not always needed are installed."""
    missing = {extra: [module for module in modules if find_spec(module) is None] for extra, modules in _EXTRAS.items()}
    there = ", ".join(extra for extra, modules in missing.items() if not modules) or "none"
    lacking = [extra for extra, modules in missing.items() if modules]
    advice = f'For {" and ".join(lacking)}: pip install "mijnklantportaal-async[{",".join(lacking)}]"'
    return Check(subject="Extras", verdict=Verdict.OK, found=there, advice=advice if lacking else "")


async def check_database(connection: Connection) -> Check:
    """Whether the database of batches can be used, where there is one.

    Args:
        connection: The options that every command has.
    """
    subject = "Batches"
    try:
        from mijnklantportaal_async.batch import DatabaseTroubleError
        from mijnklantportaal_async.cli.batch.place import open_jobs, place_of
    except ModuleNotFoundError:
        return Check(subject=subject, verdict=Verdict.SKIPPED, found="not installed")
    try:
        place = place_of(connection, None)
        if place.is_missing:
            return Check(subject=subject, verdict=Verdict.OK, found=f"no jobs yet; they would be in {place.shown}")
        async with open_jobs(place) as jobs:
            found = in_number(len(await jobs.list_jobs()), "job")
    except (CommandError, DatabaseTroubleError) as error:
        advice = "Batches will not work like this; everything else does."
        return Check(subject=subject, verdict=Verdict.WARN, found=str(error), advice=advice)
    return Check(subject=subject, verdict=Verdict.OK, found=f"{found} in {place.shown}")
