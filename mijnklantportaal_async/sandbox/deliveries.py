"""The calls that webhooks make. The documentation shows neither body nor retries, so these are guesses.

The body is `{"event": ..., "data": the record}`. A call that is not answered with 2xx is made again, later and later.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from typing import TYPE_CHECKING, Literal, TypeAlias

import aiohttp
import attrs
import orjson

from mijnklantportaal_async.sandbox.hosts import host_of, is_loopback

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from mijnklantportaal_async.sandbox.clock import PortalClock
    from mijnklantportaal_async.sandbox.documents import Document, Documents

PATIENCE = 10.0
"""Real seconds: whoever is called lives outside the portal's time."""

DeliveryState: TypeAlias = Literal["under way", "delivered", "given up", "not called"]
WebhookSignature: TypeAlias = Literal["secret", "hmac"]


@attrs.frozen(kw_only=True)
class DeliveryAttempt:
    """One call of a webhook's URL."""

    at: float
    """When it was made: portal seconds on a clock that never goes back."""
    status: int | None = None
    """What was answered; `None` when nothing was."""
    problem: str = ""
    """Why nothing was."""


@attrs.define(kw_only=True)
class Delivery:
    """What one webhook is told of one event."""

    event: str
    url: str
    webhook_id: str
    document: Document
    """The record, as the API shows it."""
    state: DeliveryState = "under way"
    """`not called` when the URL is on a host that a sandbox leaves in peace."""
    attempts: list[DeliveryAttempt] = attrs.field(factory=list[DeliveryAttempt])

    @property
    def status(self) -> int | None:
        """What was answered last."""
        return self.attempts[-1].status if self.attempts else None


@attrs.frozen(kw_only=True)
class DeliverySettings:
    """How webhooks are called."""

    retries: Sequence[float]
    """Portal seconds to wait before each further attempt."""
    signature: WebhookSignature
    hosts: Collection[str]
    """That may be called, beside this machine."""


class Deliveries:
    """Calls the webhooks that listen to an event, after what happened was answered."""

    def __init__(self, documents: Callable[[], Documents], clock: PortalClock, settings: DeliverySettings) -> None:
        self._documents = documents
        self._clock = clock
        self._settings = settings
        self._loop: asyncio.AbstractEventLoop | None = None
        self._http: aiohttp.ClientSession | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self.made: list[Delivery] = []

    def start(self) -> None:
        """Take up the calls, in the loop that is running. What happens while it is stopped, nobody is told."""
        self._loop = asyncio.get_running_loop()

    def emit(self, event: str, document: Document) -> None:
        """Call whoever listens; also from another thread than the portal's."""
        if self._loop is None:
            return
        for webhook in self._documents().all("/webhooks"):
            if webhook["type"] == event:
                self._tell(webhook, event, document, self._loop)

    def _tell(self, webhook: Document, event: str, document: Document, loop: asyncio.AbstractEventLoop) -> Delivery:
        delivery = Delivery(event=event, url=webhook["url"], webhook_id=webhook["id"], document=document)
        self.made.append(delivery)
        host = host_of(delivery.url)
        if is_loopback(host) or host in self._settings.hosts:
            loop.call_soon_threadsafe(self._begin, delivery, webhook["secret"])
        else:
            delivery.state = "not called"
        return delivery

    def again(self, number: int) -> Delivery:
        """Call a webhook once more with what it was told before.

        Raises:
            LookupError: Nothing was told under that number, or the webhook is gone.
        """
        if not 1 <= number <= len(self.made):
            raise LookupError(f"there is no delivery number {number}")
        old = self.made[number - 1]
        webhook = self._documents().get(old.webhook_id, "/webhooks")
        if webhook is None or self._loop is None:
            raise LookupError(f"the webhook {old.webhook_id} is gone")
        return self._tell(webhook, old.event, old.document, self._loop)

    def clear(self) -> None:
        """Forget what was delivered, and give up what is under way."""
        self.made.clear()
        for task in self._tasks:
            task.cancel()

    async def settle(self) -> None:
        """Wait until every call is answered or given up."""
        # What was emitted a moment ago becomes a task with the next turn of the loop.
        await asyncio.sleep(0)
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def stop(self) -> None:
        """Give up the calls that are under way."""
        self._loop = None
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        http, self._http = self._http, None
        if http is not None:
            await http.close()

    def _begin(self, delivery: Delivery, secret: str) -> None:
        if self._loop is None:
            delivery.state = "given up"
            return
        task = self._loop.create_task(self._deliver(delivery, secret))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _deliver(self, delivery: Delivery, secret: str) -> None:
        body = orjson.dumps({"event": delivery.event, "data": delivery.document})
        headers = {"Content-Type": "application/json", "X-Webhook-Signature": self._signature(secret, body)}
        try:
            for wait in (0.0, *self._settings.retries):
                await asyncio.sleep(self._clock.real_seconds(wait))
                attempt = await self._attempt(delivery.url, body, headers)
                delivery.attempts.append(attempt)
                if attempt.status is not None and 200 <= attempt.status < 300:
                    delivery.state = "delivered"
                    return
        finally:
            if delivery.state != "delivered":
                delivery.state = "given up"

    async def _attempt(self, url: str, body: bytes, headers: dict[str, str]) -> DeliveryAttempt:
        if self._http is None:
            self._http = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(PATIENCE))
        at = self._clock.seconds()
        try:
            async with self._http.post(url, data=body, headers=headers, allow_redirects=False) as response:
                return DeliveryAttempt(at=at, status=response.status)
        except (aiohttp.ClientError, TimeoutError) as error:
            return DeliveryAttempt(at=at, problem=str(error) or type(error).__name__)

    def _signature(self, secret: str, body: bytes) -> str:
        """Read literally, the header holds the secret; its name suggests a hash."""
        if self._settings.signature == "secret":
            return secret
        return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
