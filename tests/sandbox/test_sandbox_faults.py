from __future__ import annotations

import asyncio

import aiohttp
import orjson
import pytest
from sandbox_calls import BODY, COMMITTED, Caller, DroppedError, until

from mijnklantportaal_async.sandbox import COMMON_FAULTS, Fault, Faults, Sandbox
from mijnklantportaal_async.sandbox.faults import FaultPlan

LONG = 3600.0
FIRST_HITS = ["malformed_json", "drop_before_commit", "unknown_status", "bad_gateway"]
STATUSES = {
    Fault.SLOW_COMMIT: 201,
    Fault.BAD_GATEWAY: 502,
    Fault.UNAVAILABLE_BEFORE_COMMIT: 503,
    Fault.UNAVAILABLE_AFTER_COMMIT: 503,
    Fault.TOO_MANY_REQUESTS: 429,
    Fault.MALFORMED_JSON: 201,
    Fault.UNKNOWN_FIELDS: 201,
    Fault.UNKNOWN_STATUS: 201,
    Fault.HTML_BEFORE_COMMIT: 200,
    Fault.HTML_AFTER_COMMIT: 200,
    Fault.EMPTY_BODY: 201,
    Fault.ACCEPTED: 202,
    Fault.NO_CONTENT: 204,
    Fault.REQUEST_TIMEOUT_BEFORE_COMMIT: 408,
    Fault.REQUEST_TIMEOUT_AFTER_COMMIT: 408,
    Fault.CLIENT_CLOSED_BEFORE_COMMIT: 499,
    Fault.CLIENT_CLOSED_AFTER_COMMIT: 499,
    Fault.ANOTHER_RECORD: 201,
    Fault.UNASKED_ANSWER: 201,
    Fault.BARE_TOO_MANY_REQUESTS: 429,
    Fault.ABSURD_RETRY_AFTER: 429,
    Fault.DEAD_LINE: 201,
}
DROPS = [Fault.DROP_BEFORE_COMMIT, Fault.DROP_AFTER_COMMIT, Fault.LATE_COMMIT, Fault.RESTART]
STALLS = [Fault.STALL, Fault.STALL_AFTER_COMMIT]


@pytest.mark.parametrize("fault", list(Fault))
async def test_what_each_fault_commits_and_answers(sandbox: Sandbox, call: Caller, fault: Fault) -> None:
    sandbox.fail_next(fault, delay=0.05)
    status: int | None = None
    attempt = asyncio.create_task(call.schedule())
    if fault in STALLS:
        await until(lambda: sandbox.requests_in_progress == 1)
        attempt.cancel()
    try:
        status = (await attempt).status
    except DroppedError:
        assert fault in DROPS
    except asyncio.CancelledError:
        assert fault in STALLS
    except aiohttp.ClientPayloadError:
        assert fault is Fault.HALF_BODY
    assert status == STATUSES.get(fault)
    if COMMITTED[fault]:
        await until(lambda: len(sandbox.appointments) == 1)
    assert len(sandbox.appointments) == COMMITTED[fault]
    (request,) = sandbox.requests
    assert request.fault is fault
    assert request.status == (201 if fault is Fault.HALF_BODY else status)
    await asyncio.sleep(0.1)  # until a restart is over
    assert (await call.schedule()).status == 201, "a fault hits once"


@pytest.mark.parametrize("fault", [fault for fault in Fault if fault not in STALLS])
@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
async def test_faults_hit_every_operation(sandbox: Sandbox, call: Caller, fault: Fault, method: str) -> None:
    created = (await call.schedule()).json["id"]
    sandbox.fail_next(fault, delay=0.01, method=method)
    try:
        reply = await call(
            method, f"/appointments/{created}", json={"status": "canceled"} if method == "PATCH" else None
        )
    except (DroppedError, aiohttp.ClientPayloadError):
        assert fault in [*DROPS, Fault.HALF_BODY]
    else:
        assert reply.status == {201: 200}.get(STATUSES[fault], STATUSES[fault])
    if method != "GET" and COMMITTED[fault]:
        await until(lambda: sandbox.appointments[0].status == "canceled")
    else:
        assert sandbox.appointments[0].status == "scheduled"


