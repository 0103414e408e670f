"""The portals of a command, by name: where they are, the key of each, and whether it works."""

from collections.abc import AsyncGenerator, Callable, Collection, Iterable
from contextlib import asynccontextmanager

import attrs

from mijnklantportaal_async import errors
from mijnklantportaal_async.batch import Portal, PortalAccess, SharedRateLimiter
from mijnklantportaal_async.calling.retry import RetryPolicy, Timeouts
from mijnklantportaal_async.cli.connection import clock_of, proxy_for, zone_of
from mijnklantportaal_async.cli.exit_codes import ExitCode
from mijnklantportaal_async.cli.failures import CommandError
from mijnklantportaal_async.cli.options import Connection
from mijnklantportaal_async.cli.portal_settings import PortalSettings, missing_keys_in_words, source_of_key
from mijnklantportaal_async.cli.terminal import Terminal
from mijnklantportaal_async.files.printable import shown_value
from mijnklantportaal_async.session import ENVIRONMENT_BASE_URL, PortalSession
from mijnklantportaal_async.texts.words import sentence, sentences, told_by, words
from mijnklantportaal_async.values.local_time import portal_zone
from mijnklantportaal_async.values.portal_names import check_portal_name, variable

SANDBOX_ADDRESS = "sandbox"
"""What rows call the address of a sandbox: its port is another one each time."""

_CUSTOMERS = "create_customer"


