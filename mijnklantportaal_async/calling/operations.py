"""What every class of `api/` stands on: the session's parts, and one way to make a call."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import WeakSet
from zoneinfo import ZoneInfo

from mijnklantportaal_async import errors
from mijnklantportaal_async.calling.addresses import with_query
from mijnklantportaal_async.calling.attempt import CallOptions
from mijnklantportaal_async.calling.body import Body
from mijnklantportaal_async.calling.call import Caller
from mijnklantportaal_async.calling.finder import Finder
from mijnklantportaal_async.calling.operation_finder import finder_for
from mijnklantportaal_async.calling.pages import (
    Page,
    R,
    check_page_number,
    page_request,
    read_page,
    request_after,
    unreadable_records,
)
from mijnklantportaal_async.calling.pagination import Pager
from mijnklantportaal_async.calling.wire import Operation, Request, path_with
from mijnklantportaal_async.values.records import ListReader
from mijnklantportaal_async.values.serde import reader_of

if TYPE_CHECKING:
    from mijnklantportaal_async.calling.many import Run

T = TypeVar("T")


class Operations:
    """The parent of the classes in `api/`, and through them of `PortalSession`.

    What every coroutine can raise is said here once; its own docstring names only what is special about it.

    Raises:
        TypeError: An argument is of another type. Nothing was sent.
        ValueError: An argument cannot be right; the message says what to do. Nothing was sent.
        RuntimeError: The session is closed, or belongs to another event loop. Nothing was sent.
        RateLimitError: No call was free within `Timeouts.queue`, or the portal refused with 429. Nothing was done.
        TransportError: No answer came. `outcome` says whether it may have been done: a call that reads, sets or
            removes can simply be made again. One that creates, or that must happen once, raises
            `OutcomeUnknownError` instead, unless it is certain that nothing was sent: it may have been done or not,
            and looking did not settle it.
        DecodeError: It was done; the answer could not be understood.
        AuthenticationError: 401; the key is wrong.
        PermissionDeniedError: 403; the key lacks a scope, which the message names.
        NotFoundError: 404; no record has the id.
        ValidationError: 422; the portal does not accept it. `errors` has its messages by argument.
        APIStatusError: Any other refusal.
        PaginationError: While reading a list: its pages lead nowhere.
    """

    def __init__(self, *, caller: Caller, options: CallOptions, zone: ZoneInfo) -> None:
        self._caller = caller
        self._options = options
        self._zone = zone
        self._runs: WeakSet[Run[Any, Any]] = WeakSet()

    def _ask(
        self,
        operation: Operation,
        kind: type[T],
        body: Body | None = None,
        *,
        query: Mapping[str, str | int | None] | None = None,
        listed: type[Any] | None = None,
        when_done: Callable[[errors.APIStatusError], Awaitable[T]] | None = None,
        **identifiers: str,
    ) -> Awaitable[T]:
        """One call that is answered with one record.

        Args:
            operation: Which.
            kind: The model of the record.
            body: What to say.
            query: Parameters; those that are None are left out.
            listed: The model of the records that `operation.look` lists, where it is another.
            when_done: As in `Caller.call`.
            identifiers: The ids that stand in the path.
        """
        path = path_with(operation, identifiers) if identifiers else operation.path
        if query is not None:
            path = with_query(path, query)
        request = Request(operation, path) if body is None else Request(operation, path, *body.encode())
        call = self._call_for(request, kind, body, listed, when_done, identifiers)
        return call if request.form is None else self._caller.send_form(request.form, call)

    def _call_for(
        self,
        request: Request,
        kind: type[T],
        body: Body | None,
        listed: type[Any] | None,
        when_done: Callable[[errors.APIStatusError], Awaitable[T]] | None,
        identifiers: Mapping[str, str],
    ) -> Coroutine[Any, Any, T]:
        operation, finder = request.operation, None
        if operation.look is not None and body is not None:
            finder = finder_for(operation, listed or kind, body, identifiers, self._zone)
        if finder is not None:
            return self._caller.call_once(self._options, request, reader_of(kind), finder)
        return self._caller.call(self._options, request, reader_of(kind), when_done=when_done)

    def _list(self, operation: Operation, kind: type[R], first: int, **identifiers: str) -> Pager[R]:
        """A list that comes in pages: each of them is a call like any other."""
        path = path_with(operation, identifiers) if identifiers else operation.path

        def fetch(number: int) -> Coroutine[Any, Any, Page[R]]:
            return self._call(page_request(operation, number, path), partial(read_page, kind=kind, number=number))

        return Pager(fetch, operation=operation, first=check_page_number(first))

    async def _list_whole(self, request: Request, kind: type[R]) -> list[R]:
        """A list that is not documented to come in pages; should it do so all the same, all of them.

        Raises:
            DecodeError: Some records could not be understood; the others are in its `records`.
        """
        records: dict[str, R] = {}
        problems: list[str] = []
        asked: Request | None = request
        while asked is not None:
            reader, asked = await self._call(asked, partial(_read_answer, asked, kind))
            while reader.read_some():  # noqa: ASYNC110 - others have their turn while a long list is read
                await asyncio.sleep(0)
            records.update((record.id, record) for record in reader.records)
            problems += map(str, reader.unreadable)
        if problems:
            raise unreadable_records(request.operation, problems, records.values())
        return list(records.values())

    def _call(
        self, request: Request, decode: Callable[[bytes], T], finder: Finder[T] | None = None
    ) -> Coroutine[Any, Any, T]:
        if finder is not None:
            return self._caller.call_once(self._options, request, decode, finder)
        return self._caller.call(self._options, request, decode)


def _read_answer(request: Request, kind: type[R], body: bytes) -> tuple[ListReader[R], Request | None]:
    """The records of one answer, still to be read, and the request for the page after it."""
    return ListReader(body, kind), request_after(request, body, is_paged=False)


def done_if(
    is_done: Callable[[T], bool], look_again: Callable[[], Awaitable[T]]
) -> Callable[[errors.APIStatusError], Awaitable[T]]:
    """For a call that was refused because its first try, whose answer was lost, had done it.

    Args:
        is_done: Whether the record stands as was asked for.
        look_again: Reads the record.
    """

    async def when_done(refusal: errors.APIStatusError) -> T:
        record = await look_again()
        if not is_done(record):
            raise refusal
        return record

    return when_done
