"""`mijnklantportaal doctor`: one harmless call, and what it tells."""

import time
from collections.abc import Mapping
from datetime import UTC, datetime

import aiohttp
import attrs

from mijnklantportaal_async.calling.aiohttp_inside import why_not
from mijnklantportaal_async.calling.record import with_response
from mijnklantportaal_async.calling.retry import RetryPolicy
from mijnklantportaal_async.cli.connection import base_url_of, open_portal, proxy_for, zone_of
from mijnklantportaal_async.cli.doctor_checks import (
    Check,
    Verdict,
    check_address,
    check_answer,
    check_answer_without_key,
    check_clock,
    check_rate_limit,
    check_way,
    check_zone,
)
from mijnklantportaal_async.cli.doctor_machine import check_database, check_extras, check_versions
from mijnklantportaal_async.cli.exit_codes import ExitCode
from mijnklantportaal_async.cli.failures import CommandError, exit_code_of
from mijnklantportaal_async.cli.json_output import show_json
from mijnklantportaal_async.cli.options import Connection
from mijnklantportaal_async.cli.portal_settings import PortalSettings
from mijnklantportaal_async.cli.terminal import Terminal, plain_text, quiet_table
from mijnklantportaal_async.errors import APIStatusError, ConnectError, MijnKlantportaalError, PermissionDeniedError

_STYLES = {Verdict.OK: "green", Verdict.WARN: "yellow", Verdict.FAIL: "bold red", Verdict.SKIPPED: "dim"}
_PATIENCE = 30.0


@attrs.frozen(kw_only=True)
class _Answer:
    """What one call came to."""

    base_url: str
    checks: list[Check]
    failure: MijnKlantportaalError | None
    headers: Mapping[str, str] | None
    has_key: bool


async def doctor(connection: Connection, terminal: Terminal, *, as_data: bool) -> ExitCode:
    """Checks what it takes to schedule, without changing anything.

    Args:
        connection: Which portal.
        terminal: Where to say it.
        as_data: Print JSON.
    """
    zone = zone_of(connection)
    if trouble := _trouble_with_key(connection):
        answer = await _ask_without_key(connection, trouble)
    else:
        answer = await _ask(connection, terminal)
    proxy = proxy_for(answer.base_url)
    checks = [
        check_versions(),
        check_extras(),
        check_address(answer.base_url, proxy),
        check_way(proxy, why_not()),
        check_zone(zone, datetime.now(UTC)),
        *answer.checks,
    ]
    if answer.headers is not None:
        checks.append(check_clock(answer.headers, datetime.now(UTC)))
        if answer.failure is None and answer.has_key:
            checks.append(check_rate_limit(answer.headers))
    checks.append(await check_database(connection))
    if as_data:
        show_json(terminal, [attrs.asdict(check) for check in checks])
    else:
        _show(checks, terminal)
    return _exit_code(checks, answer, terminal)


def _trouble_with_key(connection: Connection) -> str:
    """Why there is no key to try; empty where there is one."""
    if connection.sandbox:
        return ""
    try:
        key = PortalSettings(connection).key(connection.portal_name)
    except CommandError as error:
        return str(error)
    return "" if key is not None else "there is none"


async def _ask(connection: Connection, terminal: Terminal) -> _Answer:
    failure: MijnKlantportaalError | None = None
    headers, elapsed = None, 0.0
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
    return _Answer(
        base_url=base_url,
        checks=check_answer(failure, elapsed),
        failure=failure,
        headers=headers,
        has_key=True,
    )


async def _ask_without_key(connection: Connection, trouble: str) -> _Answer:
    """The network and the portal's clock can be tried by anybody: whatever is answered, an answer came."""
    base_url = base_url_of(connection)
    proxy, began = proxy_for(base_url), time.monotonic()
    failure, headers = None, None
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_PATIENCE)) as http,
            http.get(f"{base_url}/appointments", proxy=proxy, allow_redirects=False) as answer,
        ):
            headers = {name.lower(): value for name, value in answer.headers.items()}
    except (aiohttp.ClientError, TimeoutError) as error:
        is_permanent = isinstance(error, aiohttp.ClientConnectorCertificateError)
        failure = ConnectError(
            f"No connection to {base_url}: {error or 'no answer in time'}", is_permanent=is_permanent
        )
    return _Answer(
        base_url=base_url,
        checks=check_answer_without_key(failure, time.monotonic() - began, trouble),
        failure=failure,
        headers=headers,
        has_key=False,
    )


def _show(checks: list[Check], terminal: Terminal) -> None:
    table = quiet_table("Check", "", "Found")
    for place in (0, 1):
        table.columns[place].no_wrap = True
    for check in checks:
        found = plain_text(check.found)
        if check.advice:
            is_quiet = check.verdict in {Verdict.SKIPPED, Verdict.OK}
            found.append_text(plain_text(f"\n→ {check.advice}", "" if is_quiet else "yellow"))
        table.add_row(check.subject, plain_text(check.verdict, _STYLES[check.verdict]), found)
    terminal.show(table)


def _exit_code(checks: list[Check], answer: _Answer, terminal: Terminal) -> ExitCode:
    if answer.failure is not None:
        works_in_part = isinstance(answer.failure, PermissionDeniedError)
        text = (
            "Scheduling works only until an answer is lost." if works_in_part else "Scheduling will not work like this."
        )
        terminal.say(text, "bold red")
        return exit_code_of(answer.failure)
    if not answer.has_key:
        terminal.say("Scheduling needs a key. Log in: mijnklantportaal login", "bold yellow")
        return ExitCode.SOME_FAILED
    if Verdict.WARN in {check.verdict for check in checks}:
        terminal.say("Scheduling will work; mind the warnings.", "yellow")
    else:
        terminal.say("All is well.", "green")
    return ExitCode.DONE
