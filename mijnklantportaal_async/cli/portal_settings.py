"""Where a command finds its portals: options, environment variables, and what `login` keeps."""

import os

from mijnklantportaal_async.calling.auth import Token, hide
from mijnklantportaal_async.cli import prompts
from mijnklantportaal_async.cli.failures import CommandError
from mijnklantportaal_async.cli.kept_portals import KeptPortal, kept_portal, kept_portals
from mijnklantportaal_async.cli.options import Connection
from mijnklantportaal_async.cli.terminal import Terminal
from mijnklantportaal_async.files.printable import shown_value
from mijnklantportaal_async.session import (
    DEFAULT_BASE_URL,
    ENVIRONMENT_API_KEY,
    ENVIRONMENT_BASE_URL,
    ENVIRONMENT_TIMEZONE,
)
from mijnklantportaal_async.texts.words import sentences, words
from mijnklantportaal_async.values.local_time import DEFAULT_TIMEZONE
from mijnklantportaal_async.values.portal_names import DEFAULT_PORTAL, normal_address, variable


class PortalSettings:
    """Address, zone and key of portals, by name.

    What goes before what:

    1. `--base-url` and `--timezone`, for the portal that `--portal` names;
    2. the variables with the portal's name at their end;
    3. what `login` keeps, unless the portal's key stands in a variable: then the environment is all that counts;
    4. for address and zone: the options and variables that are for all portals, and the service itself.

    A key that `login` keeps is sent to the address that it was kept with, and nowhere else.

    Args:
        connection: The options that every command has.
    """

    def __init__(self, connection: Connection) -> None:
        self._environment = dict(os.environ)
        for base, value in ((ENVIRONMENT_BASE_URL, connection.base_url), (ENVIRONMENT_TIMEZONE, connection.timezone)):
            if value:
                self._environment[base] = self._environment[variable(base, connection.portal_name)] = value
        self._kept: dict[str, KeptPortal | None] = {}
        self._keys: dict[str, Token] = {}

    def base_url(self, name: str) -> str:
        """Where the API of a portal is."""
        kept = self._kept_portal(name)
        return self._setting(ENVIRONMENT_BASE_URL, name, kept.address if kept else "", DEFAULT_BASE_URL)

    def timezone(self, name: str) -> str:
        """The zone of a portal."""
        kept = self._kept_portal(name)
        return self._setting(ENVIRONMENT_TIMEZONE, name, kept.timezone if kept else "", DEFAULT_TIMEZONE)

    def key(self, name: str) -> Token | None:
        """The key of a portal; None where there is none.

        Raises:
            CommandError: `login` keeps it for another address, or the keyring does not give it.
        """
        if name not in self._keys:
            kept = self._kept_portal(name)
            if self._has_variable(name):
                self._keys[name] = hide(self._environment[variable(ENVIRONMENT_API_KEY, name)].strip())
            elif kept is not None:
                if normal_address(address := self.base_url(name)) != kept.address:
                    raise CommandError(
                        words(
                            "The key of the portal {name} is kept for {address}, and this command goes to "
                            "{other} (--base-url or {variable}). It is not sent there. Log in "
                            "there under another name, with login --portal NAME --base-url URL, and say "
                            "--portal NAME.",
                            name=repr(name),
                            address=kept.address,
                            other=address,
                            variable=variable(ENVIRONMENT_BASE_URL, name),
                        )
                    )
                self._keys[name] = kept.key()
        return self._keys.get(name)

    def needed_key(self, name: str, terminal: Terminal) -> Token:
        """The key of a portal, asked for where somebody can answer.

        Raises:
            CommandError: There is none.
        """
        return self.needed_keys([name], terminal)[0]

    def needed_keys(self, names: list[str], terminal: Terminal) -> list[Token]:
        """The keys of several portals; see `needed_key`."""
        missing: list[str] = []
        for name in names:
            if self.key(name) is None and prompts.somebody_is_there():
                whose = "" if name == DEFAULT_PORTAL else words(" of the portal {name}", name=name)
                if typed := hide(prompts.secret(terminal, words("API key{whose} (it is not shown): ", whose=whose))):
                    self._keys[name] = typed
            if self.key(name) is None:
                missing.append(name)
        if missing:
            raise CommandError(
                words(
                    "{missing} Nothing was sent. Keys are made under Settings > API Keys in the portal. To try "
                    "the command without a portal, say --sandbox.",
                    missing=missing_keys_in_words(missing),
                )
            )
        return [self._keys[name] for name in names]

    # --- inside ------------------------------------------------------------------------------------------------------

    def _has_variable(self, name: str) -> bool:
        return bool(self._environment.get(variable(ENVIRONMENT_API_KEY, name), "").strip())

    def _kept_portal(self, name: str) -> KeptPortal | None:
        """What `login` keeps, where it counts."""
        if name not in self._kept:
            self._kept[name] = None if self._has_variable(name) else kept_portal(name)
        return self._kept[name]

    def _setting(self, base: str, name: str, kept: str, default: str) -> str:
        own, of_all = (self._environment.get(spelled, "").strip() for spelled in (variable(base, name), base))
        return own or kept or of_all or default


def variables_with_keys() -> list[str]:
    """The environment variables that hold a key."""
    base = ENVIRONMENT_API_KEY
    return sorted(
        name for name, text in os.environ.items() if (name == base or name.startswith(f"{base}_")) and text.strip()
    )


def source_of_key(name: str) -> str:
    """Where the key is from that a command has, in a sentence."""
    if (own := variable(ENVIRONMENT_API_KEY, name)) in variables_with_keys():
        return words("The key stands in {own}.", own=own)
    kept = kept_portal(name)
    return (
        words("The key was typed.")
        if kept is None
        else words("The key is the one of `login`, in {place}.", place=kept.place)
    )


def missing_keys_in_words(names: list[str]) -> str:
    """Which keys are missing, and how they are given."""
    known = ", ".join(portal.name for portal in kept_portals())
    said = [
        words(
            "There is no API key for the portal {name}: log in with `mijnklantportaal login{part}`, or put it "
            "into the environment variable {environment_api_key}.",
            name=repr(shown_value(name)),
            part="" if name == DEFAULT_PORTAL else words(" --portal {name}", name=name),
            environment_api_key=variable(ENVIRONMENT_API_KEY, name),
        )
        for name in names
    ]
    return sentences(*said, words("Keys are kept for: {known}.", known=known) if known else None)
