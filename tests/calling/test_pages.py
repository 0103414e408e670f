"""What one page says and where it leads: no network, only rules."""

import json
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scripted_server import customer

from mijnklantportaal_async import Customer, PaginationError
from mijnklantportaal_async.api.customers import LIST_CUSTOMERS
from mijnklantportaal_async.calling.pages import (
    MOST_PAGES,
    Page,
    check_page,
    next_page_number,
    page_after,
    page_request,
    read_page,
    request_after,
)
from mijnklantportaal_async.values.serde import UnreadableError


def page_of(number: int, leads_to: int | None) -> Page[Customer]:
    return Page(number=number, items=(), per_page=15, next_number=leads_to)


def body(**changes: Any) -> bytes:
    return json.dumps({"current_page": 1, "data": [], "per_page": 15, "next_page_url": None} | changes).encode()


# --- next_page_url -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "number"),
    [
        (None, None),
        ("https://api.mijnklantportaal.nl/v1/customer-invoices?page=2,", 2),
        ("https://api.mijnklantportaal.nl/v1/customers?page=2", 2),
        ("https://api.mijnklantportaal.nl/v1/customers?per_page=15&page=12", 12),
        ("/v1/customers?page=3&per_page=15#top", 3),
        ("http://[not a host?page=4, ", 4),
        ("?page=%32", 2),
        ("?homepage=9&page=5", 5),
    ],
)
def test_only_the_number_of_the_next_page_is_taken(url: str | None, number: int | None) -> None:
    assert next_page_number(url) == number


@pytest.mark.parametrize(
    "url",
    [
        "",
        "https://x/customers",
        "?page=",
        "?page=two",
        "?page=2.5",
        "?page=-1",
        "?page=٣",
        "?cursor=abc",
        "?homepage=2",
    ],
)
def test_a_url_without_a_page_is_unreadable(url: str) -> None:
    with pytest.raises(UnreadableError, match=r"\$\.next_page_url: names no page"):
        next_page_number(url)


@pytest.mark.parametrize("url", [2, True, False, [], {}, 2.0])
def test_what_is_no_url_is_unreadable(url: object) -> None:
    with pytest.raises(UnreadableError, match=r"\$\.next_page_url: must be a URL or null"):
        next_page_number(url)


words = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=8)


@given(
    number=st.integers(0, 10**15 - 1),
    others=st.dictionaries(words.filter(lambda word: word != "page"), words, max_size=3),
    host=words,
    comma=st.sampled_from(["", ",", ", ", ",,"]),
)
def test_the_number_is_found_in_whatever_url(number: int, others: dict[str, str], host: str, comma: str) -> None:
    query = "&".join(part for part in (urlencode(others), f"page={number}{comma}") if part)
    assert next_page_number(f"https://{host}/v1/customers?{query}") == number


@given(st.text())
def test_any_text_is_a_number_or_unreadable(text: str) -> None:
    for url in (text, f"?page={text}", f"https://x/?page=2&{text}"):
        try:
            number = next_page_number(url)
        except UnreadableError as error:
            assert len(str(error)) < 1000
        else:
            assert isinstance(number, int)


# --- A page ------------------------------------------------------------------------------------------------------


def test_a_page_says_what_it_is() -> None:
    page = read_page(body(data=[customer()], next_page_url="?page=2,"), Customer, 1)
    assert (page.number, page.per_page, page.next_number, page.has_next) == (1, 15, 2, True)
    assert [item.id for item in page.items] == ["cst_1"]
    with pytest.raises(AttributeError):
        page.number = 2  # type: ignore[misc]


@pytest.mark.parametrize("told", [{"current_page": None}, {"current_page": "1"}, {"current_page": True}])
def test_a_page_that_does_not_tell_its_number_is_taken_for_the_one_asked_for(told: dict[str, Any]) -> None:
    page = read_page(body(**told, per_page="15"), Customer, 4)
    assert (page.number, page.per_page, page.has_next) == (4, None, False)


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (b'{"data": []}', r"\$\.next_page_url: missing"),
        (b'{"next_page_url": null}', r"\$\.data: must be a list"),
        (b"[]", r"\$\.data: must be a list"),
        (b"not json", "not JSON"),
        (body(next_page_url="?cursor=abc"), "names no page"),
    ],
)
def test_a_page_of_another_shape_is_unreadable(answer: bytes, problem: str) -> None:
    with pytest.raises(UnreadableError, match=problem):
        read_page(answer, Customer, 1)


def test_one_odd_record_hides_no_other() -> None:
    page = read_page(body(data=[customer(id="cst_1"), {"id": "cst_2"}, None, customer(id="cst_3")]), Customer, 1)
    assert [item.id for item in page.items] == ["cst_1", "cst_3"]
    assert [(bad.index, bad.identifier) for bad in page.unreadable] == [(1, "cst_2"), (2, None)]
    assert str(page.unreadable[0]).startswith("cst_2: $.data[1]")


# --- From page to page -------------------------------------------------------------------------------------------


def test_the_first_page_is_asked_for_without_a_number() -> None:
    """Nothing documents the parameter: a service without it still shows its first page."""
    assert page_request(LIST_CUSTOMERS, 1).path == "/customers"
    assert page_request(LIST_CUSTOMERS, 2).path == "/customers?page=2"


@pytest.mark.parametrize("leads_to", [None, 4, 7, MOST_PAGES])
def test_a_page_may_lead_on_or_be_the_last(leads_to: int | None) -> None:
    assert page_after(page_of(3, leads_to), LIST_CUSTOMERS) == leads_to


@pytest.mark.parametrize("leads_to", [0, 1, 2, 3, MOST_PAGES + 1, 10**14])
def test_a_page_that_leads_back_or_nowhere(leads_to: int) -> None:
    with pytest.raises(PaginationError, match=r"list_customers: Page 3 (names|leads on to) page \d+") as caught:
        page_after(page_of(3, leads_to), LIST_CUSTOMERS)
    assert (caught.value.page, caught.value.method, caught.value.path) == (3, "GET", "/customers")


def test_another_page_than_the_one_asked_for() -> None:
    check_page(page_of(2, None), 2, LIST_CUSTOMERS)
    with pytest.raises(PaginationError, match="Page 2 was asked for, and page 1 came") as caught:
        check_page(page_of(1, 2), 2, LIST_CUSTOMERS)
    assert caught.value.page == 2


def test_a_finder_goes_on_from_the_request_that_was_answered() -> None:
    second = request_after(page_request(LIST_CUSTOMERS, 1), body(next_page_url="?page=2,"), is_paged=True)
    assert second is not None
    assert second.path == "/customers?page=2"
    assert request_after(second, body(current_page=2), is_paged=True) is None
    with pytest.raises(PaginationError, match="Page 2 was asked for, and page 1 came"):
        request_after(second, body(next_page_url="?page=2,"), is_paged=True)
    with pytest.raises(PaginationError, match="Page 2 names page 2"):
        request_after(second, body(current_page=2, next_page_url="?page=2,"), is_paged=True)


def test_a_list_that_is_not_documented_to_come_in_pages_goes_on_where_it_names_one() -> None:
    first = LIST_CUSTOMERS.request(query={"start_at": "2027-03-04 00:00", "days": 3})
    assert request_after(first, b'{"data": []}', is_paged=False) is None
    second = request_after(first, b'{"data": [], "next_page_url": "?page=2"}', is_paged=False)
    assert second is not None
    assert second.path == "/customers?start_at=2027-03-04%2000%3A00&days=3&page=2"
