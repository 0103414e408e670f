"""Lists that come in pages, fetched one at a time and only as far as somebody reads.

Source: https://docs.developers.mijnklantportaal.nl/api-reference/customers-api/list-customers
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any, Generic

from mijnklantportaal_async import errors
from mijnklantportaal_async.calling.pages import (
    Page,
    R,
    check_page,
    check_page_number,
    leads_nowhere,
    page_after,
    unreadable_records,
)
from mijnklantportaal_async.calling.wire import Operation
from mijnklantportaal_async.texts.words import words
from mijnklantportaal_async.values.records import UnreadableRecord

MOST_BARREN_PAGES = 100
"""So many pages in a row without a record that is new, and still another page: the list goes round in circles."""


class Pager(Generic[R]):
    """A list that comes in pages. Making one sends nothing; each page is a call of its own, made when it is needed.

    ```python
    async for customer in portal.list_customers():
        ...
    ```

    Every `async for` begins anew. A record that shows up on two pages, because another one was added in between, is
    handed out once; one that slips to an earlier page, because another was removed, is missed. An error of a page is
    raised when that page is reached: what came before it is yours. Records that could not be understood hide no other:
    a `DecodeError` that names them comes after the last page.
    """

    __slots__ = ("_fetch", "_first", "_goes_ahead", "_operation")

    def __init__(
        self,
        fetch: Callable[[int], Coroutine[Any, Any, Page[R]]],
        *,
        operation: Operation,
        first: int = 1,
        goes_ahead: bool = False,
    ) -> None:
        self._fetch = fetch
        self._operation = operation
        self._first = check_page_number(first)
        self._goes_ahead = goes_ahead

    def __aiter__(self) -> AsyncIterator[R]:
        return _Records(self._walk())

    def ahead(self) -> "Pager[R]":
        """The same list, whose next page is asked for while this one is worked on; by itself a pager never does that.

        It saves the wait between two pages, at the price of a call that may be for nothing: whoever ends early has
        asked for one page more than was read.
        """
        return Pager(self._fetch, operation=self._operation, first=self._first, goes_ahead=True)

    def pages(self) -> AsyncIterator[Page[R]]:
        """The pages instead of their records, as the portal sends them: empty and overlapping ones too.

        Raises:
            DecodeError: After the last page, where records could not be understood; each page has its own in
                `unreadable`.
            PaginationError: At the page at which the list leads nowhere.
            MijnKlantportaalError: As the coroutine that made this pager documents, at the page it happens at.
        """
        return self._walk()

    async def first(self) -> R | None:
        """The first record; None when there is none. Fetches no page after the one it is on.

        Raises:
            PaginationError: The list leads nowhere.
            MijnKlantportaalError: As the coroutine that made this pager documents.
        """
        async for record in self:
            return record
        return None

    async def collect(self, limit: int | None = None) -> list[R]:
        """All records in one list. To keep what was read before an error, use `async for`.

        Args:
            limit: How many at the most, 1 or more; no page is fetched after the one with the last of them.

        Raises:
            TypeError: `limit` is not an `int`.
            ValueError: `limit` is below 1.
            DecodeError: Some could not be understood; the others are in its `records`.
            PaginationError: The list leads nowhere.
            MijnKlantportaalError: As the coroutine that made this pager documents.
        """
        if limit is not None and (isinstance(limit, bool) or not isinstance(limit, int)):
            raise TypeError(f"limit must be an int, not {type(limit).__name__}: {limit!r}")
        if limit is not None and limit < 1:
            raise ValueError(f"limit={limit} would fetch nothing; give 1 or more, or leave it out for all")
        records: list[R] = []
        try:
            async for record in self:
                records.append(record)
                if len(records) == limit:
                    break
        except errors.DecodeError as error:
            error.records = tuple(records)
            raise
        return records

    def __repr__(self) -> str:
        return f"<Pager {self._operation.name} from page {self._first}>"

    def _walk(self) -> "_Pages[R]":
        return _Pages(self._fetch, self._operation, self._first, self._goes_ahead)


class _Pages(Generic[R]):
    """One walk through the pages. After an error it stands where it stood: going on asks for the same page again."""

    __slots__ = (
        "_barren",
        "_coming",
        "_fetch",
        "_first",
        "_goes_ahead",
        "_operation",
        "_page",
        "_seen",
        "_unreadable",
        "fresh",
    )

    def __init__(
        self,
        fetch: Callable[[int], Coroutine[Any, Any, Page[R]]],
        operation: Operation,
        first: int,
        goes_ahead: bool,
    ) -> None:
        self._fetch = fetch
        self._goes_ahead = goes_ahead
        # The page that was asked for ahead.
        self._coming: asyncio.Task[Page[R]] | None = None
        self._operation = operation
        self._first = first
        self._page: Page[R] | None = None
        self._seen: set[str] = set()
        self._barren = 0
        self._unreadable: list[tuple[int, UnreadableRecord]] = []
        self.fresh: list[R] = []
        """Records of the latest page that were on none before."""

    def __aiter__(self) -> "_Pages[R]":
        return self

    async def __anext__(self) -> Page[R]:
        number = self._next_number()
        if number is None:
            if self._unreadable:
                unreadable, self._unreadable = self._unreadable, []
                raise unreadable_records(
                    self._operation,
                    [words("page {page}: {record}", page=page, record=record) for page, record in unreadable],
                )
            raise StopAsyncIteration
        try:
            page = await self._get(number)
        except errors.MijnKlantportaalError as error:
            error.message = words("{message} (page {number})", message=error.message, number=number)
            raise
        check_page(page, number, self._operation)
        # A dictionary, because a record could stand on one page twice.
        fresh = {record.id: record for record in page.items if record.id not in self._seen}
        self._seen.update(fresh)
        self.fresh = list(fresh.values())
        self._unreadable += [(number, record) for record in page.unreadable]
        self._barren = 0 if fresh or page.unreadable else self._barren + 1
        self._page = page
        if self._goes_ahead:
            self._ask_ahead()
        return page

    def __del__(self) -> None:
        # Nobody reads on: what was asked for ahead is not waited for.
        coming = self._coming
        if coming is not None and not coming.done() and not coming.get_loop().is_closed():
            coming.cancel()

    async def _get(self, number: int) -> Page[R]:
        coming, self._coming = self._coming, None
        return await (self._fetch(number) if coming is None else coming)

    def _ask_ahead(self) -> None:
        try:
            number = self._next_number()
        except errors.PaginationError:
            # Said when that page is reached.
            return
        if number is not None:
            self._coming = asyncio.ensure_future(self._fetch(number))
            self._coming.add_done_callback(_hear)

    def _next_number(self) -> int | None:
        if self._page is None:
            return self._first
        following = page_after(self._page, self._operation)
        if following is not None and self._barren >= MOST_BARREN_PAGES:
            message = words("{barren} pages in a row brought no record that was not there before", barren=self._barren)
            raise leads_nowhere(self._operation, self._page.number, message)
        return following


def _hear(page: asyncio.Future[Any]) -> None:
    """An error of a page that nobody reads is nobody's: asyncio would print it."""
    if not page.cancelled():
        page.exception()


class _Records(Generic[R]):
    """The records of a walk, one after the other."""

    __slots__ = ("_left", "_pages")

    def __init__(self, pages: _Pages[R]) -> None:
        self._pages = pages
        self._left: list[R] = []

    def __aiter__(self) -> "_Records[R]":
        return self

    async def __anext__(self) -> R:
        while not self._left:
            await anext(self._pages)
            self._left = self._pages.fresh[::-1]
        return self._left.pop()
