"""The scopes of the service and who may do what."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

_READ_AND_WRITE = (
    "agreements",
    "appointments",
    "customers",
    "files",
    "filerequest",
    "fileshare",
    "offers",
    "paymentlinks",
    "subscription",
    "tickets",
    "webhooks",
)

ALL_SCOPES: frozenset[str] = frozenset(
    [
        *(f"{subject}.{right}" for subject in _READ_AND_WRITE for right in ("read", "write")),
        "businessoperations.read",
        "invoices.read",
    ]
)
"""Every scope that the documentation lists."""


@attrs.frozen
class Keyring:
    """Who may call: the API keys of the portal with their scopes, and the access tokens of grants.

    Args:
        scopes_by_key: The keys.
        grant_of: Returns the id of the grant of a living access token.
        scopes_of: Returns the scopes of a grant.
    """

    scopes_by_key: Mapping[str, Collection[str]]
    grant_of: Callable[[str], str | None]
    scopes_of: Callable[[str], Collection[str] | None]

    def key_of(self, authorization: str | None) -> str | None:
        """Return the known key in an `Authorization` header, or the id of a grant, `None` when there is neither."""
        token = token_in(authorization)
        if token is None:
            return None
        return token if token in self.scopes_by_key else self.grant_of(token)

    def is_grant(self, key: str) -> bool:
        """Tell whether `key_of` found an access token."""
        return key not in self.scopes_by_key

    def allows(self, key: str, scope: str) -> bool:
        """Tell whether a key, or a grant, has `scope`."""
        scopes = self.scopes_by_key.get(key)
        return scope in (self.scopes_of(key) or () if scopes is None else scopes)


def token_in(authorization: str | None) -> str | None:
    """Return the token of an `Authorization` header; `None` when it has none."""
    scheme, _, token = (authorization or "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def without_token(authorization: str) -> str:
    """Return an `Authorization` header that is fit to be shown."""
    return "Bearer ***" if authorization.lower().startswith("bearer ") else "***"
