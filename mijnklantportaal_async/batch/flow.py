"""How one row gets into the portal exactly once: slot, fence, send, and a look wherever something may have been sent.

The order is what counts. `intent` waits for a slot of the rate limit and puts a fence into this process's memory; then
the engine records that `intent` is done, which a process that lost the row to another cannot do. `attempt` sends only
with a fence that this very process put up moments ago. Whoever comes to `attempt` without one knows that something may
have been sent, and looks first.
"""

import logging
import time
from collections.abc import Awaitable, Callable, Collection
from typing import Any, Protocol
from zoneinfo import ZoneInfo

import attrs

from mijnklantportaal_async import errors
from mijnklantportaal_async.batch.database import DatabaseTroubleError
from mijnklantportaal_async.batch.operations import OPERATIONS
from mijnklantportaal_async.batch.operations.operation import BatchOperation
from mijnklantportaal_async.batch.rows import BatchRow
from mijnklantportaal_async.batch.shared_looks import SharedLooks
from mijnklantportaal_async.batch.shared_rate_limit import SharedRateLimiter
from mijnklantportaal_async.calling.finder import CannotTellError
from mijnklantportaal_async.calling.rate_limit import Priority
from mijnklantportaal_async.calling.retry import RetryPolicy
from mijnklantportaal_async.calling.window import Permit
from mijnklantportaal_async.errors import Outcome
from mijnklantportaal_async.session import PortalSession
from mijnklantportaal_async.values.clock import Clock

Json = dict[str, Any]

LOG = logging.getLogger("mijnklantportaal_async.batch")

MOST_LOOKS = 30
"""How often a row looks whether those that it waits for have ended, before it gives its place to them."""

AGAIN = "again"
"""The verdict of an attempt after which the row goes round once more."""


@attrs.frozen(kw_only=True)
class FlowSettings:
    """How patient a row is. Seconds of the portal's clock, unless something else is said.

    Args:
        settle: Seconds in which the service may still commit a request whose answer was lost. Exactly once holds as
            long as the service is not slower than this.
        fence: Seconds of the machine after which a fence is too old to send with.
        unreachable_wait: Pause before a row is tried again that never got to the portal.
        blocked_wait: Pause before a row is tried again whose key the portal refused.
        doubts: How often the portal may fail at one row, and not have made it, before the row is given up.
        sibling_wait: Pause between two looks whether an equal row has ended.
    """

    settle: float = 10.0
    fence: float = 2.0
    unreachable_wait: float = 10.0
    blocked_wait: float = 60.0
    doubts: int = 8
    sibling_wait: float = 1.0

    def __attrs_post_init__(self) -> None:
        if self.settle < 0 or min(self.fence, self.unreachable_wait, self.blocked_wait, self.sibling_wait) <= 0:
            raise ValueError(f"{self}: give positive seconds")
        if self.doubts < 1:
            raise ValueError(f"FlowSettings(doubts={self.doubts}) would give up before trying; give 1 or more")

    def doubt_wait(self, doubts: int) -> float:
        """Pause after a portal failed at a row for the n-th time: longer and longer."""
        return min(2.0**doubts, 30 * self.unreachable_wait)


class Steps(Protocol):
    """The engine, as a row sees it: what a step returned is never done again."""

    async def step(self, name: str, function: Callable[[], Awaitable[Json]]) -> Json:
        """Runs a step and records what it returned; or returns what was recorded before."""
        ...


class Ledger(Protocol):
    """What is known of other rows."""

    async def noted(self, note_id: str) -> frozenset[str] | None:
        """Ids that the portal held before; None while nobody knows yet.

        Raises:
            CannotLookError: The key may not read the list.
        """
        ...

    async def have_ended(self, row_ids: Collection[str]) -> bool:
        """Whether these rows have all come to an end."""
        ...

    async def taken(self, row: BatchRow) -> frozenset[str]:
        """Ids of records that belong to other rows with the same key."""
        ...


class NotYetError(Exception):
    """The row waits for others, and gives up its place for them.

    They may have been put back into the queue when their worker died: where all places are taken by rows that wait for
    them, they would never come to their turn.
    """


class CannotLookError(Exception):
    """What the portal held before could not be noted; its text says why."""


@attrs.define
class Fence:
    """The proof that this process, and no other, has just been allowed to send a row."""

    permit: Permit
    monotonic: float
    wall: float

    @classmethod
    def now(cls, permit: Permit) -> "Fence":
        """Put up at this moment."""
        return cls(permit, time.monotonic(), time.time())

    @property
    def age(self) -> float:
        """Seconds of the machine. Also where it slept: its monotonic clock stood still then."""
        return max(time.monotonic() - self.monotonic, time.time() - self.wall)