async def test_bad_gateway_is_an_html_page(sandbox: Sandbox, call: Caller) -> None:
    sandbox.fail_next(Fault.BAD_GATEWAY)
    reply = await call("GET", "/appointments")
    assert reply.headers["Content-Type"] == "text/html"
    assert b"<h1>502 Bad Gateway</h1>" in reply.body


async def test_half_of_the_body_arrives(sandbox: Sandbox, session: aiohttp.ClientSession) -> None:
    sandbox.fail_next(Fault.HALF_BODY)
    headers = {"Authorization": f"Bearer {sandbox.api_key}"}
    async with session.post(sandbox.url + "/appointments", json=BODY, headers=headers) as response:
        assert response.status == 201
        promised = int(response.headers["Content-Length"])
        received = await response.content.readexactly(promised // 2)
        with pytest.raises(aiohttp.ClientPayloadError):
            await response.content.read()
    assert received.startswith(b'{"id":"apt_')


async def test_malformed_json_holds_the_answer_but_is_not_json(sandbox: Sandbox, call: Caller) -> None:
    sandbox.fail_next(Fault.MALFORMED_JSON)
    reply = await call.schedule()
    assert reply.headers["Content-Type"] == "application/json"
    with pytest.raises(orjson.JSONDecodeError):
        orjson.loads(reply.body)
    assert sandbox.appointments[0].id.encode() in reply.body


async def test_unknown_fields_are_everywhere(sandbox: Sandbox, call: Caller) -> None:
    plain = (await call.schedule()).json
    sandbox.fail_next(Fault.UNKNOWN_FIELDS)
    listed = (await call("GET", "/appointments?start_at=2027-03-05 00:00")).json
    assert set(listed) > {"data"}
    (item,) = listed["data"]
    assert plain.items() <= item.items()
    assert set(item) > set(plain)
    assert isinstance(item["extra"]["deep"], dict)


async def test_unknown_status_is_only_in_the_answer(sandbox: Sandbox, call: Caller) -> None:
    sandbox.fail_next(Fault.UNKNOWN_STATUS, times=2)
    assert (await call.schedule()).json["status"] == "rescheduled"
    listed = (await call("GET", "/appointments?start_at=2027-03-05 00:00")).json["data"]
    assert [item["status"] for item in listed] == ["rescheduled"]
    assert sandbox.appointments[0].status == "scheduled"


async def test_429_storm(session: aiohttp.ClientSession) -> None:
    async with Sandbox() as sandbox:
        call = Caller(sandbox, session)
        sandbox.fail_next(Fault.TOO_MANY_REQUESTS, times=3, retry_after=7)
        replies = [await call.schedule() for _ in range(4)]
        assert [reply.status for reply in replies] == [429, 429, 429, 201]
        for reply in replies[:3]:
            assert reply.json == {"code": 429, "message": "Too many requests."}
            assert reply.headers["retry-after"] == "7"
            assert reply.headers["X-RateLimit-Remaining"] == "0"
            assert int(reply.headers["x-ratelimit-reset"]) > 1_700_000_000
        assert replies[3].headers["X-RateLimit-Remaining"] == "56"


async def test_503_says_when_to_come_back_only_when_told(sandbox: Sandbox, call: Caller) -> None:
    sandbox.fail_next(Fault.UNAVAILABLE_BEFORE_COMMIT)
    sandbox.fail_next(Fault.UNAVAILABLE_BEFORE_COMMIT, retry_after=3)
    assert "retry-after" not in (await call.schedule()).headers
    assert (await call.schedule()).headers["retry-after"] == "3"


async def test_slow_commit_commits_although_the_client_left(sandbox: Sandbox, call: Caller) -> None:
    sandbox.fail_next(Fault.SLOW_COMMIT, delay=0.8)
    attempt = asyncio.create_task(call.schedule())
    await until(lambda: sandbox.requests_in_progress == 1)
    attempt.cancel()
    assert [*sandbox.appointments] == []
    await until(lambda: len(sandbox.appointments) == 1)
    await until(lambda: sandbox.requests_in_progress == 0)
    assert sandbox.requests[0].status is None, "nobody was there to be answered"


async def test_late_commit_comes_after_the_drop(sandbox: Sandbox, call: Caller) -> None:
    sandbox.fail_next(Fault.LATE_COMMIT, delay=0.8)
    with pytest.raises(DroppedError):
        await call.schedule()
    assert sandbox.appointments == ()
    await until(lambda: len(sandbox.appointments) == 1)


async def test_delays_are_portal_seconds(session: aiohttp.ClientSession) -> None:
    async with Sandbox(speed=36_000) as sandbox:
        sandbox.fail_next(Fault.SLOW_COMMIT, delay=LONG)
        assert (await Caller(sandbox, session).schedule()).status == 201


async def test_a_stalled_request_ends_when_the_client_leaves(sandbox: Sandbox, call: Caller) -> None:
    sandbox.fail_next(Fault.STALL)
    attempt = asyncio.create_task(call("GET", "/appointments"))
    await until(lambda: sandbox.requests_in_progress == 1)
    attempt.cancel()
    await until(lambda: sandbox.requests_in_progress == 0 and sandbox.open_connections == 0)
    assert sandbox.requests[0].status is None


async def test_faults_do_not_change_what_is_refused(sandbox: Sandbox, call: Caller) -> None:
    sandbox.fail_next(Fault.UNKNOWN_FIELDS)
    reply = await call("POST", "/appointments", json={})
    assert reply.status == 422
    assert "extra" in reply.json
    sandbox.fail_next(Fault.BAD_GATEWAY)
    assert (await call.schedule()).status == 502


async def test_scripted_faults_wait_for_their_request(sandbox: Sandbox, call: Caller) -> None:
    sandbox.fail_next(Fault.UNAVAILABLE_BEFORE_COMMIT, method="post", path="/appointments")
    sandbox.fail_next(Fault.BAD_GATEWAY, path="/v1/appointments/*")
    sandbox.fail_next(Fault.TOO_MANY_REQUESTS, times=2)
    assert (await call("GET", "/appointments/apt_1")).status == 502
    assert (await call("GET", "/appointments/apt_1")).status == 429
    assert (await call.schedule()).status == 503
    assert (await call.schedule()).status == 429
    assert (await call.schedule()).status == 201


async def test_who_has_no_key_uses_up_no_fault(sandbox: Sandbox, call: Caller) -> None:
    sandbox.fail_next(Fault.BAD_GATEWAY)
    assert (await call("GET", "/appointments", key="wrong")).status == 401
    assert (await call("GET", "/appointments")).status == 502


def test_the_same_seed_hits_the_same_way() -> None:
    def hits(faults: Faults, count: int = 2000) -> list[Fault | None]:
        plan = FaultPlan(faults)
        orders = [plan.next_for("GET", "/v1/appointments") for _ in range(count)]
        return [None if order is None else order.fault for order in orders]

    some = hits(Faults(seed=1, share=0.3))
    assert some == hits(Faults(1, 0.3, kinds=set(COMMON_FAULTS)))
    assert some != hits(Faults(2, 0.3))
    assert 500 < sum(fault is not None for fault in some) < 700
    assert set(some) == {None, *COMMON_FAULTS}
    assert set(hits(Faults(1, 0.3, kinds=tuple(Fault)))) == {None, *Fault}
    assert [fault.value for fault in some if fault][:4] == FIRST_HITS, "a seed means the same as ever"
    few = hits(Faults(seed=1, share=0.3, kinds=[Fault.STALL]))
    assert [fault is None for fault in few] == [fault is None for fault in some], "the kinds do not move the hits"
    assert hits(Faults(1, 0), 50) == [None] * 50
    assert None not in hits(Faults(1, 1), 50)


async def test_random_faults_over_the_wire(session: aiohttp.ClientSession) -> None:
    faults = Faults(seed=5, share=0.5, kinds=[Fault.BAD_GATEWAY])
    async with Sandbox(faults=faults, rate_limit=None) as sandbox:
        call = Caller(sandbox, session)
        statuses = [(await call.schedule()).status for _ in range(40)]
        assert set(statuses) == {201, 502}
        assert len(sandbox.appointments) == statuses.count(201)
        sandbox.fail_next(Fault.UNAVAILABLE_BEFORE_COMMIT)
        assert (await call.schedule()).status == 503, "scripted faults come before random ones"


def test_senseless_plans_are_refused(sandbox: Sandbox) -> None:
    for share in (-0.1, 1.1):
        with pytest.raises(ValueError, match="share"):
            Faults(1, share)
    with pytest.raises(ValueError, match="kinds"):
        Faults(1, 0.5, kinds=[])
    with pytest.raises(ValueError, match="times"):
        sandbox.fail_next(Fault.STALL, times=0)
