"""Stores in files, for several processes of one machine: one file for each owner, whole or not there at all.

On a network file system locks are only as good as that system's: for several machines there is `SqlTokenStore`.
"""

import asyncio
import hashlib
import os
import random
import sys
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import TypeVar

import filelock
import orjson

from mijnklantportaal_async.oauth.memory import MOST_BEGUN, NeverLost, TurnTaking
from mijnklantportaal_async.oauth.stores import Begun, Hold
from mijnklantportaal_async.oauth.tokens import PortalTokens

T = TypeVar("T")

POLL = 0.05
"""Seconds between two tries for a lock that another process has."""

WRITE_PATIENCE = 30.0
"""Seconds in which somebody who writes a file must be done."""

TIDY_EVERY = 100
"""Authorizations that are begun between two looks for those that nobody ended."""

WINDOWS_TRIES = 10
"""There a file can neither be replaced while somebody reads it nor read while it is replaced; both take a moment."""


class FileTokenStore:
    """Tokens in a folder, readable for its owner alone from the first byte on.

    Args:
        folder: Made where it is missing, with nobody else let in.
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self._folder = Path(folder)
        self._turns = TurnTaking()

    async def load(self, owner: str) -> PortalTokens | None:
        """As `TokenStore.load`.

        Raises:
            OSError: The file cannot be read, or is a link to somewhere else.
            ValueError: It holds something else, or is torn. It is kept, and nothing is written over it.
        """
        return await asyncio.to_thread(self._load_tidily, owner)

    async def save(self, owner: str, tokens: PortalTokens | None, expected: str | None) -> bool:
        """As `TokenStore.save`.

        Raises:
            OSError: The disk is full, or the folder cannot be written to. What was there still is.
            ValueError: What is there holds something else.
        """
        return await _whole(lambda: self._save(owner, tokens, expected))

    @asynccontextmanager
    async def hold(self, owner: str) -> AsyncGenerator[Hold]:
        """As `TokenStore.hold`. The system's own lock on a file beside it: it ends with the process that has it."""
        turn = self._turns.of(owner)
        # One object for two coroutines would let both in: tasks take turns here, processes by the file.
        async with turn:
            await asyncio.to_thread(_make_folder, self._folder)
            lock = filelock.FileLock(self._path(owner, "lock"), thread_local=False, mode=0o600)
            try:
                while not await _whole(lambda: _try(lock)):  # noqa: ASYNC110 - another process has it
                    await asyncio.sleep(POLL * (0.5 + random.random()))
                yield NeverLost()
            finally:
                lock.release()

    def __repr__(self) -> str:
        return f"<FileTokenStore {self._folder}>"

    def _path(self, owner: str, kind: str) -> Path:
        # Some file systems take two spellings of a name for one, and an owner's name may hold anything.
        return self._folder / f"{hashlib.sha256(owner.encode()).hexdigest()}.{kind}"

    def _load_tidily(self, owner: str) -> PortalTokens | None:
        left = unfinished(self._path(owner, "json"))
        if left.exists():
            # Whoever has the lock is writing it now. Reading goes on where nothing may be removed.
            with suppress(filelock.Timeout, OSError), self._writing(owner, 0.0):
                left.unlink(missing_ok=True)
        return self._load(owner)

    def _writing(self, owner: str, patience: float) -> filelock.BaseFileLock:
        return filelock.FileLock(self._path(owner, "write"), timeout=patience, mode=0o600)

    def _load(self, owner: str) -> PortalTokens | None:
        content = read_private(self._path(owner, "json"))
        return None if content is None else PortalTokens.from_bytes(content)

    def _save(self, owner: str, tokens: PortalTokens | None, expected: str | None) -> bool:
        _make_folder(self._folder)
        path = self._path(owner, "json")
        with self._writing(owner, WRITE_PATIENCE):
            unfinished(path).unlink(missing_ok=True)
            now = self._load(owner)
            if (None if now is None else now.generation) != expected:
                return False
            if tokens is None:
                path.unlink(missing_ok=True)
            else:
                write_private(path, tokens.to_bytes())
            return True