class RowFlow:
    """Brings rows of one portal into it.

    Args:
        portal: A session that does not reconcile by itself, at background priority, with `limiter` as its rate limit.
        limiter: The limit that all machines share.
        ledger: What is known of other rows.
        settings: How patient to be.
        clock: Where time comes from; the same as the session's.
        longest_answer: Seconds that the session waits for an answer. A request of a worker that is gone may still be
            under way for so long.
    """

    def __init__(
        self,
        *,
        portal: PortalSession,
        limiter: SharedRateLimiter,
        ledger: Ledger,
        settings: FlowSettings,
        clock: Clock,
        longest_answer: float = 0.0,
    ) -> None:
        self._portal = portal
        # One request for each slot: trying again is the flow's business.
        self._once = portal.with_options(retry=RetryPolicy(attempts=1))
        self._limiter = limiter
        self._ledger = ledger
        self._settings = settings
        self._clock = clock
        self._longest_answer = longest_answer
        self._looks = SharedLooks()

    async def aclose(self) -> None:
        """Ends looks under way."""
        await self._looks.aclose()

    async def run(self, data: Json, steps: Steps) -> Json:
        """Brings one row to its end.

        Args:
            data: The row, as `BatchRow.to_json` wrote it.
            steps: The engine.

        Returns:
            The result, as JSON: `outcome` is `done`, `rejected` or `unknown`.

        Raises:
            NotYetError: The row waits for others, which need its place.
        """
        try:
            row = BatchRow.from_json(data)
            operation = OPERATIONS[row.operation]
            request = operation.from_json(row.request)
        except Exception as error:  # noqa: BLE001 - a row that nobody can read must not be lost, nor stop the others
            return _final(Outcome.REJECTED, f"The row cannot be read: {type(error).__name__}: {error}")
        work = _Work(row=row, operation=operation, request=request, zone=ZoneInfo(row.portal.timezone))
        verdict: Json = _again("")
        try:
            while True:
                wait, doubts = float(verdict["wait"]), int(verdict["doubts"])
                await self._until_ready(row)
                await steps.step("intent", lambda: self._intent(work, wait))  # noqa: B023 - awaited at once
                verdict = await steps.step("attempt", lambda: self._attempt(work, doubts))  # noqa: B023
                if verdict["outcome"] != AGAIN:
                    return verdict
        finally:
            if work.fence is not None:
                self._limiter.give_back(work.fence.permit)

    # --- the two steps -----------------------------------------------------------------------------------------

    async def _intent(self, work: "_Work", wait: float) -> Json:
        """Waits until the row may be sent, and puts up the fence."""
        if wait:
            await self._clock.sleep(wait)
        while True:
            try:
                work.fence = Fence.now(await self._limiter.take(Priority.BACKGROUND, None))
            except Exception as error:  # noqa: BLE001 - nothing was sent: the row can wait, and must not end by a mistake
                LOG.warning("Row %s waits: %s: %s", work.row.place, type(error).__name__, error)
                await self._clock.sleep(self._settings.sibling_wait)
            else:
                return {}

    async def _until_ready(self, row: BatchRow) -> None:
        """Waits until the row may be sent at all.

        Raises:
            NotYetError: It takes long.
        """
        # Looks, not seconds: where the database is slow, rows that could go must not give up before it has answered.
        for _ in range(MOST_LOOKS):
            try:
                if await self._is_ready(row):
                    return
            except Exception as error:  # noqa: BLE001 - as above
                LOG.warning("Row %s waits: %s: %s", row.place, type(error).__name__, error)
            await self._clock.sleep(self._settings.sibling_wait)
        raise NotYetError(row.place)

    async def _attempt(self, work: "_Work", doubts: int) -> Json:
        """Sends, if this process has just put up the fence; otherwise finds out what became of the row."""
        fence, work.fence = work.fence, None
        try:
            if fence is None:
                await self._clock.sleep(self._longest_answer)
                return await self.settle_doubt(work, "A worker stopped while it had the row", doubts)
            if fence.age > self._settings.fence:
                # Nothing was sent with it, and nobody else could have: only the row's owner gets this far.
                self._limiter.give_back(fence.permit)
                return _again("The machine stood still before the row was sent", doubts=doubts)
            return await self._send(work, fence, doubts)
        except Exception as error:  # noqa: BLE001 - our own mistake; an error that escaped would end the row without a word
            return _final(
                Outcome.UNKNOWN,
                f"Something went wrong in this program: {type(error).__name__}: {error}",
                how_to_check=work.operation.how_to_check,
            )

    async def _send(self, work: "_Work", fence: Fence, doubts: int) -> Json:
        with self._limiter.prepaid(fence.permit, seconds=max(0.0, self._settings.fence - fence.age)) as prepaid:
            try:
                return _done(work, await work.operation.send(self._once, work.request))
            except Exception as error:  # noqa: BLE001 - also such as a warning that was turned into an error
                failure = error
        # Looking comes after the block: what is sent inside goes with the permit, or not at all.
        if isinstance(failure, errors.MijnKlantportaalError):
            return await self._judge(work, failure, doubts)
        reason = f"{type(failure).__name__}: {failure}"
        if not prepaid.is_used:
            return _final(Outcome.REJECTED, reason)
        return await self.settle_doubt(work, reason, doubts)

    async def _judge(self, work: "_Work", error: errors.MijnKlantportaalError, doubts: int) -> Json:
        """What an attempt that failed comes to."""
        match error:
            case errors.RateLimitedError():
                # The limiter holds the whole key by now.
                return _again(str(error), doubts=doubts)
            case errors.AuthenticationError() | errors.PermissionDeniedError() | errors.LicenceError():
                # Not the row's fault: ten thousand rows must not fail because a key expired.
                return _again(str(error), wait=self._settings.blocked_wait, doubts=doubts)
            case _ if error.outcome is Outcome.NOT_SENT:
                return _again(str(error), wait=self._settings.unreachable_wait, doubts=doubts)
            case errors.DecodeError() if error.identifier is not None:
                return _final("done", f"The answer could not be read: {error.message}", identifier=error.identifier)
            case _ if error.outcome is Outcome.REJECTED:
                if doubts:
                    # Refused after an attempt that nobody knows the end of: perhaps because that one came through late.
                    verdict = await self.settle_doubt(work, str(error), doubts)
                    if verdict["outcome"] != AGAIN:
                        return verdict
                return _final(Outcome.REJECTED, str(error))
            case _:
                return await self.settle_doubt(work, str(error), doubts, is_applied=error.outcome is Outcome.APPLIED)

    # --- looking -----------------------------------------------------------------------------------------------

    async def settle_doubt(self, work: "_Work", reason: str, doubts: int, *, is_applied: bool = False) -> Json:
        """Finds out what became of a row of which something may have been sent.

        Args:
            work: The row.
            reason: Why nobody knows.
            doubts: How often that was so before.
            is_applied: The portal said that it did it, and only its answer could not be read.
        """
        await self._clock.sleep(self._settings.settle)
        try:
            found = await self._look(work)
        except (errors.MijnKlantportaalError, CannotLookError, CannotTellError) as error:
            reason = f"{reason}; looking whether it happened did not help: {error}"
            return _final(Outcome.UNKNOWN, reason, how_to_check=work.operation.how_to_check)
        if found is not None:
            return _done(work, found)
        if is_applied:
            reason = f"{reason}; it was not found in the portal either"
            return _final(Outcome.UNKNOWN, reason, how_to_check=work.operation.how_to_check)
        if doubts + 1 >= self._settings.doubts:
            return _final(
                Outcome.REJECTED, f"{reason}; tried {doubts + 1} times, and it was not there after any of them"
            )
        return _again(reason, wait=self._settings.doubt_wait(doubts), doubts=doubts + 1)

    async def _look(self, work: "_Work") -> Any | None:
        """One good look, however long it takes to get it: not sending is always safe."""
        tries = unreadable = 0
        while True:
            try:
                noted = await self._ledger.noted(work.row.noted)
                if noted is None:
                    raise CannotLookError("what the portal held before is not known")
                taken = noted | await self._ledger.taken(work.row)
                operation, request, zone = work.operation, work.request, work.zone
                records = await self._looks.look(
                    (operation.name, operation.look_key(request, zone)),
                    lambda: operation.look(self._portal, request, zone),  # noqa: B023 - the same in every round
                )
                return operation.pick(records, request, zone, taken)
            except (
                errors.TransportError,
                errors.ServerError,
                errors.RateLimitError,
                errors.AuthenticationError,
                errors.DecodeError,
                DatabaseTroubleError,
            ) as error:
                unreadable += isinstance(error, errors.DecodeError)
                if unreadable > self._settings.doubts:
                    raise
                LOG.warning("Row %s cannot be looked for yet: %s", work.row.place, error)
                tries += 1
                await self._clock.sleep(self._settings.doubt_wait(tries))

    async def _is_ready(self, row: BatchRow) -> bool:
        """Whether the row may be sent at all: what was there before is noted, and equal rows before it have ended."""
        try:
            if await self._ledger.noted(row.noted) is None:
                return False
        except CannotLookError:
            # A key that may not read can still schedule; only a lost answer will need a person then.
            pass
        return await self._ledger.have_ended(row.after)


@attrs.define(kw_only=True)
class _Work:
    """A row, understood: of one run of it. The same process may run it twice at once, where it was taken over."""

    row: BatchRow
    operation: BatchOperation
    request: Any
    zone: ZoneInfo
    fence: Fence | None = None


def _done(work: _Work, record: Any) -> Json:
    identifier, kept, remark = work.operation.describe(record, work.request)
    return _final("done", remark, identifier=identifier, record=kept)


def _again(message: str, *, wait: float = 0.0, doubts: int = 0) -> Json:
    return {"outcome": AGAIN, "message": message, "wait": wait, "doubts": doubts}


def _final(outcome: Outcome | str, message: str | None, **more: Any) -> Json:
    return {"outcome": outcome.value if isinstance(outcome, Outcome) else outcome, "message": message, **more}
