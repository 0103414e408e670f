"""The calls that webhooks make. The documentation shows no body, so this one is a guess: the event, and its record."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

import aiohttp
import attrs
import orjson

if TYPE_CHECKING:
    from collections.abc import Callable

    from mijnklantportaal_async.sandbox.documents import Document, Documents

PATIENCE = 10.0


@attrs.define(kw_only=True)
class Delivery:
    """One call of a webhook; `status` is filled in when it is answered."""

    event: str
    url: str
    webhook_id: str
    document: Document
    status: int | None = None


class Deliveries:
    """Calls the webhooks that listen to an event, each once, after what happened was answered."""

    def __init__(self, documents: Callable[[], Documents]) -> None:
        self._documents = documents
        self._tasks: set[asyncio.Task[None]] = set()
        self.made: list[Delivery] = []

    def emit(self, event: str, document: Document) -> None:
        """Call whoever listens."""
        for webhook in self._documents().all("/webhooks"):
            if webhook["type"] == event:
                delivery = Delivery(event=event, url=webhook["url"], webhook_id=webhook["id"], document=document)
                self.made.append(delivery)
                task = asyncio.get_running_loop().create_task(_call(delivery, webhook["secret"]))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)

    async def stop(self) -> None:
        """Give up the calls that are under way."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


async def _call(delivery: Delivery, secret: str) -> None:
    body = orjson.dumps({"event": delivery.event, "data": delivery.document})
    headers = {"Content-Type": "application/json", "X-Webhook-Signature": secret}
    with contextlib.suppress(aiohttp.ClientError, TimeoutError):
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(PATIENCE)) as http,
            http.post(delivery.url, data=body, headers=headers, allow_redirects=False) as response,
        ):
            delivery.status = response.status
