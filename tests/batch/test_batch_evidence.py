"""One record belongs to one row, whatever its job; every row has a way on; and a job that stands says why."""

import asyncio
import shutil
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import attrs
import pytest
import sqlalchemy
from aiohttp import web
from aiohttp.test_utils import TestServer
from batch_given import PORTAL, QUICK, SPEED, access, asked, booked, bring_in, clock, row, until_over, working
from scripted_server import appointment, made_now

from mijnklantportaal_async import NewAppointment, RateLimit, Timeouts
from mijnklantportaal_async.batch import Jobs, Portal, PortalAccess, RowOutcome, Worker, job_records
from mijnklantportaal_async.batch.database import Database
from mijnklantportaal_async.batch.feed import Feed
from mijnklantportaal_async.batch.ledger import Ledger, TakenError, Verdict
from mijnklantportaal_async.batch.rows import State
from mijnklantportaal_async.batch.tables import Tables
from mijnklantportaal_async.sandbox import Fault, Sandbox

OTHER_NAME = Portal(name="other-name", address="sandbox")

PATIENT = attrs.evolve(QUICK, timeouts=Timeouts(queue=None, attempt=3600 * SPEED, call=None))
"""No request is given up, however slow the machine is."""


# --- one record, one row -----------------------------------------------------------------------------------------


async def test_an_equal_row_of_a_job_that_was_canceled_and_resumed_gets_a_record_of_its_own(database: str) -> None:
    async with Sandbox(speed=SPEED, rate_limit=None) as sandbox, Jobs(database) as jobs:
        await jobs.submit([row(0, name="of one")], job="one", portal=PORTAL)
        await jobs.cancel("one")
        await jobs.submit([row(0, name="of two")], job="two", portal=PORTAL)
        await jobs.resume("one")
        sandbox.fail_next(Fault.DROP_BEFORE_COMMIT, method="POST")
        sandbox.fail_next(Fault.SLOW_COMMIT, method="POST", delay=5)
        async with working(database, {"main": access(sandbox)}, [PORTAL]):
            await until_over(jobs, "one")
            await until_over(jobs, "two")
        titles = {item.id: item.name for item in sandbox.appointments}
        for job in ("one", "two"):
            [result] = await jobs.results(job)
            assert titles[str(result.identifier)] == f"of {job}"


async def test_one_portal_under_two_names_is_one_portal(any_database: str) -> None:
    """Its address and key say which it is: equal rows take turns, and what one has made the other never takes."""
    async with Sandbox(speed=SPEED, rate_limit=None) as sandbox, Jobs(any_database) as jobs:
        ways = {"main": access(sandbox), "other-name": access(sandbox)}
        await jobs.submit([row(0)], job="one", portal=PORTAL)
        await jobs.submit([row(0)], job="two", portal=OTHER_NAME)
        sandbox.fail_next(Fault.DROP_BEFORE_COMMIT, method="POST")
        async with working(any_database, ways, [PORTAL, OTHER_NAME]):
            await until_over(jobs, "one")
            await until_over(jobs, "two")
        assert booked(sandbox) == asked([row(0), row(0)])
        identifiers = {result.identifier for job in ("one", "two") for result in await jobs.results(job)}
        assert len(identifiers) == 2
        # By now it is known that they are one, and who submits is told.
        plan = await jobs.plan([row(0)], job="three", portal=OTHER_NAME)
        assert dict(plan.submission.elsewhere) == {"one": 1, "two": 1}


async def test_the_same_person_by_id_and_by_email(database: str) -> None:
    async with Sandbox(speed=SPEED, rate_limit=None) as sandbox, Jobs(database) as jobs:
        # Whom the sandbox shows for the customer.
        by_id = row(0, customer_id="cst_1")
        by_email = NewAppointment(
            name="Intake",
            starts_at=by_id.starts_at,
            ends_at=by_id.ends_at,
            attendee_name="Customer 1",
            attendee_email="1@customers.example",
        )
        sandbox.fail_next(Fault.DROP_BEFORE_COMMIT, method="POST")
        await jobs.submit([by_id, by_email], job="season", portal=PORTAL)
        await bring_in(database, sandbox, jobs, "season")
        results = await jobs.results("season")
        assert [result.outcome for result in results] == [RowOutcome.DONE] * 2
        assert len({result.identifier for result in results}) == len(sandbox.appointments) == 2


