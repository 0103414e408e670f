"""What hooks hear of a renewal: a call that is nobody's, and who waits for it."""

from contextvars import Context, copy_context

from mijnklantportaal_async.calling.observe import Observer
from mijnklantportaal_async.calling.record import new_number
from mijnklantportaal_async.errors import MijnKlantportaalError
from mijnklantportaal_async.events import AttemptFinished, AttemptStarted, CallFinished, CallStarted, RenewalAwaited
from mijnklantportaal_async.values.clock import Clock

OPERATION = "renew_tokens"

METHOD = "POST"


class RenewalAccount:
    """The running account of one renewal. Nobody hears of one that found good tokens in the store, and asked nobody.

    Args:
        observer: Who hears of it.
        clock: Where time comes from.
        base_url: The manage portal.
        path: Of the token endpoint.
    """

    __slots__ = (
        "_attempt_began",
        "_attempts",
        "_base_url",
        "_began",
        "_clock",
        "_has_begun",
        "_number",
        "_observer",
        "_path",
        "_waiting",
    )

    def __init__(self, observer: Observer, clock: Clock, *, base_url: str, path: str) -> None:
        self._observer = observer
        self._clock = clock
        self._base_url = base_url
        self._path = path
        self._number = new_number()
        self._has_begun = False
        self._began = self._attempt_began = 0.0
        self._attempts = 0
        self._waiting: list[Context] = []

    def await_it(self) -> None:
        """Somebody waits for it from now on: whoever calls this."""
        if not self._has_begun:
            self._waiting.append(copy_context())
        else:
            self._observer.emit(RenewalAwaited(call=self._number, operation=OPERATION))

    def begin_attempt(self) -> None:
        """The portal is about to be asked."""
        now = self._clock.monotonic()
        if not self._has_begun:
            self._begin(now)
        self._attempts += 1
        self._attempt_began = now
        self._observer.emit(
            AttemptStarted(
                call=self._number, operation=OPERATION, method=METHOD, path=self._path, attempt=self._attempts
            )
        )

    def end_attempt(self, status: int | None, error: MijnKlantportaalError | None) -> None:
        """The portal has answered, or has not."""
        self._observer.emit(
            AttemptFinished(
                call=self._number,
                operation=OPERATION,
                method=METHOD,
                path=self._path,
                attempt=self._attempts,
                elapsed=self._clock.monotonic() - self._attempt_began,
                status=status,
                error=error,
            )
        )

    def end(self, error: BaseException | None) -> None:
        """Whoever waited has tokens, or hears why not."""
        if self._has_begun:
            elapsed = self._clock.monotonic() - self._began
            self._observer.emit(
                CallFinished(
                    call=self._number, operation=OPERATION, attempts=self._attempts, elapsed=elapsed, error=error
                )
            )

    def _begin(self, now: float) -> None:
        self._has_begun, self._began = True, now
        self._observer.emit(
            CallStarted(
                call=self._number,
                operation=OPERATION,
                method=METHOD,
                path=self._path,
                template=self._path,
                base_url=self._base_url,
            )
        )
        for context in self._waiting:
            context.run(self._observer.emit, RenewalAwaited(call=self._number, operation=OPERATION))
        self._waiting.clear()
