"""Going through a list in pages: how much is fetched, where it ends, and what a list that leads nowhere comes to."""

import asyncio
import gc
import pickle
from typing import Any

import pytest
from given import MakePortal
from scripted_server import Exchange, ScriptedServer, Step, answer, customer, drop, paged, stall

from mijnklantportaal_async import (
    Customer,
    DecodeError,
    Outcome,
    Page,
    Pager,
    PaginationError,
    PermissionDeniedError,
    Priority,
    RetryPolicy,
    ServerError,
    with_response,
)
from mijnklantportaal_async.calling.pagination import MOST_BARREN_PAGES
from mijnklantportaal_async.sandbox import Sandbox


def some(*numbers: int) -> list[dict[str, Any]]:
    return [customer(id=f"cst_{number}") for number in numbers]


THREE_PAGES = [
    paged(*some(1, 2), number=1, leads_to=2),
    paged(*some(3, 4), number=2, leads_to=3),
    paged(*some(5), number=3),
]
ALL = ["cst_1", "cst_2", "cst_3", "cst_4", "cst_5"]


def paths(server: ScriptedServer) -> list[str]:
    return [received.path.removeprefix("/v1/customers") for received in server.received]


async def read_into(found: list[str], pager: Pager[Customer]) -> None:
    async for item in pager:
        found.append(item.id)


async def test_nothing_is_sent_before_it_is_read_and_each_page_only_when_it_is_needed(make_portal: MakePortal) -> None:
    async with ScriptedServer(*THREE_PAGES) as server:
        pager = make_portal(server.url).list_customers()
        assert isinstance(pager, Pager)
        assert repr(pager) == "<Pager list_customers from page 1>"
        assert server.connections_accepted == 0
        asked: list[int] = []
        found: list[str] = []
        async for item in pager:
            asked.append(len(server.received))
            found.append(item.id)
        assert found == ALL
        assert asked == [1, 1, 2, 2, 3]
        assert paths(server) == ["", "?page=2", "?page=3"]


async def test_the_next_page_is_asked_for_ahead_only_when_asked(make_portal: MakePortal) -> None:
    async with ScriptedServer(*THREE_PAGES) as server:
        asked: list[int] = []
        found: list[str] = []
        async for item in make_portal(server.url).list_customers().ahead():
            await asyncio.sleep(0.5)
            asked.append(len(server.received))
            found.append(item.id)
        assert found == ALL
        # One page ahead, and none after the last.
        assert asked == [2, 2, 3, 3, 3]
        assert paths(server) == ["", "?page=2", "?page=3"]


async def test_whoever_ends_early_leaves_nothing_open(make_portal: MakePortal) -> None:
    async with ScriptedServer(THREE_PAGES[0], stall) as server:
        portal = make_portal(server.url)
        async for _ in portal.list_customers().ahead():
            await server.wait_for(2)
            break
        gc.collect()
        await asyncio.sleep(1)
        assert portal.rate_limit.in_flight == 0


async def test_an_error_of_a_page_ahead_is_raised_when_it_is_reached(make_portal: MakePortal) -> None:
    async with ScriptedServer(THREE_PAGES[0], answer(403, {"message": "no"})) as server:
        found: list[str] = []
        with pytest.raises(PermissionDeniedError, match=r"\(page 2\)"):
            await read_into(found, make_portal(server.url).list_customers().ahead())
        assert found == ALL[:2]


async def test_every_loop_begins_anew(make_portal: MakePortal) -> None:
    async with ScriptedServer(*THREE_PAGES, *THREE_PAGES) as server:
        pager = make_portal(server.url).list_customers()
        for _ in range(2):
            assert [item.id async for item in pager] == ALL
        assert len(server.received) == 6


async def test_two_loops_over_one_pager_do_not_mix(make_portal: MakePortal) -> None:
    async with Sandbox(rate_limit=None) as sandbox:
        for number in range(40):
            sandbox.add_customer(
                company_name=f"{number}", address="a", zip_code="z", city="c", primary_email="a@example.nl"
            )
        pager = make_portal(sandbox.url, api_key=sandbox.api_key).list_customers()
        one, other = await asyncio.gather(pager.collect(), pager.collect())
        assert [item.id for item in one] == [item.id for item in other] == [item.id for item in sandbox.customers]
        assert len(sandbox.requests) == 6


async def test_pages_as_they_come(make_portal: MakePortal) -> None:
    async with ScriptedServer(*THREE_PAGES) as server:
        pages = [page async for page in make_portal(server.url).list_customers().pages()]
    assert all(isinstance(page, Page) for page in pages)
    assert [(page.number, len(page.items), page.per_page, page.has_next) for page in pages] == [
        (1, 2, 15, True),
        (2, 2, 15, True),
        (3, 1, 15, False),
    ]