async def test_a_record_outlives_the_job_of_its_row(database: str) -> None:
    async with Sandbox(speed=SPEED, rate_limit=None) as sandbox, Jobs(database) as jobs:
        await jobs.submit([row(0)], job="one", portal=PORTAL)
        await bring_in(database, sandbox, jobs, "one")
        await jobs.delete("one")
        sandbox.fail_next(Fault.DROP_BEFORE_COMMIT, method="POST")
        await jobs.submit([row(0)], job="two", portal=PORTAL)
        await bring_in(database, sandbox, jobs, "two")
        [result] = await jobs.results("two")
        assert result.identifier == sandbox.appointments[-1].id
        assert len(sandbox.appointments) == 2


async def test_the_database_gives_a_record_to_one_row_alone(any_database: str) -> None:
    """On PostgreSQL it did not say no: two rows could end with one record, where no look had told them apart."""
    async with Jobs(any_database) as jobs:
        await jobs.submit([row(0), row(1)], job="season", portal=PORTAL)
        found = Database(any_database)
        tables, given = Tables(found.schema), list[tuple[str, int]]()
        await Feed(found, tables).give(
            {PORTAL.id: ("identity", "queue")}, 11, lambda _, __, row_id, number: given.append((row_id, number))
        )
        ledger = Ledger(found, tables)
        portals = await ledger.portals()
        first, second = [await ledger.begin(row_id, number, "worker", portals) for row_id, number in given]
        assert first is not None
        assert second is not None
        verdict = Verdict(state=State.DONE, identifier="apt_1", claims=True)
        await ledger.end(first, verdict, "identity")
        with pytest.raises(TakenError, match="apt_1 belongs to another row"):
            await ledger.end(second, verdict, "identity")
        outcomes = sorted(result.outcome.value for result in await jobs.results("season"))
        assert outcomes == ["done", "under way"]
        found.close()


async def test_rows_that_wait_for_their_turn_take_no_place(database: str) -> None:
    """The engine gets one of nine equal rows, and the two behind them; the others wait where waiting costs nothing."""
    async with Jobs(database) as jobs:
        await jobs.submit([row(0)] * 9 + [row(1), row(2)], job="season", portal=PORTAL)
        found = Database(database)
        feed = Feed(found, Tables(found.schema))
        given: list[str] = []
        for _ in range(3):
            await feed.give({PORTAL.id: ("identity", "queue")}, 11, lambda _, __, row_id, ___: given.append(row_id))
        starts = {result.number: result.request["starts_at"] for result in await jobs.results("season")}
        assert len(given) == len(set(given)) == len(set(starts.values())) == 3
        [trouble] = [said for said in (await anext(jobs.progress("season"))).troubles if "one after the other" in said]
        assert "(8 rows" in trouble
        found.close()


async def test_rows_of_other_jobs_are_made_once_more_only_if_that_is_said(database: str) -> None:
    rows = [row(number) for number in range(3)]
    async with Jobs(database) as jobs:
        await jobs.submit(rows, job="season.csv", portal=PORTAL)
        with pytest.raises(ValueError, match=r"some stand in other jobs .*3 in 'season.csv'.*again=True"):
            await jobs.submit(rows, job="season (1).csv", portal=PORTAL)
        assert [job.name for job in await jobs.list_jobs()] == ["season.csv"]
        assert (await jobs.submit(rows, job="season (1).csv", portal=PORTAL, again=True)).added == 3


# --- every row has a way on --------------------------------------------------------------------------------------


async def test_what_is_unknown_is_settled(any_database: str) -> None:
    """A key that may not read leaves rows unknown; one that may finds what is there, and says what is not."""
    scopes = {"writer": ["appointments.write"], "all": ["appointments.read", "appointments.write"]}
    async with Sandbox(speed=SPEED, rate_limit=None, keys=scopes) as sandbox, Jobs(any_database) as jobs:
        rows = [row(number) for number in range(3)]
        await jobs.submit(rows, job="season", portal=PORTAL)
        sandbox.fail_next(Fault.DROP_BEFORE_COMMIT, method="POST", times=2)
        sandbox.fail_next(Fault.DROP_AFTER_COMMIT, method="POST")

        def way(key: str) -> dict[str, PortalAccess]:
            return {"main": PortalAccess(api_key=key, base_url=sandbox.url, address="sandbox", limit_name="one")}

        async with working(any_database, way("writer"), [PORTAL]):
            last = (await until_over(jobs, "season"))[-1]
        assert (last.unknown, len(sandbox.appointments)) == (3, 1)
        with pytest.raises(ValueError, match=r"settle\(\) looks for what is unknown"):
            await jobs.retry("season", outcomes=[RowOutcome.UNKNOWN])

        assert await jobs.settle("season") == 3
        async with working(any_database, way("all"), [PORTAL]):
            last = (await until_over(jobs, "season"))[-1]
        assert (last.done, last.rejected, len(sandbox.appointments)) == (1, 2, 1)
        said = [result.message or "" for result in await jobs.results("season")]
        assert sum("has proven that nothing of it is in the portal" in message for message in said) == 2

        assert await jobs.settle("season", send_again=True) == 2
        async with working(any_database, way("all"), [PORTAL]):
            last = (await until_over(jobs, "season"))[-1]
        assert last.done == 3
        assert booked(sandbox) == asked(rows)
        assert await jobs.settle("season", send_again=True) == 0


