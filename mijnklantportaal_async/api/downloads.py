"""Fetching the files that temporary links lead to. Not operations of the portal: the files are on another host."""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from mijnklantportaal_async import models
from mijnklantportaal_async.api.files import DOWNLOAD_FILE
from mijnklantportaal_async.calling.auth import Token
from mijnklantportaal_async.calling.operations import Operations
from mijnklantportaal_async.errors import DownloadError
from mijnklantportaal_async.texts.words import words
from mijnklantportaal_async.values.checks import check_count

if TYPE_CHECKING:
    from mijnklantportaal_async.calling.arrival import Head
    from mijnklantportaal_async.calling.closing import Closing
    from mijnklantportaal_async.calling.file_hosts import Arriving
    from mijnklantportaal_async.calling.transfer import Link, Transfer

LARGEST_FILE = 1024 * 1024 * 1024
"""Bytes that are fetched where nobody says otherwise."""

_FETCHED = words("the file was fetched")


class FileStream:
    """A file that is coming, piece by piece. Made by `open_file`.

    Attributes:
        name: What it is called, as a file may be; by the record, its host or its address.
        size: Bytes, where its host says how many.
        content_type: Media type by its host; empty where that says none.
    """

    def __init__(self, name: str, head: Head, pieces: AsyncGenerator[bytes, None], closing: Closing) -> None:
        self.name = name
        self.size = None if head.packing else head.length
        self.content_type = head.kind
        self._pieces = pieces
        self._closing = closing

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        """The next bytes. What was read is whole only when the end was reached.

        Raises:
            DownloadError: It broke off, or is larger than may be.
            ConnectError: The session was closed meanwhile.
        """
        return await self._closing.wrap(anext(self._pieces), _FETCHED)

    async def read(self) -> bytes:
        """All that is still to come, in memory.

        Raises:
            DownloadError: It broke off, or is larger than may be.
        """
        return b"".join([piece async for piece in self])


