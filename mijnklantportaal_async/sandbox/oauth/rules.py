"""Which applications a sandbox knows, and how it hands out tokens, where the documentation leaves that open."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import attrs

from mijnklantportaal_async.sandbox.hosts import is_loopback

if TYPE_CHECKING:
    from collections.abc import Sequence


@attrs.frozen(kw_only=True)
class OAuthApplication:
    """An application, as it is registered in the Developer portal.

    Args:
        client_id: Its App ID.
        client_secret: Its secret.
        name: What owners read on the consent page.
        redirect_uris: Where owners may be sent back to, to the letter; any address of this machine when empty.
    """

    client_id: str = "sandbox-app"
    client_secret: str = attrs.field(default="sandbox-secret", repr=False)
    name: str = "An application of yours"
    redirect_uris: Sequence[str] = ()

    def may_send_to(self, redirect_uri: str) -> bool:
        """Tell whether owners may be sent back to an address."""
        if self.redirect_uris:
            return redirect_uri in self.redirect_uris
        parts = urlsplit(redirect_uri)
        return parts.scheme in {"http", "https"} and is_loopback(parts.hostname or "")


@attrs.frozen(kw_only=True)
class OAuthRules:
    """How tokens are handed out.

    Args:
        access_life: Portal seconds for which an access token is good.
        code_life: Portal seconds for which a code is good, once.
        rotating: Whether a refresh brings a new refresh token, as many services do and this one is not documented to.
            One that was replaced ends the whole grant when it comes again.
        forgiving: Whether the one before is still good until the new one is used: for an answer that was lost.
        expires_in: What answers say instead of the life; None leaves it out.
        one_access_token: Whether a refresh ends the access token from before.
        state_on_refusal: Whether `state` comes back with a refusal.
        names_scopes: Whether answers say which scopes were granted.
    """

    access_life: float = 3600.0
    code_life: float = 60.0
    rotating: bool = False
    forgiving: bool = True
    expires_in: object = ...
    one_access_token: bool = False
    state_on_refusal: bool = True
    names_scopes: bool = False
