"""The owner's way to the portal and back: the address to send them to, and what they come back with.

`state` comes back from whoever opens the address; it proves that we made it, not for whom. A value in a cookie proves
which browser it was made for.

Source: https://docs.developers.mijnklantportaal.nl/getting-started/authentication
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable, Mapping
from typing import Literal, TypeAlias, cast
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import attrs

from mijnklantportaal_async.calling.auth import Token
from mijnklantportaal_async.errors import one_line
from mijnklantportaal_async.oauth.errors import ConsentRefusedError, StateError
from mijnklantportaal_async.oauth.stores import Begun

LIFE = 600.0
"""Seconds in which the owner has to come back."""

COOKIE = "mijnklantportaal_oauth"
"""What the cookie is called in `Start.set_cookie`."""

Callback: TypeAlias = Mapping[str, str] | str
"""What the owner came back with: the query as a mapping, as text, or the whole address."""

Prompt: TypeAlias = Literal["consent", "login"]

_OURS = re.compile(r"[A-Za-z0-9_-]{43}")
_SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+")
_BROKEN = "Nobody has begun this here, or it was ended before; it may be forged"


@attrs.frozen(kw_only=True)
class Start:
    """Where to send the owner, and what their browser has to keep meanwhile. Its repr shows neither."""

    url: str = attrs.field(repr=False)
    """The portal's page, with `state` in it: for this browser only, and for no log."""
    cookie: str = attrs.field(repr=False)
    """The value of a cookie: HttpOnly, SameSite=Lax, Secure with https."""
    is_secure: bool
    """Whether the cookie is for https only."""

    @property
    def set_cookie(self) -> str:
        """A whole `Set-Cookie` header. The cookie is called `mijnklantportaal_oauth`."""
        secure = "; Secure" if self.is_secure else ""
        return f"{COOKIE}={self.cookie}; Max-Age={LIFE:.0f}; Path=/; HttpOnly; SameSite=Lax{secure}"


@attrs.frozen
class Approval:
    """The owner said yes."""

    code: Token


def begin(
    *,
    base_url: str,
    client_id: str,
    redirect_uri: str,
    scopes: tuple[str, ...],
    prompt: Prompt | None,
    cookie: str | None,
) -> tuple[Start, str]:
    """The start, and the new `state`.

    Args:
        base_url: Of the manage portal.
        client_id: Of the application.
        redirect_uri: Where the owner comes back.
        scopes: What is asked for.
        prompt: Whether the portal asks again for consent, or for a login.
        cookie: What the browser has from a start before, in another tab: both go on then.
    """
    state = secrets.token_urlsafe(32)
    kept = cookie if cookie is not None and _OURS.fullmatch(cookie) else secrets.token_urlsafe(32)
    query = {
        "client_id": client_id,
        "redirect_uri": redirect_uri,
        "state": state,
        "scope": " ".join(scopes),
        **({} if prompt is None else {"prompt": prompt}),
        "response_type": "code",
    }
    url = f"{base_url}/oauth/authorize?{urlencode(query, quote_via=quote)}"
    return Start(url=url, cookie=kept, is_secure=redirect_uri.startswith("https:")), state


def state_in(callback: Callback) -> str | None:
    """The `state` that came back; None where a refusal came without one, which the documentation leaves open.

    Raises:
        StateError: There is none, or more than one, with a code.
    """
    states = _values(callback, "state")
    if len(states) == 1 and states[0]:
        return states[0]
    if not states and _values(callback, "error") and not _values(callback, "code"):
        return None
    raise StateError(_BROKEN)


def check_begun(begun: Begun | None, cookie: str | None, now: float) -> None:
    """Whether it was begun in this browser, and not long ago.

    Raises:
        StateError: It was not.
    """
    kept = "" if begun is None else begun.browser
    # Compared in any case, and in a time that tells nothing.
    is_same = hmac.compare_digest(kept, digest(cookie or ""))
    if begun is None or not cookie or not is_same:
        raise StateError(_BROKEN)
    if not -LIFE <= now - begun.at <= LIFE:
        raise StateError(f"It was begun more than {LIFE / 60:.0f} minutes ago")


def approval_in(callback: Callback) -> Approval:
    """What the owner said.

    Raises:
        ConsentRefusedError: No, or the portal itself did.
        StateError: Neither, or more than one thing.
    """
    errors, codes = _values(callback, "error"), _values(callback, "code")
    if errors:
        code, described = one_line(errors[0], 100), _values(callback, "error_description")
        said = "The owner refused" if code == "access_denied" else "The portal refused"
        raise ConsentRefusedError(
            f"{said} to connect the application ({code})",
            code=code,
            description=one_line(described[0]) if described else "",
        )
    if len(codes) != 1 or not codes[0]:
        raise StateError(_BROKEN)
    return Approval(Token(codes[0]))


def digest(value: str) -> str:
    """What a store keeps of a value that nobody else may have."""
    return hashlib.sha256(value.encode("utf-8", "replace")).hexdigest()


def check_scopes(scopes: Iterable[str]) -> tuple[str, ...]:
    """Scopes that can be asked for.

    Raises:
        TypeError: They are no list of texts.
        ValueError: There are none, or one holds a space.
    """
    if isinstance(scopes, str):
        raise TypeError(f"scopes must be a list, as in scopes=[{scopes.split(' ')[0]!r}, ...], not one str")
    found = tuple(scopes)
    if not found:
        raise ValueError("scopes is empty: the service asks for at least one, such as 'appointments.read'")
    for scope in found:
        if not isinstance(scope, str) or not _SCOPE.fullmatch(scope):
            raise ValueError(f"scopes has {scope!r}, which is no scope such as 'appointments.read'")
    return found


def check_redirect_uri(redirect_uri: str) -> str:
    """An address that the service can send the owner back to.

    Raises:
        TypeError: It is no `str`.
        ValueError: It is no whole address, or the code would travel unencrypted to another machine.
    """
    if not isinstance(redirect_uri, str):
        raise TypeError(f"redirect_uri must be a str, not {type(redirect_uri).__name__}")
    parts = urlsplit(redirect_uri)
    is_local = parts.hostname in {"127.0.0.1", "::1", "localhost"}
    if parts.scheme not in {"https", "http"} or not parts.hostname or parts.fragment:
        raise ValueError(f"redirect_uri={redirect_uri!r} must be a whole address, as it is registered, without '#'")
    if parts.scheme == "http" and not is_local:
        raise ValueError(f"redirect_uri={redirect_uri!r} would send the code unencrypted; use https")
    return redirect_uri


def _values(callback: Callback, name: str) -> list[str]:
    if isinstance(callback, str):
        query = callback.partition("?")[2].partition("#")[0] if "?" in callback else callback
        return [value for key, value in parse_qsl(query, keep_blank_values=True) if key == name]
    several = getattr(callback, "getall", None) or getattr(callback, "getlist", None)
    if several is not None:
        return [str(value) for value in several(name)] if name in callback else []
    value: object = callback.get(name)
    # A list, as `parse_qs` makes it.
    found = cast("list[object]", value) if isinstance(value, list) else [] if value is None else [value]
    return [str(one) for one in found]
