"""Schedules the rows of a file, until they are done, somebody stops it, or going on makes no sense."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import suppress

from mijnklantportaal_async import errors
from mijnklantportaal_async.calling.many import Run
from mijnklantportaal_async.cli.failures import is_about_access
from mijnklantportaal_async.cli.interruption import Interruption
from mijnklantportaal_async.cli.row_results import Account, RowOutcome, RowResult
from mijnklantportaal_async.models.appointments import NewAppointment, Scheduled
from mijnklantportaal_async.session import PortalSession
from mijnklantportaal_async.texts.words import words

FAILURES_IN_A_ROW = 8
"""Rows that one after another come to nothing, before the portal is taken to be down."""

PATIENCE_WITH_THE_FIRST = 5.0
"""Real seconds that the other rows wait for the first one."""


async def schedule_rows(
    portal: PortalSession,
    account: Account,
    *,
    concurrency: int,
    grace: float,
    interruption: Interruption,
    tell_stopping: Callable[[str], None],
) -> None:
    """Schedules the rows of an account, and enters what becomes of each.

    Args:
        portal: Where to.
        account: The rows.
        concurrency: How many at once.
        grace: Seconds that requests under way get to learn their outcome when the run is stopped.
        interruption: What the person at the terminal asks for.
        tell_stopping: Called with the reason when the run begins to stop.
    """
    answered = asyncio.Event()
    run = portal.schedule_appointments(_one_first(account, answered), concurrency=concurrency)
    async with run:
        reading = asyncio.create_task(_read(run, account, answered), name="read results")
        asked = asyncio.create_task(interruption.stop_asked.wait(), name="wait for Ctrl-C")
        await asyncio.wait([reading, asked], return_when=asyncio.FIRST_COMPLETED)
        account.stop_reason = reading.result() if reading.done() else words("somebody asked for it.")
        if account.stop_reason:
            tell_stopping(account.stop_reason)
            await _stop(run, grace, interruption)
            # What was ready before the run stopped may still have to be taken.
            await reading
        asked.cancel()
    for result in run.unfinished:
        account.add(result)
    account.add_rest(run.read)


async def _one_first(account: Account, answered: asyncio.Event) -> AsyncGenerator[NewAppointment, None]:
    """The rows: one, and the others when that one went well, or takes long.

    A wrong key or address costs one request, not as many as may be under way at once.
    """
    for index, row in enumerate(account.rows):
        if index == 1:
            with suppress(TimeoutError):
                async with asyncio.timeout(PATIENCE_WITH_THE_FIRST):
                    await answered.wait()
        yield row.new


async def _read(run: Run[NewAppointment, Scheduled], account: Account, answered: asyncio.Event) -> str:
    """Enters results as they come; returns why going on makes no sense, or nothing at the end."""
    failures = 0
    async for result in run:
        row = account.add(result)
        failures = failures + 1 if _came_to_nothing(row) else 0
        if is_about_access(row.error):
            return words("the portal refuses the key.")
        if isinstance(row.error, errors.ConnectError) and (
            row.error.is_permanent or account.count(RowOutcome.SCHEDULED) == 0
        ):
            return words("the portal cannot be reached.")
        if failures >= FAILURES_IN_A_ROW:
            return words(
                "{failures} appointments in succession came to nothing, so the portal seems to be down.",
                failures=failures,
            )
        answered.set()
    return ""


def _came_to_nothing(row: RowResult) -> bool:
    """Whether it failed for a reason that other rows share."""
    shared = (errors.TransportError, errors.ServerError, errors.OutcomeUnknownError, errors.RateLimitError)
    return row.outcome is not RowOutcome.SCHEDULED and isinstance(row.error, shared)


async def _stop(run: Run[NewAppointment, Scheduled], grace: float, interruption: Interruption) -> None:
    stopping = asyncio.create_task(run.stop(grace=grace), name="stop the run")
    at_once = asyncio.create_task(interruption.end_asked.wait(), name="wait for a second Ctrl-C")
    await asyncio.wait([stopping, at_once], return_when=asyncio.FIRST_COMPLETED)
    at_once.cancel()
    stopping.cancel()
    with suppress(asyncio.CancelledError):
        await stopping
    # A second Ctrl-C may have come before the first had begun to work.
    await run.stop()
