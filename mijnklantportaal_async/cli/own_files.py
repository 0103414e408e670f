"""Files of this machine that are to be uploaded: that they are files, and what tells their bytes from others."""

import asyncio
import hashlib
import os
import stat
from pathlib import Path

import attrs

from mijnklantportaal_async.models import FileContent
from mijnklantportaal_async.texts.system import reason_of
from mijnklantportaal_async.texts.words import words

_READ_AT_ONCE = 1024 * 1024


@attrs.frozen
class OwnFile:
    """A file, as it was when the command began."""

    path: Path
    size: int
    stamp: tuple[int, ...] = attrs.field(repr=False)
    """What changes when somebody writes to it."""


def checked(path: Path) -> OwnFile:
    """A file that can be sent.

    Raises:
        ValueError: It is none, cannot be read, or has a name that cannot be sent.
    """
    try:
        found = path.stat()
        if stat.S_ISDIR(found.st_mode):
            raise ValueError(words("{path} is a directory; name the files in it", path=repr(str(path))))
        if not stat.S_ISREG(found.st_mode):
            raise ValueError(words("{path} is no ordinary file", path=repr(str(path))))
        with path.open("rb"):
            FileContent(path)
    except OSError as error:
        raise ValueError(
            words("{path} cannot be read: {strerror}", path=repr(str(path)), strerror=reason_of(error))
        ) from error
    return OwnFile(path, found.st_size, _stamp(found))


async def fingerprint_of(file: OwnFile) -> str:
    """What tells its bytes from others.

    Raises:
        OSError: It cannot be read, or was changed since the command began.
    """
    taken = hashlib.sha256()
    with file.path.open("rb", buffering=0) as opened:
        # Piece by piece, so that Ctrl-C need not wait for a large one.
        while piece := await asyncio.to_thread(opened.read, _READ_AT_ONCE):
            await asyncio.to_thread(taken.update, piece)
    if not is_as_it_was(file):
        raise OSError(words("it was changed while it was read"))
    return taken.hexdigest()


def is_as_it_was(file: OwnFile) -> bool:
    """Whether nobody has written to it, or put another in its place, since the command began."""
    try:
        return _stamp(file.path.stat()) == file.stamp
    except OSError:
        return False


def _stamp(found: os.stat_result) -> tuple[int, ...]:
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns
