"""The endpoint for webhooks: checks each call, keeps copies apart, and hands the event to whoever wants it."""

import asyncio
import secrets as random
from collections.abc import Awaitable, Callable, Iterable, Sequence
from types import TracebackType
from typing import Any, ClassVar, Literal, Self, TypeAlias, TypeVar, overload

from mijnklantportaal_async.callbacks.endpoint import LOGGER, Endpoint, StatusRow, outcome_of
from mijnklantportaal_async.callbacks.errors import WebhookError
from mijnklantportaal_async.callbacks.events import (
    KINDS,
    AnyEvent,
    AppointmentEvent,
    CustomerEvent,
    InvoiceEvent,
    OfferEvent,
    PaymentLinkEvent,
    SubscriptionEvent,
    SubscriptionPaymentEvent,
    TicketEvent,
)
from mijnklantportaal_async.callbacks.incoming import Answer, BodyLimits, IncomingRequest, read_body, refused
from mijnklantportaal_async.callbacks.kept_call import keep_call, kept_event
from mijnklantportaal_async.callbacks.seen import Claim, SeenStore
from mijnklantportaal_async.callbacks.signature import Proof, Secret, check_proof, check_secrets
from mijnklantportaal_async.callbacks.webhooks import parse
from mijnklantportaal_async.models.webhooks import WebhookEvent

E = TypeVar("E")
Handler: TypeAlias = Callable[[E], Awaitable[object]]
OnError: TypeAlias = Callable[[AnyEvent, BaseException], object]
SecretsOf: TypeAlias = Callable[[str | None], Iterable[Secret] | Awaitable[Iterable[Secret] | None] | None]
"""Looks up the secrets of an owner; None, or nothing in it, for one that is not known."""

_Appointment: TypeAlias = Literal["appointment-created", "appointment-canceled"]
_Customer: TypeAlias = Literal["customer-created", "customer-deleted"]
_Offer: TypeAlias = Literal["offer-created", "offer-deleted", "offer-accepted", "offer-rejected"]
_Invoice: TypeAlias = Literal["invoice-created", "invoice-chargeback", "invoice-paid", "invoice-deleted"]
_PaymentLink: TypeAlias = Literal["payment-link-created", "payment-link-expired", "payment-link-paid"]
_Ticket: TypeAlias = Literal["ticket-created", "ticket-reply-customer", "ticket-reply-employee"]
_Subscription: TypeAlias = Literal["subscription-created", "subscription-updated", "subscription-deleted"]
_Payment: TypeAlias = Literal["subscription-payment-created", "subscription-payment-updated"]

_RETRY_AFTER = "30"
_NOBODY = random.token_hex(16)
"""Compared with when an owner is not known: that takes as long as a wrong secret, and is answered alike."""


