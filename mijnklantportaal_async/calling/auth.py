"""Who calls: the bearer token of each request.

Source: https://docs.developers.mijnklantportaal.nl/getting-started/authentication
"""

import re
from base64 import b64encode
from collections.abc import Iterable
from typing import Any, NoReturn, Protocol, Self, SupportsIndex, runtime_checkable
from urllib.parse import quote, unquote, urlsplit

from mijnklantportaal_async.texts.words import words

HIDDEN = "***"

_SHORTEST = 6
"""Characters: what is shorter would be found in any text."""


@runtime_checkable
class Auth(Protocol):
    """Where a session gets its tokens from. Write one to take them from a vault."""

    async def token(self) -> str:
        """The token to send now, without `Bearer`."""
        ...

    async def refresh(self, rejected: str) -> str | None:
        """After a 401: a new token, or None when there is none to be had.

        Several calls may come with the same rejected token at once; one refresh should serve them all.

        Raises:
            TokenRefreshError: It should have been possible, and failed.
        """
        ...


@runtime_checkable
class NamedAuth(Auth, Protocol):
    """An `Auth` whose portal has a name of its own, because its token does not stay the same."""

    @property
    def portal_name(self) -> str:
        """The same for every session with this portal, and for no other portal."""
        ...


class Token:
    """A secret on its way to a header. Its text shows only where `reveal` is called.

    What prints local variables with a traceback prints their `repr`: a secret must not be a text there. `reveal()`
    therefore stands inside an expression, and is never given a name.

    Args:
        text: The secret, as it is.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def checked(self, field: str) -> Self:
        """Itself, if it may stand in a header. The messages do not show it.

        Raises:
            TypeError: It is not a `str`.
            ValueError: It is empty, or holds white space, line breaks or anything outside ASCII.
        """
        fault = _fault_of(self._text, field)
        if fault is not None:
            raise fault
        return self

    def reveal(self) -> str:
        """The text."""
        return self._text

    def header(self) -> str:
        """The value of the Authorization header: the whole text, but for its `repr`."""
        return _HeaderText(f"Bearer {self._text}")

    def forms(self) -> list[str]:
        """How a service may repeat it: as it is, in a URL, in JSON that escapes slashes. None for a very short one."""
        text = self._text
        return [quote(text, safe=""), text.replace("/", "\\/"), text] if len(text) >= _SHORTEST else []

    def __bool__(self) -> bool:
        return bool(self._text)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Token) and self._text == other._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __repr__(self) -> str:
        return f"Token('{HIDDEN}')"

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, _: Any) -> Self:
        return self

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            "a key is not pickled: whoever reads the bytes would have it. Give it to each process by itself"
        )


class _HeaderText(str):
    """The text of a header that aiohttp writes as it is, and that its frames do not show."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"'Bearer {HIDDEN}'"

    def __getitem__(self, _: SupportsIndex | slice) -> str:
        # Tools that cut long texts before they print them.
        return HIDDEN

    def __reduce__(self) -> NoReturn:
        raise TypeError("a key is not pickled: whoever reads the bytes would have it")


class ApiKey:
    """The key of the portal's owner. Its text shows in no repr, and does not pickle.

    Args:
        key: As made under Settings > API Keys.

    Attributes:
        held: The key, for those that send it.

    Raises:
        TypeError: `key` is not a `str`.
        ValueError: `key` is empty or could not be a header's value.
    """

    __slots__ = ("held",)

    def __init__(self, key: str | Token) -> None:
        held = hide(key)
        # With an error the variables of this line may be printed.
        del key
        self.held = held.checked("api_key")

    async def token(self) -> str:
        """The key."""
        return self.held.reveal()

    async def refresh(self, rejected: str) -> str | None:
        """None: a key cannot be renewed."""
        return None

    def __repr__(self) -> str:
        return f"ApiKey('{HIDDEN}')"


def hide(text: str | Token) -> Token:
    """A secret that is not to be printed from here on, whatever it is."""
    return text if isinstance(text, Token) else Token(text)


