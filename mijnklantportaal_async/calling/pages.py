"""One page of a list, without any network: what it says, and where it leads.

Source: https://docs.developers.mijnklantportaal.nl/api-reference/customers-api/list-customers
"""

import re
from typing import Any, Generic, Protocol, TypeVar
from urllib.parse import parse_qsl

import attrs

from mijnklantportaal_async import errors
from mijnklantportaal_async.calling.addresses import with_query
from mijnklantportaal_async.calling.wire import Operation, Request
from mijnklantportaal_async.values.serde import UnreadableError, read_envelope

MOST_PAGES = 100_000
"""A list that goes on beyond this page has no end: 15 records a page make a million and a half."""


class Identified(Protocol):
    """A record with an id."""

    @property
    def id(self) -> str:
        """Its id."""
        ...


R = TypeVar("R", bound=Identified)


@attrs.frozen(kw_only=True)
class Page(Generic[R]):
    """One page of a list, as the portal sent it."""

    number: int
    """Its number, from 1."""
    items: tuple[R, ...]
    """The records on it. An empty page is not the end of a list."""
    per_page: int | None
    """How many records a full page has, where the portal says so."""
    next_number: int | None
    """Number of the page after it; None when it is the last."""

    @property
    def has_next(self) -> bool:
        """Whether there is another page after it."""
        return self.next_number is not None


def read_page(body: bytes, kind: type[R], number: int) -> Page[R]:
    """A page from the bytes of an answer.

    Args:
        body: The answer.
        kind: The model of its records.
        number: The page that was asked for; taken for the number where the answer names none.

    Raises:
        UnreadableError: With every problem and its place.
    """
    envelope, items = read_envelope(body, kind)
    if "next_page_url" not in envelope:
        raise UnreadableError(("$.next_page_url: missing, so nobody knows whether there is another page",))
    told = _whole(envelope.get("current_page"))
    return Page(
        number=number if told is None else told,
        items=tuple(items),
        per_page=_whole(envelope.get("per_page")),
        next_number=next_page_number(envelope["next_page_url"]),
    )


# The documentation's examples end in a stray comma: `?page=2,`.
_NUMBER = re.compile(r"\s*([0-9]{1,15})[\s,]*")


def next_page_number(url: Any) -> int | None:
    """The page that a `next_page_url` names; None for null, the end of the list.

    Only the number is taken: the URL itself could lead to another host, and the key with it. A number alone will do.

    Raises:
        UnreadableError: It is neither null nor a URL with `page=` and a number.
    """
    if url is None:
        return None
    if not isinstance(url, str):
        raise UnreadableError((f"$.next_page_url: must be a URL or null, not {url!r:.60}",))
    number = _number_in(url)
    if number is None and (alone := _NUMBER.fullmatch(url)):
        return int(alone[1])
    if number is None:
        raise UnreadableError((f"$.next_page_url: names no page, as '?page=2' would: {url[:120]!r}",))
    return number


def _number_in(url: str) -> int | None:
    query = url.partition("?")[2].partition("#")[0]
    found = _NUMBER.fullmatch(dict(parse_qsl(query, keep_blank_values=True)).get("page", ""))
    return None if found is None else int(found[1])


def page_request(operation: Operation, number: int, path: str | None = None) -> Request:
    """The request for a page. That of the first names none: the parameter is not documented as one.

    Args:
        operation: The operation that lists.
        number: The page.
        path: The operation's path with the ids in it, where it has any.
    """
    return Request(operation, with_query(path or operation.path, {"page": number if number > 1 else None}))


def request_after(request: Request, body: bytes, kind: type[R]) -> Request | None:
    """The request for the page after an answered one; for a finder, which reads the records in a way of its own.

    Args:
        request: As `page_request` made it.
        body: The answer to it.
        kind: The model of the records.

    Raises:
        PaginationError: The pages lead nowhere.
        UnreadableError: The answer does not say whether there is another page.
    """
    asked = _number_in(request.path) or 1
    page = read_page(body, kind, asked)
    check_page(page, asked, request.operation)
    following = page_after(page, request.operation)
    return None if following is None else page_request(request.operation, following, request.path.partition("?")[0])


def check_page(page: Page[Any], asked: int, operation: Operation) -> None:
    """Makes sure that a page is the one that was asked for.

    Raises:
        PaginationError: It is another.
    """
    if page.number != asked:
        raise leads_nowhere(operation, asked, f"Page {asked} was asked for, and page {page.number} came")


def page_after(page: Page[Any], operation: Operation) -> int | None:
    """The number of the page after this one; None at the end.

    Raises:
        PaginationError: It leads back, or further than any list goes.
    """
    following = page.next_number
    if following is not None and following <= page.number:
        raise leads_nowhere(operation, page.number, f"Page {page.number} names page {following} as the one after it")
    if following is not None and following > MOST_PAGES:
        raise leads_nowhere(
            operation, page.number, f"Page {page.number} leads on to page {following}, as if without end"
        )
    return following


def check_page_number(page: object) -> int:
    """The page that a caller wants to begin with.

    Raises:
        TypeError: It is not an `int`.
        ValueError: It is below 1.
    """
    if isinstance(page, bool) or not isinstance(page, int):
        raise TypeError(f"page must be an int, not {type(page).__name__}: {page!r}")
    if page < 1:
        raise ValueError(f"page={page} must be 1 or more; 1 is the first")
    return page


def leads_nowhere(operation: Operation, page: int, message: str) -> errors.PaginationError:
    """The error of a list that cannot be followed beyond a page."""
    return errors.PaginationError(
        message, page=page, operation=operation.name, method=operation.method, path=operation.path
    )


def _whole(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
