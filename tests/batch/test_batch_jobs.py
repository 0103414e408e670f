"""Jobs from submitting to forgetting, on both databases, with a worker in this process and a portal on a socket."""

import asyncio
from datetime import datetime, timedelta
from pathlib import Path

import attrs
import pytest
from batch_given import PORTAL, QUICK, SPEED, access, asked, booked, bring_in, clock, row, until_over, working
from given import AMSTERDAM, moment

from mijnklantportaal_async import NewAppointment, NewCustomer, Timeouts
from mijnklantportaal_async.batch import (
    DatabaseTroubleError,
    JobRow,
    Jobs,
    Portal,
    PortalAccess,
    RowOutcome,
    Worker,
)
from mijnklantportaal_async.sandbox import Fault, Sandbox


async def test_a_job_from_beginning_to_end(any_database: str) -> None:
    rows = [row(number) for number in range(12)]
    async with Sandbox(speed=SPEED) as sandbox, Jobs(any_database) as jobs:
        submission = await jobs.submit(rows, job="season", portal=PORTAL, source="a test")
        assert (submission.added, submission.known, submission.missing, submission.is_new_job) == (12, 0, 0, True)
        # However slow the machine is, no request is given up, and so none is looked for.
        patient = attrs.evolve(QUICK, timeouts=Timeouts(queue=None, attempt=3600 * SPEED, call=None))
        async with working(any_database, {"main": access(sandbox)}, [PORTAL], patient):
            watched = await until_over(jobs, "season")
        assert booked(sandbox) == asked(rows)
        assert watched[-1].done == watched[-1].total == 12
        assert watched[-1].is_over
        assert sum(len(progress.ended) for progress in watched) == 12
        results = await jobs.results("season")
        assert [result.number for result in results] == list(range(1, 13))
        assert {result.identifier for result in results} == {item.id for item in sandbox.appointments}
        assert all(result.outcome is RowOutcome.DONE for result in results)
        [summary] = await jobs.list_jobs()
        assert (summary.name, summary.source, summary.operations) == ("season", "a test", ("schedule_appointment",))
        # One request for each row, and nothing else.
        assert len(sandbox.requests) == 12


async def test_submitting_again_adds_nothing(any_database: str) -> None:
    rows = [row(number) for number in range(5)]
    async with Sandbox(speed=SPEED) as sandbox, Jobs(any_database) as jobs:
        await jobs.submit(rows, job="season", portal=PORTAL)
        again = await jobs.submit(rows, job="season", portal=PORTAL)
        assert (again.added, again.known, again.is_new_job) == (0, 5, False)
        await bring_in(any_database, sandbox, jobs, "season")
        once_more = await jobs.submit(rows, job="season", portal=PORTAL)
        assert once_more.added == 0
        await bring_in(any_database, sandbox, jobs, "season")
        assert booked(sandbox) == asked(rows)


async def test_two_colleagues_submit_the_same_file_at_once(any_database: str) -> None:
    rows = [row(number) for number in range(30)]
    async with Sandbox(speed=SPEED) as sandbox, Jobs(any_database) as one, Jobs(any_database) as other:
        await asyncio.gather(
            one.submit(rows, job="season", portal=PORTAL), other.submit(rows, job="season", portal=PORTAL)
        )
        await bring_in(any_database, sandbox, one, "season")
        assert booked(sandbox) == asked(rows)


async def test_a_changed_row_is_a_new_row_and_is_said_before(database: str) -> None:
    async with Jobs(database) as jobs:
        await jobs.submit([row(0), row(1)], job="season", portal=PORTAL)
        changed = [row(0), row(1, name="Another title")]
        plan = await jobs.plan(changed, job="season", portal=PORTAL)
        assert (plan.submission.added, plan.submission.known, plan.submission.missing) == (1, 1, 1)
        with pytest.raises(ValueError, match="row 2: 2027-03-01 09:30 Another title") as caught:
            await jobs.submit(changed, job="season", portal=PORTAL)
        assert "extend=True" in str(caught.value)
        assert len(await jobs.results("season")) == 2
        assert (await jobs.submit(changed, job="season", portal=PORTAL, extend=True)).added == 1
        assert len(await jobs.results("season")) == 3


async def test_equal_rows_are_kept_as_often_as_they_stand(any_database: str) -> None:
    # Equal ones, and ones that differ only in what the portal does not tell.
    rows = [row(0), row(0), row(1), row(0, name="Another title"), row(0)]
    async with Sandbox(speed=SPEED, rate_limit=None) as sandbox, Jobs(any_database) as jobs:
        submission = await jobs.submit(rows, job="season", portal=PORTAL)
        assert submission.added == 5
        for fault in (Fault.DROP_AFTER_COMMIT, Fault.DROP_BEFORE_COMMIT, Fault.LATE_COMMIT):
            sandbox.fail_next(fault, method="POST")
        await bring_in(any_database, sandbox, jobs, "season")
        assert booked(sandbox) == asked(rows)
        results = await jobs.results("season")
        assert len({result.identifier for result in results}) == 5
        # One more of the same is one more row, and the others stay what they were.
        more = await jobs.submit([*rows, row(0)], job="season", portal=PORTAL, extend=True)
        assert (more.added, more.known) == (1, 5)


