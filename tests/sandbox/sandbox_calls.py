"""Plain HTTP calls for the tests of the sandbox: aiohttp's own client, never the client of this package."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import aiohttp
import attrs
import orjson

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
