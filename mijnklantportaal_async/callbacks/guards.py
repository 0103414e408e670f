"""Who may ask for pages and forms. The portal signs nothing here, so something else has to tell it from a stranger.

Whoever can send `X-Customer-Id` is given that customer's page, and a valid checksum with it.
"""

import binascii
import hashlib
import hmac
from base64 import b64decode
from collections.abc import Awaitable
from typing import Protocol

from mijnklantportaal_async.callbacks.incoming import IncomingRequest

LEAST_CHARACTERS = 8
"""Of a password, or of a secret in a header or path."""


class Guard(Protocol):
    """Lets a request in or not. Write one of your own, such as for addresses or client certificates."""

    @property
    def challenge(self) -> tuple[tuple[str, str], ...]:
        """Headers of the 401."""
        ...

    def lets_in(self, request: IncomingRequest) -> bool | Awaitable[bool]:
        """Whether it may come in. May be a coroutine."""
        ...


class BasicAuth:
    """Name and password, as they can be entered in the portal as part of the URL or beside it.

    Raises:
        ValueError: The name holds a colon, or the password is shorter than 8 characters.
    """

    challenge = (("WWW-Authenticate", 'Basic realm="portal"'),)

    def __init__(self, name: str, password: str) -> None:
        if not name or ":" in name:
            raise ValueError("the name must not be empty or hold a colon")
        self._expected = _digest(f"{name}:{_checked(password, 'the password')}".encode())

    def lets_in(self, request: IncomingRequest) -> bool:
        """Whether name and password are right."""
        values = request.values("Authorization")
        if len(values) != 1:
            return False
        scheme, _, given = values[0].partition(b" ")
        try:
            decoded = b64decode(given.strip(), validate=True)
        except (binascii.Error, ValueError):
            decoded = b""
        return hmac.compare_digest(_digest(decoded), self._expected) and scheme.lower() == b"basic"


class SecretHeader:
    """A header that only the portal knows.

    Raises:
        ValueError: The secret is shorter than 8 characters.
    """

    challenge = ()

    def __init__(self, name: str, secret: str) -> None:
        if not name:
            raise ValueError("the header must have a name")
        self._name = name
        self._expected = _digest(_checked(secret, "the secret").encode())

    def lets_in(self, request: IncomingRequest) -> bool:
        """Whether the header is there once, and right."""
        values = request.values(self._name)
        return len(values) == 1 and hmac.compare_digest(_digest(values[0]), self._expected)


class SecretPath:
    """A part of the path that only the portal knows: `/blocks/{secret}`. It stands in the logs of servers on the way.

    Raises:
        ValueError: The secret is shorter than 8 characters.
    """

    challenge = ()

    def __init__(self, secret: str, *, parameter: str = "secret") -> None:
        self._parameter = parameter
        self._expected = _digest(_checked(secret, "the secret").encode())

    def lets_in(self, request: IncomingRequest) -> bool:
        """Whether the part of the path is right."""
        given = request.parameters.get(self._parameter, "")
        return hmac.compare_digest(_digest(given.encode("utf-8", "surrogatepass")), self._expected)


def check_guard(guard: Guard | None) -> Guard | None:
    """A guard, or None by name.

    Raises:
        TypeError: It is no guard.
    """
    if isinstance(guard, type):
        raise TypeError(f"guard must be an object, not its class: {guard.__name__}(...)")
    if guard is None or callable(getattr(guard, "lets_in", None)):
        return guard
    raise TypeError("guard must be BasicAuth(...), SecretHeader(...) or SecretPath(...); None lets everybody in")


def _checked(secret: str, what: str) -> str:
    if len(secret) < LEAST_CHARACTERS or secret != secret.strip():
        raise ValueError(f"{what} must have {LEAST_CHARACTERS} characters or more, and no white space around them")
    return secret


def _digest(value: bytes) -> bytes:
    return hashlib.sha256(value).digest()
