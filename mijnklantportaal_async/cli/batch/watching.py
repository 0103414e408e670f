"""Looks at a job again and again, also while its database is away."""

import asyncio
import logging
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Generator
from contextlib import contextmanager, suppress

from mijnklantportaal_async.batch import DatabaseTroubleError, Jobs, JobSummary, Progress, RowOutcome, RowResult
from mijnklantportaal_async.cli.batch.pace import Pace
from mijnklantportaal_async.texts.words import told_by
from mijnklantportaal_async.values.local_time import portal_zone

_PACKAGE, _BATCHES = "mijnklantportaal_async", "mijnklantportaal_async.batch"
"""All that is logged would be written across the display; what batches log is worth showing."""

_SHOWN_FOR = 60.0
"""Seconds in which a message of the log is still a trouble."""

_SHARE = 0.1
"""Of the time may be spent on looking: a job of many thousand rows takes a moment to read."""


class JobWatch:
    """A job as it was at the last look.

    Args:
        jobs: Where it is.
        job: Which one.
        speed: Seconds of the portal for each of the machine.

    Attributes:
        job: Its name, portals and so on.
        progress: How it stands.
        pace: How fast it goes.
        trouble: Why the last look was not possible; empty when it was.
        last_bad: The last row that ended in another way than it should, since the watch began.
    """

    def __init__(self, jobs: Jobs, job: JobSummary, *, speed: float = 1.0) -> None:
        self.job = job
        self.progress = job.progress
        self.pace = Pace(portals=len(job.portals), speed=speed)
        self.zone = portal_zone(job.portals[0].timezone)
        self.trouble = ""
        self.last_bad: RowResult | None = None
        self._jobs = jobs
        self._looks: AsyncIterator[Progress] | None = None

    @property
    def is_over(self) -> bool:
        """Whether nothing more happens by itself."""
        return self.progress.is_over and not self.trouble

    async def look(self) -> None:
        """Looks once.

        Raises:
            LookupError: The job was deleted.
        """
        try:
            progress = await self._next()
        except DatabaseTroubleError as error:
            self._looks, self.trouble = None, told_by(error)
            return
        self.trouble = ""
        self.progress = progress
        self.pace.note(progress)
        for row in progress.ended:
            if row.outcome in {RowOutcome.REJECTED, RowOutcome.UNKNOWN}:
                self.last_bad = row

    async def _next(self) -> Progress:
        if self._looks is not None:
            with suppress(StopAsyncIteration):
                return await anext(self._looks)
        # The first look; or the job was over, or looking was cut short, and it goes on now.
        # How long to wait between two looks is decided by what a look costs, not here.
        self._looks = self._jobs.progress(self.job.name, every=0)
        return await anext(self._looks)


async def watch(watches: list[JobWatch], *, every: float) -> None:
    """Looks until all jobs are over.

    Args:
        watches: Which jobs.
        every: Seconds between two looks, at least.

    Raises:
        LookupError: A job was deleted.
    """
    while True:
        began = time.monotonic()
        for job in watches:
            if not job.is_over:
                await job.look()
        if all(job.is_over for job in watches):
            return
        await asyncio.sleep(max(every, (time.monotonic() - began) * (1 / _SHARE - 1)))


class TroubleLog(logging.Handler):
    """Keeps the last warning of the log, to be shown in the display and not across it."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        super().__init__(logging.WARNING)
        self._now = now
        self._kept: deque[tuple[float, str]] = deque(maxlen=1)
        self.is_closed = False
        """While a worker stops, what the engine says of rows that are let go is no trouble."""

    def emit(self, record: logging.LogRecord) -> None:
        """Takes a message."""
        if record.name == _BATCHES and not self.is_closed:
            self._kept.append((self._now(), record.getMessage()))

    @property
    def last(self) -> str:
        """The last warning, as long as it is news."""
        if self.is_closed:
            return ""
        return next((text for moment, text in self._kept if self._now() - moment < _SHOWN_FOR), "")


@contextmanager
def troubles_kept() -> Generator[TroubleLog, None, None]:
    """Keeps warnings as long as this lasts."""
    handler = TroubleLog()
    logger = logging.getLogger(_PACKAGE)
    logger.addHandler(handler)
    try:
        yield handler
    finally:
        logger.removeHandler(handler)
