"""A file on its way down: asked for, counted, resumed where it is certainly the same one, and begun anew where not."""

import random
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from typing import Any

from mijnklantportaal_async.calling.arrival import BrokenPackingError, Head, Unpacker
from mijnklantportaal_async.calling.auth import Token
from mijnklantportaal_async.calling.file_hosts import Arriving, BrokenOffError, FileHosts, for_good
from mijnklantportaal_async.calling.saving import Saving
from mijnklantportaal_async.errors import DownloadError, LinkExpiredError
from mijnklantportaal_async.texts.words import words

_EXPIRED = frozenset({401, 403, 410})
"""With these a host says that a link is not, or no longer, good."""

_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})
"""These may be over at the next try."""

LONGEST_PAUSE = 10.0
"""Seconds between two tries, at the most."""


class Terms:
    """What a download is held to.

    Args:
        size_limit: Bytes that it may have; None for any number.
        size: Bytes that it has, where a record says it.
        mime: Media type, where a record says it.
        attempts: Failures in a row, without a byte between them, after which it is given up.
        seconds: Without a byte, after which a try is given up.
        progress: Told of bytes as they arrive, and of how many there are, if that is known.
    """

    __slots__ = ("attempts", "mime", "progress", "seconds", "size", "size_limit")

    def __init__(
        self,
        *,
        size_limit: int | None,
        size: int | None,
        mime: str | None,
        attempts: int,
        seconds: float | None,
        progress: Callable[[int, int | None], object] | None,
    ) -> None:
        self.size_limit = size_limit
        self.size = size
        self.mime = mime
        self.attempts = attempts
        self.seconds = seconds
        self.progress = progress


class Link:
    """A link, and how to have another.

    Args:
        now: The link itself, where it is there.
        renew: Makes a new one; None where nobody knows how.
    """

    __slots__ = ("_now", "_renew", "was_renewed")

    def __init__(self, now: Token | None, renew: Callable[[], Awaitable[Token]] | None) -> None:
        self._now = now
        self._renew = renew
        self.was_renewed = False

    async def get(self) -> Token:
        """The link; made now, where there is none yet: its time runs from then on."""
        if self._now is None:
            assert self._renew is not None  # noqa: S101 - one of the two is given
            self._now = await self._renew()
        return self._now

    def expire(self, status: int, host: str) -> None:
        """It is not good any more: another is made, once.

        Raises:
            LinkExpiredError: There is no other.
        """
        if self._renew is None or self.was_renewed:
            again = words(", also with a new link") if self.was_renewed else ""
            message = words(
                "{host} does not give the file any more ({status}{again})", host=host, status=status, again=again
            )
            raise LinkExpiredError(message, status=status, host=host)
        self._now = None
        self.was_renewed = True


