"""The portals that `login` keeps: a small file for each, with the key in it only where there is no keyring."""

import json
import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import Any

import attrs

from mijnklantportaal_async.calling.auth import Token, hide
from mijnklantportaal_async.cli.failures import CommandError
from mijnklantportaal_async.cli.machine_keyring import KeyringTroubleError, MachineKeyring
from mijnklantportaal_async.cli.own_folder import made_folder, own_folder
from mijnklantportaal_async.values.portal_names import check_portal_name, normal_address, spelling

_FOLDER = "portals"
_REMEDY = "Put the key into the environment variable MIJNKLANTPORTAAL_API_KEY instead."


@attrs.frozen(kw_only=True)
class KeptPortal:
    """What `login` knows of a portal."""

    name: str
    address: str
    """A key is never sent anywhere else."""
    timezone: str
    path: Path
    secret: Token | None = attrs.field(default=None, repr=False)
    """The key, where the file has it; None where the keyring has it."""

    @property
    def place(self) -> str:
        """Where the key is, for people."""
        return "the keyring" if self.secret is None else str(self.path)

    def key(self) -> Token:
        """The key.

        Raises:
            CommandError: The keyring does not give it.
        """
        if self.secret is not None:
            return self.secret
        try:
            found = MachineKeyring().get(_entry(self.name, self.address))
            trouble = "it is not in there any more"
        except KeyringTroubleError as error:
            found, trouble = None, str(error)
        if found is None:
            raise CommandError(
                f"The key of the portal {self.name!r} is in the keyring of this machine, which does not give it: "
                f"{trouble}. Nothing was sent. Unlock the keyring, or log in again; with --in-file the key goes into "
                "a file that only you can read."
            )
        return found


def kept_portal(name: str) -> KeptPortal | None:
    """The portal that is kept under a name; None where there is none.

    Raises:
        CommandError: The name cannot be right, or its file cannot be read or trusted.
    """
    path = _path(name)
    if path is None or not path.exists():
        return None
    return _read(path)


def kept_portals() -> list[KeptPortal]:
    """All that are kept, by name.

    Raises:
        CommandError: A file cannot be read or trusted.
    """
    folder = own_folder()
    paths = [] if folder is None else sorted((folder / _FOLDER).glob("*.json"))
    return [_read(path) for path in paths]


def keep(name: str, address: str, timezone: str, key: Token, *, in_file: bool) -> tuple[KeptPortal, str]:
    """Keeps a portal and its key; what was kept under the name is replaced.

    Args:
        name: What it is called here.
        address: Where its API is.
        timezone: Its zone.
        key: Its key.
        in_file: Whether to leave the keyring alone.

    Returns:
        The portal, and why its key is not in the keyring.

    Raises:
        CommandError: It cannot be kept.
    """
    folder = made_folder(_FOLDER, what="keys", remedy=_REMEDY)
    path = folder / f"{spelling(name).lower()}.json"
    portal = KeptPortal(name=check_portal_name(name), address=normal_address(address), timezone=timezone, path=path)
    with suppress(CommandError, KeyringTroubleError):
        if (before := kept_portal(name)) is not None and before.secret is None:
            # Another address or place: nobody would ever find it again.
            MachineKeyring().remove(_entry(name, before.address))
    reason = ""
    if in_file:
        reason = "--in-file says so"
    else:
        try:
            MachineKeyring().put(_entry(name, portal.address), key)
        except KeyringTroubleError as error:
            reason = str(error)
    if reason:
        portal = attrs.evolve(portal, secret=key)
    _write(portal)
    return portal, reason


def forget(portal: KeptPortal) -> None:
    """Removes a portal and its key from this machine.

    Raises:
        CommandError: The key is still there.
    """
    if portal.secret is None:
        try:
            MachineKeyring().remove(_entry(portal.name, portal.address))
        except KeyringTroubleError as error:
            raise CommandError(
                f"The key of the portal {portal.name!r} could not be removed from the keyring: {error}. It is still "
                "there. Unlock the keyring and give the command again."
            ) from None
    try:
        portal.path.unlink(missing_ok=True)
    except OSError as error:
        raise CommandError(f"{portal.path} cannot be removed: {error.strerror or error}.") from error


# --- inside ------------------------------------------------------------------------------------------------------


def _entry(name: str, address: str) -> str:
    """By the address too: who changes the file does not get the key sent elsewhere."""
    return f"{spelling(name).lower()} at {address}"


def _path(name: str) -> Path | None:
    try:
        check_portal_name(name)
    except ValueError as error:
        raise CommandError(f"--portal: {error}.") from None
    folder = own_folder()
    return None if folder is None else folder / _FOLDER / f"{spelling(name).lower()}.json"


def _read(path: Path) -> KeptPortal:
    try:
        may_be_read_by_others = os.name == "posix" and stat.S_IMODE(path.stat().st_mode) & 0o077
        found: dict[str, Any] = json.loads(path.read_text("utf-8"), object_pairs_hook=_with_hidden_key)
        portal = KeptPortal(
            name=check_portal_name(found["name"]),
            address=normal_address(found["address"]),
            timezone=str(found["timezone"]),
            path=path,
            secret=found.get("key"),
        )
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror or error}. Nothing was sent.") from error
    except (ValueError, KeyError, TypeError, AttributeError):
        raise CommandError(
            f"{path} is damaged. Nothing was sent. Remove it, and log in again: mijnklantportaal login"
        ) from None
    if portal.secret is not None and may_be_read_by_others:
        raise CommandError(
            f"{path} holds a key, and others on this machine can read it. Nothing was sent. Make a new key in the "
            "portal, or say: chmod 600 " + str(path)
        )
    return portal


def _with_hidden_key(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    return {name: hide(value) if name == "key" else value for name, value in pairs}


def _write(portal: KeptPortal) -> None:
    """In one step, and from its first byte for the user alone."""
    data = {"name": portal.name, "address": portal.address, "timezone": portal.timezone}
    new = portal.path.with_name(f".{portal.path.name}.{os.getpid()}.new")
    try:
        with suppress(FileNotFoundError):
            new.unlink()
        with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            json.dump(data | ({} if portal.secret is None else {"key": portal.secret.reveal()}), file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(new, portal.path)
    except OSError as error:
        with suppress(OSError):
            new.unlink()
        raise CommandError(f"{portal.path} cannot be written: {error.strerror or error}. {_REMEDY}") from error
