"""Opens the portal that a command talks to: a real one, or an embedded sandbox."""

import hashlib
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from urllib.request import getproxies_environment, proxy_bypass
from zoneinfo import ZoneInfo

import attrs

from mijnklantportaal_async.calling.addresses import check_base_url, check_proxy, is_loopback
from mijnklantportaal_async.calling.auth import Token
from mijnklantportaal_async.calling.retry import RetryPolicy, Timeouts
from mijnklantportaal_async.cli.failures import CommandError
from mijnklantportaal_async.cli.figures import Figures, Waiting
from mijnklantportaal_async.cli.live import told
from mijnklantportaal_async.cli.options import Connection
from mijnklantportaal_async.cli.portal_settings import PortalSettings, source_of_key
from mijnklantportaal_async.cli.terminal import Terminal
from mijnklantportaal_async.errors import AuthenticationError
from mijnklantportaal_async.events import AttemptFinished, Event, Hook
from mijnklantportaal_async.session import PortalSession
from mijnklantportaal_async.values.clock import Clock
from mijnklantportaal_async.values.local_time import portal_zone

if TYPE_CHECKING:
    from tenacity import RetryCallState

    from mijnklantportaal_async.sandbox import Sandbox

# Who runs a command can wait longer than a web handler.
_TIMEOUTS = Timeouts(queue=300, attempt=30, call=300)
_ATTEMPTS = 10
# A portal that never answered is rather a wrong address than a short disturbance.
_ATTEMPTS_WITHOUT_ANY_ANSWER = 4


@attrs.define(kw_only=True)
class OpenPortal:
    """A portal that is ready to be called."""

    portal: PortalSession
    zone: ZoneInfo
    clock: Clock
    fingerprint: str
    """Tells the portal and the key from others. Nobody can read the key from it."""
    sandbox: "Sandbox | None" = None
    keep_open: bool = False
    """Whether the sandbox stays up when the command is done. An interrupted command takes it back."""


def zone_of(connection: Connection) -> ZoneInfo:
    """The portal's time zone.

    Raises:
        CommandError: There is no zone of that name.
    """
    try:
        return portal_zone(PortalSettings(connection).timezone(connection.portal_name))
    except ValueError as error:
        raise CommandError(f"{error}.") from error


def clock_of(connection: Connection) -> Clock:
    """The clock by which the portal lives."""
    return Clock(connection.sandbox_speed if connection.sandbox else 1.0)


def base_url_of(connection: Connection) -> str:
    """Where the API is."""
    return PortalSettings(connection).base_url(connection.portal_name)


def proxy_for(base_url: str) -> str | None:
    """The proxy that the environment names (`HTTPS_PROXY`, `ALL_PROXY`, `NO_PROXY`), as other commands use it.

    Raises:
        CommandError: It is no HTTP proxy, or the base URL cannot be right.
    """
    try:
        address = urlsplit(check_base_url(base_url))
    except ValueError as error:
        raise CommandError(f"{error}.") from error
    host = address.hostname or ""
    if is_loopback(host) or proxy_bypass(host):
        return None
    proxies: Mapping[str, str] = getproxies_environment()
    for name in (address.scheme, "all"):
        if proxy := proxies.get(name):
            try:
                # Without a scheme it is one of HTTP, as for other commands.
                return check_proxy(proxy if "://" in proxy else f"http://{proxy}")
            except ValueError as error:
                raise CommandError(
                    f"{name.upper()}_PROXY: {error}. To go without a proxy, name {host} in NO_PROXY. Nothing was sent."
                ) from None
    return None


@asynccontextmanager
async def open_portal(
    connection: Connection, terminal: Terminal, *, hook: Hook | None = None, tells_waiting: bool = True
) -> AsyncGenerator[OpenPortal, None]:
    """Opens the portal, and afterwards closes it; of a sandbox it writes the calendar and keeps it up, if asked to.

    Args:
        connection: Which portal.
        terminal: Where to say what is waited for.
        hook: Hears the events of the calls.
        tells_waiting: Whether to say it when nothing moves; not for a command that shows how far it is.

    Raises:
        CommandError: There is no key, or a setting cannot be right.
    """
    figures = Figures(clock=clock_of(connection))
    hooks = (figures.note, *((hook,) if hook is not None else ()))
    async with _opened(connection, terminal, hooks) as opened:
        if not tells_waiting:
            yield opened
            return
        async with told(Waiting(opened.portal, figures), terminal):
            yield opened


