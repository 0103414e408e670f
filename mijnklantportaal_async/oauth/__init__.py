"""OAuth: an application that many owners connect their portals to.

`FileTokenStore` and `SqlTokenStore` need the extra `oauth`: `pip install "mijnklantportaal-async[oauth]"`. Nothing is
imported before it is used.
"""

from typing import TYPE_CHECKING, Any

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

_MODULES = {
    name: module
    for module, names in {
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
    }.items()
    for name in names.split()
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    try:
        module = import_module(f"{__name__}.{_MODULES[name]}")
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("mijnklantportaal_async"):
            raise
        raise ModuleNotFoundError(
            f"{name} needs {error.name}: pip install 'mijnklantportaal-async[oauth]'", name=error.name
        ) from error
    return getattr(module, name)
