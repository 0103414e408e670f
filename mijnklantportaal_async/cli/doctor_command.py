"""`mijnklantportaal doctor`: one harmless call, and what it tells."""

import asyncio
import platform
from datetime import UTC, datetime
from importlib.metadata import version

from mijnklantportaal_async.calling.aiohttp_inside import why_not
from mijnklantportaal_async.calling.record import with_response
from mijnklantportaal_async.calling.retry import RetryPolicy
from mijnklantportaal_async.cli.connection import base_url_of, open_portal, proxy_for, zone_of
from mijnklantportaal_async.cli.doctor_checks import (
    Check,
    Verdict,
    check_address,
    check_answer,
    check_clock,
    check_rate_limit,
    check_way,
    check_zone,
)
from mijnklantportaal_async.cli.exit_codes import ExitCode
from mijnklantportaal_async.cli.failures import exit_code_of
from mijnklantportaal_async.cli.options import Connection
from mijnklantportaal_async.cli.terminal import Terminal, plain_text, quiet_table
from mijnklantportaal_async.errors import APIStatusError, MijnKlantportaalError, PermissionDeniedError

_STYLES = {Verdict.OK: "green", Verdict.WARN: "yellow", Verdict.FAIL: "bold red", Verdict.SKIPPED: "dim"}


def doctor(connection: Connection, terminal: Terminal) -> ExitCode:
    """Checks what it takes to schedule, without changing anything."""
    return asyncio.run(_examine(connection, terminal))


async def _examine(connection: Connection, terminal: Terminal) -> ExitCode:
    zone = zone_of(connection)
    failure: MijnKlantportaalError | None = None
    headers = None
    elapsed = 0.0
    async with open_portal(connection, terminal) as opened:
        # One honest answer says more than a fifth one after four retries.
        portal = opened.portal.with_options(retry=RetryPolicy(attempts=1))
        base_url = opened.sandbox.url if opened.sandbox is not None else base_url_of(connection)
        try:
            response = await with_response(portal.list_appointments, days=1)
            headers, elapsed = response.headers, response.elapsed
        except MijnKlantportaalError as error:
            failure = error
            headers = error.headers if isinstance(error, APIStatusError) else None
    proxy = proxy_for(base_url)
    checks = [
        _versions(),
        check_address(base_url, proxy),
        check_way(proxy, why_not()),
        check_zone(zone, datetime.now(UTC)),
    ]
    checks.extend(check_answer(failure, elapsed))
    if headers is not None:
        checks.append(check_clock(headers, datetime.now(UTC)))
        if failure is None:
            checks.append(check_rate_limit(headers))
    _show(checks, terminal)
    return _exit_code(checks, failure, terminal)


def _versions() -> Check:
    packages = ", ".join(f"{name} {version(name)}" for name in ("mijnklantportaal-async", "aiohttp", "tzdata"))
    return Check(subject="Versions", verdict=Verdict.OK, found=f"{packages}, Python {platform.python_version()}")


def _show(checks: list[Check], terminal: Terminal) -> None:
    table = quiet_table("Check", "", "Found")
    for place in (0, 1):
        table.columns[place].no_wrap = True
    for check in checks:
        found = plain_text(check.found)
        if check.advice:
            found.append_text(plain_text(f"\n→ {check.advice}", "" if check.verdict is Verdict.SKIPPED else "yellow"))
        table.add_row(check.subject, plain_text(check.verdict, _STYLES[check.verdict]), found)
    terminal.show(table)


def _exit_code(checks: list[Check], failure: MijnKlantportaalError | None, terminal: Terminal) -> ExitCode:
    verdicts = {check.verdict for check in checks}
    if failure is not None:
        works_in_part = isinstance(failure, PermissionDeniedError)
        text = (
            "Scheduling works only until an answer is lost." if works_in_part else "Scheduling will not work like this."
        )
        terminal.say(text, "bold red")
        return exit_code_of(failure)
    if Verdict.WARN in verdicts:
        terminal.say("Scheduling will work; mind the warnings.", "yellow")
    else:
        terminal.say("All is well.", "green")
    return ExitCode.DONE
