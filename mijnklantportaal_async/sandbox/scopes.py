"""The scopes of the service and who may do what."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

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
    """The API keys of the portal with their scopes."""

    scopes_by_key: Mapping[str, Collection[str]]

    def key_of(self, authorization: str | None) -> str | None:
        """Return the known key in an `Authorization` header, `None` when there is none."""
        scheme, _, token = (authorization or "").partition(" ")
        token = token.strip()
        return token if scheme.lower() == "bearer" and token in self.scopes_by_key else None

    def allows(self, key: str, scope: str) -> bool:
        """Tell whether `key` has `scope`."""
        return scope in self.scopes_by_key[key]


def without_token(authorization: str) -> str:
    """Return an `Authorization` header that is fit to be shown."""
    return "Bearer ***" if authorization.lower().startswith("bearer ") else "***"