def check_token(token: str, field: str) -> str:
    """A token that may stand in a header. The messages do not show it.

    Raises:
        TypeError: It is not a `str`.
        ValueError: It is empty, or holds white space, line breaks or anything outside ASCII.
    """
    hidden = hide(token)
    del token
    return hidden.checked(field).reveal()


async def token_of(auth: Auth) -> Token:
    """The token to send now.

    Raises:
        TypeError: `auth.token()` gave no `str`.
        ValueError: What it gave could not be a header's value.
    """
    return auth.held if isinstance(auth, ApiKey) else hide(await auth.token()).checked("the token of Auth.token()")


def name_of(auth: Auth) -> Token | None:
    """What tells the portal from all others: its key, or the name of one whose tokens come and go; None for neither.

    Raises:
        TypeError: The name is no text. It is not repeated.
    """
    if isinstance(auth, ApiKey):
        return auth.held
    if not isinstance(auth, NamedAuth):
        return None
    name: object = auth.portal_name
    if not isinstance(name, str) or not name:
        raise TypeError(f"auth.portal_name must be a text that names the portal, not {type(name).__name__}")
    return Token(name)


async def refreshed_token(auth: Auth, rejected: Token) -> Token | None:
    """After a 401: a new token, or None when there is none to be had.

    Raises:
        TypeError: `auth.refresh()` gave no `str`.
        ValueError: What it gave could not be a header's value.
    """
    fresh = hide(await auth.refresh(rejected.reveal()) or "")
    return fresh.checked("the refreshed token") if fresh else None


def check_auth(auth: object) -> Auth:
    """Where a user's tokens come from.

    Raises:
        TypeError: It is no object with `token` and `refresh`. It is not repeated: it may be a key.
    """
    if isinstance(auth, type):
        raise TypeError(f"auth must be an object, not the class {auth.__name__}; make one: auth={auth.__name__}(...)")
    if not isinstance(auth, Auth) or not callable(auth.token) or not callable(auth.refresh):
        hint = "; give a key as api_key=" if isinstance(auth, str) else ""
        raise TypeError(
            f"auth must have the coroutines token() and refresh(rejected), which {type(auth).__name__} lacks{hint}"
        )
    return auth


def conceal(text: str, secrets: Iterable[Token]) -> str:
    """A text of somebody else's, without the secrets that it repeats."""
    for secret in secrets:
        for form in secret.forms():
            text = text.replace(form, HIDDEN)
    return text


def conceal_bytes(content: bytes, secrets: Iterable[Token]) -> bytes:
    """As `conceal`, for what has not been decoded yet."""
    for secret in secrets:
        for form in secret.forms():
            content = content.replace(form.encode(), HIDDEN.encode())
    return content


def proxy_secrets(proxy: str) -> tuple[Token, ...]:
    """What of a proxy's URL nobody is to see: the password, and the header in which it travels."""
    parts = urlsplit(proxy)
    if not parts.password:
        return ()
    login = f"{unquote(parts.username or '')}:{unquote(parts.password)}"
    return (Token(b64encode(login.encode()).decode()), Token(parts.password), Token(unquote(parts.password)))


_TOKEN = re.compile(r"[\x21-\x7e]+")


def _fault_of(token: object, field: str) -> Exception | None:
    """Why it cannot be a token. Returned, not raised: a frame that knows the text is not to be in a traceback."""
    if not isinstance(token, str):
        hint = ""
        if hasattr(token, "get_secret_value"):
            hint = "; give its .get_secret_value()"
        elif isinstance(token, bytes):
            hint = "; decode it first"
        return TypeError(f"{field} must be a str, not {type(token).__name__}{hint}")
    if not token:
        return ValueError(
            words(
                "{field} is empty; set MIJNKLANTPORTAAL_API_KEY, or make a key under Settings > API Keys", field=field
            )
        )
    if re.match(r"bearer\b", token, re.IGNORECASE) and not _TOKEN.fullmatch(token):
        return ValueError(
            words(
                "{field} begins with the word Bearer; give the key alone, the word is put before it here", field=field
            )
        )
    if not _TOKEN.fullmatch(token):
        return ValueError(
            words(
                "{field} holds white space, a line break or a character outside ASCII; copy it once more", field=field
            )
        )
    return None
