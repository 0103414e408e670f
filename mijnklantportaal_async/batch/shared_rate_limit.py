"""One rate limit for every process and machine that uses a key."""

import asyncio
import contextlib
import hashlib
import logging
import random
import time
from collections.abc import Coroutine, Generator, Mapping
from contextvars import ContextVar
from typing import Any

from mijnklantportaal_async.batch.database import Database, DatabaseTroubleError
from mijnklantportaal_async.batch.slot_log import Slot, SlotLog, SlotTables, Standing
from mijnklantportaal_async.calling.headers import whole_number
from mijnklantportaal_async.calling.rate_limit import Priority, RateLimiter, RateLimitSnapshot
from mijnklantportaal_async.calling.window import MOST_COUNTED, Permit, RateLimit
from mijnklantportaal_async.errors import RateLimitWaitError
from mijnklantportaal_async.values.clock import Clock

LOG = logging.getLogger("mijnklantportaal_async.batch")

MOST_LATE = 20
"""How many slots a call may miss before it goes all the same."""

LONGEST_RETRY = 15.0
"""Seconds between two tries at a database that cannot be reached."""


def key_fingerprint(api_key: str) -> str:
    """A name for a key from which the key cannot be had back."""
    return hashlib.sha256(b"mijnklantportaal_async rate limit\0" + api_key.encode()).hexdigest()[:32]


class Prepaid:
    """A permit that was taken before its request was put together."""

    __slots__ = ("is_used", "not_after", "permit", "wall_not_after")

    def __init__(self, permit: Permit, seconds: float) -> None:
        self.permit = permit
        self.is_used = False
        self.not_after = time.monotonic() + seconds
        self.wall_not_after = time.time() + seconds

    def is_valid(self) -> bool:
        """Whether its time has not gone by. Also where the machine slept: its monotonic clock stood still then."""
        return time.monotonic() <= self.not_after and time.time() <= self.wall_not_after


_PREPAID: ContextVar[Prepaid | None] = ContextVar("mijnklantportaal_async.prepaid", default=None)


