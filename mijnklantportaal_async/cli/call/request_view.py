"""The request that a call would send: made as in earnest, and not sent. There is no key in it."""

import inspect
import re
from collections.abc import Callable, Mapping
from typing import Any, cast
from zoneinfo import ZoneInfo

import orjson

from mijnklantportaal_async.calling.attempt import CallOptions
from mijnklantportaal_async.calling.call import Caller
from mijnklantportaal_async.calling.pagination import Pager
from mijnklantportaal_async.calling.rate_limit import Priority
from mijnklantportaal_async.calling.retry import RetryPolicy, Timeouts
from mijnklantportaal_async.calling.wire import Request
from mijnklantportaal_async.cli.call.catalog import NamedCoroutine


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
        is_form = request.content_type.startswith("multipart/")
        data["body"] = _form(request.body, request.content_type) if is_form else orjson.loads(request.body)
    return data


# --- inside ----------------------------------------------------------------------------------------------------


class _Caught(BaseException):
    """A request on its way out. No handler of a coroutine takes it for a failure of the call."""

    def __init__(self, request: Request) -> None:
        super().__init__()
        self.request = request


class _NothingIsSent:
    """Stands where a session's `Caller` stands."""

    async def call(
        self, options: CallOptions, request: Request, decode: Callable[[bytes], Any], **ways_out: object
    ) -> Any:
        raise _Caught(request)

    async def call_once(
        self, options: CallOptions, request: Request, decode: Callable[[bytes], Any], finder: object
    ) -> Any:
        raise _Caught(request)


_PARAMETER = re.compile(r'(\w+)="([^"]*)"')
_KIND = re.compile(r"^Content-Type: (.*)$", re.MULTILINE)


def _form(body: bytes, content_type: str) -> dict[str, Any]:
    """The parts of a form (RFC 7578): of a file its name, kind and size."""
    boundary = b"--" + content_type.partition("boundary=")[2].encode()
    seen: dict[str, list[Any]] = {}
    for part in body.split(boundary)[1:-1]:
        head, _, content = part.removeprefix(b"\r\n").removesuffix(b"\r\n").partition(b"\r\n\r\n")
        named = dict(_PARAMETER.findall(head.decode()))
        # A list is several parts of one name.
        seen.setdefault(named["name"], []).append(_part(head.decode(), named.get("filename"), content))
    return {name: values[0] if len(values) == 1 else values for name, values in seen.items()}


def _part(head: str, filename: str | None, content: bytes) -> Any:
    if filename is None:
        return content.decode()
    # A quotation mark is the one letter of a name that is not sent as it is.
    file = {"file": filename.replace("%22", '"'), "bytes": len(content)}
    kind = _KIND.search(head.replace("\r\n", "\n"))
    return file if kind is None else {**file, "content_type": kind[1]}
