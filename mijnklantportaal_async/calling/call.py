"""One call: an attempt, and after a failure another, a look, or an error."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from datetime import datetime, timedelta
from typing import NoReturn, TypeVar, cast

import attrs

from mijnklantportaal_async import errors
from mijnklantportaal_async.calling.attempt import CallOptions, Sender, call_left, queue_left
from mijnklantportaal_async.calling.finder import CannotTellError, Finder, Sight
from mijnklantportaal_async.calling.headers import server_time
from mijnklantportaal_async.calling.reconcile import LookedTooBrieflyError, look_until_settled
from mijnklantportaal_async.calling.record import WATCHED, CallRecord
from mijnklantportaal_async.calling.retry import RetryQuota, Step, judge, retrying
from mijnklantportaal_async.calling.wire import Answer, Effect, Request
from mijnklantportaal_async.errors import Outcome
from mijnklantportaal_async.values.serde import UnreadableError

T = TypeVar("T")

CLAIM_SLACK = 5.0
"""Seconds beyond the tolerance for which a record stays claimed: clocks with whole seconds, slow answers."""


class Caller:
    """Makes the calls of a session.

    Args:
        sender: Sends single requests.
        quota: How many retries are left.
    """

    __slots__ = ("quota", "sender")

    def __init__(self, *, sender: Sender, quota: RetryQuota) -> None:
        self.sender = sender
        self.quota = quota

    async def call(
        self,
        options: CallOptions,
        request: Request,
        decode: Callable[[bytes], T],
        *,
        finder: Finder[T] | None = None,
        when_done: Callable[[errors.APIStatusError], Awaitable[T]] | None = None,
    ) -> T:
        """Makes one call, as often as it takes and is allowed.

        Args:
            options: Timeouts, retries, priority.
            request: What to send.
            decode: Reads the body of a success; raises `UnreadableError`.
            finder: How to look for what a call did that must not be made twice.
            when_done: What to return when a repeated removal or change is told that it was done before.

        Raises:
            MijnKlantportaalError: As the coroutine that calls this documents.
            RuntimeError: The session is closed, or belongs to another event loop.
        """
        sender = self.sender
        sender.transport.check_usable()
        record = WATCHED.get()
        if record is None or record.is_active:
            # Somebody else's: calls that a watched coroutine makes side by side must not share an account.
            record = CallRecord()
        else:
            record.clear()
        record.is_active = True
        record.started = sender.clock.monotonic()
        record.queued = 0.0
        made = None
        if finder is not None and not sender.limiter.claims.enter_now(finder.key, record.started):
            try:
                await self._wait_for_turn(options, request, record, finder.key)
            except BaseException:
                record.is_active = False
                raise
        try:
            # The first attempt runs outside of tenacity, which costs as much as all the rest of a call.
            try:
                result = await sender.attempt(options, request, decode, record)
                self.quota.give_back(0)
            except errors.MijnKlantportaalError as failure:
                result = await self._recover(options, request, decode, record, failure, finder, when_done)
            if finder is not None:
                made = finder.identifier(result)
            return result
        finally:
            now = sender.clock.monotonic()
            record.elapsed = now - record.started
            record.is_active = False
            if finder is not None:
                tolerance = options.reconcile.tolerance if options.reconcile else 0.0
                sender.limiter.claims.leave(finder.key, made, now, tolerance + CLAIM_SLACK)

    async def _wait_for_turn(self, options: CallOptions, request: Request, record: CallRecord, key: Hashable) -> None:
        """Keeps equal creating calls of this process apart."""
        claims, clock, timeout = self.sender.limiter.claims, self.sender.clock, options.timeouts.queue
        try:
            async with asyncio.timeout(None if timeout is None else clock.real(timeout)):
                await claims.wait_for_turn(key)
        except TimeoutError:
            message = f"A request for the same thing took longer than {timeout:g} s"
            raise errors.CallTimeoutError(
                message, clock="queue", seconds=timeout, outcome=Outcome.NOT_SENT, **request.context()
            ) from None
        now = clock.monotonic()
        record.queued += now - record.started
        claims.begin(key, now)

    async def _recover(
        self,
        options: CallOptions,
        request: Request,
        decode: Callable[[bytes], T],
        record: CallRecord,
        failure: errors.MijnKlantportaalError,
        finder: Finder[T] | None,
        when_done: Callable[[errors.APIStatusError], Awaitable[T]] | None,
    ) -> T:
        """What a call comes to after its first attempt has failed."""
        attempts = retrying(
            options.retry,
            options.timeouts,
            clock=self.sender.clock,
            record=record,
            quota=self.quota,
            may_repeat=lambda error: self._may_repeat(options, request, error, finder, record),
            before_sleep=lambda attempt, wait, error: self._announce_retry(request, attempt, wait, error),
        )
        retries = 0
        try:
            async for attempt in attempts:
                if retries:
                    try:
                        result = await self.sender.attempt(options, request, decode, record)
                    except errors.MijnKlantportaalError as error:
                        failure = error
                    else:
                        self.quota.give_back(retries)
                        return result
                else:
                    # The time of the first attempt counts for strategies such as tenacity.stop_after_delay.
                    attempt.retry_state.start_time -= self.sender.clock.real(
                        self.sender.clock.monotonic() - record.started
                    )
                retries += 1
                if (
                    when_done is not None
                    and isinstance(failure, errors.APIStatusError)
                    and record.was_in_doubt
                    and failure.status in request.operation.done_statuses
                ):
                    return await when_done(failure)
                if finder is not None:
                    found = await self._look_after(options, request, failure, record, finder)
                    if found is not None:
                        return found
                # Only this error ever gets into tenacity: nothing else can be swallowed there.
                with attempt:
                    raise failure
        except errors.MijnKlantportaalError as error:
            self._give_up(request, error, record)
        raise AssertionError("tenacity either tries again or raises")  # pragma: no cover

    def _give_up(self, request: Request, error: errors.MijnKlantportaalError, record: CallRecord) -> NoReturn:
        """Raises an error, as an unknown outcome where it leaves that open for what must not be done twice."""
        error.attempts = max(error.attempts, record.attempts)
        may_repeat = request.operation.effect.may_repeat
        if may_repeat or isinstance(error, errors.OutcomeUnknownError) or error.outcome is not Outcome.UNKNOWN:
            raise error
        looked = (
            " and it was not there when the settle time was over" if record.was_in_doubt and not record.in_doubt else ""
        )
        raise self._unknown(request, f"{error.message}{looked}", record) from error

    def _unknown(
        self, request: Request, message: str, record: CallRecord, look_error: errors.MijnKlantportaalError | None = None
    ) -> errors.OutcomeUnknownError:
        return errors.OutcomeUnknownError(
            message,
            look_error=look_error,
            how_to_check=request.operation.how_to_check,
            attempts=record.attempts,
            **request.context(),
        )

    # --- after a failure ---------------------------------------------------------------------------------------

    def _may_repeat(
        self,
        options: CallOptions,
        request: Request,
        error: errors.MijnKlantportaalError,
        finder: Finder[T] | None,
        record: CallRecord,
    ) -> bool:
        """Whether the table allows another attempt after this failure."""
        step = judge(request.operation.effect, error)
        if isinstance(error, errors.RateLimitedError):
            left, pause = queue_left(options, record), self.sender.limiter.snapshot().resets_in
            return left is None or pause <= left
        if step is Step.LOOK:
            # `_look_after` has looked by now: it was not there, and the service had its time to commit.
            looked = finder is not None and options.reconcile is not None and not record.in_doubt
            return looked and judge(Effect.SET, error) is Step.RETRY
        return step is Step.RETRY

    async def _look_after(
        self,
        options: CallOptions,
        request: Request,
        failure: errors.MijnKlantportaalError,
        record: CallRecord,
        finder: Finder[T],
    ) -> T | None:
        """The record, if an attempt made it after all; None when it did not or there is nothing to look for.

        Raises:
            OutcomeUnknownError: Looking did not settle it.
            DecodeError: It was made, and could not be found.
        """
        policy = options.reconcile
        if policy is None:
            return None
        if judge(Effect.CREATE, failure) is not Step.LOOK:
            if not (record.was_in_doubt and isinstance(failure, errors.APIStatusError)) or _is_rate_limited(failure):
                return None
            # Refused after an attempt that nobody knows the end of: perhaps because that one came through late.
            policy = attrs.evolve(policy, settle=0.0, looks=(1.0,))
        began = self.sender.clock.monotonic()
        tolerance = policy.tolerance
        # Looks have an account of their own: they are no attempts, and what they do is never in doubt.
        look_record = CallRecord(started=record.started, queued=record.queued)

        async def look(asked: Request) -> tuple[Sight[T], Request | None]:
            try:
                await self.sender.attempt(options, asked, bytes, look_record)
            finally:
                record.queued = look_record.queued
            record.answer = answer = cast("Answer", look_record.answer)
            return self._pick(finder, asked, answer, record, tolerance)

        try:
            found, looks = await look_until_settled(
                finder.request(),
                look,
                policy,
                clock=self.sender.clock,
                time_left=lambda: call_left(options, record, self.sender.clock.monotonic()),
                failures_allowed=max(options.retry.attempts, 3),
            )
        except (errors.MijnKlantportaalError, CannotTellError, LookedTooBrieflyError) as error:
            look_error = error if isinstance(error, errors.MijnKlantportaalError) else None
            reason = f"{look_error.operation}: {look_error.message}" if look_error else str(error)
            if failure.outcome is not Outcome.UNKNOWN:
                failure.add_note(f"Looking for the record did not help: {reason}")
                raise failure from failure.__cause__
            raise self._unknown(
                request, f"{failure.message}; looking whether it happened did not help: {reason}", record, look_error
            ) from failure
        self._announce_finding(request, finder, found, looks, began)
        if found is None and failure.outcome is Outcome.APPLIED:
            failure.add_note("It was not found in the portal either, within the settle time.")
        else:
            record.in_doubt = False
        return found

    def _pick(
        self, finder: Finder[T], asked: Request, answer: Answer, record: CallRecord, tolerance: float
    ) -> tuple[Sight[T], Request | None]:
        """Judges one answer of a look by the service's own clock: what it shows, and where the look goes on."""
        now = server_time(answer.headers)
        since: datetime | None = None
        if now is not None:
            since = now - timedelta(seconds=self.sender.clock.monotonic() - record.first_sent + tolerance)
        try:
            sight = finder.pick(answer, since=since, claimed=self.sender.limiter.claims.claimed())
            return sight, None if sight.found is not None else finder.following(asked, answer)
        except UnreadableError as unreadable:
            raise errors.DecodeError(
                "The list could not be understood",
                problems=unreadable.problems,
                body=answer.body,
                status=answer.status,
                **asked.context(),
            ) from unreadable

    # --- telling -----------------------------------------------------------------------------------------------

    def _announce_retry(self, request: Request, attempt: int, wait: float, error: errors.MijnKlantportaalError) -> None:
        from mijnklantportaal_async.events import RetryPlanned

        operation = request.operation.name
        self.sender.observer.emit(RetryPlanned(operation=operation, attempt=attempt, wait=wait, error=error))

    def _announce_finding(self, request: Request, finder: Finder[T], found: T | None, looks: int, began: float) -> None:
        from mijnklantportaal_async.events import OutcomeReconciled

        self.sender.observer.emit(
            OutcomeReconciled(
                operation=request.operation.name,
                found=found is not None,
                identifier=None if found is None else finder.identifier(found),
                looks=looks,
                elapsed=self.sender.clock.monotonic() - began,
            )
        )


def _is_rate_limited(error: errors.MijnKlantportaalError) -> bool:
    return isinstance(error, errors.RateLimitedError)