class SharedRateLimiter(RateLimiter):
    """A rate limit that lives in a database. Give it to `PortalSession(rate_limit=...)` of every process with the key.

    Batches use it by themselves. A session that uses it as well shares the calls with them, and its interactive calls
    go before theirs. It costs one short transaction for each call.

    Args:
        database: The database of the batches, as a URL or `Database`.
        api_key: The key that the limit belongs to; only a fingerprint of it gets into the database. Or give `name`.
        name: Another name for who is limited, at most 64 characters, where the token changes (OAuth).
        rate_limit: The limit, until an answer says otherwise.
        clock: Where time comes from; the same as the sessions'.

    Raises:
        TypeError: `api_key` and `name` are both given, or neither.
        ValueError: The limit has no number, or the URL cannot be right.
    """

    def __init__(
        self,
        database: str | Database,
        *,
        api_key: str | None = None,
        name: str | None = None,
        rate_limit: RateLimit | None = None,
        clock: Clock | None = None,
    ) -> None:
        rate_limit = rate_limit or RateLimit()
        if (api_key is None) == (name is None):
            raise TypeError("give either api_key= or name=" + ("" if api_key is None else ", not both"))
        if rate_limit.requests is None:
            raise ValueError("a shared limit needs a number: RateLimit(requests=60)")
        super().__init__(RateLimit(requests=None, in_flight=rate_limit.in_flight), clock=clock)
        self._database = Database(database) if isinstance(database, str) else database
        self._owns_database = isinstance(database, str)
        self._tables = SlotTables(self._database.schema)
        self._slots = SlotLog(
            self._tables,
            name=name if name is not None else key_fingerprint(api_key or ""),
            requests=rate_limit.requests,
            per=self._clock.real(rate_limit.per),
        )
        self._follows_headers = rate_limit.follow_headers
        self._requests = rate_limit.requests
        self._writing: set[asyncio.Task[None]] = set()
        self._is_prepared = False
        self._preparing = asyncio.Lock()

    def snapshot(self) -> RateLimitSnapshot:
        """How it stands in this process; `remaining` is not known without asking the database."""
        mine = super().snapshot()
        return RateLimitSnapshot(
            limit=self._requests,
            remaining=None,
            resets_in=mine.resets_in,
            waiting=mine.waiting,
            in_flight=mine.in_flight,
        )

    async def remaining(self) -> RateLimitSnapshot:
        """How it stands on all machines together.

        Raises:
            DatabaseTroubleError: The database cannot be used.
        """
        await self._prepare()
        requests, free, wait = await self._database.run(self._slots.remaining)
        mine = super().snapshot()
        return RateLimitSnapshot(
            limit=requests,
            remaining=free,
            resets_in=wait * self._clock.speed,
            waiting=mine.waiting,
            in_flight=mine.in_flight,
        )

    def take_now(self, priority: Priority, first: bool = False) -> Permit | None:
        """The permit that was paid for this call before, if there is one; every other has to be asked for."""
        prepaid = _PREPAID.get()
        if prepaid is None:
            return None
        if prepaid.is_used:
            # Such as the same request with a fresh token, after a 401: it would wait here, and go when nobody reckons
            # with it any more.
            raise RateLimitWaitError("The slot of this request is used up")
        prepaid.is_used = True
        prepaid.permit.started = self._clock.monotonic()
        prepaid.permit.is_valid = prepaid.is_valid
        return prepaid.permit

    async def take(self, priority: Priority, timeout: float | None, first: bool = False) -> Permit:
        """A permit, waiting for it up to `timeout` seconds.

        Raises:
            RateLimitWaitError: No call is free in that time, or the database cannot be reached in it.
            CallTimeoutError: All places for calls under way stayed taken that long.
        """
        began = self._clock.monotonic()
        self.check_usable()
        permit = super().take_now(priority, first) or await super().take(priority, timeout, first)
        try:
            left = None if timeout is None else max(0.0, timeout - (self._clock.monotonic() - began))
            await self._take_slot(Priority.INTERACTIVE if first else priority, left)
        except BaseException:
            self.give_back(permit)
            raise
        permit.started = self._clock.monotonic()
        return permit

    @contextlib.contextmanager
    def prepaid(self, permit: Permit, *, seconds: float) -> Generator[Prepaid, None, None]:
        """One request may be sent inside: with this permit, and within so many seconds of the machine."""
        prepaid = Prepaid(permit, seconds)
        token = _PREPAID.set(prepaid)
        try:
            yield prepaid
        finally:
            _PREPAID.reset(token)
            if not prepaid.is_used:
                self.give_back(permit)

    def finish(self, permit: Permit, headers: Mapping[str, str] | None = None) -> None:
        """As of every limiter; what the answer says of the limit is for everybody."""
        super().finish(permit, headers)
        if headers is not None:
            self.learn(headers)

    def learn(self, headers: Mapping[str, str]) -> None:
        """Corrects the limit for everybody."""
        super().learn(headers)
        told = whole_number(headers.get("X-RateLimit-Limit")) if self._follows_headers else None
        limit = min(told, MOST_COUNTED) if told else None
        if limit is not None and limit != self._requests:
            self._requests = limit
            self._write(self._database.run(lambda connection: self._slots.set_requests(connection, limit)))

    def pause(self, seconds: float | None, jitter: float = 0.0) -> float:
        """After a 429: nobody calls with this key, on any machine."""
        wait = super().pause(seconds, jitter)
        real = self._clock.real(wait)
        self._write(self._database.run(lambda connection: self._slots.pause(connection, real)))
        return wait

    async def aclose(self) -> None:
        """Ends what is being written, and lets go of a database that was given as a URL."""
        if self._writing:
            await asyncio.wait(self._writing)
        if self._owns_database:
            self._database.close()

    # --- inside ------------------------------------------------------------------------------------------------

    async def _take_slot(self, priority: Priority, timeout: float | None) -> None:
        clock, is_urgent = self._clock, priority is Priority.INTERACTIVE
        deadline = None if timeout is None else clock.monotonic() + timeout
        tries = late = 0
        while True:
            began = time.monotonic()
            try:
                await self._prepare()
                # A pause has to be known to everybody before anybody asks again.
                if self._writing:
                    await asyncio.wait(set(self._writing))
                slot = await self._database.run(lambda connection: self._slots.take(connection, is_urgent=is_urgent))
                if slot.wait <= 0 and time.monotonic() - began < self._slots.lateness:
                    return
                standing = await self._wait_for(slot, deadline)
                late += standing is Standing.LATE
                # A machine that is always late would never send: the portal may refuse it, and nothing is lost by that.
                if standing is Standing.HELD or late > MOST_LATE:
                    return
                tries = 0
            except DatabaseTroubleError as error:
                tries += 1
                if tries == 1:
                    LOG.warning("The shared rate limit waits for its database: %s", error)
                wait = random.uniform(0.5, 1.0) * min(0.25 * 2.0**tries, LONGEST_RETRY)
                if deadline is not None and clock.monotonic() + wait * clock.speed > deadline:
                    raise RateLimitWaitError(f"The shared rate limit cannot be asked: {error}") from error
                await asyncio.sleep(wait)

    async def _wait_for(self, slot: Slot, deadline: float | None) -> Standing:
        """Waits for a slot's moment, and tells whether it is still ours then."""
        if slot.wait > 0:
            seconds = slot.wait * self._clock.speed
            if deadline is not None and self._clock.monotonic() + seconds > deadline:
                # Kept in the log all the same: taking it out would need another transaction, and it costs one call.
                raise RateLimitWaitError(
                    f"The rate limit that is shared with others leaves no call free for {seconds:.0f} s",
                    retry_after=seconds,
                )
            await asyncio.sleep(slot.wait)
        return await self._database.run(lambda connection: self._slots.confirm(connection, slot))

    async def _prepare(self) -> None:
        if self._is_prepared:
            return
        async with self._preparing:
            if not self._is_prepared:
                await self._database.prepare()
                await self._database.run(self._tables.create)
                self._is_prepared = True

    def _write(self, writing: Coroutine[Any, Any, None]) -> None:
        async def write() -> None:
            try:
                await writing
            except DatabaseTroubleError as error:
                LOG.warning("The shared rate limit could not be written: %s", error)

        task = asyncio.get_running_loop().create_task(write())
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)