async def test_what_was_rejected_is_tried_again(database: str) -> None:
    async with Sandbox(speed=SPEED, rate_limit=None) as sandbox, Jobs(database) as jobs:
        sandbox.fail_next(Fault.UNAVAILABLE_BEFORE_COMMIT, method="POST", times=1)
        once = attrs.evolve(QUICK, flow=attrs.evolve(QUICK.flow, doubts=1))
        await jobs.submit([row(0), row(1)], job="season", portal=PORTAL)
        async with working(database, {"main": access(sandbox)}, [PORTAL], once):
            last = (await until_over(jobs, "season"))[-1]
        assert (last.done, last.rejected) == (1, 1)
        assert await jobs.retry("season", outcomes=[RowOutcome.NOT_STARTED]) == 0
        assert await jobs.retry("season") == 1
        await bring_in(database, sandbox, jobs, "season")
        assert booked(sandbox) == asked([row(0), row(1)])


@asynccontextmanager
async def portal_that_refuses(refused: str, times: int = 0) -> AsyncIterator[tuple[TestServer, list[str]]]:
    """Answers 403 to the appointments of one customer, and makes all others, once it has refused so many."""
    made: list[str] = []
    seen: set[str] = set()
    is_enough = asyncio.Event()

    async def make(request: web.Request) -> web.Response:
        asked_for = await request.json()
        if asked_for["customerId"] != refused and times:
            await is_enough.wait()
        if asked_for["customerId"] == refused:
            seen.add(asked_for["startsAt"])
            if len(seen) == times:
                is_enough.set()
            return web.json_response({"message": "This customer belongs to another employee."}, status=403)
        made.append(asked_for["customerId"])
        moments = {name: f"{asked_for[name].replace(' ', 'T')}:00+01:00" for name in ("startsAt", "endsAt")}
        answer = appointment(id=f"apt_{len(made)}", customerId=made[-1], createdAt=made_now(), **moments)
        return web.json_response(answer, status=201)

    app = web.Application()
    app.router.add_post("/v1/appointments", make)
    server = TestServer(app)
    await server.start_server()
    try:
        yield server, made
    finally:
        await server.close()


async def test_a_row_that_is_refused_is_its_own_fault_if_others_are_done_meanwhile(database: str) -> None:
    rows = [row(number, customer_id="cst_bad") for number in range(9)]
    rows += [row(10 + number, customer_id=f"cst_{number}") for number in range(4)]
    async with portal_that_refuses("cst_bad", times=9) as (server, made), Jobs(database) as jobs:
        way = PortalAccess(api_key="key", base_url=str(server.make_url("/v1")), address="sandbox")
        await jobs.submit(rows, job="season", portal=PORTAL)
        async with working(database, {"main": way}, [PORTAL], PATIENT):
            last = (await until_over(jobs, "season"))[-1]
        assert sorted(made) == [f"cst_{number}" for number in range(4)]
        assert (last.done, last.rejected) == (4, 9)
        assert "Other rows were done meanwhile" in ((await jobs.results("season"))[0].message or "")


async def test_a_key_that_may_not_do_it_fails_no_row_and_is_said(database: str) -> None:
    async with portal_that_refuses("cst_1") as (server, _), Jobs(database) as jobs:
        way = PortalAccess(api_key="key", base_url=str(server.make_url("/v1")), address="sandbox")
        await jobs.submit([row(0), row(1)], job="season", portal=PORTAL)
        async with working(database, {"main": way}, [PORTAL]):
            async for progress in jobs.progress("season", every=0.05):
                if any("another employee" in trouble for trouble in progress.troubles):
                    break
            assert (progress.rejected, progress.is_over) == (0, False)