class Transfer:
    """One download.

    Args:
        hosts: Who asks.
        link: Where to.
        terms: What it is held to.
        sleep: Waits between two tries.
    """

    def __init__(self, hosts: FileHosts, link: Link, terms: Terms, sleep: Callable[[float], Awaitable[Any]]) -> None:
        self._hosts = hosts
        self._link = link
        self._terms = terms
        self._sleep = sleep
        self._failures = 0
        self._host = ""
        self._may_ask_for_a_part = True

    async def begin(self) -> Arriving:
        """The answer with the whole file, which is still to come.

        Raises:
            DownloadError: The host does not give it.
        """
        while True:
            try:
                return await self._ask(None, 0)
            except BrokenOffError as broken:
                await self._after(str(broken))

    async def save(self, saving: Saving, name_of: Callable[[Arriving], Awaitable[str]], *, replace: bool) -> Any:
        """Fetches all of it into a file.

        Args:
            saving: The file.
            name_of: What it is to be called; asked when it is known that it comes.
            replace: Whether it may take the place of another.

        Returns:
            Its path, and the head of the answer.

        Raises:
            DownloadError: It could not be had whole.
            OSError: It could not be written.
        """
        first: Head | None = None
        name = ""
        while True:
            at = saving.size if first is not None and first.can_be_resumed and self._may_ask_for_a_part else 0
            seen = saving.size
            try:
                arriving = await self._ask(first if at else None, at)
                if arriving.head.status == 200:
                    first, at = arriving.head, 0
                    saving.begin(first.sums)
                    name = name or await self._named(arriving, name_of)
                assert first is not None  # noqa: S101 - a part is asked for only after a whole
                async with aclosing(self.pieces(arriving, first, at)) as pieces:
                    async for piece in pieces:
                        await saving.add(piece)
                path = await saving.finish(name, first.sums, replace=replace)
                if path is not None:
                    return path, first
                first = None
                await self._after(words("its checksum is another than its host says"))
            except BrokenOffError as broken:
                if at and saving.size > seen:
                    # It goes on, however often.
                    self._failures = 0
                await self._after(str(broken))

    async def pieces(self, arriving: Arriving, first: Head, at: int = 0) -> AsyncGenerator[bytes, None]:
        """The bytes of a file, unpacked, counted, no more than may be.

        Args:
            arriving: The answer that brings them.
            first: The answer that said what the file is.
            at: Bytes that are there already.

        Raises:
            BrokenOffError: They are not whole.
            DownloadError: They are too many, or cannot be unpacked.
        """
        head, terms = arriving.head, self._terms
        unpacker = Unpacker(first.packing) if first.packing else None
        came, size = 0, at
        # Of a packed body nobody says how many bytes it has.
        total = first.length if unpacker is None else None
        tell = terms.progress
        try:
            if tell is not None:
                tell(size, total)
            async with aclosing(arriving.pieces()) as pieces:
                async for piece in pieces:
                    came += len(piece)
                    for part in (piece,) if unpacker is None else unpacker.unpack(piece):
                        size += len(part)
                        if terms.size_limit is not None and size > terms.size_limit:
                            raise self._too_large(arriving)
                        if terms.size is not None and size > terms.size:
                            raise _of_another_size(arriving, words("more than {size}", size=terms.size), terms.size)
                        yield part
                    if tell is not None:
                        tell(size, total)
        except BrokenPackingError as error:
            raise for_good(words("what came cannot be unpacked: {error}", error=error), host=arriving.host) from None
        finally:
            arriving.close()
        if head.length is not None and came != head.length:
            raise BrokenOffError(
                words("the file broke off after {came} of {length} bytes", came=came, length=head.length)
            )
        if unpacker is not None and not unpacker.is_whole:
            raise BrokenOffError(words("the file broke off before the end of its packing"))
        if terms.size is not None and size != terms.size:
            if first.length is None:
                raise BrokenOffError(
                    words("the file broke off after {size} of {whole} bytes", size=size, whole=terms.size)
                )
            raise _of_another_size(arriving, str(size), terms.size)

    async def _ask(self, first: Head | None, at: int) -> Arriving:
        """One answer that brings the file from its start, or exactly the rest of it."""
        more = {} if first is None else {"Range": f"bytes={at}-", "If-Range": first.tag}
        link = await self._link.get()
        arriving = await self._hosts.ask(link, more, self._terms.seconds)
        head, self._host = arriving.head, arriving.host
        try:
            if head.status == 200 and not head.has_range:
                self._check_start(arriving)
                return arriving
            if first is not None and head.continues(first, at):
                return arriving
            excerpt = "" if head.status < 400 else await arriving.excerpt()
        except BaseException:
            arriving.close()
            raise
        arriving.close()
        # Some hosts have another status for it.
        if head.status in _EXPIRED or (head.status == 400 and "expired" in excerpt.lower()):
            self._link.expire(head.status, arriving.host)
            return await self._ask(first, at)
        if head.status in _PASSING:
            raise BrokenOffError(words("{host} answered {status}", host=arriving.host, status=head.status))
        if self._may_ask_for_a_part and (head.status in {200, 206} or head.status == 416):
            # Not what was asked for. Whatever it is, it is not put behind what is there.
            self._may_ask_for_a_part = False
            return await self._ask(None, 0)
        message = words("{host} answered {status}", host=arriving.host, status=head.status)
        if head.status == 206 or head.has_range:
            message = words("{message} with a part of the file that nobody asked for", message=message)
        raise for_good(message, status=head.status, host=arriving.host, body=excerpt)

    def _check_start(self, arriving: Arriving) -> None:
        head, terms = arriving.head, self._terms
        if head.packing not in {"", "gzip", "deflate"}:
            message = words("it comes packed as {packing}, which was not asked for", packing=head.packing)
            raise for_good(message, host=arriving.host)
        if terms.size_limit is not None and head.length is not None and head.length > terms.size_limit:
            raise self._too_large(arriving)
        if head.kind == "text/html" and terms.mime is not None and terms.mime.partition(";")[0] != "text/html":
            message = words(
                "{host} answered with a page (text/html) in place of the file ({mime})",
                host=arriving.host,
                mime=terms.mime,
            )
            raise for_good(message, status=head.status, host=arriving.host)
        if not head.packing and head.length is not None and terms.size is not None and head.length != terms.size:
            raise _of_another_size(arriving, str(head.length), terms.size)

    def _too_large(self, arriving: Arriving) -> DownloadError:
        message = words(
            "it has more than size_limit={size_limit} bytes; give a larger one", size_limit=self._terms.size_limit
        )
        return for_good(message, host=arriving.host)

    async def _named(self, arriving: Arriving, name_of: Callable[[Arriving], Awaitable[str]]) -> str:
        try:
            return await name_of(arriving)
        except BaseException:
            arriving.close()
            raise

    async def _after(self, reason: str) -> None:
        """Waits for another try, if there is to be one."""
        self._failures += 1
        if self._failures >= self._terms.attempts:
            if self._failures > 1:
                reason = words("{reason}, at the {failures}. try", reason=reason, failures=self._failures)
            raise DownloadError(reason, host=self._host)
        await self._sleep(random.random() * min(0.25 * 2**self._failures, LONGEST_PAUSE))


def _of_another_size(arriving: Arriving, has: str, told: int) -> DownloadError:
    return for_good(
        words("its host has {has} bytes of it; the portal says {told}", has=has, told=told), host=arriving.host
    )
