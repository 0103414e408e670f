"""How one row gets into the portal exactly once: connection, slot, intent, first byte; a look where it is open.

The order is what counts. A connection is held before the slot of the rate limit is taken, so that a slow handshake does
not make it stale. Then the row's intent is recorded, which a process that has lost the row cannot do. What is sent
leaves at once then, or not at all. Whoever takes a row whose intent was recorded knows that something may have been
sent, and looks first, by the rule of every call of a session.
"""

import logging
import time
from collections.abc import Collection
from typing import Any, Protocol

import attrs

from mijnklantportaal_async import errors
from mijnklantportaal_async.batch import operations
from mijnklantportaal_async.batch.database import DatabaseTroubleError
from mijnklantportaal_async.batch.flow_errors import came_too_late, may_pass, text_of
from mijnklantportaal_async.batch.flow_settings import FlowSettings
from mijnklantportaal_async.batch.ledger import CanceledError, LostError, TakenError, Verdict
from mijnklantportaal_async.batch.rows import BatchRow, Doubt, RowAtWork, State, WhenAbsent
from mijnklantportaal_async.batch.shared_rate_limit import SharedRateLimiter
from mijnklantportaal_async.batch.together import SenderOfLooks
from mijnklantportaal_async.calling.lookup import AbsentError, CannotLookError, LookingCaller, NotYetError
from mijnklantportaal_async.calling.rate_limit import Priority
from mijnklantportaal_async.calling.reconcile import ReconcilePolicy
from mijnklantportaal_async.calling.retry import RetryPolicy, Timeouts
from mijnklantportaal_async.calling.wire import Effect
from mijnklantportaal_async.errors import Outcome
from mijnklantportaal_async.session import PortalSession
from mijnklantportaal_async.texts.words import told_by, words
from mijnklantportaal_async.values.clock import Clock

LOG = logging.getLogger("mijnklantportaal_async.batch")

LOOKING = 30.0
"""Seconds of the portal's clock for which a look goes on that settles nothing; `settle` would be done again later."""

CONNECTING = 60.0
"""Seconds of the machine for making a connection: nothing waits for it but the row."""

LOOKS_FOR_EACH = 10
"""How many times in a row a row may not be looked for, for each time that the portal may fail at it."""

NO_CALENDAR = 250e9
"""A moment that has not come yet, in seconds since 1970."""

LONGEST_ANSWER = 600.0
"""Seconds for which a request may be under way that a worker has sent which waits for answers without end."""


class Records(Protocol):
    """What is recorded of this row, and known of others."""

    async def intend(self, at_work: RowAtWork) -> None:
        """As `Ledger.intend`."""
        ...

    async def note(self, at_work: RowAtWork, trouble: str, wait: float) -> None:
        """As `Ledger.note`."""
        ...

    async def when_absent(self, at_work: RowAtWork) -> WhenAbsent:
        """As `Ledger.when_absent`."""
        ...

    async def others(self, row: BatchRow) -> Collection[str]:
        """Ids of records of the operation that belong to rows."""
        ...

    async def have_succeeded(self, row: BatchRow, since: float) -> bool:
        """Whether rows of the same portal and operation have been done since a moment."""
        ...


