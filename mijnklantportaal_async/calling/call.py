"""One call: an attempt, and after a failure another, a look, or an error."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Coroutine
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from mijnklantportaal_async import errors
from mijnklantportaal_async.calling.attempt import CallOptions, Sender, queue_left
from mijnklantportaal_async.calling.auth import Auth
from mijnklantportaal_async.calling.claims import Turn
from mijnklantportaal_async.calling.file_resources import FileResources
from mijnklantportaal_async.calling.finder import Finder
from mijnklantportaal_async.calling.rate_limit import RateLimiter
from mijnklantportaal_async.calling.record import WATCHED, CallRecord, Doubt, State
from mijnklantportaal_async.calling.retry import RetryQuota, Step, judge, may_send_again, retrying
from mijnklantportaal_async.calling.search import Search
from mijnklantportaal_async.calling.wire import Effect, Request
from mijnklantportaal_async.errors import Outcome
from mijnklantportaal_async.texts.words import sentences, words

if TYPE_CHECKING:
    from mijnklantportaal_async.calling.file_hosts import FileHosts
    from mijnklantportaal_async.calling.file_threads import FileThreads
    from mijnklantportaal_async.calling.form import Form

T = TypeVar("T")

USED_UP = words("; it is not sent again, because its file can be read only once")

_READ = words("its file was read")

CLAIM_SLACK = 10.0
"""Seconds beyond the tolerance for which a record stays claimed: clocks with whole seconds, slow answers."""


class Caller:
    """Makes the calls of a session.

    Args:
        sender: Sends single requests.
        quota: How many retries are left.
        resources: What its files need.
    """

    __slots__ = ("_resources", "quota", "sender")

    def __init__(self, *, sender: Sender, quota: RetryQuota, resources: FileResources) -> None:
        self._resources = resources
        self.sender = sender
        self.quota = quota

    @property
    def files(self) -> "FileThreads":
        """The threads that files are read and written on."""
        return self._resources.threads

    @property
    def hosts(self) -> "FileHosts":
        """What asks other hosts for files."""
        self.sender.transport.check_usable()
        return self._resources.hosts

    def for_portal(self, auth: Auth, limiter: RateLimiter, quota: RetryQuota) -> "Caller":
        """Makes the calls of another portal over the same connections, on the same threads."""
        return Caller(sender=self.sender.for_portal(auth, limiter), quota=quota, resources=self._resources)

    async def close_files(self) -> None:
        """Ends the threads, and the connections to hosts of files. Any number of times."""
        await self._resources.aclose()

    async def call(
        self,
        options: CallOptions,
        request: Request,
        decode: Callable[[bytes], T],
        *,
        when_done: Callable[[errors.APIStatusError], Awaitable[T]] | None = None,
    ) -> T:
        """Makes one call that does no harm twice, as often as it takes and is allowed.

        Args:
            options: Timeouts, retries, priority.
            request: What to send.
            decode: Reads the body of a success; raises `UnreadableError`.
            when_done: What to return when a repeated removal or change is told that it was done before.

        Raises:
            MijnKlantportaalError: As the coroutine that calls this documents.
            RuntimeError: The session is closed, or belongs to another event loop.
            Exception: What the user's own `Auth` raises, as long as nothing can have been done.
        """
        record = self._begin(request)
        try:
            # The first attempt runs outside of tenacity, which costs as much as all the rest of a call.
            try:
                result = await self.sender.attempt(options, request, decode, record)
            except errors.MijnKlantportaalError as failure:
                result = await self._recover(options, request, decode, record, failure, when_done=when_done)
            else:
                self.quota.give_back(0)
        except BaseException as error:
            self._end(request, record, error)
            raise
        self._end(request, record)
        return result

    async def send_form(self, form: "Form", call: Coroutine[Any, Any, T]) -> T:
        """Makes a call with files: measures them before, and leaves nothing open afterwards.

        Raises:
            TypeError: A file gives something else than bytes.
            ValueError: The files are too large, or one is none.
            OSError: One cannot be read. Nothing was sent.
        """
        try:
            self.sender.transport.check_usable()
            # A source of the caller's may never end.
            await self.sender.closing.wrap(form.prepare(self.files, self.sender.clock), _READ)
            return await call
        finally:
            # Where it was not come to.
            call.close()
            form.end()

    async def call_once(
        self, options: CallOptions, request: Request, decode: Callable[[bytes], T], finder: Finder[T]
    ) -> T:
        """Makes one call that must not be made twice, one after the other where two could not be told apart.

        Args:
            options: Timeouts, retries, priority.
            request: What to send.
            decode: Reads the body of a success; raises `UnreadableError`.
            finder: How to look for what it did.

        Raises:
            MijnKlantportaalError: As the coroutine that calls this documents.
            RuntimeError: The session is closed, or belongs to another event loop.
            Exception: What the user's own `Auth` raises, as long as nothing can have been done.
        """
        record, sender, token = self._begin(request), self.sender, None
        made = None
        try:
            evidence = sender.evidence_now()
            if evidence is None:
                evidence, token = await sender.identify()
            turn, before = evidence.claims.enter(finder.places, record.started)
            try:
                if before:
                    await self._wait_for_turn(options, request, record, turn, before)
                    evidence.claims.begin(turn, sender.clock.monotonic())
                try:
                    result = await sender.attempt(options, request, decode, record, token)
                    if not finder.is_plainly_its(result) or evidence.is_curious(finder.identifier(result)):
                        Search(sender, options, request, record, finder, evidence).accept(result)
                    self.quota.give_back(0)
                except errors.MijnKlantportaalError as failure:
                    search = Search(sender, options, request, record, finder, evidence)
                    result = await self._recover(options, request, decode, record, failure, search)
                made = finder.identifier(result) if finder.makes_records else None
            finally:
                tolerance = options.reconcile.tolerance if options.reconcile else 0.0
                evidence.claims.leave(turn, made, sender.clock.monotonic(), tolerance + CLAIM_SLACK)
        except BaseException as error:
            self._end(request, record, error)
            raise
        self._end(request, record)
        return result

    def _begin(self, request: Request) -> CallRecord:
        """The account of a call that begins now, which whoever listens is told of.

        Raises:
            RuntimeError: The session is closed, or belongs to another event loop.
        """
        record = self._account()
        if self.sender.observer.listens:
            self._announce_start(request, record)
        return record

    def _account(self) -> CallRecord:
        sender = self.sender
        sender.transport.check_usable()
        sender.limiter.check_usable()
        record = WATCHED.get()
        if record is None or record.state is not State.IDLE:
            # Somebody else's: calls that a watched coroutine makes side by side must not share an account.
            record = CallRecord()
        record.begin(sender.clock.monotonic())
        return record

    def _end(self, request: Request, record: CallRecord, error: BaseException | None = None) -> None:
        record.elapsed = self.sender.clock.monotonic() - record.started
        if not record.may_have_happened:
            record.state = State.IDLE
        if self.sender.observer.listens:
            self._announce_end(request, record, error)

    async def _wait_for_turn(
        self, options: CallOptions, request: Request, record: CallRecord, turn: Turn, before: Collection[Turn]
    ) -> None:
        """Keeps equal creating calls of this process apart."""
        clock, timeout = self.sender.clock, options.timeouts.queue
        try:
            async with asyncio.timeout(None if timeout is None else clock.real(timeout)):
                for other in before:
                    if (ended := other.hear()) is not None:
                        await self.sender.closing.wrap(ended)
        except errors.ConnectError as error:
            raise errors.ConnectError(error.message, is_permanent=True, **request.context()) from None
        except TimeoutError:
            message = words("A request for the same thing took longer than {timeout:g} s", timeout=timeout)
            raise errors.CallTimeoutError(
                message, clock="queue", seconds=timeout, outcome=Outcome.NOT_SENT, **request.context()
            ) from None
        record.queued += clock.monotonic() - record.started

    async def _recover(
        self,
        options: CallOptions,
        request: Request,
        decode: Callable[[bytes], T],
        record: CallRecord,
        failure: errors.MijnKlantportaalError,
        search: Search[T] | None = None,
        when_done: Callable[[errors.APIStatusError], Awaitable[T]] | None = None,
    ) -> T:
        """What a call comes to after its first attempt has failed."""
        attempts = retrying(
            options.retry,
            options.timeouts,
            clock=self.sender.clock,
            record=record,
            quota=self.quota,
            may_repeat=lambda error: self._may_repeat(options, request, error, search, record),
            before_sleep=lambda attempt, wait, error: self._announce_retry(request, record, attempt, wait, error),
            closing=self.sender.closing,
        )
        retries = 0
        try:
            async for attempt in attempts:
                if retries:
                    try:
                        result = await self.sender.attempt(options, request, decode, record)
                        if search is not None:
                            search.accept(result)
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
                    and record.doubt is not Doubt.NONE
                    and failure.status in request.operation.done_statuses
                ):
                    # The record will tell.
                    record.doubt = Doubt.CLEARED
                    return await when_done(failure)
                if search is not None:
                    found = await search.after(failure)
                    if found is not None:
                        return found
                # Only this error ever gets into tenacity: nothing else can be swallowed there.
                with attempt:
                    raise failure
        except errors.MijnKlantportaalError as error:
            self._give_up(request, error, record)
        except Exception as error:
            if record.may_have_happened and request.operation.effect is not Effect.READ:
                raise self._unknown(request, f"{type(error).__name__}: {error}", record) from error
            raise
        raise AssertionError("tenacity either tries again or raises")  # pragma: no cover

    def _give_up(self, request: Request, error: errors.MijnKlantportaalError, record: CallRecord) -> NoReturn:
        """Raises an error, as an unknown outcome where it leaves that open for what must not be done twice."""
        error.attempts = max(error.attempts, record.attempts)
        used_up = USED_UP if request.is_used_up else ""
        operation = request.operation
        if record.doubt is Doubt.OPEN and operation.effect is not Effect.READ:
            # What this attempt came to says nothing of the one before.
            error.outcome = Outcome.APPLIED if error.outcome is Outcome.APPLIED else Outcome.UNKNOWN
        # An answer that cannot be understood says more than that nobody knows.
        is_told = isinstance(error, errors.DecodeError)
        is_unknown = error.outcome is Outcome.UNKNOWN and not isinstance(error, errors.OutcomeUnknownError)
        if operation.effect.may_repeat or is_told or not is_unknown:
            error.message = sentences(error.message, used_up, separator="")
            raise error
        looked = words(" and it was not there when the settle time was over") if record.doubt is Doubt.CLEARED else ""
        raise self._unknown(request, sentences(error.message, looked, used_up, separator=""), record) from error

    def _unknown(self, request: Request, message: str, record: CallRecord) -> errors.OutcomeUnknownError:
        return errors.OutcomeUnknownError(
            message,
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
        search: Search[T] | None,
        record: CallRecord,
    ) -> bool:
        """Whether the table allows another attempt after this failure."""
        step = judge(request.operation.effect, error)
        if request.is_used_up:
            return False
        if isinstance(error, errors.RateLimitedError):
            left, pause = queue_left(options, record), self.sender.limiter.snapshot().resets_in
            return left is None or pause <= left
        if step is Step.LOOK:
            # `Search.after` has looked by now: it was not there, and the service had its time to commit.
            looked = search is not None and options.reconcile is not None and record.doubt is Doubt.CLEARED
            return looked and may_send_again(error)
        return step is Step.RETRY

    # --- telling -----------------------------------------------------------------------------------------------

    def _announce_start(self, request: Request, record: CallRecord) -> None:
        from mijnklantportaal_async.events import CallStarted

        template, base_url = request.operation.template, self.sender.transport.base_url
        self.sender.observer.emit(
            CallStarted(call=record.number, template=template, base_url=base_url, **request.context())
        )

    def _announce_end(self, request: Request, record: CallRecord, error: BaseException | None) -> None:
        from mijnklantportaal_async.events import CallFinished

        self.sender.observer.emit(
            CallFinished(
                call=record.number,
                operation=request.operation.name,
                attempts=record.attempts,
                elapsed=record.elapsed,
                error=error,
            )
        )

    def _announce_retry(
        self, request: Request, record: CallRecord, attempt: int, wait: float, error: errors.MijnKlantportaalError
    ) -> None:
        from mijnklantportaal_async.events import RetryPlanned

        operation = request.operation.name
        self.sender.observer.emit(
            RetryPlanned(call=record.number, operation=operation, attempt=attempt, wait=wait, error=error)
        )