class FileStateStore:
    """What was begun, in a folder: a file for each.

    Args:
        folder: Made where it is missing, with nobody else let in.
        most: How many are kept at once, roughly.
    """

    def __init__(self, folder: str | os.PathLike[str], most: int = MOST_BEGUN) -> None:
        self._folder = Path(folder)
        self._most = most
        self._puts = 0

    async def put(self, key: str, begun: Begun) -> None:
        """As `StateStore.put`."""
        self._puts += 1
        is_due = self._puts % TIDY_EVERY == 1
        await _whole(lambda: self._put(key, begun, is_due))

    async def take(self, key: str) -> Begun | None:
        """As `StateStore.take`. Of two who move one file away, the system lets one succeed."""
        return await _whole(lambda: self._take(key))

    def __repr__(self) -> str:
        return f"<FileStateStore {self._folder}>"

    def _path(self, key: str) -> Path:
        return self._folder / f"{hashlib.sha256(key.encode()).hexdigest()}.begun"

    def _put(self, key: str, begun: Begun, is_due: bool) -> None:
        _make_folder(self._folder)
        if is_due:
            self._tidy()
        write_private(self._path(key), orjson.dumps({"browser": begun.browser, "at": begun.at}))

    def _take(self, key: str) -> Begun | None:
        path = self._path(key)
        taken = path.with_suffix(f".{os.getpid()}-{random.getrandbits(64):x}.taken")
        try:
            patiently(lambda: path.rename(taken))
        except FileNotFoundError:
            return None
        content = read_private(taken)
        taken.unlink(missing_ok=True)
        if content is None:
            return None
        document = orjson.loads(content)
        return Begun(browser=str(document["browser"]), at=float(document["at"]))

    def _tidy(self) -> None:
        found: list[tuple[float, Path]] = []
        for path in self._folder.glob("*.begun*"):
            with suppress(FileNotFoundError):
                found.append((path.stat().st_mtime, path))
        for _, path in sorted(found)[: max(0, len(found) - self._most + TIDY_EVERY)]:
            path.unlink(missing_ok=True)


# --- files that are nobody else's business -----------------------------------------------------------------------


def read_private(path: Path) -> bytes | None:
    """The bytes of a file; None where there is none.

    Raises:
        OSError: It cannot be read, or is a link: somebody else may have put it there.
    """
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    try:
        number = patiently(lambda: os.open(path, flags))
    except FileNotFoundError:
        return None
    with os.fdopen(number, "rb") as file:
        return file.read()


def unfinished(path: Path) -> Path:
    """Where a file lies until it is whole."""
    return path.with_name(f"{path.name}.new")


def write_private(path: Path, content: bytes) -> None:
    """Puts a file into the place of another, whole, with nobody else able to read a byte of it at any moment.

    One at a time for a file. A process that is killed meanwhile leaves what is `unfinished`.

    Raises:
        OSError: It could not be done; what was there still is.
    """
    new = unfinished(path)
    # For its owner alone, and made here: nobody can have put a link there.
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    number = os.open(new, flags, 0o600)
    try:
        with os.fdopen(number, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        patiently(lambda: new.replace(path))
    except BaseException:
        new.unlink(missing_ok=True)
        raise
    if sys.platform != "win32":
        # The name is on the disk only when the folder is.
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _make_folder(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def patiently(act: Callable[[], T], tries: int = WINDOWS_TRIES if sys.platform == "win32" else 1) -> T:
    """Does something with a file that somebody else may be using at this moment.

    Args:
        act: What.
        tries: How often at the most; elsewhere than on Windows using a file is in nobody's way.

    Raises:
        PermissionError: It could not be done with the last try either.
    """
    for _ in range(tries - 1):
        try:
            return act()
        except PermissionError:
            time.sleep(POLL)
    return act()


def _try(lock: filelock.BaseFileLock) -> bool:
    try:
        lock.acquire(blocking=False)
    except filelock.Timeout:
        return False
    return True


async def _whole(act: Callable[[], T]) -> T:
    """Does something on a thread. Whoever is cancelled meanwhile hears of it when that is done, not half way."""
    doing = asyncio.ensure_future(asyncio.to_thread(act))
    try:
        return await asyncio.shield(doing)
    except asyncio.CancelledError:
        await asyncio.wait({doing})
        raise
