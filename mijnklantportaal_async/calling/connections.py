"""Connections under way: when they may be written to, when their time is over, and how they end for good.

The kernel goes on delivering what a connection held when it is closed politely, over a line that was dead for a minute
too. What was given up is reset instead, so that nothing of it can arrive any more.
"""

import asyncio
import select
import socket
import struct
import sys
from collections.abc import Callable
from contextlib import suppress
from weakref import WeakSet

_AT_ONCE = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)
"""SO_LINGER, on, for zero seconds: closing throws away what was not delivered, and tells the peer so."""

_GONE = (OSError, AttributeError, RuntimeError, ValueError)
"""What a connection raises that is closed already: the system, asyncio's TLS, uvloop, and sockets without a number."""

NEVER = float("inf")

LARGE = 16 * 1024
"""Bytes that the kernel takes at once. Of more, TLS does not tell whether all have left."""


LARGEST_UNSENT = (512 if sys.platform == "linux" else 128) * 1024
"""Bytes of a long body that wait in the kernel without being on their way. More is cheaper; less, where it does not
tell how many they are, shows sooner that they move."""


class Connections:
    """Those of one session that have a request under way. One timer watches over all their deadlines.

    Args:
        loop: The event loop.
        is_encrypted: Whether TLS is spoken over them.
    """

    __slots__ = ("_due", "_is_encrypted", "_kept", "_loop", "_moving", "_next", "_poll", "_timer")

    def __init__(self, loop: asyncio.AbstractEventLoop, *, is_encrypted: bool) -> None:
        self._loop = loop
        self._is_encrypted = is_encrypted
        self._due: dict[asyncio.Transport, float] = {}
        self._moving: dict[asyncio.Transport, Callable[[], float]] = {}
        # Their protocols: not every loop has transports that can be referred to weakly.
        self._kept: WeakSet[asyncio.BaseProtocol] = WeakSet()
        self._next = NEVER
        self._timer: asyncio.TimerHandle | None = None
        self._poll = select.poll() if hasattr(select, "poll") else None

    def now(self) -> float:
        """By the clock of the deadlines, in seconds."""
        return self._loop.time()

    def has_unread(self, transport: asyncio.Transport) -> bool:
        """Whether bytes lie on a connection before anything was asked, or its other end has closed it.

        The event loop learns of them a turn later, when they would be taken for the answer.
        """
        # After a handshake of TLS there may be tickets to read, which belong to no answer.
        if self._is_encrypted and transport.get_protocol() not in self._kept:
            return False
        try:
            return self._is_readable(transport)
        except _GONE:
            return True

    def hears(self, transport: asyncio.Transport) -> bool:
        """Whether something has come over a connection that the event loop will learn of a turn later."""
        try:
            return self._is_readable(transport)
        except _GONE:
            return False

    def _is_readable(self, transport: asyncio.Transport) -> bool:
        # A transport without a socket is nothing that aiohttp connects.
        number, poll = transport.get_extra_info("socket").fileno(), self._poll
        if poll is None:  # pragma: no cover - Windows
            return bool(select.select([number], [], [], 0)[0])
        poll.register(number, select.POLLIN)
        found = poll.poll(0)
        poll.unregister(number)
        return bool(found)

    def begin(self, transport: asyncio.Transport, until: float) -> None:
        """A request leaves now. When its time is over, the connection is reset."""
        self._due[transport] = until
        if until < self._next:
            self._set_timer(until)

    def begin_moving(self, transport: asyncio.Transport, later: Callable[[], float]) -> None:
        """A long body leaves from now on.

        Args:
            transport: The connection.
            later: Asked when its time is over: until when it has time now that bytes have moved.
        """
        if hasattr(socket, "TCP_NOTSENT_LOWAT"):
            # What waits in the kernel has not left, and there is no use in a lot of it.
            with suppress(*_GONE):
                made = transport.get_extra_info("socket")
                made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, LARGEST_UNSENT)
        self._moving[transport] = later

    def end(self, transport: asyncio.Transport, size: int) -> None:
        """The answer came in whole. What of the request has not left by then never will.

        Args:
            transport: The connection.
            size: Bytes of the request's body.
        """
        self._due.pop(transport, None)
        self._moving.pop(transport, None)
        if (self._is_encrypted and size > LARGE) or unsent(transport):
            reset(transport)
        elif self._is_encrypted and not transport.is_closing():
            self._kept.add(transport.get_protocol())

    def give_up(self, transport: asyncio.Transport) -> None:
        """There is no answer, or none that anybody waits for."""
        self._due.pop(transport, None)
        self._moving.pop(transport, None)
        reset(transport)

    def give_up_all(self) -> None:
        """Nobody waits any more."""
        for transport in list(self._due):
            self.give_up(transport)
        self._cancel_timer()

    def _set_timer(self, when: float) -> None:
        self._cancel_timer()
        self._next = when
        self._timer = self._loop.call_at(when, self._ring)

    def _cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer, self._next = None, NEVER

    def _ring(self) -> None:
        now = self._loop.time()
        for transport, until in list(self._due.items()):
            if until > now:
                continue
            later = self._moving.get(transport)
            if later is not None and (moved := later()) > now:
                self._due[transport] = moved
            else:
                self.give_up(transport)
        self._cancel_timer()
        following = min(self._due.values(), default=NEVER)
        if following < NEVER:
            self._set_timer(following)


def reset(transport: asyncio.Transport) -> None:
    """Ends a connection so that nothing that was written to it arrives from now on."""
    with suppress(*_GONE):
        handle = transport.get_extra_info("socket")
        if handle is not None:
            handle.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
    transport.abort()


def unsent(transport: asyncio.Transport) -> int:
    """Bytes that have not left."""
    try:
        return transport.get_write_buffer_size()
    except _GONE:
        return 0


def untaken(transport: asyncio.Transport) -> int:
    """Bytes that have not left, or that the other end has not taken, as far as the system tells."""
    size = unsent(transport)
    if sys.platform == "linux":
        # Here, so that other systems need not have them.
        import fcntl
        import termios

        with suppress(*_GONE):
            number = transport.get_extra_info("socket").fileno()
            size += int.from_bytes(fcntl.ioctl(number, termios.TIOCOUTQ, bytes(4)), sys.byteorder)
    return size