@asynccontextmanager
async def _opened(
    connection: Connection, terminal: Terminal, hooks: tuple[Hook, ...]
) -> AsyncGenerator[OpenPortal, None]:
    zone = zone_of(connection)
    if connection.sandbox:
        async with _open_sandbox(connection, terminal, zone, hooks) as opened:
            yield opened
        return
    settings = PortalSettings(connection)
    base_url, key = settings.base_url(connection.portal_name), settings.needed_key(connection.portal_name)
    async with open_session(base_url, key, zone, hooks) as portal:
        fingerprint = _fingerprint(base_url, key)
        try:
            yield OpenPortal(portal=portal, zone=zone, clock=clock_of(connection), fingerprint=fingerprint)
        except AuthenticationError as error:
            error.add_note(source_of_key(connection.portal_name))
            raise


def open_session(base_url: str, key: Token, zone: ZoneInfo, hooks: tuple[Hook, ...] = ()) -> PortalSession:
    """A session with a portal that is not a sandbox of this process.

    Raises:
        CommandError: A setting cannot be right.
    """
    return _session(api_key=key.reveal(), base_url=base_url, timezone=zone, hooks=hooks, proxy=proxy_for(base_url))


# --- inside ----------------------------------------------------------------------------------------------------


@attrs.define
class _Patience:
    """A stop strategy of tenacity: patient with a portal that is known to be there."""

    answered: bool = False

    def note(self, event: Event) -> None:
        if isinstance(event, AttemptFinished) and event.status is not None:
            self.answered = True

    def is_enough(self, state: "RetryCallState") -> bool:
        return state.attempt_number >= (_ATTEMPTS if self.answered else _ATTEMPTS_WITHOUT_ANY_ANSWER)


def _session(*, hooks: tuple[Hook, ...], **settings: Any) -> PortalSession:
    patience = _Patience()
    # A run of many rows stops by itself when the portal is down; a quota would stop it at a short disturbance.
    retry = RetryPolicy(attempts=_ATTEMPTS, stop=patience.is_enough, quota=None)
    try:
        return PortalSession(retry=retry, timeouts=_TIMEOUTS, hooks=(patience.note, *hooks), **settings)
    except ValueError as error:
        raise CommandError(f"{error}.") from error


def _fingerprint(base_url: str, key: Token) -> str:
    # Keys of the portal are too long to be guessed from it.
    return hashlib.sha256(f"uploads\0{check_base_url(base_url)}\0{key.reveal()}".encode()).hexdigest()[:32]


@asynccontextmanager
async def _open_sandbox(
    connection: Connection, terminal: Terminal, zone: ZoneInfo, hooks: tuple[Hook, ...]
) -> AsyncGenerator[OpenPortal, None]:
    from mijnklantportaal_async.cli.sandbox_portal import (
        check_calendar,
        keep_up,
        make_sandbox,
        start,
        write_calendar,
    )

    if connection.calendar is not None:
        check_calendar(connection.calendar)
    sandbox = make_sandbox(
        database=connection.sandbox_database,
        timezone=zone.key,
        seeded=connection.sandbox_seeded,
        speed=connection.sandbox_speed,
        faults=connection.sandbox_faults,
        seed=connection.sandbox_seed,
        rate_limit=connection.sandbox_rate_limit,
    )
    await start(sandbox, connection.sandbox_database)
    clock = clock_of(connection)
    try:
        async with _session(
            api_key=sandbox.api_key, base_url=sandbox.url, timezone=zone, hooks=hooks, clock=clock
        ) as portal:
            opened = OpenPortal(
                portal=portal,
                zone=zone,
                clock=clock,
                fingerprint=f"sandbox {(connection.sandbox_database or Path()).absolute()}",
                sandbox=sandbox,
                keep_open=connection.keep_open,
            )
            yield opened
        if connection.calendar is not None:
            await write_calendar(sandbox, connection.calendar, terminal)
        if opened.keep_open:
            await keep_up(sandbox, terminal)
    finally:
        await sandbox.stop()
