"""The tokens of one portal: what the token endpoint answers, and how a store keeps it.

Source: https://docs.developers.mijnklantportaal.nl/getting-started/authentication
"""

import math
import secrets
from typing import Any, Self, TypeGuard, cast

import attrs
import orjson

from mijnklantportaal_async.calling.auth import Token

LONGEST_LIFE = 10 * 365 * 86400.0
"""Seconds; what is said to live longer is not asked about again anyway."""

MARGIN = 60.0
"""Seconds before its end at which a token is renewed, where it lives for ten minutes or longer."""

MARGIN_PART = 0.1
"""The part of a shorter life that is left then."""


class UnreadableTokensError(ValueError):
    """Something that are no tokens. What it is, is not repeated: it may hold some."""


def _new_generation() -> str:
    # Never the same again, also after a disconnect: who refers to an earlier one must not hit a later one.
    return secrets.token_hex(12)


@attrs.frozen(kw_only=True)
class PortalTokens:
    """What an application holds of one portal. Its repr shows no token, and it does not pickle."""

    access_token: Token
    """Goes with each call."""
    refresh_token: Token | None
    """Brings the next access token. None where the portal gave none: then the owner has to connect again in the end."""
    expires_at: float | None
    """Seconds since 1970 by the calendar clock; None where the portal did not say it readably: good until a 401."""
    life: float | None
    """Seconds for which the access token was given."""
    scopes: tuple[str, ...] | None = None
    """What was granted, where the portal says so; it may be another set than the one that was asked for."""
    generation: str = attrs.field(factory=_new_generation)
    """Names this state of the tokens: a store replaces the one that it was told to expect, and no other."""

    def to_bytes(self) -> bytes:
        """As a store keeps it. The tokens are in it: it is for no eyes."""
        return orjson.dumps(
            {
                "access_token": self.access_token.reveal(),
                "refresh_token": None if self.refresh_token is None else self.refresh_token.reveal(),
                "expires_at": self.expires_at,
                "life": self.life,
                "scopes": self.scopes,
                "generation": self.generation,
            }
        )

    @classmethod
    def from_bytes(cls, kept: bytes | str) -> Self:
        """What a store has kept.

        Raises:
            UnreadableTokensError: It is torn, empty, or something else.
        """
        document = _object_in(kept)
        access, generation = document.get("access_token"), document.get("generation")
        if not isinstance(generation, str) or not generation:
            raise UnreadableTokensError("it names no generation")
        refresh, expires_at, life = (document.get(name) for name in ("refresh_token", "expires_at", "life"))
        scopes: Any = document.get("scopes")
        return cls(
            access_token=_token(access, "access_token"),
            refresh_token=None if refresh is None else _token(refresh, "refresh_token"),
            expires_at=float(expires_at) if _is_number(expires_at) else None,
            life=float(life) if _is_number(life) else None,
            scopes=tuple(map(str, scopes)) if isinstance(scopes, list) else None,  # pyright: ignore[reportUnknownArgumentType]
            generation=generation,
        )


def tokens_in(body: bytes, asked_at: float, before: PortalTokens | None = None) -> PortalTokens:
    """What the token endpoint answered.

    Args:
        body: The answer.
        asked_at: When it was asked, in seconds since 1970: the life of a token counts from then at the latest.
        before: The tokens that were renewed. A refresh brings no refresh token, as documented: then theirs is kept.

    Raises:
        UnreadableTokensError: There is no access token in it that could be sent.
    """
    document = _object_in(body)
    access = _token(document.get("access_token"), "access_token")
    try:
        refresh: Token | None = _token(document.get("refresh_token"), "refresh_token")
    except UnreadableTokensError:
        # Left out, null, empty: the one from before goes on.
        refresh = None if before is None else before.refresh_token
    life = life_in(document.get("expires_in"))
    scope = document.get("scope")
    granted = tuple(scope.split()) if isinstance(scope, str) else None if before is None else before.scopes
    return PortalTokens(
        access_token=access,
        refresh_token=refresh,
        expires_at=None if life is None else asked_at + life,
        life=life,
        scopes=granted,
    )


def life_in(value: object) -> float | None:
    """Seconds of `expires_in`, an integer by the documentation; None where it cannot be read. Never raises."""
    if isinstance(value, str):
        try:
            value = float(value[:40])
        except ValueError:
            return None
    if not _is_number(value) or not math.isfinite(value):
        return None
    return max(0.0, min(float(value), LONGEST_LIFE))


def margin_of(life: float, jitter: float) -> float:
    """Seconds before its end at which a token of this life is renewed.

    Args:
        life: Seconds.
        jitter: From 0 to 1. Owners who connected in one minute are not to be renewed in one minute for ever.
    """
    return min(MARGIN, life * MARGIN_PART) * (1 + jitter / 2)


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _object_in(body: bytes | str) -> dict[str, Any]:
    try:
        document: Any = orjson.loads(body)
    except ValueError:
        raise UnreadableTokensError("it is not JSON") from None
    if not isinstance(document, dict):
        raise UnreadableTokensError("it is no JSON object")
    return cast("dict[str, Any]", document)


def _token(value: object, name: str) -> Token:
    if not isinstance(value, str) or not value:
        raise UnreadableTokensError(f"it has no {name}")
    token = Token(value)
    del value
    try:
        return token.checked(name)
    except ValueError:
        raise UnreadableTokensError(f"its {name} could not be sent in a header") from None