async def test_rows_of_a_newer_version_are_left_for_a_worker_that_understands_them(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with Sandbox(speed=SPEED, rate_limit=None) as sandbox, Jobs(database) as jobs:
        with monkeypatch.context() as newer:
            newer.setattr(job_records, "FORMAT", 2)
            await jobs.submit([row(0)], job="newer", portal=PORTAL)
        await jobs.submit([row(1)], job="ours", portal=PORTAL)
        async with working(database, {"main": access(sandbox)}, [PORTAL]):
            await until_over(jobs, "ours")
            progress = await anext(jobs.progress("newer"))
        assert booked(sandbox) == asked([row(1)])
        assert progress.waiting == 1
        assert any("written by a newer version" in trouble for trouble in progress.troubles)


async def test_rows_that_this_version_misreads_wait_and_say_so(database: str) -> None:
    async with Sandbox(speed=SPEED, rate_limit=None) as sandbox, Jobs(database) as jobs:
        await jobs.submit([row(0)], job="season", portal=PORTAL)
        change(database, "UPDATE mijnklantportaal_rows SET request = replace(request, '{', '{\"colour\": \"blue\", ')")
        async with working(database, {"main": access(sandbox)}, [PORTAL]):
            async for progress in jobs.progress("season", every=0.05):
                if any("does not understand" in trouble for trouble in progress.troubles):
                    break
        assert not sandbox.requests
        assert progress.waiting + progress.under_way == 1


# --- nothing stands still in silence -----------------------------------------------------------------------------


async def test_an_address_is_the_same_with_a_slash_and_in_capitals(database: str) -> None:
    async with Sandbox(speed=SPEED) as sandbox, Jobs(database) as jobs:
        address = sandbox.url.replace("http://", "HTTP://").replace("localhost", "LOCALHOST") + "/"
        await jobs.submit([row(0)], job="season", portal=Portal(name="main", address=address))
        way = PortalAccess(api_key=sandbox.api_key, base_url=sandbox.url)
        async with Worker(database, portals={"main": way}, settings=QUICK, clock=clock()):
            await until_over(jobs, "season")
        assert booked(sandbox) == asked([row(0)])


async def test_a_job_for_which_nobody_works_says_so(database: str) -> None:
    async with Sandbox(speed=SPEED) as sandbox, Jobs(database) as jobs:
        await jobs.submit([row(0)], job="season", portal=Portal(name="main", address="https://api.example.nl/v1"))
        [before] = (await anext(jobs.progress("season"))).troubles
        assert before == "no worker is at work for the portal main (https://api.example.nl/v1)"
        async with Worker(database, portals={"main": access(sandbox)}, settings=QUICK, clock=clock()):
            async for progress in jobs.progress("season", every=0.05):
                if any("and the worker's is at sandbox" in trouble for trouble in progress.troubles):
                    break


async def test_a_rate_limit_that_is_used_up_says_until_when(database: str) -> None:
    async with Sandbox(rate_limit=1) as sandbox, Jobs(database) as jobs:
        await jobs.submit([row(0), row(1)], job="season", portal=PORTAL)
        way = attrs.evolve(access(sandbox), rate_limit=RateLimit(requests=1))
        async with Worker(database, portals={"main": way}, settings=attrs.evolve(QUICK, grace=0.0)):
            async for progress in jobs.progress("season", every=0.05):
                if any("the rate limit of main is used up: next call in" in said for said in progress.troubles):
                    break
        assert progress.done + progress.under_way >= 1


async def test_a_portal_that_is_away_is_said(database: str) -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{reserved.getsockname()[1]}/v1"
        await _a_portal_that_is_away(database, url)


async def _a_portal_that_is_away(database: str, url: str) -> None:
    async with Jobs(database) as jobs:
        await jobs.submit([row(0)], job="season", portal=PORTAL)
        way = PortalAccess(api_key="key", base_url=url, address="sandbox")
        async with working(database, {"main": way}, [PORTAL]):
            async for progress in jobs.progress("season", every=0.05):
                if any(f"no way to {url}" in trouble for trouble in progress.troubles):
                    break
        assert progress.rejected == 0


async def test_a_row_that_is_looked_for_says_so(database: str) -> None:
    async with Sandbox(speed=SPEED, rate_limit=None) as sandbox, Jobs(database) as jobs:
        await jobs.submit([row(0)], job="season", portal=PORTAL)
        sandbox.fail_next(Fault.DROP_BEFORE_COMMIT, method="POST")
        # It is looked for until that has been seen.
        sandbox.fail_next(Fault.UNAVAILABLE_BEFORE_COMMIT, method="GET", times=100_000)
        async with working(database, {"main": access(sandbox)}, [PORTAL]):
            while not any("it is looked for" in said for said in (await jobs.job("season")).progress.troubles):
                await asyncio.sleep(0.01)


async def test_what_waits_is_tried_when_the_clock_was_set_back(database: str) -> None:
    """By the new time its moment lies hours ahead."""
    async with Sandbox(speed=SPEED) as sandbox, Jobs(database) as jobs:
        await jobs.submit([row(0)], job="season", portal=PORTAL)
        change(database, "UPDATE mijnklantportaal_rows SET not_before = :later", later=time.time() + 7200)
        await bring_in(database, sandbox, jobs, "season")
        assert booked(sandbox) == asked([row(0)])


async def test_a_worker_takes_from_itself_nothing_that_it_runs(database: str) -> None:
    """The engine says that a row is nobody's, which is being sent: it is sent once, and nobody has to look."""
    async with Sandbox(speed=20, rate_limit=None) as sandbox, Jobs(database) as jobs:
        await jobs.submit([row(0)], job="season", portal=PORTAL)
        sandbox.fail_next(Fault.SLOW_COMMIT, method="POST", delay=10)
        settings = attrs.evolve(PATIENT, check=0.1)
        async with working(database, {"main": access(sandbox)}, [PORTAL], settings) as worker:
            while not sandbox.requests:
                await asyncio.sleep(0.01)
            taken = await worker._client.under_way()
            await worker._client.cancel([one.id for one in taken])
            await until_over(jobs, "season")
        assert [request.method for request in sandbox.requests] == ["POST"]
        assert (await jobs.results("season"))[0].outcome is RowOutcome.DONE


# --- cancel and delete tell the truth ----------------------------------------------------------------------------


async def test_rows_under_way_come_to_their_end_when_a_job_is_canceled(any_database: str) -> None:
    async with Sandbox(speed=20, rate_limit=None) as sandbox, Jobs(any_database) as jobs:
        rows = [row(number) for number in range(12)]
        await jobs.submit(rows, job="season", portal=PORTAL)
        sandbox.fail_next(Fault.SLOW_COMMIT, method="POST", delay=15, times=2)
        settings = attrs.evolve(PATIENT, concurrency=2)
        async with working(any_database, {"main": access(sandbox)}, [PORTAL], settings):
            while not sandbox.requests:
                await asyncio.sleep(0.01)
            canceled = await jobs.cancel("season")
            with pytest.raises(ValueError, match="not at their end"):
                await jobs.delete("season")
            last = (await until_over(jobs, "season"))[-1]
        assert canceled.not_started + canceled.under_way + canceled.done + canceled.waiting == 12
        assert last.done == len(sandbox.appointments) > 0
        assert last.not_started == 12 - last.done
        outcomes = [result.outcome for result in await jobs.results("season")]
        assert outcomes.count(RowOutcome.DONE) == last.done
        assert await jobs.delete("season") == 12


# --- a database that was put back --------------------------------------------------------------------------------


async def test_after_a_backup_was_put_back_every_row_is_looked_for(database: str) -> None:
    file = Path(Database(database).path)
    rows = [row(0), row(0), *(row(number) for number in range(1, 5))]
    async with Sandbox(speed=SPEED, rate_limit=None) as sandbox:
        async with Jobs(database) as jobs:
            await jobs.submit(rows[:-1], job="season", portal=PORTAL)
        shutil.copy(file, file.with_suffix(".backup"))
        async with Jobs(database) as jobs:
            await bring_in(database, sandbox, jobs, "season")
        for end in ("-wal", "-shm"):
            file.with_name(file.name + end).unlink(missing_ok=True)
        shutil.copy(file.with_suffix(".backup"), file)
        async with Jobs(database) as jobs:
            # One that was never sent as well.
            await jobs.submit(rows, job="season", portal=PORTAL, extend=True)
            worker = Worker(database, portals={"main": access(sandbox)}, settings=QUICK, restored=True, clock=clock())
            async with worker:
                last = (await until_over(jobs, "season"))[-1]
            assert last.done == len(rows)
            assert len({result.identifier for result in await jobs.results("season")}) == len(rows)
        assert booked(sandbox) == asked(rows)


def change(url: str, statement: str, **values: Any) -> None:
    database = Database(url)
    with database.engine.begin() as connection:
        connection.execute(sqlalchemy.text(statement), values)
    database.close()