class WebhookEndpoint(Endpoint):
    """Takes the calls of webhooks.

    ```python
    hooks = WebhookEndpoint(secrets=[os.environ["WEBHOOK_SECRET"]])

    @hooks.on("invoice-paid")
    async def paid(event: InvoiceEvent) -> None: ...
    ```

    What the service does with an answer outside 2xx, how often it calls again, when and in which order, is not
    documented. A handler may see an event twice unless `seen` is given, and events in any order.

    Args:
        secrets: Those of the webhooks that call here (texts, or `Webhook` records); or a function that looks them up
            by the owner, which may be awaited.
        require: `"hmac"` takes no call whose header only repeats the secret.
        type: The type, where this URL is for one only.
        seen: Remembers calls, so that a copy is not worked through twice: `MemorySeen()`, `SqlSeen(url)`.
        answer_first: Answers 202 before the handler has worked through the event. Needs `seen`, which keeps the event
            until that is done; with one in memory a process that ends loses it. After a restart, and now and then,
            call `resume()`.
        owner_parameter: What the owner is called in the path of the route.
        limits: How long and how large a body may be.
        on_error: Told of an event whose handler failed, with the error. It is logged in any case.
    """

    statuses: ClassVar = (
        StatusRow(200, "the event was worked through, now or before; or nobody wants events of its type, known or not"),
        StatusRow(202, "with answer_first: it is kept, and is being worked through"),
        StatusRow(400, "the portal called, and the body is no JSON object"),
        StatusRow(401, "the signature is missing, there twice or fits no secret; or the owner is not known"),
        StatusRow(405, "the method is not POST"),
        StatusRow(408, "the body did not arrive in time"),
        StatusRow(413, "the body is too large"),
        StatusRow(415, "the body is compressed"),
        StatusRow(500, "the handler, the look-up of secrets or the store failed: the next copy is worked through"),
        StatusRow(503, "a copy of the call is being worked through by another"),
    )

    def __init__(
        self,
        *,
        secrets: Iterable[Secret] | SecretsOf,
        require: Proof | None = None,
        type: WebhookEvent | str | None = None,
        seen: SeenStore | None = None,
        answer_first: bool = False,
        owner_parameter: str = "owner",
        limits: BodyLimits | None = None,
        on_error: OnError | None = None,
    ) -> None:
        super().__init__(limits or BodyLimits())
        self._secrets: Sequence[Secret] | SecretsOf = secrets if callable(secrets) else check_secrets(secrets)
        self._require: Proof | None = None if require is None else check_proof(require)
        self._type = None if type is None else WebhookEvent(type)
        if answer_first and seen is None:
            raise ValueError(
                "answer_first needs a store: after a 2xx nobody sends the event again; give seen=SqlSeen(url)"
            )
        self._seen = seen
        self._answer_first = answer_first
        self._owner_parameter = owner_parameter
        self._on_error = on_error
        self._handlers: dict[str, Handler[Any]] = {}
        self._otherwise: Handler[Any] | None = None
        self._tasks: set[asyncio.Task[bool]] = set()

    # --- Who wants what -----------------------------------------------------------------------------------------

    @overload
    def on(self, *types: _Appointment) -> Callable[[Handler[AppointmentEvent]], Handler[AppointmentEvent]]: ...
    @overload
    def on(self, *types: _Customer) -> Callable[[Handler[CustomerEvent]], Handler[CustomerEvent]]: ...
    @overload
    def on(self, *types: _Offer) -> Callable[[Handler[OfferEvent]], Handler[OfferEvent]]: ...
    @overload
    def on(self, *types: _Invoice) -> Callable[[Handler[InvoiceEvent]], Handler[InvoiceEvent]]: ...
    @overload
    def on(self, *types: _PaymentLink) -> Callable[[Handler[PaymentLinkEvent]], Handler[PaymentLinkEvent]]: ...
    @overload
    def on(self, *types: _Ticket) -> Callable[[Handler[TicketEvent]], Handler[TicketEvent]]: ...
    @overload
    def on(self, *types: _Subscription) -> Callable[[Handler[SubscriptionEvent]], Handler[SubscriptionEvent]]: ...
    @overload
    def on(
        self, *types: _Payment
    ) -> Callable[[Handler[SubscriptionPaymentEvent]], Handler[SubscriptionPaymentEvent]]: ...
    @overload
    def on(self, *types: WebhookEvent) -> Callable[[Handler[Any]], Handler[Any]]: ...
    def on(self, *types: str) -> Callable[[Handler[Any]], Handler[Any]]:
        """Gives a coroutine the events of some types. What it returns is not looked at; what it raises is answered 500.

        Args:
            types: Documented ones, such as `"invoice-paid"`. Others go to `otherwise`.

        Raises:
            ValueError: A type is not documented, or has a handler.
        """
        if unknown := [name for name in types if name not in KINDS]:
            raise ValueError(
                f"{unknown[0]!r} is no documented type; they are {', '.join(KINDS)}. @otherwise gets others"
            )
        if not types:
            raise ValueError("on() needs a type, such as 'invoice-paid'; @otherwise gets all that nobody else wants")
        if taken := [name for name in types if name in self._handlers]:
            raise ValueError(f"{taken[0]} has a handler already; call both from one")

        def register(handler: Handler[Any]) -> Handler[Any]:
            self._handlers.update(dict.fromkeys(map(str, types), handler))
            return handler

        return register

    def otherwise(self, handler: Handler[AnyEvent]) -> Handler[AnyEvent]:
        """Gives a coroutine all events that nobody else wants, those of undocumented types among them."""
        if self._otherwise is not None:
            raise ValueError("otherwise has a handler already")
        self._otherwise = handler
        return handler

    # --- Calls --------------------------------------------------------------------------------------------------

    async def _respond(self, request: IncomingRequest) -> Answer:
        if request.method != "POST":
            raise refused(405, "Webhooks call with POST.", ("Allow", "POST"))
        body = await read_body(request, self._limits)
        owner = request.parameters.get(self._owner_parameter)
        known = await self._secrets_of(owner)
        try:
            event = parse(
                body, request.headers, known or [_NOBODY], require=self._require, type=self._type, owner=owner
            )
        except WebhookError as error:
            LOGGER.warning("a call was not taken: %s", error.message)
            raise refused(error.status, f"{error.message}.") from None
        return await self._take(event)

    async def _secrets_of(self, owner: str | None) -> Sequence[Secret]:
        if not callable(self._secrets):
            return self._secrets
        looked_up = await outcome_of(self._secrets(owner))
        if isinstance(looked_up, str):
            # Each of its letters would be a secret.
            raise TypeError("the look-up of secrets gave a text; let it give a list: [secret]")
        listed = tuple(looked_up or ())
        return check_secrets(listed) if listed else ()

    async def _take(self, event: AnyEvent) -> Answer:
        if self._seen is None:
            return _answer(await self._work_through(event, None))
        claim = await self._seen.claim(event.fingerprint, keep_call(event) if self._answer_first else None)
        if claim == "done":
            return Answer(status=200, body=b"It was worked through before.\n")
        if claim == "claimed":
            again = ("Retry-After", _RETRY_AFTER)
            return Answer(status=503, body=b"A copy of it is being worked through.\n", headers=(again,))
        if self._answer_first:
            self._begin(event, claim)
            return Answer(status=202, body=b"It is kept.\n")
        return _answer(await self._work_through(event, claim))

    async def _work_through(self, event: AnyEvent, claim: Claim | None) -> bool:
        """Runs the handler, and says whether it went well."""
        handler = self._handlers.get(event.type or "", self._otherwise)
        try:
            if handler is not None:
                await outcome_of(handler(event))
        except BaseException as error:
            # Kept events are not let go: their claim ends by itself, and resume() takes them up again.
            if self._seen is not None and claim is not None and claim.note is None:
                await self._seen.release(claim)
            if not isinstance(error, Exception):
                raise
            await self._tell(event, error)
            return False
        if self._seen is not None and claim is not None:
            await self._seen.done(claim)
        return True

    async def _tell(self, event: AnyEvent, error: BaseException) -> None:
        LOGGER.error("the handler of %s failed", event.type or "an unknown event", exc_info=error)
        if self._on_error is not None:
            await outcome_of(self._on_error(event, error))

    # --- Answered before it is worked through -------------------------------------------------------------------

    async def resume(self) -> int:
        """Works through what was answered before, and was not done: its process ended, or its handler failed.

        Call it when the server starts, and now and then. An event is taken up when its claim has ended, by one process.

        Returns:
            How many events went well.
        """
        if self._seen is None:
            return 0
        claims = await self._seen.overdue()
        tasks = [self._begin(kept_event(claim.note), claim) for claim in claims if claim.note is not None]
        return sum([await task for task in tasks])

    async def aclose(self) -> None:
        """Waits until what was answered before has been worked through. Call it when the server stops."""
        while self._tasks:
            await asyncio.wait(set(self._tasks))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    def _begin(self, event: AnyEvent, claim: Claim) -> asyncio.Task[bool]:
        task = asyncio.get_running_loop().create_task(self._work_through(event, claim))
        # Held, because the loop holds tasks weakly.
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[bool]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            LOGGER.error("an event could not be marked as done; it is taken up again", exc_info=error)


def _answer(went_well: bool) -> Answer:
    if went_well:
        return Answer(status=200, body=b"It was worked through.\n")
    return Answer(status=500, body=b"It could not be worked through.\n")
