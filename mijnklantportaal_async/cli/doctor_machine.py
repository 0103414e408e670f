"""What `doctor` finds on this machine: versions, what is installed, and where jobs are kept."""

import platform
from importlib.metadata import version
from importlib.util import find_spec

from mijnklantportaal_async.cli.doctor_checks import Check, Verdict
from mijnklantportaal_async.cli.failures import CommandError
from mijnklantportaal_async.cli.numbers import in_number
from mijnklantportaal_async.cli.options import Connection
from mijnklantportaal_async.texts.words import Sentences, told_by, words

_EXTRAS = {
    "files": ("icalendar", "python_calamine", "recurring_ical_events"),
    "batch": ("dbos", "sqlalchemy", "psycopg", "filelock", "jinja2"),
    "keyring": ("keyring",),
}
"""What an extra brings. The command itself is there."""


def check_versions() -> Check:
    """Which releases are in use."""
    packages = ", ".join(f"{name} {version(name)}" for name in ("mijnklantportaal-async", "aiohttp", "tzdata"))
    return Check(
        subject=words("Versions"),
        verdict=Verdict.OK,
        found=words("{packages}, Python {python_version}", packages=packages, python_version=platform.python_version()),
    )


def check_extras() -> Check:
    """Which parts that are not always needed are installed."""
    missing = {extra: [module for module in modules if find_spec(module) is None] for extra, modules in _EXTRAS.items()}
    there = ", ".join(extra for extra, modules in missing.items() if not modules) or words("none")
    lacking = [extra for extra, modules in missing.items() if modules]
    advice = words(
        'For {lacking}: pip install "mijnklantportaal-async[{extras}]"',
        lacking=Sentences(lacking, words(" and ")),
        extras=",".join(lacking),
    )
    return Check(subject=words("Extras"), verdict=Verdict.OK, found=there, advice=advice if lacking else "")


async def check_database(connection: Connection) -> Check:
    """Whether the database of batches can be used, where there is one.

    Args:
        connection: The options that every command has.
    """
    subject = words("Batches")
    try:
        from mijnklantportaal_async.batch import DatabaseTroubleError
        from mijnklantportaal_async.cli.batch.place import open_jobs, place_of
    except ModuleNotFoundError:
        return Check(subject=subject, verdict=Verdict.SKIPPED, found=words("not installed"))
    try:
        place = place_of(connection, None)
        if place.is_missing:
            return Check(
                subject=subject,
                verdict=Verdict.OK,
                found=words("no jobs yet; they would be in {shown}", shown=place.shown),
            )
        async with open_jobs(place) as jobs:
            found = in_number(len(await jobs.list_jobs()), "job")
    except (CommandError, DatabaseTroubleError) as error:
        advice = words("Batches will not work like this; everything else does.")
        return Check(subject=subject, verdict=Verdict.WARN, found=told_by(error), advice=advice)
    return Check(subject=subject, verdict=Verdict.OK, found=words("{found} in {shown}", found=found, shown=place.shown))
