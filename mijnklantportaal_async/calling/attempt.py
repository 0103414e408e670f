"""One attempt: token, permit, send, and what the answer means."""

from collections.abc import Callable
from typing import NamedTuple, TypeVar

from mijnklantportaal_async import errors
from mijnklantportaal_async.calling.answers import decode_error_from, error_from
from mijnklantportaal_async.calling.auth import ApiKey, Auth, Token, name_of, refreshed_token, token_of
from mijnklantportaal_async.calling.closing import Closing
from mijnklantportaal_async.calling.evidence import Evidence, evidence_of
from mijnklantportaal_async.calling.headers import retry_after
from mijnklantportaal_async.calling.observe import Observer
from mijnklantportaal_async.calling.rate_limit import Priority, RateLimiter
from mijnklantportaal_async.calling.reconcile import ReconcilePolicy
from mijnklantportaal_async.calling.record import CallRecord, Doubt, State
from mijnklantportaal_async.calling.retry import RetryPolicy, Timeouts
from mijnklantportaal_async.calling.transport import Transport
from mijnklantportaal_async.calling.window import Permit
from mijnklantportaal_async.calling.wire import Answer, Effect, Request
from mijnklantportaal_async.errors import Outcome
from mijnklantportaal_async.texts.words import words
from mijnklantportaal_async.values.clock import Clock
from mijnklantportaal_async.values.serde import UnreadableError, identifier_in

T = TypeVar("T")

PAUSE_JITTER = 0.5
"""Seconds added at random to a pause after a 429, so that several processes do not all come back at once."""


class CallOptions(NamedTuple):
    """What `PortalSession.with_options` can change."""

    timeouts: Timeouts
    retry: RetryPolicy
    reconcile: ReconcilePolicy | None
    priority: Priority


TURN_HOLDS = 0.5
"""Seconds that a call may take for its token when its turn has come."""

MOST_TURNS_MISSED = 3
"""Turns that a call gives up because its token took longer."""


def queue_left(options: CallOptions, record: CallRecord) -> float | None:
    """Seconds that the call may still wait in queues; None for no end."""
    queue = options.timeouts.queue
    return None if queue is None else max(0.0, queue - record.queued)


def call_left(options: CallOptions, record: CallRecord, now: float) -> float | None:
    """Seconds that the call may still take, queues not counted; None for no end."""
    call = options.timeouts.call
    return None if call is None else call - (now - record.started - record.queued - record.moving)


def settled_in(options: CallOptions, record: CallRecord, now: float) -> float:
    """Seconds until it is known what became of a call, at the most as things stand; 0 where nothing is in doubt.

    Waiting for the rate limit, and a portal that goes on not answering, come on top.

    Args:
        options: Of the call.
        record: Its account.
        now: By the monotonic clock.
    """
    if not (record.is_sending or record.may_have_happened):
        return 0.0
    settle = options.reconcile.settle if options.reconcile is not None else 0.0
    if record.is_sending:
        attempt = options.timeouts.attempt or 0.0
        return max(0.0, record.last_sent + attempt - now) + settle
    return max(0.0, record.doubted_at + settle - now)


