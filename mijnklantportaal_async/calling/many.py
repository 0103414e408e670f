"""Many calls at once: as many as wanted, none read ahead, every one accounted for."""

import asyncio
import warnings
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Awaitable, Callable, Generator, Iterable
from types import TracebackType
from typing import Any, Generic, Protocol, Self, TypeAlias, TypeVar

import attrs

from mijnklantportaal_async.calling.record import WATCHED, CallRecord
from mijnklantportaal_async.errors import MijnKlantportaalError, Outcome

R = TypeVar("R")


class Indexed(Protocol):
    """A result that says which request it is of."""

    @property
    def index(self) -> int:
        """Place of the request among those given, from 0."""
        ...


S = TypeVar("S", bound=Indexed)


@attrs.frozen(kw_only=True)
class Rejected(Generic[R]):
    """The portal refused it, or it could not be right; nothing was made."""

    index: int
    """Place of the request among those given, from 0."""
    request: R
    error: Exception


@attrs.frozen(kw_only=True)
class Unknown(Generic[R]):
    """Something was sent, and nobody knows whether it came through. Look before giving it again."""

    index: int
    request: R
    error: MijnKlantportaalError


@attrs.frozen(kw_only=True)
class NotStarted(Generic[R]):
    """Nothing was sent, or nothing came of it for certain. Giving it again is safe."""

    index: int
    request: R
    error: Exception | None
    """Why; None when the run was stopped."""


Result: TypeAlias = Rejected[R] | Unknown[R] | NotStarted[R] | S
"""What became of one request: `Result[NewAppointment, Scheduled]` for `schedule_appointments`."""


@attrs.frozen(kw_only=True)
class Unsettled:
    """Calls under way of which something may have been done, and nobody knows yet."""

    calls: int
    seconds: float
    """Until all of them are settled, at the most as things stand, by the portal's clock."""


class _Running(Generic[R]):
    __slots__ = ("has_result", "index", "record", "request")

    def __init__(self, index: int, request: R) -> None:
        self.index = index
        self.request = request
        self.record = CallRecord()
        self.has_result = False


