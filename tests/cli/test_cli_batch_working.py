"""How a worker of the command ends: its job is over, it lost its rows, somebody stops it."""

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any, cast

import pytest
from cli_support import Outcome

from mijnklantportaal_async.batch import LeaseLostError, Portal, Worker
from mijnklantportaal_async.calling.many import Unsettled
from mijnklantportaal_async.cli.batch.finish import code_of
from mijnklantportaal_async.cli.batch.watching import TroubleLog
from mijnklantportaal_async.cli.batch.working import EndedAtOnceError, Ending, keep_working
from mijnklantportaal_async.cli.exit_codes import ExitCode
from mijnklantportaal_async.cli.interruption import Interruption
from mijnklantportaal_async.cli.terminal import Terminal


class FakeWorker:
    """Works until it loses its lease, or for ever; takes its time to stop."""

    def __init__(self, *, loses: bool = False, hangs: bool = False) -> None:
        self.loses = loses
        self.hangs = hangs
        self.stopped = 0
        self.unsettled = Unsettled(calls=8, seconds=42.0)

    async def start(self, portals: Sequence[Portal]) -> None:
        pass

    async def wait(self) -> None:
        if self.loses:
            raise LeaseLostError("others have taken over its rows")
        await asyncio.Event().wait()

    async def stop(self) -> None:
        self.stopped += 1
        if self.hangs:
            await asyncio.Event().wait()


async def for_ever() -> None:
    await asyncio.Event().wait()


async def at_once() -> None:
    pass


async def missing() -> None:
    raise LookupError("there is no job 'spring'")


def stopped(times: int) -> Interruption:
    interruption = Interruption()
    for event in (interruption.stop_asked, interruption.end_asked)[:times]:
        event.set()
    return interruption


async def ending(
    worker: FakeWorker, until: Coroutine[Any, Any, None], interruption: Interruption, said: list[str]
) -> Ending:
    return await keep_working(
        cast(Worker, worker),
        (),
        until,
        interruption=interruption,
        log=TroubleLog(),
        tell_stopping=lambda unsettled: said.append(f"stopping, {unsettled.calls} to settle"),
    )


async def test_a_job_that_is_over_stops_the_worker() -> None:
    worker, said = FakeWorker(), list[str]()
    assert await ending(worker, at_once(), stopped(0), said) is Ending.DONE
    assert (worker.stopped, said) == (1, [])


async def test_a_worker_that_lost_its_rows_stops() -> None:
    worker, said = FakeWorker(loses=True), list[str]()
    assert await ending(worker, for_ever(), stopped(0), said) is Ending.LOST
    assert (worker.stopped, said) == (1, [])


async def test_somebody_stops_it() -> None:
    worker, said = FakeWorker(), list[str]()
    assert await ending(worker, for_ever(), stopped(1), said) is Ending.STOPPED
    assert (worker.stopped, said) == (1, ["stopping, 8 to settle"])


async def test_somebody_does_not_want_to_wait() -> None:
    with pytest.raises(EndedAtOnceError):
        await ending(FakeWorker(hangs=True), for_ever(), stopped(2), [])


async def test_a_job_that_was_deleted_is_told() -> None:
    worker = FakeWorker()
    with pytest.raises(LookupError, match="spring"):
        await ending(worker, missing(), stopped(0), [])
    assert worker.stopped == 1


@pytest.mark.parametrize(
    ("how", "code", "text"),
    [
        (Ending.DONE, ExitCode.UNKNOWN, ""),
        (Ending.STOPPED, ExitCode.INTERRUPTED, "Stopped. Go on."),
        (Ending.LOST, ExitCode.SOME_FAILED, "others have taken over its rows, so it has stopped"),
    ],
)
def test_how_the_process_ends(how: Ending, code: ExitCode, text: str, capsys: pytest.CaptureFixture[str]) -> None:
    found = code_of(how, ExitCode.UNKNOWN, Interruption(), Terminal.open(), "Go on.")
    shown = capsys.readouterr()
    outcome = Outcome(found, shown.out, shown.err)

    assert outcome.code == code
    assert text in outcome.messages
    assert bool(outcome.messages) is bool(text)