async def test_two_jobs_with_an_equal_row_make_two(database: str) -> None:
    async with Sandbox(speed=SPEED, rate_limit=None) as sandbox, Jobs(database) as jobs:
        await jobs.submit([row(0)], job="one", portal=PORTAL)
        await jobs.submit([row(0)], job="two", portal=PORTAL, again=True)
        sandbox.fail_next(Fault.DROP_BEFORE_COMMIT, method="POST")
        async with working(database, {"main": access(sandbox)}, [PORTAL]):
            await until_over(jobs, "one")
            await until_over(jobs, "two")
        assert booked(sandbox) == asked([row(0), row(0)])
        one, two = await jobs.results("one"), await jobs.results("two")
        assert one[0].identifier != two[0].identifier


async def test_what_stood_in_the_calendar_before_is_nobodys(any_database: str) -> None:
    async with Sandbox(speed=SPEED) as sandbox, Jobs(any_database) as jobs:
        new = row(0)
        old = sandbox.add_appointment(
            name="Old", starts_at=new.starts_at, ends_at=new.ends_at, customer_id=new.customer_id
        )
        await jobs.submit([new], job="season", portal=PORTAL)
        sandbox.fail_next(Fault.DROP_BEFORE_COMMIT, method="POST")
        await bring_in(any_database, sandbox, jobs, "season")
        [result] = await jobs.results("season")
        assert result.identifier != old.id
        assert len(sandbox.appointments) == 2


async def test_cancel_resume_and_delete(any_database: str) -> None:
    rows = [row(number) for number in range(6)]
    async with Sandbox(speed=SPEED) as sandbox, Jobs(any_database) as jobs:
        await jobs.submit(rows, job="season", portal=PORTAL)
        progress = await jobs.cancel("season")
        assert (progress.not_started, progress.is_over) == (6, True)
        await bring_in(any_database, sandbox, jobs, "season")
        assert not sandbox.appointments
        assert all(result.outcome is RowOutcome.NOT_STARTED for result in await jobs.results("season"))
        assert await jobs.resume("season") == 6
        with pytest.raises(ValueError, match="6 rows of 'season' are not at their end"):
            await jobs.delete("season")
        await bring_in(any_database, sandbox, jobs, "season")
        assert booked(sandbox) == asked(rows)
        assert await jobs.delete("season") == 6
        assert await jobs.list_jobs() == []
        with pytest.raises(LookupError, match=r"there is no job 'season' .*there are none yet"):
            await jobs.results("season")


async def test_many_portals_side_by_side_and_a_blocked_one_holds_up_no_other(any_database: str) -> None:
    rows = [row(number) for number in range(4)]
    async with Sandbox(speed=SPEED) as east, Sandbox(speed=SPEED) as west, Jobs(any_database) as jobs:
        portals = [Portal(name=name, address="sandbox") for name in ("east", "west", "blocked")]
        given = [JobRow(request=new, portal=portal.name) for portal in portals for new in rows]
        await jobs.submit(given, job="season", portal=portals[0], others=portals)
        ways = {
            "east": access(east),
            "west": access(west),
            "blocked": PortalAccess(api_key="expired", base_url=east.url, address="sandbox"),
        }
        async with working(any_database, ways, portals):
            async for progress in jobs.progress("season", every=0.05):
                if progress.done == 8:
                    break
        assert booked(east) == booked(west) == asked(rows)
        results = [result for result in await jobs.results("season") if result.portal == "blocked"]
        assert {result.outcome for result in results} <= {RowOutcome.WAITING, RowOutcome.UNDER_WAY}


async def test_a_worker_leaves_alone_what_it_has_no_key_for_and_what_lies_elsewhere(database: str) -> None:
    async with Sandbox(speed=SPEED) as sandbox, Jobs(database) as jobs:
        elsewhere = Portal(name="main", address="https://api.example.nl/v1")
        await jobs.submit([row(0)], job="elsewhere", portal=elsewhere)
        await jobs.submit([row(1)], job="unknown", portal=Portal(name="other", address="sandbox"))
        await jobs.submit([row(2)], job="mine", portal=PORTAL)
        worker = Worker(database, portals={"main": access(sandbox)}, settings=QUICK, clock=clock())
        async with worker:
            await until_over(jobs, "mine")
        assert booked(sandbox) == asked([row(2)])


async def test_a_worker_notices_a_portal_that_a_later_job_brings(database: str) -> None:
    async with Sandbox(speed=SPEED) as sandbox, Jobs(database) as jobs:
        ways = {"main": access(sandbox), "later": access(sandbox)}
        async with Worker(database, portals=ways, settings=QUICK, clock=clock()):
            await jobs.submit([row(0)], job="first", portal=PORTAL)
            await until_over(jobs, "first")
            await jobs.submit([row(1)], job="second", portal=Portal(name="later", address="sandbox"))
            await until_over(jobs, "second")
        assert booked(sandbox) == asked([row(0), row(1)])