class Run(Generic[R, S]):
    """Calls under way, and an async iterator of their results in the order in which they end.

    At most `concurrency` requests are read from the source before their results are taken: a source without end is
    fine. Use it as `async with` where the loop may end early; otherwise reading it to its end is enough. A consumer
    that is cancelled stops the run. A generator that the requests come from is closed when the run ends.

    Attributes:
        read: How many requests were taken from the source.
    """

    def __init__(
        self,
        requests: Iterable[R] | AsyncIterable[R],
        call: Callable[[int, R, CallRecord], Awaitable[S]],
        *,
        concurrency: int,
        unknown: Callable[[R], MijnKlantportaalError],
        settled_in: Callable[[CallRecord], float] = lambda record: 0.0,
    ) -> None:
        # Until it is made there is nothing to be warned of.
        self._stopped = True
        if concurrency < 1:
            raise ValueError(f"concurrency={concurrency} would do nothing; give 1 or more")
        self.read = 0
        self._requests = requests
        self._call = call
        self._places = asyncio.Semaphore(concurrency)
        self._unknown = unknown
        self._settled_in = settled_in
        self._running: dict[asyncio.Task[None], _Running[R]] = {}
        self._ready: deque[Result[R, S]] = deque()
        self._reader: asyncio.Task[None] | None = None
        self._ending: asyncio.Task[None] | None = None
        self._hurry = asyncio.Event()
        self._stopped = self._is_closed = False
        self._changed = asyncio.Event()

    @property
    def unfinished(self) -> list[Result[R, S]]:
        """A result for each request that was read and whose result the iterator did not hand out, in order of index.

        At any time: of calls that are still under way it says what is known of them by now.
        """
        under_way = (running for running in self._running.values() if not running.has_result)
        results = [*self._ready, *map(self._cut_off, under_way)]
        return sorted(results, key=lambda result: result.index)

    @property
    def unsettled(self) -> Unsettled:
        """What a run that is stopped now would wait for, if it waits for all."""
        records = [running.record for running in self._running.values() if not running.has_result]
        in_doubt = [record for record in records if record.is_sending or record.may_have_happened]
        return Unsettled(calls=len(in_doubt), seconds=max(map(self._settled_in, in_doubt), default=0.0))

    def __aiter__(self) -> AsyncIterator[Result[R, S]]:
        return self

    async def __anext__(self) -> Result[R, S]:
        if self._reader is None and not self._stopped:
            self._reader = asyncio.create_task(self._read_all(), name="read requests")
        try:
            while self._is_closed or not self._ready:
                if self._is_over():
                    await self._raise_source_error()
                    raise StopAsyncIteration
                self._changed.clear()
                await self._changed.wait()
        except asyncio.CancelledError:
            await self.stop()
            raise
        self._places.release()
        return self._ready.popleft()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.stop()

    def __del__(self) -> None:
        if not self._stopped and self._reader is None:
            warnings.warn(
                "the requests of a run were never asked for, so nothing was done; write `async for result in ...`",
                RuntimeWarning,
                stacklevel=2,
                source=self,
            )

    async def stop(self, *, grace: float = 0.0) -> None:
        """Reads no more requests and ends those under way, as gently as `grace` allows. Any number of times.

        Calls that have sent nothing end at once. Calls that may have sent something get `grace` seconds to learn what
        became of it; then they end as `Unknown`. Cancelling this ends them at once.
        """
        ending = self._begin_to_end(grace)
        try:
            await asyncio.shield(ending)
        except asyncio.CancelledError:
            self._hurry.set()
            raise

    # --- inside ------------------------------------------------------------------------------------------------

    def _begin_to_end(self, grace: float) -> "asyncio.Task[None]":
        self._stopped = True
        if grace <= 0:
            self._hurry.set()
        if self._ending is None:
            if self._reader is not None:
                self._reader.cancel()
            for task, running in self._running.items():
                # One that is sending would not notice in time that it should not.
                if grace <= 0 or not (running.record.is_sending or running.record.may_have_happened):
                    task.cancel()
            # A task of its own: a scope that cancels again and again whoever awaits in it must not cut this short.
            self._ending = asyncio.create_task(self._end(grace), name="end calls")
        return self._ending

    async def _end(self, grace: float) -> None:
        if self._reader is not None:
            await asyncio.wait([self._reader])
        if self._running and not self._hurry.is_set():
            hurry = asyncio.create_task(self._hurry.wait())
            ended = asyncio.create_task(asyncio.wait(list(self._running)))
            await asyncio.wait([hurry, ended], timeout=grace, return_when=asyncio.FIRST_COMPLETED)
            hurry.cancel()
            ended.cancel()
        for task in self._running:
            task.cancel()
        if self._running:
            await asyncio.wait(list(self._running))
        self._is_closed = True
        self._changed.set()

    def _is_over(self) -> bool:
        return (self._reader is None or self._reader.done()) and not self._running

    async def _raise_source_error(self) -> None:
        reader, self._reader = self._reader, None
        self._stopped = True
        if reader is not None and not reader.cancelled():
            await reader

    async def _read_all(self) -> None:
        """Takes a request whenever there is a place for its result."""
        take = _taker(self._requests)
        try:
            while True:
                await self._places.acquire()
                try:
                    request = await take()
                except StopAsyncIteration:
                    return
                running = _Running(self.read, request)
                self.read += 1
                task = asyncio.create_task(self._run(running), name=f"call {running.index}")
                self._running[task] = running
                task.add_done_callback(self._ended)
        finally:
            self._changed.set()
            await _close(self._requests)

    def _ended(self, task: asyncio.Task[None]) -> None:
        running = self._running.pop(task)
        if not running.has_result:
            # Cancelled before its first line could run.
            self._ready.append(NotStarted(index=running.index, request=running.request, error=None))
        self._changed.set()

    async def _run(self, running: _Running[R]) -> None:
        WATCHED.set(running.record)
        result = await self._result_of(running)
        running.has_result = True
        self._ready.append(result)

    async def _result_of(self, running: _Running[R]) -> Result[R, S]:
        index, request, record = running.index, running.request, running.record
        try:
            return await self._call(index, request, record)
        except asyncio.CancelledError:
            return self._cut_off(running)
        except MijnKlantportaalError as error:
            match error.outcome:
                case Outcome.NOT_SENT:
                    return NotStarted(index=index, request=request, error=error)
                case Outcome.REJECTED:
                    return Rejected(index=index, request=request, error=error)
                case _:
                    return Unknown(index=index, request=request, error=error)
        except Exception as error:  # noqa: BLE001 - a bad request must not end the run
            if record.may_have_happened:
                unknown = self._unknown(request)
                unknown.__cause__ = error
                return Unknown(index=index, request=request, error=unknown)
            if record.was_begun:
                return NotStarted(index=index, request=request, error=error)
            return Rejected(index=index, request=request, error=error)

    def _cut_off(self, running: _Running[R]) -> Result[R, S]:
        """What is known of a call that ends, or would end, here."""
        index, request = running.index, running.request
        if running.record.may_have_happened:
            return Unknown(index=index, request=request, error=self._unknown(request))
        return NotStarted(index=index, request=request, error=None)


async def _close(source: Any) -> None:
    """A generator may hold a cursor or a file, which should not wait for the garbage collector."""
    if isinstance(source, AsyncGenerator):
        await source.aclose()
    elif isinstance(source, Generator):
        source.close()


def _taker(requests: Iterable[R] | AsyncIterable[R]) -> Callable[[], Awaitable[R]]:
    """The next request of either kind of source; StopAsyncIteration at its end."""
    if isinstance(requests, AsyncIterable):
        return aiter(requests).__anext__
    iterator = iter(requests)

    async def take() -> R:
        try:
            return next(iterator)
        except StopIteration:
            raise StopAsyncIteration from None

    return take
