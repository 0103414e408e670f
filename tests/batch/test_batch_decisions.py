"""What a person found by looking in the portal, for rows in doubt."""

import json
from typing import Any

import pytest
from batch_given import PORTAL, SPEED, booked, row, until_over, working

from mijnklantportaal_async.batch import Decision, Found, Jobs, PortalAccess, RowOutcome
from mijnklantportaal_async.batch.decisions import read_decisions
from mijnklantportaal_async.sandbox import Fault, Sandbox


async def test_a_person_says_what_became_of_rows(any_database: str) -> None:
    scopes = {"writer": ["appointments.write"], "all": ["appointments.read", "appointments.write"]}
    async with Sandbox(speed=SPEED, rate_limit=None, keys=scopes) as sandbox, Jobs(any_database) as jobs:
        rows = [row(0), row(1), row(2), row(3), row(3)]
        await jobs.submit(rows, job="season", portal=PORTAL)
        sandbox.fail_next(Fault.DROP_AFTER_COMMIT, method="POST", times=5)

        def way(key: str) -> dict[str, PortalAccess]:
            return {"main": PortalAccess(api_key=key, base_url=sandbox.url, address="sandbox", limit_name="one")}

        async with working(any_database, way("writer"), [PORTAL]):
            last = (await until_over(jobs, "season"))[-1]
        assert (last.unknown, len(sandbox.appointments)) == (5, 5)
        numbers = {result.request["name"]: result.number for result in await jobs.results("season")}
        ids = {appointment.name: appointment.id for appointment in sandbox.appointments}
        first, second, third = (rows[index].name for index in range(3))

        decided = await jobs.decide(
            "season",
            [
                Decision(number=numbers[first], found=Found.THERE, identifier=ids[first]),
                Decision(number=numbers[second], found=Found.THERE, identifier=ids[first]),
                Decision(number=numbers[third], found=Found.MISSING),
                Decision(number=numbers[rows[3].name], found=Found.THERE),
                Decision(number=77, found=Found.THERE),
            ],
        )
        assert (decided.done, decided.sent_again) == (1, 1), decided
        reasons = [reason for _, reason in decided.refused]
        assert reasons == [
            f"{ids[first]} belongs to another row",
            "an equal row is open as well; say the id of the record that is there",
            "the job has no such row",
        ]
        once_more = await jobs.decide("season", [Decision(number=numbers[first], found=Found.MISSING)])
        assert once_more.refused == ((numbers[first], "it is not in doubt any more: done"),)

        # It was there, whatever the person said: it is found, and nothing is sent.
        async with working(any_database, way("all"), [PORTAL]):
            await until_over(jobs, "season")
        results = {result.request["name"]: result for result in await jobs.results("season")}
        assert (results[first].outcome, results[first].identifier) == (RowOutcome.DONE, ids[first])
        assert (results[third].outcome, results[third].identifier) == (RowOutcome.DONE, ids[third])
        assert results[second].outcome is RowOutcome.UNKNOWN
        assert sum(booked(sandbox).values()) == 5


GOOD = {"version": 1, "job": "season", "decisions": [{"row": 3, "found": "there", "id": " apt_1 "}]}


def test_the_file_of_the_page() -> None:
    job, (decision,) = read_decisions(json.dumps(GOOD))
    assert (job, decision) == ("season", Decision(number=3, found=Found.THERE, identifier="apt_1"))


@pytest.mark.parametrize(
    "document",
    [
        [],
        None,
        {},
        GOOD | {"version": 2},
        GOOD | {"decisions": [{"row": 1, "found": "perhaps"}]},
        GOOD | {"decisions": 3},
    ],
)
def test_any_other_file_is_refused(document: Any) -> None:
    with pytest.raises(ValueError, match=r"no file of decisions|another version|perhaps"):
        read_decisions(json.dumps(document))
