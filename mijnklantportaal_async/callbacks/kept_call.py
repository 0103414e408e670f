"""A call that was answered before it was worked through, as a store keeps it: without its signature."""

from base64 import b64decode, b64encode

import orjson

from mijnklantportaal_async.callbacks.events import AnyEvent
from mijnklantportaal_async.callbacks.signature import Proven
from mijnklantportaal_async.callbacks.webhooks import event_of
from mijnklantportaal_async.models.webhooks import WebhookEvent


def keep_call(event: AnyEvent) -> bytes:
    """All that an event is made of."""
    kept = {
        "type": event.type,
        "proof": event.proof,
        "webhook_id": event.webhook_id,
        "owner": event.owner,
        "body": b64encode(event.body).decode(),
    }
    return orjson.dumps(kept)


def kept_event(note: bytes) -> AnyEvent:
    """The event again. It was checked when it came."""
    kept = orjson.loads(note)
    event_type = None if kept["type"] is None else WebhookEvent(kept["type"])
    return event_of(
        b64decode(kept["body"]),
        Proven(kept["proof"], ""),
        type=event_type,
        owner=kept["owner"],
        webhook_id=kept["webhook_id"],
    )