class PortalBook:
    """Finds portals by name, where every command finds them; with `--sandbox` among the sandboxes.

    Args:
        connection: The options that every command has.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._settings = PortalSettings(connection)
        self._find_sandbox: Callable[[str], PortalAccess | None] = lambda name: None

    def portal(self, name: str) -> Portal:
        """The portal that is called so.

        Raises:
            CommandError: The name or the zone cannot be right.
        """
        try:
            if self._connection.sandbox:
                return Portal(name=name, address=SANDBOX_ADDRESS, timezone=zone_of(self._connection).key)
            check_portal_name(name)
            zone = portal_zone(self._settings.timezone(name))
            return Portal(name=name, address=self._settings.base_url(name).rstrip("/"), timezone=zone.key)
        except ValueError as error:
            raise CommandError(sentence(told_by(error))) from error

    def access(self, name: str) -> PortalAccess | None:
        """The way into the portal; None where there is no key for it.

        Raises:
            CommandError: The key or the address cannot be right.
        """
        if self._connection.sandbox:
            return self._find_sandbox(name)
        if (key := self._settings.key(name)) is None:
            return None
        base_url = self._settings.base_url(name)
        try:
            return PortalAccess(api_key=key.reveal(), base_url=base_url, proxy=proxy_for(base_url))
        except ValueError as error:
            raise CommandError(sentences(sentence(told_by(error)), source_of_key(name))) from None

    def problem_with(self, portal: Portal) -> str | None:
        """Why nobody here can work on the rows of a portal; None when somebody can."""
        access = self.access(portal.name)
        if access is None:
            if self._connection.sandbox:
                return words(
                    "There is no sandbox for the portal {portal_name} here.", portal_name=repr(shown_value(portal.name))
                )
            return missing_keys_in_words([portal.name])
        if access.known_address != portal.address:
            return words(
                "Rows of the portal {portal_name} are for {address}, but that portal is at {known_address} "
                "here ({environment_base_url} or --base-url). They wait for a worker that reaches theirs.",
                portal_name=repr(shown_value(portal.name)),
                address=portal.address,
                known_address=access.known_address,
                environment_base_url=variable(ENVIRONMENT_BASE_URL, portal.name),
            )
        return None

    def use_sandboxes(self, find: Callable[[str], PortalAccess | None]) -> None:
        """With `--sandbox`: where the sandboxes are, once they are up."""
        self._find_sandbox = find

    def ask_for_keys(self, names: Iterable[str], terminal: Terminal) -> None:
        """Asks for every key that is nowhere, where somebody can answer.

        Raises:
            CommandError: Keys are missing.
        """
        self._settings.needed_keys(list(names), terminal)


def refuse_other_zones(portals: Collection[Portal]) -> None:
    """A time without an offset cannot be meant in two zones.

    Raises:
        CommandError: The portals are in several zones.
    """
    zones: dict[str, list[str]] = {}
    for portal in portals:
        zones.setdefault(portal.timezone, []).append(portal.name)
    if len(zones) > 1:
        named = "; ".join(f"{zone}: {', '.join(names)}" for zone, names in zones.items())
        raise CommandError(
            words(
                "The rows are for portals in several time zones ({named}), so times in the file are not clear. "
                "Nothing was submitted. Make a file for each zone, and name a portal of that zone with --portal.",
                named=named,
            )
        )


# --- does the key work? ------------------------------------------------------------------------------------------


@attrs.frozen(kw_only=True)
class Refusal:
    """Why a portal cannot be worked for."""

    portal: Portal
    error: errors.MijnKlantportaalError

    @property
    def is_refused(self) -> bool:
        """Whether the portal does not want the key, so that every row would wait for ever."""
        return isinstance(self.error, errors.AuthenticationError | errors.LicenceError)

    @property
    def is_final(self) -> bool:
        """Whether somebody who waits for the rows should hear of it now: no connection may mean a wrong address."""
        return self.is_refused or isinstance(self.error, errors.ConnectError)


async def try_key(
    portal: Portal, access: PortalAccess, *, operations: Collection[str], database: str, connection: Connection
) -> Refusal | None:
    """Makes one call that changes nothing, so that a wrong key shows at once and not in the first row.

    Args:
        portal: The portal.
        access: The way into it.
        operations: What the rows ask for; it decides what the key must be able to read.
        database: Where the rate limit is shared.
        connection: The options that every command has.

    Returns:
        What is wrong; None when all is well, or when nobody could tell without waiting.

    Raises:
        CommandError: The address cannot be right.
        DatabaseTroubleError: The database cannot be used.
    """
    try:
        async with session_in(portal, access, database=database, connection=connection, is_patient=False) as session:
            if set(operations) == {_CUSTOMERS}:
                async for _ in session.list_customers():
                    break
            else:
                await session.list_appointments(days=1)
    except errors.RateLimitWaitError:
        # Who has used up the limit a moment ago has a key that works.
        return None
    except errors.MijnKlantportaalError as error:
        return Refusal(portal=portal, error=error)
    return None


@asynccontextmanager
async def session_in(
    portal: Portal, access: PortalAccess, *, database: str, connection: Connection, is_patient: bool = True
) -> AsyncGenerator[PortalSession, None]:
    """A session for calls that change nothing, under the rate limit that all workers share.

    Args:
        portal: The portal.
        access: The way into it.
        database: Where the rate limit is shared.
        connection: The options that every command has.
        is_patient: Wait for the rate limit and try often; otherwise give up soon.

    Raises:
        CommandError: The address cannot be right.
        DatabaseTroubleError: The database cannot be used.
    """
    clock = clock_of(connection)
    limiter = SharedRateLimiter(database, name=access.shared_name, rate_limit=access.rate_limit, clock=clock)
    queue, attempts, call = (300.0, 10, 300) if is_patient else (2.0, 2, 60)
    try:
        session = PortalSession(
            auth=access.make_auth(),
            base_url=access.base_url,
            timezone=portal.timezone,
            proxy=access.proxy,
            rate_limit=limiter,
            retry=RetryPolicy(attempts=attempts),
            timeouts=Timeouts(queue=queue * clock.speed, attempt=30, call=call),
            clock=clock,
        )
    except ValueError as error:
        await limiter.aclose()
        raise CommandError(
            words("Portal {portal_name}: {error}.", portal_name=repr(portal.name), error=error)
        ) from error
    try:
        async with session:
            yield session
    finally:
        await limiter.aclose()


def refusal_in_words(refusal: Refusal) -> str:
    """What a call that was tried came to, and what to do."""
    portal, error = refusal.portal, refusal.error
    match error:
        case errors.AuthenticationError() | errors.LicenceError():
            return words(
                "The portal {portal_name} refuses the key: {error} {source}",
                portal_name=repr(portal.name),
                error=error,
                source=source_of_key(portal.name),
            )
        case errors.PermissionDeniedError():
            return words(
                "The key of the portal {portal_name} may not read: {error} Rows go in all the same, but "
                "where an answer is lost nobody can look, and the row ends as unknown.",
                portal_name=repr(portal.name),
                error=error,
            )
        case errors.ConnectError():
            return words(
                "The portal {portal_name} cannot be reached: {error} Its address stands in "
                "{environment_base_url} or --base-url.",
                portal_name=repr(portal.name),
                error=error,
                environment_base_url=variable(ENVIRONMENT_BASE_URL, portal.name),
            )
        case _:
            return words(
                "The portal {portal_name} does not answer as it should: {error} Rows wait until it does.",
                portal_name=repr(portal.name),
                error=error,
            )


def no_portal(refusal: Refusal) -> CommandError:
    """Ends a command whose portal cannot be worked for."""
    return CommandError(refusal_in_words(refusal), ExitCode.NO_PORTAL)