class Downloads(Operations):
    """What a session does with links to files."""

    async def save_file(
        self,
        source: models.CloudFile | models.FileOrDirectory | str | Callable[[], Awaitable[models.CloudFile]],
        target: str | os.PathLike[str],
        *,
        replace: bool = False,
        size_limit: int | None = LARGEST_FILE,
        progress: models.Progress | None = None,
    ) -> models.SavedFile:
        """Fetches a file to this machine, whole or not at all.

        It is kept beside its place until it is whole, and put there in one step; whatever fails leaves there what was
        there before. What breaks off goes on where its host proves that it is the same file, and is begun anew
        otherwise. The host gets nothing of the portal's: no key, no cookies, no headers of a session.

        Args:
            source: The id of a file, `fsf_...`, or its record; then links are made as they are needed, and an expired
                one is made anew, once. A function without arguments that makes a link does the same:
                `lambda: portal.download_agreement_document("agr_1", "agd_1")`. Or a link that is there already.
            target: A path, used as it is; or a directory, where it gets the name that its record or its host says,
                made safe.
            replace: Whether it may take the place of a file that is there.
            size_limit: Bytes that it may have at the most; None for any number.
            progress: Called with the bytes that are there, and with how many there are, or None.

        Returns:
            Where it is, and whether it is certain to be whole: where nothing says how long a file is, nobody knows.

        Raises:
            FileExistsError: There is something at its place. Nothing was fetched, or kept.
            LinkExpiredError: The link is not good any more, and nobody knows how to make another.
            DownloadError: It could not be had whole. Nothing was kept.
            OSError: It could not be written. Nothing was kept.
            MijnKlantportaalError: The portal makes no link.
        """
        # Imported at the first file: most programs never see one, and importing this package stays cheap.
        from mijnklantportaal_async.calling.saving import Saving, check_free, place_of, safe_name, told_name

        caller = self._caller
        caller.sender.transport.check_usable()
        threads = caller.files
        record, link = self._link_of(source)
        transfer = self._transfer(link, record, size_limit, progress)
        place = await threads.run(lambda: place_of(target, replace=replace))
        saving = Saving(threads, place.folder)

        async def name_of(arriving: Arriving) -> str:
            told = record.name if record is not None else ""
            name = place.name or safe_name(told, told_name(arriving.head.disposition), arriving.name)
            if not replace and not place.name:
                path = os.path.join(place.folder, name)
                await threads.run(lambda: check_free(path))
            return name

        try:
            fetching = transfer.save(saving, name_of, replace=replace)
            path, head = await caller.sender.closing.wrap(fetching, _FETCHED)
        finally:
            await saving.discard()
        is_verified = head.length is not None or bool(head.packing or head.sums) or _size_of(record) is not None
        return models.SavedFile(
            path=Path(path), size=saving.size, content_type=head.kind, is_verified=is_verified or head.is_chunked
        )

    @asynccontextmanager
    async def open_file(
        self,
        source: models.CloudFile | models.FileOrDirectory | str | Callable[[], Awaitable[models.CloudFile]],
        *,
        size_limit: int | None = LARGEST_FILE,
    ) -> AsyncGenerator[FileStream, None]:
        """Fetches a file piece by piece: `async with portal.open_file(link) as stream: async for piece in stream`.

        Nothing is resumed: what breaks off is a `DownloadError` in the middle of the loop.

        Args:
            source: As for `save_file`.
            size_limit: Bytes that it may have at the most; None for any number.

        Raises:
            LinkExpiredError: The link is not good any more, and nobody knows how to make another.
            DownloadError: It could not be had whole.
            MijnKlantportaalError: The portal makes no link.
        """
        from mijnklantportaal_async.calling.saving import safe_name, told_name

        self._caller.sender.transport.check_usable()
        record, link = self._link_of(source)
        transfer = self._transfer(link, record, size_limit, None)
        closing = self._caller.sender.closing
        arriving = await closing.wrap(transfer.begin(), _FETCHED)
        told = record.name if record is not None else ""
        name = safe_name(told, told_name(arriving.head.disposition), arriving.name)
        try:
            async with aclosing(_said(transfer.pieces(arriving, arriving.head))) as pieces:
                yield FileStream(name, arriving.head, pieces, closing)
        finally:
            arriving.close()

    def _transfer(
        self,
        link: Link,
        record: models.FileOrDirectory | None,
        size_limit: int | None,
        progress: models.Progress | None,
    ) -> Transfer:
        from mijnklantportaal_async.calling.transfer import Terms, Transfer

        if size_limit is not None:
            check_count(size_limit, "size_limit", least=0)
        if progress is not None and not callable(progress):
            raise TypeError(f"progress must be a function, not {type(progress).__name__}")
        clock, timeouts = self._caller.sender.clock, self._options.timeouts
        terms = Terms(
            size_limit=size_limit,
            size=_size_of(record),
            mime=None if record is None else record.mime,
            attempts=self._options.retry.attempts,
            seconds=None if timeouts.attempt is None else clock.real(timeouts.attempt),
            progress=progress,
        )
        return Transfer(self._caller.hosts, link, terms, self._caller.sender.closing.sleep)

    def _link_of(
        self, source: models.CloudFile | models.FileOrDirectory | str | Callable[[], Awaitable[models.CloudFile]]
    ) -> tuple[models.FileOrDirectory | None, Link]:
        from mijnklantportaal_async.calling.transfer import Link

        if isinstance(source, models.CloudFile):
            return None, Link(Token(source.link), None)
        if isinstance(source, models.FileOrDirectory):
            if source.type == models.FileType.DIRECTORY:
                raise ValueError(words("{id} is a directory; give one of its files", id=source.id))
            return source, Link(None, self._links_to(source.id))
        if isinstance(source, str):
            if "://" in source:
                return None, Link(Token(source), None)
            return None, Link(None, self._links_to(source))
        if not callable(source):
            raise TypeError(
                f"source must be a link, a file's id, its record, or a function that makes a link, "
                f"not {type(source).__name__}"
            )

        async def renew() -> Token:
            found = await source()
            if not isinstance(found, models.CloudFile):
                raise TypeError(f"the function must return a CloudFile, not {type(found).__name__}")
            return Token(found.link)

        return None, Link(None, renew)

    def _links_to(self, file_id: str) -> Callable[[], Awaitable[Token]]:
        async def renew() -> Token:
            found = await self._ask(DOWNLOAD_FILE, models.CloudFile, file_id=file_id)
            return Token(found.link)

        return renew


def _size_of(record: models.FileOrDirectory | None) -> int | None:
    return None if record is None else record.size


async def _said(pieces: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    """What breaks off, as an error of ours."""
    from mijnklantportaal_async.calling.file_hosts import BrokenOffError

    failure = ""
    async with aclosing(pieces):
        try:
            async for piece in pieces:
                yield piece
        except BrokenOffError as error:
            failure = str(error)
    if failure:
        raise DownloadError(failure)
