"""Exactly one customer, whatever becomes of the answer: looking through a list that comes in pages."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from given import WANTED_CUSTOMER, MakePortal
from moved_time import LoopClock
from scripted_server import Exchange, ScriptedServer, Step, answer, customer, drop, half_body, paged

from mijnklantportaal_async import (
    ConflictError,
    Customer,
    DecodeError,
    NewCustomer,
    Outcome,
    OutcomeUnknownError,
    PaginationError,
    PermissionDeniedError,
    PortalSession,
    ReconcilePolicy,
    ServerError,
    Timeouts,
)
from mijnklantportaal_async.api.customers import customer_finder
from mijnklantportaal_async.calling.finder import CannotTellError
from mijnklantportaal_async.events import Event, OutcomeReconciled
from mijnklantportaal_async.sandbox import Fault, Sandbox
from mijnklantportaal_async.testing import portal_in_sandbox

SETTLE = ReconcilePolicy(settle=4.0)
"""In portal seconds; late commits below come after 2."""


def others(count: int) -> list[dict[str, Any]]:
    return [customer(id=f"cst_other_{number}", companyName=f"Other {number}") for number in range(count)]


def fill(sandbox: Sandbox, count: int, **changes: Any) -> None:
    for number in range(count):
        sandbox.add_customer(**WANTED_CUSTOMER | {"company_name": f"Other {number}"} | changes)


def calls(sandbox: Sandbox) -> list[str]:
    return [f"{request.method} {request.query.get('page', '1')}" for request in sandbox.requests]


async def looked(make_portal: MakePortal, *items: dict[str, Any], **wanted: Any) -> str:
    """The id of what a call whose answer was lost takes for its own; `new` when it sends again."""
    look = paged(*items)
    async with ScriptedServer(drop, look, look, look, answer(201, customer(id="new"))) as server:
        return (await make_portal(server.url).create_customer(**WANTED_CUSTOMER | wanted)).id


# --- Over the sandbox --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Fault.DROP_AFTER_COMMIT, ["POST 1", "GET 1", "GET 2", "GET 3"]),
        (Fault.UNAVAILABLE_AFTER_COMMIT, ["POST 1", "GET 1", "GET 2", "GET 3"]),
        (Fault.HALF_BODY, ["POST 1", "GET 1", "GET 2", "GET 3"]),
        (Fault.MALFORMED_JSON, ["POST 1", "GET 1", "GET 2", "GET 3"]),
        (Fault.DROP_BEFORE_COMMIT, ["POST 1", *["GET 1", "GET 2", "GET 3"] * 3, "POST 1"]),
        (Fault.BAD_GATEWAY, ["POST 1", *["GET 1", "GET 2", "GET 3"] * 3, "POST 1"]),
        (Fault.LATE_COMMIT, ["POST 1", *["GET 1", "GET 2", "GET 3"] * 3]),
        (Fault.TOO_MANY_REQUESTS, ["POST 1", "POST 1"]),
        (Fault.UNKNOWN_FIELDS, ["POST 1"]),
    ],
)
async def test_one_customer_whatever_becomes_of_the_answer(fault: Fault, expected: list[str]) -> None:
    """35 others fill two pages and a part: oldest first, ours is on the third."""
    async with portal_in_sandbox(clock=LoopClock(), rate_limit=None, session={"reconcile": SETTLE}) as (
        portal,
        sandbox,
    ):
        fill(sandbox, 35)
        sandbox.fail_next(fault, method="POST")
        made = await portal.create_customer(**WANTED_CUSTOMER)
        assert calls(sandbox) == expected
        (ours,) = [item for item in sandbox.customers if item.company_name == "Test Company BV"]
        assert ours.id == made.id


async def test_newest_first_one_page_is_enough() -> None:
    async with portal_in_sandbox(clock=LoopClock(), rate_limit=None, newest_first=True) as (portal, sandbox):
        fill(sandbox, 35)
        sandbox.fail_next(Fault.DROP_AFTER_COMMIT)
        await portal.create_customer(**WANTED_CUSTOMER)
        assert calls(sandbox) == ["POST 1", "GET 1"]


async def test_a_look_alike_that_is_older_than_the_call_is_not_taken() -> None:
    async with portal_in_sandbox(clock=LoopClock(), rate_limit=None, session={"reconcile": SETTLE}) as (
        portal,
        sandbox,
    ):
        old = sandbox.add_customer(**WANTED_CUSTOMER, created_at=datetime.now(UTC) - timedelta(hours=1))
        sandbox.fail_next(Fault.DROP_BEFORE_COMMIT)
        made = await portal.create_customer(**WANTED_CUSTOMER)
        assert made.id != old.id
        assert len(sandbox.customers) == 2


async def test_a_page_that_fails_is_asked_for_again_and_not_the_whole_list() -> None:
    async with portal_in_sandbox(clock=LoopClock(), rate_limit=None) as (portal, sandbox):
        fill(sandbox, 35)
        sandbox.fail_next(Fault.DROP_AFTER_COMMIT, method="POST")
        sandbox.fail_next(Fault.BAD_GATEWAY, times=3, path="/customers", method="GET")
        await portal.create_customer(**WANTED_CUSTOMER)
        assert calls(sandbox) == ["POST 1", *["GET 1"] * 4, "GET 2", "GET 3"]


async def test_equal_calls_go_one_after_the_other_and_get_a_customer_each() -> None:
    async with portal_in_sandbox(clock=LoopClock(), rate_limit=None, session={"reconcile": SETTLE}) as (
        portal,
        sandbox,
    ):
        for fault in (Fault.DROP_AFTER_COMMIT, Fault.DROP_BEFORE_COMMIT, Fault.LATE_COMMIT):
            sandbox.fail_next(fault, method="POST")
        spelled = WANTED_CUSTOMER | {"zip_code": "1234 ab", "company_name": "test  company bv"}
        made = await asyncio.gather(
            *(portal.create_customer(**(spelled if number % 2 else WANTED_CUSTOMER)) for number in range(6))
        )
        assert len({item.id for item in made}) == len(sandbox.customers) == 6
        assert {item.id for item in made} == {item.id for item in sandbox.customers}


async def test_a_key_that_may_not_read_leaves_it_unknown() -> None:
    async with Sandbox(keys={"writer": ["customers.write"]}) as sandbox:
        sandbox.fail_next(Fault.DROP_AFTER_COMMIT)
        async with PortalSession(api_key="writer", base_url=sandbox.url) as portal:
            with pytest.raises(OutcomeUnknownError, match="did not help: list_customers: 403") as caught:
                await portal.create_customer(**WANTED_CUSTOMER)
        assert isinstance(caught.value.look_error, PermissionDeniedError)
        assert "customers.read" in str(caught.value.look_error)
        assert "list_customers, for the same name, address and e-mail" in caught.value.how_to_check
        assert calls(sandbox) == ["POST 1", "GET 1"]


# --- Which one is ours -------------------------------------------------------------------------------------------


async def test_ours_is_found_among_others(make_portal: MakePortal) -> None:
    assert await looked(make_portal, *others(3), customer(id="ours")) == "ours"
    assert await looked(make_portal, *others(3)) == "new"


@pytest.mark.parametrize(
    "other",
    [
        {"companyName": "Test Company"},
        {"address": "Teststreet 12 3"},
        {"zipCode": "1234AC"},
        {"city": "Amsterdam-Zuid"},
        {"primaryEmail": "jane.doe@example.nl"},
        {"createdAt": (datetime.now(UTC) - timedelta(hours=1)).isoformat()},
        {"companyName": " test company bv", "createdAt": (datetime.now(UTC) - timedelta(hours=1)).isoformat()},
    ],
)
async def test_what_differs_is_not_ours(make_portal: MakePortal, other: dict[str, Any]) -> None:
    assert await looked(make_portal, customer(id="other", **other)) == "new"


@pytest.mark.parametrize(
    "near",
    [
        {"companyName": " TEST  Company BV "},
        {"companyName": "Test\u00a0Company\u200b BV"},
        {"zipCode": "1234 ab"},
        {"primaryEmail": "John.Doe@Example.nl"},
    ],
)
async def test_what_is_nearly_alike_is_neither_taken_nor_made_again(
    make_portal: MakePortal, near: dict[str, Any]
) -> None:
    look = paged(customer(id="near", **near))
    async with ScriptedServer(drop, look, look, look) as server:
        with pytest.raises(OutcomeUnknownError, match=r"the portal has near with the same name.*or nearly so"):
            await make_portal(server.url).create_customer(**WANTED_CUSTOMER)
        assert server.count("POST") == 1


@pytest.mark.parametrize("same", [{"countryCode": "BE"}, {"phone": "+3120", "customerGroups": ["cug_1"]}])
async def test_what_only_looks_different_is_ours(make_portal: MakePortal, same: dict[str, Any]) -> None:
    assert await looked(make_portal, customer(id="ours", **same)) == "ours"


async def test_of_several_that_are_new_the_oldest_is_taken(make_portal: MakePortal) -> None:
    later = (datetime.now(UTC) + timedelta(seconds=2)).isoformat()
    assert await looked(make_portal, customer(id="later", createdAt=later), customer(id="first")) == "first"


def test_a_finder_can_be_asked_without_any_call() -> None:
    finder = customer_finder(NewCustomer(**WANTED_CUSTOMER))
    twin = customer_finder(NewCustomer(**WANTED_CUSTOMER | {"zip_code": "1234 ab"}))
    other = customer_finder(NewCustomer(**WANTED_CUSTOMER | {"city": "Breda"}))
    assert finder.key == twin.key != other.key
    assert len({finder.key, twin.key, other.key}) == 2
    item = Customer(id="cst_1", customer_groups=(), created_at=datetime.now(UTC), **WANTED_CUSTOMER)
    assert (finder.is_alike(item), other.is_alike(item)) == (True, False)


async def test_a_record_of_another_call_is_never_taken(make_portal: MakePortal) -> None:
    look = paged(customer(id="first"))
    script = [answer(201, customer(id="first")), drop, look, look, look, answer(201, customer(id="second"))]
    async with ScriptedServer(*script) as server:
        portal = make_portal(server.url)
        assert (await portal.create_customer(**WANTED_CUSTOMER)).id == "first"
        assert (await portal.create_customer(**WANTED_CUSTOMER)).id == "second"


# --- When looking does not settle it -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("second", "reason", "kind"),
    [
        (paged(number=2, leads_to=2), "list_customers: Page 2 names page 2 as the one after it", PaginationError),
        (paged(number=1, leads_to=2), "list_customers: Page 2 was asked for, and page 1 came", PaginationError),
        (answer(200, {"data": []}), "list_customers: The list could not be understood", DecodeError),
        (answer(200, {"data": [customer() | {"createdAt": None}]}), "The list could not be understood", DecodeError),
        (answer(200, b"not json"), "The list could not be understood", DecodeError),
        (answer(503, {"message": "busy"}), "list_customers: 503 busy", ServerError),
        (answer(403, {"message": "no"}), "list_customers: 403 no", PermissionDeniedError),
    ],
)
async def test_a_list_that_cannot_be_followed_leaves_it_unknown(
    make_portal: MakePortal, second: Step, reason: str, kind: type[Exception]
) -> None:
    async def serve(exchange: Exchange) -> None:
        match (exchange.received.method, exchange.received.path):
            case ("POST", _):
                exchange.drop()
            case (_, "/v1/customers"):
                await paged(*others(2), leads_to=2)(exchange)
            case _:
                await second(exchange)

    async with ScriptedServer(otherwise=serve) as server:
        with pytest.raises(OutcomeUnknownError, match=f"did not help: .*{reason}") as caught:
            await make_portal(server.url).create_customer(**WANTED_CUSTOMER)
        assert isinstance(caught.value.look_error, kind)
        assert server.count("POST") == 1


async def test_without_a_date_header_a_look_alike_may_be_anybodys(make_portal: MakePortal) -> None:
    nobody_knows = {"Date": ""}
    script = [
        paged(*others(2), leads_to=2, headers=nobody_knows),
        paged(customer(id="whose"), number=2, headers=nobody_knows),
    ]
    async with ScriptedServer(drop, *script) as server:
        with pytest.raises(OutcomeUnknownError, match=r"the portal has whose with the same name.*no Date header"):
            await make_portal(server.url).create_customer(**WANTED_CUSTOMER)
        assert server.count("POST") == 1


@pytest.mark.parametrize(
    ("lost", "outcome"),
    [
        (half_body, Outcome.APPLIED),
        (answer(201, {"id": "cst_1"}), Outcome.APPLIED),
        # Without an id nothing is proven.
        (answer(201, b"<html>"), Outcome.UNKNOWN),
    ],
)
async def test_a_success_that_cannot_be_read_is_never_sent_again(
    make_portal: MakePortal, lost: Step, outcome: Outcome
) -> None:
    async with ScriptedServer(lost, paged(*others(2), leads_to=2), paged(customer(id="ours"), number=2)) as server:
        assert (await make_portal(server.url).create_customer(**WANTED_CUSTOMER)).id == "ours"
        assert server.count("POST") == 1
    nothing = paged(*others(2))
    async with ScriptedServer(lost, nothing, nothing, nothing) as server:
        with pytest.raises(DecodeError) as caught:
            await make_portal(server.url).create_customer(**WANTED_CUSTOMER)
        assert caught.value.outcome is outcome
        assert "It was not found in the portal either, within the settle time." in caught.value.__notes__
        assert server.count("POST") == 1


async def test_refused_after_an_attempt_in_doubt_it_is_looked_for_once_more(make_portal: MakePortal) -> None:
    """The first attempt came through late, and the portal takes no second customer like it."""
    nothing, page_2 = paged(*others(2)), paged(customer(id="ours"), number=2)
    script = [drop, nothing, nothing, nothing, answer(409, {"message": "There already."}), paged(leads_to=2), page_2]
    async with ScriptedServer(*script) as server:
        assert (await make_portal(server.url).create_customer(**WANTED_CUSTOMER)).id == "ours"
    async with ScriptedServer(*script[:5], nothing) as server:
        with pytest.raises(ConflictError):
            await make_portal(server.url).create_customer(**WANTED_CUSTOMER)


async def test_the_call_clock_ends_a_look_through_a_long_list(make_portal: MakePortal) -> None:
    async def endless(exchange: Exchange) -> None:
        if exchange.received.method == "POST":
            exchange.drop()
            return
        await asyncio.sleep(0.5)  # of a time that moves when nothing else does
        number = int(exchange.received.path.partition("page=")[2] or 1)
        await paged(*others(2), number=number, leads_to=number + 1)(exchange)

    async with ScriptedServer(otherwise=endless) as server:
        portal = make_portal(server.url, timeouts=Timeouts(call=30))
        with pytest.raises(OutcomeUnknownError, match=r"Timeouts\.call ended after \d+ looks"):
            await portal.create_customer(**WANTED_CUSTOMER)
        assert server.count("POST") == 1
        assert server.count("GET") > 3


async def test_the_page_that_failed_is_asked_for_again(make_portal: MakePortal) -> None:
    busy = answer(503, {"message": "busy"})
    pages = [paged(*others(1), number=number, leads_to=number + 1) for number in (1, 2, 3)]
    script: list[Step] = [
        step for page in [*pages, paged(customer(id="ours"), number=4)] for step in (busy, busy, page)
    ]
    async with ScriptedServer(drop, *script) as server:
        assert (await make_portal(server.url).create_customer(**WANTED_CUSTOMER)).id == "ours"
        assert len(server.received) == 13


async def test_hooks_hear_how_many_pages_it_took(make_portal: MakePortal) -> None:
    events: list[Event] = []
    hooks: list[Callable[[Event], None]] = [events.append]
    async with ScriptedServer(drop, paged(*others(2), leads_to=2), paged(customer(id="ours"), number=2)) as server:
        await make_portal(server.url, hooks=hooks).create_customer(**WANTED_CUSTOMER)
    (found,) = [event for event in events if isinstance(event, OutcomeReconciled)]
    assert (found.operation, found.found, found.identifier, found.looks) == ("create_customer", True, "ours", 2)


def test_a_batch_takes_no_customer_that_is_nearly_alike() -> None:
    """Nor sends the row again: the flow turns the doubt into an unknown outcome of the row."""
    finder = customer_finder(NewCustomer(**WANTED_CUSTOMER))
    shown = WANTED_CUSTOMER | {"company_name": "TEST Company BV"}
    near, ours = (
        Customer(id=name, customer_groups=(), created_at=datetime.now(UTC), **fields)
        for name, fields in (("near", shown), ("ours", WANTED_CUSTOMER))
    )
    with pytest.raises(CannotTellError, match="the portal has near with the same name, address and e-mail"):
        finder.pick_of([near], taken=())
    assert finder.pick_of([near, ours], taken=()) == ours
    assert finder.pick_of([near, ours], taken={"near", "ours"}) is None
