"""What every class of `api/` stands on: the session's parts, and one way to make a call."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, TypeVar
from weakref import WeakSet
from zoneinfo import ZoneInfo

from mijnklantportaal_async import errors
from mijnklantportaal_async.calling.attempt import CallOptions
from mijnklantportaal_async.calling.call import Caller
from mijnklantportaal_async.calling.many import Run
from mijnklantportaal_async.calling.pages import Page, R, page_request, read_page
from mijnklantportaal_async.calling.pagination import Pager
from mijnklantportaal_async.calling.reconcile import Finder
from mijnklantportaal_async.calling.wire import Operation, Request

T = TypeVar("T")


class Operations:
    """The parent of the classes in `api/`, and through them of `PortalSession`."""

    def __init__(self, *, caller: Caller, options: CallOptions, zone: ZoneInfo) -> None:
        self._caller = caller
        self._options = options
        self._zone = zone
        self._runs: WeakSet[Run[Any, Any]] = WeakSet()

    def _call(
        self,
        request: Request,
        decode: Callable[[bytes], T],
        *,
        finder: Finder[T] | None = None,
        when_done: Callable[[errors.APIStatusError], Awaitable[T]] | None = None,
    ) -> Awaitable[T]:
        return self._caller.call(self._options, request, decode, finder=finder, when_done=when_done)

    def _pages(self, operation: Operation, kind: type[R], *, first: int) -> Pager[R]:
        """A paged list: each of its pages is a call like any other."""

        def fetch(number: int) -> Awaitable[Page[R]]:
            return self._call(page_request(operation, number), partial(read_page, kind=kind, number=number))

        return Pager(fetch, operation=operation, first=first)
