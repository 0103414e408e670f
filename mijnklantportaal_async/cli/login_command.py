"""`mijnklantportaal login`, `logout` and `portals`: the key once, on this machine."""

import asyncio
import sys
from datetime import datetime
from zoneinfo import ZoneInfo

from mijnklantportaal_async import errors
from mijnklantportaal_async.calling.auth import Token, hide
from mijnklantportaal_async.calling.retry import RetryPolicy
from mijnklantportaal_async.cli import prompts
from mijnklantportaal_async.cli.connection import base_url_of, open_session, zone_of
from mijnklantportaal_async.cli.exit_codes import ExitCode
from mijnklantportaal_async.cli.failures import CommandError, in_words
from mijnklantportaal_async.cli.json_output import show_json
from mijnklantportaal_async.cli.kept_portals import forget, keep, kept_portal, kept_portals
from mijnklantportaal_async.cli.options import Connection
from mijnklantportaal_async.cli.portal_settings import variables_with_keys
from mijnklantportaal_async.cli.run_report import in_number
from mijnklantportaal_async.cli.terminal import Terminal, plain_text, quiet_table
from mijnklantportaal_async.models.appointments import Appointment
from mijnklantportaal_async.session import ENVIRONMENT_API_KEY
from mijnklantportaal_async.values.portal_names import DEFAULT_PORTAL, variable

_DAYS = 7
"""How far ahead the one call looks, so that a person recognises the portal."""


def login(connection: Connection, terminal: Terminal, *, in_file: bool) -> ExitCode:
    """Asks for the key of a portal, tries it with one call that changes nothing, and keeps it.

    Args:
        connection: Which portal, and where.
        terminal: Where to say it.
        in_file: Whether to leave the keyring alone.
    """
    name, address, zone = connection.portal_name, base_url_of(connection), zone_of(connection)
    # Known to be possible before anybody types a key.
    kept_portal(name)
    terminal.say(f"Portal {name!r} at {address}. Keys are made under Settings > API Keys in the portal.")
    key = _typed()
    terminal.say(asyncio.run(_try(address, zone, key)))
    portal, reason = keep(name, address, zone.key, key, in_file=in_file)
    terminal.say(f"The key is kept in {portal.place}. Commands find it by themselves.", "bold green")
    if reason and not in_file:
        terminal.say(f"Note: The keyring of this machine is not used: {reason}. Only you can read the file.")
    if (name_of_variable := variable(ENVIRONMENT_API_KEY, name)) in variables_with_keys():
        terminal.say(f"Note: {name_of_variable} is set, and goes before the key that is kept.", "yellow")
    if name != DEFAULT_PORTAL:
        terminal.say(f"Say --portal {name} with a command that is about this portal.")
    return ExitCode.DONE


def logout(connection: Connection, terminal: Terminal) -> ExitCode:
    """Removes a portal and its key from this machine. The key itself goes on working until the portal deletes it."""
    name = connection.portal_name
    portal = kept_portal(name)
    if portal is None:
        known = ", ".join(portal.name for portal in kept_portals()) or "none"
        raise CommandError(f"No key is kept for the portal {name!r}. Kept are: {known}.")
    forget(portal)
    terminal.say(
        f"The key of the portal {portal.name!r} is removed from {portal.place}. It still works: delete it under "
        "Settings > API Keys in the portal if nobody needs it."
    )
    if (name_of_variable := variable(ENVIRONMENT_API_KEY, name)) in variables_with_keys():
        terminal.say(f"Note: {name_of_variable} is still set.", "yellow")
    return ExitCode.DONE


def portals(terminal: Terminal, *, as_data: bool) -> ExitCode:
    """Lists the portals that have a key here, and where it is; never the key.

    Args:
        terminal: Where to.
        as_data: Print JSON.
    """
    kept, variables = kept_portals(), variables_with_keys()
    found: list[dict[str, str | None]] = [
        {"name": portal.name, "address": portal.address, "timezone": portal.timezone, "key": portal.place}
        for portal in kept
    ]
    for portal in found:
        own = variable(ENVIRONMENT_API_KEY, str(portal["name"]))
        if own in variables:
            # It counts, and nothing of what is kept does.
            portal["key"] = own
            variables.remove(own)
    found += [{"name": None, "address": None, "timezone": None, "key": own} for own in variables]
    if as_data:
        show_json(terminal, found)
    elif found:
        table = quiet_table("Portal", "Address", "Time zone", "Key is in")
        for portal in found:
            table.add_row(*(plain_text(text or "-") for text in portal.values()))
        terminal.show(table)
    else:
        terminal.say("No portal has a key here. Log in: mijnklantportaal login")
    return ExitCode.DONE


# --- inside ------------------------------------------------------------------------------------------------------


def _typed() -> Token:
    if prompts.somebody_is_there():
        key = hide(prompts.secret("API key (it is not shown): "))
    elif not sys.stdin.isatty():
        key = hide(sys.stdin.readline().strip())
    else:
        key = hide("")
    if not key:
        raise CommandError("No API key was given. Nothing is kept.")
    try:
        return key.checked("API key")
    except ValueError as error:
        raise CommandError(f"{error}. Nothing is kept.") from None


async def _try(address: str, zone: ZoneInfo, key: Token) -> str:
    """What the portal says to the key, in a sentence.

    Raises:
        CommandError: It refuses the key, or does not answer as it should.
    """
    async with open_session(address, key, zone) as session:
        try:
            # One honest answer says more than a fifth one after four retries.
            coming = await session.with_options(retry=RetryPolicy(attempts=1)).list_appointments(days=_DAYS)
        except errors.PermissionDeniedError as error:
            return (
                f"The portal takes the key, which may not read appointments ({error.status} {error.service_message}): "
                "after a lost answer nobody can look whether an appointment was made."
            )
        except errors.AuthenticationError as error:
            raise CommandError(
                f"The portal at {address} refuses the key: {error.status} {error.service_message}. Nothing is kept. Is "
                "it whole, and of this portal?",
                ExitCode.NO_PORTAL,
            ) from error
        except errors.MijnKlantportaalError as error:
            said = in_words(error).removeprefix("list_appointments: ")
            raise CommandError(f"{said} Nothing is kept.", ExitCode.NO_PORTAL) from error
    return f"The portal takes the key. In it: {_in_words(coming, zone)}."


def _in_words(coming: list[Appointment], zone: ZoneInfo) -> str:
    said = f"{in_number(len(coming), 'appointment')} in the next {_DAYS} days"
    if not coming:
        return said
    first = min(coming, key=lambda appointment: appointment.starts_at)
    begins: datetime = first.starts_at.astimezone(zone)
    person = first.attendee_name or first.customer_id or "nobody named"
    return f"{said}, the first on {begins:%a %d-%m-%Y %H:%M} with {person}"