class Sender:
    """Sends one request at a time through the parts that all calls of a session share.

    Args:
        transport: The connections.
        auth: The tokens.
        limiter: The rate limit.
        observer: Who wants to hear of it. Events are imported only when somebody does.
        clock: Where time comes from.
        jitter: A random number from 0 to 1.
        closing: Ends waits when the session is closed.
        secrets: What no error may show, besides the tokens.
    """

    __slots__ = (
        "_evidence",
        "_name",
        "auth",
        "clock",
        "closing",
        "jitter",
        "limiter",
        "observer",
        "secrets",
        "transport",
    )

    def __init__(
        self,
        *,
        transport: Transport,
        auth: Auth,
        limiter: RateLimiter,
        observer: Observer,
        clock: Clock,
        jitter: Callable[[], float],
        closing: Closing,
        secrets: tuple[Token, ...] = (),
    ) -> None:
        self.transport = transport
        self.auth = auth
        self.limiter = limiter
        self.observer = observer
        self.clock = clock
        self.jitter = jitter
        self.closing = closing
        self.secrets = secrets
        # Asked for now: once something has been sent, nothing of somebody else's is run.
        self._name = name_of(auth)
        self._evidence: Evidence | None = None

    def for_portal(self, auth: Auth, limiter: RateLimiter) -> "Sender":
        """Sends for another portal: its tokens and limit are its own, and what is known of it."""
        return Sender(
            transport=self.transport,
            auth=auth,
            limiter=limiter,
            observer=self.observer,
            clock=self.clock,
            jitter=self.jitter,
            closing=self.closing,
            secrets=self.secrets,
        )

    def evidence_now(self) -> Evidence | None:
        """What is known of the portal; None until there was a token, which names it."""
        if self._evidence is None and self._name is not None:
            self._evidence = evidence_of(self.transport.base_url, self._name)
        return self._evidence

    async def identify(self) -> tuple[Evidence, Token]:
        """What is known of the portal, and the token that names it, for the request that comes next.

        Tokens come and go: where nothing else does, it is the first that names the portal for as long as the session
        lives.
        """
        token = await token_of(self.auth)
        if self._evidence is None:
            self._evidence = evidence_of(self.transport.base_url, self._name or token)
        return self._evidence, token

    async def attempt(
        self,
        options: CallOptions,
        request: Request,
        decode: Callable[[bytes], T],
        record: CallRecord,
        token: Token | None = None,
    ) -> T:
        """Sends once, and once more with a fresh token where the first was rejected; then reads the answer.

        The answer itself is in `record.answer` afterwards.

        Args:
            options: Timeouts, retries, priority.
            request: What to send.
            decode: Reads the body of a success.
            record: The account of the call.
            token: A token that was fetched for it already.

        Raises:
            MijnKlantportaalError: Anything but a readable success.
            Exception: What the user's own `Auth` raises, as long as nothing has left.
        """
        record.state = State.WAITING
        auth = self.auth
        try:
            if token is None:
                # A key is there at once; whatever else somebody wrote may have to fetch its token.
                token = auth.held if type(auth) is ApiKey else await token_of(auth)
            answer = await self._send_once(options, request, record, token)
            if answer.status == 401:
                # Refused, so nothing was done: what the user's own code raises now leaves nothing open.
                record.state = State.WAITING
                if not request.is_used_up and (fresh := await refreshed_token(auth, token)):
                    answer = await self._send_once(options, request, record, fresh)
            result = self._read(request, answer, decode, record)
        except errors.MijnKlantportaalError as error:
            _note_failure(error, record, self.clock.monotonic())
            raise
        except Exception as error:
            if not record.has_left or request.operation.effect is Effect.READ:
                raise
            unknown = errors.OutcomeUnknownError(
                words(
                    "Something went wrong after the request had left ({error_name}: {error})",
                    error_name=type(error).__name__,
                    error=error,
                ),
                how_to_check=request.operation.how_to_check,
                attempts=record.attempts,
                **request.context(),
            )
            _note_failure(unknown, record, self.clock.monotonic())
            raise unknown from error
        record.state = State.WAITING
        record.doubt = Doubt.NONE
        return result

    async def _send_once(self, options: CallOptions, request: Request, record: CallRecord, token: Token) -> Answer:
        permit = self.limiter.take_now(options.priority, request.is_look)
        if permit is None:
            permit, token = await self._wait_with_token(options, request, record, token)
        now = self.clock.monotonic()
        timeouts = options.timeouts
        clock_name, timeout = "attempt", timeouts.attempt
        if timeouts.call is not None:
            left = timeouts.call - (now - record.started - record.queued - record.moving)
            if timeout is None or left < timeout:
                clock_name, timeout = "call", max(left, 0.001)
        if not record.attempts:
            record.first_sent, record.first_sent_wall = now, self.clock.wall()
        record.last_sent = now
        record.attempts += 1
        record.is_valid = permit.is_valid
        record.state = State.SENDING
        listens = self.observer.listens
        try:
            if listens:
                self._announce_start(request, record)
            answer = await self.transport.send(request, token, timeout, record)
        except errors.TransportError as error:
            error.attempts = record.attempts
            if isinstance(error, errors.CallTimeoutError):
                error.clock = clock_name
            self._settle_permit(permit, has_left=error.outcome is not Outcome.NOT_SENT)
            self._announce_end(request, record, now, None, error)
            raise
        except BaseException:
            self._settle_permit(permit, has_left=record.has_left)
            raise
        record.state = State.LEFT
        answer.secrets = (token, *self.secrets)
        record.answer = answer
        if answer.status == 429:
            # Before its place is handed to the next.
            self.limiter.pause(retry_after(answer.headers), self.jitter() * PAUSE_JITTER)
            self.limiter.finish(permit)
        else:
            self.limiter.finish(permit, answer.headers)
        if self._evidence is None:
            self._evidence = evidence_of(self.transport.base_url, self._name or token)
        self._evidence.hear(answer.headers.get("date"), self.clock)
        if answer.broken is not None or listens:
            self._announce_end(request, record, now, answer, answer.broken)
        return answer

    def _settle_permit(self, permit: Permit, *, has_left: bool) -> None:
        """Without an answer: the place in the window is used up only if something may have left."""
        if has_left:
            self.limiter.finish(permit)
        else:
            self.limiter.give_back(permit)

    async def _wait_with_token(
        self, options: CallOptions, request: Request, record: CallRecord, token: Token
    ) -> tuple[Permit, Token]:
        """A permit, and a token that is good when it has come: one can end while its call waits."""
        for _ in range(MOST_TURNS_MISSED):
            permit = await self._wait_for_permit(options, request, record)
            if type(self.auth) is ApiKey:
                return permit, token
            asked = self.clock.monotonic()
            try:
                token = await token_of(self.auth)
            except BaseException:
                self.limiter.give_back(permit)
                raise
            if self.clock.monotonic() - asked <= TURN_HOLDS:
                return permit, token
            # The permit has grown old meanwhile: the service would count the request later than the limiter does.
            self.limiter.give_back(permit)
            if (fresh := self.limiter.take_now(options.priority, request.is_look)) is not None:
                return fresh, token
        # Whose tokens always take long would wait for ever. One that has ended is told so by a 401.
        return await self._wait_for_permit(options, request, record), token

    async def _wait_for_permit(self, options: CallOptions, request: Request, record: CallRecord) -> Permit:
        began = self.clock.monotonic()
        # Looks are bounded by the clock of the call they are made for, which goes on meanwhile.
        timeout = call_left(options, record, began) if request.is_look else queue_left(options, record)
        try:
            return await self.closing.wrap(self.limiter.take(options.priority, timeout, request.is_look))
        except errors.MijnKlantportaalError as error:
            for name, value in request.context().items():
                setattr(error, name, value)
            error.attempts = record.attempts
            raise
        finally:
            waited = self.clock.monotonic() - began
            if not request.is_look:
                record.queued += waited
            if self.observer.listens:
                from mijnklantportaal_async.events import PermitWaited

                self.observer.emit(PermitWaited(call=record.number, operation=request.operation.name, waited=waited))

    def _read(self, request: Request, answer: Answer, decode: Callable[[bytes], T], record: CallRecord) -> T:
        """What a success says; everything else is raised."""
        status, operation = answer.status, request.operation
        if not 200 <= status < 300:
            raise error_from(request, answer, record.attempts)
        if answer.broken is not None and operation.effect.may_repeat:
            answer.broken.attempts = record.attempts
            raise answer.broken
        try:
            if answer.broken is not None:
                raise UnreadableError((f"$: {answer.broken.message}",), identifier_in(answer.body))
            if not operation.effect.may_repeat and status not in operation.success:
                raise UnreadableError(
                    (
                        words(
                            "$: the portal does not answer {operation_name} with {status}",
                            operation_name=operation.name,
                            status=status,
                        ),
                    )
                )
            return decode(answer.body)
        except UnreadableError as unreadable:
            error = decode_error_from(request, answer, unreadable, record.attempts)
            # With an id the portal has done it; anybody on the way can answer 200 with something else.
            if unreadable.identifier is None and operation.effect is not Effect.READ:
                error.outcome = Outcome.UNKNOWN
            raise error from (answer.broken or unreadable)

    # --- telling -----------------------------------------------------------------------------------------------

    def _announce_start(self, request: Request, record: CallRecord) -> None:
        from mijnklantportaal_async.events import AttemptStarted

        self.observer.emit(AttemptStarted(call=record.number, attempt=record.attempts, **request.context()))

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
                call=record.number,
                attempt=record.attempts,
                elapsed=self.clock.monotonic() - began,
                status=answer.status if answer else None,
                error=error,
                **request.context(),
            )
        )


def _note_failure(error: errors.MijnKlantportaalError, record: CallRecord, now: float) -> None:
    """Keeps the account of a failed attempt."""
    if not isinstance(error, errors.RateLimitError):
        record.failures += 1
    record.state = State.WAITING
    if error.outcome in {Outcome.UNKNOWN, Outcome.APPLIED}:
        record.doubt = Doubt.OPEN
        record.doubted_at = now
