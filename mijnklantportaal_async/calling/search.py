"""Finding out what became of a call whose answer was lost: the looks, and what they come to."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Generic, NoReturn, TypeVar, cast

import attrs

from mijnklantportaal_async import errors
from mijnklantportaal_async.calling.answers import decode_error_from
from mijnklantportaal_async.calling.attempt import CallOptions, Sender, call_left
from mijnklantportaal_async.calling.evidence import Evidence, Horizon, staleness
from mijnklantportaal_async.calling.finder import Finder, Grounds, Sight
from mijnklantportaal_async.calling.headers import server_time
from mijnklantportaal_async.calling.reconcile import UnsettledError, look_until_settled
from mijnklantportaal_async.calling.record import CallRecord, Doubt
from mijnklantportaal_async.calling.retry import Step, judge, may_send_again
from mijnklantportaal_async.calling.wire import Answer, Effect, Request
from mijnklantportaal_async.errors import Outcome
from mijnklantportaal_async.texts.words import sentences, told_by, words
from mijnklantportaal_async.values.serde import UnreadableError

T = TypeVar("T")

SHORTEST_SETTLING = 0.1
"""Seconds of `ReconcilePolicy.settle` from which on a look waits until the service's clock, which tells whole seconds,
shows that its answer is fresh. Who says less knows a portal that commits at once."""


class Search(Generic[T]):
    """The search for the record of one call.

    Args:
        sender: Sends single requests.
        options: Of the call.
        request: That of the call.
        record: The call's account.
        finder: What tells.
        evidence: What is known of the portal.
    """

    __slots__ = ("_evidence", "_finder", "_options", "_record", "_request", "_sender")

    def __init__(
        self,
        sender: Sender,
        options: CallOptions,
        request: Request,
        record: CallRecord,
        finder: Finder[T],
        evidence: Evidence,
    ) -> None:
        self._sender = sender
        self._options = options
        self._request = request
        self._record = record
        self._finder = finder
        self._evidence = evidence

    def accept(self, result: T) -> None:
        """Takes the answer to the request, and learns from it how the portal says moments.

        Only an answer to this very request is one: what a proxy mixed up says nothing of what became of ours.

        Raises:
            DecodeError: It is an answer to another.
        """
        record = self._record
        answer = cast("Answer", record.answer)
        finder = self._finder
        is_claimed = self._evidence.claims.is_claimed(finder.identifier(result))
        if not (why := finder.contradiction(result, self._grounds(answer) if is_claimed else None)):
            finder.learn(result, self._evidence, answer)
            return
        record.doubt = Doubt.OPEN
        record.failures += 1
        message = words("{status}, but the answer is not one to this request: {why}", status=answer.status, why=why)
        error = decode_error_from(
            self._request, answer, UnreadableError((words("$: {why}", why=why),)), record.attempts, message
        )
        error.outcome = Outcome.UNKNOWN
        raise error

    async def after(self, failure: errors.MijnKlantportaalError) -> T | None:
        """The record, if an attempt made it after all; None when none did, or there is nothing to look for.

        Args:
            failure: Of the latest attempt.

        Raises:
            OutcomeUnknownError: Looking did not settle it.
            DecodeError: It was made, and could not be found.
        """
        policy, record = self._options.reconcile, self._record
        if policy is None:
            return None
        if judge(Effect.CREATE, failure) is not Step.LOOK:
            if record.doubt is Doubt.NONE or not _is_refusal(failure):
                return None
            # Refused after an attempt that nobody saw the end of: perhaps because that one came through late.
            policy = attrs.evolve(policy, settle=0.0, looks=(1.0,))
        clock = self._sender.clock
        began = clock.monotonic()
        try:
            found, looks = await look_until_settled(
                self._finder.request(),
                self._looks(),
                policy,
                clock=clock,
                closing=self._sender.closing,
                time_left=lambda: call_left(self._options, record, clock.monotonic()),
            )
        except UnsettledError as unsettled:
            self._cannot_tell(failure, told_by(unsettled), unsettled.look_error)
        except errors.MijnKlantportaalError as error:
            self._cannot_tell(failure, sentences(error.operation, error.message, separator=": "), error)
        except Exception as error:  # noqa: BLE001 - the user's own Auth, say: it leaves open what became of the call
            self._cannot_tell(failure, f"{type(error).__name__}: {error}", error)
        self._announce(found, looks, began)
        if found is None and isinstance(failure, errors.DecodeError) and not may_send_again(failure):
            failure.add_note(words("It was not found in the portal either, within the settle time."))
        else:
            record.doubt = Doubt.CLEARED
        return found

    def _looks(self) -> Callable[[Request], Awaitable[tuple[Sight[T], Request | None]]]:
        """One request of a look, and what its answer shows."""
        # Looks have an account of their own: they are no attempts, and what they do is never in doubt.
        record = CallRecord()
        record.number = self._record.number
        record.started, record.queued = self._record.started, self._record.queued
        # By the page: those of one list may well be written in the same second.
        first_dates: dict[str, str] = {}

        async def look(asked: Request) -> tuple[Sight[T], Request | None]:
            await self._sender.attempt(self._options, asked, bytes, record)
            self._record.answer = answer = cast("Answer", record.answer)
            old = staleness(answer, record.last_sent, self._evidence.clock)
            sight, following = self._judge(asked, answer)
            if sight.found is not None:
                # What is there is there; but how old it is, only a clock can tell that goes right.
                return (Sight(doubt=old), following) if old else (sight, None)
            date = answer.headers.get("date")
            if not old and date is not None and date == first_dates.get(asked.path) and self._waits_for_clocks:
                old = words("nothing shows that the list is fresh: its Date header stands still")
            if date is not None:
                first_dates.setdefault(asked.path, date)
            return Sight(doubt=sight.doubt or old), following

        return look

    @property
    def _waits_for_clocks(self) -> bool:
        return self._options.reconcile is not None and self._options.reconcile.settle >= SHORTEST_SETTLING

    def _judge(self, asked: Request, answer: Answer) -> tuple[Sight[T], Request | None]:
        """What one answer of a look shows, and where the look goes on."""
        try:
            return self._finder.pick(answer, self._grounds(answer)), self._finder.following(asked, answer)
        except UnreadableError as unreadable:
            message = words(
                "The list could not be understood ({problems})", problems="; ".join(unreadable.problems[:3])
            )
            raise decode_error_from(asked, answer, unreadable, message=message) from unreadable

    def _grounds(self, answer: Answer) -> Grounds:
        """What an answer is judged by: the service's own clock, and what is known of the portal."""
        clock, record, evidence = self._sender.clock, self._record, self._evidence
        now = clock.monotonic()
        policy = self._options.reconcile
        horizon = Horizon(
            server_time(answer.headers),
            elapsed=max(now - record.first_sent, clock.wall() - record.first_sent_wall),
            sent_at=datetime.fromtimestamp(record.first_sent_wall, UTC),
            tolerance=policy.tolerance if policy else 0.0,
            readings=evidence.entered,
            zone=self._finder.zone,
            accounted=now - evidence.claims.forgotten,
        )
        return Grounds(horizon, evidence.claims.claimed(), evidence.moments)

    def _cannot_tell(
        self, failure: errors.MijnKlantportaalError, reason: str, look_error: Exception | None
    ) -> NoReturn:
        """Raises the error of a call after which looking settled nothing."""
        if failure.outcome is Outcome.APPLIED:
            failure.add_note(words("Looking for the record did not help: {reason}", reason=reason))
            raise failure from failure.__cause__
        self._record.doubt = Doubt.OPEN
        ours = look_error if isinstance(look_error, errors.MijnKlantportaalError) else None
        unknown = errors.OutcomeUnknownError(
            words(
                "{message}; looking whether it happened did not help: {reason}", message=failure.message, reason=reason
            ),
            look_error=ours,
            how_to_check=self._request.operation.how_to_check,
            attempts=self._record.attempts,
            **self._request.context(),
        )
        if look_error is not None and ours is None:
            raise unknown from look_error
        # A failure that says no more than that nobody knows is not worth a link in the chain.
        is_empty = isinstance(failure, errors.OutcomeUnknownError) and failure.__cause__ is not None
        raise unknown from (failure.__cause__ if is_empty else failure)

    def _announce(self, found: T | None, looks: int, began: float) -> None:
        from mijnklantportaal_async.events import OutcomeReconciled

        self._sender.observer.emit(
            OutcomeReconciled(
                call=self._record.number,
                operation=self._request.operation.name,
                found=found is not None,
                identifier=None if found is None else self._finder.identifier(found),
                looks=looks,
                elapsed=self._sender.clock.monotonic() - began,
            )
        )


def _is_refusal(error: errors.MijnKlantportaalError) -> bool:
    return isinstance(error, errors.APIStatusError) and not isinstance(error, errors.RateLimitedError)
