"""The folder of this program among the user's data. Only the user can look into it."""

import os
import sys
from pathlib import Path

from mijnklantportaal_async.cli.failures import CommandError

_NAME = "mijnklantportaal"


def own_folder() -> Path | None:
    """Where it is, or would be; None for a user without a home."""
    try:
        if sys.platform == "win32":  # pragma: no cover
            above = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
        elif sys.platform == "darwin":  # pragma: no cover
            above = Path.home() / "Library" / "Application Support"
        else:
            above = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    except RuntimeError:
        return None
    return above / _NAME if above.is_absolute() else None


def made_folder(*inside: str, what: str, remedy: str) -> Path:
    """The folder, or one in it, which now is there.

    Args:
        inside: Of a folder in it.
        what: Is to be kept there, for messages.
        remedy: What to do where that is not possible: a sentence.

    Raises:
        CommandError: It cannot be made.
    """
    own = own_folder()
    if own is None:
        raise CommandError(f"There is no home folder to keep {what} in: HOME is not set, or no whole path. {remedy}")
    folder = own.joinpath(*inside)
    try:
        # What is kept here names people, or holds a key.
        for each in (own, folder):
            each.mkdir(mode=0o700, parents=True, exist_ok=True)
        if inside:
            folder.chmod(0o700)
    except OSError as error:
        raise CommandError(f"The folder {folder} cannot be made: {error.strerror or error}. {remedy}") from error
    return folder
