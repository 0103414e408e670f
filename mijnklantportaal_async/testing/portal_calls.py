"""What went over the wire, as a test looks at it."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, overload

import attrs
import orjson

from mijnklantportaal_async.sandbox import Fault, ReceivedRequest
from mijnklantportaal_async.testing.operations import names_of, operation_named


@attrs.frozen(kw_only=True)
class PortalCall:
    """One request that reached the portal."""

    operation: str
    """The coroutine that sends such requests; empty where the service documents none."""
    method: str
    path: str
    """With `/v1`, without the query."""
    query: Mapping[str, str]
    json: Any
    """The body; None where there is none, or where it is not JSON."""
    status: int | None
    """The status that was answered; None when nothing was."""
    fault: Fault | None
    """The fault that hit it."""
    request: ReceivedRequest = attrs.field(repr=False)
    """All of it, without the key."""


class PortalCalls(Sequence[PortalCall]):
    """The requests that reached the portal, in order of arrival, looks and second tries among them.

    Args:
        requests: Brings those that have come by now.
    """

    def __init__(self, requests: Callable[[], Iterable[ReceivedRequest]]) -> None:
        self._requests = requests

    def _now(self) -> list[PortalCall]:
        return [_call_of(request) for request in self._requests()]

    def of(self, operation: str) -> list[PortalCall]:
        """Those of one coroutine, such as `schedule_appointment`.

        Raises:
            ValueError: There is no such coroutine.
        """
        wanted = operation_named(operation).names
        return [call for call in self._now() if call.operation in wanted]

    @property
    def names(self) -> list[str]:
        """The coroutines, one for each request."""
        return [call.operation for call in self._now()]

    def __len__(self) -> int:
        return len(self._now())

    def __iter__(self) -> Iterator[PortalCall]:
        return iter(self._now())

    @overload
    def __getitem__(self, index: int) -> PortalCall: ...
    @overload
    def __getitem__(self, index: slice) -> list[PortalCall]: ...
    def __getitem__(self, index: int | slice) -> PortalCall | list[PortalCall]:
        return self._now()[index]

    def __repr__(self) -> str:
        lines = (f"  {call.operation} {call.method} {call.path} -> {call.status}" for call in self._now())
        return "\n".join(("<PortalCalls", *lines)) + ">"


def _call_of(request: ReceivedRequest) -> PortalCall:
    names = names_of(request.method, request.path)
    try:
        json = orjson.loads(request.body)
    except orjson.JSONDecodeError:
        json = None
    return PortalCall(
        operation=names[0] if names else "",
        method=request.method,
        path=request.path,
        query=request.query,
        json=json,
        status=request.status,
        fault=request.fault,
        request=request,
    )
