"""Faults that a test scripts, in words; it is told of those that never happened."""

from collections.abc import Callable

from mijnklantportaal_async.sandbox import Fault, ScriptedFault
from mijnklantportaal_async.testing.operations import operation_named

FailNext = Callable[..., ScriptedFault]


class PortalFaults:
    """What goes wrong with the next requests.

    `operation` is the name of a coroutine, such as `"schedule_appointment"`; left out, it is whatever comes next. A
    request is hit by the first fault that matches it. `times` says how many requests it hits.

    Args:
        fail_next: That of the sandbox.
    """

    def __init__(self, fail_next: FailNext) -> None:
        self._fail_next = fail_next
        self._scripted: list[tuple[str, ScriptedFault]] = []

    def lose_answer(self, operation: str | None = None, *, times: int = 1) -> None:
        """The answer is lost after the commit: the portal has done it, and the line is cut."""
        self._script("the answer to the next {} is lost after the commit", Fault.DROP_AFTER_COMMIT, operation, times)

    def lose_request(self, operation: str | None = None, *, times: int = 1) -> None:
        """The line is cut before the portal has done anything; nobody can tell that from a lost answer."""
        self._script("the next {} is lost before the commit", Fault.DROP_BEFORE_COMMIT, operation, times)

    def refuse(self, operation: str | None = None, *, retry_after: int = 1, times: int = 1) -> None:
        """429, as when somebody else has used up the key's limit; nothing was done.

        Args:
            operation: A coroutine.
            retry_after: Portal seconds until the service wants to hear of us again.
            times: How many requests.
        """
        words = f"the next {{}} is refused with 429 for {retry_after} s"
        self._script(words, Fault.TOO_MANY_REQUESTS, operation, times, retry_after=retry_after)

    def be_unavailable(self, operation: str | None = None, *, times: int = 1) -> None:
        """503; nothing was done."""
        self._script("the next {} is answered with 503", Fault.UNAVAILABLE_BEFORE_COMMIT, operation, times)

    def be_unavailable_after_commit(self, operation: str | None = None, *, times: int = 1) -> None:
        """503; but the portal has done it."""
        words = "the next {} is answered with 503 after the commit"
        self._script(words, Fault.UNAVAILABLE_AFTER_COMMIT, operation, times)

    def stay_silent(self, operation: str | None = None, *, times: int = 1) -> None:
        """Never answers, and does nothing; the call ends by its own clock."""
        self._script("the next {} is never answered", Fault.STALL, operation, times)

    def stay_silent_after_commit(self, operation: str | None = None, *, times: int = 1) -> None:
        """Never answers, but has done it; the call ends by its own clock."""
        self._script("the next {} is never answered after the commit", Fault.STALL_AFTER_COMMIT, operation, times)

    def garble(self, operation: str | None = None, *, times: int = 1) -> None:
        """The portal has done it, and what it answers is not JSON."""
        self._script("the answer to the next {} is not JSON", Fault.MALFORMED_JSON, operation, times)

    def play(
        self,
        fault: Fault,
        operation: str | None = None,
        *,
        times: int = 1,
        delay: float | None = None,
        retry_after: int | None = None,
    ) -> None:
        """Any other fault of the sandbox.

        Args:
            fault: What happens.
            operation: A coroutine.
            times: How many requests.
            delay: Portal seconds until a slow or late commit.
            retry_after: The `retry-after` of a 429 or a 503.
        """
        words = f"Fault.{Fault(fault).name} at the next {{}}"
        self._script(words, fault, operation, times, delay=delay, retry_after=retry_after)

    @property
    def unused(self) -> list[str]:
        """Those that have not happened (yet), in words."""
        return [
            words if scripted.times == 1 else f"{words} ({scripted.times} times)"
            for words, scripted in self._scripted
            if scripted.times
        ]

    def _script(
        self,
        words: str,
        fault: Fault,
        operation: str | None,
        times: int,
        *,
        delay: float | None = None,
        retry_after: int | None = None,
    ) -> None:
        asked = None if operation is None else operation_named(operation)
        scripted = self._fail_next(
            fault,
            times=times,
            method=asked.method if asked else None,
            path=asked.path if asked else None,
            delay=delay,
            retry_after=retry_after,
        )
        self._scripted.append((words.format(operation or "call"), scripted))

    def __repr__(self) -> str:
        return f"<PortalFaults {'; '.join(self.unused) or 'none left'}>"
