"""Callers that send nothing: one tells what a coroutine would send, one finds out what it did when it sent before.

For batches, which keep what is asked for in a database and outlive the process that has sent it.
"""

from collections.abc import Awaitable, Callable, Collection, Coroutine
from typing import TYPE_CHECKING, Any, Generic, NoReturn, TypeVar

from mijnklantportaal_async import errors
from mijnklantportaal_async.calling.attempt import CallOptions, Sender
from mijnklantportaal_async.calling.call import Caller
from mijnklantportaal_async.calling.file_resources import FileResources
from mijnklantportaal_async.calling.finder import Finder, Grounds
from mijnklantportaal_async.calling.reconcile import UnsettledError
from mijnklantportaal_async.calling.record import Doubt
from mijnklantportaal_async.calling.retry import RetryQuota
from mijnklantportaal_async.calling.search import Search
from mijnklantportaal_async.calling.wire import Answer, Request
from mijnklantportaal_async.texts.words import told_by, words

if TYPE_CHECKING:
    from mijnklantportaal_async.calling.form import Form

T = TypeVar("T")


class Drawn(Exception):  # noqa: N818 - no error: this is how a coroutine is left that is not to send
    """What a coroutine was about to send, and how to look for what it does; None where it need not, or cannot."""

    def __init__(self, request: Request, finder: Finder[Any] | None) -> None:
        super().__init__(request.operation.name)
        self.request = request
        self.finder = finder


class _SendsNothing(Caller):
    """Reads no file for a call that will not be made."""

    __slots__ = ()

    async def send_form(self, form: "Form", call: Coroutine[Any, Any, T]) -> T:
        """What becomes of the call."""
        return await call


class Drawer(_SendsNothing):
    """Raises `Drawn` instead of calling."""

    __slots__ = ()

    def __init__(self) -> None:
        """It needs nothing."""

    async def call(
        self,
        options: CallOptions,
        request: Request,
        decode: Callable[[bytes], T],
        *,
        when_done: Callable[[errors.APIStatusError], Awaitable[T]] | None = None,
    ) -> T:
        """What would be sent."""
        raise Drawn(request, None)

    async def call_once(
        self, options: CallOptions, request: Request, decode: Callable[[bytes], T], finder: Finder[T]
    ) -> T:
        """What would be sent, and how it is looked for."""
        raise Drawn(request, finder)


class AbsentError(Exception):
    """It is certain that the call has done nothing, and that nothing of it can come any more."""


class CannotLookError(Exception):
    """Nothing in the portal tells whether a call was made."""


class NotYetError(Exception):
    """The time for looking ended before a look was whole, and nothing was seen that may be the record."""


class LookingCaller(_SendsNothing):
    """Returns what a call has made before; raises `AbsentError` where it has made nothing.

    The verdicts are those of every call of a session (`Search`). Whatever may still have been under way must have ended
    when it is asked.

    Args:
        sender: Sends the looks.
        elapsed: Seconds since the call sent first, whatever process that was.
        sent_at: When that was, by the calendar clock of its machine.
        others: Ids of records that belong to other calls, asked for at each look.
    """

    __slots__ = ("_elapsed", "_others", "_sent_at")

    def __init__(
        self,
        *,
        sender: Sender,
        elapsed: float,
        sent_at: float,
        others: Callable[[], Awaitable[Collection[str]]],
    ) -> None:
        super().__init__(sender=sender, quota=RetryQuota(0), resources=FileResources(_no_hosts))
        self._elapsed = elapsed
        self._sent_at = sent_at
        self._others = others

    async def call(
        self,
        options: CallOptions,
        request: Request,
        decode: Callable[[bytes], T],
        *,
        when_done: Callable[[errors.APIStatusError], Awaitable[T]] | None = None,
    ) -> NoReturn:
        """Nothing tells.

        Raises:
            CannotLookError: Always.
        """
        raise CannotLookError(
            words(
                "nothing in the portal tells whether {operation_name} was done", operation_name=request.operation.name
            )
        )

    async def call_once(
        self, options: CallOptions, request: Request, decode: Callable[[bytes], T], finder: Finder[T]
    ) -> T:
        """What the call has made.

        Raises:
            AbsentError: It has made nothing.
            NotYetError: Another look may tell.
            OutcomeUnknownError: Nobody can tell.
        """
        clock = self.sender.clock
        record = self._account()
        record.first_sent = clock.monotonic() - self._elapsed
        record.first_sent_wall = self._sent_at
        record.attempts, record.doubt = 1, Doubt.OPEN
        evidence, _ = await self.sender.identify()
        search = _SearchAmongOthers(self.sender, options, request, record, finder, evidence)
        search.others = frozenset(await self._others())
        failure = errors.OutcomeUnknownError(
            words("Nobody knows what became of it"), how_to_check=request.operation.how_to_check, **request.context()
        )
        try:
            found = await search.after(failure)
        except errors.OutcomeUnknownError as error:
            unsettled = error.__context__
            if isinstance(unsettled, UnsettledError) and not unsettled.doubt and unsettled.look_error is None:
                raise NotYetError(told_by(unsettled)) from error
            raise
        if found is None:
            raise AbsentError
        return found


class _SearchAmongOthers(Search[T], Generic[T]):
    """A search that knows of records of other processes."""

    __slots__ = ("others",)

    others: frozenset[str]

    def _grounds(self, answer: Answer) -> Grounds:
        return super()._grounds(answer)._replace(claimed=self._evidence.claims.claimed_here() | self.others)


def _no_hosts() -> NoReturn:
    raise CannotLookError(words("a look fetches no files"))
