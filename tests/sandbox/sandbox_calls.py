"""Plain HTTP calls for the tests of the sandbox: aiohttp's own client, never the client of this package."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import aiohttp
import attrs
import orjson

from mijnklantportaal_async.sandbox import Fault

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mijnklantportaal_async.sandbox import Sandbox

BODY = {
    "name": "Contract extension",
    "startsAt": "2027-03-05 14:30",
    "endsAt": "2027-03-05 16:00",
    "attendeeName": "John Doe",
    "attendeeEmail": "john.doe@example.com",
}

COMMITTED = {
    Fault.DROP_BEFORE_COMMIT: False,
    Fault.DROP_AFTER_COMMIT: True,
    Fault.STALL: False,
    Fault.STALL_AFTER_COMMIT: True,
    Fault.SLOW_COMMIT: True,
    Fault.LATE_COMMIT: True,
    Fault.HALF_BODY: True,
    Fault.BAD_GATEWAY: False,
    Fault.UNAVAILABLE_BEFORE_COMMIT: False,
    Fault.UNAVAILABLE_AFTER_COMMIT: True,
    Fault.TOO_MANY_REQUESTS: False,
    Fault.MALFORMED_JSON: True,
    Fault.UNKNOWN_FIELDS: True,
    Fault.UNKNOWN_STATUS: True,
    Fault.HTML_BEFORE_COMMIT: False,
    Fault.HTML_AFTER_COMMIT: True,
    Fault.EMPTY_BODY: True,
    Fault.ACCEPTED: True,
    Fault.NO_CONTENT: True,
    Fault.REQUEST_TIMEOUT_BEFORE_COMMIT: False,
    Fault.REQUEST_TIMEOUT_AFTER_COMMIT: True,
    Fault.CLIENT_CLOSED_BEFORE_COMMIT: False,
    Fault.CLIENT_CLOSED_AFTER_COMMIT: True,
    Fault.ANOTHER_RECORD: True,
    Fault.UNASKED_ANSWER: True,
    Fault.BARE_TOO_MANY_REQUESTS: False,
    Fault.ABSURD_RETRY_AFTER: False,
    Fault.DEAD_LINE: True,
    Fault.RESTART: False,
}
"""Whether the work is done, of each fault."""


class DroppedError(Exception):
    """The connection was cut before an answer."""


async def never_resend(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """Keep aiohttp from sending a GET or DELETE again by itself: the tests count what the sandbox saw."""
    try:
        return await handler(request)
    except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError) as error:
        raise DroppedError from error


@attrs.frozen
class Reply:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return orjson.loads(self.body)


@attrs.frozen
class Caller:
    sandbox: Sandbox
    session: aiohttp.ClientSession

    async def __call__(
        self,
        method: str,
        path: str,
        *,
        json: object = None,
        key: str | None = None,
        patience: float = 10.0,
        **options: Any,
    ) -> Reply:
        headers = {"Authorization": f"Bearer {key or self.sandbox.api_key}", **options.pop("headers", {})}
        if json is not None:
            options["json"] = json
        timeout = aiohttp.ClientTimeout(total=patience)
        async with self.session.request(
            method, self.sandbox.url + path, headers=headers, timeout=timeout, **options
        ) as response:
            return Reply(response.status, response.headers, await response.read())

    async def schedule(self, **changes: object) -> Reply:
        return await self("POST", "/appointments", json={**BODY, **changes})


async def until(condition: Callable[[], bool]) -> None:
    """Wait for something that becomes true by itself."""
    async with asyncio.timeout(90):
        while not condition():
            await asyncio.sleep(0.005)


def without(*fields: str) -> dict[str, str]:
    return {field: value for field, value in BODY.items() if field not in fields}
