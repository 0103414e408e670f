"""The request that a call would send: made as in earnest, and not sent. There is no key in it."""

import inspect
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, cast
from zoneinfo import ZoneInfo

import orjson

from mijnklantportaal_async.calling.attempt import CallOptions
from mijnklantportaal_async.calling.call import Caller
from mijnklantportaal_async.calling.file_threads import FileThreads
from mijnklantportaal_async.calling.form import Form
from mijnklantportaal_async.calling.pagination import Pager
from mijnklantportaal_async.calling.rate_limit import Priority
from mijnklantportaal_async.calling.retry import RetryPolicy, Timeouts
from mijnklantportaal_async.calling.wire import Request
from mijnklantportaal_async.cli.call.catalog import NamedCoroutine
from mijnklantportaal_async.values.clock import Clock


async def request_of(coroutine: NamedCoroutine, arguments: Mapping[str, Any], zone: ZoneInfo) -> Request:
    """The first request of a call, which is not sent.

    Raises:
        TypeError: An argument is of another type.
        ValueError: An argument cannot be right.
    """
    options = CallOptions(timeouts=Timeouts(), retry=RetryPolicy(), reconcile=None, priority=Priority.INTERACTIVE)
    home = coroutine.home(caller=cast("Caller", _NothingIsSent()), options=options, zone=zone)
    try:
        asked = coroutine.function(home, **arguments)
        if isinstance(asked, Pager):
            await anext(asked.pages())  # pyright: ignore[reportUnknownArgumentType]
        elif inspect.isawaitable(asked):
            await asked
    except _Caught as caught:
        return caught.request
    raise RuntimeError(f"{coroutine.name} sends nothing")


def as_data(request: Request, base_url: str) -> dict[str, Any]:
    """A request as a document.

    Args:
        request: As it would be sent.
        base_url: Where the API is.
    """
    data: dict[str, Any] = {
        "operation": request.operation.name,
        "method": request.operation.method,
        "url": base_url + request.path,
    }
    if request.body is not None:
        data["content_type"] = request.content_type.partition(";")[0]
        body = request.body
        data["body"] = body.as_data() if isinstance(body, Form) else orjson.loads(body)
    return data


# --- inside ----------------------------------------------------------------------------------------------------


class _Caught(BaseException):
    """A request on its way out. No handler of a coroutine takes it for a failure of the call."""

    def __init__(self, request: Request) -> None:
        super().__init__()
        self.request = request


class _NothingIsSent:
    """Stands where a session's `Caller` stands."""

    async def send_form(self, form: Form, call: Coroutine[Any, Any, Any]) -> Any:
        files = FileThreads()
        try:
            await form.prepare(files, Clock())
            return await call
        finally:
            form.end()
            await files.aclose()

    async def call(
        self, options: CallOptions, request: Request, decode: Callable[[bytes], Any], **ways_out: object
    ) -> Any:
        raise _Caught(request)

    async def call_once(
        self, options: CallOptions, request: Request, decode: Callable[[bytes], Any], finder: object
    ) -> Any:
        raise _Caught(request)
