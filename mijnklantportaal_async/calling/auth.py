"""Who calls: the bearer token of each request.

Source: https://docs.developers.mijnklantportaal.nl/getting-started/authentication
"""

import re
from typing import Protocol, runtime_checkable


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


class ApiKey:
    """The key of the portal's owner. Its text never shows in a repr.

    Args:
        key: As made under Settings > API Keys.

    Raises:
        TypeError: `key` is not a `str`.
        ValueError: `key` is empty or could not be a header's value.
    """

    __slots__ = ("_key",)

    def __init__(self, key: str) -> None:
        self._key = check_token(key, "api_key")

    def token_now(self) -> str:
        """The key, for those who need not wait for it."""
        return self._key

    async def token(self) -> str:
        """The key."""
        return self._key

    async def refresh(self, rejected: str) -> str | None:
        """None: a key cannot be renewed."""
        return None

    def __repr__(self) -> str:
        return "ApiKey('***')"


_TOKEN = re.compile(r"[\x21-\x7e]+")


def check_token(token: object, field: str) -> str:
    """A token that may stand in a header. The messages do not show it.

    Raises:
        TypeError: It is not a `str`.
        ValueError: It is empty, or holds white space, line breaks or anything outside ASCII.
    """
    if not isinstance(token, str):
        raise TypeError(f"{field} must be a str, not {type(token).__name__}")
    if not token:
        raise ValueError(f"{field} is empty; set MIJNKLANTPORTAAL_API_KEY, or make a key under Settings > API Keys")
    if not _TOKEN.fullmatch(token):
        raise ValueError(f"{field} holds white space, a line break or a character outside ASCII; copy it once more")
    return token
