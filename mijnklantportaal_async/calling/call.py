"""One call: token, permit, send, classify; then try again, look, or raise."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import NoReturn, TypeVar

import attrs

from mijnklantportaal_async import errors
from mijnklantportaal_async.calling.auth import Auth, check_token
from mijnklantportaal_async.calling.observe import Observer
from mijnklantportaal_async.calling.rate_limit import Permit, Priority, RateLimiter
from mijnklantportaal_async.calling.reconcile import (
    CannotTellError,
    Finder,
    LookedTooBrieflyError,
    ReconcilePolicy,
    look_until_settled,
)
from mijnklantportaal_async.calling.record import WATCHED, CallRecord
from mijnklantportaal_async.calling.retry import RetryPolicy, RetryQuota, Step, Timeouts, judge, retrying
from mijnklantportaal_async.calling.transport import Transport
from mijnklantportaal_async.calling.wire import Answer, Effect, Request, error_from, retry_after, server_time
from mijnklantportaal_async.errors import Outcome
from mijnklantportaal_async.events import AttemptFinished, AttemptStarted, OutcomeReconciled, PermitWaited, RetryPlanned
from mijnklantportaal_async.values.clock import Clock
from mijnklantportaal_async.values.serde import UnreadableError

T = TypeVar("T")

PAUSE_JITTER = 0.5
"""Seconds added at random to a pause after a 429, so that several processes do not all come back at once."""

CLAIM_SLACK = 5.0
"""Seconds beyond the tolerance for which a record stays claimed: clocks with whole seconds, slow answers."""


@attrs.frozen(kw_only=True)
class CallOptions:
    """What `PortalSession.with_options` can change."""

    timeouts: Timeouts
    retry: RetryPolicy
    reconcile: ReconcilePolicy | None
    priority: Priority


@attrs.frozen(kw_only=True)
class Caller:
    """The parts that all calls of a session share."""

    transport: Transport
    auth: Auth
    limiter: RateLimiter
    quota: RetryQuota
    observer: Observer
    clock: Clock
    jitter: Callable[[], float]
    """A random number from 0 to 1."""

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
            finder: How to look for the record of a creating call.
            when_done: What to return when a repeated removal or change is told that it was done before.

        Raises:
            MijnKlantportaalError: As the coroutine that calls this documents.
            RuntimeError: The session is closed, or belongs to another event loop.
        """
        self.transport.check_usable()
        record = WATCHED.get() or CallRecord()
        record.started = self.clock.monotonic()
        record.queued = 0.0
        try:
            if finder is None:
                return await self._carry_out(options, request, decode, record, None, when_done)
            return await self._claiming(options, request, decode, record, finder)
        finally:
            record.elapsed = self.clock.monotonic() - record.started

    async def _claiming(
        self,
        options: CallOptions,
        request: Request,
        decode: Callable[[bytes], T],
        record: CallRecord,
        finder: Finder[T],
    ) -> T:
        """Keeps equal creating calls of this process apart, and notes whose record is whose."""
        claims, key, made = self.limiter.claims, finder.key, None
        if not claims.enter_now(key, record.started):
            await claims.wait_for_turn(key)
            now = self.clock.monotonic()
            record.queued += now - record.started
            claims.begin(key, now)
        try:
            result = await self._carry_out(options, request, decode, record, finder, None)
            made = finder.identifier(result)
            return result
        finally:
            tolerance = options.reconcile.tolerance if options.reconcile else 0.0
            claims.leave(key, made, self.clock.monotonic(), tolerance + CLAIM_SLACK)

    async def _carry_out(
        self,
        options: CallOptions,
        request: Request,
        decode: Callable[[bytes], T],
        record: CallRecord,
        finder: Finder[T] | None,
        when_done: Callable[[errors.APIStatusError], Awaitable[T]] | None,
    ) -> T:
        # The first attempt runs outside of tenacity, which costs as much as all the rest of a call.
        try:
            result = await self._attempt(options, request, decode, record)
        except errors.MijnKlantportaalError as error:
            failure = error
        else:
            self.quota.give_back(0)
            return result

        attempts = retrying(
            options.retry,
            options.timeouts,
            clock=self.clock,
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
                        result = await self._attempt(options, request, decode, record)
                    except errors.MijnKlantportaalError as error:
                        failure = error
                    else:
                        self.quota.give_back(retries)
                        return result
                else:
                    # The time of the first attempt counts for strategies such as tenacity.stop_after_delay.
                    attempt.retry_state.start_time -= self.clock.real(self.clock.monotonic() - record.started)
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
        """Raises an error, as an unknown outcome where it leaves that open for a creating call."""
        error.attempts = max(error.attempts, record.attempts)
        creates = request.operation.effect is Effect.CREATE
        if not creates or isinstance(error, errors.OutcomeUnknownError) or error.outcome is not Outcome.UNKNOWN:
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

    # --- one attempt -------------------------------------------------------------------------------------------

    async def _attempt(
        self, options: CallOptions, request: Request, decode: Callable[[bytes], T], record: CallRecord
    ) -> T:
        """Sends once and reads the answer; everything that is not a readable success is an error of ours."""
        try:
            answer = await self._send(options, request, record)
            result = self._read(request, answer, decode, record)
        except errors.MijnKlantportaalError as error:
            _note_failure(error, record)
            raise
        record.begun = record.in_doubt = False
        return result

    async def _send(self, options: CallOptions, request: Request, record: CallRecord) -> Answer:
        token = await self.auth.token()
        answer = await self._send_once(options, request, record, token)
        if answer.status == 401 and (fresh := await self.auth.refresh(token)):
            answer = await self._send_once(options, request, record, check_token(fresh, "the refreshed token"))
        return answer

    async def _send_once(self, options: CallOptions, request: Request, record: CallRecord, token: str) -> Answer:
        permit = self.limiter.take_now(options.priority) or await self._wait_for_permit(options, request, record)
        timeouts, now = options.timeouts, self.clock.monotonic()
        clock_name, timeout = "attempt", timeouts.attempt
        if timeouts.call is not None:
            left = timeouts.call - (now - record.started - record.queued)
            if timeout is None or left < timeout:
                clock_name, timeout = "call", max(left, 0.001)
        if not record.attempts:
            record.first_sent = now
        record.attempts += 1
        listens = self.observer.listens
        if listens:
            self._announce_start(request, record)
        try:
            answer = await self.transport.send(request, token, timeout, record)
        except errors.TransportError as error:
            error.attempts = record.attempts
            if isinstance(error, errors.CallTimeoutError):
                error.clock = clock_name
            if error.outcome is Outcome.NOT_SENT:
                self.limiter.give_back(permit)
            else:
                self.limiter.finish(permit)
            if listens:
                self._announce_end(request, record, now, None, error)
            raise
        except BaseException:
            self._settle_permit(permit, record)
            raise
        record.answer = answer
        # What the answer says comes before handing its place to the next.
        if answer.status == 429:
            self._pause(answer)
        else:
            self.limiter.learn(answer.headers)
        self.limiter.finish(permit)
        if listens:
            self._announce_end(request, record, now, answer, answer.broken)
        return answer

    def _settle_permit(self, permit: Permit, record: CallRecord) -> None:
        """After a cancellation: the place in the window is used up only if something may have left."""
        if record.begun:
            self.limiter.finish(permit)
        else:
            self.limiter.give_back(permit)

    async def _wait_for_permit(self, options: CallOptions, request: Request, record: CallRecord) -> Permit:
        began = self.clock.monotonic()
        try:
            return await self.limiter.take(options.priority, self._queue_left(options, record))
        except errors.MijnKlantportaalError as error:
            for name, value in request.context().items():
                setattr(error, name, value)
            error.attempts = record.attempts
            raise
        finally:
            waited = self.clock.monotonic() - began
            record.queued += waited
            if self.observer.listens:
                self.observer.emit(PermitWaited(operation=request.operation.name, waited=waited))

    @staticmethod
    def _queue_left(options: CallOptions, record: CallRecord) -> float | None:
        queue = options.timeouts.queue
        return None if queue is None else max(0.0, queue - record.queued)

    def _pause(self, answer: Answer) -> None:
        """After a 429 the whole key waits."""
        wait = retry_after(answer.headers)
        self.limiter.pause((1.0 if wait is None else wait) + self.jitter() * PAUSE_JITTER)

    def _read(self, request: Request, answer: Answer, decode: Callable[[bytes], T], record: CallRecord) -> T:
        if not 200 <= answer.status < 300:
            raise error_from(request, answer, record.attempts)
        creates = request.operation.effect is Effect.CREATE
        if answer.broken is not None and not creates:
            answer.broken.attempts = record.attempts
            raise answer.broken
        try:
            if answer.broken is not None:
                raise UnreadableError((f"$: {answer.broken.message}",))
            return decode(answer.body)
        except UnreadableError as unreadable:
            raise errors.DecodeError(
                f"{answer.status}, but the answer could not be understood",
                problems=unreadable.problems,
                identifier=unreadable.identifier,
                body=answer.body,
                status=answer.status,
                attempts=record.attempts,
                **request.context(),
            ) from (answer.broken or unreadable)

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
            left, pause = self._queue_left(options, record), self.limiter.snapshot().resets_in
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
        began = self.clock.monotonic()
        tolerance, looking = policy.tolerance, finder.request()
        # Looks have an account of their own: they are no attempts, and what they do is never in doubt.
        look_record = CallRecord(started=record.started, queued=record.queued)

        async def look() -> T | None:
            answer = await self._send(options, looking, look_record)
            record.answer, record.queued = answer, look_record.queued
            self._read(looking, answer, bytes, look_record)
            return self._pick(finder, looking, answer, record, tolerance)

        try:
            finding = await look_until_settled(
                look,
                policy,
                clock=self.clock,
                time_left=lambda: self._call_left(options, record),
                failures_allowed=max(options.retry.attempts, 3),
            )
        except (errors.MijnKlantportaalError, CannotTellError, LookedTooBrieflyError) as error:
            look_error = error if isinstance(error, errors.MijnKlantportaalError) else None
            if failure.outcome is not Outcome.UNKNOWN:
                failure.add_note(f"Looking for the record did not help: {error}")
                raise failure from failure.__cause__
            raise self._unknown(
                request, f"{failure.message}; looking whether it happened did not help: {error}", record, look_error
            ) from failure
        if self.observer.listens:
            self._announce_finding(request, finder, finding.record, finding.looks, began)
        if finding.record is None and failure.outcome is Outcome.APPLIED:
            failure.add_note("It was not found in the portal either, within the settle time.")
        else:
            record.in_doubt = False
        return finding.record

    def _pick(
        self, finder: Finder[T], looking: Request, answer: Answer, record: CallRecord, tolerance: float
    ) -> T | None:
        """Judges one look by the service's own clock."""
        now = server_time(answer.headers)
        since: datetime | None = None
        if now is not None:
            since = now - timedelta(seconds=self.clock.monotonic() - record.first_sent + tolerance)
        try:
            return finder.pick(answer, since=since, claimed=self.limiter.claims.claimed())
        except UnreadableError as unreadable:
            raise errors.DecodeError(
                "The list could not be understood",
                problems=unreadable.problems,
                body=answer.body,
                status=answer.status,
                **looking.context(),
            ) from unreadable

    def _call_left(self, options: CallOptions, record: CallRecord) -> float | None:
        call = options.timeouts.call
        return None if call is None else call - (self.clock.monotonic() - record.started - record.queued)

    # --- telling -----------------------------------------------------------------------------------------------

    def _announce_start(self, request: Request, record: CallRecord) -> None:
        self.observer.emit(AttemptStarted(attempt=record.attempts, **request.context()))

    def _announce_end(
        self,
        request: Request,
        record: CallRecord,
        began: float,
        answer: Answer | None,
        error: errors.MijnKlantportaalError | None,
    ) -> None:
        self.observer.emit(
            AttemptFinished(
                attempt=record.attempts,
                elapsed=self.clock.monotonic() - began,
                status=answer.status if answer else None,
                error=error,
                **request.context(),
            )
        )

    def _announce_retry(self, request: Request, attempt: int, wait: float, error: errors.MijnKlantportaalError) -> None:
        if self.observer.listens:
            operation = request.operation.name
            self.observer.emit(RetryPlanned(operation=operation, attempt=attempt, wait=wait, error=error))

    def _announce_finding(self, request: Request, finder: Finder[T], found: T | None, looks: int, began: float) -> None:
        self.observer.emit(
            OutcomeReconciled(
                operation=request.operation.name,
                found=found is not None,
                identifier=None if found is None else finder.identifier(found),
                looks=looks,
                elapsed=self.clock.monotonic() - began,
            )
        )


def _note_failure(error: errors.MijnKlantportaalError, record: CallRecord) -> None:
    """Keeps the account of a failed attempt."""
    if not isinstance(error, errors.RateLimitError):
        record.failures += 1
    record.begun = False
    if error.outcome in {Outcome.UNKNOWN, Outcome.APPLIED}:
        record.in_doubt = record.was_in_doubt = True


def _is_rate_limited(error: errors.MijnKlantportaalError) -> bool:
    return isinstance(error, errors.RateLimitedError)