class RowFlow:
    """Brings rows of one portal into it.

    Args:
        portal: A session that does not reconcile by itself, at background priority, with `limiter` as its rate limit.
        limiter: The limit that all machines share.
        records: What is recorded.
        settings: How patient to be.
        clock: Where time comes from; the same as the session's.
        longest_answer: Seconds that the session waits for an answer; None for no end. With the fence on top, a request
            of a worker that is gone may still be under way for so long.
    """

    def __init__(
        self,
        *,
        portal: PortalSession,
        limiter: SharedRateLimiter,
        records: Records,
        settings: FlowSettings,
        clock: Clock,
        longest_answer: float | None = 0.0,
    ) -> None:
        # One request for each slot: trying again is the flow's business.
        self._once = portal.with_options(retry=RetryPolicy(attempts=1))
        self._portal = portal
        self._sender = portal._caller.sender  # pyright: ignore[reportPrivateUsage] - a batch is a part of its session
        self._limiter = limiter
        self._records = records
        self._settings = settings
        self._clock = clock
        answer = LONGEST_ANSWER if longest_answer is None else longest_answer
        self._longest_answer = answer + settings.fence * clock.speed
        self._sketch = operations.Sketch(portal.timezone)
        self._looks: SenderOfLooks | None = None

    async def aclose(self) -> None:
        """Ends looks under way."""
        if self._looks is not None:
            await self._looks.aclose()

    async def run(self, at_work: RowAtWork) -> Verdict:
        """Does one round of a row: sends it once, and finds out what became of it.

        Raises:
            LostError: Another has the row.
            DatabaseTroubleError: What is known cannot be read.
        """
        row = at_work.row
        try:
            arguments = operations.as_given(row.operation, row.request)
            drawn = self._sketch.draw(row.operation, arguments)
        except Exception as error:  # noqa: BLE001 - nobody knows what another version has written
            # Perhaps another worker understands it; nothing is known of it that was not known before.
            return self._again(
                at_work,
                words("this worker does not understand rows such as {place}: {error}", place=row.place, error=error),
                wait=60.0,
            )
        work = Work(at_work, arguments, drawn.request.operation.effect)
        try:
            if at_work.doubt is not Doubt.NONE:
                reason = words("It is not known yet whether an earlier attempt arrived")
                if at_work.doubt is Doubt.UNDER_WAY:
                    wait, reason = self._longest_answer, words("A worker stopped while it had the row")
                    await self._note(
                        at_work, words("{reason}, and what it sent may be under way still", reason=reason), wait
                    )
                    await self._clock.sleep(wait)
                verdict = await self.settle_doubt(work, reason)
                if verdict.state is not State.WAITING or verdict.doubt is not Doubt.NONE:
                    return verdict
                known = attrs.evolve(at_work, doubt=Doubt.NONE, doubts=verdict.doubts, looks=0)
                work = Work(known, arguments, work.effect)
            return await self._attempt(work)
        except (LostError, DatabaseTroubleError):
            raise
        except CanceledError:
            return Verdict(state=State.CANCELED)
        except Exception as error:
            LOG.exception("Row %s", row.place)
            return Verdict(
                state=State.UNKNOWN,
                message=words("Something went wrong in this program: {error}", error=text_of(error)),
            )

    # --- sending -------------------------------------------------------------------------------------------------

    async def _attempt(self, work: "Work") -> Verdict:
        settings = self._settings
        try:
            # What this process makes belongs to somebody, however long a row is in doubt.
            evidence, _ = await self._sender.identify()
            evidence.claims.keep_all()
            hand_on = await self._sender.transport.hold(CONNECTING)
        except Exception as error:  # noqa: BLE001 - also what the user's own Auth raises; nothing was sent
            reason = words(
                "no way to {base_url}: {error}", base_url=self._sender.transport.base_url, error=text_of(error)
            )
            return self._again(work.at_work, reason, wait=settings.unreachable_wait)
        try:
            permit = await self._limiter.take(Priority.BACKGROUND, None)
            with self._limiter.prepaid(permit, seconds=settings.fence) as prepaid:
                await self._records.intend(work.at_work)
                hand_on()
                try:
                    return self._done(work, await operations.make(self._once, work.row.operation, work.arguments))
                except Exception as error:  # noqa: BLE001 - also such as a warning that was turned into an error
                    failure = error
        finally:
            hand_on()
        # Looking comes after the block: what is sent inside goes with the permit, or not at all.
        if isinstance(failure, errors.MijnKlantportaalError):
            return await self._judge(work, failure)
        if not prepaid.is_used:
            # Where tokens come from is away, say: that is trouble, and no word of the portal about the row.
            return self._again(work.at_work, text_of(failure), wait=settings.unreachable_wait)
        return await self.settle_doubt(work, text_of(failure))

    async def _judge(self, work: "Work", error: errors.MijnKlantportaalError) -> Verdict:
        """What an attempt that failed comes to."""
        settings, at_work = self._settings, work.at_work
        match error:
            case errors.RateLimitError():
                # The limiter holds the whole key by now, or the slot went by.
                return self._again(at_work, text_of(error))
            case errors.AuthenticationError() | errors.LicenceError():
                # Not the row's fault: ten thousand rows must not fail because a key expired.
                return self._again(at_work, text_of(error), wait=settings.blocked_wait)
            case errors.PermissionDeniedError():
                return await self._refused(work, error)
            case _ if error.outcome is Outcome.NOT_SENT:
                return self._again(at_work, self._why_not_sent(error), wait=self._wait_unsent(error))
            case errors.DecodeError() if error.identifier is not None and error.outcome is Outcome.APPLIED:
                return self._made(
                    work,
                    error.identifier,
                    None,
                    words("The answer could not be read: {message}", message=error.message),
                )
            case _ if error.outcome is Outcome.REJECTED:
                if at_work.doubts:
                    # Refused after an attempt that nobody knows the end of: perhaps because that one came through late.
                    verdict = await self.settle_doubt(work, text_of(error))
                    if verdict.state is not State.WAITING:
                        return verdict
                return Verdict(state=State.REJECTED, message=told_by(error))
            case _:
                return await self.settle_doubt(work, text_of(error), is_applied=error.outcome is Outcome.APPLIED)

    async def _refused(self, work: "Work", error: errors.PermissionDeniedError) -> Verdict:
        """A key that may not do it; or, where others of the same portal are done meanwhile, a row that may not.

        It is tried twice, with `blocked_wait` between. Whoever was done shortly before counts too: the last row of a
        job has none after it.
        """
        before, now = work.at_work.refused_at, time.time()
        shortly = self._clock.real(self._settings.blocked_wait)
        if before is not None and await self._records.have_succeeded(work.row, before - shortly):
            return Verdict(
                state=State.REJECTED,
                message=words("{error} Other rows were done meanwhile, so it is this one's", error=error),
            )
        return attrs.evolve(
            self._again(work.at_work, text_of(error), wait=self._settings.blocked_wait),
            refused_at=now if before is None else before,
        )

    def _why_not_sent(self, error: errors.MijnKlantportaalError) -> str:
        if not came_too_late(error):
            return text_of(error)
        return words(
            "it took longer than FlowSettings.fence, {fence:g} s, from the slot of the rate limit until "
            "the request could leave: connections are slow, or this machine stood still",
            fence=self._settings.fence,
        )

    def _wait_unsent(self, error: errors.MijnKlantportaalError) -> float:
        return self._settings.sibling_wait if came_too_late(error) else self._settings.unreachable_wait

    # --- looking -------------------------------------------------------------------------------------------------

    async def settle_doubt(self, work: "Work", reason: str, *, is_applied: bool = False) -> Verdict:
        """Finds out what became of a row of which something may have been sent.

        Args:
            work: The row.
            reason: Why nobody knows.
            is_applied: The portal said that it did it, and only its answer could not be read.

        Returns:
            What is certain; `WAITING` without doubt where nothing of the row is there.
        """
        at_work, doubts, looks = work.at_work, work.at_work.doubts + 1, work.at_work.looks + 1
        if work.effect.may_repeat:
            return self._again(at_work, reason, wait=self._settings.doubt_wait(doubts), doubts=doubts)
        try:
            await self._note(at_work, words("{reason}; it is looked for", reason=reason), self._settings.settle)
            return self._done(work, await self._look(work))
        except AbsentError:
            return await self._absent(work, reason, is_applied=is_applied)
        except CannotLookError as error:
            return Verdict(state=State.UNKNOWN, message=words("{reason}; {error}", reason=reason, error=error))
        except (errors.MijnKlantportaalError, NotYetError) as error:
            if may_pass(error) and looks < self._settings.doubts * LOOKS_FOR_EACH:
                trouble = words("{reason}; it cannot be looked for yet: {error}", reason=reason, error=text_of(error))
                return self._again(at_work, trouble, self._settings.doubt_wait(looks), looks=looks)
            return Verdict(
                state=State.UNKNOWN,
                message=words("{reason}; looking did not help: {error}", reason=reason, error=text_of(error)),
            )
        except (LostError, DatabaseTroubleError):
            raise
        except Exception as error:  # noqa: BLE001 - the user's own Auth, say: it leaves open what became of the row
            return self._again(
                at_work,
                words("{reason}; it cannot be looked for: {error}", reason=reason, error=text_of(error)),
                self._settings.unreachable_wait,
                # Not counted: what is away for a while is no reason to leave the row to a person.
                looks=at_work.looks or 1,
            )

    async def _absent(self, work: "Work", reason: str, *, is_applied: bool) -> Verdict:
        if is_applied:
            return Verdict(
                state=State.UNKNOWN, message=words("{reason}; it was not found in the portal either", reason=reason)
            )
        doubts = work.at_work.doubts + 1
        match await self._records.when_absent(work.at_work):
            case WhenAbsent.SAY:
                return Verdict(
                    state=State.REJECTED,
                    message=words(
                        "A look has proven that nothing of it is in the portal. Settle the job with "
                        "send_again=True (batch settle --send-again) to send it"
                    ),
                )
            case WhenAbsent.CANCEL:
                return Verdict(state=State.CANCELED)
            case WhenAbsent.SEND:
                pass
        if doubts >= self._settings.doubts:
            message = words(
                "{reason}; tried {doubts} times, and it was not there after any of them", reason=reason, doubts=doubts
            )
            return Verdict(state=State.REJECTED, message=message)
        return self._again(work.at_work, reason, self._settings.doubt_wait(doubts - 1), doubts=doubts)

    async def _look(self, work: "Work") -> Any:
        """What the row has made, as the session judges it.

        Raises:
            AbsentError: Nothing.
            Exception: Nobody can tell.
        """
        row, settle = work.row, self._settings.settle
        # Not recorded while the row was sent: a moment ago.
        first_sent = work.at_work.first_sent or work.began
        if self._looks is None:
            self._looks = SenderOfLooks(self._sender)
        portal = self._portal.with_options(
            reconcile=ReconcilePolicy(settle=settle, looks=(1.0,)),
            timeouts=Timeouts(queue=None, attempt=self._longest_answer, call=settle + LOOKING),
        )
        portal._caller = LookingCaller(  # pyright: ignore[reportPrivateUsage] - of the view, which is ours
            sender=self._looks,
            elapsed=(time.time() - first_sent) * self._clock.speed,
            # A clock that runs faster than the machine's knows of no calendar.
            sent_at=first_sent if self._clock.speed == 1 else NO_CALENDAR,
            others=lambda: self._records.others(row),
        )
        return await operations.make(portal, row.operation, work.arguments)

    # --- verdicts ------------------------------------------------------------------------------------------------

    def _done(self, work: "Work", record: Any) -> Verdict:
        identifier, kept, remark = operations.describe(record, work.arguments, self._portal.timezone)
        return self._made(work, identifier, kept, remark)

    def _made(self, work: "Work", identifier: str | None, record: dict[str, Any] | None, remark: str | None) -> Verdict:
        claims = work.effect is Effect.CREATE and identifier is not None
        if identifier is not None and (evidence := self._sender.evidence_now()) is not None:
            # From here on the database says whose it is, also where the row's end could not be recorded.
            evidence.claims.hand_over(identifier)
        return Verdict(state=State.DONE, message=remark, identifier=identifier, record=record, claims=claims)

    async def _note(self, at_work: RowAtWork, trouble: str, wait: float) -> None:
        await self._records.note(at_work, trouble, self._clock.real(wait))

    def _again(
        self,
        at_work: RowAtWork,
        trouble: str,
        wait: float = 0.0,
        doubts: int | None = None,
        looks: int = 0,
    ) -> Verdict:
        """Another round, `wait` seconds of the portal's clock later; it begins with a look where there were `looks`."""
        return Verdict(
            state=State.WAITING,
            trouble=trouble,
            wait=self._clock.real(wait),
            doubt=Doubt.OPEN if looks else Doubt.NONE,
            doubts=at_work.doubts if doubts is None else doubts,
            looks=looks,
            refused_at=at_work.refused_at,
        )


@attrs.frozen
class Work:
    """A row, understood: of one round of it."""

    at_work: RowAtWork
    arguments: dict[str, Any]
    effect: Effect
    began: float = attrs.field(factory=time.time)

    @property
    def row(self) -> BatchRow:
        """The row."""
        return self.at_work.row


def taken(verdict: Verdict, error: TakenError) -> Verdict:
    """A row that found, or was answered, what another row has made."""
    return Verdict(
        state=State.UNKNOWN,
        message=words("The portal shows {identifier} for it, but {error}", identifier=verdict.identifier, error=error),
    )