async def test_an_empty_page_is_not_the_end(make_portal: MakePortal) -> None:
    empty = [paged(number=1, leads_to=2), paged(number=2, leads_to=3)]
    async with ScriptedServer(*empty, paged(*some(5), number=3), *empty, paged(*some(5), number=3)) as server:
        pager = make_portal(server.url).list_customers()
        assert [item.id async for item in pager] == ["cst_5"]
        first = await pager.first()
        assert first is not None
        assert first.id == "cst_5"


async def test_the_first_and_the_first_few(make_portal: MakePortal) -> None:
    async with ScriptedServer(*THREE_PAGES[:1], *THREE_PAGES[:1], *THREE_PAGES[:2], *THREE_PAGES, paged()) as server:
        pager = make_portal(server.url).list_customers()
        first = await pager.first()
        assert first is not None
        assert first.id == "cst_1"
        # The page with the last one wanted is the last one fetched, also where it is the last on its page.
        assert [item.id for item in await pager.collect(limit=2)] == ALL[:2]
        assert [item.id for item in await pager.collect(limit=3)] == ALL[:3]
        assert [item.id for item in await pager.collect(limit=99)] == ALL
        assert len(server.received) == 1 + 1 + 2 + 3
        assert await pager.first() is None


async def test_a_list_can_begin_at_a_later_page(make_portal: MakePortal) -> None:
    async with ScriptedServer(*THREE_PAGES[1:]) as server:
        assert [item.id async for item in make_portal(server.url).list_customers(page=2)] == ALL[2:]
        assert paths(server) == ["?page=2", "?page=3"]


@pytest.mark.parametrize(
    ("page", "error", "message"),
    [
        (0, ValueError, "page=0 must be 1 or more"),
        (-1, ValueError, "page=-1 must be 1 or more"),
        ("2", TypeError, "page must be an int, not str"),
        (True, TypeError, "page must be an int, not bool"),
        (None, TypeError, "page must be an int, not NoneType"),
    ],
)
def test_pages_that_cannot_be(page: Any, error: type[Exception], message: str, make_portal: MakePortal) -> None:
    with pytest.raises(error, match=message):
        make_portal("http://127.0.0.1:1").list_customers(page=page)


@pytest.mark.parametrize(("limit", "error"), [(0, ValueError), (-1, ValueError), ("3", TypeError), (True, TypeError)])
async def test_limits_that_cannot_be(limit: Any, error: type[Exception], make_portal: MakePortal) -> None:
    with pytest.raises(error, match="limit"):
        await make_portal("http://127.0.0.1:1").list_customers().collect(limit)


async def test_a_record_that_slid_to_the_next_page_is_handed_out_once(make_portal: MakePortal) -> None:
    """Somebody added a customer while the list was read, newest first."""
    script = [paged(*some(3, 2), number=1, leads_to=2), paged(*some(2, 1, 1), number=2)]
    async with ScriptedServer(*script, *script) as server:
        pager = make_portal(server.url).list_customers()
        assert [item.id async for item in pager] == ["cst_3", "cst_2", "cst_1"]
        # The pages are as the portal sent them.
        assert [len(page.items) async for page in pager.pages()] == [2, 3]


# --- Lists that lead nowhere -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("second", "message", "page"),
    [
        (paged(*some(3), number=2, leads_to=2), "Page 2 names page 2 as the one after it", 2),
        (paged(*some(3), number=2, leads_to=1), "Page 2 names page 1 as the one after it", 2),
        (paged(*some(3), number=2, leads_to=10**9), "Page 2 leads on to page 1000000000", 2),
    ],
)
async def test_a_list_that_leads_nowhere(make_portal: MakePortal, second: Step, message: str, page: int) -> None:
    async with ScriptedServer(THREE_PAGES[0], second) as server:
        found: list[str] = []
        with pytest.raises(PaginationError, match=f"list_customers: {message}") as caught:
            await read_into(found, make_portal(server.url).list_customers())
        assert found == ["cst_1", "cst_2", "cst_3"], "what came before it is the caller's"
        assert len(server.received) == 2
    error = caught.value
    assert (error.page, error.operation, error.outcome) == (page, "list_customers", Outcome.APPLIED)
    assert pickle.loads(pickle.dumps(error)).page == page


async def test_a_service_that_knows_no_pages(make_portal: MakePortal) -> None:
    """It answers the first page to whatever is asked."""
    async with ScriptedServer(otherwise=paged(*some(1, 2), number=1, leads_to=2)) as server:
        found: list[str] = []
        with pytest.raises(PaginationError, match="Page 2 was asked for, and page 1 came"):
            await read_into(found, make_portal(server.url).list_customers())
        assert found == ["cst_1", "cst_2"]
        assert len(server.received) == 2


