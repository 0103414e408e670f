"""Who called: the header `X-Webhook-Signature`, in both readings of the documentation.

It says that the secret of the webhook is put into the header, so that the receiver knows the call; the header's name
suggests a hash of the body instead. Which of the two it is, nobody documented: both are taken, and the event says
which.

Source: https://docs.developers.mijnklantportaal.nl/api-reference/webhooks-api/get-webhook-record
"""

import hashlib
import hmac
from collections.abc import Iterable, Sequence
from typing import Literal, TypeAlias, TypeVar

import attrs

from mijnklantportaal_async.callbacks.errors import SignatureError
from mijnklantportaal_async.callbacks.headers import Headers, header_values
from mijnklantportaal_async.models.webhooks import Webhook
from mijnklantportaal_async.texts.words import words

SIGNATURE_HEADER = "X-Webhook-Signature"

Proof: TypeAlias = Literal["hmac", "secret"]
Secret: TypeAlias = str | Webhook
"""The secret of a webhook, or the webhook itself: then its type is known, whatever the body says."""

T = TypeVar("T")


def sign(body: bytes, secret: Secret, *, proof: Proof = "hmac") -> dict[str, str]:
    """The header that a call of the portal carries, for your own tests.

    Args:
        body: The bytes of the body.
        secret: The secret of the webhook.
        proof: Which reading: `"hmac"`, the hex HMAC-SHA256 of the body under the secret, or the `"secret"` itself.

    Returns:
        A dict with `X-Webhook-Signature`.

    Raises:
        TypeError: `body` is not bytes.
        ValueError: The secret cannot be one, or `proof` is no reading.
    """
    (text,) = (secret_text(one) for one in check_secrets([secret]))
    content = check_body(body)
    match check_proof(proof):
        case "secret":
            return {SIGNATURE_HEADER: text}
        case _:
            return {SIGNATURE_HEADER: _hex_hmac(text, content).decode()}


@attrs.frozen
class Proven:
    """What a signature says of a call."""

    proof: Proof
    secret: Secret = attrs.field(repr=False)
    """The one that fits."""


def prove(body: bytes, headers: Headers, secrets: Sequence[Secret], require: Proof | None = None) -> Proven:
    """Which secret a call was made with.

    Every secret is tried in both readings, whichever fits: how long it takes says nothing.

    Raises:
        SignatureError: None fits; or the header is missing, empty or there twice.
    """
    values = header_values(headers, SIGNATURE_HEADER)
    if not values:
        raise SignatureError(words("the request has no {header}; it needs one", header=SIGNATURE_HEADER))
    if len(values) != 1:
        raise SignatureError(
            words("the request has {count} {header}; it needs one", count=len(values), header=SIGNATURE_HEADER)
        )
    given = values[0]
    if not given:
        raise SignatureError(words("the header {header} is empty", header=SIGNATURE_HEADER))
    found: Proven | None = None
    for secret in secrets:
        text = secret_text(secret)
        is_secret = hmac.compare_digest(_digest(given), _digest(text.encode()))
        is_hmac = hmac.compare_digest(_digest(given.lower()), _digest(_hex_hmac(text, body)))
        if is_hmac and require != "secret":
            found = found or Proven("hmac", secret)
        if is_secret and require != "hmac":
            found = found or Proven("secret", secret)
    if found is None:
        only = words(" as {proof}", proof=require) if require else ""
        raise SignatureError(
            words(
                "the {header} fits none of the {count} secrets{only}",
                header=SIGNATURE_HEADER,
                count=len(secrets),
                only=only,
            )
        )
    return found


def check_secrets(secrets: Iterable[Secret]) -> tuple[Secret, ...]:
    """Secrets that can be right.

    Raises:
        TypeError: They are no list of texts or webhooks.
        ValueError: There is none, or one is empty: anybody could sign with it.
    """
    if isinstance(secrets, (str, bytes, Webhook)):
        raise TypeError("secrets must be a list: secrets=[secret]")
    checked = tuple(secrets)
    if not checked:
        raise ValueError("secrets is empty: no call could be told from a stranger's; give the secret of the webhook")
    for secret in checked:
        if not isinstance(secret, (str, Webhook)):
            raise TypeError(f"each secret must be a str or a Webhook, not {type(secret).__name__}")
        text = secret_text(secret)
        if not text or text != text.strip() or not text.isprintable():
            raise ValueError("a secret is empty, or has white space around it; get_webhook() shows it as it is")
    return checked


def check_proof(proof: Proof) -> Proof:
    """A reading of the signature.

    Raises:
        ValueError: It is none.
    """
    if proof not in ("hmac", "secret"):
        raise ValueError(f'the proof is "hmac" or "secret", not {proof!r}')
    return proof


def check_body(body: object) -> bytes:
    """The bytes of a body.

    Raises:
        TypeError: It was decoded, or parsed, on its way: then its signature can no longer be checked.
    """
    if isinstance(body, (bytes, bytearray)):
        return bytes(body)
    raise TypeError(
        f"body must be the bytes as they came, not {type(body).__name__}: what is decoded or parsed cannot be checked "
        "any more. aiohttp: await request.read(); FastAPI, Starlette: await request.body(); Django: request.body"
    )


def secret_text(secret: Secret) -> str:
    """The text of a secret."""
    return secret.secret if isinstance(secret, Webhook) else secret


def _hex_hmac(secret: str, body: bytes) -> bytes:
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest().encode()


def _digest(value: bytes) -> bytes:
    # Of one length, so that not even the length of a secret shows in the time that a comparison takes.
    return hashlib.sha256(value).digest()
