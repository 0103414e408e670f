"""OAuth: an application that many owners connect their portals to.

`FileTokenStore` and `SqlTokenStore` need the extra `oauth`: `pip install "mijnklantportaal-async[oauth]"`. Nothing is
imported before it is used.
"""

from typing import TYPE_CHECKING

from mijnklantportaal_async.values.late_import import late_import

if TYPE_CHECKING:
    from mijnklantportaal_async.oauth.application import OAuthApp
    from mijnklantportaal_async.oauth.browser import COOKIE, Start
    from mijnklantportaal_async.oauth.errors import (
        AuthorizationError,
        ClientRefusedError,
        CodeRefusedError,
        ConsentRefusedError,
        ReconnectError,
        StateError,
        TokenEndpointError,
        TokenSaveError,
        TokenStoreError,
    )
    from mijnklantportaal_async.oauth.files import FileStateStore, FileTokenStore
    from mijnklantportaal_async.oauth.memory import MemoryStateStore, MemoryTokenStore
    from mijnklantportaal_async.oauth.portal_auth import PortalAuth
    from mijnklantportaal_async.oauth.sql import SqlStateStore, SqlTokenStore
    from mijnklantportaal_async.oauth.stores import Begun, Hold, HoldLostError, StateStore, TokenStore
    from mijnklantportaal_async.oauth.tokens import PortalTokens
    from mijnklantportaal_async.store_database import StoreDatabaseError

__all__ = [
    "COOKIE",
    "AuthorizationError",
    "Begun",
    "ClientRefusedError",
    "CodeRefusedError",
    "ConsentRefusedError",
    "FileStateStore",
    "FileTokenStore",
    "Hold",
    "HoldLostError",
    "MemoryStateStore",
    "MemoryTokenStore",
    "OAuthApp",
    "PortalAuth",
    "PortalTokens",
    "ReconnectError",
    "SqlStateStore",
    "SqlTokenStore",
    "Start",
    "StateError",
    "StateStore",
    "StoreDatabaseError",
    "TokenEndpointError",
    "TokenSaveError",
    "TokenStore",
    "TokenStoreError",
]

_NAMES = {
    "application": "OAuthApp",
    "browser": "COOKIE Start",
    "errors": (
        "AuthorizationError ClientRefusedError CodeRefusedError ConsentRefusedError ReconnectError StateError "
        "TokenEndpointError TokenSaveError TokenStoreError"
    ),
    "files": "FileStateStore FileTokenStore",
    "memory": "MemoryStateStore MemoryTokenStore",
    "portal_auth": "PortalAuth",
    "sql": "SqlStateStore SqlTokenStore StoreDatabaseError",
    "stores": "Begun Hold HoldLostError StateStore TokenStore",
    "tokens": "PortalTokens",
}

if not TYPE_CHECKING:
    # Under this name a type checker would take every attribute for granted.
    __getattr__ = late_import(__name__, _NAMES, "oauth")
