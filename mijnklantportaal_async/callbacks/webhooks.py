"""From the bytes of a call to a typed event: `parse`. Pure; the endpoints of `endpoint.py` stand around it.

Source: https://docs.developers.mijnklantportaal.nl/api-reference/webhooks-api
"""

from collections.abc import Iterable
from typing import cast

from mijnklantportaal_async.callbacks.errors import PayloadError
from mijnklantportaal_async.callbacks.events import AnyEvent
from mijnklantportaal_async.callbacks.headers import Headers, pairs_of
from mijnklantportaal_async.callbacks.json_body import NotAnObjectError, read_object
from mijnklantportaal_async.callbacks.payload import read_payload
from mijnklantportaal_async.callbacks.signature import (
    Proof,
    Proven,
    Secret,
    check_body,
    check_proof,
    check_secrets,
    prove,
)
from mijnklantportaal_async.callbacks.signature import sign as sign
from mijnklantportaal_async.models.webhooks import Webhook, WebhookEvent
from mijnklantportaal_async.texts.words import told_by


def parse(
    body: bytes,
    headers: Headers,
    secrets: Iterable[Secret],
    *,
    require: Proof | None = None,
    type: WebhookEvent | str | None = None,
    owner: str | None = None,
) -> AnyEvent:
    """The event that a call of the portal tells of; first it is checked who called.

    Args:
        body: The bytes as they came: before anything decoded or parsed them.
        headers: Those of the request; a mapping, or pairs.
        secrets: Of the webhooks that call here, all of them: texts, or `Webhook` records, by which the type of the
            event is known whatever the body says. With a rotated secret, the old and the new one.
        require: `"hmac"` takes no call whose header only repeats the secret. Which of the two the service sends is
            not documented; see the first real one, `event.proof`, before you ask for it.
        type: The type, where this URL is for one only.
        owner: Whose portal it is, for `event.owner`.

    Returns:
        The event. A type that is not documented is an `UnknownEvent`, and keeps everything.

    Raises:
        SignatureError: It cannot be told from a call of a stranger. Answer 401.
        PayloadError: The portal called, and the body is no JSON object. Answer 400.
        TypeError: `body` is not bytes, or `headers` are no headers.
        ValueError: There is no secret, or an empty one.
    """
    content, pairs, known = check_body(body), pairs_of(headers), check_secrets(secrets)
    proven = prove(content, pairs, known, None if require is None else check_proof(require))
    return event_of(content, proven, type=None if type is None else WebhookEvent(type), owner=owner)


def event_of(
    body: bytes,
    proven: Proven,
    *,
    type: WebhookEvent | None = None,
    owner: str | None = None,
    webhook_id: str | None = None,
) -> AnyEvent:
    """The event of a call that was proven.

    Raises:
        PayloadError: The body is no JSON object.
    """
    webhook = proven.secret if isinstance(proven.secret, Webhook) else None
    try:
        document = read_object(body)
    except NotAnObjectError as error:
        raise PayloadError(told_by(error), body=body) from None
    told = read_payload(document, type or (None if webhook is None else webhook.type))
    event = told.kind(
        type=told.type,
        record=told.record,
        record_id=told.record_id,
        problems=told.problems,
        proof=proven.proof,
        webhook_id=webhook_id if webhook is None else webhook.id,
        owner=owner,
        raw=document,
        body=body,
    )
    return cast("AnyEvent", event)
