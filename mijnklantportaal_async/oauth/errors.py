"""What can go wrong between an application and the portals that it is connected to. No text of a token gets into it."""

from typing import Any

from mijnklantportaal_async.errors import MijnKlantportaalError, TokenRefreshError


class TokenEndpointError(TokenRefreshError):
    """The token endpoint did not help for now: no answer, an answer that cannot be read, 429, 5xx.

    The tokens are kept as they were. Only a refusal ends a connection, and this is none.

    Attributes:
        status: The HTTP status code; None where no answer came.
        was_lost: Whether the portal may have given tokens that never arrived here. They are asked for again with the
            same refresh token.
        says_later: Whether the portal itself asks to come again, with a code such as `temporarily_unavailable`.
        retry_after: Seconds until it makes sense to call again, where the answer says so.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        was_lost: bool = False,
        retry_after: float | None = None,
        says_later: bool = False,
        **context: Any,
    ) -> None:
        super().__init__(message, **context)
        self.status = status
        self.says_later = says_later
        self.was_lost = was_lost
        self.retry_after = retry_after

    def _advice(self) -> str:
        if self.was_lost:
            return "The portal may have renewed the tokens all the same. Those from before are kept: call again soon."
        return "The tokens are kept. Call again in a moment."


class ReconnectError(TokenRefreshError):
    """The owner has to connect the portal again: never done, undone, or refused by the portal.

    Attributes:
        code: The service's error code, such as `invalid_grant`; empty where it named none, or was not asked.
    """

    advice = "Send the owner through OAuthApp.begin() again."

    def __init__(self, message: str, *, code: str = "", **context: Any) -> None:
        super().__init__(message, **context)
        self.code = code


class ClientRefusedError(TokenRefreshError):
    """The portal does not know the application, or its secret is wrong. No owner can mend that.

    Attributes:
        code: The service's error code, such as `invalid_client`.
    """

    advice = "Check client_id and client_secret in the Developer portal. The tokens of all owners are kept."

    def __init__(self, message: str, *, code: str = "", **context: Any) -> None:
        super().__init__(message, **context)
        self.code = code


class TokenSaveError(TokenRefreshError):
    """The portal gave a new refresh token, and it could not be saved. `__cause__` is what the store said."""

    advice = (
        "The new tokens are kept in this process, and the next call saves them. Mend the store before you end the "
        "process: the refresh token in the store may be worth nothing any more."
    )


class TokenStoreError(TokenRefreshError):
    """The store of the tokens cannot be read, or holds something that are no tokens. Nothing in it was changed."""

    advice = "Nothing was sent. Mend the store, then call again."


class AuthorizationError(MijnKlantportaalError):
    """An owner came back from the portal, and is not connected. Nothing was stored."""

    advice = "Let the owner begin anew: OAuthApp.begin()."


class StateError(AuthorizationError):
    """Nobody in this browser has begun this: forged, taken before, or older than ten minutes. Nothing was sent."""


class ConsentRefusedError(AuthorizationError):
    """The owner said no, or the portal did.

    Attributes:
        code: The service's error code, such as `access_denied`.
        description: What it says to people. It comes out of an address that anybody can make up: escape it.
    """

    def __init__(self, message: str, *, code: str = "", description: str = "", **context: Any) -> None:
        super().__init__(message, **context)
        self.code = code
        self.description = description


class CodeRefusedError(AuthorizationError):
    """The portal gives no tokens for the code: it is good once, and not for long.

    Attributes:
        code: The service's error code, such as `invalid_grant`.
    """

    def __init__(self, message: str, *, code: str = "", **context: Any) -> None:
        super().__init__(message, **context)
        self.code = code
