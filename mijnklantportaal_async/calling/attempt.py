"""One attempt: token, permit, send, and what the answer means."""

from collections.abc import Callable
from typing import NamedTuple, TypeVar

from mijnklantportaal_async import errors
from mijnklantportaal_async.calling.answers import error_from
from mijnklantportaal_async.calling.auth import Auth, check_token
from mijnklantportaal_async.calling.headers import retry_after
from mijnklantportaal_async.calling.observe import Observer
from mijnklantportaal_async.calling.rate_limit import Priority, RateLimiter
from mijnklantportaal_async.calling.reconcile import ReconcilePolicy
from mijnklantportaal_async.calling.record import CallRecord
from mijnklantportaal_async.calling.retry import RetryPolicy, Timeouts
from mijnklantportaal_async.calling.transport import Transport
from mijnklantportaal_async.calling.window import Permit
from mijnklantportaal_async.calling.wire import Answer, Request
from mijnklantportaal_async.errors import Outcome
from mijnklantportaal_async.values.clock import Clock
from mijnklantportaal_async.values.serde import UnreadableError

T = TypeVar("T")

PAUSE_JITTER = 0.5
"""Seconds added at random to a pause after a 429, so that several processes do not all come back at once."""


class CallOptions(NamedTuple):
    """What `PortalSession.with_options` can change."""

    timeouts: Timeouts
    retry: RetryPolicy
    reconcile: ReconcilePolicy | None
    priority: Priority


def queue_left(options: CallOptions, record: CallRecord) -> float | None:
    """Seconds that the call may still wait in queues; None for no end."""
    queue = options.timeouts.queue
    return None if queue is None else max(0.0, queue - record.queued)


def call_left(options: CallOptions, record: CallRecord, now: float) -> float | None:
    """Seconds that the call may still take, queues not counted; None for no end."""
    call = options.timeouts.call
    return None if call is None else call - (now - record.started - record.queued)


class Sender:
    """Sends one request at a time through the parts that all calls of a session share.

    Args:
        transport: The connections.
        auth: The tokens.
        limiter: The rate limit.
        observer: Who wants to hear of it. Events are imported only when somebody does.
        clock: Where time comes from.
        jitter: A random number from 0 to 1.
    """

    __slots__ = ("auth", "clock", "jitter", "limiter", "observer", "transport")

    def __init__(
        self,
        *,
        transport: Transport,
        auth: Auth,
        limiter: RateLimiter,
        observer: Observer,
        clock: Clock,
        jitter: Callable[[], float],
    ) -> None:
        self.transport = transport
        self.auth = auth
        self.limiter = limiter
        self.observer = observer
        self.clock = clock
        self.jitter = jitter

    async def attempt(
        self, options: CallOptions, request: Request, decode: Callable[[bytes], T], record: CallRecord
    ) -> T:
        """Sends once, and once more with a fresh token where the first was rejected; then reads the answer.

        The answer itself is in `record.answer` afterwards.

        Raises:
            MijnKlantportaalError: Anything but a readable success.
        """
        try:
            token = await self.auth.token()
            answer = await self._send_once(options, request, record, token)
            if answer.status == 401 and (fresh := await self.auth.refresh(token)):
                answer = await self._send_once(options, request, record, check_token(fresh, "the refreshed token"))
            result = self._read(request, answer, decode, record)
        except errors.MijnKlantportaalError as error:
            _note_failure(error, record)
            raise
        record.begun = record.in_doubt = False
        return result

    async def _send_once(self, options: CallOptions, request: Request, record: CallRecord, token: str) -> Answer:
        permit = self.limiter.take_now(options.priority) or await self._wait_for_permit(options, request, record)
        now = permit.started
        clock_name, timeout = "attempt", options.timeouts.attempt
        left = call_left(options, record, now)
        if left is not None and (timeout is None or left < timeout):
            clock_name, timeout = "call", max(left, 0.001)
        if not record.attempts:
            record.first_sent = now
        record.attempts += 1
        listens = self.observer.listens
        if listens:
            self._announce_start(request, record)
        record.sending = True
        record.is_valid = permit.is_valid
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
            self._announce_end(request, record, now, None, error)
            raise
        except BaseException:
            self._settle_permit(permit, record)
            raise
        finally:
            record.sending = False
        record.answer = answer
        # What the answer says comes before handing its place to the next.
        if answer.status == 429:
            self._pause(answer)
        else:
            self.limiter.learn(answer.headers)
        self.limiter.finish(permit)
        if listens or answer.broken is not None:
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
            return await self.limiter.take(options.priority, queue_left(options, record))
        except errors.MijnKlantportaalError as error:
            for name, value in request.context().items():
                setattr(error, name, value)
            error.attempts = record.attempts
            raise
        finally:
            waited = self.clock.monotonic() - began
            record.queued += waited
            if self.observer.listens:
                from mijnklantportaal_async.events import PermitWaited

                self.observer.emit(PermitWaited(operation=request.operation.name, waited=waited))

    def _pause(self, answer: Answer) -> None:
        """After a 429 the whole key waits."""
        wait = retry_after(answer.headers)
        self.limiter.pause((1.0 if wait is None else wait) + self.jitter() * PAUSE_JITTER)

    def _read(self, request: Request, answer: Answer, decode: Callable[[bytes], T], record: CallRecord) -> T:
        """What a success says; everything else is raised."""
        if not 200 <= answer.status < 300:
            raise error_from(request, answer, record.attempts)
        if answer.broken is not None and request.operation.effect.may_repeat:
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

    # --- telling -----------------------------------------------------------------------------------------------

    def _announce_start(self, request: Request, record: CallRecord) -> None:
        from mijnklantportaal_async.events import AttemptStarted

        self.observer.emit(AttemptStarted(attempt=record.attempts, **request.context()))

    def _announce_end(
        self,
        request: Request,
        record: CallRecord,
        began: float,
        answer: Answer | None,
        error: errors.MijnKlantportaalError | None,
    ) -> None:
        from mijnklantportaal_async.events import AttemptFinished

        self.observer.emit(
            AttemptFinished(
                attempt=record.attempts,
                elapsed=self.clock.monotonic() - began,
                status=answer.status if answer else None,
                error=error,
                **request.context(),
            )
        )


def _note_failure(error: errors.MijnKlantportaalError, record: CallRecord) -> None:
    """Keeps the account of a failed attempt."""
    if not isinstance(error, errors.RateLimitError):
        record.failures += 1
    record.begun = False
    if error.outcome in {Outcome.UNKNOWN, Outcome.APPLIED}:
        record.in_doubt = record.was_in_doubt = True
