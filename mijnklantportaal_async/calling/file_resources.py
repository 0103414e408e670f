"""What files need beside a call: threads to read and write them on, and connections to the hosts that have them."""

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mijnklantportaal_async.calling.file_hosts import FileHosts
    from mijnklantportaal_async.calling.file_threads import FileThreads


class FileResources:
    """Each made for the first file: most sessions never see one. Shared by all portals of one pool.

    Args:
        make_hosts: Makes what asks other hosts for files.
    """

    __slots__ = ("_hosts", "_make_hosts", "_threads")

    def __init__(self, make_hosts: "Callable[[], FileHosts]") -> None:
        self._make_hosts = make_hosts
        self._hosts: FileHosts | None = None
        self._threads: FileThreads | None = None

    @property
    def threads(self) -> "FileThreads":
        """The threads."""
        if self._threads is None:
            from mijnklantportaal_async.calling.file_threads import FileThreads

            self._threads = FileThreads()
        return self._threads

    @property
    def hosts(self) -> "FileHosts":
        """What asks other hosts for files."""
        if self._hosts is None:
            self._hosts = self._make_hosts()
        return self._hosts

    async def aclose(self) -> None:
        """Ends both. Any number of times."""
        if self._hosts is not None:
            await self._hosts.aclose()
        if self._threads is not None:
            await self._threads.aclose()
