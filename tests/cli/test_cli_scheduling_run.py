"""When a run goes on and when it gives up."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from mijnklantportaal_async import Clock, NewAppointment, PortalSession, RetryPolicy
from mijnklantportaal_async.cli.exit_codes import ExitCode
from mijnklantportaal_async.cli.interruption import Interruption
from mijnklantportaal_async.cli.row_results import Account, RowOutcome, RowResult
from mijnklantportaal_async.cli.run_report import exit_code_for, failure_table
from mijnklantportaal_async.cli.scheduling_run import FAILURES_IN_A_ROW, schedule_rows
from mijnklantportaal_async.errors import AuthenticationError, ConnectError, ValidationError
from mijnklantportaal_async.files import Row
from mijnklantportaal_async.sandbox import Fault, Sandbox

SPEED = 50.0
AMSTERDAM = ZoneInfo("Europe/Amsterdam")


def rows_of(count: int) -> tuple[Row, ...]:
    start = datetime(2027, 3, 5, 8, 0, tzinfo=AMSTERDAM)
    return tuple(
        Row(
            line=number + 2,
            new=NewAppointment(
                name=f"Visit {number}",
                starts_at=start + timedelta(minutes=number),
                ends_at=start + timedelta(hours=12),
                customer_id=f"cst_{number}",
            ),
        )
        for number in range(count)
    )


async def run(sandbox: Sandbox, account: Account, retry: RetryPolicy, *, speed: float = SPEED) -> None:
    told: list[str] = []
    async with PortalSession(
        api_key=sandbox.api_key, base_url=sandbox.url, clock=Clock(speed), retry=retry, rate_limit=None
    ) as portal:
        await schedule_rows(
            portal, account, concurrency=4, grace=0, interruption=Interruption(), tell_stopping=told.append
        )
    assert told == ([account.stop_reason] if account.stop_reason else [])


async def test_every_row_is_told_once_and_in_the_calendar_once() -> None:
    told: list[RowResult] = []
    account = Account(rows_of(20), told.append)
    async with Sandbox(speed=SPEED, rate_limit=None) as sandbox:
        sandbox.fail_next(Fault.DROP_AFTER_COMMIT, times=3)
        await run(sandbox, account, RetryPolicy())
        assert len(sandbox.appointments) == 20

    assert told == account.results
    assert sorted(result.line for result in told) == list(range(2, 22))
    assert account.stop_reason == ""


async def test_a_portal_that_is_down_is_not_asked_for_every_row() -> None:
    account = Account(rows_of(60), lambda _: None)
    async with Sandbox(speed=SPEED, rate_limit=None) as sandbox:
        await run(sandbox, account, RetryPolicy())
    again = Account(rows_of(60), lambda _: None)
    # Ten minutes of looking are over in two seconds.
    async with Sandbox(speed=300, rate_limit=None) as sandbox:
        sandbox.fail_next(Fault.BAD_GATEWAY, times=1_000_000)
        await run(sandbox, again, RetryPolicy(attempts=1), speed=300)

    assert account.count(RowOutcome.SCHEDULED) == 60
    assert f"{FAILURES_IN_A_ROW} appointments in succession came to nothing" in again.stop_reason
    assert len(again.results) == 60
    assert again.count(RowOutcome.NOT_SENT) >= 60 - FAILURES_IN_A_ROW - 8


async def test_refusals_of_single_rows_do_not_stop_the_run() -> None:
    rows = tuple(Row(line=row.line, new=_with_customer(row.new, "nobody")) for row in rows_of(20))
    account = Account(rows, lambda _: None)
    async with Sandbox(speed=SPEED, rate_limit=None) as sandbox:
        await run(sandbox, account, RetryPolicy())

    assert account.count(RowOutcome.REJECTED) == 20
    assert account.stop_reason == ""


def _with_customer(new: NewAppointment, customer: str) -> NewAppointment:
    return NewAppointment(name=new.name, starts_at=new.starts_at, ends_at=new.ends_at, customer_id=customer)


def result(outcome: RowOutcome, error: Exception | None = None, line: int = 2) -> RowResult:
    return RowResult(line=line, outcome=outcome, error=error, reason=str(error or ""))


@pytest.mark.parametrize(
    ("results", "code"),
    [
        ([], ExitCode.DONE),
        ([result(RowOutcome.SCHEDULED)], ExitCode.DONE),
        ([result(RowOutcome.SCHEDULED), result(RowOutcome.BAD_ROW)], ExitCode.SOME_FAILED),
        ([result(RowOutcome.REJECTED, ValidationError("422"))], ExitCode.SOME_FAILED),
        ([result(RowOutcome.REJECTED, AuthenticationError("401")), result(RowOutcome.NOT_SENT)], ExitCode.NO_PORTAL),
        ([result(RowOutcome.NOT_SENT, ConnectError("refused"))], ExitCode.NO_PORTAL),
        ([result(RowOutcome.NOT_SENT, ConnectError("refused")), result(RowOutcome.UNKNOWN)], ExitCode.UNKNOWN),
    ],
)
def test_the_exit_code_says_the_worst(results: list[RowResult], code: ExitCode) -> None:
    assert exit_code_for(results, None) is code
    assert exit_code_for(results, ExitCode.INTERRUPTED) is ExitCode.INTERRUPTED


def test_rows_that_failed_alike_stand_together() -> None:
    first, second = ConnectError("refused after 3.5 s"), ConnectError("refused after 12 s", attempts=3)
    table = failure_table(
        [
            result(RowOutcome.NOT_SENT, first, 2),
            result(RowOutcome.NOT_SENT, second, 3),
            result(RowOutcome.REJECTED, ValidationError("422"), 4),
            result(RowOutcome.SCHEDULED, None, 5),
        ]
    )

    assert table is not None
    assert list(table.columns[0].cells) == ["2-3", "4"]
    assert failure_table([result(RowOutcome.SCHEDULED)]) is None