@pytest.mark.parametrize("items", [[], some(1, 2)])
async def test_a_list_without_end(make_portal: MakePortal, items: list[dict[str, Any]]) -> None:
    """Always another page, and never a record that is new."""

    async def another(exchange: Exchange) -> None:
        number = int(exchange.received.path.partition("page=")[2] or 1)
        await paged(*items, number=number, leads_to=number + 1)(exchange)

    async with ScriptedServer(otherwise=another) as server:
        with pytest.raises(PaginationError, match=f"{MOST_BARREN_PAGES} pages in a row brought no record") as caught:
            await make_portal(server.url).list_customers().collect()
        last = MOST_BARREN_PAGES + bool(items)
        assert len(server.received) == caught.value.page == last


async def test_a_barren_stretch_is_no_end_where_the_list_ends_after_it(make_portal: MakePortal) -> None:
    async def until_the_last(exchange: Exchange) -> None:
        number = int(exchange.received.path.partition("page=")[2] or 1)
        await paged(number=number, leads_to=number + 1 if number < MOST_BARREN_PAGES else None)(exchange)

    async with ScriptedServer(otherwise=until_the_last) as server:
        assert await make_portal(server.url).list_customers().collect() == []
        assert len(server.received) == MOST_BARREN_PAGES


# --- Errors of a page --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("second", "kind", "message"),
    [
        (answer(403, {"message": "no"}), PermissionDeniedError, "list_customers: 403 no.*customers.read"),
        (answer(200, {"data": some(3)}), DecodeError, r"list_customers: 200.*\$\.next_page_url: missing"),
        (answer(200, {"data": some(3), "next_page_url": "?cursor=x"}), DecodeError, "names no page"),
        (answer(200, {"data": [{}], "next_page_url": None}), DecodeError, r"\$\.data\[0\]\.id: missing"),
    ],
)
async def test_an_error_comes_at_its_page(
    make_portal: MakePortal, second: Step, kind: type[Exception], message: str
) -> None:
    async with ScriptedServer(THREE_PAGES[0], second) as server:
        found: list[str] = []
        with pytest.raises(kind, match=message):
            await read_into(found, make_portal(server.url).list_customers())
        assert found == ["cst_1", "cst_2"]


async def test_each_page_is_retried_as_every_call(make_portal: MakePortal) -> None:
    failing = [drop, answer(503), answer(429, headers={"retry-after": "0"})]
    async with ScriptedServer(*failing, THREE_PAGES[0], *failing, *THREE_PAGES[1:]) as server:
        assert [item.id async for item in make_portal(server.url).list_customers()] == ALL
        assert len(server.received) == 9


async def test_after_an_error_one_can_go_on_where_it_stood(make_portal: MakePortal) -> None:
    async with ScriptedServer(THREE_PAGES[0], answer(503), *THREE_PAGES[1:]) as server:
        records = aiter(make_portal(server.url, retry=RetryPolicy(attempts=1)).list_customers())
        found = [(await anext(records)).id for _ in range(2)]
        with pytest.raises(ServerError):
            await anext(records)
        found += [item.id async for item in records]
        assert found == ALL
        assert paths(server) == ["", "?page=2", "?page=2", "?page=3"]


async def test_a_list_keeps_the_options_of_its_view(make_portal: MakePortal) -> None:
    async with ScriptedServer(answer(503), *THREE_PAGES) as server:
        portal = make_portal(server.url)
        impatient = portal.with_options(retry=RetryPolicy(attempts=1), priority=Priority.BACKGROUND).list_customers()
        with pytest.raises(ServerError):
            await impatient.first()
        response = await with_response(portal.list_customers().collect)
        assert len(response.data) == 5
        assert (response.status, response.attempts) == (200, 1)


async def test_a_closed_session_says_so_when_the_list_is_read(make_portal: MakePortal) -> None:
    portal = make_portal("http://127.0.0.1:1")
    await portal.aclose()
    pager = portal.list_customers()
    with pytest.raises(RuntimeError, match="closed"):
        await pager.first()


@pytest.mark.parametrize("newest_first", [False, True])
@pytest.mark.parametrize("stray_comma", [False, True])
@pytest.mark.parametrize("count", [0, 1, 15, 16, 30, 46])
async def test_every_customer_of_the_sandbox_is_found(
    make_portal: MakePortal, count: int, stray_comma: bool, newest_first: bool
) -> None:
    async with Sandbox(rate_limit=None, stray_comma=stray_comma, newest_first=newest_first) as sandbox:
        for number in range(count):
            sandbox.add_customer(
                company_name=f"{number}", address="a", zip_code="z", city="c", primary_email="a@example.nl"
            )
        found = await make_portal(sandbox.url, api_key=sandbox.api_key).list_customers().collect()
        expected = [item.id for item in sandbox.customers]
        assert [item.id for item in found] == (expected[::-1] if newest_first else expected)
        assert len(sandbox.requests) == max(1, -(-count // 15))