async def test_customers_by_the_same_flow(any_database: str) -> None:
    customers = [
        NewCustomer(
            company_name=f"Praktijk {number}",
            address="Kerkstraat 1",
            zip_code="1234 AB",
            city="Utrecht",
            primary_email=f"praktijk{number}@example.nl",
        )
        for number in range(20)
    ]
    async with Sandbox(speed=SPEED, rate_limit=None) as sandbox, Jobs(any_database) as jobs:
        sandbox.add_customer(
            company_name="Praktijk 3",
            address="Kerkstraat 1",
            zip_code="1234AB",
            city="Utrecht",
            primary_email="praktijk3@example.nl",
        )
        await jobs.submit(customers, job="move", portal=PORTAL)
        for fault in (Fault.DROP_AFTER_COMMIT, Fault.DROP_BEFORE_COMMIT, Fault.LATE_COMMIT, Fault.HALF_BODY):
            sandbox.fail_next(fault, method="POST")
        await bring_in(any_database, sandbox, jobs, "move")
        results = await jobs.results("move")
        assert {result.outcome for result in results} == {RowOutcome.DONE}, results
        assert len({result.identifier for result in results}) == 20
        assert len(sandbox.customers) == 21


async def test_rows_that_could_never_be_right_are_all_named_and_nothing_is_submitted(database: str) -> None:
    skipped = NewAppointment(
        name="Spring",
        starts_at=datetime(2027, 3, 28, 0, 30, tzinfo=AMSTERDAM),
        ends_at=datetime(2027, 3, 28, 2, 30, tzinfo=AMSTERDAM),
        customer_id="cst_1",
    )
    async with Jobs(database) as jobs:
        with pytest.raises(ValueError, match="2 rows cannot be right; nothing was submitted") as caught:
            await jobs.submit(
                [row(0), skipped, JobRow(request=row(1), place="line 9", portal="nowhere")], job="x", portal=PORTAL
            )
        assert "row 2: ends_at: 2027-03-28 02:30 does not exist" in str(caught.value)
        assert "line 9: nobody has said where the portal 'nowhere' is" in str(caught.value)
        assert await jobs.list_jobs() == []
        with pytest.raises(TypeError, match="NewAppointment, NewCustomer objects, not dict"):
            await jobs.submit([{}], job="x", portal=PORTAL)
        with pytest.raises(ValueError, match="1 to 128 characters"):
            await jobs.submit([row(0)], job=" ", portal=PORTAL)
        with pytest.raises(TypeError, match="give job= and portal="):
            await jobs.submit([row(0)])


async def test_an_interrupted_submission_is_completed_by_the_same_one(database: str) -> None:
    rows = [row(number) for number in range(6)]
    async with Jobs(database) as jobs:
        plan = await jobs.plan(rows, job="season", portal=PORTAL)
        # As it is after a kill between two transactions: the note and some of the rows are there.
        await jobs.submit(attrs.evolve(plan, rows=plan.rows[:2]))
        first, second = (await jobs.job("season")).progress.troubles
        assert "only 2 of 6 rows" in first
        assert "no worker is at work for the portal main" in second
        again = await jobs.submit(rows, job="season", portal=PORTAL)
        assert (again.added, again.known) == (4, 2)
        assert len((await jobs.job("season")).progress.troubles) == 1
        assert len(await jobs.results("season")) == 6


async def test_a_database_that_cannot_be_used_says_why_without_its_password(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="must be given as"):
        Jobs("mysql://user:hidden@host/name")
    with pytest.raises(ValueError, match="would forget"):
        Jobs("sqlite:///:memory:")
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(DatabaseTroubleError, match="cannot be"):
        async with Jobs(f"sqlite:///{tmp_path}/file/jobs.db"):
            pass
    with pytest.raises(DatabaseTroubleError) as caught:
        async with Jobs("postgresql://user:hidden@127.0.0.1:9/name"):
            pass
    assert "hidden" not in str(caught.value) + repr(Jobs("postgresql://user:hidden@127.0.0.1:9/name"))


async def test_moments_of_a_result_are_the_portals(database: str) -> None:
    async with Sandbox(speed=SPEED, timezone="America/New_York") as sandbox, Jobs(database) as jobs:
        portal = Portal(name="main", address="sandbox", timezone="America/New_York")
        await jobs.submit([row(0)], job="far", portal=portal)
        async with working(database, {"main": access(sandbox)}, [portal]):
            await until_over(jobs, "far")
        [result] = await jobs.results("far")
        assert result.request["starts_at"] == "2027-03-01T03:00:00-05:00"
        assert sandbox.appointments[0].starts_at == moment(2027, 3, 1, 9, 0)
        assert result.ended_at is not None
        assert result.ended_at.utcoffset() == timedelta(0)
