"""Who may do what in whose name: codes, grants and their tokens, as plain objects that are told the time."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from mijnklantportaal_async.sandbox.oauth.rules import OAuthApplication, OAuthRules


class GrantRefusedError(Exception):
    """The portal gives no tokens; its text is the error code."""


@attrs.define(kw_only=True)
class Grant:
    """One owner's word that an application may act for them."""

    id: str
    client_id: str
    scopes: frozenset[str]
    is_revoked: bool = False
    refreshes: int = 0
    """How often its tokens were renewed."""
    replayed: int = 0
    """How often a refresh token came that was replaced long ago."""
    refresh_token: str = attrs.field(repr=False)
    previous: str | None = attrs.field(default=None, repr=False)
    """The refresh token before it, as long as nobody has used its successor."""


@attrs.frozen
class _Code:
    client_id: str
    redirect_uri: str
    scopes: frozenset[str]
    dead_at: float


class GrantBook:
    """Everything that was granted. `rules` can be changed at any time."""

    def __init__(self, applications: Collection[OAuthApplication], rules: OAuthRules) -> None:
        self.applications: Mapping[str, OAuthApplication] = {one.client_id: one for one in applications}
        self.rules = rules
        self.grants: dict[str, Grant] = {}
        self._codes: dict[str, _Code] = {}
        self._of_refresh: dict[str, str] = {}
        self._access: dict[str, tuple[str, float]] = {}

    def approve(self, client_id: str, redirect_uri: str, scopes: Collection[str], now: float) -> str:
        """Make a code for an owner who said yes."""
        code = secrets.token_urlsafe(24)
        self._codes[code] = _Code(client_id, redirect_uri, frozenset(scopes), now + self.rules.code_life)
        return code

    def exchange(self, client_id: str, redirect_uri: str, code: str, now: float) -> dict[str, object]:
        """Give the first tokens for a code.

        Raises:
            GrantRefusedError: The code is unknown, used, old, or somebody else's.
        """
        kept = self._codes.pop(code, None)
        if kept is None or kept.client_id != client_id or kept.redirect_uri != redirect_uri or now >= kept.dead_at:
            raise GrantRefusedError("invalid_grant")
        grant = Grant(id=f"grant_{secrets.token_hex(6)}", client_id=client_id, scopes=kept.scopes, refresh_token="")
        self.grants[grant.id] = grant
        self._renew_refresh_token(grant)
        return {**self._access_for(grant, now), "refresh_token": grant.refresh_token}

    def refresh(self, client_id: str, refresh_token: str, now: float) -> dict[str, object]:
        """Give new tokens for a refresh token.

        Raises:
            GrantRefusedError: It is unknown, was taken back, is somebody else's, or was replaced long ago.
        """
        grant = self.grants.get(self._of_refresh.get(refresh_token, ""))
        if grant is None or grant.client_id != client_id or grant.is_revoked:
            raise GrantRefusedError("invalid_grant")
        if refresh_token != grant.refresh_token and not (self.rules.forgiving and refresh_token == grant.previous):
            # Two have it: one of them is a thief, and nobody knows which.
            grant.replayed += 1
            grant.is_revoked = True
            raise GrantRefusedError("invalid_grant")
        grant.refreshes += 1
        if self.rules.one_access_token:
            self._forget_access(grant)
        answer = self._access_for(grant, now)
        if self.rules.rotating:
            self._renew_refresh_token(grant)
            grant.previous = refresh_token
            answer["refresh_token"] = grant.refresh_token
        return answer

    def grant_of(self, access_token: str, now: float) -> str | None:
        """Return the id of the grant of a living access token."""
        identifier, dead_at = self._access.get(access_token, ("", 0.0))
        grant = self.grants.get(identifier)
        return identifier if grant is not None and not grant.is_revoked and now < dead_at else None

    def dead_for(self, access_token: str, now: float) -> float | None:
        """Return for how long an access token has been dead; `None` when it is not, or did not end by itself."""
        known = self._access.get(access_token)
        return now - known[1] if known is not None and now >= known[1] else None

    def grant_of_refresh(self, refresh_token: str) -> str:
        """Return the id of the grant of a refresh token, old ones too; empty when it is unknown."""
        return self._of_refresh.get(refresh_token, "")

    def revoke(self, identifier: str) -> None:
        """Take a grant back, with all its tokens."""
        self.grants[identifier].is_revoked = True

    def end_access_tokens(self) -> None:
        """End every access token, as time would; refresh tokens stay good."""
        self._access.clear()

    def _access_for(self, grant: Grant, now: float) -> dict[str, object]:
        token = secrets.token_urlsafe(32)
        self._access[token] = (grant.id, now + self.rules.access_life)
        answer: dict[str, object] = {"access_token": token}
        said = self.rules.expires_in
        if said is not None:
            answer["expires_in"] = int(self.rules.access_life) if said is ... else said
        if self.rules.names_scopes:
            answer["scope"] = " ".join(sorted(grant.scopes))
        return answer

    def _renew_refresh_token(self, grant: Grant) -> None:
        grant.refresh_token = secrets.token_urlsafe(32)
        self._of_refresh[grant.refresh_token] = grant.id

    def _forget_access(self, grant: Grant) -> None:
        for token in [token for token, (identifier, _) in self._access.items() if identifier == grant.id]:
            del self._access[token]
