"""One page of a list, without any network: what it says, and where it leads.

Source: https://docs.developers.mijnklantportaal.nl/api-reference/customers-api/list-customers
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Generic, Protocol, TypeVar
from urllib.parse import parse_qsl

import attrs

from mijnklantportaal_async import errors
from mijnklantportaal_async.calling.addresses import with_query
from mijnklantportaal_async.calling.wire import Operation, Request
from mijnklantportaal_async.texts.words import words
from mijnklantportaal_async.values.records import ListReader, UnreadableRecord
from mijnklantportaal_async.values.serde import UnreadableError, load_envelope

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
    unreadable: tuple[UnreadableRecord, ...] = ()
    """Records on it that could not be understood."""

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
        UnreadableError: It is no page of a list. A record on it that is odd hides nothing else.
    """
    reader = ListReader(body, kind)
    page = _without_records(reader.envelope, number)
    reader.read_all()
    return attrs.evolve(page, items=tuple(reader.records), unreadable=tuple(reader.unreadable))


def _without_records(envelope: Mapping[str, Any], number: int) -> Page[Any]:
    if "next_page_url" not in envelope:
        raise UnreadableError((words("$.next_page_url: missing, so nobody knows whether there is another page"),))
    told = _whole(envelope.get("current_page"))
    return Page(
        number=number if told is None else told,
        items=(),
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
        raise UnreadableError((words("$.next_page_url: must be a URL or null, not {url:.60}", url=repr(url)),))
    number = _number_in(url)
    if number is None and (alone := _NUMBER.fullmatch(url)):
        return int(alone[1])
    if number is None:
        raise UnreadableError(
            (words("$.next_page_url: names no page, as '?page=2' would: {url}", url=repr(url[:120])),)
        )
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


def request_after(request: Request, body: bytes, *, is_paged: bool) -> Request | None:
    """The request for the page after an answered one; None when there is none.

    Args:
        request: The request for a page of a list, with whatever else its query says.
        body: The answer to it.
        is_paged: Whether the list is documented to come in pages. A page after it is asked for wherever one is named.

    Raises:
        PaginationError: The pages lead nowhere.
        UnreadableError: The answer does not say whether there is another page.
    """
    envelope, _ = load_envelope(body)
    if not is_paged and envelope.get("next_page_url") is None:
        return None
    path, _, query = request.path.partition("?")
    others = {name: value for name, value in parse_qsl(query, keep_blank_values=True) if name != "page"}
    asked = _number_in(request.path) or 1
    page = _without_records(envelope, asked)
    check_page(page, asked, request.operation)
    following = page_after(page, request.operation)
    if following is None:
        return None
    return Request(request.operation, with_query(path, others | {"page": following}), is_look=request.is_look)


def check_page(page: Page[Any], asked: int, operation: Operation) -> None:
    """Makes sure that a page is the one that was asked for.

    Raises:
        PaginationError: It is another.
    """
    if page.number != asked:
        raise leads_nowhere(
            operation,
            asked,
            words("Page {asked} was asked for, and page {number} came", asked=asked, number=page.number),
        )


def page_after(page: Page[Any], operation: Operation) -> int | None:
    """The number of the page after this one; None at the end.

    Raises:
        PaginationError: It leads back, or further than any list goes.
    """
    following = page.next_number
    if following is not None and following <= page.number:
        raise leads_nowhere(
            operation,
            page.number,
            words("Page {number} names page {following} as the one after it", number=page.number, following=following),
        )
    if following is not None and following > MOST_PAGES:
        raise leads_nowhere(
            operation,
            page.number,
            words(
                "Page {number} leads on to page {following}, as if without end", number=page.number, following=following
            ),
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


def unreadable_records(
    operation: Operation, problems: Sequence[str], records: Iterable[Any] = ()
) -> errors.DecodeError:
    """The error of a list of which some records could not be understood.

    Args:
        operation: The operation that lists.
        problems: What is wrong with each of them.
        records: Those that could be.
    """
    many = words("{problems_count} records", problems_count=len(problems)) if len(problems) > 1 else "A record"
    shown = "; ".join(problems[:3]) + ("; ..." if len(problems) > 3 else "")
    return errors.DecodeError(
        words("{many} of the list could not be understood ({shown})", many=many, shown=shown),
        problems=tuple(problems),
        records=tuple(records),
        status=200,
        operation=operation.name,
        method=operation.method,
        path=operation.path,
    )


def _whole(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
